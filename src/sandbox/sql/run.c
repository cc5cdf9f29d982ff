#include "sandbox/sql/run.h"
#include "base/str.h"
#include <stdarg.h>

struct chunk { struct chunk *next; size_t size, used; };

#define CHUNK_SIZE ((size_t)32 << 10)
#define CHUNK_HEAD ((sizeof(struct chunk) + 15) & ~(size_t)15)
#define DEPTH_MAX 400

void arena_init(struct arena *a, struct run *r) {
    a->r = r;
    a->chunk = NULL;
}

/* Keeps one chunk of usual size, so that a row costs no malloc. */
void arena_reset(struct arena *a) {
    struct chunk *kept = NULL;
    for (struct chunk *c = a->chunk, *next; c; c = next) {
        next = c->next;
        if (!kept && c->size <= CHUNK_SIZE) {
            kept = c;
            kept->used = 0;
        } else {
            free(c);
        }
    }
    if (kept) kept->next = NULL;
    a->chunk = kept;
}

void arena_release(struct arena *a) {
    for (struct chunk *c = a->chunk, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    a->chunk = NULL;
}

void *mem_alloc(struct arena *a, size_t n) {
    if (n > SIZE_MAX / 2) run_no_memory(a->r);
    n = (n + 15) & ~(size_t)15;
    struct chunk *c = a->chunk;
    if (!c || c->size - c->used < n) {
        size_t size = n > CHUNK_SIZE / 2 ? n : CHUNK_SIZE - CHUNK_HEAD;
        struct chunk *fresh = malloc(CHUNK_HEAD + size);
        if (!fresh) run_no_memory(a->r);
        *fresh = (struct chunk){ .next = c, .size = size };
        a->chunk = c = fresh;
    }
    void *p = (char *)c + CHUNK_HEAD + c->used;
    c->used += n;
    return p;
}

void *mem_zero(struct arena *a, size_t n) {
    return memset(mem_alloc(a, n), 0, n);
}

char *mem_text(struct arena *a, const char *s, size_t n) {
    char *p = mem_alloc(a, n + 1);
    if (n) memcpy(p, s, n);
    p[n] = 0;
    return p;
}

void text_init(struct text *t, struct arena *a) {
    *t = (struct text){ .a = a };
}

static void text_room(struct text *t, size_t extra) {
    if (t->cap - t->n > extra) return;
    size_t cap = t->cap ? t->cap * 2 : 64;
    while (cap - t->n <= extra) cap *= 2;
    char *p = mem_alloc(t->a, cap);
    if (t->n) memcpy(p, t->p, t->n);
    t->p = p;
    t->cap = cap;
}

void text_add(struct text *t, const void *s, size_t n) {
    if (!n) return;
    text_room(t, n);
    memcpy(t->p + t->n, s, n);
    t->n += n;
}

void text_puts(struct text *t, const char *s) {
    text_add(t, s, strlen(s));
}

void text_putc(struct text *t, char c) {
    text_room(t, 1);
    t->p[t->n++] = c;
}

__attribute__((format(printf, 2, 0), nonnull)) static void text_vprintf(struct text *t, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n > 0) {
        text_room(t, (size_t)n + 1);
        vsnprintf(t->p + t->n, (size_t)n + 1, fmt, again);
        t->n += (size_t)n;
    }
    va_end(again);
}

void text_printf(struct text *t, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    text_vprintf(t, fmt, ap);
    va_end(ap);
}

char *text_end(struct text *t) {
    text_room(t, 1);
    t->p[t->n] = 0;
    return t->p;
}

char *mem_printf(struct arena *a, const char *fmt, ...) {
    struct text t;
    text_init(&t, a);
    va_list ap;
    va_start(ap, fmt);
    text_vprintf(&t, fmt, ap);
    va_end(ap);
    return text_end(&t);
}

/* " (line 1, pos 14)" and the statement with a mark below, as Spark prints them. */
static void add_context(struct text *t, const struct run *r, int pos) {
    int line = 1, start = 0;
    for (int i = 0; i < pos && r->sql[i]; i++) {
        if (r->sql[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    text_printf(t, " (line %d, pos %d)\n\n== SQL ==\n", line, pos - start);
    const char *end = strchr(r->sql + pos, '\n');
    size_t head = end ? (size_t)(end - r->sql) : strlen(r->sql);
    text_add(t, r->sql, head > 4096 + (size_t)pos ? 4096 + (size_t)pos : head);
    text_putc(t, '\n');
    for (int i = start; i < pos && i < start + 4096; i++) text_putc(t, '-');
    text_puts(t, "^^^\n");
    if (end && strlen(end + 1) < 4096) text_puts(t, end + 1);
}

__attribute__((format(printf, 6, 0), nonnull)) static _Noreturn void fail(struct run *r, const char *prefix, const char *error_class, const char *sqlstate, int pos,
                           const char *fmt, va_list ap) {
    struct sql_result *out = r->out;
    struct text t;
    text_init(&t, &r->mem);
    if (str_starts(error_class, "PARSE_")) text_putc(&t, '\n');
    text_puts(&t, prefix);
    if (error_class[0]) text_printf(&t, "[%s] ", error_class);
    text_vprintf(&t, fmt, ap);
    if (sqlstate[0]) text_printf(&t, " SQLSTATE: %s", sqlstate);
    if (pos >= 0 && r->sql) add_context(&t, r, pos);
    out->failed = true;
    str_copy(out->error_class, sizeof out->error_class, error_class);
    str_copy(out->sqlstate, sizeof out->sqlstate, sqlstate);
    if (str_set(&out->message, text_end(&t))) run_no_memory(r);
    longjmp(r->escape, 1);
}

void run_fail(struct run *r, const char *error_class, const char *sqlstate, int pos, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fail(r, "", error_class, sqlstate, pos, fmt, ap);
}

void run_fail_task(struct run *r, const char *error_class, const char *sqlstate, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fail(r, "Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent failure: "
         "org.apache.spark.SparkException: ", error_class, sqlstate, -1, fmt, ap);
}

void run_broken(struct run *r, const struct err *e) {
    r->machine = *e;
    longjmp(r->escape, 2);
}

void run_no_memory(struct run *r) {
    err_no_memory(&r->machine);
    longjmp(r->escape, 2);
}

void run_check(struct run *r, sqlite3 *db, int rc) {
    if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE) return;
    struct err e;
    if (rc == SQLITE_NOMEM) run_no_memory(r);
    err_set(&e, rc == SQLITE_FULL ? ERR_NO_SPACE : ERR_IO, "SQLite: %s", sqlite3_errmsg(db));
    err_about(&e, "cannot use the lake's database", NULL);
    run_broken(r, &e);
}

void run_tick(struct run *r) {
    if (++r->ticks % 256 || !r->cancelled || !r->cancelled(r->cancel_ctx)) return;
    run_fail(r, "OPERATION_CANCELED", "HY008", -1, "Operation has been canceled.");
}

void run_enter(struct run *r, int pos) {
    if (++r->depth > DEPTH_MAX)
        run_fail(r, "FAILED_TO_PARSE_TOO_COMPLEX", "54001", pos,
                 "The statement, including potential SQL functions and referenced views, was too complex to parse.");
}

void run_leave(struct run *r) {
    r->depth--;
}

struct hold *run_hold(struct run *r, void (*release)(void *), void *thing) {
    struct hold *h = mem_alloc(&r->mem, sizeof *h);
    *h = (struct hold){ .next = r->holds, .release = release, .thing = thing };
    r->holds = h;
    return h;
}

void run_release_holds(struct run *r) {
    while (r->holds) {
        struct hold *h = r->holds;
        r->holds = h->next;
        if (h->thing) h->release(h->thing);
    }
}

static void release_arena(void *a) {
    arena_release(a);
}

void run_hold_arena(struct run *r, struct arena *a) {
    arena_init(a, r);
    run_hold(r, release_arena, a);
}

struct arena *run_arena(struct run *r) {
    struct arena *a = mem_alloc(&r->mem, sizeof *a);
    run_hold_arena(r, a);
    return a;
}

static void release_statement(void *s) {
    sqlite3_finalize(s);
}

sqlite3_stmt *run_prepare(struct run *r, sqlite3 *db, const char *sql) {
    struct hold *h = run_hold(r, release_statement, NULL);
    sqlite3_stmt *s = NULL;
    run_check(r, db, sqlite3_prepare_v2(db, sql, -1, &s, NULL));
    h->thing = s;
    return s;
}

void run_exec(struct run *r, sqlite3 *db, const char *sql) {
    run_check(r, db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}
