/* Of a journal: its file, made, opened, brought to this version or put aside. */
#include "core/journal_inside.h"
#include "base/url.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/statfs.h>
#include <unistd.h>

#define JOURNAL_VERSION 2 /* 2: items have source and detail */
#define JOURNAL_APPLICATION 0x4c4b4659 /* "LKFY" in the file's header */
#define JOURNAL_CHECK_MAX (64LL << 20) /* larger files are not read through at each start */

#define JOURNAL_ITEM_SOURCES                                                                             \
    "CREATE INDEX items_source ON items(source) WHERE source IS NOT NULL;"                               \
    "CREATE TABLE concepts(id TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;"                       \
    "CREATE INDEX concepts_name ON concepts(name, id);"

static const char journal_schema[] =
    "CREATE TABLE facts(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE items(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, modified INTEGER NOT NULL, sha256 TEXT, input_id TEXT,"
    " state INTEGER NOT NULL, action INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0, candidate INTEGER NOT NULL,"
    " existed INTEGER NOT NULL DEFAULT 0, settled INTEGER NOT NULL DEFAULT 0, code TEXT, reason TEXT, changed INTEGER NOT NULL DEFAULT 0,"
    " seq INTEGER NOT NULL DEFAULT 0, source TEXT, detail TEXT);"
    JOURNAL_ITEM_SOURCES
    "CREATE INDEX items_state ON items(state, id);"
    "CREATE INDEX items_input ON items(input_id) WHERE input_id IS NOT NULL;"
    "CREATE INDEX items_seq ON items(seq) WHERE seq > 0;"
    "CREATE TABLE counts(state INTEGER PRIMARY KEY, n INTEGER NOT NULL, bytes INTEGER NOT NULL);"
    "WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < 31) INSERT INTO counts SELECT i, 0, 0 FROM s;"
    "CREATE TRIGGER items_come AFTER INSERT ON items BEGIN UPDATE counts SET n = n + 1, bytes = bytes + NEW.size WHERE state = NEW.state; END;"
    "CREATE TRIGGER items_move AFTER UPDATE OF state, size ON items WHEN OLD.state <> NEW.state OR OLD.size <> NEW.size BEGIN"
    " UPDATE counts SET n = n - 1, bytes = bytes - OLD.size WHERE state = OLD.state;"
    " UPDATE counts SET n = n + 1, bytes = bytes + NEW.size WHERE state = NEW.state; END;"
    "CREATE TABLE folders(path TEXT PRIMARY KEY, done INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE INDEX folders_open ON folders(done, path);"
    "CREATE TABLE remote(input_id TEXT PRIMARY KEY, source TEXT, sha256 TEXT, size INTEGER, modified INTEGER, in_dataset INTEGER NOT NULL DEFAULT 0,"
    " code INTEGER, status TEXT, created INTEGER, json TEXT, seen INTEGER NOT NULL DEFAULT 0, pass INTEGER NOT NULL DEFAULT 0,"
    " prev INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE INDEX remote_source ON remote(source) WHERE source IS NOT NULL;"
    "CREATE TABLE annotations(input_id TEXT NOT NULL, id TEXT NOT NULL, line TEXT NOT NULL, PRIMARY KEY(input_id, id)) WITHOUT ROWID;"
    "CREATE TABLE pictures(input_id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE written(input_id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE files(name TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE leavings(id TEXT PRIMARY KEY, kind TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE lines(id INTEGER PRIMARY KEY, line TEXT NOT NULL);";

/* A journal of version 1 becomes one of this version. */
static const char journal_upgrade[] =
    "ALTER TABLE items ADD COLUMN source TEXT; ALTER TABLE items ADD COLUMN detail TEXT;" JOURNAL_ITEM_SOURCES "PRAGMA user_version = 2;";

static const char journal_temp[] =
    "CREATE TEMP TABLE claims(id INTEGER PRIMARY KEY);"
    "CREATE TEMP TABLE claimed_folders(path TEXT PRIMARY KEY) WITHOUT ROWID;";

/* --- opening --- */

/* Shared memory of the WAL needs a local file system. */
static bool wal_is_safe(const char *folder)
{
    static const long remote[] = {0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546, 0x73757245, 0x00c36400};
    struct statfs fs;
    if (statfs(folder, &fs) != 0)
        return false;
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        if ((long)fs.f_type == remote[i])
            return false;
    return true;
}

/*
 * What was read is not what a journal has. When the reading itself failed for want of room, memory or a lock, the file is not to blame, and a writer
 * must not put it aside for that; a viewer says of each that nothing is known of it. Returns -1.
 */
static int unfit(struct journal *j, bool view, const char *words, struct err *e)
{
    static const int of_the_moment[] = {SQLITE_NOMEM, SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM, SQLITE_PROTOCOL};
    int rc = sqlite3_extended_errcode(j->db);
    bool passes = (rc & 0xff) == SQLITE_IOERR && rc != SQLITE_IOERR_READ && rc != SQLITE_IOERR_SHORT_READ;
    for (size_t i = 0; i < sizeof of_the_moment / sizeof *of_the_moment; i++)
        passes = passes || (rc & 0xff) == of_the_moment[i];
    return passes && !view ? journal_fail(j, e) : journal_damaged(j, words, e);
}

static int check_version(struct journal *j, bool view, struct err *e)
{
    if (journal_scalar(j, "PRAGMA application_id", -1) != JOURNAL_APPLICATION)
        return unfit(j, view, "it is not a journal of lakeferry", e);
    int64_t version = journal_scalar(j, "PRAGMA user_version", -1);
    if (version < 1)
        return unfit(j, view, "it is not a journal of lakeferry", e);
    if (version > JOURNAL_VERSION) {
        err_set(e, ERR_CONFIG, "it was written by a newer lakeferry (version %lld of the journal, this one knows %d)", (long long)version,
                JOURNAL_VERSION);
        err_remedy(e, "go on with the newer program");
        return err_about(e, "cannot use the journal", j->path);
    }
    if (view || journal_scalar(j, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", 0) > JOURNAL_CHECK_MAX)
        return 0;
    sqlite3_stmt *s = journal_prepare(j, "PRAGMA quick_check(1)", e);
    bool ok = s && sqlite3_step(s) == SQLITE_ROW && str_eq((const char *)sqlite3_column_text(s, 0), "ok");
    journal_end(j, s);
    return ok ? 0 : unfit(j, view, "its pages do not fit together", e);
}

/* What a new journal begins with. */
struct seed { const struct journal_fact *facts; size_t count; bool kept; };

/* All in the transaction that gives the file its mark: what has the mark is whole. */
static int create_schema(struct journal *j, const struct seed *seed, struct err *e)
{
    char sql[128];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;", JOURNAL_APPLICATION, JOURNAL_VERSION);
    if (journal_begin(j, e) != 0)
        return -1;
    int result = journal_run(j, journal_schema, e);
    for (size_t i = 0; i < seed->count && result == 0; i++)
        result = journal_fact_row(j, seed->facts[i].key, seed->facts[i].value, e);
    if (result == 0 && seed->kept)
        result = journal_kept_restore(j, e);
    if (result == 0)
        result = journal_run(j, sql, e);
    return journal_finish(j, result, e);
}

static int upgrade(struct journal *j, struct err *e)
{
    if (journal_scalar(j, "PRAGMA user_version", 0) >= JOURNAL_VERSION)
        return 0;
    return journal_begin(j, e) != 0 ? -1 : journal_finish(j, journal_run(j, journal_upgrade, e), e);
}

static int set_up(struct journal *j, const char *folder, const struct seed *seed, bool view, struct err *e)
{
    sqlite3_extended_result_codes(j->db, 1);
    sqlite3_busy_timeout(j->db, view ? 2000 : 10000);
    if (view) {
        j->without_sources = journal_scalar(j, "PRAGMA user_version", JOURNAL_VERSION) < JOURNAL_VERSION;
        return check_version(j, true, e) != 0 ? -1 : journal_load_counts(j, e);
    }
    if (!seed && check_version(j, false, e) != 0)
        return -1;
    if (journal_run(j, wal_is_safe(folder) ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE", e) != 0 ||
        journal_run(j, "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 1000", e) != 0)
        return -1;
    if ((seed ? create_schema(j, seed, e) : upgrade(j, e)) != 0)
        return -1;
    if (journal_run(j, journal_temp, e) != 0 || journal_load_counts(j, e) != 0)
        return -1;
    j->seq = journal_scalar(j, "SELECT max(seq) FROM items", 0);
    return 0;
}

/* The empty file comes first, so that SQLite's own files take its mode. */
static int make_file(const char *path, struct err *e)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(e, errno, "cannot make the journal %s", path);
    close(fd);
    return 0;
}

/*
 * What SQLite opens. A viewer of a folder that cannot be written has no place for SQLite's shared index; where none is left there, nobody writes, and
 * the file is read as it stands. Owned.
 */
static char *name_to_open(const char *folder, const char *path, bool view)
{
    char *index = str_printf("%s-shm", path), *name = NULL;
    struct buf uri = BUF_INIT;
    struct err ignored;
    if (index && (!view || access(folder, W_OK) == 0 || access(index, F_OK) == 0)) {
        name = str_dup(path);
    } else if (index && buf_puts(&uri, "file:") == 0 && url_encode_path(&uri, path, &ignored) == 0 && buf_puts(&uri, "?immutable=1") == 0) {
        name = buf_take(&uri);
    }
    buf_release(&uri);
    free(index);
    return name;
}

/* seed: it is made. */
static int open_file(const char *folder, const struct seed *seed, bool view, struct journal **out, struct err *e)
{
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return err_no_memory(e);
    pthread_mutex_init(&j->lock, NULL);
    j->path = str_printf("%s/journal.db", folder);
    j->kept = str_printf("%s/kept.json", folder);
    if (!j->path || !j->kept) {
        journal_close(j);
        return err_no_memory(e);
    }
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | (view ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    int result = 0;
    bool made = false;
    char *name = name_to_open(folder, j->path, view);
    if (seed && access(j->path, F_OK) == 0)
        result = err_set(e, ERR_CONFLICT, "%s exists already", j->path);
    else if (!seed && access(j->path, F_OK) != 0)
        result = err_set(e, ERR_NOT_FOUND, "there is no journal at %s", j->path);
    else if (seed && !(made = make_file(j->path, e) == 0))
        result = -1;
    else if (!name)
        result = err_no_memory(e);
    else if (sqlite3_open_v2(name, &j->db, flags, NULL) != SQLITE_OK)
        result = j->db ? journal_fail(j, e) : err_no_memory(e);
    else
        result = set_up(j, folder, seed, view, e);
    free(name);
    if (result != 0 && made)
        unlink(j->path);        /* half a journal would be put aside as damaged, over the one that was */
    if (result != 0) {
        journal_close(j);
        return -1;
    }
    *out = j;
    return 0;
}

int journal_open(const char *folder, bool create, struct journal **out, struct err *e)
{
    return open_file(folder, create ? &(struct seed){0} : NULL, false, out, e);
}

int journal_open_view(const char *folder, struct journal **out, struct err *e) { return open_file(folder, NULL, true, out, e); }

void journal_close(struct journal *j)
{
    if (!j)
        return;
    journal_trust(j);
    for (int i = 0; i < S_COUNT; i++)
        sqlite3_finalize(j->statements[i]);
    for (int i = 0; i < JOURNAL_IDLE_STATEMENTS; i++)
        sqlite3_finalize(j->idle[i]);
    sqlite3_close(j->db);
    pthread_mutex_destroy(&j->lock);
    free(j->path);
    free(j->kept);
    free(j);
}

/* The file goes first, and what SQLite has beside it before another is made: pages of the old one would be taken for the new one's. */
static int put_aside(const char *folder, struct err *e)
{
    static const char *const ends[] = {"-wal", "-shm", "-journal"};
    char *path = str_printf("%s/journal.db", folder), *aside = str_printf("%s/journal.db.damaged", folder);
    int result = !path || !aside ? err_no_memory(e) : 0;
    if (result == 0 && rename(path, aside) != 0 && errno != ENOENT)
        result = err_set_errno(e, errno, "cannot put %s aside", path);
    for (size_t i = 0; result == 0 && i < sizeof ends / sizeof *ends; i++) {
        char *beside = str_printf("%s%s", path, ends[i]);
        if (!beside)
            result = err_no_memory(e);
        else if (unlink(beside) != 0 && errno != ENOENT)
            result = err_set_errno(e, errno, "cannot remove %s", beside);
        free(beside);
    }
    free(path);
    free(aside);
    return result;
}

int journal_make_again(const char *folder, const struct journal_fact *facts, size_t n, struct journal **out, struct err *e)
{
    const struct seed seed = {.facts = facts, .count = n, .kept = true};
    return put_aside(folder, e) != 0 ? -1 : open_file(folder, &seed, false, out, e);
}
