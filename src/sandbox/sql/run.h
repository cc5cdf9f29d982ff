#ifndef LAKEFERRY_SANDBOX_SQL_RUN_H
#define LAKEFERRY_SANDBOX_SQL_RUN_H
/*
 * run: one statement on its way: its memory, what it holds, and how it fails. A statement belongs to one thread.
 *
 * Inside the SQL engine a failure is one jump back to sql_execute(): run_fail() for what Spark would say, run_broken()
 * when the machine failed. So an expression needs no check behind every node. What must be given back (statements,
 * files, malloc'ed memory) is registered with run_hold() and released by sql_execute() whatever happened; everything
 * else lives in arenas. Nothing outside sandbox/sql sees the jump.
 */
#include "base/buf.h"
#include "sandbox/sql/sql.h"
#include <setjmp.h>
#include <sqlite3.h>

struct run;
struct chunk;

/* Memory given back all at once. mem_alloc never returns NULL: it fails the run instead. */
struct arena { struct run *r; struct chunk *chunk; };
void arena_init(struct arena *a, struct run *r);
void arena_reset(struct arena *a);
void arena_release(struct arena *a);
void *mem_alloc(struct arena *a, size_t n);            /* zeroed only by mem_zero */
void *mem_zero(struct arena *a, size_t n);
char *mem_text(struct arena *a, const char *s, size_t n); /* copy with terminator */
char *mem_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Text that grows in an arena. */
struct text { struct arena *a; char *p; size_t n, cap; };
void text_init(struct text *t, struct arena *a);
void text_add(struct text *t, const void *s, size_t n);
void text_puts(struct text *t, const char *s);
void text_putc(struct text *t, char c);
void text_printf(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *text_end(struct text *t);                        /* terminated; "" when empty */

struct hold { struct hold *next; void (*release)(void *); void *thing; };

struct run {
    jmp_buf escape;
    struct sql_session *session;
    struct lake *lake;
    sqlite3 *db;                 /* the lake's writing connection */
    sqlite3 *scratch;            /* private temporary database, opened by the first spill */
    int scratch_tables;
    struct arena mem;            /* lives as long as the statement */
    struct hold *holds;
    const char *sql;             /* text after substitution */
    const struct sql_parameter *parameters;
    int parameter_count;
    bool (*cancelled)(void *);
    void *cancel_ctx;
    unsigned ticks;
    int depth;
    int64_t now_us;              /* one current_timestamp() for the statement */
    struct sql_result *out;
    struct err machine;          /* filled by run_broken */
};

/* Spark's failure: class and state may be "" (its classless errors); pos is a byte offset in the text or -1. */
_Noreturn void run_fail(struct run *r, const char *error_class, const char *sqlstate, int pos, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* As run_fail for what fails in a task: the text is nested below "Job aborted". */
_Noreturn void run_fail_task(struct run *r, const char *error_class, const char *sqlstate, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
_Noreturn void run_broken(struct run *r, const struct err *e);
_Noreturn void run_no_memory(struct run *r);
/* Fails when rc is an SQLite error code. */
void run_check(struct run *r, sqlite3 *db, int rc);
/* Counts a row; polls for cancellation now and then. */
void run_tick(struct run *r);
/* Guards recursion; pair with run_leave. */
void run_enter(struct run *r, int pos);
void run_leave(struct run *r);
/* Releases thing at the end of the statement, last held first. */
struct hold *run_hold(struct run *r, void (*release)(void *), void *thing);
void run_release_holds(struct run *r);
/* An arena released with the statement. */
struct arena *run_arena(struct run *r);
/* The same for one that is part of something else. */
void run_hold_arena(struct run *r, struct arena *a);
/* A prepared statement, held. */
sqlite3_stmt *run_prepare(struct run *r, sqlite3 *db, const char *sql);
void run_exec(struct run *r, sqlite3 *db, const char *sql);
#endif
