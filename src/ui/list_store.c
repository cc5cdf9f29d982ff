/* Rows kept in blocks of text, as a source for lists. */
#include "base/str.h"
#include "ui/list.h"

#define BLOCK_BYTES ((size_t)64 << 10)

struct list_item { const char *id, *name, *note; char kind; unsigned char role, note_role; };
struct list_block { struct list_block *next; size_t used, size; char bytes[]; };

void list_store_init(struct list_store *s)
{
    *s = (struct list_store){ 0 };
}

void list_store_release(struct list_store *s)
{
    for (struct list_block *b = s->blocks; b;) {
        struct list_block *next = b->next;
        free(b);
        b = next;
    }
    free(s->items);
    list_store_init(s);
}

static const char *store_copy(struct list_store *s, const char *text)
{
    if (!text)
        return NULL;
    size_t n = strlen(text) + 1;
    if (!s->blocks || s->blocks->size - s->blocks->used < n) {
        /* small stores stay small: blocks double up to their full size */
        size_t size = s->blocks ? s->blocks->size * 2 : 1024;
        size = size > BLOCK_BYTES ? BLOCK_BYTES : size;
        size = size < n ? n : size;
        struct list_block *b = malloc(sizeof *b + size);
        if (!b)
            return NULL;
        *b = (struct list_block){ .next = s->blocks, .size = size };
        s->blocks = b;
    }
    char *copy = s->blocks->bytes + s->blocks->used;
    memcpy(copy, text, n);
    s->blocks->used += n;
    return copy;
}

int list_store_add(struct list_store *s, const struct list_row *row, struct err *e)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 32;
        struct list_item *items = realloc(s->items, cap * sizeof *items);
        if (!items)
            return err_no_memory(e);
        s->items = items;
        s->cap = cap;
    }
    struct list_item it = { .kind = row->kind, .role = (unsigned char)row->role, .note_role = (unsigned char)row->note_role };
    it.name = store_copy(s, row->name ? row->name : "");
    it.id = row->id ? store_copy(s, row->id) : it.name;
    it.note = store_copy(s, row->note);
    if (!it.name || !it.id || (row->note && !it.note))
        return err_no_memory(e);
    s->items[s->count++] = it;
    return 0;
}

static size_t store_count(const void *ctx)
{
    return ((const struct list_store *)ctx)->count;
}

static void store_row(const void *ctx, size_t i, struct list_row *out)
{
    const struct list_item *it = &((const struct list_store *)ctx)->items[i];
    *out = (struct list_row){ it->id, it->name, it->note, it->kind, (enum theme_role)it->role, (enum theme_role)it->note_role };
}

struct list_source list_store_source(const struct list_store *s)
{
    return (struct list_source){ (void *)s, store_count, store_row };
}
