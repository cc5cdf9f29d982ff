/* What was gathered, as rows of the two tables: read from the journal batch by batch, so that memory does not grow with their number. */
#include "core/gather.h"
#include "core/journal_annotations.h"

#define FILL_BATCH 500

static int stopped(struct stages_job *job, struct err *e)
{
    return job->draining ? err_set(e, ERR_CANCELLED, "staging rows was stopped") : 0;
}

static int put_input(const struct gather_rows *r, const struct journal_remote *remote, struct stage *st, struct buf *line, struct err *e)
{
    struct clarifai_input in;
    struct rows_input row = {.input_id = remote->input_id, .in = &in};
    cJSON *json = json_parse(remote->json, strlen(remote->json), e);
    if (!json)
        return -1;
    clarifai_input_decode(json, &in);
    buf_clear(line);
    int result = r->picture ? r->picture(r->ctx, &row, e) : 0;
    if (result == 0)
        result = rows_input_line(line, &row, e);
    if (result == 0)
        result = stage_row(st, line->data, line->len, e);
    cJSON_Delete(json);
    return result;
}

int gather_fill_inputs(void *gather_rows, struct stage *st, int64_t *rows, struct err *e)
{
    const struct gather_rows *r = gather_rows;
    int64_t pass = journal_get_i64(r->job->journal, "inputs.pass", 0);
    char *after = NULL;
    struct buf line = BUF_INIT;
    size_t n = 1;
    int result = 0;
    while (result == 0 && n > 0) {
        struct journal_remote *page = NULL;
        n = 0;
        if ((result = stopped(r->job, e)) == 0)
            result = journal_inputs_read(r->job->journal, pass, after, FILL_BATCH, &page, &n, e);
        for (size_t i = 0; i < n && result == 0; i++, ++*rows)
            result = put_input(r, &page[i], st, &line, e);
        if (result == 0 && n && str_set(&after, page[n - 1].input_id) != 0)
            result = err_no_memory(e);
        journal_inputs_free(page, n);
        if (result == 0)
            result = journal_put_i64(r->job->journal, "rows.staged", *rows, e);
    }
    buf_release(&line);
    free(after);
    return result;
}

int gather_fill_annotations(void *gather_rows, struct stage *st, int64_t *rows, struct err *e)
{
    const struct gather_rows *r = gather_rows;
    char *after_input = NULL, *after_id = NULL;
    size_t n = 1;
    int result = 0;
    while (result == 0 && n > 0) {
        struct journal_annotation *page = NULL;
        n = 0;
        if ((result = stopped(r->job, e)) == 0)
            result = journal_annotations_read(r->job->journal, after_input, after_id, FILL_BATCH, &page, &n, e);
        for (size_t i = 0; i < n && result == 0; i++, ++*rows)
            result = stage_row(st, page[i].line, strlen(page[i].line), e);
        if (result == 0 && n && (str_set(&after_input, page[n - 1].input_id) != 0 || str_set(&after_id, page[n - 1].id) != 0))
            result = err_no_memory(e);
        journal_annotations_free(page, n);
        if (result == 0)
            result = journal_put_i64(r->job->journal, "rows.staged", *rows, e);
    }
    free(after_input);
    free(after_id);
    return result;
}
