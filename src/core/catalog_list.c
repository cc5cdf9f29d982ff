#include "core/catalog_list.h"
#include <stdatomic.h>

#define CHUNK ((size_t)16 << 10)

/* Texts of all entries, in chunks that never move. */
struct chunk { struct chunk *next; char bytes[]; };
struct catalog_texts { atomic_int users; struct chunk *chunks; char *at; size_t room; };
/* A snapshot's entries, shared by its later copies. */
struct rows { atomic_int users; struct catalog_texts *texts; struct catalog_entry entries[]; };
struct snapshot { struct catalog_list list; atomic_int users; struct rows *rows; };

static void texts_leave(struct catalog_texts *t)
{
    if (!t || atomic_fetch_sub(&t->users, 1) > 1)
        return;
    for (struct chunk *c = t->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    free(t);
}

static void rows_leave(struct rows *r)
{
    if (!r || atomic_fetch_sub(&r->users, 1) > 1)
        return;
    texts_leave(r->texts);
    free(r);
}

static char *texts_add(struct catalog_texts *t, const char *text)
{
    size_t n = text ? strlen(text) + 1 : 1;

    if (n > t->room) {
        size_t room = n > CHUNK ? n : CHUNK;
        struct chunk *c = malloc(sizeof *c + room);
        if (!c)
            return NULL;
        c->next = t->chunks;
        t->chunks = c;
        t->at = c->bytes;
        t->room = room;
    }
    char *out = t->at;
    memcpy(out, text ? text : "", n);
    t->at += n;
    t->room -= n;
    return out;
}

int catalog_build_init(struct catalog_build *b, struct err *e)
{
    memset(b, 0, sizeof *b);
    b->texts = calloc(1, sizeof *b->texts);
    if (!b->texts)
        return err_no_memory(e);
    atomic_init(&b->texts->users, 1);
    return 0;
}

void catalog_build_release(struct catalog_build *b)
{
    texts_leave(b->texts);
    free(b->entries);
    memset(b, 0, sizeof *b);
}

int catalog_build_add(struct catalog_build *b, const struct catalog_entry *entry, struct err *e)
{
    if (b->count == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 64;
        struct catalog_entry *grown = realloc(b->entries, cap * sizeof *grown);
        if (!grown)
            return err_no_memory(e);
        b->entries = grown;
        b->cap = cap;
    }
    struct catalog_entry *en = &b->entries[b->count];
    *en = *entry;
    en->name = texts_add(b->texts, entry->name);
    en->type = texts_add(b->texts, entry->type);
    en->comment = texts_add(b->texts, entry->comment);
    if (!en->name || !en->type || !en->comment)
        return err_no_memory(e);
    b->count++;
    return 0;
}

static int compare(const void *left, const void *right)
{
    const struct catalog_entry *a = left, *b = right;

    return a->kind != b->kind ? (a->kind < b->kind ? -1 : 1) : strcmp(a->name, b->name);
}

static struct catalog_list *wrap(struct rows *rows, size_t count, const char *place)
{
    struct snapshot *s = calloc(1, sizeof *s);

    if (s)
        s->list.place = str_dup(place);
    if (!s || !s->list.place) {
        free(s);
        rows_leave(rows);
        return NULL;
    }
    atomic_init(&s->users, 1);
    s->rows = rows;
    s->list.entries = rows ? rows->entries : NULL;
    s->list.count = count;
    return &s->list;
}

struct catalog_list *catalog_build_snapshot(const struct catalog_build *b, const char *place)
{
    struct rows *rows = malloc(sizeof *rows + b->count * sizeof rows->entries[0]);

    if (!rows)
        return NULL;
    atomic_init(&rows->users, 1);
    rows->texts = b->texts;
    atomic_fetch_add(&b->texts->users, 1);
    if (b->count)
        memcpy(rows->entries, b->entries, b->count * sizeof rows->entries[0]);
    if (b->count && b->entries[0].kind != CATALOG_COLUMN)
        qsort(rows->entries, b->count, sizeof rows->entries[0], compare);
    return wrap(rows, b->count, place);
}

struct catalog_list *catalog_list_again(const struct catalog_list *from, const char *place)
{
    struct rows *rows = from ? ((const struct snapshot *)(const void *)from)->rows : NULL;

    if (rows)
        atomic_fetch_add(&rows->users, 1);
    struct catalog_list *l = wrap(rows, from ? from->count : 0, place);
    if (l && from) {
        l->complete = from->complete;
        l->listed_at_ms = from->listed_at_ms;
        l->from_disk = from->from_disk;
    }
    return l;
}

const struct catalog_list *catalog_list_ref(const struct catalog_list *l)
{
    if (l)
        atomic_fetch_add(&((struct snapshot *)(uintptr_t)l)->users, 1);
    return l;
}

void catalog_list_unref(const struct catalog_list *l)
{
    struct snapshot *s = (struct snapshot *)(uintptr_t)l;

    if (!s || atomic_fetch_sub(&s->users, 1) > 1)
        return;
    rows_leave(s->rows);
    free(s->list.place);
    free(s);
}
