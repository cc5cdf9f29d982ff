/* What a key press, a click or a pasted text means now, and to whom. */
#include "base/utf8.h"
#include "ui/app_state.h"

static const enum keymap_set tabs_only[] = { KEYS_TABS, KEYS_END };

/* ---- the row of tabs ---- */

/* An arrow that leads nowhere in the screen leads to the tabs, so that arrows and Enter reach everything. */
static bool goes_to_tabs(const struct app *app, const struct keymap_press *press)
{
    const struct app_open *top = app_top(app);
    bool outward = press->code == UI_KEY_UP || press->code == UI_KEY_LEFT;
    return outward && !press->mods && top && !top->below && !app->asking && !app->commanding && !app->tabbing;
}

static void tabs_update(struct app *app, enum action a)
{
    int by = a == ACTION_NEXT ? 1 : APP_TABS - 1;
    if (a == ACTION_BACK) {
        app->tabbing = false;
    } else if (a == ACTION_OPEN) {
        app_show(app, app->tab_at, NULL);
    } else {
        do
            app->tab_at = (app->tab_at + by) % APP_TABS;
        while (!app->tabs[app->tab_at]);
    }
}

/* ---- keys ---- */

/* False: what has the focus takes no text. */
static bool typed(struct app *app, const struct keymap_press *press)
{
    if (app->asking) {
        app_answered(app, dialog_type(&app->dialog, press->code));
    } else if (app->commanding) {
        line_type(&app->command, press->code);
        command_matches(app);
    } else {
        struct app_input in = { .kind = APP_TYPED, .key = press->code };
        return app_deliver(app, app_top(app), &in);
    }
    return true;
}

static void paste_ended(struct app *app)
{
    app->pasting = false;
    if (app->commanding) {
        line_insert(&app->command, app->paste.data, app->paste.len);
        command_matches(app);
    } else if (app->asking) {
        line_insert(&app->dialog.typed, app->paste.data, app->paste.len);
    } else if (app_typing_now(app)) {
        struct app_input in = { .kind = APP_PASTED, .text = app->paste.data, .length = app->paste.len };
        app_deliver(app, app_top(app), &in);
    } else {
        app_say(app, ROLE_WARN, "a pasted text was ignored: no text field has the focus here");
    }
    buf_wipe(&app->paste);
}

static bool paste_press(struct app *app, const struct keymap_press *press)
{
    char bytes[4];
    if (press->code == UI_KEY_PASTE_BEGIN) {
        app->pasting = true;
        return true;
    }
    if (!app->pasting)
        return press->code == UI_KEY_PASTE_END;
    if (press->code == UI_KEY_PASTE_END)
        paste_ended(app);
    else if (keymap_is_text(press))
        buf_add(&app->paste, bytes, utf8_encode(press->code, bytes));
    return true;
}

static void clicked(struct app *app, const struct keymap_press *press)
{
    const struct layout_rect b = app->body;
    app->tabbing = false;
    if (app->asking || app->commanding || chrome_click(app, press->row, press->col))
        return;
    if (press->row >= b.row && press->row < b.row + b.rows) {
        struct app_input in = { .kind = APP_CLICKED, .row = press->row, .col = press->col };
        app_deliver(app, app_top(app), &in);
    }
}

/* Among the fields of a form a digit is text where text is typed, and the number of a tab everywhere else. */
static bool goes_to_tab(struct app *app, const struct keymap_press *press)
{
    static const enum keymap_set view[] = { KEYS_VIEW, KEYS_END };
    bool fields = app_keys_now(app)[0] == KEYS_FORM && !app->asking && !app->commanding;
    enum action a = fields && press->code >= '0' && press->code <= '9' ? keymap_look_up(app->keys, view, press) : ACTION_NONE;
    return a != ACTION_NONE && app_do_own(app, a);
}

static void unknown_key(struct app *app, const struct keymap_press *press)
{
    char name[32], help[32];
    keymap_key_name(press->code, press->mods, name, sizeof name);
    keymap_key_of(app->keys, app_keys_now(app), ACTION_HELP, help, sizeof help);
    if (!app->asking && name[0])
        app_say(app, ROLE_DIM, "%s means nothing here; %s shows the keys", name, help);
}

void app_press(struct app *app, const struct keymap_press *press)
{
    app->dirty = true;
    if (paste_press(app, press))
        return;
    app->message[0] = '\0';
    if (press->code == UI_KEY_CLICK) {
        clicked(app, press);
        return;
    }
    enum action a = keymap_look_up(app->keys, app_keys_now(app), press);
    if (a == ACTION_NONE && app->tabbing && !app->asking && !app->commanding) {  /* any other key is meant for the screen */
        app->tabbing = false;
        a = keymap_look_up(app->keys, app_keys_now(app), press);
    }
    bool text = a == ACTION_NONE && keymap_is_text(press) && app_typing_now(app);
    if (text && typed(app, press))
        return;
    if (a == ACTION_NONE && goes_to_tab(app, press))
        return;
    if (a == ACTION_NONE && !text)
        unknown_key(app, press);
    else if (a == ACTION_NONE)
        return;
    else if (app->asking && a == ACTION_HELP)
        app_say(app, ROLE_INFO, "%s", dialog_help(&app->dialog));
    else if (app->asking && a != ACTION_QUIT && a != ACTION_REDRAW)
        app_answered(app, dialog_update(&app->dialog, a));
    else if (app->commanding && a != ACTION_QUIT && a != ACTION_REDRAW)
        command_update(app, a);
    else if (app->tabbing && keymap_look_up(app->keys, tabs_only, press) != ACTION_NONE)
        tabs_update(app, a);
    else if (!app_do_action(app, a) && goes_to_tabs(app, press)) {
        app->message[0] = '\0';
        app->tabbing = true;
        app->tab_at = app->tab;
    }
}
