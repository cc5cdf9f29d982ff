#include "core/view.h"
#include "base/json.h"
#include "core/plan.h"
#include "core/report.h"
#include "core/run_inside.h"
#include <unistd.h>

/* --- one run --- */

static void read_stage(struct journal *j, const struct stages_row *row, const cJSON *live, bool alive, struct view_stage *out)
{
    char fact[64], done[32], total[32], bytes[32];
    const cJSON *figures = json_obj(json_obj(live, "stages"), row->name);
    snprintf(fact, sizeof fact, "stage.%s", row->name);
    str_copy(out->name, sizeof out->name, row->name);
    out->milliseconds = journal_get_i64(j, fact, -1);
    out->done = out->milliseconds >= 0;
    out->active = alive && !out->done && json_bool(figures, "active", false);
    json_i64(figures, "done", &out->count);
    json_i64(figures, "total", &out->total);
    json_i64(figures, "bytes", &out->bytes);
    str_copy(out->text, sizeof out->text, row->title);
    if (!out->count && !out->total)
        return;
    size_t used = strlen(out->text);
    str_count((uint64_t)out->count, done, sizeof done);
    str_count((uint64_t)out->total, total, sizeof total);
    if (out->total && !out->done)
        snprintf(out->text + used, sizeof out->text - used, "  %s / %s", done, total);
    else
        snprintf(out->text + used, sizeof out->text - used, "  %s", out->count ? done : total);
    used = strlen(out->text);
    if (out->bytes)
        snprintf(out->text + used, sizeof out->text - used, "   %s", str_bytes((uint64_t)out->bytes, bytes, sizeof bytes));
}

static void read_live(const cJSON *live, struct view *out)
{
    static const struct { const char *name; size_t at; } numbers[] = {
        {"rate", offsetof(struct view, rate)},                     {"bytes_rate", offsetof(struct view, bytes_rate)},
        {"clarifai_rate", offsetof(struct view, clarifai_rate)},   {"clarifai_limit", offsetof(struct view, clarifai_limit)},
        {"files_rate", offsetof(struct view, files_rate)},         {"files_limit", offsetof(struct view, files_limit)},
    };
    int64_t in_flight = 0;
    out->eta_s = -1;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_f64(live, numbers[i].name, (double *)(void *)((char *)out + numbers[i].at));
    json_i64(live, "done", &out->done);
    json_i64(live, "total", &out->total);
    json_i64(live, "bytes", &out->bytes);
    json_i64(live, "eta", &out->eta_s);
    json_i64(live, "retried", &out->retried);
    if (json_i64(live, "in_flight", &in_flight))
        out->in_flight = (int)in_flight;
    str_copy(out->parked_why, sizeof out->parked_why, json_str_or(live, "parked", out->alive ? json_str_or(live, "waiting", "") : ""));
}

/* Totals that hold whatever phase it is in: items with an end, of all. */
static void count_items(struct journal *j, struct view *out)
{
    const unsigned open = JOURNAL_BIT(JOURNAL_LISTED) | JOURNAL_BIT(JOURNAL_PLANNED) | JOURNAL_BIT(JOURNAL_SENT) | JOURNAL_BIT(JOURNAL_UNKNOWN) |
                          JOURNAL_BIT(JOURNAL_ACCEPTED);
    out->total = journal_count(j, ~0u);
    out->done = out->total - journal_count(j, open);
    out->accepted = journal_count(j, JOURNAL_BIT(JOURNAL_ACCEPTED));
    if (journal_has(j, "count.planned")) {       /* a verb that counts rows; items are what is wrong with some */
        out->done += journal_get_i64(j, "count.verified", 0) + journal_get_i64(j, "count.present", 0) + journal_get_i64(j, "count.cancelled", 0);
        out->total = journal_get_i64(j, "count.planned", 0);
    }
    if (!out->bytes)
        out->bytes = (int64_t)journal_bytes(j, JOURNAL_BIT(JOURNAL_VERIFIED) | JOURNAL_BIT(JOURNAL_ACCEPTED));
}

/* A compute that comes up takes minutes, and what waits for it says so. */
static void say_compute(struct journal *j, struct view *out)
{
    char *state = out->alive ? journal_get(j, "compute.state") : NULL;
    for (int i = 0; state && i < out->stage_count; i++) {
        struct view_stage *s = &out->stages[i];
        size_t used = strlen(s->text);
        if (s->active)
            snprintf(s->text + used, sizeof s->text - used, ", compute is %s", state);
    }
    free(state);
}

static void read_stages(struct journal *j, const struct stages_verb *verb, const cJSON *live, struct view *out)
{
    for (int i = 0; verb && i < verb->count && out->stage_count < (int)(sizeof out->stages / sizeof *out->stages); i++)
        read_stage(j, &verb->rows[i], live, out->alive, &out->stages[out->stage_count++]);
}

static void read_journal(struct journal *j, const struct ask *ask, struct view *out)
{
    char *state = journal_get(j, "state"), *error = journal_get(j, "error");
    cJSON *live = report_kept(j, "live"), *plan = report_kept(j, "plan"), *summary = report_kept(j, "summary");
    out->state = run_state_by_name(state);
    out->started_ms = journal_get_i64(j, "started", journal_get_i64(j, "created", 0));
    out->ended_ms = journal_get_i64(j, "ended", 0);
    out->exit_status = (int)journal_get_i64(j, "exit", -1);
    out->again = journal_get_i64(j, "again", 0);
    read_live(live, out);
    count_items(j, out);
    if (!out->alive && !out->parked_why[0] && error)
        str_copy(out->parked_why, sizeof out->parked_why, error);
    if (!out->alive && run_state_final(out->state))
        out->parked_why[0] = '\0';
    out->has_plan = plan != NULL;
    if (plan)
        plan_read(plan, &out->plan);
    out->has_summary = summary != NULL;
    if (summary)
        report_read_summary(summary, &out->summary);
    read_stages(j, run_verb(ask->verb), live, out);
    say_compute(j, out);
    cJSON_Delete(live);
    cJSON_Delete(plan);
    cJSON_Delete(summary);
    free(state);
    free(error);
}

const struct view_stage *view_active(const struct view *v)
{
    for (int i = 0; i < v->stage_count; i++)
        if (v->stages[i].active && (v->stages[i].total > 0 || v->stages[i].count > 0))
            return &v->stages[i];
    for (int i = 0; i < v->stage_count; i++)
        if (v->stages[i].active)
            return &v->stages[i];
    return NULL;
}

void view_progress(const struct view *v, int64_t *done, int64_t *total)
{
    const struct view_stage *s = view_active(v);
    *done = s && s->total > 0 ? s->count : v->done + (v->alive ? 0 : v->accepted);
    *total = s && s->total > 0 ? s->total : v->total;
}

static void read_names(const struct ask *ask, const char *folder, struct view *out)
{
    char *table = ask->table.object ? name_text(&ask->table) : NULL;
    char *annotations = ask->annotations_table.object ? name_text(&ask->annotations_table) : NULL;
    char *images = ask->has_images ? volume_path_text(&ask->images) : NULL;
    char *place = run_place(ask);
    out->verb = ask->verb;
    out->sandbox = ask->sandbox;
    str_copy(out->profile, sizeof out->profile, ask->profile ? ask->profile : "");
    run_title(ask, out->title, sizeof out->title);
    str_copy(out->place, sizeof out->place, place ? place : "");
    str_copy(out->table, sizeof out->table, table ? table : "");
    str_copy(out->annotations_table, sizeof out->annotations_table, annotations ? annotations : "");
    str_copy(out->images, sizeof out->images, images ? images : "");
    snprintf(out->report, sizeof out->report, "%s/report.jsonl", folder);
    if (access(out->report, F_OK) != 0)
        out->report[0] = '\0';
    free(table);
    free(annotations);
    free(images);
    free(place);
}

void view_find(const char *word, char *out, size_t size)
{
    struct str_list ids = {0};
    struct err ignored = {0};
    const char *found = NULL;
    size_t n = word ? strlen(word) : 0, count = 0;
    if (n > 0 && run_ids(&ids, &ignored) == 0)
        for (size_t i = 0; i < ids.count; i++) {
            size_t all = strlen(ids.items[i]);
            if (all > n && ids.items[i][all - n - 1] == '-' && str_eq(ids.items[i] + all - n, word)) {
                found = ids.items[i];
                count++;
            }
        }
    str_copy(out, size, count == 1 ? found : word ? word : "");
    str_list_release(&ids);
}

int view_read(const char *id, struct view *out, struct err *e)
{
    struct journal *j = NULL;
    struct ask ask = {0};
    memset(out, 0, sizeof *out);
    char *folder = run_folder(id, e);
    if (!folder)
        return -1;
    int result = access(folder, F_OK) == 0 ? 0 : err_set(e, ERR_NOT_FOUND, "there is no run %s", id);
    if (result == 0)
        result = run_read_ask(folder, &ask, e);
    if (result == 0)
        result = journal_open_view(folder, &j, e);
    if (result == 0) {
        str_copy(out->id, sizeof out->id, id);
        out->pid = run_lock_holder(folder);
        out->alive = out->pid != 0;
        read_names(&ask, folder, out);
        read_journal(j, &ask, out);
    }
    journal_close(j);
    ask_release(&ask);
    free(folder);
    return result;
}

/* What can be told of a run whose journal cannot be read: what it was to do, and since when. */
static void read_damaged(const char *id, const struct err *why, struct view *out)
{
    struct ask ask = {0};
    struct err ignored = {0};
    char *folder = run_folder(id, &ignored);
    memset(out, 0, sizeof *out);
    str_copy(out->id, sizeof out->id, id);
    out->state = RUN_FAILED;
    out->eta_s = out->exit_status = -1;
    err_sentence(why, out->parked_why, sizeof out->parked_why);
    if (folder && run_read_ask(folder, &ask, &ignored) == 0)
        read_names(&ask, folder, out);
    out->started_ms = folder ? run_made_ms(folder) : 0;
    ask_release(&ask);
    free(folder);
}

/* --- all runs --- */

int view_ids(struct str_list *out, struct err *e) { return run_ids(out, e); }

static int by_age(const void *a, const void *b)
{
    const struct view *x = a, *y = b;
    return (x->started_ms < y->started_ms) - (x->started_ms > y->started_ms);
}

int view_list(struct view **out, size_t *count, struct err *e)
{
    struct str_list ids = {0};
    *out = NULL;
    *count = 0;
    if (run_ids(&ids, e) != 0)
        return -1;
    struct view *views = calloc(ids.count ? ids.count : 1, sizeof *views);
    for (size_t i = 0; views && i < ids.count; i++) {
        struct err why = {0};
        if (view_read(ids.items[i], &views[*count], &why) == 0)
            ++*count;
        else if (why.code != ERR_NOT_FOUND)          /* damaged: still shown */
            read_damaged(ids.items[i], &why, &views[(*count)++]);
    }
    str_list_release(&ids);
    if (!views)
        return err_no_memory(e);
    qsort(views, *count, sizeof *views, by_age);
    *out = views;
    return 0;
}

/* --- items --- */

int view_items(const char *id, const char *state, int64_t offset, int64_t limit, struct view_item **out, size_t *count, struct err *e)
{
    struct journal *j = NULL;
    struct journal_item *items = NULL;
    struct journal_query q = {.offset = offset, .limit = limit > 0 && limit < 100000 ? (int)limit : 1000};
    size_t n = 0;
    *out = NULL;
    *count = 0;
    if (state && journal_state_by_name(state) == JOURNAL_STATES)
        return err_set(e, ERR_USAGE, "\"%s\" is no state of an item", state);
    if (state)
        q.states = JOURNAL_BIT(journal_state_by_name(state));
    char *folder = run_folder(id, e);
    int result = folder ? journal_open_view(folder, &j, e) : -1;
    if (result == 0)
        result = journal_read(j, &q, &items, &n, e);
    struct view_item *rows = result == 0 ? calloc(n ? n : 1, sizeof *rows) : NULL;
    bool whole = rows != NULL;
    for (size_t i = 0; rows && i < n; i++) {
        struct journal_item *from = &items[i];
        rows[i] = (struct view_item){.key = from->key, .input_id = from->input_id, .state = str_dup(journal_state_name(from->state)), .reason = from->reason,
                                     .code = from->code, .bytes = (int64_t)from->size};
        from->key = from->input_id = from->reason = from->code = NULL;
        whole = whole && rows[i].state;
    }
    journal_items_free(items, n);
    journal_close(j);
    free(folder);
    if (result == 0 && !whole) {
        view_items_free(rows, n);
        return err_no_memory(e);
    }
    *out = rows;
    *count = result == 0 ? n : 0;
    return result;
}

void view_items_free(struct view_item *items, size_t count)
{
    for (size_t i = 0; items && i < count; i++) {
        free(items[i].key);
        free(items[i].input_id);
        free(items[i].state);
        free(items[i].reason);
        free(items[i].code);
    }
    free(items);
}
