#ifndef LAKEFERRY_SANDBOX_INNER_H
#define LAKEFERRY_SANDBOX_INNER_H
/*
 * inner: what the files of the server share and no handler of Clarifai needs: the platform's parts, its counters and
 * settings (tally), and the life of one request (request.c → gate.c → handler → reply.c). Parts lock themselves; a request
 * belongs to the libmicrohttpd thread of its connection.
 */
#include "sandbox/faults.h"
#include "sandbox/record.h"
#include "sandbox/server.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

struct sandbox {
    char *dir;
    char origin[64], image_origin[64];
    int lock_fd, api_fd, image_fd;
    struct lake *lake;
    struct clarifai_store *clarifai;
    struct tally *tally;
    struct faults *faults;
    struct record *record;             /* NULL when nothing is recorded */
    struct gate *gate;
    struct clusters *clusters;
    struct contexts *contexts;
    struct warehouses *warehouses;
    struct statements *statements;
    struct secrets *secrets;
    struct MHD_Daemon *api, *images;
    pthread_mutex_t stop_lock;
    pthread_cond_t stop_cond;          /* stopping, or jobs changed */
    bool stopping;
    int jobs;                          /* SQL threads alive; under stop_lock */
    _Atomic int64_t last_request_ms;
    atomic_int open_requests;
};

/* Sleeps unless the platform stops meanwhile (false). */
bool sandbox_sleep(struct sandbox *s, int64_t ms);
bool sandbox_stopping(struct sandbox *s);
/* A condition variable on the monotonic clock; and waiting on it up to a time_mono_ms() deadline (false: passed). */
int sandbox_cond_init(pthread_cond_t *c);
bool sandbox_cond_wait(pthread_cond_t *c, pthread_mutex_t *m, int64_t deadline_ms);
/* n random bytes as lower-case hex (2n + 1 room); and a UUID (37 room). */
void sandbox_random_hex(char *out, size_t n);
void sandbox_random_uuid(char out[37]);

/* --- ports --- */
/* Listens for the platform on `port` and for the image host on the next one; 0: both where they were the last time on this data (ports.json in the
 * folder), each on a free one when its own is taken or it never had one. Fills the descriptors (sandbox_stop closes them) and the origins. The
 * starting thread, with the folder's lock. ERR_IO naming the address when the port asked for is taken. */
int ports_open(struct sandbox *s, int port, struct err *e);

/* --- tally: named numbers, any thread --- */
enum tally_kind { TALLY_REQUESTS, TALLY_COUNTERS, TALLY_SETTINGS, TALLY_IN_FLIGHT, TALLY_MAX_IN_FLIGHT, TALLY_KINDS };
struct tally *tally_new(void);
void tally_free(struct tally *t);
int64_t tally_get(struct tally *t, enum tally_kind kind, const char *name, int64_t otherwise);
void tally_set(struct tally *t, enum tally_kind kind, const char *name, int64_t value);
void tally_add(struct tally *t, enum tally_kind kind, const char *name, int64_t add);
/* One more (fewer) request of a group under way; enter returns the number including this one. */
int64_t tally_enter(struct tally *t, const char *group);
void tally_leave(struct tally *t, const char *group);
void tally_reset(struct tally *t);                     /* requests, counters, maxima */
cJSON *tally_json(struct tally *t, enum tally_kind kind);

/* --- request --- */
struct request_pair { char *name, *value; };
struct route_match {
    const struct route *route;         /* NULL when none */
    char *captures[6];
    char allow[80];                    /* methods of rows whose path matches */
};
struct request {
    struct sandbox *sandbox;
    struct MHD_Connection *connection;
    bool image_port, begun, refused, malformed;
    char *path, *query_text;           /* raw */
    struct request_pair *query;
    int query_count;
    struct route_match match;
    struct fault_pick fault;
    struct route_call call;
    struct route_answer answer;
    struct buf body;
    cJSON *body_json;
    int body_fd;
    char *body_path;
    uint64_t body_size;
    int body_error;                    /* HTTP status the body earned while it came in, 0 none */
    char request_id[37];
    const char *group;                 /* of in-flight counting, NULL when not entered */
    struct err error;
};

/* libmicrohttpd's callbacks, from the raw target to the last byte of the answer; request_new_image is the image host's. */
void *request_new(void *sandbox, const char *uri, struct MHD_Connection *connection);
void *request_new_image(void *sandbox, const char *uri, struct MHD_Connection *connection);
enum MHD_Result request_serve(void *sandbox, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *n, void **request);
void request_done(void *sandbox, struct MHD_Connection *connection, void **request, enum MHD_RequestTerminationCode why);

/* Finds the row; literal segments win over captures. HEAD falls back to GET. */
void route_find(const struct route *const *tables, const char *method, const char *raw_path, struct route_match *m);
void route_match_release(struct route_match *m);
/* False with a sentence in text for a query parameter that the row does not list, that is there twice though it is no list,
 * or that is a flag and neither true nor false. */
bool route_query_fits(const struct route *row, const struct request *r, char *text, size_t size);
bool route_json_declared(const struct route_call *c);      /* Content-Type says that the body is JSON */
/* False with the name of the first body member that the list does not have. */
bool route_body_allowed(const char *list, const cJSON *body, char *unknown, size_t size);
/* False with the name of the first member of a workspace's body whose value, or one below it, is of the wrong type. */
bool route_body_typed(const cJSON *body, char *wrong, size_t size);
/* The failure of a request in the envelope of its side: by the row's auth or else the path. */
void route_fail_for(struct request *r, int status, const char *databricks_code, int clarifai_code, const char *text);
/* Which request this thread answers: gives envelopes their request id and empty list. */
void route_current(const struct request *r);
void route_answer_release(struct route_answer *a);

/* Authenticates and applies quotas; false with the refusal in r->answer. gate_leave gives back what it took. */
struct gate *gate_new(void);
void gate_free(struct gate *g);
bool gate_pass(struct request *r);
void gate_leave(struct request *r);
/* A fresh OAuth access token living life_s seconds. */
int gate_issue(struct gate *g, int64_t life_s, char *out, size_t size);
bool gate_is_reader(const char *user);     /* the user without any write privilege */
bool gate_lacks_volumes(const char *user); /* neither CREATE VOLUME nor WRITE VOLUME: the reader, and one who may make tables */

/* Shapes r->answer by the fault, records and queues it. */
enum MHD_Result reply_send(struct request *r);
/* Breaks the connection with a TCP reset. */
void reply_reset(struct MHD_Connection *connection);
#endif
