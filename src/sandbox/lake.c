#include "sandbox/lake_store.h"
#include "base/file.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <glib.h>
#include <stdarg.h>
#include <sys/random.h>

const char LAKE_SQL_NULL[] = "";

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS catalog(name TEXT PRIMARY KEY, comment TEXT, created INTEGER, updated INTEGER);"
    "CREATE TABLE IF NOT EXISTS schema_(catalog TEXT, name TEXT, id TEXT, comment TEXT, created INTEGER, updated INTEGER, PRIMARY KEY(catalog, name));"
    "CREATE TABLE IF NOT EXISTS volume(catalog TEXT, schema_name TEXT, name TEXT, id TEXT, type TEXT, comment TEXT, created INTEGER, updated INTEGER,"
    " PRIMARY KEY(catalog, schema_name, name));"
    "CREATE TABLE IF NOT EXISTS tbl(id INTEGER PRIMARY KEY AUTOINCREMENT, catalog TEXT, schema_name TEXT, name TEXT, uuid TEXT, kind TEXT, store INTEGER,"
    " columns TEXT, comment TEXT, properties TEXT, definition TEXT, created INTEGER, updated INTEGER);"
    "CREATE UNIQUE INDEX IF NOT EXISTS tbl_name ON tbl(catalog, schema_name, name);"
    "CREATE INDEX IF NOT EXISTS tbl_uuid ON tbl(uuid);"
    "CREATE TABLE IF NOT EXISTS history(table_id INTEGER, version INTEGER, ts INTEGER, user TEXT, operation TEXT, parameters TEXT, metrics TEXT,"
    " blind INTEGER, PRIMARY KEY(table_id, version)) WITHOUT ROWID;"
    /* what a version looked like: its rows (those up to last_row that were there) and columns; undo: rows before a change */
    "CREATE TABLE IF NOT EXISTS past(table_id INTEGER, version INTEGER, store INTEGER, last_row INTEGER, columns TEXT, PRIMARY KEY(table_id, version)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS undo(store INTEGER, id INTEGER, version INTEGER, b BLOB, PRIMARY KEY(store, id, version)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS counter(name TEXT PRIMARY KEY, value INTEGER);"
    "INSERT OR IGNORE INTO counter VALUES('store', 0);";

int lake_sql_error(sqlite3 *db, const char *what, struct err *e) {
    int rc = sqlite3_errcode(db);
    if (rc == SQLITE_NOMEM) return err_no_memory(e);
    err_set(e, rc == SQLITE_FULL ? ERR_NO_SPACE : ERR_IO, "SQLite: %s", sqlite3_errmsg(db));
    return err_about(e, what, "lake.db");
}

static int open_database(const char *path, sqlite3 **db, struct err *e) {
    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, NULL) != SQLITE_OK) {
        err_set(e, ERR_IO, "SQLite: %s", *db ? sqlite3_errmsg(*db) : "no memory");
        return err_about(e, "cannot open", path);
    }
    sqlite3_busy_timeout(*db, 10000);
    static const char setup[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;";
    return sqlite3_exec(*db, setup, NULL, NULL, NULL) == SQLITE_OK ? 0 : lake_sql_error(*db, "cannot open", e);
}

static int make_folders(const char *dir, struct err *e) {
    static const char *const names[] = {"", "/volumes", "/s3"};
    for (int i = 0; i < 3; i++) {
        char *path = str_printf("%s%s", dir, names[i]);
        if (!path) return err_no_memory(e);
        int rc = file_make_dirs(path, e);
        free(path);
        if (rc) return -1;
    }
    return 0;
}

static int open_all(struct lake *l, struct err *e) {
    if (make_folders(l->dir, e)) return -1;
    char *path = str_printf("%s/lake.db", l->dir);
    if (!path) return err_no_memory(e);
    int rc = open_database(path, &l->db, e);
    if (!rc && sqlite3_exec(l->db, schema, NULL, NULL, NULL) != SQLITE_OK) rc = lake_sql_error(l->db, "cannot prepare", e);
    if (!rc) rc = open_database(path, &l->reader, e);
    free(path);
    if (!rc) rc = lake_long_names_open(l, e);
    return rc ? -1 : lake_names_upgrade(l, e);
}

struct lake *lake_open(const char *dir, struct err *e) {
    struct lake *l = calloc(1, sizeof *l);
    if (!l || !(l->dir = str_dup(dir))) {
        free(l);
        err_no_memory(e);
        return NULL;
    }
    pthread_mutex_init(&l->write, NULL);
    pthread_mutex_init(&l->read, NULL);
    pthread_mutex_init(&l->names, NULL);
    if (open_all(l, e)) {
        lake_close(l);
        return NULL;
    }
    return l;
}

void lake_close(struct lake *l) {
    if (!l) return;
    sqlite3_close(l->reader);
    sqlite3_close(l->db);
    lake_long_names_close();
    pthread_mutex_destroy(&l->write);
    pthread_mutex_destroy(&l->read);
    pthread_mutex_destroy(&l->names);
    free(l->dir);
    free(l);
}

/* --- small SQL --- */
static int prepare(sqlite3 *db, sqlite3_stmt **s, const char *sql, va_list ap, struct err *e) {
    if (sqlite3_prepare_v2(db, sql, -1, s, NULL) != SQLITE_OK) return lake_sql_error(db, "cannot use", e);
    const char *text;
    for (int i = 1; (text = va_arg(ap, const char *)); i++) {
        if (text == LAKE_SQL_NULL) sqlite3_bind_null(*s, i);
        else sqlite3_bind_text(*s, i, text, -1, SQLITE_TRANSIENT);
    }
    return 0;
}

int lake_has(sqlite3 *db, struct err *e, const char *sql, ...) {
    sqlite3_stmt *s = NULL;
    va_list ap;
    va_start(ap, sql);
    int rc = prepare(db, &s, sql, ap, e);
    va_end(ap);
    if (!rc) {
        int step = sqlite3_step(s);
        rc = step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : lake_sql_error(db, "cannot read", e);
    }
    sqlite3_finalize(s);
    return rc;
}

int lake_run(sqlite3 *db, struct err *e, const char *sql, ...) {
    sqlite3_stmt *s = NULL;
    va_list ap;
    va_start(ap, sql);
    int rc = prepare(db, &s, sql, ap, e);
    va_end(ap);
    if (!rc && sqlite3_step(s) != SQLITE_DONE) rc = lake_sql_error(db, "cannot write", e);
    sqlite3_finalize(s);
    return rc;
}

/* --- names --- */
int lake_name_check(const char *kind, const char *name, struct err *e) {
    size_t n = strlen(name);
    bool bad = !n || n > 255;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c < 0x20 || c == 0x7f || c == ' ' || c == '.' || c == '/') bad = true;
    }
    if (!bad) return 0;
    return err_set(e, ERR_USAGE, "Invalid input: RPC Create%s Field managedcatalog.%sInfo.name: name \"%.200s\" is not a valid name. Valid names "
                   "%s", kind, kind, name, n > 255 ? "have at most 255 characters" : "cannot contain spaces, periods, forward slashes, or control characters");
}

char *lake_name_fold(const char *name) {
    gchar *lower = g_utf8_validate(name, -1, NULL) ? g_utf8_strdown(name, -1) : g_ascii_strdown(name, -1);
    char *copy = str_dup(lower);
    g_free(lower);
    return copy;
}

void lake_uuid(char out[37]) {
    unsigned char b[16];
    if (getrandom(b, sizeof b, 0) != sizeof b)
        for (int i = 0; i < 16; i++) b[i] = (unsigned char)g_random_int();
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7],
             b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* --- containers --- */
int lake_begin(struct lake *l, struct err *e) {
    pthread_mutex_lock(&l->write);
    if (sqlite3_exec(l->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK) return 0;
    lake_sql_error(l->db, "cannot write", e);
    pthread_mutex_unlock(&l->write);
    return -1;
}

int lake_end(struct lake *l, int rc, struct err *e) {
    if (!rc && sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) rc = lake_sql_error(l->db, "cannot write", e);
    if (rc) sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
    pthread_mutex_unlock(&l->write);
    return rc;
}

static const char *or_null(const char *s) {
    return s ? s : LAKE_SQL_NULL;
}

static int put_catalog(struct lake *l, const char *name, const char *comment, struct err *e) {
    char now[32], id[37];
    if (lake_name_check("Catalog", name, e)) return -1;
    int has = lake_has(l->db, e, "SELECT 1 FROM catalog WHERE name=?1", name, NULL);
    if (has) return has < 0 ? -1 : err_set(e, ERR_CONFLICT, "Catalog '%s' already exists", name);
    snprintf(now, sizeof now, "%lld", (long long)time_wall_ms());
    lake_uuid(id);
    if (lake_run(l->db, e, "INSERT INTO catalog VALUES(?1, ?2, CAST(?3 AS INTEGER), CAST(?3 AS INTEGER))", name, or_null(comment), now, NULL)) return -1;
    return lake_run(l->db, e, "INSERT INTO schema_ VALUES(?1, 'information_schema', ?2, 'Information schema (auto-created)', CAST(?3 AS INTEGER), CAST(?3 AS INTEGER))",
                    name, id, now, NULL);
}

int lake_catalog_create(struct lake *l, const char *name, const char *comment, struct err *e) {
    char *folded = lake_name_fold(name);
    if (!folded) return err_no_memory(e);
    int rc = lake_begin(l, e);
    if (!rc) rc = lake_end(l, put_catalog(l, folded, comment, e), e);
    free(folded);
    return rc;
}

int lake_put_schema(struct lake *l, const char *catalog, const char *name, const char *comment, struct err *e) {
    char now[32], id[37];
    if (lake_name_check("Schema", name, e)) return -1;
    int has = lake_has(l->db, e, "SELECT 1 FROM catalog WHERE name=?1", catalog, NULL);
    if (has != 1) return has < 0 ? -1 : err_set(e, ERR_NOT_FOUND, "Catalog '%s' does not exist", catalog);
    has = lake_has(l->db, e, "SELECT 1 FROM schema_ WHERE catalog=?1 AND name=?2", catalog, name, NULL);
    if (has) return has < 0 ? -1 : err_set(e, ERR_CONFLICT, "Schema '%s.%s' already exists", catalog, name);
    snprintf(now, sizeof now, "%lld", (long long)time_wall_ms());
    lake_uuid(id);
    return lake_run(l->db, e, "INSERT INTO schema_ VALUES(?1, ?2, ?3, ?4, CAST(?5 AS INTEGER), CAST(?5 AS INTEGER))", catalog, name, id, or_null(comment), now, NULL);
}

int lake_schema_create(struct lake *l, const char *catalog, const char *name, const char *comment, struct err *e) {
    char *c = lake_name_fold(catalog), *n = lake_name_fold(name);
    int rc = c && n ? lake_begin(l, e) : err_no_memory(e);
    if (!rc) rc = lake_end(l, lake_put_schema(l, c, n, comment, e), e);
    free(c);
    free(n);
    return rc;
}

/* The folder is made with the volume, so that an empty one can be listed. */
static int make_volume_folder(struct lake *l, const char *c, const char *s, const char *n, struct err *e) {
    struct buf path;
    buf_init(&path, 0);
    int rc = lake_volume_folder(l, c, s, n, &path, e);
    if (!rc) rc = file_make_dirs(path.data, e);
    buf_release(&path);
    return rc;
}

int lake_put_volume(struct lake *l, const char *catalog, const char *schema_name, const char *name, const char *type, const char *comment, struct err *e) {
    char now[32], id[37];
    if (lake_name_check("Volume", name, e)) return -1;
    int has = lake_has(l->db, e, "SELECT 1 FROM schema_ WHERE catalog=?1 AND name=?2", catalog, schema_name, NULL);
    if (has != 1) return has < 0 ? -1 : err_set(e, ERR_NOT_FOUND, "Schema '%s.%s' does not exist", catalog, schema_name);
    has = lake_has(l->db, e, "SELECT 1 FROM volume WHERE catalog=?1 AND schema_name=?2 AND name=?3", catalog, schema_name, name, NULL);
    if (has) return has < 0 ? -1 : err_set(e, ERR_CONFLICT, "Volume '%s.%s.%s' already exists", catalog, schema_name, name);
    snprintf(now, sizeof now, "%lld", (long long)time_wall_ms());
    lake_uuid(id);
    if (lake_run(l->db, e, "INSERT INTO volume VALUES(?1, ?2, ?3, ?4, ?5, ?6, CAST(?7 AS INTEGER), CAST(?7 AS INTEGER))", catalog, schema_name, name, id,
                 type ? type : "MANAGED", or_null(comment), now, NULL)) return -1;
    return make_volume_folder(l, catalog, schema_name, name, e);
}

int lake_volume_create(struct lake *l, const char *catalog, const char *schema_name, const char *name, const char *type, const char *comment, struct err *e) {
    char *c = lake_name_fold(catalog), *s = lake_name_fold(schema_name), *n = lake_name_fold(name);
    int rc = c && s && n ? lake_begin(l, e) : err_no_memory(e);
    if (!rc) rc = lake_end(l, lake_put_volume(l, c, s, n, type, comment, e), e);
    free(c);
    free(s);
    free(n);
    return rc;
}
