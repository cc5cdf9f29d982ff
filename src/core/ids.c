#include "core/ids.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/utf8.h"

#define IDS_SUFFIX 9 /* '-' and eight hex digits */

static bool allowed(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Bytes of text that make the id: the name or the whole path, without the last extension. */
static size_t stem(const char *path, bool whole_path, const char **start)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    const char *end = dot && dot != name ? dot : name + strlen(name);
    *start = whole_path ? path : name;
    return (size_t)(end - *start);
}

/* Copies at most room bytes, each character outside the rule as one '-'. Returns true when the copy is the text itself. */
static bool clean(const char *text, size_t n, char *out, size_t room)
{
    size_t used = 0;
    bool same = n > 0 && n <= room;
    for (size_t i = 0; i < n && used < room;) {
        if (allowed(text[i])) {
            out[used++] = text[i++];
            continue;
        }
        uint32_t point;
        i += utf8_decode(text + i, n - i, &point);
        out[used++] = '-';
        same = false;
    }
    out[used] = '\0';
    return same;
}

static int clean_and_hash(const char *name, size_t n, const char *hashed, char out[IDS_ROOM], struct err *e)
{
    char hex[HASH_SHA256_HEX];
    hash_sha256(hashed, strlen(hashed), hex);
    if (!hex[0]) {                               /* an id without it could be another file's */
        out[0] = '\0';
        return err_no_memory(e);
    }
    clean(name, n, out, IDS_MAX - IDS_SUFFIX);
    size_t used = strlen(out);
    snprintf(out + used, IDS_ROOM - used, "-%.8s", hex);
    return 0;
}

int ids_make_suffixed(const char *path, bool whole_path, char out[IDS_ROOM], struct err *e)
{
    const char *start;
    size_t n = stem(path, whole_path, &start);
    return clean_and_hash(start, n, path, out, e);
}

int ids_make_named(const char *name, const char *hashed, char out[IDS_ROOM], struct err *e)
{
    return clean_and_hash(name, strlen(name), hashed, out, e);
}

int ids_make(const char *path, bool whole_path, char out[IDS_ROOM], bool *changed, struct err *e)
{
    const char *start;
    size_t n = stem(path, whole_path, &start);
    *changed = !clean(start, n, out, IDS_MAX);
    return *changed ? ids_make_suffixed(path, whole_path, out, e) : 0;
}

bool ids_is_plain(const char *path, bool whole_path, const char *id)
{
    const char *start;
    size_t n = stem(path, whole_path, &start);
    return strlen(id) == n && memcmp(start, id, n) == 0;
}
