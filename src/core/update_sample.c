/* Sample rows of an update's plan as text: which columns change from what to what, cut to fit. */
#include "core/update.h"
#include "base/timefmt.h"
#include "base/utf8.h"

#define SHOWN 44   /* bytes of a value */
#define BEFORE 10  /* of what two values have in common before they differ */

static const char *cell(const struct compute_rows *rows, size_t row, char kind, size_t i)
{
    char name[24];
    snprintf(name, sizeof name, "%c%zu", kind, i);
    return compute_cell(rows, row, name);
}

/* Start of the part to show: a little before the first difference, at a whole character. */
static size_t window(const char *a, const char *b)
{
    size_t same = 0;
    if (!a || !b || (strlen(a) <= SHOWN && strlen(b) <= SHOWN))
        return 0;
    while (a[same] && a[same] == b[same])
        same++;
    if (same <= BEFORE)
        return 0;
    for (same -= BEFORE; same > 0 && ((unsigned char)a[same] & 0xC0) == 0x80;)
        same--;
    return same;
}

static void put_value(struct buf *out, const char *value, size_t from, bool time)
{
    char shown[40];
    int64_t us;
    if (!value) {
        buf_puts(out, "NULL");
        return;
    }
    if (time && str_i64(value, &us))
        value = time_format(us, 6, shown, sizeof shown);
    size_t n = strlen(value);
    from = from < n ? from : 0;
    size_t left = n - from, take = left <= SHOWN ? left : utf8_whole(value + from, SHOWN);
    bool quoted = n == 0 || str_eq(value, "NULL");
    buf_printf(out, "%s%s%.*s%s%s", quoted ? "\"" : "", from ? "..." : "", (int)take, value + from, take < left ? "..." : "", quoted ? "\"" : "");
}

/* Adds ", piece" when it fits; false when it does not. */
static bool add(struct run_sample *out, const struct buf *piece)
{
    size_t used = strlen(out->text), room = sizeof out->text - 24;     /* for ", and N more" */
    if (used + 2 + piece->len >= room)
        return false;
    snprintf(out->text + used, sizeof out->text - used, "%s%s", used ? ", " : "", piece->data);
    return true;
}

static void put_change(struct buf *out, const struct sql_field *f, const char *from, const char *to)
{
    bool time = str_eq(f->type, "TIMESTAMP");
    size_t start = time ? 0 : window(from, to);
    buf_printf(out, "%s: ", f->name);
    if (str_eq(from, to)) {                          /* they differ behind what was fetched */
        buf_puts(out, "differs further on");
        return;
    }
    put_value(out, from, start, time);
    buf_puts(out, " -> ");
    put_value(out, to, start, time);
}

/* Columns that tell a row from others, where no change does. */
static bool telling(const char *name)
{
    static const char *const names[] = {"input_concepts", "input_metadata", "image_url", "annotation_type", "annotation_concepts", "annotation"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

void update_sample_fill(struct run_sample *out, const struct update_side *side, enum sql_change change, const struct compute_rows *rows, size_t row)
{
    const char *key = compute_cell(rows, row, "k0"), *of = compute_cell(rows, row, "k1");
    char kind = change == SQL_MISSING ? 't' : 's';
    struct buf piece = BUF_INIT;
    int left_out = 0;
    buf_printf(&piece, "%s%s%s", key ? key : "", of ? " of " : "", of ? of : "");
    str_copy(out->key, sizeof out->key, piece.data);
    out->text[0] = '\0';
    for (size_t i = 0; i < side->count; i++) {
        const struct sql_field *f = &side->fields[i];
        const char *value = cell(rows, row, kind, i);
        if (update_is_key(side, f->name) || (change == SQL_CHANGED ? !str_eq(cell(rows, row, 'e', i), "false") : value == NULL || !telling(f->name)))
            continue;
        buf_clear(&piece);
        if (change == SQL_CHANGED) {
            put_change(&piece, f, cell(rows, row, 't', i), cell(rows, row, 's', i));
        } else {
            buf_printf(&piece, "%s: ", f->name);
            put_value(&piece, value, 0, str_eq(f->type, "TIMESTAMP"));
        }
        left_out += !add(out, &piece);
    }
    size_t used = strlen(out->text);
    if (left_out)
        snprintf(out->text + used, sizeof out->text - used, "%s %d more", used ? ", and" : "", left_out);
    buf_release(&piece);
}
