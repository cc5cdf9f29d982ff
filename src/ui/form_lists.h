#ifndef LAKEFERRY_UI_FORM_LISTS_H
#define LAKEFERRY_UI_FORM_LISTS_H
/* form_lists: what the pickers of a form show, and going through places in them. Belongs to the UI thread. */
#include "ui/job_form.h"

#define FORM_LISTS_FRESH_MS 60000
#define FORM_LISTS_OPENED_MS 5000     /* a picker that opens shows what is known and asks again when that is older */

/* A picker opens on a field: where it begins. */
void form_lists_begin(struct job_form *f, int field);
/* Fills the open picker; lists older than max_age are asked for again. */
void form_lists_fill(struct job_form *f, int64_t max_age);
/* Whether the value taken from a picker is a place to open instead of a choice. */
bool form_lists_is_place(const char *value);
/* Whether what is typed into the open picker is an owner, whose apps are to be shown. */
bool form_lists_names_owner(const struct job_form *f, int field);
/* Opens that place, the field as it was. */
void form_lists_drill(struct job_form *f, int field);
#endif
