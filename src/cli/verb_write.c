/* The writing verbs: command line → ask → run; and what a running run shows. */
#include "base/timefmt.h"
#include "cli/write.h"
#include "core/view.h"
#include <signal.h>
#include <unistd.h>

static volatile int stop_flag;
static volatile sig_atomic_t stop_signal;

static void on_stop(int signal_number)
{
    stop_signal = signal_number;
    stop_flag = stop_flag + 1 > 2 ? 2 : stop_flag + 1;
}

static void catch_signals(void)
{
    const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = on_stop };

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
}

/* --- what people see --- */

static void show_plan(struct out *o, const cJSON *line)
{
    static const struct { const char *key, *label; } ROWS[] = {
        { "source", "from" }, { "target", "into" }, { "new", "new, to send" }, { "present", "already there" },
        { "conflict", "conflicts" }, { "failed", "will fail" }, { "skipped", "files of other types" },
        { "ids_changed", "ids changed to fit Clarifai's rules" }, { "bytes", "size" }, { "requests", "requests" },
        { "seconds", "estimated seconds" }, { "staging", "staging" }, { "compute", "compute" },
    };
    char text[64];

    out_say(o, "plan: %s", json_str_or(line, "verb", ""));
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        const char *value = json_str(line, ROWS[i].key);
        int64_t n;
        if (json_i64(line, ROWS[i].key, &n) && (value == NULL || n >= 0))
            value = str_eq(ROWS[i].key, "bytes") ? str_bytes((uint64_t)n, text, sizeof text) : str_count((uint64_t)n, text, sizeof text);
        if (value != NULL && value[0] != '\0')
            out_say(o, "  %-36s %s", ROWS[i].label, value);
    }
    const cJSON *note;
    cJSON_ArrayForEach(note, json_arr(line, "notes"))
        if (cJSON_IsString(note))
            out_say(o, "  note: %s", note->valuestring);
}

static void show_progress(struct out *o, const cJSON *line)
{
    int64_t done = 0, total = 0, eta = -1, bytes = 0;
    double rate = 0;
    char text[256], count[40], of[40], size[40], left[40] = "";
    char bar[21] = "--------------------";

    json_i64(line, "done", &done);
    json_i64(line, "total", &total);
    json_i64(line, "bytes", &bytes);
    json_f64(line, "rate", &rate);
    if (json_i64(line, "eta", &eta) && eta >= 0)
        str_duration(eta * 1000, left, sizeof left);
    if (total <= 0) { /* a listing does not know its end */
        snprintf(text, sizeof text, "%-14s %s", json_str_or(line, "phase", ""), str_count((uint64_t)done, count, sizeof count));
        out_bar(o, text);
        return;
    }
    memset(bar, '#', (size_t)(done >= total ? 20 : done * 20 / total));
    snprintf(text, sizeof text, "%-14s %s %s / %s  %s  %.0f/s  %s", json_str_or(line, "phase", ""), bar, str_count((uint64_t)done, count, sizeof count),
             str_count((uint64_t)total, of, sizeof of), str_bytes((uint64_t)bytes, size, sizeof size), rate, left);
    out_bar(o, text);
}

static void show_item(struct out *o, const cJSON *line)
{
    const char *state = json_str_or(line, "state", "");

    if (str_eq(state, "skipped"))
        return; /* counted in the plan and the summary; listed in the report */
    out_say(o, "%s: %s: %s", state, json_str_or(line, "key", ""), json_str_or(line, "reason", ""));
}

/* "done" is a word for runs that are: a parked one has come so far. */
static void show_summary(struct out *o, const cJSON *line, bool done)
{
    static const char *const KEYS[] = { "planned", "verified", "present", "skipped", "failed", "conflict", "unaccounted", "cancelled", "rows", "commits" };
    struct buf b = BUF_INIT;
    int64_t n, new_items = 0;
    double seconds = 0;

    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++)
        if (json_i64(line, KEYS[i], &n) && (n > 0 || i < 2)) {
            buf_printf(&b, "%s%lld %s", b.len > 0 ? ", " : "", (long long)n, KEYS[i]);
            if (str_eq(KEYS[i], "verified"))
                new_items = n;
        }
    if (json_f64(line, "seconds", &seconds))
        buf_printf(&b, " in %.1f s", seconds);
    out_say(o, "%s: %s", done ? "done" : "so far", b.data);
    if (done && new_items == 0 && json_i64(line, "present", &n) && n > 0)
        out_say(o, "nothing to send: everything was there already");
    if (json_str(line, "report") != NULL)
        out_say(o, "report: %s", json_str(line, "report"));
    buf_release(&b);
}

static void show_error(struct out *o, const cJSON *line)
{
    const char *what = json_str_or(line, "what", ""), *subject = json_str_or(line, "subject", ""), *remedy = json_str_or(line, "remedy", "");

    out_say(o, "lakeferry: %s%s%s%s%s%s%s", what, what[0] && subject[0] ? " " : "", subject, what[0] || subject[0] ? ": " : "",
            json_str_or(line, "cause", ""), remedy[0] ? ". " : "", remedy);
    o->error_said = true;
}

/* Whether it is the last word is known when the run has ended. */
static void keep_summary(struct out *o, const cJSON *line)
{
    cJSON_Delete(o->summary);
    o->summary = cJSON_Duplicate(line, true);
}

static const struct { const char *type; void (*show)(struct out *, const cJSON *); } SHOWS[] = {
    { "plan", show_plan }, { "progress", show_progress }, { "item", show_item }, { "summary", keep_summary }, { "error", show_error },
};

void write_show_line(struct out *o, const cJSON *line)
{
    const char *type = json_str_or(line, "type", "");

    if (o->json)
        out_json(o, line);
    for (size_t i = 0; i < sizeof SHOWS / sizeof SHOWS[0]; i++)
        if (str_eq(SHOWS[i].type, type) && (!o->json || str_eq(type, "error")))
            SHOWS[i].show(o, line);
}

void write_show_end(struct out *o, const char *id, int status)
{
    struct err e = {0};
    struct view v;
    bool known = view_read(id, &v, &e) == 0, stopped = known && (v.state == RUN_PARKED || v.state == RUN_FAILED);

    out_bar_end(o);
    if (stopped && !o->error_said && v.parked_why[0] != '\0') { /* it ended before we listened */
        err_set(&e, ERR_IO, "%s", v.parked_why);
        out_error(o, &e);
    }
    if (o->summary != NULL)
        show_summary(o, o->summary, status == 0 || status == 3);
    if (stopped && v.has_summary)
        out_say(o, "nothing is lost: `lakeferry resume %s` goes on", id);
    cJSON_Delete(o->summary);
    o->summary = NULL;
}

static void emit(void *ctx, const cJSON *line)
{
    write_show_line(((struct command *)ctx)->out, line);
}

static int gate(void *ctx, const struct run_plan *plan)
{
    struct command *c = ctx;

    (void)plan;
    if (command_has(c, OPT_YES))
        return 1;
    if (out_ask(c->out, "Start?"))
        return 1;
    out_say(c->out, "nothing was changed%s", isatty(STDIN_FILENO) ? "" : "; there is no terminal to ask, and --yes was not given");
    return 0;
}

int write_execute(struct command *c, struct session *s, const char *id)
{
    const struct run_hooks hooks = { emit, gate, c };
    struct run *run = NULL;
    struct err e = {0};
    int status;

    if (run_open(id, &run, &e) != 0)
        return out_error(c->out, &e);
    catch_signals();
    status = run_execute(run, s, &hooks, &stop_flag, &e);
    run_close(run);
    write_show_end(c->out, id, status);
    if (stop_signal != 0 && status != 0 && status != 3) {
        out_say(c->out, "stopped; `lakeferry resume %s` goes on", id);
        return 128 + stop_signal;
    }
    return status;
}

/* --- detached: a worker does it; we stay until its gate is passed --- */

struct detach { struct command *c; const char *id; bool passed; struct err err; };

static int at_gate(void *ctx, const cJSON *line)
{
    struct detach *d = ctx;
    const char *type = json_str_or(line, "type", "");

    write_show_line(d->c->out, line);
    if (!str_eq(type, "plan"))
        return 0;
    d->passed = gate(d->c, NULL) == 1;
    /* Refused, the worker ends, and with it the watching: its status is ours. */
    return view_control(d->id, d->passed ? "yes" : "no", &d->err) != 0 || d->passed ? -1 : 0;
}

static int execute_detached(struct command *c, struct session *s, const char *id)
{
    struct detach d = { .c = c, .id = id };
    struct err e = {0};
    int status = 0;

    if (run_spawn(id, s, &e) != 0 || view_watch(id, at_gate, &d, &status, &e) != 0)
        return out_error(c->out, &e);
    if (d.err.code != ERR_NONE)
        return out_error(c->out, &d.err);
    if (d.passed)
        out_say(c->out, "run %s; `lakeferry runs watch %s` follows it", id, id);
    else
        write_show_end(c->out, id, status);
    return status;
}

static int execute(struct command *c, struct session *s, const char *id)
{
    return command_has(c, OPT_DETACH) && !command_has(c, OPT_DRY_RUN) ? execute_detached(c, s, id) : write_execute(c, s, id);
}

/* --- import volume --- */

static int fill_ask(struct command *c, struct ask *ask, struct err *e)
{
    static const enum option_id OPTIONS_OF_ASK[] = { OPT_APP, OPT_DATASET, OPT_TABLE, OPT_DRY_RUN, OPT_YES, OPT_CREATE_DATASET, OPT_ID_FROM,
                                                     OPT_ALL_FILES, OPT_ON_CONFLICT, OPT_IF_EXISTS, OPT_STAGING, OPT_DETACH, OPT_COMPUTE,
                                                     OPT_PROFILE, OPT_SANDBOX };

    for (size_t i = 0; i < sizeof OPTIONS_OF_ASK / sizeof OPTIONS_OF_ASK[0]; i++) {
        const char *value = c->args->value[OPTIONS_OF_ASK[i]];
        const struct option_row *row = &option_table[OPTIONS_OF_ASK[i]];
        if (value != NULL && ask_set(ask, row->name, row->value[0] == '\0' ? "true" : value, e) != 0)
            return -1;
    }
    return 0;
}

/* "app" alone is one of the configured user's; who that is may have to be asked. */
static int own_the_app(struct ask *ask, struct session *s, struct err *e)
{
    struct err databricks = {0};

    if (ask->app.user != NULL)
        return 0;
    if (s->clarifai_user[0] == '\0' && session_identify(s, &databricks, e) != 0 && e->code != ERR_NONE)
        return -1;
    ask->app.user = str_dup(s->clarifai_user);
    return ask->app.user == NULL ? err_no_memory(e) : 0;
}

int verb_import_volume(struct command *c)
{
    struct ask ask = { .verb = ASK_IMPORT_VOLUME };
    struct session s = {0};
    struct err e = {0};
    char id[40];
    int status = -1;

    if (ask_set(&ask, "source", command_word(c, 0), &e) == 0 && fill_ask(c, &ask, &e) == 0 &&
        ask_place_tables(&ask, &ask.source.volume, &e) == 0 && ask_check(&ask, &e) == 0 &&
        command_session(c, true, true, false, &s, &e) == 0) {
        if (own_the_app(&ask, &s, &e) == 0 && run_create(&ask, id, &e) == 0)
            status = execute(c, &s, id);
    }
    if (status < 0)
        status = out_error(c->out, &e);
    ask_release(&ask);
    session_close(&s);
    return status;
}

/* --- resume, retry, cancel --- */

static int open_for_run(struct command *c, const char *id, struct session *s, struct err *e)
{
    struct session_options o = {
        .flags = { .profile = c->args->value[OPT_PROFILE], .sandbox = command_has(c, OPT_SANDBOX) },
        .need_databricks = true, .need_clarifai = true,
    };
    struct run *run = NULL;
    int result;

    /* The run was asked for with a profile and a platform; it goes on with them unless told otherwise. */
    if (run_open(id, &run, e) != 0)
        return -1;
    if (o.flags.profile == NULL)
        o.flags.profile = run_ask(run)->profile;
    o.flags.sandbox = o.flags.sandbox || run_ask(run)->sandbox;
    o.flags.compute = run_ask(run)->compute;
    o.flags.staging = run_ask(run)->staging;
    result = session_open(&o, s, e);
    run_close(run);
    return result;
}

static int go_on(struct command *c, const char *id)
{
    struct session s = {0};
    struct err e = {0};
    int status;

    if (open_for_run(c, id, &s, &e) != 0)
        status = out_error(c->out, &e);
    else
        status = execute(c, &s, id);
    session_close(&s);
    return status;
}

int verb_resume(struct command *c)
{
    const char *id = command_word(c, 0);
    struct err e = {0};
    char latest[40];

    if (id == NULL) {
        if (run_latest_unfinished(latest, &e) != 0) {
            if (e.code != ERR_NOT_FOUND)
                return out_error(c->out, &e);
            out_say(c->out, "nothing to resume: every run is finished");
            return 0;
        }
        id = latest;
        out_say(c->out, "resuming %s", id);
    }
    return go_on(c, id);
}

int verb_retry(struct command *c)
{
    const char *id = command_word(c, 0);
    struct run *run = NULL;
    struct err e = {0};
    int64_t count = 0;
    int result;

    if (run_open(id, &run, &e) != 0)
        return out_error(c->out, &e);
    result = run_reset_failed(run, &count, &e);
    run_close(run);
    if (result != 0)
        return out_error(c->out, &e);
    if (count == 0) {
        out_say(c->out, "nothing failed in %s", id);
        return 0;
    }
    return go_on(c, id);
}

int verb_cancel(struct command *c)
{
    const char *id = command_word(c, 0);
    struct session s = {0};
    struct view v;
    struct err e = {0}, ignored = {0};
    int result;

    if (view_read(id, &v, &e) != 0)
        return out_error(c->out, &e);
    if (!v.alive && (v.state == RUN_DONE || v.state == RUN_DRY || v.state == RUN_CANCELLED)) {
        out_say(c->out, "nothing to cancel: %s is over (%s)", id, run_state_name(v.state));
        return 0;
    }
    /* A live worker cancels itself; only a dead one's leavings need a session, and then its lock is free. */
    result = view_control(id, "cancel", &ignored);
    if (result != 0)
        result = open_for_run(c, id, &s, &e) != 0 ? -1 : run_cancel(id, &s, &e);
    session_close(&s);
    if (result != 0)
        return out_error(c->out, &e);
    out_say(c->out, "%s is cancelled; what was done stays done", id);
    return 0;
}
