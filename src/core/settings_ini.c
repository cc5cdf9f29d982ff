#include "core/settings_ini.h"
#include "base/file.h"
#include <ini.h>

#define FILE_MAX ((size_t)1 << 20)
#define LINE_SAFE 190     /* inih cuts lines at 199 bytes and reads the rest as another line */
#define SECTION_SAFE 49   /* and section names at 49 */
#define STAND_IN '\x01'   /* in place of a value or section name that inih cannot hold */

struct reading {
    struct settings_ini *out;
    struct str_list kept;     /* values that inih does not see */
    int *lines;               /* of the keys in order, since inih's handler is not told */
    size_t line_count, line_cap, next;
    const char *path;
    struct buf text;          /* what inih reads: line by line the file's */
    bool no_memory;
};

static int complain(const char *path, int line, struct err *e, const char *cause)
{
    err_set(e, ERR_CONFIG, "line %d %s", line, cause);
    err_remedy(e, "correct that line, or put # before it");
    return err_about(e, "cannot read", path);
}

/* Ends the value before a comment that has a blank in front of it. */
static void cut_comment(char *value)
{
    for (char *p = value; *p != '\0'; p++)
        if ((*p == '#' || *p == ';') && p > value && (p[-1] == ' ' || p[-1] == '\t')) {
            *p = '\0';
            break;
        }
    str_trim(value);
}

static int note_line(struct reading *r, int line, struct err *e)
{
    if (r->line_count == r->line_cap) {
        size_t cap = r->line_cap ? r->line_cap * 2 : 32;
        int *grown = realloc(r->lines, cap * sizeof *grown);
        if (!grown)
            return err_no_memory(e);
        r->lines = grown;
        r->line_cap = cap;
    }
    r->lines[r->line_count++] = line;
    return 0;
}

static int take_section(struct reading *r, char *line, int number, struct err *e)
{
    char *end = strchr(line, ']');

    if (!end)
        return complain(r->path, number, e, "has [ without ]");
    *end = '\0';
    if (str_list_add(&r->out->sections, line + 1))
        return err_no_memory(e);
    if (end - line - 1 > SECTION_SAFE)
        buf_printf(&r->text, "[%c]\n", STAND_IN);
    else
        buf_printf(&r->text, "[%s]\n", line + 1);
    return 0;
}

static int take_key(struct reading *r, char *line, int number, struct err *e)
{
    size_t n = strcspn(line, "=:");

    if (line[n] == '\0' || n == 0)
        return complain(r->path, number, e, "is neither [section] nor key = value");
    if (note_line(r, number, e))
        return -1;
    if (strlen(line) <= LINE_SAFE) {
        buf_printf(&r->text, "%s\n", line);
        return 0;
    }
    if (n > LINE_SAFE - 20)
        return complain(r->path, number, e, "has a key that is too long");
    char *value = str_trim(line + n + 1);
    cut_comment(value);
    if (str_list_add(&r->kept, value))
        return err_no_memory(e);
    buf_printf(&r->text, "%.*s = %c%zu\n", (int)n, line, STAND_IN, r->kept.count - 1);
    return 0;
}

static int take_line(struct reading *r, char *line, int number, struct err *e)
{
    if (number == 1 && str_starts(line, "\xef\xbb\xbf"))
        line += 3;
    line = str_trim(line);
    if (*line == '\0' || *line == '#' || *line == ';') {
        buf_putc(&r->text, '\n');
        return 0;
    }
    return *line == '[' ? take_section(r, line, number, e) : take_key(r, line, number, e);
}

static int prepare(struct reading *r, struct buf *file, struct err *e)
{
    int number = 0;

    if (strlen(file->data) != file->len) {
        err_set(e, ERR_CONFIG, "it is not a text file");
        return err_about(e, "cannot read", r->path);
    }
    for (char *line = file->data, *end; line && *line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (end)
            *end = '\0';
        if (take_line(r, line, ++number, e))
            return -1;
    }
    return buf_error(&r->text, e);
}

/* Called by inih for each key; 0 means an error to it. */
static int take_entry(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    struct settings_ini *t = r->out;
    int line = r->next < r->line_count ? r->lines[r->next++] : 0;

    if (section[0] == STAND_IN)
        return 1;
    if (value[0] == STAND_IN) {
        uint64_t i;
        if (str_u64(value + 1, &i) && i < r->kept.count)
            value = r->kept.items[i];
    }
    if (t->count == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 32;
        struct settings_ini_entry *grown = realloc(t->entries, cap * sizeof *grown);
        if (!grown) {
            r->no_memory = true;
            return 0;
        }
        t->entries = grown;
        t->cap = cap;
    }
    struct settings_ini_entry *en = &t->entries[t->count++];
    *en = (struct settings_ini_entry){ str_dup(section), str_dup(name), str_dup(value), line };
    if (!en->section || !en->key || !en->value) {
        r->no_memory = true;
        return 0;
    }
    cut_comment(en->value);
    return 1;
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

static void reading_release(struct reading *r)
{
    for (size_t i = 0; i < r->kept.count; i++)
        explicit_bzero(r->kept.items[i], strlen(r->kept.items[i]));
    str_list_release(&r->kept);
    free(r->lines);
    buf_wipe(&r->text);
}

int settings_ini_read(const char *path, struct settings_ini *out, struct err *e)
{
    struct reading r = { .out = out, .path = path, .text = BUF_INIT };
    struct buf file = BUF_INIT;

    memset(out, 0, sizeof *out);
    int rc = file_read(path, FILE_MAX, &file, e);
    if (!rc && file.len)
        rc = prepare(&r, &file, e);
    if (!rc && r.text.len) {
        int line = ini_parse_string(r.text.data, take_entry, &r);
        if (r.no_memory || line < 0)
            rc = err_no_memory(e);
        else if (line > 0)
            rc = complain(path, line, e, "is neither [section] nor key = value");
    }
    buf_wipe(&file);
    reading_release(&r);
    if (rc)
        settings_ini_release(out);
    return rc;
}

void settings_ini_release(struct settings_ini *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->entries[i].section);
        free(t->entries[i].key);
        wipe(t->entries[i].value);
    }
    free(t->entries);
    str_list_release(&t->sections);
    memset(t, 0, sizeof *t);
}

const struct settings_ini_entry *settings_ini_find(const struct settings_ini *t, const char *section, const char *key)
{
    for (size_t i = t->count; i-- > 0;)
        if (str_eq(t->entries[i].section, section) && str_eq(t->entries[i].key, key))
            return &t->entries[i];
    return NULL;
}

bool settings_ini_has_section(const struct settings_ini *t, const char *section)
{
    for (size_t i = 0; i < t->sections.count; i++)
        if (str_eq(t->sections.items[i], section))
            return true;
    return false;
}
