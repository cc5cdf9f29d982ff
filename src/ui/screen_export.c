#include "ui/screens.h"

static void render_export(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    (void)state, (void)app;
    layout_cut_left(&r, 1);
    layout_cut_right(&r, 1);
    frame_wrap(f, r, ROLE_TEXT, "Export is not part of this version: from a Clarifai app and dataset into tables. Import from a volume is there; Browse and Preview show tables.", true);
}

const struct app_screen screen_export = { .name = "export", .title = "Export", .tab = "Export", .render = render_export };
