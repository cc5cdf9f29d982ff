/*
 * Stage "read" of an import from S3: the compute writes the rows to a folder made for this attempt, its part files are read line by line through the
 * Files API into the journal, an item a row, and then it is decided what becomes of each. Each step can be gone on with after a kill.
 *
 * Facts: read.rows (rows that lie in the folder; there when it is whole), read.at ("PARTS ROWS": part files read, rows in them), read.concepts (some
 * row names concepts), concepts.page, concepts.listed.
 */
#include "core/import.h"
#include "core/sql_s3.h"
#include "net/databricks_files.h"

#define READ_BATCH 500                        /* rows a transaction */
#define READ_BATCH_BYTES ((size_t)4 << 20)
#define READ_LINE_MAX ((size_t)16 << 20)      /* a longer row fails alone, and says so */
#define READ_LIST_MAX ((size_t)8 << 20)

/* --- the compute writes --- */

static int count_unloaded(struct delta *d, const char *folder, int64_t *rows, struct err *e)
{
    struct buf text = BUF_INIT;
    struct compute_rows answer = {0};
    sql_s3_unloaded(&text, folder);
    int result = import_s3_run(d, NULL, &text, &answer, e);
    *rows = result == 0 ? delta_number(&answer, "n") : 0;
    if (result == 0 && *rows < 0)
        result = err_set(e, ERR_PROTOCOL, "the compute did not say how many rows it wrote");
    compute_rows_release(&answer);
    buf_release(&text);
    return result;
}

static int check_count(struct delta *d, int64_t rows, struct err *e)
{
    struct import *im = d->job->verb;
    int64_t planned = journal_get_i64(d->job->journal, "plan.rows", rows);
    if (rows == planned)
        return 0;
    err_set(e, ERR_CONFLICT, "it had %lld rows when the plan was made, and has %lld now", (long long)planned, (long long)rows);
    err_remedy(e, "nothing was sent; start the import again");
    return err_about(e, "cannot import from", im->root);
}

static int write_rows(struct delta *d, struct err *e)
{
    struct stages_job *job = d->job;
    struct sql_s3 s = {0};
    struct buf text = BUF_INIT;
    const struct name *beside = job->ask->table.object ? &job->ask->table : NULL;
    int64_t rows = 0;
    char *folder = NULL;
    int result = delta_start(d, e) != 0 || import_s3_source(d, &s, e) != 0 || delta_stage(d, "source", beside, NULL, NULL, NULL, e) != 0 ? -1 : 0;
    if (result == 0 && !(folder = delta_staged(job, "source", NULL)))
        result = err_no_memory(e);
    if (result == 0) {
        sql_s3_unload(&text, &s, folder);
        result = import_s3_run(d, &s, &text, NULL, e);
    }
    if (result == 0)
        result = count_unloaded(d, folder, &rows, e);
    if (result == 0)
        result = check_count(d, rows, e);
    free(folder);
    buf_release(&text);
    sql_s3_release(&s);
    return result != 0 ? -1 : journal_put_i64(job->journal, "read.rows", rows, e);
}

/* Each attempt has its own folder, and what an earlier one left in the journal goes. */
static int unload(struct stages_job *job, struct err *e)
{
    struct journal *j = job->journal;
    struct delta d;
    struct err why = {0};
    if (journal_put(j, "read.rows", NULL, e) != 0 || journal_put(j, "read.at", NULL, e) != 0 || journal_items_clear(j, e) != 0 || delta_open(job, &d, e) != 0)
        return -1;
    int result = delta_unstage(&d, "source", &why) != 0 ? -1 : write_rows(&d, &why);
    delta_close(&d);
    if (result == 0)
        return STAGES_DID;
    int64_t tries = journal_get_i64(j, "read.tries", 0) + 1;
    if (!delta_again(&why) || why.code == ERR_CONFLICT || tries >= DELTA_TRIES) {
        *e = why;
        return -1;
    }
    return journal_put_i64(j, "read.tries", tries, e) != 0 ? -1 : STAGES_DID;
}

/* --- its lines become items --- */

struct row { char *key, *source, *detail; char sha256[65], reason[CELLS_REASON + 32]; };

struct part {
    struct stages_job *job;
    const char *root;
    struct buf line;
    bool too_long;                            /* the line is dropped up to its end */
    int64_t before, number;                   /* rows in the parts before; rows so far */
    struct row rows[READ_BATCH];
    struct journal_found found[READ_BATCH];
    size_t count, bytes;
    bool concepts;
};

static void forget_rows(struct part *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->rows[i].key);
        free(p->rows[i].source);
        free(p->rows[i].detail);
    }
    p->count = p->bytes = 0;
}

/* Rows into the journal, and with the last ones of a part the facts of it: a part is read again only when it was not read whole. */
static int flush(struct part *p, const struct journal_fact *facts, size_t n, struct err *e)
{
    struct import *im = p->job->verb;
    int result = p->count || n ? journal_found_put_facts(p->job->journal, p->found, p->count, facts, n, e) : 0;
    forget_rows(p);
    pthread_mutex_lock(&im->lock);
    im->rows.done = p->number;
    pthread_mutex_unlock(&im->lock);
    journal_kill_point("point.rows");
    return result;
}

/* The row at hand is wrong. Always 0: it fails alone. */
static int fails(const struct part *p, struct row *r, const char *reason)
{
    snprintf(r->reason, sizeof r->reason, "row %lld: %s", (long long)p->number, reason);
    return 0;
}

/* A row that is wrong: 0 and a reason; one that can be sent: 0 and a detail. */
static int read_cells(struct part *p, const cJSON *line, struct row *r, struct err *e)
{
    struct cells_row row;
    struct buf detail = BUF_INIT;
    const char *cells[CELLS_COLUMNS];
    char reason[CELLS_REASON] = "";
    for (int c = 0; c < CELLS_COLUMNS; c++)
        cells[c] = json_str(line, cells_names[c]);
    if (json_bool(line, "broken", false))
        return fails(p, r, "it has too few or too many cells, or a quote that is not closed");
    if (cells_id(cells[CELLS_INPUTID], reason) == 0 && !(r->source = str_printf("%s#%s", p->root, cells[CELLS_INPUTID])))
        return err_no_memory(e);
    cells_hash(cells, r->sha256);
    int result = cells_row_read(cells, &row, reason);
    if (result == 1)
        return fails(p, r, reason);
    if (result == 0) {
        p->concepts = p->concepts || row.concepts.count > 0;
        result = cells_row_put(&detail, &row) == 0 && (r->detail = buf_take(&detail)) ? 0 : -1;
        cells_row_release(&row);
    }
    buf_release(&detail);
    return result == 0 && r->sha256[0] ? 0 : err_no_memory(e);
}

static int fill_row(struct part *p, struct row *r, struct err *e)
{
    struct err why = {0};
    if (p->too_long)
        return fails(p, r, "it is longer than 16 MB");
    cJSON *line = json_parse(p->line.data, p->line.len, &why);
    if (!line && why.code == ERR_NO_MEMORY)
        return err_no_memory(e);
    int result = cJSON_IsObject(line) ? read_cells(p, line, r, e) : fails(p, r, "what the compute wrote for it is not JSON");
    cJSON_Delete(line);
    return result;
}

static int end_line(struct part *p, struct err *e)
{
    struct row *r = &p->rows[p->count];
    if (p->line.len == 0 && !p->too_long)
        return 0;
    *r = (struct row){.key = str_printf("%s#%lld", p->root, (long long)++p->number)};
    p->count++;
    if (!r->key || fill_row(p, r, e) != 0)
        return r->key ? -1 : err_no_memory(e);
    size_t size = r->detail ? strlen(r->detail) : p->line.len;
    p->bytes += size;
    p->found[p->count - 1] = (struct journal_found){
        .path = r->key, .size = size, .candidate = true, .source = r->source, .detail = r->detail, .sha256 = r->sha256[0] ? r->sha256 : NULL,
        .fail_code = r->reason[0] ? "BAD_ROW" : NULL, .fail_reason = r->reason[0] ? r->reason : NULL,
    };
    buf_clear(&p->line);
    p->too_long = false;
    return 0;
}

/* --- a part file: a sink; begin comes again when the transfer is tried again --- */

static int part_begin(void *ctx, int status, int64_t size, const char *content_type, struct err *e)
{
    struct part *p = ctx;
    (void)status, (void)size, (void)content_type, (void)e;
    forget_rows(p);
    buf_clear(&p->line);
    p->too_long = false;
    p->number = p->before;
    return 0;
}

static int part_write(void *ctx, const char *bytes, size_t n, struct err *e)
{
    struct part *p = ctx;
    if (net_cancel_is_set(&p->job->cancel))
        return err_set(e, ERR_CANCELLED, "reading rows was stopped");
    for (size_t at = 0; at < n;) {
        /* Not before more comes: the last rows go with the part's facts. */
        bool full = p->count == READ_BATCH || p->bytes >= READ_BATCH_BYTES;
        if (full && flush(p, NULL, 0, e) != 0)
            return -1;
        const char *end = memchr(bytes + at, '\n', n - at);
        size_t length = end ? (size_t)(end - bytes) - at : n - at;
        if (p->line.len + length > READ_LINE_MAX) {
            p->too_long = true;
            buf_release(&p->line);
        } else if (!p->too_long && buf_add(&p->line, bytes + at, length) != 0) {
            return buf_error(&p->line, e);
        }
        if (end && end_line(p, e) != 0)
            return -1;
        at += length + (end != NULL);
    }
    return 0;
}

static int end_part(struct part *p, size_t parts, struct err *e)
{
    char at[48];
    const struct journal_fact facts[] = {{"read.at", at}, {"read.concepts", "1"}};
    snprintf(at, sizeof at, "%zu %lld", parts, (long long)p->number);
    return flush(p, facts, p->concepts ? 2 : 1, e);
}

/* parts: those that are read whole when this one is. */
static int read_part(struct part *p, const char *path, size_t parts, struct err *e)
{
    struct net_sink sink = {.begin = part_begin, .write = part_write, .ctx = p};
    struct net_answer answer;
    net_answer_init(&answer);
    int result = databricks_file_get(&p->job->files, path, &sink, &answer, e);
    net_answer_release(&answer);
    if (result == 0)
        result = end_line(p, e);
    return result == 0 ? end_part(p, parts, e) : -1;
}

/* --- which files --- */

struct parts { struct str_list files, commits; struct str_list added; };

static int take_entry(void *ctx, const struct databricks_file *f, struct err *e)
{
    struct parts *parts = ctx;
    struct str_list *list = f->is_directory ? NULL : str_starts(f->name, "_committed_") ? &parts->commits
                            : f->name[0] != '_' && f->name[0] != '.' ? &parts->files : NULL;
    return list && str_list_add(list, list == &parts->commits ? f->path : f->name) != 0 ? err_no_memory(e) : 0;
}

static int text_begin(void *ctx, int status, int64_t size, const char *content_type, struct err *e)
{
    (void)status, (void)size, (void)content_type, (void)e;
    buf_clear(ctx);
    return 0;
}

static int text_write(void *ctx, const char *bytes, size_t n, struct err *e)
{
    return buf_add(ctx, bytes, n) == 0 ? 0 : buf_error(ctx, e);
}

/* {"added":[…],"removed":[…]}: a runtime's own list of the parts that count (practice). */
static int read_commit(struct stages_job *job, const char *path, struct parts *parts, struct err *e)
{
    struct buf text;
    struct net_sink sink = {.begin = text_begin, .write = text_write, .ctx = &text};
    struct net_answer answer;
    const cJSON *name;
    cJSON *list = NULL;
    buf_init(&text, READ_LIST_MAX);
    net_answer_init(&answer);
    int result = databricks_file_get(&job->files, path, &sink, &answer, e);
    if (result == 0 && !(list = json_parse(text.data, text.len, e)))
        result = -1;
    cJSON_ArrayForEach(name, json_arr(list, "added"))
        if (result == 0 && cJSON_IsString(name) && str_list_add(&parts->added, name->valuestring) != 0)
            result = err_no_memory(e);
    cJSON_Delete(list);
    net_answer_release(&answer);
    buf_release(&text);
    return result;
}

static bool is_listed(const struct str_list *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->items[i], name))
            return true;
    return false;
}

/* With the numbers in them as numbers: after c999 comes c1000. */
static int by_part(const void *a, const void *b) { return strverscmp(*(char *const *)a, *(char *const *)b); }

static int find_parts(struct stages_job *job, const char *folder, struct parts *parts, struct err *e)
{
    if (databricks_directory_list(&job->files, folder, take_entry, parts, e) != 0)
        return -1;
    for (size_t i = 0; i < parts->commits.count; i++)
        if (read_commit(job, parts->commits.items[i], parts, e) != 0)
            return -1;
    if (parts->commits.count) {
        for (size_t i = 0; i < parts->added.count; i++)
            if (!is_listed(&parts->files, parts->added.items[i]))
                return err_set(e, ERR_REFUSED, "the compute wrote %s to %s, and it is not there", parts->added.items[i], folder);
        struct str_list files = parts->files;         /* parts of a failed attempt stay out */
        parts->files = parts->added;
        parts->added = files;
    }
    if (parts->files.count)
        qsort(parts->files.items, parts->files.count, sizeof *parts->files.items, by_part);
    return 0;
}

static int read_from(struct stages_job *job, const char *folder, const struct parts *parts, struct part *p, struct err *e)
{
    long long first = 0, rows = 0;
    char *at = journal_get(job->journal, "read.at");
    if (at && sscanf(at, "%lld %lld", &first, &rows) != 2)
        first = rows = 0;
    free(at);
    p->before = p->number = rows;
    for (size_t i = (size_t)first; i < parts->files.count; i++) {
        char *path = str_printf("%s/%s", folder, parts->files.items[i]);
        int result = path ? read_part(p, path, i + 1, e) : err_no_memory(e);
        free(path);
        if (result != 0)
            return -1;
        p->before = p->number;
        if (job->draining)
            return err_set(e, ERR_CANCELLED, "reading rows was stopped");
    }
    return 0;
}

static int read_rows(struct stages_job *job, int64_t rows, const char *folder, struct err *e)
{
    struct import *im = job->verb;
    struct parts parts = {0};
    struct part *p = calloc(1, sizeof *p);
    if (!p)
        return err_no_memory(e);
    p->job = job;
    p->root = im->root;
    buf_init(&p->line, READ_LINE_MAX + 1);
    pthread_mutex_lock(&im->lock);
    im->rows.total = rows;
    pthread_mutex_unlock(&im->lock);
    int result = find_parts(job, folder, &parts, e);
    if (result == 0)
        result = read_from(job, folder, &parts, p, e);
    if (result == 0 && p->number != rows)
        result = err_set(e, ERR_REFUSED, "the compute wrote %lld rows to %s, and %lld lie there", (long long)rows, folder, (long long)p->number);
    forget_rows(p);
    buf_release(&p->line);
    free(p);
    str_list_release(&parts.files);
    str_list_release(&parts.commits);
    str_list_release(&parts.added);
    return result != 0 ? -1 : journal_put(job->journal, "read.done", "1", e);
}

/* --- the stage --- */

int import_s3_read_work(struct stages_job *job, struct err *e)
{
    struct journal *j = job->journal;
    int64_t rows = journal_get_i64(j, "read.rows", -1);
    if (journal_get_i64(j, "plan.rows", -1) == 0) /* a header only */
        return STAGES_DONE;
    if (journal_has(j, "cancelled"))              /* what was read is cancelled; nothing more is */
        return STAGES_DONE;
    if (!journal_has(j, "read.done")) {
        char *folder = rows < 0 ? NULL : delta_staged(job, "source", NULL);
        int result = folder ? read_rows(job, rows, folder, e) : unload(job, e);
        free(folder);
        return result < 0 ? -1 : STAGES_READ;
    }
    if (journal_has(j, "read.concepts") && !journal_has(j, "concepts.listed")) {
        int result = import_s3_concepts(job, e);
        return result != STAGES_DONE ? result : journal_put(j, "concepts.listed", "1", e) != 0 ? -1 : STAGES_DID;
    }
    return import_s3_decide(job, e) != 0 ? -1 : STAGES_DONE;
}
