#include "cli/out.h"
#include "base/redact.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "base/utf8.h"
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define QUIET_PROGRESS_MS 5000 /* without a terminal: one line every few seconds */

static void say_unwritten(void)
{
    char room[128];
    if (errno != EPIPE)
        dprintf(STDERR_FILENO, "lakeferry: cannot write to standard output: %s\n", strerror_r(errno, room, sizeof room));
}

int out_flush(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    say_unwritten();
    return 1;
}

static void put(FILE *to, const char *text, size_t n)
{
    if (fwrite(text, 1, n, to) == n && fflush(to) == 0)
        return;
    if (to == stderr && errno != EPIPE)
        return; /* words for people that cannot be kept do not stop what is under way */
    if (to == stdout)
        say_unwritten();
    _exit(1); /* the reader is gone: nothing can be told any more; the threads at work are not waited for */
}

/* What a terminal would act on (DEL, C1, bidi and zero-width controls) is written as \uXXXX, which reads back as the same text. */
static void add_safe_json(struct buf *out, const struct buf *text)
{
    for (size_t i = 0, n; i < text->len; i += n) {
        uint32_t cp;
        n = utf8_decode(text->data + i, text->len - i, &cp);
        if (cp < 0x7f || !utf8_unsafe(cp))
            buf_add(out, text->data + i, n);
        else if (cp > 0xffff)
            buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + ((cp - 0x10000) >> 10)), (unsigned)(0xdc00 + ((cp - 0x10000) & 0x3ff)));
        else
            buf_printf(out, "\\u%04x", (unsigned)cp);
    }
}

void out_json(struct out *o, const cJSON *line)
{
    struct buf text = BUF_INIT, safe = BUF_INIT;

    if (line != NULL && json_print(&text, line) == 0) {
        add_safe_json(&safe, &text);
        if (buf_putc(&safe, '\n') == 0)
            out_data(o, safe.data, safe.len);
    }
    buf_release(&text);
    buf_release(&safe);
}

cJSON *out_object(const char *type)
{
    cJSON *line = cJSON_CreateObject();
    char now[40];

    json_put_str(line, "type", type);
    json_put_str(line, "time", time_format(time_wall_us(), 3, now, sizeof now));
    return line;
}

static void put_escaped(struct out *o, FILE *to, const char *text, size_t n, bool newline)
{
    struct buf safe = BUF_INIT, line = BUF_INIT;

    redact_text(&safe, text, n);
    utf8_escape(&line, safe.data, safe.len, o->ascii ? UTF8_ESCAPE_ASCII : UTF8_ESCAPE_LINE);
    if (newline)
        buf_putc(&line, '\n');
    put(to, line.data, line.len);
    buf_release(&safe);
    buf_release(&line);
}

/* Text for programs on its way to a person's terminal. */
static void put_lines(struct out *o, const char *bytes, size_t n)
{
    while (n > 0) { /* the ends of lines are ours, everything else came from elsewhere */
        const char *end = memchr(bytes, '\n', n);
        size_t line = end != NULL ? (size_t)(end - bytes) : n;
        size_t shown = line > 0 && bytes[line - 1] == '\r' ? line - 1 : line;
        put_escaped(o, stdout, bytes, shown, end != NULL);
        bytes += line + (end != NULL);
        n -= line + (end != NULL);
    }
}

void out_data(struct out *o, const char *bytes, size_t n)
{
    struct buf safe = BUF_INIT;

    if (redact_text(&safe, bytes, n) == 0) {
        if (isatty(STDOUT_FILENO))
            put_lines(o, safe.data, safe.len);
        else
            put(stdout, safe.data, safe.len);
    }
    buf_release(&safe);
}

__attribute__((format(printf, 3, 0)))
static void put_format(struct out *o, FILE *to, const char *fmt, va_list ap)
{
    struct buf text = BUF_INIT;

    if (buf_vprintf(&text, fmt, ap) == 0)
        put_escaped(o, to, text.data, text.len, true);
    buf_release(&text);
}

void out_text(struct out *o, const char *fmt, ...)
{
    va_list ap;

    out_bar_end(o);
    va_start(ap, fmt);
    put_format(o, stdout, fmt, ap);
    va_end(ap);
}

void out_say(struct out *o, const char *fmt, ...)
{
    va_list ap;

    out_bar_end(o);
    va_start(ap, fmt);
    put_format(o, stderr, fmt, ap);
    va_end(ap);
}

int out_error(struct out *o, const struct err *e)
{
    char sentence[1600];

    out_say(o, "lakeferry: %s", err_sentence(e, sentence, sizeof sentence));
    if (o->json) {
        cJSON *line = out_object("error");
        json_put_str(line, "what", e->what);
        json_put_str(line, "subject", e->subject);
        json_put_str(line, "cause", e->cause);
        json_put_str(line, "remedy", err_remedy_text(e));
        if (e->http != 0)
            json_put_i64(line, "http", e->http);
        json_put_str(line, "code", e->api_code[0] != '\0' ? e->api_code : err_code_name(e->code));
        out_json(o, line);
        cJSON_Delete(line);
    }
    return err_exit_status(e);
}

/* A bar longer than the screen is wide would wrap, and its next version could not replace it. */
static void put_bar(struct out *o, const char *text)
{
    struct buf line = BUF_INIT;
    struct winsize size;
    int width = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;

    utf8_escape(&line, text, strlen(text), o->ascii ? UTF8_ESCAPE_ASCII : UTF8_ESCAPE_LINE);
    buf_cut(&line, utf8_fit(line.data, line.len, width));
    put(stderr, "\r\x1b[K", 4);
    put(stderr, line.data, line.len);
    buf_release(&line);
}

void out_bar(struct out *o, const char *text)
{
    int64_t now = time_mono_ms();

    if (o->terminal) {
        put_bar(o, text);
        o->bar_shown = true;
    } else if (now - o->bar_at_ms >= QUIET_PROGRESS_MS || o->bar_at_ms == 0) {
        o->bar_at_ms = now;
        put_escaped(o, stderr, text, strlen(text), true);
    }
}

void out_bar_end(struct out *o)
{
    if (!o->bar_shown)
        return;
    o->bar_shown = false;
    put(stderr, "\r\x1b[K", 4);
}

static void escape_cell(struct out *o, struct buf *b, const char *text)
{
    struct buf safe = BUF_INIT;

    redact_text(&safe, text, strlen(text));
    utf8_escape(b, safe.data, safe.len, o->ascii ? UTF8_ESCAPE_ASCII : UTF8_ESCAPE_LINE);
    buf_release(&safe);
}

static void put_row(struct out *o, const char *const *row, const int *width, size_t columns)
{
    struct buf line = BUF_INIT;

    for (size_t c = 0; c < columns; c++) {
        size_t start = line.len;
        if (row[c] != NULL)
            escape_cell(o, &line, row[c]);
        for (int w = utf8_cells(line.data + start, line.len - start); c + 1 < columns && w < width[c] + 2; w++)
            buf_putc(&line, ' ');
    }
    buf_putc(&line, '\n');
    put(stdout, line.data, line.len);
    buf_release(&line);
}

void out_table(struct out *o, const char *const *heads, size_t columns, char *const *cells, size_t rows)
{
    int *width = calloc(columns, sizeof *width);

    if (width == NULL)
        return;
    out_bar_end(o);
    for (size_t i = 0; i < (rows + 1) * columns; i++) {
        const char *text = i < columns ? heads[i] : cells[i - columns];
        struct buf b = BUF_INIT;
        if (text != NULL)
            escape_cell(o, &b, text);
        int w = utf8_cells(b.data, b.len);
        if (w > width[i % columns])
            width[i % columns] = w;
        buf_release(&b);
    }
    put_row(o, heads, width, columns);
    for (size_t r = 0; r < rows; r++)
        put_row(o, (const char *const *)(cells + r * columns), width, columns);
    free(width);
}

/* A line typed behind the question; false when nobody can answer. */
static bool ask_line(struct out *o, const char *question, const char *tail, char *answer, int size)
{
    if (!isatty(STDIN_FILENO) || !o->terminal)
        return false;
    out_bar_end(o);
    put_escaped(o, stderr, question, strlen(question), false);
    put(stderr, tail, strlen(tail));
    return fgets(answer, size, stdin) != NULL;
}

bool out_ask(struct out *o, const char *question)
{
    char answer[16];

    return ask_line(o, question, " [y/N] ", answer, sizeof answer) && (answer[0] == 'y' || answer[0] == 'Y');
}

bool out_ask_word(struct out *o, const char *question, const char *word)
{
    char answer[512];

    return ask_line(o, question, ": ", answer, sizeof answer) && str_eq(str_trim(answer), word);
}
