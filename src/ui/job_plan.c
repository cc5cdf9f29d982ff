/* The plan of a form: its lines, and what they open. */
#include "base/timefmt.h"
#include "base/utf8.h"
#include "ui/job_screen.h"
#include "ui/remedies.h"
#include "ui/run_items.h"

#define SILENT_MS 3000       /* without news from the planning run, before that is said */
#define TEXT_LINES 6         /* rows that an error may take in the plan */

static void add_line(struct job_screen *s, int id, enum theme_role role, const char *text, bool opens)
{
    struct err ignored;
    struct form *m = &s->fields.form;
    struct form_item *before = form_find(m, FIELD_START);
    size_t at = before ? (size_t)(before - m->items) : 0;
    if (form_insert(m, FIELD_START, FORM_LINE, id, text, &ignored) < 0)
        return;
    m->items[at].note_role = role;
    m->items[at].opens = opens;
}

/* Breaks a sentence at blanks into lines as wide as the form. */
static void add_text(struct job_screen *s, enum theme_role role, const char *sentence)
{
    char words[1400];
    const char *text = remedies_text(sentence, words, sizeof words);
    int room = s->cols > 20 ? s->cols - 6 : 70;
    for (int i = 0; i < TEXT_LINES && *text; i++) {
        size_t n = strlen(text), fit = utf8_fit(text, n, room);
        size_t cut = fit;
        while (fit < n && cut > 0 && text[cut] != ' ')
            cut--;
        cut = cut ? cut : fit;
        char *line = str_dup_n(text, cut);
        if (line)
            add_line(s, 0, role, line, false);
        free(line);
        text += cut;
        text += strspn(text, " ");
    }
}

static void add_plan(struct job_screen *s, const struct view *v)
{
    struct plan_line lines[PLAN_LINES];
    const struct session *session = s->fields.world->session;
    size_t n = run_words_plan(v, session ? settings_number(&session->settings, SETTING_FILES_RATE) : 0, lines);
    for (size_t i = 0; i < n; i++)
        if (lines[i].open)
            add_line(s, FIELD_LINE + (int)lines[i].open, lines[i].role, lines[i].text, true);
        else
            add_text(s, lines[i].role, lines[i].text);
}

static void add_progress(struct job_screen *s)
{
    char text[400] = "planning", progress[120];
    const struct view *v = s->draft;
    const struct view_stage *stage = v ? view_active(v) : NULL;
    const struct session *session = s->fields.world->session;
    int64_t silent = s->planner.id[0] && s->heard_ms ? time_mono_ms() - s->heard_ms : 0;
    if (stage)
        snprintf(text, sizeof text, "planning: %s", stage->text);
    if (stage && stage->total > 0)
        snprintf(text, sizeof text, "planning: %.*s  %s", (int)strcspn(stage->text, "0123456789"), stage->text, run_words_progress(v, progress, sizeof progress));
    if (s->planner.agreed && v && v->plan.start_only)
        snprintf(text, sizeof text, "%s is being started", v->plan.compute);
    add_line(s, 0, ROLE_DIM, text, false);
    if (silent < SILENT_MS || s->planner.agreed)
        return;
    snprintf(text, sizeof text, "no answer from %s or Clarifai for %lld s; it goes on when they answer",
             session && session->settings.host.text ? session->settings.host.text : "the workspace", (long long)(silent / 1000));
    add_text(s, ROLE_WARN, text);
}

static void add_begin(struct job_screen *s)
{
    char text[400];
    snprintf(text, sizeof text, "%s does not run, and the plan needs it: starting takes minutes and costs money.",
             s->draft->plan.compute[0] ? s->draft->plan.compute : "the compute");
    add_text(s, ROLE_WARN, text);
    for (size_t i = 0; i < sizeof s->draft->plan.notes / sizeof *s->draft->plan.notes; i++)
        if (s->draft->plan.notes[i][0])
            add_text(s, ROLE_WARN, s->draft->plan.notes[i]);
    add_line(s, FIELD_BEGIN, ROLE_KEY, "Start it to see the plan", true);
}

void job_plan_show(struct job_screen *s, const char *missing)
{
    char sentence[1400];
    form_clear_lines(&s->fields.form);
    if (s->planner.error.code != ERR_NONE)
        add_text(s, ROLE_BAD, err_sentence(&s->planner.error, sentence, sizeof sentence));
    else if (job_screen_plan_failed(s))
        add_text(s, ROLE_BAD, s->draft->parked_why[0] ? s->draft->parked_why : "the plan could not be made");
    else if (missing)
        add_text(s, ROLE_DIM, missing);
    else if (job_screen_plan_cancelled(s))
        add_text(s, ROLE_WARN, "the plan was cancelled, in another terminal or window; nothing was changed");
    else if (job_screen_planned(s))
        add_plan(s, s->draft);
    else if (job_screen_waits_for_compute(s) && !s->planner.agreed)
        add_begin(s);
    else
        add_progress(s);
    if (job_screen_plan_failed(s) || (job_screen_plan_cancelled(s) && !missing))
        add_line(s, 0, ROLE_DIM, "Ctrl-R makes the plan again", false);
}

void job_plan_open(struct job_screen *s, enum plan_open which)
{
    static const struct { const char *words, *states, *change; bool changed; } kinds[] = {
        [PLAN_OPEN_FAILED] = { "what will fail", "failed", NULL, false },
        [PLAN_OPEN_SKIPPED] = { "what is skipped", "skipped", NULL, false },
        [PLAN_OPEN_CONFLICT] = { "conflicts", "conflict", NULL, false },
        [PLAN_OPEN_CHANGED] = { "ids that are not the files' names", "", NULL, true },
        [PLAN_OPEN_ALL] = { "what would happen to each", "", NULL, false },
        [PLAN_OPEN_INSERTED] = { "samples of rows to insert", "", "inserted", false },
        [PLAN_OPEN_UPDATED] = { "samples of rows to change", "", "changed", false },
        [PLAN_OPEN_UNCHANGED] = { "samples of rows that stay", "", "unchanged", false },
        [PLAN_OPEN_MISSING] = { "samples of rows that are gone in Clarifai", "", "missing", false },
        [PLAN_OPEN_SAMPLES] = { "samples of rows", "", "", false },
    };
    struct run_items_ask ask = { .states = kinds[which].states, .changed = kinds[which].changed };
    if (!s->draft)
        return;
    snprintf(ask.title, sizeof ask.title, "%s > %s", s->fields.verb->title, kinds[which].words);
    str_copy(ask.run, sizeof ask.run, s->draft->id);
    str_copy(ask.place, sizeof ask.place, s->draft->place);
    ask.whole_path = str_eq(job_value(&s->fields, FIELD_IDS), "whole path");
    ask.samples = kinds[which].change;
    s->below = true;
    app_push(s->app, &screen_items, &ask);
}
