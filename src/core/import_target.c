/* The tracking table before it is written: may it be, and how. */
#include "core/import.h"
#include "core/rows.h"

struct target_ask import_target_ask(struct stages_job *job)
{
    struct import *im = job->verb;
    return (struct target_ask){.table = &job->ask->table, .source = im->root, .datasets = im->datasets, .app = im->app, .fields = rows_tracking_fields,
                               .count = rows_tracking_count, .what = "tracking table", .wish = job->ask->if_exists};
}

int import_target_decide(struct stages_job *job, struct target *out, struct err *e)
{
    struct target_ask ask = import_target_ask(job);
    return target_decide(job, &ask, out, e);
}
