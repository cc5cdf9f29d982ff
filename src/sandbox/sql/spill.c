#include "sandbox/sql/relation.h"

static void close_database(void *db) {
    sqlite3_close_v2(db);
}

/* A database without a name: SQLite keeps it in its cache and, when that is full, in a file of its own it removes. */
static sqlite3 *scratch(struct run *r) {
    if (r->scratch) return r->scratch;
    struct hold *h = run_hold(r, close_database, NULL);
    int rc = sqlite3_open("", &r->scratch);
    h->thing = r->scratch;
    run_check(r, r->scratch, rc);
    run_exec(r, r->scratch, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32000; PRAGMA locking_mode=EXCLUSIVE; BEGIN");
    return r->scratch;
}

struct spill *spill_new(struct run *r, int width) {
    struct spill *s = mem_zero(&r->mem, sizeof *s);
    s->r = r;
    s->width = width;
    s->number = ++r->scratch_tables;
    run_hold_arena(r, &s->a);
    run_exec(r, scratch(r), mem_printf(&r->mem, "CREATE TABLE s%d(n INTEGER PRIMARY KEY, k BLOB, b BLOB)", s->number));
    s->add = run_prepare(r, r->scratch, mem_printf(&r->mem, "INSERT INTO s%d(k, b) VALUES(?1, ?2)", s->number));
    return s;
}

void spill_add(struct spill *s, const char *key, size_t n, const struct value *row) {
    struct text b;
    text_init(&b, &s->a);
    row_write(&b, row, s->width);
    sqlite3_bind_blob64(s->add, 1, n ? key : "", n, SQLITE_STATIC);
    sqlite3_bind_blob64(s->add, 2, b.n ? b.p : "", b.n, SQLITE_STATIC);
    int rc = sqlite3_step(s->add);
    run_check(s->r, s->r->scratch, rc);
    sqlite3_reset(s->add);
    arena_reset(&s->a);
    s->rows++;
}

void spill_sorted(struct spill *s) {
    if (!s->scan) s->scan = run_prepare(s->r, s->r->scratch, mem_printf(&s->r->mem, "SELECT n, k, b FROM s%d ORDER BY k, n", s->number));
    sqlite3_reset(s->scan);
}

void spill_unsorted(struct spill *s) {
    s->scan = run_prepare(s->r, s->r->scratch, mem_printf(&s->r->mem, "SELECT n, k, b FROM s%d ORDER BY n", s->number));
}

static struct value *read_row(struct spill *s, sqlite3_stmt *st, struct arena *a) {
    int n = sqlite3_column_bytes(st, 2);
    const char *bytes = n ? mem_text(a, sqlite3_column_blob(st, 2), (size_t)n) : "";
    return row_read(a, bytes, (size_t)n, s->width);
}

struct value *spill_next(struct spill *s, struct arena *a, int64_t *number, const char **key, size_t *key_n) {
    int rc = sqlite3_step(s->scan);
    run_check(s->r, s->r->scratch, rc);
    if (rc != SQLITE_ROW) return NULL;
    run_tick(s->r);
    if (number) *number = sqlite3_column_int64(s->scan, 0);
    if (key) {
        *key_n = (size_t)sqlite3_column_bytes(s->scan, 1);
        *key = mem_text(a, *key_n ? sqlite3_column_blob(s->scan, 1) : "", *key_n);
    }
    return read_row(s, s->scan, a);
}

void spill_index(struct spill *s) {
    run_exec(s->r, s->r->scratch, mem_printf(&s->r->mem, "CREATE INDEX i%d ON s%d(k)", s->number, s->number));
    s->probe = run_prepare(s->r, s->r->scratch, mem_printf(&s->r->mem, "SELECT n, k, b FROM s%d WHERE k=?1 ORDER BY n", s->number));
}

void spill_find(struct spill *s, const char *key, size_t n) {
    sqlite3_reset(s->probe);
    sqlite3_bind_blob64(s->probe, 1, n ? key : "", n, SQLITE_TRANSIENT);
}

struct value *spill_found(struct spill *s, struct arena *a, int64_t *number) {
    int rc = sqlite3_step(s->probe);
    run_check(s->r, s->r->scratch, rc);
    if (rc != SQLITE_ROW) {
        sqlite3_reset(s->probe);
        return NULL;
    }
    run_tick(s->r);
    *number = sqlite3_column_int64(s->probe, 0);
    return read_row(s, s->probe, a);
}
