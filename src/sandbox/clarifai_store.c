#include "sandbox/clarifai_db.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "sandbox/clarifai_shape.h"
#include "sandbox/server.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-32000;"
    "CREATE TABLE IF NOT EXISTS users(id TEXT PRIMARY KEY, organisation INT, json TEXT, created INT);"
    "CREATE TABLE IF NOT EXISTS apps(n INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT, id TEXT, json TEXT, created INT,"
    " modified INT, UNIQUE(user, id));"
    "CREATE TABLE IF NOT EXISTS datasets(n INTEGER PRIMARY KEY AUTOINCREMENT, app INT, id TEXT, json TEXT, created INT,"
    " modified INT, UNIQUE(app, id));"
    "CREATE TABLE IF NOT EXISTS inputs(n INTEGER PRIMARY KEY AUTOINCREMENT, app INT, id TEXT, kind TEXT, url TEXT,"
    " md5 TEXT, size INT, format TEXT, width INT, height INT, host INT, extra TEXT, created INT, modified INT, busy INT,"
    " ready INT, code INT, details TEXT, job TEXT, gone INT, UNIQUE(app, id));"
    "CREATE INDEX IF NOT EXISTS inputs_app ON inputs(app, n, busy, ready, code);"
    "CREATE INDEX IF NOT EXISTS inputs_url ON inputs(app, url) WHERE url IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS inputs_md5 ON inputs(md5, app) WHERE md5 IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS inputs_job ON inputs(job, busy, ready, code) WHERE job IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS inputs_gone ON inputs(gone) WHERE gone IS NOT NULL;"
    "CREATE TABLE IF NOT EXISTS membership(dataset INT, input INT, added INT, PRIMARY KEY(dataset, input)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS membership_input ON membership(input);"
    "CREATE TABLE IF NOT EXISTS annotations(n INTEGER PRIMARY KEY AUTOINCREMENT, app INT, input INT, id TEXT, user TEXT,"
    " worker TEXT, model_version TEXT, workflow_version TEXT, task TEXT, data TEXT, info TEXT, code INT, input_level INT,"
    " trusted INT, created INT, modified INT);"
    "CREATE INDEX IF NOT EXISTS annotations_input ON annotations(input, id);"
    "CREATE INDEX IF NOT EXISTS annotations_app ON annotations(app, n, trusted);"
    "CREATE TABLE IF NOT EXISTS concepts(n INTEGER PRIMARY KEY AUTOINCREMENT, app INT, id TEXT, name TEXT, created INT,"
    " json TEXT, UNIQUE(app, id));"
    "CREATE TABLE IF NOT EXISTS jobs(n INTEGER PRIMARY KEY AUTOINCREMENT, app INT, id TEXT, created INT, modified INT,"
    " cancelled INT, UNIQUE(app, id));";

/* --- statements --- */

int clarifai_db_error(struct clarifai_store *s, struct err *e)
{
    return err_set(e, ERR_IO, "the store's database says: %s", sqlite3_errmsg(s->db));
}

static sqlite3_stmt *cached(struct clarifai_store *s, const char *sql)
{
    sqlite3_stmt *stmt = NULL;

    for (int i = 0; i < s->cached; i++)
        if (s->cache[i].sql == sql)
            return s->cache[i].stmt;
    if (s->cached == (int)(sizeof s->cache / sizeof *s->cache)
        || sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
        return NULL;
    s->cache[s->cached].sql = sql;
    s->cache[s->cached++].stmt = stmt;
    return stmt;
}

static sqlite3_stmt *query_v(struct clarifai_store *s, const char *sql, const char *types, va_list ap)
{
    sqlite3_stmt *stmt = cached(s, sql);
    const char *text;

    for (int i = 1; stmt != NULL && types[i - 1] != '\0'; i++) {
        if (types[i - 1] == 'i')
            sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
        else if (types[i - 1] == 'f')
            sqlite3_bind_double(stmt, i, va_arg(ap, double));
        else {
            text = va_arg(ap, const char *);
            sqlite3_bind_text(stmt, i, text, -1, SQLITE_TRANSIENT);
        }
    }
    return stmt;
}

sqlite3_stmt *clarifai_db_query(struct clarifai_store *s, const char *sql, const char *types, ...)
{
    va_list ap;

    va_start(ap, types);
    sqlite3_stmt *stmt = query_v(s, sql, types, ap);
    va_end(ap);
    return stmt;
}

void clarifai_db_done(sqlite3_stmt *stmt)
{
    if (stmt == NULL)
        return;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

int clarifai_db_run(struct clarifai_store *s, struct err *e, const char *sql, const char *types, ...)
{
    va_list ap;
    int rc = SQLITE_ERROR;

    va_start(ap, types);
    sqlite3_stmt *stmt = query_v(s, sql, types, ap);
    va_end(ap);
    if (stmt != NULL)
        while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
            ;
    if (rc != SQLITE_DONE)
        clarifai_db_error(s, e);
    clarifai_db_done(stmt);
    return rc == SQLITE_DONE ? 0 : -1;
}

int64_t clarifai_db_number(struct clarifai_store *s, int64_t otherwise, const char *sql, const char *types, ...)
{
    va_list ap;

    va_start(ap, types);
    sqlite3_stmt *stmt = query_v(s, sql, types, ap);
    va_end(ap);
    if (stmt != NULL && sqlite3_step(stmt) == SQLITE_ROW && sqlite3_column_type(stmt, 0) != SQLITE_NULL)
        otherwise = sqlite3_column_int64(stmt, 0);
    clarifai_db_done(stmt);
    return otherwise;
}

int clarifai_db_begin(struct clarifai_store *s, struct err *e)
{
    return clarifai_db_run(s, e, "BEGIN IMMEDIATE", "");
}

int clarifai_db_end(struct clarifai_store *s, int rc, struct err *e)
{
    if (rc == 0)
        rc = clarifai_db_run(s, e, "COMMIT", "");
    if (rc != 0)
        clarifai_db_run(s, NULL, "ROLLBACK", "");
    return rc;
}

const char *clarifai_db_text(sqlite3_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

/* --- open, lock, clock --- */

static int64_t earliest_purge(struct clarifai_store *s)
{
    return clarifai_db_number(s, INT64_MAX, "SELECT min(gone) FROM inputs WHERE gone IS NOT NULL", "");
}

static void purge(struct clarifai_store *s, int64_t now)
{
    static const char *const steps[] = {
        "DELETE FROM annotations WHERE input IN (SELECT n FROM inputs WHERE gone <= ?1)",
        "DELETE FROM membership WHERE input IN (SELECT n FROM inputs WHERE gone <= ?1)",
        "DELETE FROM inputs WHERE gone <= ?1",
    };

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        clarifai_db_run(s, NULL, steps[i], "i", now);
    s->next_purge = earliest_purge(s);
}

void clarifai_db_lock(struct clarifai_store *s)
{
    int64_t now;

    pthread_mutex_lock(&s->lock);
    if (s->next_purge == INT64_MAX || s->next_purge > (now = clarifai_now(s)))
        return;
    if (clarifai_db_begin(s, NULL) == 0) {
        purge(s, now);
        clarifai_db_end(s, 0, NULL);
    }
}

void clarifai_db_unlock(struct clarifai_store *s)
{
    pthread_mutex_unlock(&s->lock);
}

int64_t clarifai_now(struct clarifai_store *s)
{
    return sandbox_now_us(s->sandbox);
}

static uint64_t next_random(struct clarifai_store *s)
{
    uint64_t z = atomic_fetch_add(&s->random, 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void clarifai_new_id(struct clarifai_store *s, char out[33])
{
    unsigned long long high = next_random(s), low = next_random(s);
    snprintf(out, 33, "%016llx%016llx", high, low);
}

struct clarifai_store *clarifai_store_open(const char *dir, struct sandbox *sandbox, struct err *e)
{
    struct clarifai_store *s = calloc(1, sizeof *s);
    char *path = str_printf("%s/clarifai.db", dir);

    if (s != NULL)
        s->dir = str_printf("%s/clarifai", dir);
    if (s == NULL || path == NULL || s->dir == NULL || pthread_mutex_init(&s->lock, NULL) != 0) {
        if (s != NULL)
            free(s->dir);
        free(s);
        free(path);
        err_no_memory(e);
        return NULL;
    }
    s->sandbox = sandbox;
    if (file_make_dirs(s->dir, e) != 0)
        goto fail;
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK
        || sqlite3_exec(s->db, schema, NULL, NULL, NULL) != SQLITE_OK) {
        clarifai_db_error(s, e);
        goto fail;
    }
    s->next_purge = earliest_purge(s);
    /* every row made so far used at most a few numbers: a state no earlier run has seen */
    atomic_init(&s->random,
                1 + ((uint64_t)clarifai_db_number(s, 0, "SELECT total(seq) * 64 FROM sqlite_sequence", "") << 20));
    free(path);
    return s;
fail:
    free(path);
    clarifai_store_close(s);
    return NULL;
}

void clarifai_store_close(struct clarifai_store *s)
{
    if (s == NULL)
        return;
    for (int i = 0; i < s->cached; i++)
        sqlite3_finalize(s->cache[i].stmt);
    sqlite3_close(s->db);
    pthread_mutex_destroy(&s->lock);
    free(s->dir);
    free(s);
}

/* --- names --- */

bool clarifai_id_valid(const char *id)
{
    size_t n = strlen(id);
    return n >= 1 && n <= 48 && strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n;
}

int64_t clarifai_app_number(struct clarifai_store *s, const char *user, const char *app)
{
    return clarifai_db_number(s, -1, "SELECT n FROM apps WHERE user = ? AND id = ?", "ss", user, app);
}

int64_t clarifai_dataset_number(struct clarifai_store *s, int64_t app, const char *dataset)
{
    return clarifai_db_number(s, -1, "SELECT n FROM datasets WHERE app = ? AND id = ?", "is", app, dataset);
}

int64_t clarifai_input_number(struct clarifai_store *s, int64_t app, const char *id)
{
    return clarifai_db_number(s, -1, "SELECT n FROM inputs WHERE app = ? AND id = ?", "is", app, id);
}

/* --- bytes --- */

int clarifai_bytes_path(struct clarifai_store *s, const char *md5, struct buf *out)
{
    return buf_printf(out, "%s/%.2s/%s", s->dir, md5, md5);
}

/* A name nobody else writes to, renamed into place: half a file is never seen. No fsync: the sandbox's data may be lost
 * with the machine, not with the process. */
static int write_quietly(const char *path, const void *bytes, size_t n, struct err *e)
{
    static atomic_uint serial;
    char *part = str_printf("%s.%ld.%u.part", path, (long)getpid(), atomic_fetch_add(&serial, 1));
    int fd, rc;

    if (part == NULL)
        return err_no_memory(e);
    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        rc = err_set_errno(e, errno, "cannot write \"%s\"", part);
    } else {
        rc = file_write_all(fd, bytes, n, e);
        if (close(fd) != 0 && rc == 0)
            rc = err_set_errno(e, errno, "cannot write \"%s\"", part);
        if (rc == 0 && rename(part, path) != 0)
            rc = err_set_errno(e, errno, "cannot write \"%s\"", path);
        if (rc != 0)
            unlink(part);
    }
    free(part);
    return rc;
}

int clarifai_bytes_keep(struct clarifai_store *s, const void *bytes, size_t n, char md5[HASH_MD5_HEX], struct err *e)
{
    struct hash *h = hash_new_md5();
    struct buf path = BUF_INIT;
    struct stat st;
    int rc;

    if (h == NULL)
        return err_no_memory(e);
    hash_add(h, bytes, n);
    hash_end(h, md5, HASH_MD5_HEX);
    hash_free(h);
    buf_printf(&path, "%s/%.2s", s->dir, md5);
    rc = buf_error(&path, e);
    if (rc == 0)
        rc = file_make_dirs(path.data, e);
    buf_clear(&path);
    if (rc == 0)
        rc = clarifai_bytes_path(s, md5, &path);
    if (rc == 0 && stat(path.data, &st) != 0)
        rc = write_quietly(path.data, bytes, n, e);
    buf_release(&path);
    return rc;
}

/* "harbour-12.jpg" → scene, a number that repeats every 16, format. */
static bool picture_name_parse(const char *name, int *scene, unsigned *number, enum picture_format *format)
{
    const char *dash = strrchr(name, '-'), *dot = strrchr(name, '.');
    char word[32], digits[16];
    uint64_t value;

    if (dash == NULL || dot == NULL || dot < dash || dash - name >= (ptrdiff_t)sizeof word
        || dot - dash > (ptrdiff_t)sizeof digits)
        return false;
    snprintf(word, sizeof word, "%.*s", (int)(dash - name), name);
    snprintf(digits, sizeof digits, "%.*s", (int)(dot - dash - 1), dash + 1);
    *scene = picture_scene_index(word);
    *format = picture_format_of(dot + 1);
    if (*scene < 0 || *format == PICTURE_UNKNOWN || !str_u64(digits, &value))
        return false;
    *number = (unsigned)(value % 16);
    return true;
}

bool clarifai_picture_bytes(struct clarifai_store *s, const char *url_path, struct buf *out)
{
    int scene;
    unsigned number;
    enum picture_format format;
    struct buf path = BUF_INIT;
    bool good;

    if (!str_starts(url_path, "/pictures/") || !picture_name_parse(url_path + 10, &scene, &number, &format))
        return false;
    buf_printf(&path, "%s/drawn-%s-%u.%s", s->dir, picture_scene_name(scene), number, picture_format_name(format));
    good = !path.failed && file_read(path.data, 8 << 20, out, NULL) == 0;
    if (!good && !path.failed) {
        buf_clear(out);
        good = picture_draw(scene, number, 480, 360, format, out, NULL) == 0
            && write_quietly(path.data, out->data, out->len, NULL) == 0;
    }
    buf_release(&path);
    return good;
}
