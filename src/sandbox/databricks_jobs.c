#include "sandbox/databricks.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <ctype.h>
#include <strings.h>

/* One session and the queue before it. Its lock also guards the state of its jobs. */
struct sql_line {
    struct sandbox *sandbox;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct sql_session *session;
    int refs;
    uint64_t next_ticket, serving;
};
struct sql_job {
    struct sandbox *sandbox;
    struct sql_line *line;
    int refs;
    uint64_t ticket;
    enum sql_job_state state;
    atomic_bool cancel;
    bool has_result, no_unity;
    int64_t not_before_ms;
    char *text, *user, *session_name, *catalog, *schema;
    struct sql_parameter *parameters;
    int parameter_count;
    struct sql_result result;
};

struct sql_line *sql_line_new(struct sandbox *s, const char *user)
{
    struct sql_line *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->sandbox = s;
    l->refs = 1;
    l->session = sql_session_new(s->lake, user);
    if (!l->session || pthread_mutex_init(&l->lock, NULL) != 0) {
        if (l->session)
            sql_session_free(l->session);
        free(l);
        return NULL;
    }
    if (sandbox_cond_init(&l->changed) < 0) {
        sql_session_free(l->session);
        pthread_mutex_destroy(&l->lock);
        free(l);
        return NULL;
    }
    return l;
}

void sql_line_unref(struct sql_line *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    bool last = --l->refs == 0;
    pthread_mutex_unlock(&l->lock);
    if (!last)
        return;
    sql_session_free(l->session);
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static void job_free(struct sql_job *j)
{
    if (j->has_result)
        sql_result_release(&j->result);
    for (int i = 0; i < j->parameter_count; i++) {
        free((char *)j->parameters[i].name);
        free((char *)j->parameters[i].value);
        free((char *)j->parameters[i].type);
    }
    free(j->parameters);
    free(j->text);
    free(j->user);
    free(j->session_name);
    free(j->catalog);
    free(j->schema);
    free(j);
}

void sql_job_unref(struct sql_job *j)
{
    if (!j)
        return;
    struct sql_line *l = j->line;
    pthread_mutex_lock(&l->lock);
    bool last = --j->refs == 0;
    pthread_mutex_unlock(&l->lock);
    if (!last)
        return;
    job_free(j);
    sql_line_unref(l);
}

void sql_job_cancel(struct sql_job *j)
{
    atomic_store(&j->cancel, true);
    pthread_mutex_lock(&j->line->lock);
    pthread_cond_broadcast(&j->line->changed);
    pthread_mutex_unlock(&j->line->lock);
}

static bool job_cancelled(void *ctx)
{
    struct sql_job *j = ctx;
    return atomic_load(&j->cancel) || sandbox_stopping(j->sandbox);
}

enum sql_job_state sql_job_wait(struct sql_job *j, int64_t ms)
{
    int64_t deadline = time_mono_ms() + ms;
    pthread_mutex_lock(&j->line->lock);
    while (j->state < SQL_JOB_DONE) {
        int64_t now = time_mono_ms(), slice = now + 200 < deadline ? now + 200 : deadline;
        if (now >= deadline || sandbox_stopping(j->sandbox))
            break;
        sandbox_cond_wait(&j->line->changed, &j->line->lock, slice);
    }
    /* one that has not begun is over as soon as it is cancelled */
    enum sql_job_state state = j->state == SQL_JOB_QUEUED && atomic_load(&j->cancel) ? SQL_JOB_CANCELLED : j->state;
    pthread_mutex_unlock(&j->line->lock);
    return state;
}

const struct sql_result *sql_job_result(const struct sql_job *j)
{
    return &j->result;
}

void sql_job_drop(struct sql_job *j)
{
    cJSON_Delete(j->result.rows);
    j->result.rows = NULL;
}

/* --- rights --- */

static bool word_next(const char **at, struct buf *word)
{
    buf_clear(word);
    *at += strspn(*at, " \t\r\n(");
    while (**at && !strchr(" \t\r\n(;", **at)) {
        char c = *(*at)++;
        if (c != '`') {
            buf_putc(word, c);
            continue;
        }
        while (**at && **at != '`')
            buf_putc(word, *(*at)++);
        *at += **at == '`';
    }
    return word->len > 0;
}

/* The table or volume a writing statement names; false for a statement that only reads. */
static bool write_target(const char *text, struct buf *name)
{
    static const char *const verbs[] = { "CREATE", "INSERT", "MERGE", "UPDATE", "DELETE", "DROP", "ALTER", "COMMENT", "TRUNCATE" };
    static const char *const filler[] = { "OR", "REPLACE", "TABLE", "INTO", "OVERWRITE", "FROM", "IF", "NOT", "EXISTS", "VOLUME",
        "SCHEMA", "DATABASE", "EXTERNAL", "ON", "WITH", "EVOLUTION", "VIEW", "COLUMN", "CATALOG" };
    bool writes = false, filled = true;
    if (!word_next(&text, name))
        return false;
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        writes = writes || str_ieq(name->data, verbs[i]);
    while (writes && filled && word_next(&text, name)) {
        filled = false;
        for (size_t i = 0; i < sizeof filler / sizeof *filler; i++)
            filled = filled || str_ieq(name->data, filler[i]);
        if (str_ieq(name->data, "TEMPORARY") || str_ieq(name->data, "TEMP"))
            return false;
    }
    return writes;
}

/* "/Volumes/c/s/v/rel" as "c.s.v". */
static void directory_name(const char *text, struct buf *name)
{
    const char *path = strstr(text, "/Volumes/");
    buf_clear(name);
    for (int dots = 0; path && path[9] && !strchr("'`\"", path[9]); path++) {
        dots += path[9] == '/';
        if (dots > 2)
            return;
        buf_putc(name, path[9] == '/' ? '.' : path[9]);
    }
}

static void result_fail(struct sql_result *r, const char *class, const char *state, const char *text)
{
    r->failed = true;
    str_copy(r->error_class, sizeof r->error_class, class);
    str_copy(r->sqlstate, sizeof r->sqlstate, state);
    r->message = str_printf("[%s] %s SQLSTATE: %s", class, text, state);
}

/* True when the user may run it; else a failed result. */
static bool job_allowed(struct sql_job *j)
{
    struct buf name = BUF_INIT;
    bool allowed = true;
    if (j->no_unity) {
        result_fail(&j->result, "UC_NOT_ENABLED", "56038", "Unity Catalog is not enabled on this cluster.");
        return false;
    }
    if (write_target(j->text, &name)) {
        if (str_ieq(name.data, "DIRECTORY"))
            directory_name(j->text, &name);
        if (name.len && strchr(name.data, '.'))
            allowed = databricks_may_write(j->user, name.data);
        else
            allowed = !gate_is_reader(j->user);
    }
    if (strcasestr(j->text, "/Volumes/main/locked/private"))
        allowed = false;
    buf_release(&name);
    if (!allowed)
        result_fail(&j->result, "INSUFFICIENT_PERMISSIONS", "42501",
                    "Insufficient privileges: the user lacks the privilege on the object.");
    return allowed;
}

/* --- the thread --- */

/* Until it is this job's turn and its time has come; false when cancelled. */
static bool turn_wait(struct sql_job *j)
{
    struct sql_line *l = j->line;
    int64_t delay = sandbox_setting(j->sandbox, "sql.delay_ms", 0);
    pthread_mutex_lock(&l->lock);
    while (l->serving != j->ticket || (!job_cancelled(j) && time_mono_ms() < j->not_before_ms))
        sandbox_cond_wait(&l->changed, &l->lock, time_mono_ms() + 20);
    int64_t until = time_mono_ms() + delay;
    if (!job_cancelled(j))
        j->state = SQL_JOB_RUNNING;
    while (!job_cancelled(j) && time_mono_ms() < until)
        sandbox_cond_wait(&l->changed, &l->lock, until);
    bool go = !job_cancelled(j);
    pthread_mutex_unlock(&l->lock);
    return go;
}

/* One statement in the session; false when it failed. */
static bool execute(struct sql_job *j, const char *text, const struct sql_parameter *parameters, int count)
{
    struct err e = { 0 };
    sql_session_output(j->line->session, sandbox_setting(j->sandbox, "sql.failed_attempt", 0) != 0, sandbox_setting(j->sandbox, "sql.plain_output", 0) != 0);
    if (sql_execute(j->line->session, text, parameters, count, job_cancelled, j, &j->result, &e) < 0)
        result_fail(&j->result, "INTERNAL_ERROR", "XX000", e.cause);
    return !j->result.failed;
}

static bool use_default(struct sql_job *j, const char *kind, const char *name)
{
    struct buf text = BUF_INIT;
    if (!name)
        return true;
    buf_printf(&text, "USE %s `", kind);
    for (const char *p = name; *p; p++)
        buf_printf(&text, *p == '`' ? "``" : "%c", *p);
    buf_putc(&text, '`');
    bool good = execute(j, text.data, NULL, 0);
    buf_release(&text);
    if (good) {
        sql_result_release(&j->result);
        j->result = (struct sql_result){ 0 };
    }
    return good;
}

static void job_run(struct sql_job *j)
{
    struct record *record = j->sandbox->record;
    sandbox_count(j->sandbox, "sql.statements", 1);
    if (!job_allowed(j) || !use_default(j, "CATALOG", j->catalog) || !use_default(j, "SCHEMA", j->schema))
        return;
    int n = record_statement_begin(record, j->sandbox->lake, j->text);
    execute(j, j->text, j->parameters, j->parameter_count);
    record_statement_end(record, n, j->session_name, j->text, j->parameters, j->parameter_count, &j->result);
}

static void *job_main(void *arg)
{
    struct sql_job *j = arg;
    struct sandbox *s = j->sandbox;
    bool ran = turn_wait(j);
    if (ran)
        job_run(j);
    pthread_mutex_lock(&j->line->lock);
    j->has_result = ran;
    /* a cancellation that came too late changes nothing */
    j->state = !ran || (j->result.failed && atomic_load(&j->cancel)) ? SQL_JOB_CANCELLED : SQL_JOB_DONE;
    j->line->serving++;
    pthread_cond_broadcast(&j->line->changed);
    pthread_mutex_unlock(&j->line->lock);
    sql_job_unref(j);
    pthread_mutex_lock(&s->stop_lock);
    s->jobs--;
    pthread_cond_broadcast(&s->stop_cond);
    pthread_mutex_unlock(&s->stop_lock);
    return NULL;
}

static bool copy(char **slot, const char *text)
{
    *slot = str_dup(text);
    return *slot || !text;
}

static struct sql_job *job_new(struct sandbox *s, const struct sql_job_ask *ask)
{
    struct sql_job *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->sandbox = s;
    j->refs = 2;
    j->not_before_ms = ask->not_before_ms;
    j->no_unity = ask->no_unity;
    bool good = copy(&j->text, ask->text) && copy(&j->user, ask->user) && copy(&j->session_name, ask->session) &&
                copy(&j->catalog, ask->catalog) && copy(&j->schema, ask->schema);
    j->parameters = calloc((size_t)ask->parameter_count + 1, sizeof *j->parameters);
    for (int i = 0; good && j->parameters && i < ask->parameter_count; i++) {
        struct sql_parameter *p = &j->parameters[j->parameter_count++];
        good = copy((char **)&p->name, ask->parameters[i].name) && copy((char **)&p->value, ask->parameters[i].value) &&
               copy((char **)&p->type, ask->parameters[i].type);
    }
    if (good && j->parameters)
        return j;
    job_free(j);
    return NULL;
}

static bool thread_start(struct sql_job *j)
{
    pthread_attr_t attr;
    pthread_t thread;
    bool started = false;
    pthread_mutex_lock(&j->sandbox->stop_lock);
    if (!j->sandbox->stopping && pthread_attr_init(&attr) == 0) {
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attr, (size_t)8 << 20);
        started = pthread_create(&thread, &attr, job_main, j) == 0;
        pthread_attr_destroy(&attr);
        j->sandbox->jobs += started;
    }
    pthread_mutex_unlock(&j->sandbox->stop_lock);
    return started;
}

struct sql_job *sql_job_start(struct sandbox *s, struct sql_line *line, const struct sql_job_ask *ask, struct err *e)
{
    struct sql_job *j = job_new(s, ask);
    if (!j) {
        err_no_memory(e);
        return NULL;
    }
    j->line = line;
    pthread_mutex_lock(&line->lock);
    j->ticket = line->next_ticket;
    bool started = thread_start(j);
    if (started) {
        line->next_ticket++;
        line->refs++;
    }
    pthread_mutex_unlock(&line->lock);
    if (started)
        return j;
    job_free(j);
    err_set(e, ERR_IO, "no thread could be started for the statement");
    return NULL;
}
