#include "ui/job_screen.h"
#include "ui/screens.h"

/* Import: two forms, one for volumes and one for S3, of which one is in front. */
struct import_screen {
    struct job_screen halves[2];
    int half;                /* 0: volume, 1: S3 */
};

static struct job_screen *front(const void *state)
{
    struct import_screen *s = (struct import_screen *)(uintptr_t)state;
    return &s->halves[s->half];
}

static int open_import(void *state, struct app *app, const void *arg, struct err *e)
{
    struct import_screen *s = state;
    uint64_t serial = app_serial(app, state);
    if (job_screen_open(&s->halves[0], app, &job_import_volume, serial, arg, e) < 0)
        return -1;
    if (job_screen_open(&s->halves[1], app, &job_import_s3, serial, NULL, e) == 0)
        return 0;
    job_screen_close(&s->halves[0]);
    return -1;
}

static void close_import(void *state)
{
    struct import_screen *s = state;
    for (int i = 0; i < 2; i++)
        job_screen_close(&s->halves[i]);
}

/* The other form, with the focus on the same place. */
static void turn(struct import_screen *s, struct app *app, int half, bool on_way)
{
    if (s->half == half)
        return;
    s->half = half;
    form_focus(&s->halves[half].fields.form, on_way ? FIELD_WAY : s->halves[half].fields.verb->first);
    job_screen_update(&s->halves[half], app, &(struct app_input){ .kind = APP_SHOWN });
}

/* Left and right mean the other form where they mean nothing in the field. */
static bool act(struct import_screen *s, struct app *app, enum action a)
{
    const struct form *m = &front(s)->fields.form;
    const struct form_item *here = form_find(m, m->focus);
    bool sideways = (a == ACTION_LEFT || a == ACTION_RIGHT) && !m->picking && here && (here->kind == FORM_CHOICE || here->kind == FORM_LINE);
    if (sideways || ((a == ACTION_VOLUME_FORM || a == ACTION_S3_FORM) && !m->picking)) {
        turn(s, app, sideways ? !s->half : a == ACTION_S3_FORM, sideways && m->focus == FIELD_WAY);
        return true;
    }
    return false;
}

/* The first field says which form it is; a choice there shows the other one. */
static void follow_way(struct import_screen *s, struct app *app)
{
    static const char *const ways[] = { "Volume", "S3" };
    struct job_screen *was = front(s);
    if (str_eq(job_value(&was->fields, FIELD_WAY), ways[s->half]))
        return;
    form_set(&was->fields.form, FIELD_WAY, ways[s->half], false);
    form_focus(&was->fields.form, was->fields.verb->first);
    turn(s, app, !s->half, false);
}

static bool update_import(void *state, struct app *app, const struct app_input *in)
{
    struct import_screen *s = state;
    if (in->kind == APP_ACTION && act(s, app, in->action))
        return true;
    if (in->kind == APP_EVENT) {   /* the other one goes on, too; only what is looked at begins a plan */
        bool a = job_screen_update(&s->halves[!s->half], app, in), b = job_screen_update(front(s), app, in);
        return a || b;
    }
    if (in->kind == APP_SHOWN && in->arg)
        s->half = 0;
    bool used = job_screen_update(front(s), app, in);
    follow_way(s, app);
    return used;
}

static void render_import(void *state, struct app *app, struct frame *f, struct layout_rect r) { job_screen_render(front(state), app, f, r); }

static const enum keymap_set *keys_import(const void *state)
{
    static const enum keymap_set form[] = { KEYS_FORM, KEYS_IMPORT, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    return front(state)->fields.form.picking ? job_screen_keys(front(state)) : form;
}

static bool typing_import(const void *state) { return job_screen_typing(front(state)); }

static uint32_t met_import(const void *state) { return job_screen_met(front(state)); }

static const char *hint_import(const void *state, enum action a) { return job_screen_hint(front(state), a); }

static void place_import(const void *state, struct app_words *out)
{
    const struct import_screen *s = state;
    str_copy(out->left, sizeof out->left, s->half ? "Import from   Volume (Alt-V)  [S3]" : "Import from  [Volume]  S3 (Alt-S)");
}

/* The one form that is in front already. */
static const char *why_not_import(const void *state, enum action a)
{
    const struct import_screen *s = state;
    return a == (s->half ? ACTION_S3_FORM : ACTION_VOLUME_FORM) ? "it is shown already" : NULL;
}

static void status_import(const void *state, struct app_words *out) { job_screen_status(front(state), out); }

const struct app_screen screen_import = {
    .name = "import", .title = "Import", .tab = "Import", .size = sizeof(struct import_screen), .open = open_import, .close = close_import,
    .update = update_import, .render = render_import, .keys = keys_import, .typing = typing_import, .met = met_import, .place = place_import, .status = status_import,
    .why_not = why_not_import, .hint = hint_import,
};
