/* One of the two tables of an update: what the catalog says of it, and what that means. */
#include "core/update.h"
#include "base/json.h"
#include "core/report.h"
#include "core/rows.h"

static const char *const input_keys[] = {"input_id"};
static const char *const annotation_keys[] = {"annotation_id", "input_id"};

void update_sides_init(struct update_side sides[2], const struct ask *ask)
{
    memset(sides, 0, 2 * sizeof *sides);
    sides[0] = (struct update_side){.name = "inputs", .table = &ask->table, .all = rows_inputs_fields, .all_count = rows_inputs_count,
                                    .keys = input_keys, .key_count = 1};
    sides[1] = (struct update_side){.name = "annotations", .table = &ask->annotations_table, .all = rows_annotations_fields,
                                    .all_count = rows_annotations_count, .keys = annotation_keys, .key_count = 2};
}

void update_sides_release(struct update_side sides[2])
{
    for (size_t i = 0; i < 2; i++)
        databricks_object_release(&sides[i].object);
}

const char *update_scope(const struct ask *ask, const struct databricks_object *annotations)
{
    bool all = ask->include_model_annotations || str_eq(databricks_object_property(annotations, "lakeferry.scope"), "all");
    return all ? "all" : "people";
}

static int refuse(const struct update_side *side, struct err *e, const char *remedy)
{
    char *table = name_text(side->table);
    err_about(e, "cannot update the table", table ? table : "");
    free(table);
    return err_remedy(e, "%s", remedy);
}

/* --- columns --- */

bool update_is_key(const struct update_side *side, const char *name)
{
    for (size_t i = 0; i < side->key_count; i++)
        if (str_eq(side->keys[i], name))
            return true;
    return false;
}

/* Times may also be text, as Clarifai's own tools write them; nothing else is cast. */
static int take_column(struct update_side *side, const struct sql_field *f, const struct databricks_column *c, struct err *e)
{
    const char *type = str_ieq(c->type_text, "string") ? "STRING" : str_ieq(c->type_text, "timestamp") ? "TIMESTAMP" : NULL;
    bool time = str_eq(f->type, "TIMESTAMP");
    if (!type || (!time && !str_eq(type, f->type))) {
        err_set(e, ERR_CONFLICT, "its column %s is %s, and an update writes %s there", c->name, c->type_text ? c->type_text : "of an unknown type",
                time ? "TIMESTAMP or STRING" : f->type);
        return refuse(side, e, "name another table, or change the type of the column");
    }
    if (side->count < UPDATE_FIELDS)
        side->fields[side->count++] = (struct sql_field){.name = f->name, .type = type};
    return 0;
}

static int fit_columns(struct update_side *side, struct err *e)
{
    const struct databricks_object *o = &side->object;
    side->count = 0;
    side->needs = NULL;
    for (size_t i = 0; i < side->all_count; i++) {
        const struct databricks_column *c = target_column(o, side->all[i].name);
        if (c && take_column(side, &side->all[i], c, e) != 0)
            return -1;
        if (!c && update_is_key(side, side->all[i].name)) {
            err_set(e, ERR_CONFLICT, "it has no column %s", side->all[i].name);
            return refuse(side, e, "name a table of inputs and a table of annotations, as an export writes them");
        }
    }
    for (size_t i = 0; i < o->column_count; i++) {
        bool written = false;
        for (size_t k = 0; k < side->count && !written; k++)
            written = str_ieq(o->columns[i].name, side->fields[k].name);
        if (!written && !o->columns[i].nullable)
            side->needs = o->columns[i].name;
    }
    return 0;
}

/* --- whose rows it holds --- */

static int fit_datasets(struct update_side *side, const struct update_wish *wish, struct err *e)
{
    const char *list = databricks_object_property(&side->object, "lakeferry.datasets");
    const char *scope = databricks_object_property(&side->object, "lakeferry.scope");
    if (list && !*list)                              /* a list of none says nothing of the rows that are there */
        list = NULL;
    if (list && !target_only_app(list, wish->app)) {
        err_set(e, ERR_CONFLICT, "it holds rows of another app (%s)", list);
        return refuse(side, e, "ids are unique in one app only: name another table");
    }
    side->join_list = list && !target_has_dataset(list, wish->dataset);
    side->shared = list && !str_eq(list, wish->dataset);
    side->set_scope = scope && !str_eq(scope, wish->scope) && str_eq(wish->scope, "all");
    side->keep[0] = '\0';
    if (!list)
        snprintf(side->keep, sizeof side->keep, "nothing says which datasets its rows are of");
    else if (side->shared)
        snprintf(side->keep, sizeof side->keep, "it also holds rows of other datasets (%.160s)", list);
    else if (!scope)
        snprintf(side->keep, sizeof side->keep, "it was not written by an export");
    else if (!str_eq(scope, wish->scope))
        snprintf(side->keep, sizeof side->keep, "it holds the annotations of %.40s, and this update reads those of %s", scope, wish->scope);
    return 0;
}

int update_side_fit(struct update_side *side, const struct update_wish *wish, struct err *e)
{
    if (target_check_kind(side->table, &side->object, e) != 0)
        return -1;
    return fit_columns(side, e) != 0 ? -1 : fit_datasets(side, wish, e);
}

static int load_object(struct stages_job *job, struct update_side *side, struct err *e)
{
    char *full = name_full(side->table);
    struct err why = {0};
    if (!full)
        return err_no_memory(e);
    databricks_object_release(&side->object);
    memset(&side->object, 0, sizeof side->object);
    int result = databricks_object_get(&job->databricks, DATABRICKS_TABLE, full, &side->object, &why);
    free(full);
    if (result == 0)
        return 0;
    *e = why;
    if (why.code != ERR_NOT_FOUND)
        return refuse(side, e, "");
    err_set(e, ERR_NOT_FOUND, "there is no such table");
    return refuse(side, e, "an update needs tables that exist; `lakeferry export` makes them");
}

int update_sides_load(struct stages_job *job, struct err *e)
{
    struct update *u = job->verb;
    for (size_t i = 0; i < 2; i++)
        if (load_object(job, &u->sides[i], e) != 0)
            return -1;
    char *kept = journal_get(job->journal, "scope");
    const char *scope = kept ? kept : update_scope(job->ask, &u->sides[1].object);
    struct update_wish wish = {.dataset = u->dataset, .app = u->prefix, .scope = scope};
    int result = 0;
    for (size_t i = 0; i < 2 && result == 0; i++)
        result = update_side_fit(&u->sides[i], &wish, e);
    if (result == 0 && !kept)
        result = journal_put(job->journal, "scope", scope, e);
    u->gather.all = str_eq(scope, "all");
    free(kept);
    for (size_t i = 0; i < 2 && result == 0 && job->ask->delete_missing; i++)
        if (u->sides[i].keep[0]) {
            err_set(e, ERR_CONFLICT, "--delete-missing may not remove its rows: %s", u->sides[i].keep);
            result = refuse(&u->sides[i], e, "update it without --delete-missing");
        }
    return result;
}

/* --- counts --- */

struct sql_merge update_merge_of(struct stages_job *job, const struct update_side *side, const char *folder)
{
    char fact[48];
    return (struct sql_merge){.table = side->table, .folder = folder, .fields = side->fields, .count = side->count, .keys = side->keys,
                              .key_count = side->key_count, .update = side->count > side->key_count, .delete_missing = job->ask->delete_missing,
                              .apart = journal_get_i64(job->journal, update_fact(fact, "twice", side), 0) > 0};
}

const char *update_fact(char out[48], const char *prefix, const struct update_side *side)
{
    return delta_fact(out, prefix, side->name);
}

bool update_counts_read(struct stages_job *job, const char *prefix, const struct update_side *side, struct update_counts *out)
{
    char fact[48];
    cJSON *json = report_kept(job->journal, update_fact(fact, prefix, side));
    memset(out, 0, sizeof *out);
    for (int i = 0; json && i < SQL_CHANGES; i++)
        json_i64(json, sql_change_names[i], &out->of[i]);
    bool known = json && json_i64(json, "total", &out->total);
    cJSON_Delete(json);
    return known;
}

int update_counts_put(struct stages_job *job, const char *prefix, const struct update_side *side, const struct update_counts *c, struct err *e)
{
    char fact[48];
    struct buf text = BUF_INIT;
    buf_putc(&text, '{');
    for (int i = 0; i < SQL_CHANGES; i++)
        buf_printf(&text, "\"%s\":%lld,", sql_change_names[i], (long long)c->of[i]);
    buf_printf(&text, "\"total\":%lld}", (long long)c->total);
    int result = buf_error(&text, e);
    if (result == 0)
        result = journal_put(job->journal, update_fact(fact, prefix, side), text.data, e);
    buf_release(&text);
    return result;
}

int update_count(struct delta *d, const struct update_side *side, struct update_counts *out, struct err *e)
{
    struct buf text = BUF_INIT;
    struct compute_rows rows = {0};
    char *folder = delta_staged(d->job, side->name, NULL);
    memset(out, 0, sizeof *out);
    if (!folder)
        return err_set(e, ERR_BUG, "the rows of %s are not staged", side->name);
    struct sql_merge m = update_merge_of(d->job, side, folder);
    sql_difference(&text, &m);
    int result = delta_run(d, side->table, &text, &rows, e);
    for (int i = 0; i < SQL_CHANGES && result == 0; i++)
        if ((out->of[i] = delta_number(&rows, sql_change_names[i])) < 0)
            result = -1;
    if (result == 0)
        out->total = delta_number(&rows, "total");
    if (rows.row_count == 0 && result == 0)
        result = -1;
    if (result != 0 && e->code == ERR_NONE)
        err_set(e, ERR_PROTOCOL, "the compute did not say how many rows differ");
    compute_rows_release(&rows);
    buf_release(&text);
    free(folder);
    return result;
}
