/* Databricks' answers: whatever arrives is rows, or one error with a cause. */
#include "answers.h"
#include "net/databricks_auth.h"
#include "net/databricks_catalog.h"
#include "net/databricks_compute.h"
#include "net/databricks_files.h"
#include "net/databricks_secrets.h"
#include "net/databricks_wire.h"

static const struct net_api *const api = &fuzz_api;
static int each_object(void *ctx, const struct databricks_object *o, struct err *e) { (void)e; *(size_t *)ctx += strlen(o->name) + o->column_count; return 0; }
static int each_file(void *ctx, const struct databricks_file *f, struct err *e) { (void)e; *(size_t *)ctx += strlen(f->path) + strlen(f->name); return 0; }
static int each_compute(void *ctx, const struct databricks_compute *c, struct err *e) { (void)e; *(size_t *)ctx += strlen(c->id) + strlen(c->name); return 0; }
static int each_row(void *ctx, const cJSON *row, struct err *e) { (void)e; *(int *)ctx += cJSON_IsArray(row); return 0; }

static int me(struct err *e) { struct databricks_me m; return databricks_me_get(api, &m, e); }
static int oauth(struct err *e)
{
    char *token = NULL;
    int64_t seconds = 0;
    int r = databricks_oauth_token(api, "id", "secret", &token, &seconds, e);
    FUZZ_HOLDS(r != 0 || (token && token[0]));
    free(token);
    return r;
}
static int tables(struct err *e) { size_t sum = 0; return databricks_objects_list(api, DATABRICKS_TABLE, "c.s", each_object, &sum, e); }
static int catalogs(struct err *e) { size_t sum = 0; return databricks_objects_list(api, DATABRICKS_CATALOG, "", each_object, &sum, e); }
static int table(struct err *e)
{
    struct databricks_object o = { 0 };
    int r = databricks_object_get(api, DATABRICKS_TABLE, "c.s.t", &o, e);
    if (r == 0) databricks_object_property(&o, "lakeferry.schema");
    databricks_object_release(&o);
    return r;
}
static int volume_create(struct err *e) { return databricks_volume_create(api, "c", "s", "v", "comment", e); }
static int privileges(struct err *e)
{
    static const char *const names[] = { "WRITE_VOLUME", "READ_VOLUME" };
    int has[2];
    return databricks_privileges(api, DATABRICKS_VOLUME, "c.s.v", "me@x", names, has, 2, e);
}
static int folder(struct err *e) { size_t sum = 0; return databricks_directory_list(api, "/Volumes/c/s/v", each_file, &sum, e); }
static int file_delete(struct err *e) { return databricks_file_delete(api, "/Volumes/c/s/v/x", e); }
static int secret(struct err *e)
{
    struct buf value = BUF_INIT;
    int r = databricks_secret_get(api, "scope", "key", &value, e);
    buf_wipe(&value);
    return r;
}
static int cluster(struct err *e) { struct databricks_compute c; return databricks_cluster_get(api, "0", &c, e); }
static int warehouse(struct err *e) { struct databricks_compute c; return databricks_warehouse_get(api, "w", &c, e); }
static int clusters(struct err *e) { size_t sum = 0; return databricks_clusters_list(api, each_compute, &sum, e); }
static int warehouses(struct err *e) { size_t sum = 0; return databricks_warehouses_list(api, each_compute, &sum, e); }
static int start(struct err *e) { return databricks_cluster_start(api, "0", e); }
static int context(struct err *e)
{
    char id[64], status[16];
    if (databricks_context_create(api, "0", "sql", id, e)) return -1;
    return databricks_context_status(api, "0", "ctx", status, e);
}
static int command(struct err *e)
{
    char id[64];
    cJSON *out = NULL;
    if (databricks_command_execute(api, "0", "ctx", "sql", "SELECT 1", id, e)) return -1;
    int r = databricks_command_status(api, "0", "ctx", id, &out, e);
    cJSON_Delete(out);
    return r;
}
static int statement(struct err *e)
{
    struct databricks_statement s = { .warehouse = "w", .text = "SELECT 1", .wait_s = 10 };
    cJSON *out = NULL;
    int r = databricks_statement_execute(api, &s, &out, e);
    cJSON_Delete(out);
    return r;
}
static int chunk(struct err *e)
{
    cJSON *out = NULL;
    int r = databricks_statement_chunk(api, "id", 1, &out, e);
    cJSON_Delete(out);
    return r;
}
static int result_link(struct err *e) { int rows = 0; return databricks_link_read(api, "https://storage/x?sig=1", NULL, each_row, &rows, e); }
static int numbers(struct err *e)
{
    struct buf out = BUF_INIT;
    (void)e;
    databricks_numbers_exact(&out, given.body, given.n);
    buf_release(&out);
    return 0;
}
static int host(struct err *e)
{
    char *base = NULL, id[32], *text = fuzz_text((const uint8_t *)given.body, given.n);
    int r = databricks_host_normalize(text, &base, id, e);
    FUZZ_HOLDS(r != 0 || str_starts(base, "http"));
    free(base);
    free(text);
    return r;
}

static int (*const requests[])(struct err *e) = {
    me, oauth, tables, catalogs, table, volume_create, privileges, folder, file_delete, secret, cluster, warehouse, clusters, warehouses, start,
    context, command, statement, chunk, result_link, numbers, host,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = { 0 };
    int which = take_answer(data, n, (int)(sizeof requests / sizeof *requests));
    if (which >= 0) check_result(requests[which](&e), &e);
    return 0;
}
