#ifndef LAKEFERRY_CORE_TARGET_H
#define LAKEFERRY_CORE_TARGET_H
/*
 * target: a table before a run writes it: may it be made, continued, replaced or appended to (design §5), asked of the catalog alone. Any lane.
 */
#include "core/names.h"
#include "core/sql.h"
#include "core/stages.h"
#include "net/clarifai.h"
#include "net/databricks_catalog.h"

enum target_mode { TARGET_NONE, TARGET_NEW, TARGET_CONTINUE /* merged into, by key, without asking */, TARGET_REPLACE, TARGET_APPEND };
struct target { enum target_mode mode; bool ours /* made by this run */; struct databricks_object object /* when it exists */; };

struct target_ask {
    const struct name *table;
    const char *source;          /* an existing table with this lakeferry.source and this dataset is continued; NULL: none is */
    const char *datasets;        /* "user/app/dataset" of this run */
    const char *scope;           /* "people", "all": an appended table must have the same; NULL: not asked */
    struct clarifai_app_id app;
    const struct sql_field *fields; size_t count;   /* columns that rows merged into it need */
    const char *what;            /* "tracking table" */
    enum ask_if_exists wish;
};
/* ERR_CONFLICT when it exists and may not be touched; ERR_USAGE for a name that cannot be made; the schema must exist. Release out on success. */
int target_decide(struct stages_job *job, const struct target_ask *ask, struct target *out, struct err *e);
void target_release(struct target *t);
/* Says the CHECK constraints of a table that is continued or appended to; what they ask of a row is Delta's to judge. */
void target_note_constraints(struct run_plan *plan, const struct name *table, const struct target *target);
/* Managed or external Delta, else ERR_CONFLICT with table, type and remedy. */
int target_check_kind(const struct name *table, const struct databricks_object *o, struct err *e);
/* True when the comma-separated list holds the dataset. */
bool target_has_dataset(const char *list, const char *dataset);
/* True when it names datasets, and all are of this app ("user/app/"). */
bool target_only_app(const char *list, const char *app_prefix);
/* A column by its name, in any case; NULL: none. */
const struct databricks_column *target_column(const struct databricks_object *o, const char *name);
/* A property of ours or of Delta's own: not carried over to a table that replaces another. */
bool target_own_property(const char *key);
#endif
