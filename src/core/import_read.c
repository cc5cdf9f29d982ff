/* Pictures of stage "send" on their way into memory: read whole, hashed and looked at, or compared with what Clarifai holds; what cannot be read has its end. */
#include "core/import.h"
#include "base/hash.h"
#include "base/timefmt.h"
#include "core/media.h"
#include "net/databricks_files.h"
#include <sys/mman.h>
#include <unistd.h>

/* --- memory --- */

static size_t page_round(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (n + page) / page * page;      /* one byte more than n at least: a longer file is noticed */
}

static void unmap(struct picture *p)
{
    if (p->bytes)
        munmap(p->bytes, p->room);
    p->bytes = NULL;
}

void import_picture_free(struct picture *p)
{
    struct journal_item *one = &p->item;
    char *texts[] = {one->key, one->source, one->sha256, one->input_id, one->code, one->reason, p->detail};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    journal_remote_release(&one->remote);
    unmap(p);
    free(p);
}

void import_discard(struct import *im, struct picture *p)
{
    pthread_mutex_lock(&im->lock);
    im->send.used -= p->room;
    pthread_mutex_unlock(&im->lock);
    import_picture_free(p);
}

/* --- outcomes of one item --- */

static int settle_item(struct stages_job *job, const struct picture *p, enum journal_state to, const char *code, const char *reason, struct err *e)
{
    struct journal_change c = {.id = p->item.id, .to = to, .code = code, .reason = reason};
    return journal_apply(job->journal, &c, 1, e);
}

/* What a failed read means: park, once more, or the item's failure. */
static int read_failed(struct stages_job *job, struct picture *p, struct err *e)
{
    struct journal_change again = {.id = p->item.id, .to = JOURNAL_PLANNED};
    struct err ignored = {0};
    char reason[sizeof e->cause];
    if (err_parks(e) || e->code == ERR_CANCELLED || e->code == ERR_NO_MEMORY) {
        journal_apply(job->journal, &again, 1, &ignored);
        return -1;
    }
    if (err_passes(e) && p->item.attempt + 1 < STAGES_ATTEMPTS_MAX) {
        again.attempt = true;
        return journal_apply(job->journal, &again, 1, e);
    }
    snprintf(reason, sizeof reason, e->code == ERR_NOT_FOUND ? "the file is no longer there" : "the file cannot be read: %s", e->cause);
    return settle_item(job, p, JOURNAL_FAILED, e->api_code[0] ? e->api_code : err_code_name(e->code), reason, e);
}

/* --- reading --- */

struct reading {
    struct picture *picture;     /* bytes NULL: only hashed (comparing) */
    struct hash *hash;           /* of what is not kept */
    unsigned char head[MEDIA_HEAD];
    size_t got;
    bool longer;
};

static int read_begin(void *ctx, int status, int64_t size, const char *content_type, struct err *e)
{
    struct reading *r = ctx;
    (void)status, (void)content_type;
    r->got = 0;
    hash_free(r->hash);
    r->hash = r->picture->bytes ? NULL : hash_new_sha256();
    if (!r->hash && !r->picture->bytes)
        return err_no_memory(e);
    r->longer = size >= 0 && (uint64_t)size != r->picture->item.size;
    return r->longer ? err_set(e, ERR_CONFLICT, "the file changed") : 0;
}

static int read_write(void *ctx, const char *bytes, size_t n, struct err *e)
{
    struct reading *r = ctx;
    struct picture *p = r->picture;
    if (p->item.size - r->got < n) {
        r->longer = true;
        return err_set(e, ERR_CONFLICT, "the file changed");
    }
    for (size_t i = 0; r->got + i < MEDIA_HEAD && i < n; i++)
        r->head[r->got + i] = (unsigned char)bytes[i];
    if (p->bytes)
        memcpy(p->bytes + r->got, bytes, n);   /* hashed later, off the engine's thread */
    else
        hash_add(r->hash, bytes, n);
    r->got += n;
    return 0;
}

/* 0 read whole, 1 the file is not as listed any more, -1. */
static int read_file(struct stages_job *job, struct reading *r, struct err *e)
{
    struct picture *p = r->picture;
    struct net_sink sink = {.begin = read_begin, .write = read_write, .ctx = r};
    struct net_answer answer;
    int64_t us = 0;
    net_answer_init(&answer);
    int result = databricks_file_get(&job->files, p->item.key, &sink, &answer, e);
    if (result != 0 && r->longer)
        result = 1;
    else if (result == 0 && r->got != p->item.size)
        result = 1;
    /* Same size, but written since it was listed: the fingerprint carries the newer time. */
    else if (result == 0 && time_parse_http(answer.last_modified, &us) && us / 1000000 != p->item.modified_ms / 1000)
        p->item.modified_ms = us / 1000;
    net_answer_release(&answer);
    if (result == 0) {
        if (p->bytes)
            hash_sha256(p->bytes, r->got, p->sha256);
        else
            hash_end(r->hash, p->sha256, sizeof p->sha256);
        p->size = r->got;
        if (!p->sha256[0])                   /* nothing may be sent, or taken for the same, by a hash that is none */
            result = err_no_memory(e);
    }
    return result;
}

/* The file is not what was listed: taken once more with its new size, as planned. */
static int relist(struct stages_job *job, struct picture *p, struct err *e)
{
    struct journal_change c = {.id = p->item.id, .to = JOURNAL_PLANNED, .attempt = true, .resized = true};
    if (p->item.attempt > 0)
        return settle_item(job, p, JOURNAL_FAILED, "CHANGED", "not sent: the file changes while it is read", e);
    if (databricks_file_head(&job->files, p->item.key, &c.size, &c.modified_ms, e) != 0)
        return read_failed(job, p, e);
    if (!c.modified_ms)
        c.modified_ms = p->item.modified_ms;
    return journal_apply(job->journal, &c, 1, e);
}

/* A file seen before whose time changed: same hash, or a conflict. */
static int compare_file(struct stages_job *job, struct picture *p, struct err *e)
{
    struct import *im = job->verb;
    struct reading r = {.picture = p};
    struct journal_remote remote;
    struct journal_change c = {.id = p->item.id, .set_action = true};
    int result = read_file(job, &r, e);
    hash_free(r.hash);
    if (result == 1)
        result = settle_item(job, p, JOURNAL_CONFLICT, "CHANGED", im->changed, e);
    else if (result < 0)
        result = read_failed(job, p, e);
    else if ((result = journal_remote_get(job->journal, p->item.input_id, &remote, e)) >= 0) {
        bool same = result == 1 && str_eq(remote.sha256, p->sha256), in = remote.in_dataset, pending = clarifai_status_pending(remote.code);
        journal_remote_release(&remote);
        c.to = !same ? JOURNAL_CONFLICT : !in ? JOURNAL_PLANNED : pending ? JOURNAL_ACCEPTED : JOURNAL_PRESENT;
        c.action = same && !in ? JOURNAL_ADD : JOURNAL_NOTHING;
        c.settled = c.to == JOURNAL_PRESENT;
        c.sha256 = p->sha256;
        c.code = same ? NULL : "CHANGED";
        c.reason = same ? NULL : im->changed;
        result = journal_apply(job->journal, &c, 1, e);
    }
    import_discard(im, p);
    return result < 0 ? -1 : STAGES_DID;
}

void import_make_ready(struct import *im, struct picture *p)
{
    p->next = NULL;
    pthread_mutex_lock(&im->lock);
    *im->send.ready_end = p;
    im->send.ready_end = &p->next;
    im->send.ready_count++;
    im->send.ready_bytes += p->size;
    pthread_mutex_unlock(&im->lock);
}

static const char *unusable(const struct picture *p)
{
    return p->item.size == 0 ? "the file is empty"
        : p->item.size >= CLARIFAI_IMAGE_MAX ? "the file is not smaller than 20 MB, the most that Clarifai takes" : NULL;
}

static int fetch_picture(struct stages_job *job, struct picture *p, struct err *e)
{
    struct import *im = job->verb;
    struct reading r = {.picture = p};
    char reason[96];
    void *room = mmap(NULL, p->room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    int result = -1;
    if (room == MAP_FAILED) {
        err_no_memory(e);
    } else {
        p->bytes = room;
        result = read_file(job, &r, e);
    }
    hash_free(r.hash);
    if (result == 0 && media_sniff(r.head, r.got < MEDIA_HEAD ? r.got : MEDIA_HEAD) != MEDIA_NONE) {
        import_make_ready(im, p);
        return STAGES_DID;
    }
    if (result == 0) {
        snprintf(reason, sizeof reason, "not a picture that Clarifai takes (%s)", media_describe(r.head, r.got < MEDIA_HEAD ? r.got : MEDIA_HEAD));
        result = settle_item(job, p, JOURNAL_SKIPPED, "NO_PICTURE", reason, e);
    } else {
        result = result == 1 ? relist(job, p, e) : read_failed(job, p, e);
    }
    import_discard(im, p);
    return result != 0 ? -1 : STAGES_DID;
}

/* A row is in the journal; Clarifai fetches the picture. */
static int fetch_row(struct stages_job *job, struct picture *p, struct err *e)
{
    struct import *im = job->verb;
    p->detail = journal_item_detail(job->journal, p->item.id, e);
    if (!p->detail) {
        import_discard(im, p);
        return -1;
    }
    p->size = strlen(p->detail);
    str_copy(p->sha256, sizeof p->sha256, p->item.sha256 ? p->item.sha256 : "");
    import_make_ready(im, p);
    return STAGES_DID;
}

int import_take(struct stages_job *job, struct picture *p, struct err *e)
{
    struct import *im = job->verb;
    if (p->item.action == JOURNAL_ADD) {
        import_make_ready(im, p);
        return STAGES_DID;
    }
    if (im->by_url)
        return fetch_row(job, p, e);
    if (p->item.action == JOURNAL_COMPARE)
        return compare_file(job, p, e);
    const char *why = unusable(p);
    if (!why)
        return fetch_picture(job, p, e);
    /* As listed it cannot be sent; a retry comes here because the file may have been mended. */
    int result = p->item.attempt == 0 ? relist(job, p, e)
                                      : settle_item(job, p, JOURNAL_FAILED, p->item.size ? "TOO_LARGE" : "EMPTY", why, e);
    import_discard(im, p);
    return result != 0 ? -1 : STAGES_DID;
}

/* A row's text is there twice when it is posted. */
size_t import_room(const struct import *im, const struct picture *p)
{
    if (p->item.action != JOURNAL_SEND)
        return 0;
    return im->by_url ? (size_t)p->item.size * 2 : unusable(p) ? 0 : page_round(p->item.size);
}
