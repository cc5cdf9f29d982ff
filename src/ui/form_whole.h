#ifndef LAKEFERRY_UI_FORM_WHOLE_H
#define LAKEFERRY_UI_FORM_WHOLE_H
/*
 * form_whole: whole names ("main.vision.pictures", "/Volumes/main/vision/pictures/2026") that are typed into a picker of schemas, tables or volumes
 * instead of being chosen part by part. Belongs to the UI thread.
 */
#include "ui/job_form.h"

/* The open picker takes a whole name of what the field d holds, and says its shape. */
void form_whole_take(struct job_form *f, const struct job_field *d);
/*
 * A name was typed instead of chosen: where the field holds a whole name it is written as the lists write it. Returns the folder that was typed with
 * a volume, "" for all of it, when the form has a field for it. Owned; NULL: there is none.
 */
char *form_whole_settle(struct job_form *f, int field);
#endif
