#include "ui/screens.h"

static void render_update(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    (void)state, (void)app;
    layout_cut_left(&r, 1);
    layout_cut_right(&r, 1);
    frame_wrap(f, r, ROLE_TEXT, "Update is not part of this version: bringing exported tables up to date with their dataset. Import from a volume is there; Browse and Preview show tables.", true);
}

const struct app_screen screen_update = { .name = "update", .title = "Update", .tab = "Update", .render = render_update };
