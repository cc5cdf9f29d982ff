#include "ui/job_screen.h"
#include "ui/screens.h"

/* Update: tables follow what is in Clarifai now. */
static int open_update(void *state, struct app *app, const void *arg, struct err *e)
{
    return job_screen_open(state, app, &job_update, app_serial(app, state), arg, e);
}

static void place_update(const void *state, struct app_words *out)
{
    (void)state;
    str_copy(out->left, sizeof out->left, "Update tables from a Clarifai dataset");
}

const struct app_screen screen_update = {
    .name = "update", .title = "Update", .tab = "Update", .size = sizeof(struct job_screen), .open = open_update, .close = job_screen_close,
    .update = job_screen_update, .render = job_screen_render, .keys = job_screen_keys, .typing = job_screen_typing, .met = job_screen_met, .hint = job_screen_hint, .place = place_update,
    .status = job_screen_status,
};
