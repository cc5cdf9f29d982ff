#include "sandbox/inner.h"
#include "base/json.h"
#include "base/str.h"

struct tally_row { char *name; int64_t value; };
struct tally_list { struct tally_row *rows; size_t count, cap; };
struct tally {
    pthread_mutex_t lock;
    struct tally_list lists[TALLY_KINDS];
};

struct tally *tally_new(void)
{
    struct tally *t = calloc(1, sizeof *t);
    if (t && pthread_mutex_init(&t->lock, NULL) != 0) {
        free(t);
        return NULL;
    }
    return t;
}

static void list_clear(struct tally_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->rows[i].name);
    free(l->rows);
    *l = (struct tally_list){ 0 };
}

void tally_free(struct tally *t)
{
    if (!t)
        return;
    for (int k = 0; k < TALLY_KINDS; k++)
        list_clear(&t->lists[k]);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static struct tally_row *row_find(struct tally_list *l, const char *name)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->rows[i].name, name))
            return &l->rows[i];
    return NULL;
}

/* Finds or makes; NULL only without memory, when counting silently stops. */
static struct tally_row *row_make(struct tally_list *l, const char *name)
{
    struct tally_row *row = row_find(l, name);
    if (row)
        return row;
    if (l->count == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 32;
        struct tally_row *rows = reallocarray(l->rows, cap, sizeof *rows);
        if (!rows)
            return NULL;
        l->rows = rows;
        l->cap = cap;
    }
    char *copy = str_dup(name);
    if (!copy)
        return NULL;
    row = &l->rows[l->count++];
    *row = (struct tally_row){ .name = copy };
    return row;
}

int64_t tally_get(struct tally *t, enum tally_kind kind, const char *name, int64_t otherwise)
{
    pthread_mutex_lock(&t->lock);
    struct tally_row *row = row_find(&t->lists[kind], name);
    int64_t value = row ? row->value : otherwise;
    pthread_mutex_unlock(&t->lock);
    return value;
}

void tally_set(struct tally *t, enum tally_kind kind, const char *name, int64_t value)
{
    pthread_mutex_lock(&t->lock);
    struct tally_row *row = row_make(&t->lists[kind], name);
    if (row)
        row->value = value;
    pthread_mutex_unlock(&t->lock);
}

void tally_add(struct tally *t, enum tally_kind kind, const char *name, int64_t add)
{
    pthread_mutex_lock(&t->lock);
    struct tally_row *row = row_make(&t->lists[kind], name);
    if (row)
        row->value += add;
    pthread_mutex_unlock(&t->lock);
}

int64_t tally_enter(struct tally *t, const char *group)
{
    int64_t now = 0;
    pthread_mutex_lock(&t->lock);
    struct tally_row *row = row_make(&t->lists[TALLY_IN_FLIGHT], group);
    if (row)
        now = ++row->value;
    struct tally_row *most = row_make(&t->lists[TALLY_MAX_IN_FLIGHT], group);
    if (most && most->value < now)
        most->value = now;
    pthread_mutex_unlock(&t->lock);
    return now;
}

void tally_leave(struct tally *t, const char *group)
{
    tally_add(t, TALLY_IN_FLIGHT, group, -1);
}

void tally_reset(struct tally *t)
{
    pthread_mutex_lock(&t->lock);
    list_clear(&t->lists[TALLY_REQUESTS]);
    list_clear(&t->lists[TALLY_COUNTERS]);
    list_clear(&t->lists[TALLY_MAX_IN_FLIGHT]);
    pthread_mutex_unlock(&t->lock);
}

cJSON *tally_json(struct tally *t, enum tally_kind kind)
{
    cJSON *o = cJSON_CreateObject();
    pthread_mutex_lock(&t->lock);
    const struct tally_list *l = &t->lists[kind];
    for (size_t i = 0; o && i < l->count; i++)
        json_put_i64(o, l->rows[i].name, l->rows[i].value);
    pthread_mutex_unlock(&t->lock);
    return o;
}
