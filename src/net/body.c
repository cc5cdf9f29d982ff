#include "net/body.h"

#include "base/base64.h"

void body_init(struct body *b)
{
    memset(b, 0, sizeof *b);
    buf_init(&b->text, 0);
}

void body_release(struct body *b)
{
    buf_release(&b->text);
    free(b->pieces);
    body_init(b);
}

static int add_piece(struct body *b, const struct body_piece *piece, struct err *e)
{
    if (b->count == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 16;
        struct body_piece *grown = reallocarray(b->pieces, cap, sizeof *grown);
        if (!grown) return err_no_memory(e);
        b->pieces = grown;
        b->cap = cap;
    }
    b->pieces[b->count++] = *piece;
    return 0;
}

static int end_text(struct body *b, struct err *e)
{
    if (buf_error(&b->text, e)) return -1;
    if (b->taken == b->text.len) return 0;
    size_t size = b->text.len - b->taken;
    struct body_piece piece = { .from = b->taken, .size = size, .wire = size };
    if (add_piece(b, &piece, e)) return -1;
    b->taken = b->text.len;
    return 0;
}

int body_add_base64(struct body *b, const void *bytes, size_t size, struct err *e)
{
    if (end_text(b, e)) return -1;
    if (!size) return 0;
    size_t wire = base64_length(size);
    if (wire == SIZE_MAX) return err_set(e, ERR_LIMIT, "%zu bytes are too many to send", size);
    struct body_piece piece = { .bytes = bytes, .size = size, .wire = wire };
    return add_piece(b, &piece, e);
}

uint64_t body_size(const struct body *b)
{
    uint64_t sum = b->text.len - b->taken;
    for (size_t i = 0; i < b->count; i++) sum += b->pieces[i].wire;
    return sum;
}

/* One group of four characters, or what is left of it from `within` on. */
static size_t read_group(const struct body_piece *p, uint64_t offset, char *out, size_t room)
{
    char group[4];
    size_t from = (size_t)(offset / 4) * 3, within = (size_t)(offset % 4), left = p->size - from;
    base64_encode(p->bytes + from, left < 3 ? left : 3, group);
    size_t n = 4 - within;
    if (n > room) n = room;
    memcpy(out, group + within, n);
    return n;
}

static size_t read_base64(const struct body_piece *p, uint64_t offset, char *out, size_t room)
{
    size_t done = 0;
    while (done < room && offset + done < p->wire) {
        uint64_t at = offset + done;
        size_t from = (size_t)(at / 4) * 3, whole = (p->size - from) / 3, fits = (room - done) / 4;
        if (at % 4 || !whole || !fits) {
            done += read_group(p, at, out + done, room - done);
            continue;
        }
        size_t groups = whole < fits ? whole : fits;
        base64_encode(p->bytes + from, groups * 3, out + done);
        done += groups * 4;
    }
    return done;
}

static size_t read_text(const struct body *b, const struct body_piece *p, uint64_t offset, char *out, size_t room)
{
    size_t left = (size_t)(p->wire - offset), n = left < room ? left : room;
    memcpy(out, b->text.data + p->from + (size_t)offset, n);
    return n;
}

static int64_t body_read(void *ctx, char *out, size_t room)
{
    struct body *b = ctx;
    size_t done = 0;
    while (done < room && b->at < b->count) {
        const struct body_piece *p = &b->pieces[b->at];
        size_t n = p->bytes ? read_base64(p, b->offset, out + done, room - done) : read_text(b, p, b->offset, out + done, room - done);
        done += n;
        b->offset += n;
        if (b->offset == p->wire) {
            b->at++;
            b->offset = 0;
        }
    }
    return (int64_t)done;
}

static int body_rewind(void *ctx)
{
    struct body *b = ctx;
    b->at = 0;
    b->offset = 0;
    return 0;
}

int body_source(struct body *b, struct net_source *source, struct err *e)
{
    if (end_text(b, e)) return -1;
    body_rewind(b);
    *source = (struct net_source){ .size = body_size(b), .read = body_read, .rewind = body_rewind, .ctx = b };
    return 0;
}
