#ifndef LAKEFERRY_SANDBOX_RECORD_H
#define LAKEFERRY_SANDBOX_RECORD_H
/*
 * record: writes every request with its answer to DIR/http.jsonl, every SQL statement to DIR/sql.jsonl, and the files a
 * statement reads to DIR/files/<n>/, so that both can be replayed elsewhere. Bodies of secret routes are left out, known
 * tokens are replaced. Any thread; functions accept NULL and then do nothing.
 */
#include "sandbox/sql/sql.h"

struct record;
struct record *record_open(const char *dir, struct err *e);
void record_close(struct record *r);
struct record_http {
    const char *method, *path, *query, *route;
    const char *request; uint64_t request_size;      /* JSON text or NULL: then only the size */
    int status;
    const char *answer; uint64_t answer_size;
};
void record_http(struct record *r, const struct record_http *h);
/* Before a statement runs: its number (from 1; 0 when not recording); copies the files its text names. */
int record_statement_begin(struct record *r, struct lake *l, const char *text);
void record_statement_end(struct record *r, int n, const char *session, const char *text, const struct sql_parameter *parameters,
                          int parameter_count, const struct sql_result *result);
#endif
