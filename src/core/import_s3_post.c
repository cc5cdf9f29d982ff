/* A row as an input for Clarifai: its concepts with their ids, its metadata with our fingerprint. */
#include "core/cells.h"
#include "core/ids.h"
#include "core/import.h"
#include "net/clarifai_concepts.h"

/* --- the app's concepts, a page a call --- */

#define CONCEPTS_A_PAGE CLARIFAI_PAGE_MAX

struct concepts { struct journal_concept rows[CONCEPTS_A_PAGE]; size_t count; };

static int take_concept(void *ctx, const struct clarifai_concept *c, struct err *e)
{
    struct concepts *all = ctx;
    if (all->count == CONCEPTS_A_PAGE)
        return err_set(e, ERR_PROTOCOL, "a page of concepts is longer than was asked for");
    struct journal_concept *row = &all->rows[all->count++];
    row->id = str_dup(c->id);
    row->name = str_dup(c->name);
    return row->id && row->name ? 0 : err_no_memory(e);
}

int import_s3_concepts(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct concepts *page = calloc(1, sizeof *page);
    int64_t number = journal_get_i64(job->journal, "concepts.page", 0) + 1;
    int count = 0;
    if (!page)
        return err_no_memory(e);
    int result = clarifai_concepts_page(&job->clarifai, &im->app, (int)number, take_concept, page, &count, e);
    if (result == 0 && count && str_eq(im->rows.first_concept, page->rows[0].id))
        result = err_set(e, ERR_PROTOCOL, "the list of concepts goes round: a page came twice");
    if (result == 0 && count)
        result = str_set(&im->rows.first_concept, page->rows[0].id) != 0 ? err_no_memory(e)
                                                                         : journal_concepts_put(job->journal, page->rows, page->count, e);
    if (result == 0)
        result = journal_put_i64(job->journal, "concepts.page", number, e);
    for (size_t i = 0; i < page->count; i++) {
        free(page->rows[i].id);
        free(page->rows[i].name);
    }
    free(page);
    return result != 0 ? -1 : count ? STAGES_DID : STAGES_DONE;
}

/* --- one row --- */

/* Design §5: the id of the app's concept of that name, else the name where it is a free id, else the cleaned name with a hash. Owned; NULL with e. */
static char *concept_id(struct stages_job *job, const char *name, struct err *e)
{
    char *id, made[IDS_ROOM];
    int found = journal_concept_id(job->journal, name, &id, e);
    if (found != 0)
        return id;
    int taken = clarifai_id_valid(name) ? journal_concept_taken(job->journal, name, e) : 1;
    if (taken < 0 || (taken == 1 && ids_make_named(name, name, made, e) != 0))
        return NULL;
    if (!(id = str_dup(taken == 1 ? made : name)))
        err_no_memory(e);
    return id;
}

static int put_concepts(struct stages_job *job, const struct str_list *names, struct buf *out, struct err *e)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < names->count; i++) {
        char *id = concept_id(job, names->items[i], e);
        if (!id)
            return -1;
        buf_puts(out, i ? ",{\"id\":" : "{\"id\":");
        json_quote(out, id, strlen(id));
        buf_puts(out, ",\"name\":");
        json_quote(out, names->items[i], strlen(names->items[i]));
        buf_puts(out, ",\"value\":1}");
        free(id);
    }
    buf_putc(out, ']');
    return buf_error(out, e);
}

int import_s3_post(struct stages_job *job, const struct picture *p, struct clarifai_new_input *out, struct err *e)
{
    struct cells_row row;
    struct buf concepts = BUF_INIT;
    *out = (struct clarifai_new_input){.id = p->item.input_id};
    if (cells_row_parse(p->detail, &row) != 0)
        return err_no_memory(e);
    int result = row.concepts.count ? put_concepts(job, &row.concepts, &concepts, e) : 0;
    if (result == 0) {
        out->url = row.url;
        row.url = NULL;
        out->has_geo = row.geo.has;
        out->longitude = row.geo.longitude;
        out->latitude = row.geo.latitude;
        out->concepts = row.concepts.count ? buf_take(&concepts) : NULL;
        out->metadata = import_fingerprint(&p->item, row.metadata);
        if (!out->metadata || (row.concepts.count && !out->concepts))
            result = err_no_memory(e);
    }
    buf_release(&concepts);
    cells_row_release(&row);
    return result;
}

void import_s3_unpost(struct clarifai_new_input *in)
{
    free((char *)(uintptr_t)in->url);
    free((char *)(uintptr_t)in->metadata);
    free((char *)(uintptr_t)in->concepts);
    in->url = in->metadata = in->concepts = NULL;
}
