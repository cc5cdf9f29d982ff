#ifndef LAKEFERRY_SANDBOX_SERVER_H
#define LAKEFERRY_SANDBOX_SERVER_H
/*
 * server: the local platform's HTTP side on libmicrohttpd (loopback only). Routes are rows of constant tables; the server
 * matches, authenticates, applies quota and faults, checks query parameters against the row's list, streams bodies,
 * counts, records. Handlers run on libmicrohttpd's threads.
 */
#include "sandbox/lake.h"
#include <cjson/cJSON.h>

struct sandbox_options {
    const char *dir;               /* data folder, created when missing */
    int port;                      /* 0: those of the last time on this data, else free ones; else the platform here and the image host on port + 1 */
    const char *faults_file;       /* JSON array of fault rules, or NULL */
    const char *record_dir;        /* records every request and statement below it, or NULL */
};
struct sandbox;            /* the whole platform: lake, clarifai store, clock, settings, counters */
/* Opens the data (seeding at the first start), listens, and answers until sandbox_stop. ERR_CONFLICT when another
 * instance has the folder. One thread starts and stops. */
struct sandbox *sandbox_start(const struct sandbox_options *o, struct err *e);
void sandbox_stop(struct sandbox *s);
/* Milliseconds since a request began or ended; 0 while one is under way. */
int64_t sandbox_idle_ms(struct sandbox *s);
struct lake *sandbox_lake(struct sandbox *s);
struct clarifai_store *sandbox_clarifai(struct sandbox *s);
const char *sandbox_dir(struct sandbox *s);
int64_t sandbox_now_us(struct sandbox *s);
/* A setting that the control endpoint can change ("clarifai.process_ms", "cluster.start_ms"); the default when never set. */
int64_t sandbox_setting(struct sandbox *s, const char *name, int64_t otherwise);
/* Adds to a counter that GET /_control/counters shows. */
void sandbox_count(struct sandbox *s, const char *name, int64_t add);
/* "http://127.0.0.1:PORT" of the platform, and of the image host on its own port. */
const char *sandbox_origin(struct sandbox *s);
const char *sandbox_image_origin(struct sandbox *s);

enum route_auth { ROUTE_PUBLIC, ROUTE_DATABRICKS, ROUTE_CLARIFAI, ROUTE_CONTROL, ROUTE_IMAGES };

struct route_call {                    /* one request, as a handler sees it */
    struct sandbox *sandbox;
    const char *method;
    const char *path;                  /* decoded per segment for captures; raw here */
    const char *captures[6];           /* decoded {…} of the pattern, in order; a trailing {…*} takes the rest */
    const char *user;                  /* who authenticated */
    const cJSON *body;                 /* parsed JSON body or NULL */
    const char *body_file;             /* raw body on disk (Files API PUT), else NULL */
    uint64_t body_size;
    const char *(*query)(const struct route_call *, const char *name);   /* NULL when absent */
    int (*query_all)(const struct route_call *, const char *name, const char **out, int max);
    const char *(*header)(const struct route_call *, const char *name);
    void *inner;
};
struct route_answer {                  /* what the handler says; the server frees it */
    int status;
    cJSON *json;                       /* or */
    char *file; uint64_t offset, size; /* a host file streamed (offset..offset+size), owned path, or */
    char *text;                        /* owned bytes with text_size */
    size_t text_size;
    const char *content_type;
    struct { const char *name; char *value; } headers[8]; /* values owned */
    int header_count;
};
struct route {
    const char *method;
    const char *pattern;               /* "/api/2.1/unity-catalog/tables/{name}" */
    enum route_auth auth;
    const char *query;                 /* allowed query parameters, blank separated; others are refused */
    const char *body;                  /* allowed body members: "cluster_id" …, nested as "inputs[].data.image.base64";
                                          "-" none, "raw" bytes to a file, NULL any */
    void (*handle)(struct route_call *, struct route_answer *);
};
extern const struct route clarifai_routes[], image_routes[];  /* end with method NULL; Databricks groups: databricks.h */
void route_header(struct route_answer *a, const char *name, const char *value);
/* Answers with a JSON object (taken); NULL becomes a 500 without body. */
void route_json(struct route_answer *a, int status, cJSON *json);
/* Databricks envelope of reference §2.1; reason NULL leaves details out. */
void route_fail_databricks(struct route_answer *a, int status, const char *error_code, const char *reason, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Clarifai envelope with the route's empty list; http from the one table of reference §2.3. */
void route_fail_clarifai(struct route_answer *a, int code, const char *details);
#endif
