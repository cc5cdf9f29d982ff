#include "sandbox/databricks_results.h"
#include "sandbox/databricks.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <ctype.h>
#include <inttypes.h>
#include <sys/random.h>

/* Command Execution 1.2: contexts on a cluster, commands in a context. */
#define CONTEXTS_MAX 145
#define COMMAND_TEXT_MAX ((size_t)6000000) /* "cell input <= 6 MB", reference databricks §4.2 */

struct command {
    char id[33];
    struct sql_job *job;              /* NULL: a language that is not run here */
    struct command *next;
};
struct context {
    char id[24];
    char cluster[64], language[16];
    char *user;                       /* nobody else sees it */
    int generation;                   /* of the cluster when it was made */
    int64_t ready_ms;
    struct sql_line *line;
    struct command *commands;
    struct context *next;
};
struct contexts {
    pthread_mutex_t lock;
    struct context *first;
};

struct contexts *contexts_new(void)
{
    struct contexts *c = calloc(1, sizeof *c);
    if (c && pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c);
        return NULL;
    }
    return c;
}

static void context_free(struct context *x)
{
    for (struct command *k = x->commands, *next; k; k = next) {
        next = k->next;
        if (k->job)
            sql_job_cancel(k->job);
        sql_job_unref(k->job);
        free(k);
    }
    sql_line_unref(x->line);
    free(x->user);
    free(x);
}

void contexts_free(struct contexts *c)
{
    if (!c)
        return;
    for (struct context *x = c->first, *next; x; x = next) {
        next = x->next;
        context_free(x);
    }
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static void fail12(struct route_answer *a, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void fail12(struct route_answer *a, int status, const char *fmt, ...)
{
    struct buf text = BUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    cJSON *o = cJSON_CreateObject();
    json_put_str(o, "error", text.data);
    route_json(a, status, o);
    buf_release(&text);
}

static void reply_id(struct route_answer *a, const char *id)
{
    cJSON *o = cJSON_CreateObject();
    json_put_str(o, "id", id);
    route_json(a, 200, o);
}

/* Forgets the contexts of clusters that have been stopped or restarted since. */
static void contexts_sweep(struct sandbox *s)
{
    for (struct context **at = &s->contexts->first; *at;) {
        struct context *x = *at;
        int generation = 0;
        const char *state = clusters_state(s->clusters, x->cluster, &generation);
        if (state && generation == x->generation) {
            at = &x->next;
            continue;
        }
        *at = x->next;
        context_free(x);
    }
}

/* The context of the call (lock held), or NULL with the refusal. */
static struct context *context_of(struct route_call *c, struct route_answer *a, const char *cluster, const char *id)
{
    if (!cluster || !id)
        return NULL;
    contexts_sweep(c->sandbox);
    for (struct context *x = c->sandbox->contexts->first; x; x = x->next)
        if (str_eq(x->id, id) && str_eq(x->cluster, cluster) && str_eq(x->user, c->user))
            return x;
    fail12(a, 500, "ContextNotFoundException: Context %s not found on cluster %s", id, cluster);
    return NULL;
}

static bool cluster_ready(struct route_call *c, struct route_answer *a, const char *cluster, int *generation)
{
    const char *state = clusters_state(c->sandbox->clusters, cluster, generation);
    char word[24];
    if (!state) {
        fail12(a, 400, "ClusterNotFoundException: Cluster %s does not exist", cluster);
        return false;
    }
    if (str_eq(state, "RUNNING") || str_eq(state, "RESIZING"))
        return true;
    str_copy(word, sizeof word, state);
    for (char *p = word + 1; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    fail12(a, 500, "ClusterNotReadyException: Cluster %s not currently ready for driver client (currently %s)", cluster, word);
    return false;
}

static bool language_known(const char *language)
{
    return str_eq(language, "sql") || str_eq(language, "python") || str_eq(language, "scala") || str_eq(language, "r");
}

static struct context *context_new(struct route_call *c, const char *cluster, const char *language, int generation)
{
    struct context *x = calloc(1, sizeof *x);
    uint64_t number = 0;
    if (!x)
        return NULL;
    x->line = sql_line_new(c->sandbox, c->user);
    x->user = str_dup(c->user);
    if (!x->line || !x->user) {
        context_free(x);
        return NULL;
    }
    while (getrandom(&number, sizeof number, 0) != sizeof number)
        continue;
    snprintf(x->id, sizeof x->id, "%" PRIu64, number % 8000000000000000000u + 1000000000000000000u);
    str_copy(x->cluster, sizeof x->cluster, cluster);
    str_copy(x->language, sizeof x->language, language);
    x->generation = generation;
    x->ready_ms = time_mono_ms() + sandbox_setting(c->sandbox, "context.start_ms", 100);
    return x;
}

static int contexts_on(const struct contexts *all, const char *cluster)
{
    int n = 0;
    for (const struct context *x = all->first; x; x = x->next)
        n += str_eq(x->cluster, cluster);
    return n;
}

static void context_create(struct route_call *c, struct route_answer *a)
{
    struct contexts *all = c->sandbox->contexts;
    const char *cluster = databricks_need(c, a, "clusterId"), *language = cluster ? databricks_need(c, a, "language") : NULL;
    int generation = 0;
    if (!language)
        return;
    if (!language_known(language)) {
        fail12(a, 400, "IllegalArgumentException: Unsupported language: %s", language);
        return;
    }
    const char *why = clusters_why_not(c->sandbox->clusters, cluster, c->user);
    if (why) {
        route_fail_databricks(a, 403, "PERMISSION_DENIED", NULL, "User %s cannot attach to cluster %s: it %s.", c->user, cluster, why);
        return;
    }
    if (!cluster_ready(c, a, cluster, &generation))
        return;
    pthread_mutex_lock(&all->lock);
    contexts_sweep(c->sandbox);
    if (contexts_on(all, cluster) >= sandbox_setting(c->sandbox, "context.max", CONTEXTS_MAX)) {
        fail12(a, 400,
               "ExecutionContextLimitException: Too many execution contexts are open right now. (Limit set currently to %d)",
               CONTEXTS_MAX);
    } else {
        struct context *x = context_new(c, cluster, language, generation);
        if (x) {
            x->next = all->first;
            all->first = x;
            reply_id(a, x->id);
        }
    }
    pthread_mutex_unlock(&all->lock);
}

static void context_status(struct route_call *c, struct route_answer *a)
{
    const char *cluster = databricks_need_query(c, a, "clusterId"), *id = cluster ? databricks_need_query(c, a, "contextId") : NULL;
    pthread_mutex_lock(&c->sandbox->contexts->lock);
    const struct context *x = context_of(c, a, cluster, id);
    if (x) {
        cJSON *o = cJSON_CreateObject();
        json_put_str(o, "id", x->id);
        json_put_str(o, "status", time_mono_ms() < x->ready_ms ? "Pending" : "Running");
        route_json(a, 200, o);
    }
    pthread_mutex_unlock(&c->sandbox->contexts->lock);
}

static void context_destroy(struct route_call *c, struct route_answer *a)
{
    struct contexts *all = c->sandbox->contexts;
    const char *cluster = databricks_need(c, a, "clusterId"), *id = cluster ? databricks_need(c, a, "contextId") : NULL;
    pthread_mutex_lock(&all->lock);
    struct context *x = context_of(c, a, cluster, id);
    if (x) {
        struct context **at = &all->first;
        while (*at != x)
            at = &(*at)->next;
        *at = x->next;
        reply_id(a, x->id);
        context_free(x);
    }
    pthread_mutex_unlock(&all->lock);
}

/* --- commands --- */

/* Without Unity Catalog every statement that names something fails. */
static bool unity_missing(const struct route_call *c, const struct context *x, const char *text)
{
    return !clusters_has_unity(c->sandbox->clusters, x->cluster) && (strpbrk(text, ".`") || strcasestr(text, "SHOW"));
}

static struct command *command_start(struct route_call *c, struct context *x, const char *text, struct err *e)
{
    struct command *k = calloc(1, sizeof *k);
    if (!k)
        return NULL;
    sandbox_random_hex(k->id, 16);
    if (str_eq(json_str(c->body, "language"), "sql")) {
        struct sql_job_ask ask = { .text = text, .user = c->user, .session = x->id, .not_before_ms = x->ready_ms,
                                   .no_unity = unity_missing(c, x, text) };
        k->job = sql_job_start(c->sandbox, x->line, &ask, e);
        if (!k->job) {
            free(k);
            return NULL;
        }
    }
    k->next = x->commands;
    x->commands = k;
    return k;
}

/* A context that is not up yet, or made for another language, takes no command: neither is confirmed to work (reference databricks §4). */
static bool context_takes(struct route_answer *a, const struct context *x, const char *language)
{
    if (time_mono_ms() < x->ready_ms)
        fail12(a, 500, "IllegalStateException: Context %s is Pending", x->id);
    else if (!str_eq(x->language, language))
        fail12(a, 400, "IllegalArgumentException: Context %s is for %s, not %s", x->id, x->language, language);
    else
        return true;
    return false;
}

static void command_execute(struct route_call *c, struct route_answer *a)
{
    const char *cluster = databricks_need(c, a, "clusterId"), *id = cluster ? databricks_need(c, a, "contextId") : NULL;
    const char *language = id ? databricks_need(c, a, "language") : NULL, *text = language ? databricks_need(c, a, "command")
        : NULL;
    struct err e = { 0 };
    if (!text || !cluster_ready(c, a, cluster, NULL))
        return;
    if (!language_known(language)) {
        fail12(a, 400, "IllegalArgumentException: Unsupported language: %s", language);
        return;
    }
    if (strlen(text) > COMMAND_TEXT_MAX) {
        fail12(a, 400, "IllegalArgumentException: The command is larger than 6 MB");
        return;
    }
    pthread_mutex_lock(&c->sandbox->contexts->lock);
    struct context *x = context_of(c, a, cluster, id);
    const struct command *k = x && context_takes(a, x, language) ? command_start(c, x, text, &e) : NULL;
    if (k)
        reply_id(a, k->id);
    pthread_mutex_unlock(&c->sandbox->contexts->lock);
}

static struct command *command_of(struct route_answer *a, struct context *x, const char *id)
{
    for (struct command *k = x ? x->commands : NULL; k && id; k = k->next)
        if (str_eq(k->id, id))
            return k;
    if (x && id)
        fail12(a, 500, "CommandNotFoundException: Command %s not found in context %s", id, x->id);
    return NULL;
}

static cJSON *results(struct sandbox *s, const struct command *k, enum sql_job_state state)
{
    cJSON *o = cJSON_CreateObject();
    const struct sql_result *r = k->job ? sql_job_result(k->job) : NULL;
    if (!r)
        command_results_error(o, "java.lang.UnsupportedOperationException", "Only SQL can be executed on this cluster.");
    else if (state == SQL_JOB_CANCELLED)
        command_results_error(o, "com.databricks.backend.common.rpc.CommandCancelledException", "Command cancelled");
    else if (r->failed)
        command_results_error(o, str_eq(r->error_class, "PARSE_SYNTAX_ERROR") ? "org.apache.spark.sql.catalyst.parser.ParseException"
                         : r->error_class[0] ? "org.apache.spark.sql.AnalysisException" : "org.apache.spark.SparkException",
                      r->message ? r->message : "");
    else
        command_results_table(s, o, r);
    return o;
}

static cJSON *command_json(struct sandbox *s, const struct command *k)
{
    static const char *const names[] = { [SQL_JOB_QUEUED] = "Queued", [SQL_JOB_RUNNING] = "Running", [SQL_JOB_DONE] = "Finished",
        [SQL_JOB_CANCELLED] = "Finished" };
    enum sql_job_state state = k->job ? sql_job_wait(k->job, 0) : SQL_JOB_DONE;
    cJSON *o = cJSON_CreateObject();
    bool word = state == SQL_JOB_CANCELLED && sandbox_setting(s, "command.cancelled_word", 0);
    json_put_str(o, "id", k->id);
    json_put_str(o, "status", word ? "Cancelled" : names[state]);
    if (state >= SQL_JOB_DONE && !word)
        json_put_item(o, "results", results(s, k, state));
    else
        cJSON_AddNullToObject(o, "results");
    return o;
}

static void command_status(struct route_call *c, struct route_answer *a)
{
    const char *cluster = databricks_need_query(c, a, "clusterId"), *id = cluster ? databricks_need_query(c, a, "contextId") : NULL;
    const char *command = id ? databricks_need_query(c, a, "commandId") : NULL;
    pthread_mutex_lock(&c->sandbox->contexts->lock);
    const struct command *k = command_of(a, command ? context_of(c, a, cluster, id) : NULL, command);
    if (k)
        route_json(a, 200, command_json(c->sandbox, k));
    pthread_mutex_unlock(&c->sandbox->contexts->lock);
}

static void command_cancel(struct route_call *c, struct route_answer *a)
{
    const char *cluster = databricks_need(c, a, "clusterId"), *id = cluster ? databricks_need(c, a, "contextId") : NULL;
    const char *command = id ? databricks_need(c, a, "commandId") : NULL;
    pthread_mutex_lock(&c->sandbox->contexts->lock);
    const struct command *k = command_of(a, command ? context_of(c, a, cluster, id) : NULL, command);
    if (k && k->job)
        sql_job_cancel(k->job);
    if (k)
        reply_id(a, k->id);
    pthread_mutex_unlock(&c->sandbox->contexts->lock);
}

const struct route databricks_command_routes[] = {
    { "POST", "/api/1.2/contexts/create", ROUTE_DATABRICKS, NULL, "clusterId language", context_create },
    { "GET", "/api/1.2/contexts/status", ROUTE_DATABRICKS, "clusterId contextId", "-", context_status },
    { "POST", "/api/1.2/contexts/destroy", ROUTE_DATABRICKS, NULL, "clusterId contextId", context_destroy },
    { "POST", "/api/1.2/commands/execute", ROUTE_DATABRICKS, NULL, "clusterId contextId language command options",
        command_execute },
    { "GET", "/api/1.2/commands/status", ROUTE_DATABRICKS, "clusterId contextId commandId", "-", command_status },
    { "POST", "/api/1.2/commands/cancel", ROUTE_DATABRICKS, NULL, "clusterId contextId commandId", command_cancel },
    { 0 },
};
