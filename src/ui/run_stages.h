#ifndef LAKEFERRY_UI_RUN_STAGES_H
#define LAKEFERRY_UI_RUN_STAGES_H
/* run_stages: the stages of a run as lines: what each has done, how far the ones at work are. Pure drawing; UI thread. */
#include "core/view.h"
#include "ui/frame.h"

/* brief: stages that are all done, or all still to come, share a line. Returns the rows taken. */
int run_stages_render(struct frame *f, struct layout_rect r, const struct view *v, bool brief);
#endif
