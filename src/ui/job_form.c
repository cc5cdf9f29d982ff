#include "ui/job_form.h"
#include "base/timefmt.h"
#include "ui/form_lists.h"
#include "ui/form_names.h"
#include "ui/form_whole.h"
#include "ui/remedies.h"

static const struct { int id; enum form_kind kind; const char *label; } ends[] = {
    { FIELD_PLAN_HEAD, FORM_HEADING, "plan" }, { FIELD_START, FORM_BUTTON, "Start" }, { FIELD_DRY_RUN, FORM_BUTTON, "Dry run" },
    { FIELD_COPY, FORM_BUTTON, "Copy command" },
};

/* ---- made and released ---- */

static int add_fields(struct job_form *f, struct err *e)
{
    for (size_t i = 0; i < f->verb->count; i++) {
        const struct job_field *d = &f->verb->fields[i];
        if (!d->shown && form_add(&f->form, d->kind, d->id, d->label, d->value, e) < 0)
            return -1;
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (form_add(&f->form, ends[i].kind, ends[i].id, ends[i].label, "", e) < 0)
            return -1;
    return 0;
}

int job_form_init(struct job_form *f, const struct job_verb *verb, struct ui_world *world, struct err *e)
{
    *f = (struct job_form){ .world = world, .verb = verb, .since_ms = time_wall_ms() };
    form_init(&f->form);
    if (add_fields(f, e) < 0) {
        job_form_release(f);
        return -1;
    }
    form_focus(&f->form, verb->first);
    job_form_refresh(f);
    return 0;
}

void job_form_release(struct job_form *f)
{
    form_release(&f->form);
    free(f->drill);
    free(f->before);
    free(f->given);
    f->drill = f->before = f->given = NULL;
    for (size_t i = 0; i < 2; i++) {
        free(f->tables[i].asked);
        f->tables[i].asked = NULL;
    }
}

const struct job_field *job_form_field(const struct job_form *f, int id)
{
    for (size_t i = 0; i < f->verb->count; i++)
        if (f->verb->fields[i].id == id)
            return &f->verb->fields[i];
    return NULL;
}

/* ---- fields follow what is known ---- */

/* The field behind i that is in the form now. */
static int next_shown(const struct job_form *f, size_t i)
{
    while (++i < f->verb->count)
        if (form_find(&f->form, f->verb->fields[i].id))
            return f->verb->fields[i].id;
    return FIELD_PLAN_HEAD;
}

static void show_fields(struct job_form *f)
{
    struct err ignored;
    for (size_t i = 0; i < f->verb->count; i++) {
        const struct job_field *d = &f->verb->fields[i];
        bool there = form_find(&f->form, d->id) != NULL;
        if (!d->shown || d->shown(f) == there)
            continue;
        if (there)
            form_remove(&f->form, d->id);
        else if (form_insert(&f->form, next_shown(f, i), d->kind, d->id, d->label, &ignored) == 0)
            form_set(&f->form, d->id, d->value, false);
    }
}

static void note_fields(struct job_form *f)
{
    for (size_t i = 0; i < f->verb->count; i++)
        if (f->verb->fields[i].note && form_find(&f->form, f->verb->fields[i].id))
            f->verb->fields[i].note(f);
}

/* Fields come and go by what the notes found, and some notes speak of those fields. */
void job_form_refresh(struct job_form *f)
{
    if (f->since_ms > time_wall_ms())   /* the clock was set back: no list would be new enough */
        f->since_ms = time_wall_ms();
    show_fields(f);
    for (size_t i = 0; i < f->verb->count; i++)
        if (f->verb->fields[i].guess && form_find(&f->form, f->verb->fields[i].id))
            f->verb->fields[i].guess(f);
    note_fields(f);
    show_fields(f);
    note_fields(f);
    if (f->form.picking)
        form_lists_fill(f, FORM_LISTS_FRESH_MS);
}

void job_form_look_again(struct job_form *f)
{
    f->since_ms = time_wall_ms();
    for (size_t i = 0; i < 2; i++)
        str_set(&f->tables[i].asked, NULL);
    job_form_refresh(f);
}

void job_form_ask_again(struct job_form *f)
{
    f->anew = true;
    job_form_look_again(f);
    f->anew = false;
}

int job_form_take_place(struct job_form *f, const char *place, struct err *e)
{
    if (!f->verb->take)
        return 0;
    int result = f->verb->take(f, place, e);
    job_form_refresh(f);
    return result;
}

/* ---- keys ---- */

/* An app of somebody who is in no list is written owner/app; without an owner it is the session's. */
static void complete_app(struct job_form *f)
{
    const char *app = job_value(f, FIELD_APP), *user = f->world->session ? f->world->session->clarifai_user : "";
    char *whole = strchr(app, '/') || !user[0] ? NULL : str_printf("%s/%s", user, app);
    if (whole)
        form_set(&f->form, FIELD_APP, whole, false);
    free(whole);
}

/* What follows from another field is guessed anew. */
static void changed(struct job_form *f, int field)
{
    if (field == FIELD_VOLUME)
        form_set(&f->form, FIELD_FOLDER, FORM_NAMES_WHOLE, false);
    if (field == FIELD_APP)
        complete_app(f);
    job_form_refresh(f);
}

/* A new name, or a whole one that was typed: a volume may bring its folder along. */
static void typed(struct job_form *f, int field)
{
    char *folder = form_whole_settle(f, field);
    changed(f, field);
    for (size_t i = 0; folder && i < f->verb->count; i++) {
        const struct job_field *d = &f->verb->fields[i];
        if (d->list != LIST_FOLDERS || d->beside != field)
            continue;
        form_set(&f->form, d->id, folder[0] ? folder : FORM_NAMES_WHOLE, false);
        struct form_item *it = form_find(&f->form, d->id);
        if (it)
            it->touched = folder[0] != '\0';    /* no guess replaces what was typed */
    }
    if (folder)
        job_form_refresh(f);
    free(folder);
}

struct form_event job_form_take(struct job_form *f, struct form_event ev)
{
    switch (ev.kind) {
    case FORM_OPENED:
        form_lists_begin(f, ev.id);
        form_lists_fill(f, FORM_LISTS_OPENED_MS);
        return ev;
    case FORM_REFRESHED:
        f->form.picker.asked_ms = 0;   /* the waiting begins anew */
        form_lists_fill(f, 0);
        return ev;
    case FORM_PICKED:
        if (form_lists_is_place(job_value(f, ev.id))) {
            form_lists_drill(f, ev.id);
            return (struct form_event){ FORM_HANDLED, ev.id };
        }
        changed(f, ev.id);
        return ev;
    case FORM_NEW:
        if (form_lists_names_owner(f, ev.id)) {
            form_lists_drill(f, ev.id);
            return (struct form_event){ FORM_HANDLED, ev.id };
        }
        typed(f, ev.id);
        return ev;
    case FORM_CHANGED:
    case FORM_DONE:
        changed(f, ev.id);
        return ev;
    default:
        return ev;
    }
}

/* ---- the job ---- */

static const struct job_choice *choice_of(const struct job_field *d, const char *value)
{
    for (const struct job_choice *c = d->choices; c && c->value; c++)
        if (str_eq(c->value, value))
            return c;
    return NULL;
}

static int set_field(const struct job_form *f, const struct job_field *d, struct ask *out, struct err *e)
{
    const char *value = job_value(f, d->id);
    const struct job_choice *c = choice_of(d, value);
    value = c ? c->option : value;
    return !d->option || str_blank(value) || !form_find(&f->form, d->id) ? 0 : ask_set(out, d->option, value, e);
}

/* The schema that bare table names are in. */
static int place_tables(const struct job_form *f, struct ask *out, struct err *e)
{
    struct name beside = { 0 };
    struct err ignored;
    if (!form_names_volume(f, FIELD_VOLUME, &beside) && name_parse(job_value(f, FIELD_SCHEMA), 2, &beside, &ignored) < 0)
        beside = (struct name){ 0 };
    int result = ask_place_tables(out, &beside, e);
    name_release(&beside);
    return result;
}

int job_form_ask(struct job_form *f, struct ask *out, struct err *e)
{
    *out = (struct ask){ .verb = f->verb->verb };
    out->create_dataset = f->verb->makes_dataset && f->dataset == JOB_DATASET_NEW;
    out->sandbox = f->world->options.sandbox;
    if (!str_blank(f->world->choice.profile) && ask_set(out, "profile", f->world->choice.profile, e) < 0)
        return -1;
    for (size_t i = 0; i < f->verb->count; i++)
        if (set_field(f, &f->verb->fields[i], out, e) < 0)
            return -1;
    if (f->verb->ask && f->verb->ask(f, out, e) < 0)
        return -1;
    return place_tables(f, out, e) < 0 ? -1 : ask_check(out, e);
}

/* ---- what is missing ---- */

static const char *empty_field(const struct job_form *f)
{
    for (size_t i = 0; i < f->verb->count; i++) {
        const struct job_field *d = &f->verb->fields[i];
        if (d->missing && form_find(&f->form, d->id) && str_blank(job_value(f, d->id)))
            return d->missing;
    }
    return NULL;
}

bool job_form_looking(const struct job_form *f)
{
    bool unknown = f->dataset == JOB_DATASET_UNKNOWN || f->tables[0].state == JOB_TABLE_UNKNOWN || f->tables[1].state == JOB_TABLE_UNKNOWN;
    return unknown && !empty_field(f);
}

bool job_form_unseen(const struct job_form *f)
{
    return f->dataset == JOB_DATASET_UNSEEN || f->tables[0].state == JOB_TABLE_UNSEEN || f->tables[1].state == JOB_TABLE_UNSEEN;
}

static bool answered(const struct job_form *f, const char *place)
{
    bool known = false;
    const struct catalog_list *l = form_names_list_now(f, place, &known);
    bool good = known && l->error.code == ERR_NONE;
    catalog_list_unref(l);
    return good;
}

bool job_form_answered(const struct job_form *f)
{
    char *app = job_value(f, FIELD_APP)[0] ? str_printf("clarifai:%s", job_value(f, FIELD_APP)) : str_dup("clarifai:");
    bool databricks = answered(f, ""), clarifai = answered(f, app);
    free(app);
    return databricks && clarifai;
}

/* What is wrong with a table's name, whole: beside the field it may be cut. */
static const char *bad_table(const struct job_form *f, char *text, size_t size)
{
    for (size_t i = 0; i < 2; i++) {
        const struct job_field *d = job_form_field(f, i ? FIELD_ANNOTATIONS : FIELD_TABLE);
        if (!d || f->tables[i].state != JOB_TABLE_BAD)
            continue;
        snprintf(text, size, "%s: %s", d->label, f->tables[i].why);
        return text;
    }
    return NULL;
}

static const char *wrong_names(const struct job_form *f)
{
    bool there = f->tables[0].state == JOB_TABLE_THERE || f->tables[1].state == JOB_TABLE_THERE;
    if (there && f->verb->makes_tables && str_eq(job_value(f, FIELD_EXISTS), "fail"))
        return "the table exists: choose another name, or what to do with it";
    if (!f->verb->makes_dataset && f->dataset == JOB_DATASET_NEW)
        return "choose a dataset that the app has";
    return NULL;
}

const char *job_form_missing(struct job_form *f, char *text, size_t size)
{
    struct ask ask;
    struct err e = { 0 };
    char bad[300];
    const char *why = empty_field(f);
    if (!why)
        why = bad_table(f, bad, sizeof bad);
    if (!why)
        why = wrong_names(f);
    if (!why && f->verb->missing)
        why = f->verb->missing(f);
    if (!why && !f->world->session)
        why = "there is no connection yet";
    if (!why && job_form_looking(f))
        why = "looking whether dataset and tables exist";
    if (!why) {
        if (job_form_ask(f, &ask, &e) < 0)
            why = remedies_text(e.cause, bad, sizeof bad);
        ask_release(&ask);
    }
    if (!why)
        return NULL;
    str_copy(text, size, why);
    return text;
}
