/*
 * import_world: both platforms as one struct in memory that processes share, behind the functions that an import calls; so that a process can be
 * killed at any instant and another goes on with the same world. Included by one test program each; its functions take the place of net, compute
 * and stage at link time.
 */
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/timefmt.h"
#include "core/compute.h"
#include "core/run.h"
#include "core/stage.h"
#include "core/stages.h"
#include "net/clarifai_apps.h"
#include "net/clarifai_concepts.h"
#include "net/clarifai_inputs.h"
#include "net/databricks_auth.h"
#include "net/databricks_catalog.h"
#include "net/databricks_files.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* Verbs whose platform functions this world does not play. */
const struct stages_verb export_verb, update_verb;

#define WORLD_FILES 700
#define WORLD_INPUTS 900
#define ROOT "/Volumes/main/vision/pictures"

struct world_file { char path[160]; char bytes[64]; uint64_t size; int64_t modified_ms; bool gone; bool changed_after_listing; };
struct world_input { char id[64], metadata[512], concepts[512], sha[65]; bool in_dataset, bad; int64_t created_us; };
struct world {
    pthread_mutex_t lock;
    struct world_file files[WORLD_FILES]; int file_count;
    struct world_input inputs[WORLD_INPUTS]; int input_count;
    bool dataset, table;
    char properties[10][2][200]; int property_count;
    char folder[64];
    int posts, post_items, reads, statements, commits, listings, other_calls, starts;
    int lose_post_every;         /* the answer of each such post is lost */
    int down_from, down_to;      /* posts in this range find the platform closed */
    bool auth_gone;              /* the key is refused from the first post on */
    int process_ms;
    int made_volumes, staged_folders;
    int cleaned;                 /* contexts and statements that were left, and ended by a later process */
    bool hide_input;             /* the dataset's listing leaves one input out */
    char closed_folder[160]; int closed_code;   /* listing this folder ends so (enum err_code) */
    int lose_statement;          /* the answer of the next statements is lost after they ran */
    int64_t last_us;
};
static struct world *w;
/* Statements, folders and files that one test program has beside those of the world; 1 (or NULL): not one of them. */
static int (*world_statement)(const char *text, struct compute_rows *rows, struct err *e);
static int (*world_folder)(const char *path, databricks_file_each each, void *ctx, struct err *e);
static char *(*world_content)(const char *path);
static void (*world_ask)(struct ask *a);    /* instead of plain_ask */
static const char *world_give_up = "60s";   /* patience of a parked run */

static void world_lock(void)
{
    if (pthread_mutex_lock(&w->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&w->lock);
}

static void world_unlock(void) { pthread_mutex_unlock(&w->lock); }

static void world_new(void)
{
    pthread_mutexattr_t attr;
    if (!w) {
        w = mmap(NULL, sizeof *w, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_true(w != MAP_FAILED);
    } else {
        struct err e = {0};
        if (w->folder[0])
            file_remove_tree(w->folder, &e);
    }
    memset(w, 0, sizeof *w);
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&w->lock, &attr);
    pthread_mutexattr_destroy(&attr);
    snprintf(w->folder, sizeof w->folder, "/tmp/lakeferry-world-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    setenv("XDG_STATE_HOME", w->folder, 1);
    setenv("XDG_RUNTIME_DIR", w->folder, 1);
    w->process_ms = 20;
}

static void world_end(void)
{
    struct err e = {0};
    if (w && w->folder[0])
        file_remove_tree(w->folder, &e);
}

static struct world_file *add_file(const char *name, const char *bytes)
{
    struct world_file *f = &w->files[w->file_count++];
    snprintf(f->path, sizeof f->path, ROOT "/%s", name);
    snprintf(f->bytes, sizeof f->bytes, "%s", bytes);
    f->size = strlen(f->bytes);
    f->modified_ms = 1770000000000 + w->file_count * 1000;
    return f;
}

__attribute__((unused)) static void add_picture(const char *name, int seed)
{
    char bytes[64];
    snprintf(bytes, sizeof bytes, "\xff\xd8\xff picture %d of %s", seed, strrchr(name, '/') ? "a folder" : "the top");
    add_file(name, bytes);
}

static void add_foreign(const char *id)
{
    struct world_input *in = &w->inputs[w->input_count++];
    snprintf(in->id, sizeof in->id, "%s", id);
    snprintf(in->metadata, sizeof in->metadata, "{\"made_by\":\"somebody\"}");
    in->created_us = 1760000000000000;
}

static struct world_input *find_input(const char *id)
{
    for (int i = 0; i < w->input_count; i++)
        if (strcmp(w->inputs[i].id, id) == 0)
            return &w->inputs[i];
    return NULL;
}

/* --- Databricks --- */

int databricks_directory_list(const struct net_api *api, const char *path, databricks_file_each each, void *ctx, struct err *e)
{
    char seen[64][160];
    int folders = 0;
    size_t n = strlen(path);
    (void)api;
    int own = world_folder ? world_folder(path, each, ctx, e) : 1;
    if (own != 1)
        return own;
    if (w->closed_folder[0] && strcmp(path, w->closed_folder) == 0)
        return err_set(e, (enum err_code)w->closed_code, "your user lacks READ VOLUME");
    for (int i = 0; i < w->file_count; i++) {
        struct world_file *f = &w->files[i];
        if (f->gone || strncmp(f->path, path, n) != 0 || f->path[n] != '/')
            continue;
        const char *rest = f->path + n + 1, *slash = strchr(rest, '/');
        struct databricks_file out = {.path = f->path, .name = rest, .size = f->size, .modified_ms = f->modified_ms};
        char folder[160];
        if (slash) {
            bool known = false;
            snprintf(folder, sizeof folder, "%.*s", (int)(slash - f->path), f->path);
            for (int k = 0; k < folders; k++)
                known = known || strcmp(seen[k], folder) == 0;
            if (known)
                continue;
            snprintf(seen[folders++], sizeof seen[0], "%s", folder);
            out = (struct databricks_file){.path = folder, .name = folder + n + 1, .is_directory = true};
        }
        if (each(ctx, &out, e) != 0)
            return -1;
    }
    return 0;
}

static struct world_file *find_file(const char *path)
{
    for (int i = 0; i < w->file_count; i++)
        if (!w->files[i].gone && strcmp(w->files[i].path, path) == 0)
            return &w->files[i];
    return NULL;
}

/* Cut once and begun again, in pieces that heed no line. */
static int send_in_pieces(const char *text, const struct net_sink *sink, struct err *e)
{
    size_t size = strlen(text);
    int result = sink->begin(sink->ctx, 200, (int64_t)size, "application/octet-stream", e);
    if (result == 0)
        result = sink->write(sink->ctx, text, size / 2, e);
    if (result == 0)
        result = sink->begin(sink->ctx, 200, (int64_t)size, "application/octet-stream", e);
    for (size_t at = 0, piece; at < size && result == 0; at += piece) {
        piece = size - at < 37 ? size - at : 37;
        result = sink->write(sink->ctx, text + at, piece, e);
    }
    return result;
}

int databricks_file_get(const struct net_api *api, const char *path, const struct net_sink *sink, struct net_answer *answer, struct err *e)
{
    struct world_file *f = find_file(path);
    (void)api, (void)answer;
    world_lock();
    w->reads++;
    world_unlock();
    char *own = world_content ? world_content(path) : NULL;
    if (own) {
        int result = send_in_pieces(own, sink, e);
        free(own);
        return result;
    }
    if (!f)
        return err_set(e, ERR_NOT_FOUND, "no such file");
    if (f->changed_after_listing) {
        size_t len = strlen(f->bytes);
        if (len == f->size)
            snprintf(f->bytes + len, sizeof f->bytes - len, "!");
    }
    size_t size = strlen(f->bytes);
    if (sink->begin(sink->ctx, 200, (int64_t)size, "application/octet-stream", e) != 0)
        return -1;
    return size ? sink->write(sink->ctx, f->bytes, size, e) : 0;
}

int databricks_file_head(const struct net_api *api, const char *path, uint64_t *size, int64_t *modified_ms, struct err *e)
{
    struct world_file *f = find_file(path);
    (void)api;
    if (!f)
        return err_set(e, ERR_NOT_FOUND, "no such file");
    *size = strlen(f->bytes);
    *modified_ms = f->modified_ms;
    return 0;
}

int databricks_me_get(const struct net_api *api, struct databricks_me *out, struct err *e)
{
    (void)api, (void)out;
    return err_set(e, ERR_NOT_FOUND, "nobody");
}

int databricks_host_normalize(const char *text, char **base, char workspace_id[32], struct err *e)
{
    (void)text, (void)base, (void)workspace_id;
    return err_set(e, ERR_CONFIG, "no host here");
}

int databricks_privileges(const struct net_api *api, enum databricks_kind kind, const char *full_name, const char *principal,
                          const char *const *privileges, int *has, size_t count, struct err *e)
{
    (void)api, (void)kind, (void)full_name, (void)principal, (void)privileges, (void)has, (void)count, (void)e;
    return 0;
}

static const char *const world_columns[] = {"input_id", "image_url", "image_info", "input_metadata", "input_concepts", "input_geo", "input_status",
                                            "input_created_at", "input_modified_at", "source_path", "upload_status", "upload_error"};

int databricks_table_delete(const struct net_api *api, const char *full_name, struct err *e)
{
    (void)api, (void)full_name, (void)e;
    return 0;
}

int databricks_object_get(const struct net_api *api, enum databricks_kind kind, const char *full_name, struct databricks_object *out, struct err *e)
{
    (void)api, (void)full_name;
    memset(out, 0, sizeof *out);
    if (kind != DATABRICKS_TABLE)
        return 0;
    if (!w->table)
        return err_set(e, ERR_NOT_FOUND, "no table");
    out->type = str_dup("MANAGED");
    out->format = str_dup("DELTA");
    out->comment = str_dup("");
    out->properties = calloc((size_t)w->property_count + 1, sizeof *out->properties);
    out->property_count = (size_t)w->property_count;
    for (int i = 0; i < w->property_count; i++) {
        out->properties[i].key = str_dup(w->properties[i][0]);
        out->properties[i].value = str_dup(w->properties[i][1]);
    }
    out->column_count = sizeof world_columns / sizeof *world_columns;
    out->columns = calloc(out->column_count, sizeof *out->columns);
    for (size_t i = 0; i < out->column_count; i++)
        out->columns[i].name = str_dup(world_columns[i]);
    return 0;
}

void databricks_object_release(struct databricks_object *o)
{
    for (size_t i = 0; i < o->property_count; i++) {
        free(o->properties[i].key);
        free(o->properties[i].value);
    }
    for (size_t i = 0; i < o->column_count; i++)
        free(o->columns[i].name);
    free(o->properties);
    free(o->columns);
    free(o->type);
    free(o->format);
    free(o->comment);
    memset(o, 0, sizeof *o);
}

const char *databricks_object_property(const struct databricks_object *o, const char *key)
{
    for (size_t i = 0; i < o->property_count; i++)
        if (strcmp(o->properties[i].key, key) == 0)
            return o->properties[i].value;
    return NULL;
}

/* --- staging: one local folder --- */

struct stage { char path[200]; int fd; uint64_t rows; };

int stage_choose(const struct session *s, const char *staging_flag, const char *images_volume, const struct name *target, const char *run_id, bool dry_run,
                 struct stage_place *out, char *why, size_t why_size, struct err *e)
{
    (void)s, (void)staging_flag, (void)images_volume, (void)target, (void)run_id;
    snprintf(why, why_size, "main.vision.made");
    if (!dry_run)
        w->made_volumes = 1;
    *out = (struct stage_place){.made_volume = true};
    return volume_path_parse("main.vision.made", &out->at, e);
}

void stage_place_release(struct stage_place *p) { volume_path_release(&p->at); }

int stage_begin(const struct session *s, const struct stage_place *place, const char *run_id, const char *name, int attempt, const char *local_dir,
                struct stage **out, struct err *e)
{
    (void)s, (void)place, (void)run_id, (void)local_dir, (void)e;
    struct stage *st = calloc(1, sizeof *st);
    snprintf(st->path, sizeof st->path, "%s/staged-%s-%d.jsonl", w->folder, name, attempt);
    st->fd = open(st->path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    w->staged_folders++;
    *out = st;
    return 0;
}

int stage_begin_scratch(const struct name *table, const struct stage_send *send, struct stage **out, struct err *e)
{
    (void)table, (void)send, (void)out;
    return err_set(e, ERR_BUG, "here a volume can be made");
}

int stage_row(struct stage *st, const char *json_line, size_t n, struct err *e)
{
    st->rows++;
    return file_write_all(st->fd, json_line, n, e) != 0 ? -1 : file_write_all(st->fd, "\n", 1, e);
}

int stage_end(struct stage *st, uint64_t *rows, struct err *e)
{
    (void)e;
    *rows = st->rows;
    return 0;
}

const char *stage_folder(const struct stage *st) { return st->path; }

void stage_free(struct stage *st)
{
    if (st)
        close(st->fd);
    free(st);
}

int stage_remove_attempt(const struct session *s, const char *folder, struct err *e)
{
    (void)s, (void)folder, (void)e;
    return 0;
}

int stage_remove(const struct session *s, const struct stage_place *place, const char *run_id, struct err *e)
{
    (void)s, (void)run_id, (void)e;
    w->staged_folders = 0;
    if (place->made_volume)
        w->made_volumes = 0;
    return 0;
}

/* --- compute: understands the three statements by their first word --- */

struct compute { struct compute_note note; };

int compute_open(const struct session *s, const char *which, const struct compute_note *note, struct compute **out, struct err *e)
{
    (void)s, (void)which, (void)e;
    *out = calloc(1, sizeof **out);
    if (note)
        (*out)->note = *note;
    return 0;
}

void compute_close(struct compute *c) { free(c); }

const char *compute_label(const struct compute *c)
{
    (void)c;
    return "warehouse wh";
}

enum compute_kind compute_kind_of(const struct compute *c)
{
    (void)c;
    return COMPUTE_WAREHOUSE;
}

int compute_state(struct compute *c, char state[32], bool *running, struct err *e)
{
    (void)c, (void)e;
    snprintf(state, 32, "RUNNING");
    *running = true;
    return 0;
}

int compute_start(struct compute *c, int (*tick)(void *, const char *, int64_t), void *ctx, struct err *e)
{
    (void)c, (void)e;
    w->starts++;
    return tick(ctx, "RUNNING", 0);
}

static char *slurp(const char *path)
{
    struct buf b = BUF_INIT;
    struct err e = {0};
    char *out = file_read(path, 64 << 20, &b, &e) == 0 ? buf_take(&b) : str_dup("");
    buf_release(&b);
    return out;
}

static char *table_path(void)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/table.jsonl", w->folder);
    return path;
}

static void copy_table(const char *from)
{
    struct err e = {0};
    char *text = slurp(from);
    assert_int_equal(file_write_atomic(table_path(), text, strlen(text), &e), 0);
    free(text);
    w->commits++;
}

static void take_properties(const char *sql)
{
    const char *p = strstr(sql, "TBLPROPERTIES (");
    w->property_count = 0;
    for (p = p ? p + 15 : NULL; p && *p == '\'';) {
        char (*pair)[200] = w->properties[w->property_count++];
        for (int i = 0; i < 2; i++) {
            const char *end = strchr(p + 1, '\'');
            snprintf(pair[i], sizeof pair[i], "%.*s", (int)(end - p - 1), p + 1);
            p = i == 0 ? strchr(end + 1, '\'') : end + 1;
        }
        p = strncmp(p, ", ", 2) == 0 ? p + 2 : NULL;
    }
}

static void staged_path(const char *sql, char out[200])
{
    const char *p = strstr(sql, "text.`") + 6;
    snprintf(out, 200, "%.*s", (int)strcspn(p, "`"), p);
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* A table has no order. Owned. */
static char *sorted_lines(const char *path)
{
    struct str_list lines = {0};
    struct buf out = BUF_INIT;
    char *text = slurp(path);
    for (char *p = text, *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
        *end = '\0';
        str_list_add(&lines, p);
    }
    if (lines.count > 0)
        qsort(lines.items, lines.count, sizeof *lines.items, by_text);
    for (size_t i = 0; i < lines.count; i++)
        buf_printf(&out, "%s\n", lines.items[i]);
    str_list_release(&lines);
    free(text);
    text = buf_take(&out);
    buf_release(&out);
    return text;
}

static int difference(const char *staged, struct compute_rows *rows)
{
    char *a = sorted_lines(staged), *b = sorted_lines(table_path());
    int total = 0;
    for (const char *p = a; p && (p = strchr(p, '\n')) != NULL; p++)
        total++;
    rows->column_count = 3;
    rows->row_count = 1;
    rows->columns = calloc(3, sizeof *rows->columns);
    rows->cells = calloc(3, sizeof *rows->cells);
    rows->columns[0].name = str_dup("inserted");
    rows->columns[1].name = str_dup("changed");
    rows->columns[2].name = str_dup("total");
    rows->cells[0] = str_dup("0");
    rows->cells[1] = str_dup(strcmp(a, b) == 0 ? "0" : "5");
    rows->cells[2] = str_printf("%d", total);
    free(a);
    free(b);
    return 0;
}

int compute_run(struct compute *c, const char *text, bool allow_truncated, struct compute_rows *rows, struct err *e)
{
    char staged[200], id[32];
    int result = 0;
    (void)allow_truncated;
    snprintf(id, sizeof id, "s%d", ++w->statements);
    if (c->note.note)
        c->note.note(c->note.ctx, "statement", id);
    if (strstr(text, "text.`"))
        staged_path(text, staged);
    int own = world_statement ? world_statement(text, rows, e) : 1;
    if (own != 1) {
        result = own;
    } else if (strncmp(text, "CREATE TABLE", 12) == 0 && w->table) {
        err_set(e, ERR_CONFLICT, "exists");
        snprintf(e->sqlstate, sizeof e->sqlstate, "42P07");
        result = -1;
    } else if (strncmp(text, "CREATE", 6) == 0) {
        take_properties(text);
        copy_table(staged);
        w->table = true;
    } else if (strncmp(text, "SELECT", 6) == 0) {
        result = difference(staged, rows);
    } else {
        copy_table(staged);
    }
    if (result == 0 && w->lose_statement > 0 && text[0] != 'S') {
        w->lose_statement--;
        return err_set(e, ERR_UNKNOWN, "the answer was lost");
    }
    if (c->note.note)
        c->note.note(c->note.ctx, "end", id);
    return result;
}

void compute_rows_release(struct compute_rows *r)
{
    for (size_t i = 0; i < r->column_count; i++) {
        free(r->columns[i].name);
        free(r->cells[i]);
    }
    free(r->columns);
    free(r->cells);
    memset(r, 0, sizeof *r);
}

const char *compute_cell(const struct compute_rows *r, size_t row, const char *column)
{
    (void)row;
    for (size_t i = 0; i < r->column_count; i++)
        if (strcmp(r->columns[i].name, column) == 0)
            return r->cells[i];
    return NULL;
}

int compute_clean(const struct session *s, const char *kind, const char *id, struct err *e)
{
    (void)s, (void)kind, (void)id, (void)e;
    w->cleaned++;
    return 0;
}

/* --- Clarifai --- */

bool clarifai_id_valid(const char *id)
{
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n > 0 && n <= 48 && !id[n];
}

bool clarifai_status_pending(int code) { return code == 30001 || code == 30003; }

void clarifai_input_decode(const cJSON *json, struct clarifai_input *out)
{
    int64_t code = 0;
    memset(out, 0, sizeof *out);
    out->json = json;
    out->id = json_str(json, "id");
    out->data = json_obj(json, "data");
    out->metadata = json_obj(out->data, "metadata");
    time_parse(json_str_or(json, "created_at", ""), &out->created_us);
    out->modified_us = out->created_us;
    json_i64(json_obj(json, "status"), "code", &code);
    out->status.code = (int)code;
    snprintf(out->status.description, sizeof out->status.description, "%s", json_str_or(json_obj(json, "status"), "description", ""));
}

static int show_input(const struct world_input *in, clarifai_input_each each, void *ctx, struct err *e)
{
    char text[1200], time[40];
    bool done = time_wall_us() - in->created_us > w->process_ms * 1000;
    int code = !done ? 30001 : in->bad ? 30300 : 30000;
    snprintf(text, sizeof text,
             "{\"id\":\"%s\",\"data\":{\"image\":{\"url\":\"https://x/%s\"},\"metadata\":%s},\"created_at\":\"%s\",\"modified_at\":\"%s\",\"status\":"
             "{\"code\":%d,\"description\":\"%s\"}}",
             in->id, in->id, in->metadata, time_format(in->created_us, 6, time, sizeof time), time, code, in->bad ? "decoding failed" : "Download complete");
    cJSON *json = cJSON_Parse(text);
    assert_non_null(json);
    struct clarifai_input decoded;
    clarifai_input_decode(json, &decoded);
    int result = each(ctx, &decoded, e);
    cJSON_Delete(json);
    return result;
}

static int count_call(struct err *e)
{
    world_lock();
    w->other_calls++;
    bool gone = w->auth_gone && w->posts > 0;
    world_unlock();
    return gone ? err_set(e, ERR_AUTH, "the key is not valid any more") : 0;
}

int clarifai_dataset_inputs_page(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, int page, int per_page,
                                 clarifai_input_each each, void *ctx, int *count, struct err *e)
{
    int at = 0, result = 0;
    (void)api, (void)app, (void)dataset;
    *count = 0;
    if (count_call(e) != 0)
        return -1;
    if (per_page > 100)
        per_page = 100;                          /* a service may answer with shorter pages */
    bool hidden = false;
    world_lock();
    for (int i = 0; i < w->input_count && result == 0; i++) {
        if (!w->inputs[i].in_dataset)
            continue;
        if (w->hide_input && !hidden && strstr(w->inputs[i].metadata, "lakeferry")) {
            hidden = true;
            continue;
        }
        if (at++ / per_page != page - 1)
            continue;
        ++*count;
        result = show_input(&w->inputs[i], each, ctx, e);
    }
    world_unlock();
    return result;
}

int clarifai_inputs_stream(const struct net_api *api, const struct clarifai_app_id *app, const char *last_id, int per_page,
                           clarifai_input_each each, void *ctx, int *count, struct err *e)
{
    bool on = !last_id || !*last_id;
    int result = 0;
    (void)api, (void)app;
    *count = 0;
    if (count_call(e) != 0)
        return -1;
    world_lock();
    for (int i = 0; i < w->input_count && *count < per_page && result == 0; i++) {
        if (on) {
            ++*count;
            result = show_input(&w->inputs[i], each, ctx, e);
        } else {
            on = strcmp(w->inputs[i].id, last_id) == 0;
        }
    }
    world_unlock();
    return result;
}

int clarifai_inputs_by_id(const struct net_api *api, const struct clarifai_app_id *app, const char *const *ids, size_t n,
                          clarifai_input_each each, void *ctx, struct err *e)
{
    (void)api, (void)app;
    if (count_call(e) != 0)
        return -1;
    int result = 0;
    world_lock();
    for (size_t i = 0; i < n && result == 0; i++) {
        const struct world_input *in = find_input(ids[i]);
        result = in ? show_input(in, each, ctx, e) : 0;
    }
    world_unlock();
    return result;
}

int clarifai_inputs_status(const struct net_api *api, const struct clarifai_app_id *app, struct clarifai_counts *out, struct err *e)
{
    (void)api, (void)app;
    memset(out, 0, sizeof *out);
    if (count_call(e) != 0)
        return -1;
    world_lock();
    for (int i = 0; i < w->input_count; i++) {
        if (time_wall_us() - w->inputs[i].created_us > w->process_ms * 1000)
            out->processed++;
        else
            out->to_process++;
    }
    world_unlock();
    return 0;
}

static int apply_post(struct clarifai_new_input *item)
{
    if (find_input(item->id)) {
        item->duplicate_id = true;
        item->status.code = 30100;
        return 0;
    }
    assert_true(w->input_count < WORLD_INPUTS);
    struct world_input *in = &w->inputs[w->input_count];
    snprintf(in->id, sizeof in->id, "%s", item->id);
    snprintf(in->metadata, sizeof in->metadata, "%s", item->metadata);
    snprintf(in->concepts, sizeof in->concepts, "%s", item->concepts ? item->concepts : "");
    const void *content = item->url ? (const void *)item->url : item->bytes;
    size_t size = item->url ? strlen(item->url) : item->size;
    hash_sha256(content, size, in->sha);
    in->in_dataset = true;
    in->bad = size > 3 && memmem(content, size, "BAD", 3) != NULL;
    in->created_us = time_wall_us();
    if (in->created_us <= w->last_us)
        in->created_us = w->last_us + 1;
    w->last_us = in->created_us;
    w->input_count++;                            /* last: a killed process leaves no half input */
    item->status.code = 30001;
    return 0;
}

static int post(struct clarifai_new_input *items, size_t n, struct err *e)
{
    int number = ++w->posts;
    w->post_items += (int)n;
    if (!w->dataset)
        return err_set(e, ERR_REFUSED, "no such dataset");
    if (w->auth_gone)
        return err_set(e, ERR_AUTH, "the key is not valid any more");
    if (number >= w->down_from && number < w->down_to)
        return err_set(e, ERR_MAINTENANCE, "closed for maintenance");
    for (size_t i = 0; i < n; i++)
        if (items[i].url ? strstr(items[i].url, "POISON") != NULL : memmem(items[i].bytes, items[i].size, "POISON", 6) != NULL)
            return err_set(e, ERR_REFUSED, "the request cannot be read");
    for (size_t i = 0; i < n; i++)
        apply_post(&items[i]);
    if (w->lose_post_every && number % w->lose_post_every == 0)
        return err_set(e, ERR_UNKNOWN, "the answer was lost");
    return 0;
}

int clarifai_inputs_post(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, struct clarifai_new_input *items, size_t n,
                         struct err *e)
{
    (void)api, (void)app, (void)dataset;
    world_lock();
    int result = post(items, n, e);
    world_unlock();
    return result;
}

int clarifai_dataset_inputs_add(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, const char *const *ids, size_t n,
                                struct clarifai_status *statuses, struct err *e)
{
    (void)api, (void)app, (void)dataset;
    if (count_call(e) != 0)
        return -1;
    world_lock();
    for (size_t i = 0; i < n; i++) {
        struct world_input *in = find_input(ids[i]);
        memset(&statuses[i], 0, sizeof statuses[i]);
        statuses[i].code = in ? 64100 : 11101;
        if (in)
            in->in_dataset = true;
    }
    world_unlock();
    return 0;
}

int clarifai_app_get(const struct net_api *api, const struct clarifai_app_id *id, struct clarifai_app *out, struct err *e)
{
    (void)api, (void)id;
    memset(out, 0, sizeof *out);
    snprintf(out->default_workflow, sizeof out->default_workflow, "Universal");
    return count_call(e);
}

int clarifai_dataset_get(const struct net_api *api, const struct clarifai_app_id *id, const char *dataset, struct clarifai_dataset *out, struct err *e)
{
    (void)api, (void)id, (void)dataset, (void)out;
    return w->dataset ? 0 : err_set(e, ERR_NOT_FOUND, "no dataset");
}

static struct clarifai_concept world_concept;    /* the app's only one, when it has an id */

int clarifai_concepts_page(const struct net_api *api, const struct clarifai_app_id *app, int page, clarifai_concept_each each, void *ctx, int *count,
                           struct err *e)
{
    (void)api, (void)app;
    *count = world_concept.id && page == 1;
    return *count ? each(ctx, &world_concept, e) : 0;
}

int clarifai_dataset_create(const struct net_api *api, const struct clarifai_app_id *id, const char *dataset, struct err *e)
{
    (void)api, (void)id, (void)dataset;
    if (w->dataset)
        return err_set(e, ERR_CONFLICT, "exists");
    w->dataset = true;
    return 0;
}

void net_engine_figures(struct net_engine *engine, const char *quota_name, struct net_figures *out)
{
    (void)engine, (void)quota_name;
    memset(out, 0, sizeof *out);
}

int net_site_set_credential(struct net_site *site, const char *secret, struct err *e)
{
    (void)site, (void)secret, (void)e;
    w->auth_gone = false;
    return 0;
}

void net_answer_init(struct net_answer *a) { memset(a, 0, sizeof *a); }

void net_answer_release(struct net_answer *a) { (void)a; }

/* --- running --- */

static void set_setting(struct session *s, enum setting which, const char *text)
{
    struct err e = {0};
    assert_int_equal(value_set(&s->settings.own[which], text, FROM_CONFIG, "test", &e), 0);
}

static void open_session(struct session *s)
{
    const struct { enum setting which; const char *text; } settings[] = {
        {SETTING_GIVE_UP, world_give_up}, {SETTING_CLARIFAI_RATE, "15"}, {SETTING_FILES_RATE, "90"}, {SETTING_FILES_IN_FLIGHT, "3"}, {SETTING_PICTURE_MEMORY, "1M"},
        {SETTING_RETRY_FIRST, "5ms"}, {SETTING_RETRY_CAP, "20ms"}, {SETTING_POLL_FIRST, "5ms"},
    };
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        set_setting(s, settings[i].which, settings[i].text);
    static int site;
    s->clarifai.site = s->databricks.site = (struct net_site *)(void *)&site;
    snprintf(s->clarifai_user, sizeof s->clarifai_user, "lab-user");
}

static void close_session(struct session *s)
{
    for (int i = 0; i < SETTING_COUNT; i++)
        value_release(&s->settings.own[i]);
}

static void plain_ask(struct ask *a)
{
    static const char *const options[][2] = {{"source", "main.vision.pictures"}, {"app", "lab-user/traffic"}, {"dataset", "ds"},
                                             {"table", "main.vision.t"}, {"yes", "true"}, {"create-dataset", "true"}};
    struct err e = {0};
    memset(a, 0, sizeof *a);
    a->verb = ASK_IMPORT_VOLUME;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (ask_set(a, options[i][0], options[i][1], &e) != 0)
            fail_msg("%s: %s", options[i][0], e.cause);
}

static void create_run(const char *option, const char *value, char id[40])
{
    struct ask a;
    struct err e = {0};
    (world_ask ? world_ask : plain_ask)(&a);
    if (option)
        assert_int_equal(ask_set(&a, option, value, &e), 0);
    if (run_create(&a, id, &e) != 0)
        fail_msg("%s", e.cause);
    ask_release(&a);
}

/* Executes here; returns the exit status. */
static int execute_run(const char *id, const struct run_hooks *hooks, volatile int *stop, struct err *e)
{
    struct run *r;
    struct session s;
    if (run_open(id, &r, e) != 0)
        return -1;
    open_session(&s);
    int status = run_execute(r, &s, hooks, stop, e);
    close_session(&s);
    run_close(r);
    return status;
}

/* Executes in a child, which kills itself at a point when kill_at is given. Exit status, or minus the signal. */
static int execute_child(const char *id, const char *kill_at)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct err e = {0};
        if (kill_at)
            setenv("LAKEFERRY_KILL_AT", kill_at, 1);
        else
            unsetenv("LAKEFERRY_KILL_AT");
        int result = execute_run(id, NULL, NULL, &e);
        if (e.code)
            fprintf(stderr, "run: %s %s: %s\n", e.what, e.subject, e.cause);
        _exit(result < 0 ? 99 : result);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* What can be seen from outside, times apart: inputs with what they hold, and the table's rows. Owned. */
static char *world_picture(void)
{
    struct str_list lines = {0};
    struct buf out = BUF_INIT;
    for (int i = 0; i < w->input_count; i++) {
        char line[800];
        snprintf(line, sizeof line, "input %s %s %s %d", w->inputs[i].id, w->inputs[i].metadata, w->inputs[i].sha, w->inputs[i].in_dataset);
        str_list_add(&lines, line);
    }
    char *table = slurp(table_path());
    for (char *p = table, *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
        cJSON *row = json_parse(p, (size_t)(end - p), NULL);
        char *line = str_printf("row %s %s %s %s %s", json_str_or(row, "source_path", "-"), json_str_or(row, "input_id", "NULL"),
                                json_str_or(row, "upload_status", "-"), json_str_or(row, "upload_error", "NULL"), json_str_or(row, "input_status", "NULL"));
        str_list_add(&lines, line);
        free(line);
        cJSON_Delete(row);
    }
    free(table);
    if (lines.count > 0)
        qsort(lines.items, lines.count, sizeof *lines.items, by_text);
    for (size_t i = 0; i < lines.count; i++)
        buf_printf(&out, "%s\n", lines.items[i]);
    str_list_release(&lines);
    char *text = buf_take(&out);
    buf_release(&out);
    return text;
}
