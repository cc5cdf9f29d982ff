#include "ui/job_screen.h"
#include "ui/screens.h"

/* Export: from a Clarifai dataset into two tables. */
static int open_export(void *state, struct app *app, const void *arg, struct err *e)
{
    return job_screen_open(state, app, &job_export, app_serial(app, state), arg, e);
}

static void place_export(const void *state, struct app_words *out)
{
    (void)state;
    str_copy(out->left, sizeof out->left, "Export a Clarifai dataset into tables");
}

const struct app_screen screen_export = {
    .name = "export", .title = "Export", .tab = "Export", .size = sizeof(struct job_screen), .open = open_export, .close = job_screen_close,
    .update = job_screen_update, .render = job_screen_render, .keys = job_screen_keys, .typing = job_screen_typing, .met = job_screen_met, .hint = job_screen_hint, .place = place_export,
    .status = job_screen_status,
};
