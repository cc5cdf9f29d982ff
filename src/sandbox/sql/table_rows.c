/* table_rows: reading the rows of a table as they are or were, its commits, and versions. */
#include "sandbox/sql/session.h"
#include "sandbox/sql/table.h"
#include "base/timefmt.h"

static void bind_text(sqlite3_stmt *s, int i, const char *text) {
    if (text) sqlite3_bind_text(s, i, text, -1, SQLITE_STATIC);
}

/* --- reading --- */
struct scan { struct iter it; sqlite3_stmt *s; int columns; bool with_id; };

static struct value *scan_next(struct iter *it, struct arena *a) {
    struct scan *s = (struct scan *)it;
    if (!s->s) return NULL;
    int rc = sqlite3_step(s->s);
    run_check(it->r, it->r->db, rc);
    if (rc != SQLITE_ROW) {
        sqlite3_reset(s->s);
        s->s = NULL;
        return NULL;
    }
    run_tick(it->r);
    int n = sqlite3_column_bytes(s->s, 1);
    const char *bytes = n ? mem_text(a, sqlite3_column_blob(s->s, 1), (size_t)n) : "";
    struct value *row = row_read(a, bytes, (size_t)n, it->width);
    if (s->with_id) row[s->columns] = value_int(sqlite3_column_int64(s->s, 0));
    return row;
}

static void scan_prune(struct iter *it, const bool *used) {
    (void)it, (void)used;
}

/* The rows of an older version: those never touched since, and what the first change since found of the others. */
static sqlite3_stmt *past_rows(struct run *r, const struct table *t) {
    long long store = (long long)t->store, version = (long long)t->as_of, last = (long long)t->last_row;
    if (!store) return NULL;
    return run_prepare(r, r->db, mem_printf(&r->mem, "SELECT id, b FROM rows_%lld WHERE id <= %lld AND id NOT IN (SELECT id FROM undo WHERE store = %lld AND version > %lld)"
                       " UNION ALL SELECT id, b FROM undo u WHERE store = %lld AND id <= %lld AND version = (SELECT min(version) FROM undo WHERE store = u.store AND id = u.id AND version > %lld)"
                       " ORDER BY 1", store, last, store, version, store, last, version));
}

struct iter *table_scan(struct run *r, const struct table *t, bool with_id) {
    struct scan *s = mem_zero(&r->mem, sizeof *s);
    s->it = (struct iter){ .r = r, .width = t->columns.count + with_id, .next = scan_next, .prune = scan_prune };
    s->columns = t->columns.count;
    s->with_id = with_id;
    if (t->past) s->s = past_rows(r, t);
    else if (t->store) s->s = run_prepare(r, r->db, mem_printf(&r->mem, "SELECT id, b FROM rows_%lld WHERE id <= (SELECT max(id) FROM rows_%lld) ORDER BY id",
                                                  (long long)t->store, (long long)t->store)); /* rows this statement adds are not read */
    return &s->it;
}

/* --- history --- */
int64_t table_version(struct run *r, const struct table *t) {
    sqlite3_stmt *s = run_prepare(r, r->db, "SELECT max(version) FROM history WHERE table_id=?1");
    sqlite3_bind_int64(s, 1, t->id);
    run_check(r, r->db, sqlite3_step(s));
    int64_t v = sqlite3_column_type(s, 0) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return v;
}

/* What VERSION AS OF will need of the version just made. */
static void remember(struct run *r, const struct table *t, int64_t version) {
    const char *last = t->store ? mem_printf(&r->mem, "(SELECT coalesce(max(id), 0) FROM rows_%lld)", (long long)t->store) : "0";
    sqlite3_stmt *s = run_prepare(r, r->db, mem_printf(&r->mem, "INSERT INTO past SELECT id, ?2, store, %s, columns FROM tbl WHERE id=?1", last));
    sqlite3_bind_int64(s, 1, t->id);
    sqlite3_bind_int64(s, 2, version);
    run_check(r, r->db, sqlite3_step(s));
    sqlite3_reset(s);
}

void table_commit(struct run *r, struct table *t, const char *operation, const char *parameters, const char *metrics, bool blind) {
    int64_t version = table_version(r, t) + 1;
    sqlite3_stmt *s = run_prepare(r, r->db, "INSERT INTO history VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    sqlite3_bind_int64(s, 1, t->id);
    sqlite3_bind_int64(s, 2, version);
    sqlite3_bind_int64(s, 3, time_wall_us());
    bind_text(s, 4, r->session->user);
    bind_text(s, 5, operation);
    bind_text(s, 6, parameters);
    bind_text(s, 7, metrics);
    sqlite3_bind_int(s, 8, blind);
    run_check(r, r->db, sqlite3_step(s));
    sqlite3_reset(s);
    table_save(r, t);
    remember(r, t, version);
}

/* --- time travel --- */
static struct value constant(struct run *r, const struct node *n, const struct type *type) {
    struct scope none = {0};
    struct binder b = { .r = r, .scope = &none };
    return expr_eval(&(struct env){ .r = r, .a = &r->mem }, expr_coerce(r, expr_bind(&b, n), type));
}

static int64_t history_number(struct run *r, const char *sql, int64_t id, int64_t bound) {
    sqlite3_stmt *s = run_prepare(r, r->db, sql);
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int64(s, 2, bound);
    run_check(r, r->db, sqlite3_step(s));
    int64_t v = sqlite3_column_type(s, 0) == SQLITE_NULL ? -1 : sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return v;
}

static int64_t version_wanted(struct run *r, const struct table *t, const struct from *f) {
    int64_t newest = table_version(r, t);
    if (f->version) {
        struct value v = constant(r, f->version, type_plain(T_BIGINT));
        if (v.kind != V_INT || v.i < 0 || v.i > newest)
            run_fail(r, "", "", -1, "Cannot time travel Delta table to version %lld. Available versions: [0, %lld].", v.kind == V_INT ? (long long)v.i : -1LL, (long long)newest);
        return v.i;
    }
    struct value v = constant(r, f->timestamp, type_plain(T_TIMESTAMP));
    int64_t at = v.kind == V_INT ? v.i : 0, version = history_number(r, "SELECT max(version) FROM history WHERE table_id=?1 AND ts<=?2", t->id, at);
    if (version < 0)
        run_fail(r, "", "", -1, "The provided timestamp is before the earliest version available to this table.");
    if (version == newest && history_number(r, "SELECT max(ts) FROM history WHERE table_id=?1 AND ?2>0", t->id, at) < at)
        run_fail(r, "", "", -1, "The provided timestamp is after the latest version available to this table.");
    return version;
}

void table_travel(struct run *r, struct table *t, const struct from *f) {
    if (!f->version && !f->timestamp) return;
    t->as_of = version_wanted(r, t, f);
    sqlite3_stmt *s = run_prepare(r, r->db, "SELECT store, last_row, columns FROM past WHERE table_id=?1 AND version=?2");
    sqlite3_bind_int64(s, 1, t->id);
    sqlite3_bind_int64(s, 2, t->as_of);
    run_check(r, r->db, sqlite3_step(s));
    if (!sqlite3_column_text(s, 2))
        run_fail(r, "", "", -1, "Cannot time travel Delta table to version %lld.", (long long)t->as_of);
    t->past = true;
    t->store = sqlite3_column_int64(s, 0);
    t->last_row = sqlite3_column_int64(s, 1);
    t->columns = (struct columns){0};
    table_columns_load(r, t, mem_text(&r->mem, (const char *)sqlite3_column_text(s, 2), (size_t)sqlite3_column_bytes(s, 2)));
    sqlite3_reset(s);
}

