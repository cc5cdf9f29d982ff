/* runs: the list of runs, one of them, a live one followed. */
#include "base/timefmt.h"
#include "cli/write.h"
#include "core/view.h"

#define ITEM_PAGE 500

/* of_rows: what an update says of rows; its items are no news. */
static const struct { const char *name; size_t at; bool of_rows, of_items; } OUTCOMES[] = {
    { "verified", offsetof(struct run_summary, verified), false, true }, { "present", offsetof(struct run_summary, present), false, true },
    { "inserted", offsetof(struct run_summary, inserted), true, false }, { "changed", offsetof(struct run_summary, changed), true, false },
    { "unchanged", offsetof(struct run_summary, unchanged), true, false }, { "missing", offsetof(struct run_summary, missing), true, false },
    { "skipped", offsetof(struct run_summary, skipped), false, false }, { "failed", offsetof(struct run_summary, failed), false, false },
    { "conflict", offsetof(struct run_summary, conflict), false, false }, { "unaccounted", offsetof(struct run_summary, unaccounted), false, false },
};

/* -1: it does not apply. */
static int64_t outcome_of(const struct view *v, size_t i)
{
    return *(const int64_t *)(const void *)((const char *)&v->summary + OUTCOMES[i].at);
}

static cJSON *run_object(const struct view *v)
{
    cJSON *line = out_object("run");

    json_put_str(line, "run", v->id);
    json_put_str(line, "verb", ask_verb_name(v->verb));
    json_put_str(line, "state", run_state_name(v->state));
    json_put_bool(line, "alive", v->alive);
    json_put_str(line, "title", v->title);
    json_put_i64(line, "started_ms", v->started_ms);
    json_put_i64(line, "done", v->done);
    json_put_i64(line, "total", v->total);
    if (v->alive && view_active(v) != NULL) {       /* items get their end late: this is what moves until then */
        int64_t n, of;
        view_progress(v, &n, &of);
        json_put_str(line, "stage", view_active(v)->name);
        json_put_i64(line, "stage_done", n);
        json_put_i64(line, "stage_total", of);
    }
    if (v->parked_why[0] != '\0')
        json_put_str(line, v->state == RUN_RUNNING ? "waiting" : "parked", v->parked_why);
    json_put_str(line, "table", v->table[0] != '\0' ? v->table : NULL);
    json_put_str(line, "annotations_table", v->annotations_table[0] != '\0' ? v->annotations_table : NULL);
    json_put_str(line, "images", v->images[0] != '\0' ? v->images : NULL);
    if (v->has_summary) {
        for (size_t i = 0; i < sizeof OUTCOMES / sizeof OUTCOMES[0]; i++)
            if (outcome_of(v, i) >= 0)
                json_put_i64(line, OUTCOMES[i].name, outcome_of(v, i));
        json_put_i64(line, "exit", v->exit_status);
    }
    return line;
}

static int print_runs(struct out *o, const struct view *views, size_t count)
{
    static const char *const HEADS[] = { "RUN", "STATE", "DONE", "STARTED", "WHAT" };
    char **cells = calloc(count * 5, sizeof *cells);
    char when[48], done[40], total[40], state[80];

    if (cells == NULL)
        return 1;
    for (size_t i = 0; i < count; i++) {
        int64_t n, of;
        view_progress(&views[i], &n, &of);
        cells[i * 5] = str_dup(views[i].id);
        cells[i * 5 + 1] = str_dup(view_state_words(&views[i], state, sizeof state));
        cells[i * 5 + 2] = str_printf("%s/%s", str_count((uint64_t)n, done, sizeof done), str_count((uint64_t)of, total, sizeof total));
        cells[i * 5 + 3] = str_dup(time_people(views[i].started_ms * 1000, when, sizeof when));
        cells[i * 5 + 4] = str_dup(views[i].title);
    }
    out_table(o, HEADS, 5, cells, count);
    for (size_t i = 0; i < count * 5; i++)
        free(cells[i]);
    free(cells);
    return 0;
}

int verb_runs(struct command *c)
{
    struct view *views = NULL;
    struct err e = {0};
    size_t count = 0;
    int status = 0;

    if (view_list(&views, &count, &e) != 0)
        return out_error(c->out, &e);
    if (c->out->json) {
        for (size_t i = 0; i < count; i++) {
            cJSON *line = run_object(&views[i]);
            out_json(c->out, line);
            cJSON_Delete(line);
        }
    } else if (count == 0) {
        out_say(c->out, "no runs yet");
    } else {
        status = print_runs(c->out, views, count);
    }
    free(views);
    return status;
}

static int print_items(struct out *o, const char *id, const char *state, struct err *e)
{
    size_t count = ITEM_PAGE;

    for (int64_t offset = 0; count == ITEM_PAGE; offset += (int64_t)count) {
        struct view_item *items = NULL;
        if (view_items(id, state, offset, ITEM_PAGE, &items, &count, e) != 0)
            return -1;
        for (size_t i = 0; i < count; i++) {
            if (o->json) {
                cJSON *line = out_object("item");
                json_put_str(line, "run", id);
                json_put_str(line, "key", items[i].key);
                json_put_str(line, "input_id", items[i].input_id);
                json_put_str(line, "state", items[i].state);
                json_put_str(line, "reason", items[i].reason);
                json_put_str(line, "code", items[i].code);
                out_json(o, line);
                cJSON_Delete(line);
            } else {
                out_text(o, "%-12s %s: %s", items[i].state, items[i].key, items[i].reason != NULL ? items[i].reason : "");
            }
        }
        view_items_free(items, count);
    }
    return 0;
}

static void print_outcome(struct out *o, const struct view *v)
{
    bool rows = v->summary.unchanged >= 0;
    struct buf b = BUF_INIT;

    for (size_t i = 0; i < sizeof OUTCOMES / sizeof OUTCOMES[0]; i++)
        if (outcome_of(v, i) >= 0 && !(rows ? OUTCOMES[i].of_items : OUTCOMES[i].of_rows))
            buf_printf(&b, "%s%lld %s", b.len > 0 ? ", " : "", (long long)outcome_of(v, i), OUTCOMES[i].name);
    out_text(o, "outcome   %s", b.data != NULL ? b.data : "");
    buf_release(&b);
}

static void print_view(struct out *o, const struct view *v)
{
    char when[48], took[32], state[80], again[80];

    out_text(o, "run       %s", v->id);
    out_text(o, "what      %s", v->title);
    out_text(o, "state     %s", view_state_words(v, state, sizeof state));
    out_text(o, "started   %s", time_people(v->started_ms * 1000, when, sizeof when));
    if (v->has_summary && v->summary.milliseconds > 0)
        out_text(o, "took      %s", str_duration(v->summary.milliseconds, took, sizeof took));
    for (int i = 0; i < v->stage_count; i++)
        out_text(o, "  [%c] %-14s %s", v->stages[i].done ? 'x' : v->stages[i].active ? '>' : ' ', v->stages[i].name, v->stages[i].text);
    if (v->parked_why[0] != '\0')
        out_text(o, "%-9s %s", v->alive ? "waiting" : v->state == RUN_FAILED ? "error" : "why", v->parked_why);
    if (v->has_summary)
        print_outcome(o, v);
    if (v->again > 0)
        out_text(o, "retry     %s", view_again_words(v, again, sizeof again));
    if (v->table[0] != '\0')
        out_text(o, "table     %s", v->table);
    if (v->annotations_table[0] != '\0')
        out_text(o, "table     %s", v->annotations_table);
    if (v->images[0] != '\0')
        out_text(o, "images    %s", v->images);
    if (v->report[0] != '\0')
        out_text(o, "report    %s", v->report);
}

int verb_runs_show(struct command *c)
{
    static const char *const WRONG[] = { "failed", "conflict", "unaccounted" };
    const char *id = command_run(c);
    struct view v;
    struct err e = {0};
    int result;

    if (view_read(id, &v, &e) != 0)
        return out_error(c->out, &e);
    if (c->out->json) {
        cJSON *line = run_object(&v);
        out_json(c->out, line);
        cJSON_Delete(line);
    } else {
        print_view(c->out, &v);
    }
    result = 0;
    for (size_t i = 0; command_has(c, OPT_FAILED) && result == 0 && i < sizeof WRONG / sizeof WRONG[0]; i++)
        result = print_items(c->out, id, WRONG[i], &e);
    return result == 0 ? 0 : out_error(c->out, &e);
}

static int show(void *ctx, const cJSON *line)
{
    write_show_line(ctx, line);
    return 0;
}

int verb_runs_watch(struct command *c)
{
    const char *id = command_run(c);
    struct err e = {0};
    struct view v;
    int status = 0;

    if (view_read(id, &v, &e) == 0 && !v.alive && v.ended_ms == 0) {
        err_set(&e, ERR_NOT_FOUND, "nothing runs it");
        err_remedy(&e, "`lakeferry resume %s` goes on with it", id);
        err_about(&e, "cannot watch the run", id);
    }
    if (e.code != ERR_NONE || view_watch(id, show, c->out, &status, &e) != 0)
        return out_error(c->out, &e);
    write_show_end(c->out, id, status);
    return status;
}

int verb_runs_prune(struct command *c)
{
    struct err e = {0};
    int64_t count = 0;

    if (run_prune(&count, &e) != 0)
        return out_error(c->out, &e);
    out_say(c->out, "%lld finished run%s removed", (long long)count, count == 1 ? "" : "s");
    return 0;
}
