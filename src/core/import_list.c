/* Stage "list": every folder below the source, each file a row of the journal. A folder that was cut is listed again: rows are a set. */
#include "core/import.h"
#include "core/media.h"
#include "net/databricks_files.h"

#define LIST_LANES 4
#define LIST_ROWS 500 /* files a transaction */

struct listing {
    struct stages_job *job;
    const char *folder;
    struct journal_found rows[LIST_ROWS];
    size_t count;
    bool all_files;
};

int import_list_lanes(const struct stages_job *job)
{
    (void)job;
    return LIST_LANES;
}

static int flush(struct listing *l, struct err *e)
{
    int result = l->count ? journal_found_put(l->job->journal, l->rows, l->count, e) : 0;
    for (size_t i = 0; i < l->count; i++)
        free((char *)(uintptr_t)l->rows[i].path);
    l->count = 0;
    return result;
}

/* A path that is not directly below its folder would lead out of what was asked for. */
static bool belongs(const char *folder, const char *path)
{
    size_t n = strlen(folder);
    if (strncmp(path, folder, n) != 0 || path[n] != '/')
        return false;
    const char *name = path + n + 1;
    return *name && !strchr(name, '/') && !str_eq(name, ".") && !str_eq(name, "..");
}

static int take_file(void *ctx, const struct databricks_file *f, struct err *e)
{
    struct listing *l = ctx;
    if (net_cancel_is_set(&l->job->cancel))
        return err_set(e, ERR_CANCELLED, "the listing was stopped");
    if (!belongs(l->folder, f->path))
        return err_set(e, ERR_PROTOCOL, "the listing of %s names %s, which is not in it", l->folder, f->path);
    char *path = str_dup(f->path);
    if (!path)
        return err_no_memory(e);
    struct journal_found *row = &l->rows[l->count++];
    *row = (struct journal_found){.path = path, .is_folder = f->is_directory, .size = f->size, .modified_ms = f->modified_ms};
    if (!f->is_directory) {
        row->candidate = l->all_files || media_is_candidate(f->name);
        row->skip_code = row->candidate ? NULL : "OTHER_TYPE";
        row->skip_reason = row->candidate ? NULL : "a file of another type";
    }
    return l->count == LIST_ROWS ? flush(l, e) : 0;
}

/* A folder below the source that vanished, or that may not be read, fails alone; what it held is one item with its name. */
static bool fails_alone(const struct stages_job *job, const char *folder, const struct err *e)
{
    const struct import *im = job->verb;
    return (e->code == ERR_NOT_FOUND || e->code == ERR_FORBIDDEN) && !str_eq(folder, im->root);
}

static int fail_folder(struct stages_job *job, const char *folder, const struct err *why, struct err *e)
{
    char sentence[700], reason[760];
    bool gone = why->code == ERR_NOT_FOUND;
    struct err cause = *why;
    cause.what[0] = cause.subject[0] = '\0';
    if (gone)
        snprintf(reason, sizeof reason, "the folder went away before it was listed: what it held is not imported");
    else
        snprintf(reason, sizeof reason, "the folder could not be listed, so what it holds is not imported: %s", err_sentence(&cause, sentence, sizeof sentence));
    const struct journal_found row = {.path = folder, .fail_code = gone ? "FOLDER_GONE" : "FOLDER_FORBIDDEN", .fail_reason = reason};
    if (journal_found_put(job->journal, &row, 1, e) != 0)
        return -1;
    return journal_folder_done(job->journal, folder, e);
}

int import_list_work(struct stages_job *job, struct err *e)
{
    char *folder;
    int64_t open = 0;
    int found = journal_folder_next(job->journal, &folder, &open, e);
    if (found < 0)
        return -1;
    if (found == 0)
        return open == 0 ? STAGES_DONE : STAGES_IDLE;
    struct listing *l = calloc(1, sizeof *l);
    int result = l ? 0 : err_no_memory(e);
    if (l) {
        l->job = job;
        l->folder = folder;
        l->all_files = job->ask->all_files;
        result = databricks_directory_list(&job->files, folder, take_file, l, e);
        struct err late = {0};
        if (flush(l, &late) != 0 && result == 0) {
            result = -1;
            *e = late;
        }
    }
    if (result == 0) {
        result = journal_folder_done(job->journal, folder, e);
    } else if (fails_alone(job, folder, e)) {
        struct err why = *e;
        err_clear(e);
        result = fail_folder(job, folder, &why, e);
    } else {
        struct err ignored = {0};
        err_about(e, "cannot list", folder);
        journal_folder_release(job->journal, folder, &ignored);
    }
    free(l);
    free(folder);
    return result == 0 ? STAGES_DID : -1;
}
