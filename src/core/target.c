#include "core/target.h"
#include "core/plan.h"

void target_release(struct target *t)
{
    databricks_object_release(&t->object);
    memset(t, 0, sizeof *t);
}

bool target_has_dataset(const char *list, const char *dataset)
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

bool target_own_property(const char *key)
{
    return str_starts(key, "lakeferry.") || str_starts(key, "delta.") || str_starts(key, "spark.");
}

bool target_only_app(const char *list, const char *app_prefix)
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

static int refuse(const struct name *name, struct err *e, const char *remedy)
{
    char *table = name_text(name);
    err_about(e, "cannot use the table", table ? table : "");
    free(table);
    return err_remedy(e, "%s", remedy);
}

int target_check_kind(const struct name *table, const struct databricks_object *o, struct err *e)
{
    bool writable = str_eq(o->type, "MANAGED") || str_eq(o->type, "EXTERNAL");
    if (writable && str_eq(o->format, "DELTA"))
        return 0;
    err_set(e, ERR_CONFLICT, "it is no writable Delta table (type %s%s%s)", o->type[0] ? o->type : "unknown", o->format[0] ? ", format " : "",
            o->format);
    return refuse(table, e, "name another table");
}

const struct databricks_column *target_column(const struct databricks_object *o, const char *name)
{
    for (size_t i = 0; i < o->column_count; i++)
        if (str_ieq(o->columns[i].name, name))
            return &o->columns[i];
    return NULL;
}

static bool is_written(const struct target_ask *ask, const char *column)
{
    for (size_t i = 0; i < ask->count; i++)
        if (str_ieq(ask->fields[i].name, column))
            return true;
    return false;
}

/* New rows hold nothing in columns that are not ours, and Delta would say so only when they are written. */
static int check_others(const struct target_ask *ask, const struct databricks_object *o, struct err *e)
{
    for (size_t i = 0; i < o->column_count; i++) {
        const struct databricks_column *c = &o->columns[i];
        if (c->nullable || is_written(ask, c->name))
            continue;
        err_set(e, ERR_CONFLICT, "its column %s is NOT NULL, and nothing is written there", c->name);
        return refuse(ask->table, e, "drop NOT NULL from the column, name another table, or replace it with --if-exists replace");
    }
    return 0;
}

static int check_columns(const struct target_ask *ask, const struct databricks_object *o, struct err *e)
{
    for (size_t i = 0; i < ask->count; i++) {
        const struct databricks_column *c = target_column(o, ask->fields[i].name);
        if (c && (!c->type_text || !*c->type_text || str_ieq(c->type_text, ask->fields[i].type)))
            continue;
        if (c)
            err_set(e, ERR_CONFLICT, "its column %s is %s, and %s is written there", c->name, c->type_text, ask->fields[i].type);
        else
            err_set(e, ERR_CONFLICT, "it has no column %s, so it is no %s", ask->fields[i].name, ask->what);
        return refuse(ask->table, e, "name another table, or replace it with --if-exists replace");
    }
    return check_others(ask, o, e);
}

void target_note_constraints(struct run_plan *plan, const struct name *table, const struct target *target)
{
    static const char prefix[] = "delta.constraints.";
    const struct databricks_object *o = &target->object;
    char *shown = name_text(table);
    for (size_t i = 0; i < o->property_count && (target->mode == TARGET_CONTINUE || target->mode == TARGET_APPEND); i++)
        if (str_starts(o->properties[i].key, prefix))
            plan_note(plan, "%s has the constraint %s (%.200s): a row that breaks it ends the writing of the table", shown ? shown : "the table",
                      o->properties[i].key + sizeof prefix - 1, o->properties[i].value);
    free(shown);
}

static int check_append(const struct target_ask *ask, const struct databricks_object *o, struct err *e)
{
    const char *datasets = databricks_object_property(o, "lakeferry.datasets"), *scope = databricks_object_property(o, "lakeferry.scope");
    char prefix[160];
    snprintf(prefix, sizeof prefix, "%s/%s/", ask->app.user, ask->app.app);
    if (!target_only_app(datasets, prefix)) {
        if (datasets)
            err_set(e, ERR_CONFLICT, "it holds rows of another app (%s)", datasets);
        else
            err_set(e, ERR_CONFLICT, "nothing says which app its rows are from");
        return refuse(ask->table, e, "ids are unique in one app only: name another table");
    }
    if (ask->scope && scope && !str_eq(ask->scope, scope)) {
        err_set(e, ERR_CONFLICT, "it holds the annotations of %s, not of %s", str_eq(scope, "all") ? "people and models" : "people",
                str_eq(ask->scope, "all") ? "people and models" : "people");
        return refuse(ask->table, e, str_eq(scope, "all") ? "say --include-model-annotations, or name another table"
                                                          : "leave --include-model-annotations out, or name another table");
    }
    return check_columns(ask, o, e);
}

static int decide_existing(struct stages_job *job, const struct target_ask *ask, struct target *out, struct err *e)
{
    const struct databricks_object *o = &out->object;
    const char *datasets = databricks_object_property(o, "lakeferry.datasets");
    bool same = ask->source && str_eq(databricks_object_property(o, "lakeferry.source"), ask->source) && datasets &&
                target_has_dataset(datasets, ask->datasets);
    out->ours = str_eq(databricks_object_property(o, "lakeferry.run"), job->id);
    if (target_check_kind(ask->table, o, e) != 0)
        return -1;
    if (out->ours || (same && ask->wish == ASK_EXISTS_DEFAULT)) {
        out->mode = TARGET_CONTINUE;
        return check_columns(ask, o, e);
    }
    if (ask->wish == ASK_EXISTS_REPLACE) {
        out->mode = TARGET_REPLACE;
        return 0;
    }
    if (ask->wish == ASK_EXISTS_APPEND) {
        out->mode = TARGET_APPEND;
        return check_append(ask, o, e);
    }
    err_set(e, ERR_CONFLICT, same || !ask->source ? "it exists" : "it exists and does not track this source, app and dataset");
    return refuse(ask->table, e, "name another table, or say --if-exists replace or append");
}

static int check_new(struct stages_job *job, const struct name *table, struct err *e)
{
    if (name_check_new(table->object, e) != 0)
        return refuse(table, e, "choose another name");
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

int target_decide(struct stages_job *job, const struct target_ask *ask, struct target *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    if (!ask->table->object)
        return 0;
    char *full = name_full(ask->table);
    if (!full)
        return err_no_memory(e);
    struct err why = {0};
    int result = databricks_object_get(&job->databricks, DATABRICKS_TABLE, full, &out->object, &why);
    free(full);
    if (result == 0) {
        result = decide_existing(job, ask, out, e);
    } else if (why.code == ERR_NOT_FOUND) {
        out->mode = TARGET_NEW;
        result = check_new(job, ask->table, e);
    } else {
        *e = why;
    }
    if (result != 0)
        target_release(out);
    return result;
}
