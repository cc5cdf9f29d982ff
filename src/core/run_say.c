/* What an executed run says: its lines, the items that ended badly, and figures. */
#include "base/timefmt.h"
#include "core/link.h"
#include "core/plan.h"
#include "core/report.h"
#include "core/run_exec.h"

#define RUN_ITEMS 200

/* --- saying --- */

void exec_say(struct exec *x, cJSON *line, bool keep)
{
    struct err ignored = {0};
    if (!line)
        return;
    if (x->hooks && x->hooks->emit)
        x->hooks->emit(x->hooks->ctx, line);
    link_publish(x->link, line);
    char *text = keep ? report_text(line) : NULL;
    if (text)
        journal_line_add(x->run->journal, text, &ignored);
    free(text);
    cJSON_Delete(line);
}

void exec_say_error(struct exec *x, const struct err *e) { exec_say(x, report_error(x->run->id, e), true); }

/* An outage that is waited for reads otherwise than one that ends the run. */
void exec_say_waiting(struct exec *x, const struct err *why)
{
    struct err e = *why;
    if (why->what[0])
        snprintf(e.cause, sizeof e.cause, "%s%s%.240s: %.300s", why->what, why->subject[0] ? " " : "", why->subject, why->cause);
    e.what[0] = e.subject[0] = '\0';
    err_about(&e, "the run waits", NULL);
    exec_say_error(x, &e);
}

void exec_set_state(struct exec *x, enum run_state state)
{
    struct err ignored = {0};
    if (state == x->state)
        return;
    x->state = state;
    journal_put(x->run->journal, "state", run_state_name(state), &ignored);
}

/* Items that ended badly since the last time, in the order they did; after the plan, which counts the first of them. */
int exec_say_items(struct exec *x, struct err *e)
{
    size_t n = x->said_plan ? RUN_ITEMS : 0;
    while (n == RUN_ITEMS) {
        struct journal_item *items;
        struct journal_query q = {.order_by_seq = true, .after_seq = x->said_seq, .limit = RUN_ITEMS};
        if (journal_read(x->run->journal, &q, &items, &n, e) != 0)
            return -1;
        for (size_t i = 0; i < n; i++) {
            exec_say(x, report_item(x->run->id, &items[i]), false);
            x->said_seq = items[i].seq;
        }
        journal_items_free(items, n);
    }
    return 0;
}

/* Two programs that do the same at once do no harm (what one has sent is present for the other), but a person should know. */
static void note_same(struct exec *x)
{
    char other[40];
    const char *user = x->session->clarifai_user[0] ? x->session->clarifai_user : NULL;
    if (x->job.plan.start_only || !run_find_same(x->run->id, &x->run->ask, user, other))
        return;
    pthread_mutex_lock(&x->job.plan_lock);
    plan_note(&x->job.plan, "run %s does the same now", other);
    pthread_mutex_unlock(&x->job.plan_lock);
}

int exec_say_plan(struct exec *x, struct err *e)
{
    note_same(x);
    cJSON *line = report_plan(x->run->id, &x->job.plan, ask_verb_name(x->run->ask.verb));
    char *text = report_text(line);
    int result = text ? journal_put(x->run->journal, "plan", text, e) : err_no_memory(e);
    free(text);
    exec_say(x, line, true);
    x->said_plan = true;
    return result == 0 ? exec_say_items(x, e) : result;
}

/* --- figures --- */

static int shown_row(struct exec *x, unsigned *active, unsigned *done)
{
    return stages_active(x->stages, active, done);
}

static void measure(struct exec *x, int row, const struct stages_figures *f)
{
    int64_t now = time_mono_ms(), passed = now - x->rate_at_ms;
    if (row != x->rate_row || f->done < x->rate_done) {
        x->rate_row = row;
        x->rate = x->bytes_rate = 0;
    } else if (passed > 0) {
        double rate = (double)(f->done - x->rate_done) * 1000 / (double)passed;
        double bytes = f->bytes > x->rate_bytes ? (double)(f->bytes - x->rate_bytes) * 1000 / (double)passed : 0;
        x->rate = x->rate > 0 ? x->rate * 0.7 + rate * 0.3 : rate;
        x->bytes_rate = x->bytes_rate > 0 ? x->bytes_rate * 0.7 + bytes * 0.3 : bytes;
    }
    x->rate_done = f->done;
    x->rate_bytes = f->bytes;
    x->rate_at_ms = now;
}

static void put_figures(cJSON *line, const struct stages_figures *f)
{
    json_put_i64(line, "done", f->done);
    json_put_i64(line, "total", f->total);
    json_put_u64(line, "bytes", f->bytes);
}

static void put_quota(struct exec *x, cJSON *live, const char *name, const char *rate, const char *limit, int *in_flight, int64_t *retried)
{
    struct net_figures f = {0};
    net_engine_figures(x->session->engine, name, &f);
    cJSON_AddNumberToObject(live, rate, f.per_second);
    cJSON_AddNumberToObject(live, limit, f.limit_per_second);
    *in_flight += f.in_flight;
    *retried += (int64_t)f.retries;
}

/* What viewers who come later or from elsewhere read: in the journal, once a second. */
static void save_live(struct exec *x, const cJSON *progress, unsigned active)
{
    cJSON *live = cJSON_Duplicate(progress, true);
    cJSON *rows = live ? cJSON_AddObjectToObject(live, "stages") : NULL;
    struct err why = {0};
    int64_t next_ms = 0, retried = 0;
    int in_flight = 0;
    for (int i = 0; rows && i < x->verb->count; i++) {
        struct stages_figures f = {0};
        cJSON *row = cJSON_AddObjectToObject(rows, x->verb->rows[i].name);
        if (row && x->verb->rows[i].figures) {
            x->verb->rows[i].figures(&x->job, &f);
            put_figures(row, &f);
        }
        if (row)
            json_put_bool(row, "active", (active & (1u << i)) != 0);
    }
    if (live) {
        put_quota(x, live, "clarifai", "clarifai_rate", "clarifai_limit", &in_flight, &retried);
        put_quota(x, live, "files", "files_rate", "files_limit", &in_flight, &retried);
        json_put_i64(live, "in_flight", in_flight);
        json_put_i64(live, "retried", retried);
        json_put_i64(live, "bytes_rate", (int64_t)x->bytes_rate);
    }
    bool waits = live && stages_parked(x->stages, &why, &next_ms);
    if (live && !waits && x->outage.code != ERR_NONE) {
        waits = true;
        why = x->outage;
        next_ms = x->next_probe_ms;
    }
    if (waits) {
        char sentence[1024];
        json_put_str(live, "parked", err_sentence(&why, sentence, sizeof sentence));
        json_put_i64(live, "next_ms", next_ms);
    }
    char *text = live ? report_text(live) : NULL;
    if (text)
        journal_put(x->run->journal, "live", text, &why);
    free(text);
    cJSON_Delete(live);
}

void exec_say_progress(struct exec *x, bool now)
{
    unsigned active, done;
    struct stages_figures f = {0};
    if (!now && time_mono_ms() - x->said_progress_ms < RUN_PROGRESS_MS)
        return;
    x->said_progress_ms = time_mono_ms();
    int row = shown_row(x, &active, &done);
    if (row < 0)
        return;
    if (x->verb->rows[row].figures)
        x->verb->rows[row].figures(&x->job, &f);
    measure(x, row, &f);
    cJSON *line = report_line("progress", x->run->id);
    if (!line)
        return;
    json_put_str(line, "phase", x->verb->rows[row].name);
    put_figures(line, &f);
    cJSON_AddNumberToObject(line, "rate", (double)(int64_t)(x->rate * 10) / 10);
    if (x->rate > 0.01 && f.total > f.done)
        json_put_i64(line, "eta", (int64_t)((double)(f.total - f.done) / x->rate));
    char *compute = journal_get(x->run->journal, "compute.state");
    if (compute)
        json_put_str(line, "compute", compute);
    free(compute);
    exec_watch_quiet(x);
    if (x->quiet[0])
        json_put_str(line, "waiting", x->quiet);
    save_live(x, line, active);
    exec_say(x, line, false);
}

/* The last figures stay: who looks at an ended run sees what each stage did, not where it was when it was last looked at. */
void exec_save_last(struct exec *x)
{
    cJSON *line = report_line("progress", x->run->id);
    if (line)
        save_live(x, line, 0);
    cJSON_Delete(line);
}
