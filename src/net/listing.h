#ifndef LAKEFERRY_NET_LISTING_H
#define LAKEFERRY_NET_LISTING_H
/*
 * listing: a sink that splits one page of a list while it arrives. When an answer broke in the middle and the page is asked for again, the
 * elements already given are not given twice (a named list is a set, told by content; a bare array is rows, told by position). Filled on the engine
 * thread while the lane waits; the lane reads the rest afterwards.
 */
#include "net/engine.h"

#define LISTING_ELEMENT_MAX ((size_t)16 << 20)
#define LISTING_PAGE_MAX (2 << 20)  /* elements of one page; each is remembered by 8 bytes, so that what a server sends sizes nothing */

typedef int (*listing_each)(void *ctx, const cJSON *element, struct err *e);
struct listing {
    const char *key;            /* the array's name; NULL: the whole answer is the array */
    const char *service;        /* for the sentence when a web page comes instead of JSON */
    listing_each each;
    void *ctx;
    int count;                  /* elements of the newest attempt */
    /* the rest is listing's own */
    struct json_split *split;
    cJSON *rest;
    uint64_t *seen;             /* hashes of the elements given; the first `known` are sorted and of earlier attempts */
    size_t seen_count, seen_cap, known; /* of a bare array only the numbers count */
    bool any_bytes;
};

void listing_init(struct listing *l, const char *service, const char *key, listing_each each, void *ctx);
void listing_release(struct listing *l);
struct net_sink listing_sink(struct listing *l);
/* What came around the array (stays the listing's); {} for an empty answer. NULL with e when it was not one whole object. */
const cJSON *listing_rest(struct listing *l, struct err *e);
/* True for the content types of web pages. */
bool listing_is_html(const char *content_type);
/* ERR_PROTOCOL: a web page came where the service's JSON was expected. Returns -1. */
int listing_not_the_api(struct err *e, const char *service, int status);
#endif
