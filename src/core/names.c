#include "core/names.h"
#include <ctype.h>

#define VOLUMES_PREFIX "/Volumes/"

void name_release(struct name *n)
{
    if (n == NULL)
        return;
    free(n->catalog);
    free(n->schema);
    free(n->object);
    *n = (struct name){0};
}

int name_copy(struct name *out, const struct name *n, struct err *e)
{
    *out = (struct name){ .catalog = str_dup(n->catalog), .schema = str_dup(n->schema), .object = str_dup(n->object) };
    if ((n->catalog && !out->catalog) || (n->schema && !out->schema) || (n->object && !out->object)) {
        name_release(out);
        return err_no_memory(e);
    }
    return 0;
}

static bool is_plain(char c)
{
    return ((unsigned char)c < 0x80 && isalnum((unsigned char)c)) || c == '_'; /* whatever the locale calls a letter */
}

/* Unity Catalog stores names in lower case (reference §6): one spelling, so that one thing has one source and one key. */
static void lower_ascii(char *text)
{
    for (char *p = text; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
}

/* Takes one part from *at. A plain part may also hold '-' and non-ASCII bytes: people type them, and no part can be
 * mistaken by it, because only '.', '/' and the end stop a plain part. */
static int take_part(const char **at, const char *whole, char **out, struct err *e)
{
    struct buf b = BUF_INIT;
    const char *p = *at;

    if (*p == '`') {
        for (p++; *p != '\0'; p++) {
            if (*p == '`') {
                if (p[1] != '`')
                    break;
                p++;
            }
            buf_putc(&b, *p);
        }
        if (*p != '`') {
            buf_release(&b);
            return err_set(e, ERR_USAGE, "a backtick is not closed in \"%s\"", whole);
        }
        p++;
    } else {
        while (*p != '\0' && *p != '.' && *p != '/' && *p != '`')
            buf_putc(&b, *p++);
    }
    if (buf_error(&b, e) != 0) {
        buf_release(&b);
        return -1;
    }
    if (b.len == 0) {
        buf_release(&b);
        return err_set(e, ERR_USAGE, "a part of the name \"%s\" is empty", whole);
    }
    *out = buf_take(&b);
    *at = p;
    if (*out == NULL)
        return err_no_memory(e);
    lower_ascii(*out);
    return 0;
}

/* Takes up to three parts joined by '.', stopping at the end or at '/'. */
static int take_parts(const char **at, const char *whole, struct name *out, int *count, struct err *e)
{
    char **slots[] = { &out->catalog, &out->schema, &out->object };

    *count = 0;
    for (;;) {
        if (*count == 3)
            return err_set(e, ERR_USAGE, "\"%s\" has more than three parts; write catalog.schema.name, "
                                         "and a part that holds a dot in backticks", whole);
        if (take_part(at, whole, slots[*count], e) != 0)
            return -1;
        ++*count;
        if (**at != '.')
            return 0;
        ++*at;
    }
}

int name_parse(const char *text, int want, struct name *out, struct err *e)
{
    const char *at = text;
    int count = 0;

    *out = (struct name){0};
    if (take_parts(&at, text, out, &count, e) != 0)
        goto fail;
    if (*at != '\0') {
        err_set(e, ERR_USAGE, "\"%s\" is not catalog.schema.name: a part that is not letters, digits or _ is written in backticks", text);
        goto fail;
    }
    if (want != 0 && count != want) {
        err_set(e, ERR_USAGE, "\"%s\" has %d part%s where %s is needed", text, count, count == 1 ? "" : "s",
                want == 3 ? "catalog.schema.name" : want == 2 ? "catalog.schema" : "one name");
        goto fail;
    }
    return 0;
fail:
    name_release(out);
    return -1;
}

static void put_part(struct buf *b, const char *part)
{
    bool plain = part[0] != '\0';

    for (const char *p = part; *p; p++)
        plain = plain && is_plain(*p);
    if (plain) {
        buf_puts(b, part);
        return;
    }
    buf_putc(b, '`');
    for (const char *p = part; *p; p++) {
        if (*p == '`')
            buf_putc(b, '`');
        buf_putc(b, *p);
    }
    buf_putc(b, '`');
}

static char *join(const struct name *n, void (*put)(struct buf *, const char *))
{
    struct buf b = BUF_INIT;
    const char *parts[] = { n->catalog, n->schema, n->object };

    for (int i = 0; i < 3 && parts[i] != NULL; i++) {
        if (i > 0)
            buf_putc(&b, '.');
        put(&b, parts[i]);
    }
    return buf_take(&b);
}

static void put_raw(struct buf *b, const char *part)
{
    buf_puts(b, part);
}

char *name_text(const struct name *n)
{
    return join(n, put_part);
}

char *name_full(const struct name *n)
{
    return join(n, put_raw);
}

int name_check_new(const char *part, struct err *e)
{
    if (part == NULL || part[0] == '\0')
        return err_set(e, ERR_USAGE, "the name is empty");
    if (strlen(part) > 255)
        return err_set(e, ERR_USAGE, "the name is longer than 255 characters");
    if (strstr(part, "${") != NULL)
        return err_set(e, ERR_USAGE, "the name \"%s\" holds \"${\", which Spark replaces before it reads a statement", part);
    for (const char *p = part; *p; p++) {
        if (*p == '.' || *p == ' ' || *p == '/')
            return err_set(e, ERR_USAGE, "the name \"%s\" holds %s, which Unity Catalog does not allow", part,
                           *p == '.' ? "a dot" : *p == ' ' ? "a blank" : "a slash");
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return err_set(e, ERR_USAGE, "the name holds a control character, which Unity Catalog does not allow");
    }
    return 0;
}

char *name_suggest(const char *text)
{
    struct buf b = BUF_INIT;

    for (const char *p = text; *p && b.len < 120; p++) {
        if (isalnum((unsigned char)*p) && (unsigned char)*p < 0x80)
            buf_putc(&b, (char)tolower((unsigned char)*p));
        else if (b.len > 0 && b.data[b.len - 1] != '_')
            buf_putc(&b, '_');
    }
    while (b.len > 0 && b.data[b.len - 1] == '_')
        buf_cut(&b, b.len - 1);
    if (b.len == 0)
        buf_puts(&b, "inputs");
    return buf_take(&b);
}

void volume_path_release(struct volume_path *v)
{
    if (v == NULL)
        return;
    name_release(&v->volume);
    free(v->path);
    v->path = NULL;
}

/* "/c/s/v/path" behind "/Volumes": raw segments, no backticks. */
static int parse_posix(const char *text, struct volume_path *out, const char **rest, struct err *e)
{
    char **slots[] = { &out->volume.catalog, &out->volume.schema, &out->volume.object };
    const char *at = text + strlen(VOLUMES_PREFIX);

    for (int i = 0; i < 3; i++) {
        size_t n = strcspn(at, "/");
        if (n == 0)
            return err_set(e, ERR_USAGE, "\"%s\" is not /Volumes/catalog/schema/volume[/path]", text);
        *slots[i] = str_dup_n(at, n);
        if (*slots[i] == NULL)
            return err_no_memory(e);
        lower_ascii(*slots[i]);
        at += n + (at[n] == '/');
    }
    *rest = at;
    return 0;
}

static int set_folder(struct volume_path *out, const char *rest, const char *text, struct err *e)
{
    size_t n;

    while (*rest == '/')
        rest++;
    n = strlen(rest);
    while (n > 0 && rest[n - 1] == '/')
        n--;
    out->path = str_dup_n(rest, n);
    if (out->path == NULL)
        return err_no_memory(e);
    for (const char *p = out->path; *p;) {
        size_t seg = strcspn(p, "/");
        if ((seg == 1 && p[0] == '.') || (seg == 2 && p[0] == '.' && p[1] == '.'))
            return err_set(e, ERR_USAGE, "\"%s\" holds a \"%.*s\" part, which is not allowed", text, (int)seg, p);
        p += seg + (p[seg] == '/');
    }
    return 0;
}

int volume_path_parse(const char *text, struct volume_path *out, struct err *e)
{
    const char *rest = text;
    int count = 0, result;

    *out = (struct volume_path){0};
    if (str_starts(text, VOLUMES_PREFIX)) {
        result = parse_posix(text, out, &rest, e);
    } else {
        result = take_parts(&rest, text, &out->volume, &count, e);
        if (result == 0 && (count != 3 || (*rest != '\0' && *rest != '/')))
            result = err_set(e, ERR_USAGE, "\"%s\" is not a volume: write catalog.schema.volume[/path] or /Volumes/catalog/schema/volume[/path]", text);
    }
    if (result == 0)
        result = set_folder(out, rest, text, e);
    if (result != 0)
        volume_path_release(out);
    return result;
}

char *volume_path_text(const struct volume_path *v)
{
    bool folder = v->path != NULL && v->path[0] != '\0';

    return str_printf(VOLUMES_PREFIX "%s/%s/%s%s%s", v->volume.catalog, v->volume.schema, v->volume.object,
                      folder ? "/" : "", folder ? v->path : "");
}

void app_name_release(struct app_name *a)
{
    if (a == NULL)
        return;
    free(a->user);
    free(a->app);
    *a = (struct app_name){0};
}

int app_name_parse(const char *text, struct app_name *out, struct err *e)
{
    const char *slash = strchr(text, '/');

    *out = (struct app_name){0};
    if (slash != NULL && (slash == text || slash[1] == '\0' || strchr(slash + 1, '/') != NULL))
        return err_set(e, ERR_USAGE, "\"%s\" is not an app: write user/app, or app of the configured user", text);
    if (text[0] == '\0')
        return err_set(e, ERR_USAGE, "the app's name is empty");
    out->user = slash != NULL ? str_dup_n(text, (size_t)(slash - text)) : NULL;
    out->app = str_dup(slash != NULL ? slash + 1 : text);
    if (out->app == NULL || (slash != NULL && out->user == NULL)) {
        app_name_release(out);
        return err_no_memory(e);
    }
    return 0;
}
