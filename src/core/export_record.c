/*
 * What other exports of this dataset into this folder wrote, by their runs' journals: one that was cancelled, or whose table is gone, has pictures that no
 * table names. They are not copied again, and are no conflict.
 */
#include "core/export.h"
#include "core/journal_annotations.h"
#include "core/run_inside.h"

#define BATCH 500

struct record { struct stages_job *job; struct journal_picture rows[BATCH]; size_t count; bool failed; };

static int put_rows(struct record *r, struct err *e)
{
    int result = journal_pictures_put(r->job->journal, JOURNAL_WRITTEN, r->rows, r->count, e);
    for (size_t i = 0; i < r->count; i++) {
        free((char *)(uintptr_t)r->rows[i].key);
        free((char *)(uintptr_t)r->rows[i].name);
    }
    r->count = 0;
    r->failed = r->failed || result != 0;
    return result;
}

/* Only what is in the folder as it was written: the table may know of a later one. */
static int note_picture(void *ctx, const struct journal_picture *p, struct err *e)
{
    struct record *r = ctx;
    uint64_t size = 0;
    int there = journal_picture_get(r->job->journal, JOURNAL_FILES, p->name, NULL, &size, e);
    if (there == 0 || (there == 1 && size != p->size))
        return 0;
    struct journal_picture *row = &r->rows[r->count];
    if (there == 1) {
        *row = (struct journal_picture){.key = str_dup(p->key), .name = str_dup(p->name), .size = p->size};
        r->count++;
        if (row->key && row->name)
            return r->count == BATCH ? put_rows(r, e) : 0;
        err_no_memory(e);
    }
    r->failed = true;
    return -1;
}

/* A record that cannot be read tells nothing; what fails here is this run's own journal. */
static int read_run(struct record *r, const char *id, const char *place, struct err *e)
{
    struct journal *j = NULL;
    struct err ignored = {0};
    char *folder = run_folder(id, e);
    if (!folder)
        return -1;
    int opened = journal_open_view(folder, &j, &ignored);
    free(folder);
    if (opened != 0)
        return 0;
    char *at = journal_get(j, EXPORT_PLACE);
    int result = at && str_eq(at, place) ? journal_pictures_stored(j, note_picture, r, &ignored) : 0;
    free(at);
    journal_close(j);
    if (result != 0 && r->failed)
        *e = ignored;
    return put_rows(r, r->failed ? &ignored : e) != 0 || r->failed ? -1 : 0;
}

/* "HOST user/app/dataset /Volumes/…": pictures of another platform are others. Owned. */
static char *place_of(struct stages_job *job)
{
    const struct export *x = job->verb;
    const char *host = job->ask->sandbox ? "sandbox" : job->session->settings.host.text;
    return str_printf("%s %s %s", host ? host : "", x->datasets, x->folder);
}

int export_record_read(struct stages_job *job, struct err *e)
{
    struct str_list ids = {0};
    char *place = place_of(job);
    struct record *r = calloc(1, sizeof *r);
    int result = place && r ? run_ids(&ids, e) : err_no_memory(e);
    if (result == 0)
        result = journal_put(job->journal, EXPORT_PLACE, place, e);
    for (size_t i = 0; i < ids.count && result == 0; i++) {
        r->job = job;
        if (!str_eq(ids.items[i], job->id))
            result = read_run(r, ids.items[i], place, e);
    }
    str_list_release(&ids);
    free(place);
    free(r);
    return result;
}
