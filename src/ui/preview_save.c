/* Preview: what is shown is written to a file, as CSV or JSON lines by the end of its name. */
#include "ui/preview_screen.h"

void preview_save_begin(struct preview_screen *s)
{
    struct name n = { 0 };
    struct err ignored;
    char *path = name_parse(s->table_name, 3, &n, &ignored) == 0 ? name_suggest(n.object) : NULL;
    char *whole = str_printf("%s.csv", path ? path : "rows");
    line_set(&s->path, whole);
    s->mode = MODE_SAVING;
    free(whole);
    free(path);
    name_release(&n);
}

void preview_save_write(struct preview_screen *s, bool replace)
{
    struct buf text = BUF_INIT;
    struct err e;
    const char *path = line_text(&s->path);
    bool csv = str_iends(path, ".csv"), jsonl = str_iends(path, ".jsonl");
    err_clear(&e);
    if (!csv && !jsonl) {
        app_say(s->app, ROLE_WARN, "the name says what is written: end it in .csv or in .jsonl");
        return;
    }
    int rc = csv ? preview_write_csv(&s->rows->p, &text, &e) : preview_write_jsonl(&s->rows->p, &text, &e);
    if (rc == 0)
        rc = preview_rows_save(world_of(s->app), path, replace, &text, app_serial(s->app, s), &e);
    if (rc < 0)
        app_say_err(s->app, &e);
    buf_release(&text);
}

void preview_save_ended(struct preview_screen *s, const struct err *e)
{
    char text[700], count[24];
    if (e->code == ERR_CONFLICT) {
        snprintf(text, sizeof text, "%s exists already. Replace it?", line_text(&s->path));
        app_ask(s->app, PREVIEW_ASK_REPLACE, "Replace the file", text, "Stay|Replace", NULL);
    } else if (e->code) {
        app_say_err(s->app, e);
    } else {
        char *path = preview_rows_path(line_text(&s->path));
        s->mode = MODE_TABLE;
        app_say(s->app, ROLE_GOOD, "%s rows written to %s", str_count(s->rows->p.row_count, count, sizeof count), path ? path : line_text(&s->path));
        free(path);
    }
}

bool preview_save_update(struct preview_screen *s, enum action a)
{
    if (a == ACTION_BACK)
        s->mode = MODE_TABLE;
    else if (a == ACTION_ACCEPT || a == ACTION_OPEN)
        preview_save_write(s, false);
    else
        return line_update(&s->path, a);
    return true;
}
