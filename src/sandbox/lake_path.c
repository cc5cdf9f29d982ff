#include "sandbox/lake_store.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/url.h"
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A segment is kept under its own name, so that files can be dropped into the data folder. Names a host folder cannot have
 * ("." and "..", and those that look encoded) are kept as "%=" and the percent-encoded name. One of more than 255 bytes is
 * kept as the first bytes of its encoded form and a hash; what it stands for is noted in DIR/long-names (one encoded name a
 * line) and here. One lake a process.
 */
#define SEGMENT_MAX 255
#define ENCODED "%="
#define HEAD_MAX 180
static pthread_mutex_t long_lock = PTHREAD_MUTEX_INITIALIZER;
static struct str_list long_entries, long_names;

/* "%L" occurs in no encoded name. */
static int short_entry(const char *encoded, struct buf *out) {
    char hex[HASH_SHA256_HEX];
    size_t head = HEAD_MAX;
    while (encoded[head - 1] == '%' || encoded[head - 2] == '%') head--;
    hash_sha256(encoded, strlen(encoded), hex);
    buf_add(out, encoded, head);
    buf_puts(out, "%L");
    return buf_add(out, hex, 40);
}

static const char *long_name(const char *entry) {
    for (size_t i = 0; i < long_entries.count; i++)
        if (str_eq(long_entries.items[i], entry)) return long_names.items[i];
    return NULL;
}

static int remember(const char *encoded, struct err *e) {
    struct buf entry;
    buf_init(&entry, 0);
    short_entry(encoded, &entry);
    int rc = buf_error(&entry, e);
    if (!rc && !long_name(entry.data) && (str_list_add(&long_names, encoded) || str_list_add(&long_entries, entry.data))) rc = err_no_memory(e);
    buf_release(&entry);
    return rc;
}

int lake_long_names_open(struct lake *l, struct err *e) {
    struct buf path, text;
    buf_init(&path, 0);
    buf_init(&text, 0);
    buf_printf(&path, "%s/long-names", l->dir);
    int rc = file_read(path.data, (size_t)64 << 20, &text, e);
    if (rc && e->code == ERR_NOT_FOUND) {
        err_clear(e);
        rc = 0;
    }
    pthread_mutex_lock(&long_lock);
    char *save = NULL;
    for (char *line = text.len ? strtok_r(text.data, "\n", &save) : NULL; line && !rc; line = strtok_r(NULL, "\n", &save))
        if (strlen(line) > SEGMENT_MAX) rc = remember(line, e);
    pthread_mutex_unlock(&long_lock);
    buf_release(&path);
    buf_release(&text);
    return rc;
}

void lake_long_names_close(void) {
    pthread_mutex_lock(&long_lock);
    str_list_release(&long_entries);
    str_list_release(&long_names);
    pthread_mutex_unlock(&long_lock);
}

static int note_long(struct lake *l, const char *encoded, struct err *e) {
    pthread_mutex_lock(&long_lock);
    struct buf entry;
    buf_init(&entry, 0);
    short_entry(encoded, &entry);
    bool known = long_name(entry.data) != NULL;
    int rc = buf_error(&entry, e);
    buf_release(&entry);
    if (!rc && !known) {
        char *path = str_printf("%s/long-names", l->dir);
        FILE *f = path ? fopen(path, "ae") : NULL;
        if (!f || fprintf(f, "%s\n", encoded) < 0) rc = err_set_errno(e, errno, "cannot note a long file name");
        if (f && fclose(f) && !rc) rc = err_set_errno(e, errno, "cannot note a long file name");
        free(path);
        if (!rc) rc = remember(encoded, e);
    }
    pthread_mutex_unlock(&long_lock);
    return rc;
}

static int add_encoded(struct lake *l, struct buf *out, const char *s, size_t n, struct err *e) {
    struct buf encoded;
    buf_init(&encoded, 0);
    bool dots = n <= 2 && s[0] == '.' && s[n - 1] == '.';
    if (dots) buf_puts(&encoded, n == 1 ? "%2E" : "%2E%2E");
    else url_encode(&encoded, s, n);
    int rc = buf_error(&encoded, e);
    if (!rc && n > SEGMENT_MAX) {
        rc = note_long(l, encoded.data, e);
        short_entry(encoded.data, out);
    } else if (!rc) {
        buf_puts(out, ENCODED);
        buf_puts(out, encoded.data);
    }
    buf_release(&encoded);
    return rc ? rc : buf_error(out, e);
}

static int add_segment(struct lake *l, struct buf *out, const char *s, size_t n, struct err *e) {
    bool dots = n && n <= 2 && s[0] == '.' && s[n - 1] == '.';
    bool looks_encoded = n > 2 && !memcmp(s, ENCODED, 2);
    buf_putc(out, '/');
    if (dots || looks_encoded || n > SEGMENT_MAX) return add_encoded(l, out, s, n, e);
    buf_add(out, s, n);
    return buf_error(out, e);
}

static int add_segments(struct lake *l, struct buf *out, const char *rest, struct err *e) {
    while (*rest) {
        size_t n = strcspn(rest, "/");
        if (n && add_segment(l, out, rest, n, e)) return -1;
        rest += n + (rest[n] == '/');
    }
    return 0;
}

static int volume_exists(struct lake *l, char *const part[3], struct err *e) {
    pthread_mutex_lock(&l->read);
    int has = lake_has(l->reader, e, "SELECT 1 FROM volume WHERE catalog=?1 AND schema_name=?2 AND name=?3", part[0], part[1], part[2], NULL);
    pthread_mutex_unlock(&l->read);
    if (has == 1) return 0;
    return has < 0 ? -1 : err_set(e, ERR_NOT_FOUND, "Volume '%s.%s.%s' does not exist.", part[0], part[1], part[2]);
}

int lake_volume_folder(struct lake *l, const char *catalog, const char *schema, const char *name, struct buf *out, struct err *e) {
    const char *part[3] = {catalog, schema, name};
    buf_printf(out, "%s/volumes", l->dir);
    for (int i = 0; i < 3; i++)
        if (add_segment(l, out, part[i], strlen(part[i]), e)) return -1;
    return 0;
}

/* "c/s/v/rel" below /Volumes/; names are folded, the rest is not. */
static int volume_path(struct lake *l, const char *rest, struct buf *out, struct err *e) {
    char *part[3] = {0};
    int rc = 0, n = 0;
    for (; n < 3; n++) {
        size_t len = strcspn(rest, "/");
        char *raw = len ? str_dup_n(rest, len) : NULL;
        if (!raw) break;
        part[n] = lake_name_fold(raw);
        free(raw);
        rest += len + (rest[len] == '/');
    }
    if (n < 3) rc = err_set(e, ERR_NOT_FOUND, "a path below /Volumes names a catalog, a schema and a volume");
    if (!rc) rc = volume_exists(l, part, e);
    if (!rc) rc = lake_volume_folder(l, part[0], part[1], part[2], out, e);
    for (int i = 0; i < 3; i++) free(part[i]);
    return rc ? rc : add_segments(l, out, rest, e);
}

int lake_path(struct lake *l, const char *path, struct buf *out, struct err *e) {
    static const char *const schemes[] = {"s3://", "s3a://", "s3n://", "gs://", "abfss://"};
    if (str_starts(path, "dbfs:/Volumes/")) path += 5;
    if (str_starts(path, "/Volumes/")) return volume_path(l, path + 9, out, e);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (!str_starts(path, schemes[i])) continue;
        const char *rest = path + strlen(schemes[i]);
        if (!*rest || *rest == '/') return err_set(e, ERR_NOT_FOUND, "'%s' names no bucket", path);
        buf_printf(out, "%s/s3", l->dir);
        return add_segments(l, out, rest, e);
    }
    return err_set(e, ERR_NOT_FOUND, "'%s' is neither below /Volumes nor in a bucket", path);
}

int lake_segment_name(const char *entry, struct buf *out) {
    pthread_mutex_lock(&long_lock);
    const char *encoded = strstr(entry, "%L") ? long_name(entry) : NULL;
    if (!encoded && str_starts(entry, ENCODED)) encoded = entry + 2;
    bool ok = encoded ? url_decode(out, encoded, strlen(encoded), false) : !buf_puts(out, entry);
    pthread_mutex_unlock(&long_lock);
    return ok && !out->failed ? 0 : -1;
}

/* --- folders of an older version, which kept every name percent-encoded --- */
static int rename_entry(struct lake *l, const char *folder, const char *entry, struct err *e) {
    struct buf name, to;
    buf_init(&name, 0);
    buf_init(&to, 0);
    char *from = str_printf("%s/%s", folder, entry);
    const char *encoded = strstr(entry, "%L") ? long_name(entry) : NULL;
    bool known = url_decode(&name, encoded ? encoded : entry, strlen(encoded ? encoded : entry), false) && name.len; /* else it was dropped there by hand */
    int rc = from ? buf_puts(&to, folder) : err_no_memory(e);
    if (!rc && known) rc = add_segment(l, &to, name.data, name.len, e);
    if (!rc && known && !str_eq(from, to.data) && rename(from, to.data)) rc = err_set_errno(e, errno, "cannot rename \"%s\"", from);
    free(from);
    buf_release(&name);
    buf_release(&to);
    return rc;
}

/* Deepest first, so that a folder's path stays as it was listed. */
static int rename_below(struct lake *l, const char *folder, struct err *e) {
    struct str_list names = {0};
    struct dirent *entry;
    struct stat st;
    int rc = 0;
    DIR *d = opendir(folder);
    while (d && !rc && (entry = readdir(d)))
        if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, "..")) rc = str_list_add(&names, entry->d_name);
    if (d) closedir(d);
    for (size_t i = 0; i < names.count && !rc; i++) {
        char *path = str_printf("%s/%s", folder, names.items[i]);
        if (!path) rc = err_no_memory(e);
        else if (!lstat(path, &st) && S_ISDIR(st.st_mode)) rc = rename_below(l, path, e);
        free(path);
        if (!rc && strchr(names.items[i], '%')) rc = rename_entry(l, folder, names.items[i], e);
    }
    str_list_release(&names);
    return rc;
}

int lake_names_upgrade(struct lake *l, struct err *e) {
    static const char *const folders[] = {"volumes", "s3"};
    char *mark = str_printf("%s/names", l->dir);
    int rc = mark ? 0 : err_no_memory(e);
    bool done = mark && !access(mark, F_OK);
    for (int i = 0; i < 2 && !rc && !done; i++) {
        char *folder = str_printf("%s/%s", l->dir, folders[i]);
        rc = folder ? rename_below(l, folder, e) : err_no_memory(e);
        free(folder);
    }
    if (!rc && !done) rc = file_write_atomic(mark, "as they are\n", 12, e);
    free(mark);
    return rc;
}
