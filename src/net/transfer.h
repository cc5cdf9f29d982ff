#ifndef LAKEFERRY_NET_TRANSFER_H
#define LAKEFERRY_NET_TRANSFER_H
/*
 * transfer: one attempt of one request on one curl handle: options, headers, body both ways, and what its end means. Begun and ended on the engine
 * thread; it is inside its call, which waits meanwhile.
 */
#include "net/engine.h"
#include <curl/curl.h>

struct transfer_rules {
    int64_t connect_ms;
    int64_t total_ms;             /* 0: none (bulk) */
    int64_t stall_ms;
    const char *ca_file;
};

struct transfer_end_point { char host[64]; int port; };   /* an address in digits */

/* What the end of an attempt means for asking again. */
enum transfer_end {
    TRANSFER_ANSWER,              /* an HTTP answer arrived whole */
    TRANSFER_UNREACHABLE,         /* no connection: nothing was sent */
    TRANSFER_LOST,                /* cut or timed out; see sent */
    TRANSFER_FATAL                /* asking again is useless (certificate, sink, source, limit) */
};

struct transfer {
    const struct net_request *request;   /* borrowed, as site and answer */
    struct net_site *site;
    struct net_answer *answer;
    const char *url;                     /* whole URL, borrowed */
    const char *host;                    /* for people, borrowed */
    bool owned;                          /* the site owns the URL: credential and site headers are sent */
    bool loopback;
    CURL *easy;
    struct curl_slist *headers;
    unsigned generation;                 /* of the credential sent */
    uint64_t read_bytes;                 /* of the request's body */
    uint64_t moved;                      /* bytes of bodies both ways, for the stall rule */
    struct transfer_end_point local, remote;   /* of its connection, once connected */
    bool connected, sent, sink_began, enough, rewind_needed;
    bool heard;                          /* an answer has begun */
    bool stalled;                        /* set by the engine before transfer_finish with CURLE_OPERATION_TIMEDOUT */
    struct transfer_rules rules;
    int64_t date_us;                     /* the answer's own clock, 0 unknown */
    char retry_after[64];
    char location[256];                  /* without query */
    struct err err;                      /* of sink, source or bounds */
    char curl_error[CURL_ERROR_SIZE];
};

/* May be sent again after a lost answer. */
bool transfer_repeatable(const struct net_request *r);
const char *transfer_method(enum net_method m);
/* Prepares easy (fresh or reset) for the attempt. On failure e is filled and the transfer holds nothing. */
int transfer_begin(struct transfer *t, CURL *easy, const struct transfer_rules *rules, struct err *e);
/* After curl's verdict: takes status and headers, ends the sink, fills e unless TRANSFER_ANSWER. */
enum transfer_end transfer_finish(struct transfer *t, CURLcode code, struct err *e);
/* Frees the headers (wiping them). The easy handle is the engine's. */
void transfer_release(struct transfer *t);

/* --- shared by transfer*.c --- */
int transfer_status(const struct transfer *t);               /* HTTP status so far, 0 before it is known */
bool transfer_success(int status);                           /* 2xx */
int64_t transfer_length(const struct transfer *t);           /* the body's declared bytes, -1 unknown */
/* Tells the sink, once, that a body comes. On failure t->err is filled. */
int transfer_sink_begin(struct transfer *t, int status);
#endif
