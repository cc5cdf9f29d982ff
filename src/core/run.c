/* A run being executed: gate, control, what it says, and its end. Its thread is the caller's; lanes do the work (stages.c). */
#include "base/file.h"
#include "base/timefmt.h"
#include "core/link.h"
#include "core/plan.h"
#include "core/report.h"
#include "core/run_inside.h"
#include "core/view.h"
#include <fcntl.h>
#include <unistd.h>

#define RUN_STEP_MS 100
#define RUN_PROGRESS_MS 1000
#define RUN_ITEMS 200
#define RUN_DRAIN_MS 5000        /* a stopped run's lanes get so long to end what they have begun */
#define RUN_CANCEL_MS 30000      /* and a cancelled run's */
#define RUN_DEAD_HOST_MS 2500    /* a host that is not there at the start is said, not waited for */
#define RUN_SILENT_HOST_MS 10000
#define RUN_START_MS 15000       /* what counts as the start */
#define EXIT_STOPPED 130

struct exec {
    struct run *run;
    struct session *session;
    const struct run_hooks *hooks;
    volatile int *stop;
    const struct stages_verb *verb;
    struct stages_job job;
    struct stages *stages;
    struct link *link;
    enum run_state state;
    int64_t began_ms, said_progress_ms, said_seq;
    int64_t gate_ms;                  /* monotonic: when it began to wait for a yes, 0: it has not */
    int64_t rate_done, rate_at_ms;
    uint64_t rate_bytes;
    int rate_row;
    double rate, bytes_rate;
    bool paused, parked, cancelling, stopped, hard, said_plan;
    int answer;                   /* of the gate: 1 yes, 0 no, -1 not yet */
    int64_t stopped_ms;
    struct err outage;            /* a host does not answer and the engine probes it: code set */
    int64_t outage_ms, next_probe_ms;
};

/* --- saying --- */

static void say(struct exec *x, cJSON *line, bool keep)
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

static void say_error(struct exec *x, const struct err *e) { say(x, report_error(x->run->id, e), true); }

/* An outage that is waited for reads otherwise than one that ends the run. */
static void say_waiting(struct exec *x, const struct err *why)
{
    struct err e = *why;
    if (why->what[0])
        snprintf(e.cause, sizeof e.cause, "%s%s%.240s: %.300s", why->what, why->subject[0] ? " " : "", why->subject, why->cause);
    e.what[0] = e.subject[0] = '\0';
    err_about(&e, "the run waits", NULL);
    say_error(x, &e);
}

static void set_state(struct exec *x, enum run_state state)
{
    struct err ignored = {0};
    if (state == x->state)
        return;
    x->state = state;
    journal_put(x->run->journal, "state", run_state_name(state), &ignored);
}

/* Items that ended badly since the last time, in the order they did; after the plan, which counts the first of them. */
static int say_items(struct exec *x, struct err *e)
{
    size_t n = x->said_plan ? RUN_ITEMS : 0;
    while (n == RUN_ITEMS) {
        struct journal_item *items;
        struct journal_query q = {.order_by_seq = true, .after_seq = x->said_seq, .limit = RUN_ITEMS};
        if (journal_read(x->run->journal, &q, &items, &n, e) != 0)
            return -1;
        for (size_t i = 0; i < n; i++) {
            say(x, report_item(x->run->id, &items[i]), false);
            x->said_seq = items[i].seq;
        }
        journal_items_free(items, n);
    }
    return 0;
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

static void say_progress(struct exec *x, bool now)
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
    save_live(x, line, active);
    say(x, line, false);
}

/* --- control --- */

static void take_token(struct exec *x, const cJSON *command)
{
    struct err ignored = {0};
    const char *databricks = json_str(command, "databricks"), *clarifai = json_str(command, "clarifai");
    if (databricks && x->session->databricks.site)
        net_site_set_credential(x->session->databricks.site, databricks, &ignored);
    if (clarifai && x->session->clarifai.site)
        net_site_set_credential(x->session->clarifai.site, clarifai, &ignored);
    if (clarifai && x->session->images.site)
        net_site_set_credential(x->session->images.site, clarifai, &ignored);
    stages_wake(x->stages);
}

static void take_yes(struct exec *x, const cJSON *c) { (void)c, x->answer = 1; }

static void take_no(struct exec *x, const cJSON *c) { (void)c, x->answer = 0; }

static void pause_run(struct exec *x, bool paused)
{
    x->paused = paused;
    stages_pause(x->stages, paused);
    if (!paused)
        stages_wake(x->stages);
}

static void take_pause(struct exec *x, const cJSON *c) { (void)c, pause_run(x, true); }

static void take_resume(struct exec *x, const cJSON *c) { (void)c, pause_run(x, false); }

static void take_cancel(struct exec *x, const cJSON *c)
{
    struct err ignored = {0};
    (void)c;
    x->cancelling = true;
    journal_put(x->run->journal, "cancelled", "1", &ignored);
}

static void take_commands(struct exec *x)
{
    static const struct { const char *name; void (*take)(struct exec *, const cJSON *); } commands[] = {
        {"yes", take_yes}, {"no", take_no}, {"pause", take_pause}, {"resume", take_resume}, {"cancel", take_cancel}, {"token", take_token},
    };
    for (cJSON *c; (c = link_next_command(x->link)) != NULL; cJSON_Delete(c))
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
            if (str_eq(json_str(c, "command"), commands[i].name))
                commands[i].take(x, c);
}

/* Somebody looks: then a parked run waits without end. */
static bool attended(struct exec *x) { return link_viewers(x->link) > 0 || (x->hooks && x->hooks->gate && isatty(STDERR_FILENO)); }

/* A host that takes connections and never says a word would be waited for by the stall rules, ten times; at the start that is a wrong host. */
static bool find_silent(struct exec *x, struct err *e)
{
    const struct settings *s = &x->session->settings;
    const struct { const char *quota, *host; } hosts[] = {
        {"databricks", s->host.text}, {"files", s->host.text}, {"clarifai", s->clarifai_base.text},
    };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct net_figures f = {0};
        net_engine_figures(x->session->engine, hosts[i].quota, &f);
        if (f.silent_ms < RUN_SILENT_HOST_MS)
            continue;
        err_set(e, ERR_OFFLINE, "%s did not answer within %d s", hosts[i].host ? hosts[i].host : "the host", RUN_SILENT_HOST_MS / 1000);
        return true;
    }
    return false;
}

/* A host that is down holds calls back in the engine, which probes it; the run says so as if it were parked, and has the same patience. */
static void watch_hosts(struct exec *x)
{
    static const char *const quotas[] = {"databricks", "files", "clarifai", "images"};
    bool down = false;
    for (size_t i = 0; i < sizeof quotas / sizeof *quotas && !down; i++) {
        struct net_figures f = {0};
        net_engine_figures(x->session->engine, quotas[i], &f);
        if (!f.breaker_open)
            continue;
        down = true;
        x->next_probe_ms = f.next_probe_ms;
        if (x->outage.code != ERR_NONE)
            continue;
        err_set(&x->outage, ERR_OFFLINE, "%s", f.last_error[0] ? f.last_error : "the host does not answer");
        x->outage_ms = time_mono_ms();
    }
    if (!down)
        err_clear(&x->outage);
}

static void check_hosts(struct exec *x)
{
    int64_t now = time_mono_ms();
    bool gate = journal_has(x->run->journal, "gate");
    struct err silent;
    watch_hosts(x);
    if (!gate && !x->stopped && find_silent(x, &silent))
        stages_give_up(x->stages, &silent, false);
    if (x->outage.code == ERR_NONE || x->stopped)
        return;
    if (!gate && x->outage_ms - x->began_ms < RUN_START_MS && now - x->outage_ms >= RUN_DEAD_HOST_MS)
        stages_give_up(x->stages, &x->outage, false);
    else if (now - x->outage_ms >= x->job.give_up_ms && !attended(x))
        stages_give_up(x->stages, &x->outage, true);
}

static void watch_parking(struct exec *x)
{
    struct err why = {0};
    int64_t next_ms;
    bool parked = stages_parked(x->stages, &why, &next_ms);
    if (!parked && x->outage.code != ERR_NONE && time_mono_ms() - x->outage_ms >= RUN_PROGRESS_MS) {
        parked = true;
        why = x->outage;
    }
    if (parked && !x->parked && journal_has(x->run->journal, "gate")) {
        say_waiting(x, &why);
    }
    x->parked = parked;
    set_state(x, parked ? RUN_PARKED : x->paused ? RUN_PAUSED : journal_has(x->run->journal, "gate") ? RUN_RUNNING : RUN_PLANNING);
}

static void watch_stop(struct exec *x)
{
    if (!x->stop || *x->stop == 0)
        return;
    if (!x->stopped)
        x->stopped_ms = time_mono_ms();
    bool hard = *x->stop >= 2 || time_mono_ms() - x->stopped_ms >= RUN_DRAIN_MS || x->outage.code != ERR_NONE;
    if (!x->stopped || (hard && !x->hard))
        stages_stop(x->stages, hard);
    x->stopped = true;
    x->hard = hard;
}

/* --- making and unmaking what executes --- */

static void fill_job(struct exec *x)
{
    struct stages_job *job = &x->job;
    const struct settings *s = &x->session->settings;
    job->id = x->run->id;
    job->folder = x->run->folder;
    job->ask = &x->run->ask;
    job->session = x->session;
    job->journal = x->run->journal;
    job->databricks = x->session->databricks;
    job->files = x->session->files;
    job->clarifai = x->session->clarifai;
    job->databricks.cancel = job->files.cancel = job->clarifai.cancel = &job->cancel;
    job->files.priority = job->clarifai.priority = NET_BULK;
    job->databricks.priority = NET_NORMAL;
    job->retry_first_ms = settings_ms(s, SETTING_RETRY_FIRST);
    job->retry_cap_ms = settings_ms(s, SETTING_RETRY_CAP);
    job->poll_first_ms = settings_ms(s, SETTING_POLL_FIRST);
    job->give_up_ms = settings_ms(s, SETTING_GIVE_UP);
}

static void restore_plan(struct exec *x)
{
    char *text = journal_get(x->run->journal, "plan");
    cJSON *line = text ? json_parse(text, strlen(text), NULL) : NULL;
    plan_init(&x->job.plan);
    if (line)
        plan_read(line, &x->job.plan);
    cJSON_Delete(line);
    free(text);
}

static int start_stages(struct exec *x, struct err *e)
{
    net_cancel_clear(&x->job.cancel);
    x->job.draining = 0;
    if (x->verb->open(&x->job, e) != 0)
        return -1;
    return stages_new(&x->job, x->verb, journal_has(x->run->journal, "gate"), &x->stages, e);
}

static void end_stages(struct exec *x)
{
    stages_free(x->stages);
    x->stages = NULL;
    x->verb->close(&x->job);
}

/* Facts about stages that must be gone through once more. */
static int reopen(struct journal *j, const struct stages_verb *verb, const char *first, struct err *e)
{
    bool found = false;
    for (int i = 0; i < verb->count; i++) {
        char fact[64];
        found = found || str_eq(verb->rows[i].name, first);
        snprintf(fact, sizeof fact, "stage.%s", verb->rows[i].name);
        if (found && journal_put(j, fact, NULL, e) != 0)
            return -1;
    }
    return 0;
}

static int cancel_unsent(struct journal *j, struct err *e)
{
    const unsigned undone = JOURNAL_BIT(JOURNAL_LISTED) | JOURNAL_BIT(JOURNAL_PLANNED);
    return journal_move_all(j, undone, JOURNAL_CANCELLED, "cancelled before it was sent", NULL, e);
}

/* What was begun ends, nothing more is sent; then the rest of the verb says so in table and report. */
static int cancel_rest(struct exec *x, struct err *e)
{
    struct journal *j = x->run->journal;
    int64_t end = time_mono_ms() + RUN_CANCEL_MS;
    stages_stop(x->stages, false);
    while (stages_step(x->stages, RUN_STEP_MS, true) == STAGES_RUNNING) {
        watch_stop(x);
        watch_hosts(x);
        if (x->outage.code != ERR_NONE || time_mono_ms() >= end)
            stages_stop(x->stages, true);        /* a call that is held back by an outage has no end of its own */
    }
    end_stages(x);
    if (journal_recover(j, e) != 0 || cancel_unsent(j, e) != 0)
        return -1;
    x->paused = false;
    x->stopped = x->hard = false;                /* what starts now has to be stopped anew */
    return start_stages(x, e);
}

/* --- the gate --- */

static int pass_gate(struct exec *x, struct err *e)
{
    char *begun = str_printf("%s/begun", x->run->folder);
    int result = begun ? file_write_atomic(begun, "", 0, e) : err_no_memory(e);
    free(begun);
    if (result == 0)
        result = journal_put(x->run->journal, "gate", "1", e);
    if (result == 0) {
        x->began_ms += x->gate_ms ? time_mono_ms() - x->gate_ms : 0; /* a person's thinking is not the run's time */
        stages_open_gate(x->stages);
    }
    return result;
}

static int say_plan(struct exec *x, struct err *e)
{
    cJSON *line = report_plan(x->run->id, &x->job.plan, ask_verb_name(x->run->ask.verb));
    char *text = report_text(line);
    int result = text ? journal_put(x->run->journal, "plan", text, e) : err_no_memory(e);
    free(text);
    say(x, line, true);
    x->said_plan = true;
    return result == 0 ? say_items(x, e) : result;
}

/* Asks and waits for the answer: true only for a yes. */
static bool ask_person(struct exec *x)
{
    set_state(x, RUN_AT_GATE);
    x->gate_ms = time_mono_ms();
    x->answer = x->run->ask.yes ? 1 : x->hooks && x->hooks->gate ? x->hooks->gate(x->hooks->ctx, &x->job.plan) : 0;
    for (int64_t asked_ms = time_mono_ms(); x->answer < 0 && !x->cancelling && !(x->stop && *x->stop);) {
        take_commands(x);
        usleep(RUN_STEP_MS * 1000 / 2);
        if (time_mono_ms() - asked_ms >= x->job.give_up_ms && link_viewers(x->link) == 0)
            break;                               /* who asked is gone; the plan stays, the process does not */
    }
    return !x->cancelling && !(x->stop && *x->stop) && x->answer == 1;
}

/* 1 go on, 0 not (yet allowed), -1. */
static int at_gate(struct exec *x, struct err *e)
{
    if (say_plan(x, e) != 0)
        return -1;
    if (x->run->ask.dry_run || !ask_person(x))
        return 0;
    return pass_gate(x, e) == 0 ? 1 : -1;
}

/* The plan needs the compute: one that runs is used, a stopped one is started with leave. */
static int at_start(struct exec *x, struct err *e)
{
    bool asked = x->job.plan.compute_must_start && !x->run->ask.yes;
    if (asked) {
        x->job.plan.start_only = true;
        int said = say_plan(x, e);
        bool yes = said == 0 && ask_person(x);
        x->job.plan.start_only = false;
        if (!yes)
            return said;
        x->began_ms += time_mono_ms() - x->gate_ms;
        x->gate_ms = 0;
        x->said_plan = false;
    }
    if (journal_put(x->run->journal, "start", "1", e) != 0)
        return -1;
    stages_open_start(x->stages);
    return 1;
}

/* --- the end --- */

static void summarize(struct exec *x, struct run_summary *s)
{
    struct journal *j = x->run->journal;
    static const struct { enum journal_state state; size_t at; } counts[] = {
        {JOURNAL_VERIFIED, offsetof(struct run_summary, verified)},       {JOURNAL_PRESENT, offsetof(struct run_summary, present)},
        {JOURNAL_SKIPPED, offsetof(struct run_summary, skipped)},         {JOURNAL_FAILED, offsetof(struct run_summary, failed)},
        {JOURNAL_CONFLICT, offsetof(struct run_summary, conflict)},       {JOURNAL_UNACCOUNTED, offsetof(struct run_summary, unaccounted)},
        {JOURNAL_CANCELLED, offsetof(struct run_summary, cancelled)},
    };
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        *(int64_t *)(void *)((char *)s + counts[i].at) = journal_count(j, JOURNAL_BIT(counts[i].state));
    s->planned = journal_get_i64(j, "count.planned", journal_count(j, ~0u));
    s->verified = journal_get_i64(j, "count.verified", s->verified);
    s->present = journal_get_i64(j, "count.present", s->present);
    s->cancelled = journal_get_i64(j, "count.cancelled", s->cancelled);
    s->inserted = journal_get_i64(j, "inserted", -1);
    s->changed = journal_get_i64(j, "changed", -1);
    s->unchanged = journal_get_i64(j, "unchanged", -1);
    s->missing = journal_get_i64(j, "missing", -1);
    s->rows = x->run->ask.table.object ? journal_get_i64(j, "rows", 0) : -1;
    s->commits = x->run->ask.table.object ? journal_get_i64(j, "commits", 0) : -1;
    s->milliseconds = time_mono_ms() - x->began_ms + journal_get_i64(j, "spent", 0);
}

static int say_summary(struct exec *x, struct err *e)
{
    struct run_summary s;
    struct journal *j = x->run->journal;
    summarize(x, &s);
    char *path = str_printf("%s/report.jsonl", x->run->folder);
    cJSON *line = report_summary(x->run->id, &s, path);
    char *text = report_text(line);
    int result = text ? journal_put(j, "summary", text, e) : err_no_memory(e);
    if (result == 0)
        result = report_write(j, x->run->id, x->run->folder, line, e);
    free(text);
    free(path);
    say(x, line, false);
    return result;
}

static int exit_of(struct exec *x)
{
    const unsigned wrong = JOURNAL_BIT(JOURNAL_FAILED) | JOURNAL_BIT(JOURNAL_CONFLICT) | JOURNAL_BIT(JOURNAL_UNACCOUNTED);
    if (x->cancelling || journal_has(x->run->journal, "cancelled"))
        return 1;
    return journal_count(x->run->journal, wrong) > 0 || journal_has(x->run->journal, "changing") ? 3 : 0;
}

static int note_end(struct exec *x, enum run_state state, int status)
{
    struct journal *j = x->run->journal;
    struct err ignored = {0};
    journal_put_i64(j, "spent", journal_get_i64(j, "spent", 0) + time_mono_ms() - x->began_ms, &ignored);
    journal_put_i64(j, "ended", time_wall_ms(), &ignored);
    journal_put_i64(j, "exit", status, &ignored);
    set_state(x, state);
    return status;
}

/* The last figures stay: who looks at an ended run sees what each stage did, not where it was when it was last looked at. */
static void save_last(struct exec *x)
{
    cJSON *line = report_line("progress", x->run->id);
    if (line)
        save_live(x, line, 0);
    cJSON_Delete(line);
}

static int end_well(struct exec *x, struct err *e)
{
    save_last(x);
    if (say_items(x, e) != 0 || say_summary(x, e) != 0)
        return -1;
    int status = exit_of(x);
    return note_end(x, journal_has(x->run->journal, "cancelled") ? RUN_CANCELLED : RUN_DONE, status);
}

/* Failed, given up, or stopped by a signal: said, resumable; what was staged goes when that can be done now. */
static int end_badly(struct exec *x, struct err *e)
{
    struct err why = *e, ignored = {0};
    bool gave_up = false;
    if (why.code == ERR_NONE && x->stages)
        stages_failure(x->stages, &why, &gave_up);
    stages_free(x->stages);                      /* nothing works on while what was staged is removed and counted */
    x->stages = NULL;
    say_items(x, &ignored);
    if (why.code == ERR_NONE || why.code == ERR_CANCELLED)
        return note_end(x, RUN_PAUSED, EXIT_STOPPED);
    say_error(x, &why);
    if (!gave_up && !err_parks(&why) && (journal_has(x->run->journal, "gate") || journal_has(x->run->journal, "staging.at"))) {
        net_cancel_clear(&x->job.cancel);
        x->verb->clean(&x->job, &ignored);
    }
    if (journal_has(x->run->journal, "gate"))
        say_summary(x, &ignored);
    *e = why;
    bool never_begun = x->state == RUN_CANCELLED && !journal_has(x->run->journal, "gate");
    return note_end(x, gave_up ? RUN_PARKED : never_begun ? RUN_CANCELLED : RUN_FAILED, err_exit_status(&why));
}

/* A plan that was made with rows staged: they go, and whoever resumes the run has it planned anew. */
static int unplan(struct exec *x, struct err *e)
{
    if (x->verb->start_gate < 0 || (x->stop && *x->stop >= 2))
        return 0;
    stages_free(x->stages);
    x->stages = NULL;
    net_cancel_clear(&x->job.cancel);
    x->job.draining = 0;
    if (x->verb->clean(&x->job, e) != 0 || journal_put(x->run->journal, "start", NULL, e) != 0)
        return -1;
    return x->run->ask.dry_run ? 0 : reopen(x->run->journal, x->verb, x->verb->rows[0].name, e);
}

static int end_at_gate(struct exec *x, struct err *e)
{
    bool planned = x->verb->start_gate < 0 || journal_has(x->run->journal, "start");
    if (unplan(x, e) != 0) {
        err_about(e, "cannot remove what was staged for the plan of", x->run->id);
        say_error(x, e);
        return note_end(x, RUN_FAILED, err_exit_status(e));
    }
    if (x->cancelling)
        return note_end(x, RUN_CANCELLED, 1);
    if (x->run->ask.dry_run && planned)
        return note_end(x, RUN_DRY, 0);
    if (x->stop && *x->stop)
        return note_end(x, RUN_AT_GATE, EXIT_STOPPED);
    return note_end(x, RUN_AT_GATE, 2);
}

/* --- the loop --- */

static int loop(struct exec *x, struct err *e)
{
    bool cancelled = journal_has(x->run->journal, "cancelled");
    for (;;) {
        enum stages_status status = stages_step(x->stages, RUN_STEP_MS, attended(x));
        take_commands(x);
        check_hosts(x);
        watch_stop(x);
        watch_parking(x);
        say_progress(x, false);
        if (say_items(x, e) != 0)
            return end_badly(x, e);
        if (x->cancelling && !cancelled) {
            cancelled = true;
            if (!journal_has(x->run->journal, "gate"))
                return end_at_gate(x, e);
            if (cancel_rest(x, e) != 0)
                return end_badly(x, e);
            continue;
        }
        if (status == STAGES_STOPPED)
            return end_badly(x, e);
        if (status == STAGES_ENDED) {
            int end = end_well(x, e);
            return end < 0 ? end_badly(x, e) : end;
        }
        if (status != STAGES_AT_GATE && status != STAGES_AT_START)
            continue;
        int answer = status == STAGES_AT_START ? at_start(x, e) : at_gate(x, e);
        if (answer <= 0)
            return answer < 0 ? end_badly(x, e) : end_at_gate(x, e);
    }
}

/* A finished run that is resumed is verified again; nothing is sent. */
static int prepare(struct exec *x, struct err *e)
{
    struct journal *j = x->run->journal;
    char *state = journal_get(j, "state");
    enum run_state was = run_state_by_name(state);
    free(state);
    x->state = was;
    if (journal_recover(j, e) != 0)
        return -1;
    if (journal_has(j, "cancelled") && !journal_has(j, "gate"))
        set_state(x, RUN_CANCELLED);
    if (x->state == RUN_CANCELLED && !journal_has(j, "gate"))
        return err_set(e, ERR_CONFLICT, "the run was cancelled before anything was sent; start a new one");
    if ((was == RUN_DONE || was == RUN_CANCELLED) && reopen(j, x->verb, "verify", e) != 0)
        return -1;
    if (journal_has(j, "cancelled") && cancel_unsent(j, e) != 0)   /* it may have ended before it could say so */
        return -1;
    if (!journal_has(j, "started") && journal_put_i64(j, "started", time_wall_ms(), e) != 0)
        return -1;
    if (journal_put(j, "ended", NULL, e) != 0 || journal_put(j, "exit", NULL, e) != 0)
        return -1;
    return journal_put_i64(j, "pid", getpid(), e);
}

static void say_beginning(struct exec *x)
{
    struct err e = {0};
    if (journal_has(x->run->journal, "rebuilt")) {
        err_set(&e, ERR_IO, "its journal was damaged and is made again by reading both sides");
        err_about(&e, "resuming the run", x->run->id);
        say_error(x, &e);
        journal_put(x->run->journal, "rebuilt", NULL, &e);
    }
    x->said_plan = journal_has(x->run->journal, "gate") && journal_has(x->run->journal, "plan");
    if (x->said_plan)
        say(x, report_plan(x->run->id, &x->job.plan, ask_verb_name(x->run->ask.verb)), false);
}

int run_execute(struct run *r, struct session *s, const struct run_hooks *hooks, volatile int *stop, struct err *e)
{
    struct exec *x = calloc(1, sizeof *x);
    struct err ignored = {0};
    if (!x) {
        err_no_memory(e);
        return 1;
    }
    *x = (struct exec){.run = r, .session = s, .hooks = hooks, .stop = stop, .verb = run_verb(r->ask.verb), .rate_row = -1, .answer = -1};
    x->began_ms = x->rate_at_ms = time_mono_ms();
    pthread_mutex_init(&x->job.plan_lock, NULL);
    fill_job(x);
    restore_plan(x);
    if (link_open(r->id, &x->link, &ignored) != 0)
        x->link = NULL;                          /* a run without viewers is still a run */
    int status;
    if (prepare(x, e) != 0 || start_stages(x, e) != 0) {
        status = end_badly(x, e);
    } else {
        say_beginning(x);
        status = loop(x, e);
    }
    if (x->job.verb)
        end_stages(x);
    link_close(x->link);
    pthread_mutex_destroy(&x->job.plan_lock);
    free(x);
    return status;
}

int run_reset_failed(struct run *r, int64_t *count, struct err *e)
{
    const unsigned again = JOURNAL_BIT(JOURNAL_FAILED) | JOURNAL_BIT(JOURNAL_UNACCOUNTED) | JOURNAL_BIT(JOURNAL_CANCELLED);
    const struct stages_verb *verb = run_verb(r->ask.verb);
    *count = 0;
    /* What an update says of tables that others changed is answered by another update. */
    if (r->ask.verb == ASK_UPDATE || journal_count(r->journal, again) == 0)
        return 0;
    /* The stages first: after a kill in between, items that are planned again find theirs open. */
    if (journal_put(r->journal, "cancelled", NULL, e) != 0 || reopen(r->journal, verb, verb->retry_row ? verb->retry_row : "send", e) != 0 ||
        journal_reset_failed(r->journal, count, e) != 0)
        return -1;
    return *count ? journal_put(r->journal, "state", run_state_name(RUN_RUNNING), e) : 0;
}

/* A run that died while its plan was made may have rows staged. */
static int clean_dead(struct run *r, struct session *s, struct err *e)
{
    struct exec x = {.run = r, .session = s, .verb = run_verb(r->ask.verb)};
    if (!journal_has(r->journal, "staging.at"))
        return 0;
    pthread_mutex_init(&x.job.plan_lock, NULL);
    fill_job(&x);
    int result = x.verb->open(&x.job, e);
    if (result == 0)
        result = x.verb->clean(&x.job, e);
    x.verb->close(&x.job);
    pthread_mutex_destroy(&x.job.plan_lock);
    return result;
}

/* A dead run: what it has not sent is cancelled, and the rest of the verb (settling, table, cleaning) says so. */
static int cancel_dead(struct run *r, struct session *s, struct err *e)
{
    struct run_hooks hooks = {0};
    if (journal_put(r->journal, "cancelled", "1", e) != 0 || journal_recover(r->journal, e) != 0 || cancel_unsent(r->journal, e) != 0)
        return -1;
    if (!journal_has(r->journal, "gate"))
        return clean_dead(r, s, e) != 0 ? -1 : journal_put(r->journal, "state", run_state_name(RUN_CANCELLED), e);
    int status = run_execute(r, s, &hooks, NULL, e);
    return status == 1 || status == 0 || status == 3 ? (e->code == ERR_NONE ? 0 : -1) : -1;
}

int run_cancel(const char *id, struct session *s, struct err *e)
{
    struct err why = {0};
    if (view_control(id, "cancel", &why) == 0)
        return 0;                                /* it has taken the command */
    if (why.code == ERR_TIMEOUT) {
        *e = why;
        return -1;
    }
    struct run *r;
    if (run_open(id, &r, e) != 0)
        return -1;
    char *state = journal_get(r->journal, "state");
    bool over = run_state_final(run_state_by_name(state));
    free(state);
    int result = over ? 0 : cancel_dead(r, s, e);
    run_close(r);
    return result;
}
