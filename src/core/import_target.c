/* The tracking table before it is written: may it be, and how. */
#include "core/import_volume.h"
#include "core/rows.h"
#include "net/databricks_catalog.h"

void import_target_release(struct import_target *t)
{
    databricks_object_release(&t->object);
    memset(t, 0, sizeof *t);
}

bool import_target_has_dataset(const char *list, const char *dataset)
{
    size_t n = strlen(dataset);
    for (const char *p = list; p && *p;) {
        size_t part = strcspn(p, ",");
        if (part == n && memcmp(p, dataset, n) == 0)
            return true;
        p += part + (p[part] == ',');
    }
    return false;
}

/* Every dataset named is of this app. */
static bool only_app(const char *list, const char *app_prefix)
{
    bool any = false;
    for (const char *p = list; p && *p;) {
        if (!str_starts(p, app_prefix))
            return false;
        any = true;
        p += strcspn(p, ",");
        p += *p == ',';
    }
    return any;
}

static int refuse(struct stages_job *job, struct err *e, const char *remedy)
{
    char *table = name_text(&job->ask->table);
    err_about(e, "cannot use the table", table ? table : "");
    free(table);
    return err_remedy(e, "%s", remedy);
}

static int check_kind(struct stages_job *job, const struct databricks_object *o, struct err *e)
{
    bool writable = str_eq(o->type, "MANAGED") || str_eq(o->type, "EXTERNAL");
    if (writable && str_eq(o->format, "DELTA"))
        return 0;
    err_set(e, ERR_CONFLICT, "it is no writable Delta table (type %s%s%s)", o->type[0] ? o->type : "unknown", o->format[0] ? ", format " : "",
            o->format);
    return refuse(job, e, "name another table");
}

static int check_columns(struct stages_job *job, const struct databricks_object *o, struct err *e)
{
    for (size_t i = 0; i < rows_tracking_count; i++) {
        bool found = false;
        for (size_t c = 0; c < o->column_count && !found; c++)
            found = str_ieq(o->columns[c].name, rows_tracking_fields[i].name);
        if (found)
            continue;
        err_set(e, ERR_CONFLICT, "it has no column %s, so it is no tracking table", rows_tracking_fields[i].name);
        return refuse(job, e, "name another table, or replace it with --if-exists replace");
    }
    return 0;
}

static int check_append(struct stages_job *job, const struct databricks_object *o, struct err *e)
{
    struct import *im = job->verb;
    const char *datasets = databricks_object_property(o, "lakeferry.datasets");
    char prefix[160];
    snprintf(prefix, sizeof prefix, "%s/%s/", im->app.user, im->app.app);
    if (!only_app(datasets, prefix)) {
        if (datasets)
            err_set(e, ERR_CONFLICT, "it holds rows of another app (%s)", datasets);
        else
            err_set(e, ERR_CONFLICT, "nothing says which app its rows are from");
        return refuse(job, e, "ids are unique in one app only: name another table");
    }
    return check_columns(job, o, e);
}

static int decide_existing(struct stages_job *job, struct import_target *out, struct err *e)
{
    struct import *im = job->verb;
    const struct databricks_object *o = &out->object;
    const char *datasets = databricks_object_property(o, "lakeferry.datasets");
    bool same = str_eq(databricks_object_property(o, "lakeferry.source"), im->root) && datasets && import_target_has_dataset(datasets, im->datasets);
    enum ask_if_exists wish = job->ask->if_exists;
    out->ours = str_eq(databricks_object_property(o, "lakeferry.run"), job->id);
    if (check_kind(job, o, e) != 0)
        return -1;
    if (out->ours || (same && wish == ASK_EXISTS_DEFAULT)) {
        out->mode = IMPORT_TABLE_CONTINUE;
        return check_columns(job, o, e);
    }
    if (wish == ASK_EXISTS_REPLACE) {
        out->mode = IMPORT_TABLE_REPLACE;
        return 0;
    }
    if (wish == ASK_EXISTS_APPEND) {
        out->mode = IMPORT_TABLE_APPEND;
        return check_append(job, o, e);
    }
    err_set(e, ERR_CONFLICT, same ? "it exists" : "it exists and does not track this source, app and dataset");
    return refuse(job, e, "name another table, or say --if-exists replace or append");
}

static int check_new(struct stages_job *job, struct err *e)
{
    const struct name *table = &job->ask->table;
    if (name_check_new(table->object, e) != 0)
        return refuse(job, e, "choose another name");
    struct name schema = {.catalog = table->catalog, .schema = table->schema};
    char *full = name_full(&schema);
    struct databricks_object o = {0};
    int result = full ? databricks_object_get(&job->databricks, DATABRICKS_SCHEMA, full, &o, e) : err_no_memory(e);
    if (result != 0)
        err_about(e, "cannot make the table in", full ? full : "");
    databricks_object_release(&o);
    free(full);
    return result;
}

int import_target_decide(struct stages_job *job, struct import_target *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    if (!job->ask->table.object)
        return 0;
    char *full = name_full(&job->ask->table);
    if (!full)
        return err_no_memory(e);
    struct err why = {0};
    int result = databricks_object_get(&job->databricks, DATABRICKS_TABLE, full, &out->object, &why);
    free(full);
    if (result == 0) {
        result = decide_existing(job, out, e);
    } else if (why.code == ERR_NOT_FOUND) {
        out->mode = IMPORT_TABLE_NEW;
        result = check_new(job, e);
    } else {
        *e = why;
    }
    if (result != 0)
        import_target_release(out);
    return result;
}
