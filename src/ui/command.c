#include "ui/app_state.h"

/* Editing a text is no command. */
static bool is_command(enum action a)
{
    return a > ACTION_NONE && a < ACTION_COUNT && (a < ACTION_ACCEPT || a > ACTION_COMPLETE) && a != ACTION_COMMAND;
}

void command_begin(struct app *app)
{
    app->commanding = true;
    app->tabbing = app->listing = false;
    line_set(&app->command, NULL);
    app->history_at = app->history.count;
    command_matches(app);
}

static void end(struct app *app)
{
    app->commanding = app->listing = false;
    line_set(&app->command, NULL);
    str_list_release(&app->matches);
}

void command_matches(struct app *app)
{
    const char *text = line_text(&app->command);
    str_list_release(&app->matches);
    for (int a = 1; a < ACTION_COUNT; a++) {
        const struct action_row *row = action_row((enum action)a);
        if (!is_command((enum action)a) || !str_starts(row->name, text))
            continue;
        if (text[0] || app->listing || (row->hint[0] && !app_why_not(app, (enum action)a)))  /* with nothing typed: what makes sense now, unless all are listed */
            str_list_add(&app->matches, row->name);
    }
    if (app->hooks.complete)
        app->hooks.complete(app->hooks.ctx, text, &app->matches);
}

static size_t common_prefix(const struct str_list *l)
{
    size_t n = l->count ? strlen(l->items[0]) : 0;
    for (size_t i = 1; i < l->count; i++) {
        size_t k = 0;
        while (k < n && l->items[i][k] == l->items[0][k])
            k++;
        n = k;
    }
    while (l->count && n > 0 && ((unsigned char)l->items[0][n] & 0xc0) == 0x80)
        n--;  /* not inside a character */
    return n;
}

/* Tab that completes nothing lists all that may follow; once more takes the list away. */
static void complete(struct app *app)
{
    size_t n = common_prefix(&app->matches);
    if (n <= app->command.text.len) {
        app->listing = !app->listing;
        command_matches(app);
        return;
    }
    char *text = str_dup_n(app->matches.items[0], n);
    if (text)
        line_set(&app->command, text);
    free(text);
    command_matches(app);
}

/* The action of this name, or of the only name that begins so. */
static enum action find_action(const char *text)
{
    enum action found = action_find(text), one = ACTION_NONE;
    int n = 0;
    if (found != ACTION_NONE)
        return is_command(found) ? found : ACTION_NONE;
    for (int a = 1; a < ACTION_COUNT; a++) {
        if (is_command((enum action)a) && str_starts(action_row((enum action)a)->name, text)) {
            one = (enum action)a;
            n++;
        }
    }
    return n == 1 ? one : ACTION_NONE;
}

static void perform(struct app *app)
{
    struct err e;
    char *copy = str_dup(line_text(&app->command));
    end(app);
    char *text = copy ? str_trim(copy) : NULL;
    if (str_blank(text)) {
        free(copy);
        return;
    }
    str_list_add(&app->history, text);
    enum action a = find_action(text);
    err_clear(&e);
    if (a != ACTION_NONE)
        app_do(app, a);
    else if (!app->hooks.command)
        app_say(app, ROLE_BAD, "there is no command named \"%s\"; Tab shows those that are", text);
    else if (app->hooks.command(app->hooks.ctx, app, text, &e) < 0)
        app_say_err(app, &e);
    free(copy);
}

static void walk_history(struct app *app, bool back)
{
    if (back ? app->history_at == 0 : app->history_at >= app->history.count)
        return;
    app->history_at = back ? app->history_at - 1 : app->history_at + 1;
    line_set(&app->command, app->history_at < app->history.count ? app->history.items[app->history_at] : NULL);
    command_matches(app);
}

void command_update(struct app *app, enum action a)
{
    bool empty = app->command.text.len == 0;
    switch (a) {
    case ACTION_BACK: end(app); break;
    case ACTION_ACCEPT: perform(app); break;
    case ACTION_HELP:
        end(app);
        app_do(app, a);
        break;
    case ACTION_COMPLETE: complete(app); break;
    case ACTION_UP: walk_history(app, true); break;
    case ACTION_DOWN: walk_history(app, false); break;
    case ACTION_ERASE:
        if (empty) {
            end(app);
            break;
        }
        /* fall through */
    default:
        line_update(&app->command, a);
        command_matches(app);
    }
}
