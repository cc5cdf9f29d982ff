#include "core/compute_backend.h"
#include "base/timefmt.h"
#include "base/utf8.h"
#include <ctype.h>
#include <time.h>

#define WAIT_SLICE_MS 50
#define POLL_CAP_MS 5000
#define START_LIMIT_MS (30 * 60 * 1000) /* classic clusters come up in minutes; the vendor's SDK waits 20 */
#define CONTEXT_LIMIT_MS (10 * 60 * 1000) /* a context is up in seconds; a driver that starts its first one needs a few minutes at most */
#define OLDEST_MAJOR 13                 /* volumes may be ephemeral disk before 13.3 (practice) */
#define OLDEST_MINOR 3

static bool one_of(const char *const *list, const char *text)
{
    for (; *list != NULL; list++)
        if (str_eq(*list, text))
            return true;
    return false;
}

void compute_tell(const struct compute *c, const char *kind, const char *id)
{
    if (c->note.note != NULL)
        c->note.note(c->note.ctx, kind, id);
}

int compute_wait(const struct compute *c, int64_t ms, struct err *e)
{
    const struct timespec slice = { .tv_nsec = WAIT_SLICE_MS * 1000000L };

    for (int64_t end = time_mono_ms() + ms; time_mono_ms() < end;) {
        if (net_cancel_is_set(c->api.cancel))
            return err_set(e, ERR_CANCELLED, "cancelled while %s was working", c->label);
        nanosleep(&slice, NULL);
    }
    return 0;
}

int64_t compute_next_wait(int64_t ms)
{
    ms += ms / 2 + 1;
    return ms > POLL_CAP_MS ? POLL_CAP_MS : ms;
}

/* --- Spark's error text --- */

static bool take_class(const char *text, char *out, size_t size)
{
    for (const char *open = strchr(text, '['); open != NULL; open = strchr(open + 1, '[')) {
        size_t n = strspn(open + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");
        if (n > 3 && open[n + 1] == ']' && n < size) {
            memcpy(out, open + 1, n);
            out[n] = '\0';
            return true;
        }
    }
    return false;
}

static void take_sqlstate(const char *text, char out[8])
{
    const char *at = strstr(text, "SQLSTATE: ");

    if (at == NULL)
        return;
    at += strlen("SQLSTATE: ");
    for (int i = 0; i < 5 && isalnum((unsigned char)at[i]); i++) {
        out[i] = at[i];
        out[i + 1] = '\0';
    }
}

/* What a statement's failure means to us, by SQLSTATE or, where the service leaves it out, by class (cookbook §h). */
static const struct { const char *state, *class_part; enum err_code code; } MEANINGS[] = {
    { "42P07", "ALREADY_EXISTS", ERR_CONFLICT },
    { "2D521", "DELTA_CONCURRENT", ERR_CONFLICT },
    { "2D521", "DELTA_PROTOCOL_CHANGED", ERR_CONFLICT },
    { "2D521", "DELTA_METADATA_CHANGED", ERR_CONFLICT },
    { "42P01", "TABLE_OR_VIEW_NOT_FOUND", ERR_NOT_FOUND },
    { "42704", "SCHEMA_NOT_FOUND", ERR_NOT_FOUND },
    { "42K03", "PATH_NOT_FOUND", ERR_NOT_FOUND },
    { "42501", "INSUFFICIENT_PERMISSIONS", ERR_FORBIDDEN },
    { "42501", "PERMISSION_DENIED", ERR_FORBIDDEN },
};

int compute_sql_error(const char *text, struct err *e)
{
    char class_name[64] = "", state[8] = "";
    enum err_code code = ERR_REFUSED;
    size_t n;

    while (isspace((unsigned char)*text))
        text++;
    take_class(text, class_name, sizeof class_name);
    take_sqlstate(text, state);
    for (size_t i = 0; i < sizeof MEANINGS / sizeof MEANINGS[0]; i++)
        if (str_eq(MEANINGS[i].state, state) || strstr(class_name, MEANINGS[i].class_part) != NULL)
            code = MEANINGS[i].code;
    if (*text == '\0')
        text = "the statement failed without a word";
    n = strcspn(text, "\n");
    err_set(e, code, "%.*s", n > 600 ? 600 : (int)n, text);
    if (e != NULL) {
        str_copy(e->api_code, sizeof e->api_code, class_name);
        str_copy(e->sqlstate, sizeof e->sqlstate, state);
    }
    return -1;
}

/* --- rows --- */

void compute_rows_release(struct compute_rows *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->column_count * r->row_count; i++)
        free(r->cells[i]);
    for (size_t i = 0; i < r->column_count; i++) {
        free(r->columns[i].name);
        free(r->columns[i].type);
    }
    free(r->cells);
    free(r->columns);
    *r = (struct compute_rows){0};
}

const char *compute_cell(const struct compute_rows *r, size_t row, const char *column)
{
    for (size_t i = 0; row < r->row_count && i < r->column_count; i++)
        if (str_ieq(r->columns[i].name, column))
            return r->cells[row * r->column_count + i];
    return NULL;
}

int compute_rows_add_column(struct compute_rows *r, const char *name, const char *type, struct err *e)
{
    struct compute_column *grown = realloc(r->columns, (r->column_count + 1) * sizeof *grown);

    if (grown == NULL)
        return err_no_memory(e);
    r->columns = grown;
    grown[r->column_count] = (struct compute_column){ .name = str_dup(name), .type = str_dup(type) };
    r->column_count++;
    return grown[r->column_count - 1].name == NULL || grown[r->column_count - 1].type == NULL ? err_no_memory(e) : 0;
}

/* Whatever JSON a cell is: text as it is, everything else as its JSON text, null as NULL. */
static int cell_text(const cJSON *cell, char **out, struct err *e)
{
    struct buf b = BUF_INIT;

    *out = NULL;
    if (cell == NULL || cJSON_IsNull(cell))
        return 0;
    if (cJSON_IsString(cell))
        *out = str_dup(cell->valuestring);
    else if (json_print(&b, cell) == 0)
        *out = buf_take(&b);
    buf_release(&b);
    return *out == NULL ? err_no_memory(e) : 0;
}

int compute_rows_add(struct compute_rows *r, const cJSON *cells, struct err *e)
{
    size_t columns = r->column_count;
    char **grown;

    if (!cJSON_IsArray(cells) || (size_t)cJSON_GetArraySize(cells) != columns)
        return err_set(e, ERR_PROTOCOL, "a row of the result has not as many cells as there are columns");
    if (columns == 0)
        return 0;
    if ((r->row_count & (r->row_count + 1)) == 0 || r->cells == NULL) { /* room doubles: 1, 3, 7 … rows */
        grown = realloc(r->cells, (r->row_count * 2 + 1) * columns * sizeof *grown);
        if (grown == NULL)
            return err_no_memory(e);
        r->cells = grown;
    }
    for (size_t i = 0; i < columns; i++)
        r->cells[r->row_count * columns + i] = NULL;
    r->row_count++;
    const cJSON *cell = cells->child;
    for (size_t i = 0; i < columns; i++, cell = cell->next)
        if (cell_text(cell, &r->cells[(r->row_count - 1) * columns + i], e) != 0)
            return -1;
    return 0;
}

/* --- the interface --- */

static const struct { const char *word; const struct compute_backend *backend; enum compute_kind kind; } KINDS[] = {
    { "cluster", &compute_cluster, COMPUTE_CLUSTER },
    { "warehouse", &compute_warehouse, COMPUTE_WAREHOUSE },
};

static const char *configured_id(const struct session *s, enum compute_kind kind)
{
    return kind == COMPUTE_CLUSTER ? s->settings.cluster_id.text : s->settings.warehouse_id.text;
}

static int choose(const struct session *s, const char *which, struct compute *c, struct err *e)
{
    const char *id = NULL;

    if (which == NULL)
        which = !str_blank(s->settings.warehouse_id.text) ? "warehouse" : "cluster";
    for (size_t i = 0; i < sizeof KINDS / sizeof KINDS[0]; i++) {
        size_t n = strlen(KINDS[i].word);
        if (strncmp(which, KINDS[i].word, n) != 0 || (which[n] != '\0' && which[n] != ':'))
            continue;
        c->backend = KINDS[i].backend;
        id = which[n] == ':' ? which + n + 1 : configured_id(s, KINDS[i].kind);
    }
    if (c->backend == NULL)
        return err_set(e, ERR_USAGE, "--compute is cluster, cluster:ID, warehouse or warehouse:ID; not \"%s\"", which);
    if (str_blank(id)) {
        err_set(e, ERR_CONFIG, "no %s is configured", c->backend->word);
        return err_remedy(e, "name one with --compute %s:ID, in the profile (cluster_id, warehouse_id) or in DATABRICKS_CLUSTER_ID or DATABRICKS_WAREHOUSE_ID",
                          c->backend->word);
    }
    if (!str_copy(c->id, sizeof c->id, id))
        return err_set(e, ERR_USAGE, "the %s id is too long", c->backend->word);
    snprintf(c->label, sizeof c->label, "%s %s", c->backend->word, c->id);
    return 0;
}

int compute_open(const struct session *s, const char *which, const struct compute_note *note, struct compute **out, struct err *e)
{
    struct compute *c = calloc(1, sizeof *c);

    *out = NULL;
    if (c == NULL)
        return err_no_memory(e);
    c->session = s;
    c->api = s->databricks;
    c->poll_first_ms = settings_ms(&s->settings, SETTING_POLL_FIRST);
    c->context_limit_ms = CONTEXT_LIMIT_MS;
    if (note != NULL)
        c->note = *note;
    if (choose(s, which, c, e) != 0) {
        free(c);
        return -1;
    }
    *out = c;
    return 0;
}

void compute_close(struct compute *c)
{
    if (c == NULL)
        return;
    c->backend->close(c);
    free(c);
}

const char *compute_label(const struct compute *c)
{
    return c->label;
}

enum compute_kind compute_kind_of(const struct compute *c)
{
    return c->backend == &compute_cluster ? COMPUTE_CLUSTER : COMPUTE_WAREHOUSE;
}

/* Access modes without Unity Catalog (§3), whichever spelling. Unknown modes pass: the service has the last word. */
static bool lacks_unity_catalog(const char *mode)
{
    static const char *const MODES[] = { "NONE", "LEGACY_PASSTHROUGH", "LEGACY_TABLE_ACL", "LEGACY_SINGLE_USER_STANDARD", NULL };

    return one_of(MODES, mode);
}

/* "15.4.x-scala2.12": major and minor; a name that does not begin so (custom images) passes. */
static bool is_old_runtime(const char *version)
{
    char *end;
    long major = strtol(version, &end, 10), minor;

    if (end == version || *end != '.')
        return false;
    minor = strtol(end + 1, NULL, 10);
    return major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR);
}

static int check_usable(const struct compute *c, const struct databricks_compute *d, struct err *e)
{
    if (d->is_warehouse)
        return 0;
    if (lacks_unity_catalog(d->data_security_mode))
        err_set(e, ERR_CONFIG, "%s has the access mode %s, which cannot use Unity Catalog", c->label, d->data_security_mode);
    else if (is_old_runtime(d->spark_version))
        err_set(e, ERR_CONFIG, "%s runs %s; lakeferry needs Databricks Runtime %d.%d or newer", c->label, d->spark_version, OLDEST_MAJOR, OLDEST_MINOR);
    else
        return 0;
    return err_remedy(e, "choose another cluster or a SQL warehouse with --compute");
}

static int describe(struct compute *c, struct databricks_compute *d, struct err *e)
{
    if (c->backend->describe(&c->api, c->id, d, e) != 0)
        return err_about(e, "cannot look up", c->label);
    return check_usable(c, d, e);
}

int compute_state(struct compute *c, char state[32], bool *running, struct err *e)
{
    struct databricks_compute d = {0};

    if (describe(c, &d, e) != 0)
        return -1;
    str_copy(state, 32, d.state);
    *running = one_of(c->backend->ready, d.state);
    return 0;
}

int compute_start(struct compute *c, int (*tick)(void *ctx, const char *state, int64_t waited_ms), void *ctx, struct err *e)
{
    int64_t begun = time_mono_ms(), wait = c->poll_first_ms;
    bool asked = false;

    for (;;) {
        struct databricks_compute d = {0};
        int64_t waited = time_mono_ms() - begun;
        if (describe(c, &d, e) != 0)
            return -1;
        if (one_of(c->backend->ready, d.state))
            return 0;
        if (tick != NULL && tick(ctx, d.state, waited) != 0)
            return err_set(e, ERR_CANCELLED, "stopped waiting for %s", c->label);
        if (one_of(c->backend->off, d.state)) {
            if (asked)
                return err_set(e, ERR_REFUSED, "%s did not start: %s %s", c->label, d.state, d.state_message);
            if (c->backend->start(&c->api, c->id, e) != 0)
                return err_about(e, "cannot start", c->label);
            asked = true;
        } else if (!one_of(c->backend->coming, d.state)) {
            return err_set(e, ERR_REFUSED, "%s is in state %s: %s", c->label, d.state, d.state_message);
        }
        if (waited > START_LIMIT_MS)
            return err_set(e, ERR_TIMEOUT, "%s is still %s after 30 minutes", c->label, d.state);
        if (compute_wait(c, wait, e) != 0)
            return -1;
        wait = wait * 2 > 1000 ? 1000 : wait * 2; /* people watch this wait: once a second at least */
    }
}

int compute_run(struct compute *c, const char *text, bool allow_truncated, struct compute_rows *rows, struct err *e)
{
    struct compute_rows own = {0};

    if (c->backend->run(c, text, &own, e) != 0) {
        compute_rows_release(&own);
        return -1;
    }
    if (own.truncated && !allow_truncated && rows != NULL) {
        err_set(e, ERR_LIMIT, "the result was cut by %s after %zu rows", c->label, own.row_count);
        compute_rows_release(&own);
        return -1;
    }
    if (rows != NULL)
        *rows = own;
    else
        compute_rows_release(&own);
    return 0;
}

bool compute_is_gone(const struct err *e)
{
    return e->code == ERR_NOT_FOUND || e->code == ERR_REFUSED || e->code == ERR_CONFLICT;
}

/* ids as told to note: "cluster/context", "cluster/context/command", a statement's id alone. */
int compute_clean(const struct session *s, const char *kind, const char *id, struct err *e)
{
    char parts[3][128] = { "" };
    struct err why = {0};
    int result = 0, n = 0;

    for (const char *p = id; *p != '\0' && n < 3; n++) {
        size_t len = strcspn(p, "/");
        snprintf(parts[n], sizeof parts[n], "%.*s", (int)len, p);
        p += len + (p[len] == '/');
    }
    if (str_eq(kind, "statement"))
        result = databricks_statement_cancel(&s->databricks, id, &why);
    else if (str_eq(kind, "context"))
        result = databricks_context_destroy(&s->databricks, parts[0], parts[1], &why);
    else if (str_eq(kind, "command"))
        result = databricks_command_cancel(&s->databricks, parts[0], parts[1], parts[2], &why);
    if (result == 0 || compute_is_gone(&why))
        return 0;
    if (e != NULL)
        *e = why;
    return -1;
}
