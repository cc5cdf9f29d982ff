#include "ui/run_words.h"
#include "base/str.h"
#include <stdarg.h>

static const char *plural(int64_t n) { return n == 1 ? "" : "s"; }

static char *count(int64_t n, char out[32]) { return str_count(n > 0 ? (uint64_t)n : 0, out, 32); }

/* ---- runs ---- */

const struct view_stage *run_words_active(const struct view *v)
{
    for (int i = 0; i < v->stage_count; i++)
        if (v->stages[i].active && (v->stages[i].total > 0 || v->stages[i].count > 0))
            return &v->stages[i];
    for (int i = 0; i < v->stage_count; i++)
        if (v->stages[i].active)
            return &v->stages[i];
    return NULL;
}

int64_t run_words_wrong(const struct view *v)
{
    const struct run_summary *s = &v->summary;
    return v->has_summary ? s->failed + s->conflict + s->unaccounted : 0;
}

static void stage_title(const struct view_stage *s, char *out, size_t size)
{
    str_copy(out, size, s->text);
    char *end = strstr(out, "  ");
    if (end)
        *end = '\0';
}

static const char *live_word(const struct view *v)
{
    switch (v->state) {
    case RUN_PLANNING: return "planning";
    case RUN_AT_GATE: return "waits for your answer";
    case RUN_PARKED: return "waits for the platform";
    case RUN_PAUSED: return "paused";
    default: return "running";
    }
}

static const char *dead_word(const struct view *v)
{
    switch (v->state) {
    case RUN_PLANNING:
    case RUN_AT_GATE: return "not started";
    case RUN_RUNNING:
    case RUN_PAUSED: return "stopped";
    case RUN_PARKED: return "gave up waiting";
    default: return run_state_name(v->state);
    }
}

char *run_words_state(const struct view *v, char *out, size_t size)
{
    const struct view_stage *s = run_words_active(v);
    int64_t wrong = run_words_wrong(v);
    char n[32];
    if (v->alive && v->state == RUN_RUNNING && s)
        stage_title(s, out, size);
    else if (v->alive)
        str_copy(out, size, live_word(v));
    else if (v->state == RUN_DONE && wrong > 0)
        snprintf(out, size, "done, %s not imported", count(wrong, n));
    else
        str_copy(out, size, dead_word(v));
    return out;
}

enum theme_role run_words_role(const struct view *v)
{
    if (v->alive)
        return v->state == RUN_PARKED || v->state == RUN_AT_GATE ? ROLE_WARN : ROLE_INFO;
    if (v->state == RUN_DONE)
        return run_words_wrong(v) > 0 ? ROLE_WARN : ROLE_GOOD;
    return v->state == RUN_DRY || v->state == RUN_CANCELLED || v->state == RUN_PLANNING || v->state == RUN_AT_GATE ? ROLE_DIM : ROLE_BAD;
}

const char *run_words_short_id(const char *id)
{
    const char *dash = strrchr(id, '-');
    return dash ? dash + 1 : id;
}

char *run_words_title(const struct view *v, char *out, size_t size)
{
    static const char *const verbs[] = { "import", "import", "export", "update" };
    char place[512];
    const char *target = strstr(v->title, " -> "), *app;
    str_copy(place, sizeof place, v->place);
    if (str_starts(place, "/Volumes/")) {
        memmove(place, place + 9, strlen(place + 9) + 1);
        int dots = 0;
        for (char *p = place; *p && dots < 2; p++)
            if (*p == '/') {
                *p = '.';
                dots++;
            }
        if (str_ends(place, "/"))
            place[strlen(place) - 1] = '\0';
    }
    target = target ? target + 4 : "";
    app = strchr(target, '/');
    if (app && strchr(app + 1, '/'))   /* the owner is left out: the app tells more */
        target = app + 1;
    snprintf(out, size, "%s %s%s%s", (size_t)v->verb < 4 ? verbs[v->verb] : "", place, target[0] ? " -> " : "", target);
    return out;
}

/* Appends at used; returns what is used then. */
static int put(char *out, size_t size, int used, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int put(char *out, size_t size, int used, const char *fmt, ...)
{
    va_list ap;
    if (used < 0 || (size_t)used >= size)
        return used;
    va_start(ap, fmt);
    int n = vsnprintf(out + used, size - (size_t)used, fmt, ap);
    va_end(ap);
    return n < 0 ? used : used + n;
}

char *run_words_progress(const struct view *v, char *out, size_t size)
{
    const struct view_stage *s = run_words_active(v);
    int64_t done = s && s->total > 0 ? s->count : v->done, total = s && s->total > 0 ? s->total : v->total;
    char a[32], b[32];
    out[0] = '\0';
    if (total <= 0)
        return out;
    int used = put(out, size, 0, "%s / %s  %d %%", count(done, a), count(total, b), (int)(done >= total ? 100 : done * 100 / total));
    if (v->alive && v->rate >= 0.05)
        used = put(out, size, used, v->rate < 10 ? "  %.1f/s" : "  %.0f/s", v->rate);
    if (v->alive && v->eta_s >= 0)
        put(out, size, used, "  %s left", str_duration(v->eta_s * 1000, a, sizeof a));
    return out;
}

char *run_words_summary(const struct view *v, char *out, size_t size)
{
    const struct run_summary *s = &v->summary;
    const struct { int64_t n; const char *words; } parts[] = {
        { s->verified, "verified" }, { s->present, "already there" }, { s->skipped, "skipped" }, { s->failed, "failed" },
        { s->conflict, "in conflict" }, { s->unaccounted, "unaccounted for" }, { s->cancelled, "cancelled" },
    };
    char n[32];
    int used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].n > 0 || (i == 0 && s->present == 0))
            used = put(out, size, used, "%s%s %s", used ? ", " : "", count(parts[i].n, n), parts[i].words);
    if (s->verified == 0 && s->present > 0)
        used = put(out, size, used, "; nothing was to be sent");
    if (s->rows >= 0 && v->table[0])
        used = put(out, size, used, "; %s row%s in %s%s", count(s->rows, n), plural(s->rows), v->table, s->commits == 0 ? ", which was up to date" : "");
    if (s->milliseconds > 0)
        put(out, size, used, "; %s", str_duration(s->milliseconds, n, sizeof n));
    return out;
}

/* ---- plans ---- */

static struct plan_line *add(struct plan_line *lines, size_t *n, enum plan_open open, enum theme_role role)
{
    struct plan_line *l = &lines[*n < PLAN_LINES ? (*n)++ : PLAN_LINES - 1];
    l->open = open;
    l->role = role;
    l->text[0] = '\0';
    return l;
}

static void add_counted(struct plan_line *lines, size_t *n, int64_t number, enum plan_open open, enum theme_role role, const char *one, const char *many)
{
    char text[32];
    if (number <= 0)
        return;
    struct plan_line *l = add(lines, n, open, role);
    snprintf(l->text, sizeof l->text, "%9s %s", count(number, text), number == 1 ? one : many);
}

static void add_time(const struct run_plan *p, double files_rate, struct plan_line *lines, size_t *n)
{
    char requests[32], pictures[32], time[32];
    struct plan_line *l = add(lines, n, PLAN_OPEN_NOTHING, ROLE_TEXT);
    if (p->new_items == 0 && p->requests == 0) {
        str_copy(l->text, sizeof l->text, "nothing to send: everything is there already");
        l->role = ROLE_GOOD;
        return;
    }
    int used = snprintf(l->text, sizeof l->text, "%9s request%s to Clarifai, %s to the volume: %s", count(p->requests, requests), plural(p->requests),
                        count(p->new_items, pictures), str_duration(p->seconds * 1000, time, sizeof time));
    if (files_rate > 0 && used > 0 && (size_t)used < sizeof l->text)
        snprintf(l->text + used, sizeof l->text - (size_t)used, " at %.0f files/s", files_rate);
}

static void add_places(const struct run_plan *p, struct plan_line *lines, size_t *n)
{
    if (p->compute_must_start)
        snprintf(add(lines, n, PLAN_OPEN_NOTHING, ROLE_WARN)->text, sizeof lines->text, "%s has to be started to write the table", p->compute);
    for (size_t i = 0; i < sizeof p->notes / sizeof *p->notes; i++)
        if (p->notes[i][0])
            str_copy(add(lines, n, PLAN_OPEN_NOTHING, ROLE_WARN)->text, sizeof lines->text, p->notes[i]);
    if (p->staging[0])
        snprintf(add(lines, n, PLAN_OPEN_NOTHING, ROLE_DIM)->text, sizeof lines->text, "staging in %s", p->staging);
}

size_t run_words_plan(const struct run_plan *p, double files_rate, struct plan_line out[PLAN_LINES])
{
    size_t n = 0;
    char a[32], b[32], c[32];
    struct plan_line *l = add(out, &n, PLAN_OPEN_ALL, ROLE_TEXT);
    snprintf(l->text, sizeof l->text, "%9s file%s, %s candidate%s, %s (content: when read)", count(p->files, a), plural(p->files),
             count(p->candidates, b), plural(p->candidates), str_bytes(p->bytes > 0 ? (uint64_t)p->bytes : 0, c, sizeof c));
    l = add(out, &n, PLAN_OPEN_NOTHING, ROLE_TITLE);
    snprintf(l->text, sizeof l->text, "%9s new, %s already there", count(p->new_items, a), count(p->present, b));
    add_counted(out, &n, p->conflict, PLAN_OPEN_CONFLICT, ROLE_WARN, "conflict: the id is somebody else's input",
                "conflicts: ids of somebody else's inputs");
    add_counted(out, &n, p->failed, PLAN_OPEN_FAILED, ROLE_WARN, "will fail", "will fail");
    add_counted(out, &n, p->skipped, PLAN_OPEN_SKIPPED, ROLE_TEXT, "file of another type", "files of other types");
    add_counted(out, &n, p->ids_changed, PLAN_OPEN_CHANGED, ROLE_TEXT, "id changed to fit Clarifai's rules", "ids changed to fit Clarifai's rules");
    add_time(p, files_rate, out, &n);
    add_places(p, out, &n);
    return n;
}
