#include "core/gather.h"
#include "base/hash.h"
#include "core/journal_annotations.h"
#include "core/rows.h"

#define PASSES_MAX 5
#define REPEATS_MAX 3                /* pages in a row that show nothing new: the listing goes in circles */
#define CHUNKS_ALWAYS 2              /* so few chunks are asked without asking first what is less */
#define FLUSH_BYTES ((size_t)4 << 20)

void gather_init(struct gather *g, const struct clarifai_app_id *app, const char *dataset, bool all)
{
    memset(g, 0, sizeof *g);
    g->app = *app;
    g->dataset = dataset;
    g->all = all;
    g->page_size = CLARIFAI_PAGE_MAX;
}

void gather_release(struct gather *g)
{
    free(g->after);
    g->after = NULL;
    str_list_release(&g->ids);
}

int gather_look(struct stages_job *job, const struct gather *g, struct err *e)
{
    struct clarifai_app app;
    struct clarifai_dataset dataset;
    char name[224];
    snprintf(name, sizeof name, "%s/%s", g->app.user, g->app.app);
    if (clarifai_app_get(&job->clarifai, &g->app, &app, e) != 0)
        return err_about(e, "cannot read the Clarifai app", name);
    snprintf(name, sizeof name, "%s/%s/%s", g->app.user, g->app.app, g->dataset);
    if (clarifai_dataset_get(&job->clarifai, &g->app, g->dataset, &dataset, e) != 0)
        return err_about(e, "cannot read the dataset", name);
    return 0;
}

bool gather_agreed(struct stages_job *job) { return journal_has(job->journal, "inputs.pass") && !journal_has(job->journal, "changing"); }
int64_t gather_input_count(struct stages_job *job) { return journal_get_i64(job->journal, "inputs.count", 0); }
int64_t gather_annotation_count(struct stages_job *job) { return journal_get_i64(job->journal, "annotations.count", 0); }

void gather_input_figures(const struct gather *g, struct stages_figures *out)
{
    out->done = atomic_load(&g->listed);
    out->total = atomic_load(&g->total);
}

void gather_annotation_figures(const struct gather *g, struct stages_figures *out) { out->done = atomic_load(&g->annotations); }

/* An answer that is too large is asked for in halves. */
static int smaller_page(struct gather *g, struct err *e)
{
    if (e->code != ERR_LIMIT || g->page_size <= 1)
        return -1;
    g->page_size /= 2;
    err_clear(e);
    return STAGES_DID;
}

/* --- inputs --- */

struct input_page { struct stages_job *job; const struct gather *g; struct journal_remote *rows; size_t count, cap, bytes, fresh; };

/* Large rows do not wait for the page's end. */
static int flush_inputs(struct input_page *p, struct err *e)
{
    size_t fresh = 0;
    int result = p->count ? journal_remote_put(p->job->journal, JOURNAL_OF_DATASET, p->g->pass, p->rows, p->count, &fresh, e) : 0;
    for (size_t i = 0; i < p->count; i++)
        journal_remote_release(&p->rows[i]);
    p->count = p->bytes = 0;
    p->fresh += fresh;
    return result;
}

static int add_input(void *ctx, const struct clarifai_input *in, struct err *e)
{
    struct input_page *p = ctx;
    if (p->count == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 128;
        struct journal_remote *rows = reallocarray(p->rows, cap, sizeof *rows);
        if (!rows)
            return err_no_memory(e);
        p->rows = rows;
        p->cap = cap;
    }
    struct journal_remote *r = &p->rows[p->count++];
    *r = (struct journal_remote){.input_id = str_dup(in->id), .in_dataset = true, .code = in->status.code, .status = str_dup(in->status.description),
                                 .created_us = in->created_us, .json = rows_input_parts(in)};
    if (!r->input_id || !r->status || !r->json)
        return err_no_memory(e);
    p->bytes += strlen(r->json);
    return p->bytes < FLUSH_BYTES ? 0 : flush_inputs(p, e);
}

static int begin_pass(struct stages_job *job, struct gather *g, struct err *e)
{
    struct journal *j = job->journal;
    g->pass = journal_get_i64(j, "pass", 0) + 1;
    if (g->passes == 0 && journal_remote_clear(j, e) != 0)
        return -1;
    if (journal_put_i64(j, "pass", g->pass, e) != 0)
        return -1;
    g->offset = 0;
    g->repeats = 0;
    g->listing = true;
    atomic_store(&g->listed, 0);
    return 0;
}

/* 1 at the end of the pass. */
static int input_page(struct stages_job *job, struct gather *g, struct err *e)
{
    struct input_page page = {.job = job, .g = g};
    int count = 0;
    int result = clarifai_dataset_inputs_page(&job->clarifai, &g->app, g->dataset, (int)(g->offset / g->page_size) + 1, g->page_size, add_input, &page,
                                              &count, e);
    if (result == 0)
        result = flush_inputs(&page, e);
    journal_inputs_free(page.rows, page.count);
    if (result != 0)
        return -1;
    g->offset += g->page_size;
    g->repeats = page.fresh || count == 0 ? 0 : g->repeats + 1;
    atomic_fetch_add(&g->listed, (long long)page.fresh);
    if (g->repeats >= REPEATS_MAX)
        return err_set(e, ERR_PROTOCOL, "the listing of the dataset shows the same inputs again and again");
    return count == 0;
}

static int end_pass(struct stages_job *job, struct gather *g, bool agree, struct err *e)
{
    struct journal *j = job->journal;
    int64_t count = 0, differ = 1;
    g->listing = false;
    g->passes++;
    if (journal_inputs_count(j, g->pass, &count, e) != 0 || journal_put_i64(j, "inputs.count", count, e) != 0 ||
        journal_put_i64(j, "inputs.pass", g->pass, e) != 0)
        return -1;
    atomic_store(&g->total, count);
    if (!agree)
        return STAGES_DONE;
    if (g->passes >= 2 && journal_inputs_differ(j, g->pass, &differ, e) != 0)
        return -1;
    if (differ && g->passes < PASSES_MAX)
        return STAGES_DID;
    return journal_put(j, "changing", differ ? "1" : NULL, e) != 0 ? -1 : STAGES_DONE;
}

int gather_inputs(struct stages_job *job, struct gather *g, bool agree, struct err *e)
{
    if (!g->listing && begin_pass(job, g, e) != 0)
        return -1;
    int end = input_page(job, g, e);         /* a page that failed is asked for again; a restart begins a new pass */
    if (end < 0)
        return smaller_page(g, e);
    return end ? end_pass(job, g, agree, e) : STAGES_DID;
}

/* --- annotations: one page --- */

struct annotation_page {
    struct stages_job *job;
    struct gather *g;
    const struct str_list *ids;              /* of a chunk, sorted; NULL: of the app */
    struct journal_annotation *rows;
    size_t count, cap, bytes;
    int64_t taken;
    uint64_t hash;
};

static void forget_rows(struct annotation_page *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->rows[i].input_id);
        free(p->rows[i].id);
        free(p->rows[i].line);
    }
    p->count = p->bytes = 0;
}

static int flush(struct annotation_page *p, struct err *e)
{
    int result = journal_annotations_put(p->job->journal, p->g->pass, p->rows, p->count, e);
    forget_rows(p);
    return result;
}

static int text_order(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Also what a page is told from another by: its ids in order. */
static void note_seen(struct annotation_page *p, const struct clarifai_annotation *a)
{
    p->hash = hash_fnv(p->hash, a->id, strlen(a->id));
    char *const *at = p->ids ? bsearch(&a->input_id, p->ids->items, p->ids->count, sizeof *p->ids->items, text_order) : NULL;
    if (at)
        p->g->seen[at - p->ids->items] = true;
}

static int add_annotation(void *ctx, const struct clarifai_annotation *a, struct err *e)
{
    struct annotation_page *p = ctx;
    struct buf line = BUF_INIT;
    if (p->count == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 128;
        struct journal_annotation *rows = reallocarray(p->rows, cap, sizeof *rows);
        if (!rows)
            return err_no_memory(e);
        p->rows = rows;
        p->cap = cap;
    }
    note_seen(p, a);
    if (rows_annotation_line(&line, a, e) != 0) {
        buf_release(&line);
        return -1;
    }
    p->bytes += line.len;
    p->taken++;
    struct journal_annotation *r = &p->rows[p->count++];
    *r = (struct journal_annotation){str_dup(a->input_id), str_dup(a->id), buf_take(&line)};
    if (!r->input_id || !r->id || !r->line)
        return err_no_memory(e);
    return p->bytes < FLUSH_BYTES ? 0 : flush(p, e);
}

/* One page of the app or of a chunk into the journal, at g->offset. *count: elements that came. */
static int annotation_page(struct stages_job *job, struct gather *g, const struct str_list *ids, int64_t offset, int *count, uint64_t *hash, struct err *e)
{
    struct annotation_page page = {.job = job, .g = g, .ids = ids, .hash = HASH_FNV};
    int result = clarifai_annotations_page(&job->clarifai, &g->app, ids ? (const char *const *)ids->items : NULL, ids ? ids->count : 0, g->all,
                                           (int)(offset / g->page_size) + 1, g->page_size, add_annotation, &page, count, e);
    if (result == 0)
        result = flush(&page, e);
    forget_rows(&page);
    free(page.rows);
    if (result == 0)
        atomic_fetch_add(&g->annotations, (long long)page.taken);
    *hash = page.hash;
    return result;
}

/* Goes on behind a page; the same page again is asked for once more, and then no more. 0 or -1. */
static int step_on(struct gather *g, int count, uint64_t hash, struct err *e)
{
    bool again = count > 0 && g->offset > 0 && (hash == g->last_hash || hash == g->first_hash);
    g->repeats = again ? g->repeats + 1 : 0;
    if (g->repeats >= REPEATS_MAX)
        return err_set(e, ERR_PROTOCOL, "the listing of annotations shows the same page again and again");
    if (g->offset > g->offset_max)
        return err_set(e, ERR_PROTOCOL, "the listing of annotations does not end: %lld came, and %lld at most were there before", (long long)g->offset,
                       (long long)g->offset_max);
    if (again)
        return 0;
    if (g->offset == 0)
        g->first_hash = hash;
    g->last_hash = hash;
    g->offset += g->page_size;
    return 0;
}

static void begin_listing(struct gather *g, int64_t offset_max)
{
    g->offset = 0;
    g->repeats = 0;
    g->first_hash = g->last_hash = 0;
    g->offset_max = offset_max;
    memset(g->seen, 0, sizeof g->seen);
}

/* --- annotations: pages of the app, or chunks of ids --- */

static int64_t calls(int64_t n, int64_t a_call) { return (n + a_call - 1) / a_call; }

/*
 * Chunks cost one call for 100 inputs. The app costs fewer when its page of that number is empty; that it cannot be is known without asking when the
 * app has a thousand times as many inputs, for each of them has an annotation at least.
 */
static int choose(struct stages_job *job, struct gather *g, struct err *e)
{
    int64_t inputs = gather_input_count(job), chunks = calls(inputs, CLARIFAI_ANNOTATION_IDS);
    struct clarifai_counts app;
    uint64_t hash;
    int count = 1;
    g->pass = journal_get_i64(job->journal, "inputs.pass", 0);
    g->page_size = CLARIFAI_PAGE_MAX;
    if (journal_annotations_clear(job->journal, e) != 0)
        return -1;
    atomic_store(&g->annotations, 0);
    if (chunks > CHUNKS_ALWAYS) {
        if (clarifai_inputs_status(&job->clarifai, &g->app, &app, e) != 0)
            return -1;
        int64_t whole = app.processed + app.to_process + app.processing + app.errors;
        if (calls(whole, CLARIFAI_PAGE_MAX) < chunks && annotation_page(job, g, NULL, (chunks - 1) * CLARIFAI_PAGE_MAX, &count, &hash, e) != 0) {
            if (e->code != ERR_LIMIT)
                return -1;
            err_clear(e);
            count = 1;                       /* so much that it is too large is not nothing */
        }
    }
    atomic_store(&g->annotations, 0);
    g->step = count == 0 ? GATHER_PAGES : GATHER_CHUNKS;
    begin_listing(g, g->step == GATHER_PAGES ? (chunks + 10) * CLARIFAI_PAGE_MAX : INT64_MAX);
    gather_release(g);
    return STAGES_DID;
}

static int begin_fill(struct gather *g)
{
    begin_listing(g, INT64_MAX);
    gather_release(g);
    g->step = GATHER_FILL;
    return STAGES_DID;
}

static int page_work(struct stages_job *job, struct gather *g, struct err *e)
{
    uint64_t hash;
    int count;
    if (annotation_page(job, g, NULL, g->offset, &count, &hash, e) != 0)
        return smaller_page(g, e);
    if (count == 0)
        return begin_fill(g);
    return step_on(g, count, hash, e) == 0 ? STAGES_DID : -1;
}

static int end_listing(struct stages_job *job, struct gather *g, struct err *e)
{
    int64_t count = 0;
    if (journal_annotations_count(job->journal, &count, e) != 0 || journal_put_i64(job->journal, "annotations.count", count, e) != 0)
        return -1;
    atomic_store(&g->annotations, count);
    g->step = GATHER_CHOOSE;
    return STAGES_DONE;
}

/* A short page ends a chunk when each of its inputs has shown an annotation, as each has one; else an empty one does. */
static bool chunk_ends(const struct gather *g, int count)
{
    bool all = true;
    for (size_t i = 0; i < g->ids.count; i++)
        all = all && (g->seen[i] || g->step == GATHER_FILL);
    return count == 0 || (all && count < g->page_size);
}

static int next_chunk(struct stages_job *job, struct gather *g, struct err *e)
{
    const char *last = g->ids.count ? g->ids.items[g->ids.count - 1] : g->after;
    if (str_set(&g->after, last) != 0)
        return err_no_memory(e);
    str_list_release(&g->ids);
    begin_listing(g, INT64_MAX);
    return journal_inputs_ids(job->journal, g->pass, g->step == GATHER_FILL, g->after, CLARIFAI_ANNOTATION_IDS, &g->ids, e);
}

static int end_chunks(struct stages_job *job, struct gather *g, struct err *e)
{
    return g->step == GATHER_CHUNKS ? begin_fill(g) : end_listing(job, g, e);
}

/* Also the closing round over inputs that no page showed an annotation of: each must have one, so a page may have been missing. */
static int chunk_work(struct stages_job *job, struct gather *g, struct err *e)
{
    uint64_t hash = 0;
    int count = 0;
    if (g->ids.count == 0 && next_chunk(job, g, e) != 0)
        return -1;
    if (g->ids.count == 0)
        return end_chunks(job, g, e);
    if (annotation_page(job, g, &g->ids, g->offset, &count, &hash, e) != 0)
        return smaller_page(g, e);
    if (!chunk_ends(g, count))
        return step_on(g, count, hash, e) == 0 ? STAGES_DID : -1;
    if (next_chunk(job, g, e) != 0)
        return -1;
    return g->ids.count ? STAGES_DID : end_chunks(job, g, e);
}

int gather_annotations(struct stages_job *job, struct gather *g, struct err *e)
{
    static int (*const works[])(struct stages_job *, struct gather *, struct err *) = {
        [GATHER_CHOOSE] = choose, [GATHER_PAGES] = page_work, [GATHER_CHUNKS] = chunk_work, [GATHER_FILL] = chunk_work};
    return works[g->step](job, g, e);
}
