#include "net/listing.h"
#include "base/hash.h"

#include <strings.h>

void listing_init(struct listing *l, const char *service, const char *key, listing_each each, void *ctx)
{
    *l = (struct listing){ .service = service, .key = key, .each = each, .ctx = ctx };
}

void listing_release(struct listing *l)
{
    json_split_free(l->split);
    cJSON_Delete(l->rest);
    free(l->seen);
    l->split = NULL;
    l->rest = NULL;
    l->seen = NULL;
}

bool listing_is_html(const char *content_type)
{
    return content_type && (!strncasecmp(content_type, "text/html", 9) || !strncasecmp(content_type, "application/xhtml", 17));
}

int listing_not_the_api(struct err *e, const char *service, int status)
{
    err_set(e, ERR_PROTOCOL, "a web page came back instead of an answer of the %s API", service);
    if (e) e->http = status;
    return err_remedy(e, "check the host address, and whether a proxy, VPN or sign-in page stands in between");
}

/* Over the whole tree: equal elements give equal sums. */
static uint64_t hash_tree(uint64_t sum, const cJSON *item)
{
    for (; item; item = item->next) {
        int type = item->type & 0xFF;
        sum = hash_fnv(sum, &type, sizeof type);
        if (item->string) sum = hash_fnv(sum, item->string, strlen(item->string) + 1);
        if (cJSON_IsString(item) && item->valuestring) sum = hash_fnv(sum, item->valuestring, strlen(item->valuestring) + 1);
        if (cJSON_IsNumber(item)) sum = hash_fnv(sum, &item->valuedouble, sizeof item->valuedouble);
        if (item->child) sum = hash_tree(sum, item->child);
        sum = hash_fnv(sum, "", 1);
    }
    return sum;
}

static int hash_order(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int remember(struct listing *l, uint64_t sum, struct err *e)
{
    if (l->seen_count == l->seen_cap) {
        size_t cap = l->seen_cap ? l->seen_cap * 2 : 64;
        uint64_t *grown = reallocarray(l->seen, cap, sizeof *grown);
        if (!grown) return err_no_memory(e);
        l->seen = grown;
        l->seen_cap = cap;
    }
    l->seen[l->seen_count++] = sum;
    return 0;
}

static int take_element(void *ctx, cJSON *element, struct err *e)
{
    struct listing *l = ctx;
    if (++l->count > LISTING_PAGE_MAX) return err_set(e, ERR_LIMIT, "a page of the %s list has more than %d elements", l->service, LISTING_PAGE_MAX);
    bool given;
    if (l->key) {
        uint64_t sum = hash_tree(HASH_FNV, element);
        given = l->known && bsearch(&sum, l->seen, l->known, sizeof sum, hash_order);
        if (!given && remember(l, sum, e)) return -1;
    } else {
        /* Equal rows are all meant, and their order is fixed. */
        given = (size_t)l->count <= l->known;
        if (!given) l->seen_count++;
    }
    return given || !l->each ? 0 : l->each(l->ctx, element, e);
}

static int page_begin(void *ctx, int status, int64_t size, const char *content_type, struct err *e)
{
    struct listing *l = ctx;
    (void)size;
    if (listing_is_html(content_type)) return listing_not_the_api(e, l->service, status);
    json_split_free(l->split);
    cJSON_Delete(l->rest);
    l->rest = NULL;
    l->count = 0;
    l->any_bytes = false;
    l->known = l->seen_count;
    if (l->key && l->known) qsort(l->seen, l->known, sizeof *l->seen, hash_order);
    l->split = json_split_new(l->key ? l->key : "array", LISTING_ELEMENT_MAX, take_element, l);
    if (!l->split) return err_no_memory(e);
    /* The splitter wants an object: a bare array becomes a member of one. */
    return l->key ? 0 : json_split_feed(l->split, "{\"array\":", 9, e);
}

static int page_write(void *ctx, const char *bytes, size_t n, struct err *e)
{
    struct listing *l = ctx;
    if (n) l->any_bytes = true;
    return json_split_feed(l->split, bytes, n, e);
}

struct net_sink listing_sink(struct listing *l)
{
    return (struct net_sink){ .begin = page_begin, .write = page_write, .ctx = l };
}

const cJSON *listing_rest(struct listing *l, struct err *e)
{
    if (l->rest) return l->rest;
    if (!l->split || (!l->any_bytes && l->key)) {
        l->rest = cJSON_CreateObject();
        if (!l->rest) err_no_memory(e);
        return l->rest;
    }
    if (!l->key && json_split_feed(l->split, "}", 1, e)) return NULL;
    l->rest = json_split_end(l->split, e);
    json_split_free(l->split);
    l->split = NULL;
    return l->rest;
}
