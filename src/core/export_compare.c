/*
 * Stage "images", a file that is there where a picture was to be written without overwriting. It is somebody's, or it is the picture itself: a gateway that
 * delivers a request twice passes on the second answer, which is "exists". Only its bytes tell.
 */
#include "core/export.h"
#include "net/databricks_files.h"

struct comparing { const struct export_picture *p; size_t at; bool differs; };

static int differ(struct comparing *c, struct err *e)
{
    c->differs = true;
    return err_set(e, ERR_CONFLICT, "the file is another");
}

static int compare_begin(void *ctx, int status, int64_t size, const char *content_type, struct err *e)
{
    struct comparing *c = ctx;
    (void)status, (void)content_type;
    c->at = 0;
    return size >= 0 && (uint64_t)size != c->p->size ? differ(c, e) : 0;
}

static int compare_write(void *ctx, const char *bytes, size_t n, struct err *e)
{
    struct comparing *c = ctx;
    if (n > c->p->size - c->at || memcmp(c->p->bytes + c->at, bytes, n) != 0)
        return differ(c, e);
    c->at += n;
    return 0;
}

int export_compare(struct stages_job *job, const struct export_picture *p, const char *path, struct err *why)
{
    struct comparing c = {.p = p};
    struct net_sink sink = {.begin = compare_begin, .write = compare_write, .ctx = &c};
    struct net_answer answer;
    struct err e = {0};
    net_answer_init(&answer);
    int result = databricks_file_get(&job->files, path, &sink, &answer, &e);
    net_answer_release(&answer);
    if (result == 0 && c.at == p->size)
        return 0;
    if (c.differs || result == 0)
        why->code = ERR_CONFLICT;
    else if (err_parks(&e) || e.code == ERR_CANCELLED || e.code == ERR_NO_MEMORY || (why->code == ERR_CONFLICT && err_passes(&e)))
        *why = e;
    else if (e.code == ERR_NOT_FOUND)
        why->code = ERR_UNKNOWN;     /* it is gone again */
    return -1;
}
