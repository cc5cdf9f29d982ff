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

static void clean_and_hash(const char *name, size_t n, const char *hashed, char out[IDS_ROOM])
{
    char hex[HASH_SHA256_HEX];
    clean(name, n, out, IDS_MAX - IDS_SUFFIX);
    hash_sha256(hashed, strlen(hashed), hex);
    size_t used = strlen(out);
    snprintf(out + used, IDS_ROOM - used, "-%.8s", hex);
}

void ids_make_suffixed(const char *path, bool whole_path, char out[IDS_ROOM])
{
    const char *start;
    size_t n = stem(path, whole_path, &start);
    clean_and_hash(start, n, path, out);
}

void ids_make_named(const char *name, const char *hashed, char out[IDS_ROOM]) { clean_and_hash(name, strlen(name), hashed, out); }

void ids_make(const char *path, bool whole_path, char out[IDS_ROOM], bool *changed)
{
    const char *start;
    size_t n = stem(path, whole_path, &start);
    *changed = !clean(start, n, out, IDS_MAX);
    if (*changed)
        ids_make_suffixed(path, whole_path, out);
}

bool ids_is_plain(const char *path, bool whole_path, const char *id)
{
    const char *start;
    size_t n = stem(path, whole_path, &start);
    return strlen(id) == n && memcmp(start, id, n) == 0;
}
