/* What commands print: to the right stream, escaped, without secrets; JSON lines that can be read; bars that stay one line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/redact.h"
#include "base/str.h"
#include "base/utf8.h"
#include "cli/out.h"
#include <pty.h>
#include <unistd.h>

static char seen[8192];

/* --- one stream goes to a file (or a terminal) while something prints --- */

struct capture { int fd, own, kept; };

static void capture_onto(struct capture *c, int fd, int to)
{
    fflush(NULL);
    c->fd = fd;
    c->own = to;
    c->kept = dup(fd);
    assert_true(c->kept >= 0 && dup2(to, fd) == fd);
}

static void capture_begin(struct capture *c, int fd)
{
    FILE *file = tmpfile();

    assert_non_null(file);
    capture_onto(c, fd, dup(fileno(file)));
    fclose(file);
}

static void capture_restore(const struct capture *c)
{
    fflush(NULL);
    assert_true(dup2(c->kept, c->fd) == c->fd);
    close(c->kept);
}

static const char *capture_end(struct capture *c)
{
    ssize_t n;

    capture_restore(c);
    n = pread(c->own, seen, sizeof seen - 1, 0);
    assert_true(n >= 0);
    seen[n] = '\0';
    close(c->own);
    return seen;
}

/* --- */

static void test_json_holds_nothing_that_a_terminal_acts_on(void **state)
{
    static const char text[] = "a\x1b[2J\x7f\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81 \xe6\x95\xb0 \"q\"";
    struct out o = { .json = true };
    struct capture c;
    cJSON *line = out_object("x"), *back;

    (void)state;
    json_put_str(line, "text", text);
    capture_begin(&c, STDOUT_FILENO);
    out_json(&o, line);
    capture_end(&c);
    assert_non_null(strstr(seen, "\\u001b[2J\\u007f\\u009b\\u202e\\udb40\\udc41 \xe6\x95\xb0 \\\"q"));
    back = json_parse(seen, strlen(seen), NULL);
    assert_string_equal(json_str(back, "text"), text);
    cJSON_Delete(back);
    cJSON_Delete(line);
}

static void test_text_goes_out_escaped(void **state)
{
    struct out o = {0};
    struct capture c;

    (void)state;
    capture_begin(&c, STDOUT_FILENO);
    out_text(&o, "a%s", "\x1b[31m\n\xe2\x80\xae" "b");
    assert_string_equal(capture_end(&c), "a\\x1b[31m\\n\\u202eb\n");
    o.ascii = true;
    capture_begin(&c, STDERR_FILENO);
    out_say(&o, "%s", "h\xc3\xa9");
    assert_string_equal(capture_end(&c), "h\\u00e9\n");
}

static void test_no_secret_in_any_form(void **state)
{
    static const char *const heads[] = { "HEAD" };
    char cell[] = "x canary-secret-1 y";
    char *cells[] = { cell };
    struct out o = { .json = true };
    struct err e = {0};
    struct capture c;

    (void)state;
    redact_add("canary-secret-1");
    err_set(&e, ERR_AUTH, "the token canary-secret-1 is wrong");
    capture_begin(&c, STDERR_FILENO);
    struct capture all;
    capture_begin(&all, STDOUT_FILENO);
    out_error(&o, &e);
    out_text(&o, "%s", cell);
    out_table(&o, heads, 1, cells, 1);
    out_data(&o, cell, sizeof cell - 1);
    assert_null(strstr(capture_end(&all), "canary"));
    assert_non_null(strstr(seen, "[redacted]"));
    assert_null(strstr(capture_end(&c), "canary"));
    redact_clear();
}

static void test_an_error_as_sentence_and_object(void **state)
{
    struct out o = { .json = true };
    struct err e = {0};
    struct capture words, data;

    (void)state;
    err_set(&e, ERR_FORBIDDEN, "the right is missing");
    err_about(&e, "cannot list", "main.\"x\"");
    e.http = 403;
    str_copy(e.api_code, sizeof e.api_code, "PERMISSION_DENIED");
    capture_begin(&words, STDERR_FILENO);
    capture_begin(&data, STDOUT_FILENO);
    assert_int_equal(out_error(&o, &e), 4);
    capture_end(&data);
    cJSON *line = json_parse(seen, strlen(seen), &e);
    assert_non_null(line);
    assert_string_equal(json_str(line, "type"), "error");
    assert_non_null(json_str(line, "time"));
    assert_string_equal(json_str(line, "what"), "cannot list");
    assert_string_equal(json_str(line, "subject"), "main.\"x\"");
    assert_string_equal(json_str(line, "cause"), "the right is missing");
    assert_string_equal(json_str(line, "code"), "PERMISSION_DENIED");
    cJSON_Delete(line);
    capture_end(&words);
    assert_non_null(strstr(seen, "lakeferry: cannot list main.\"x\": the right is missing"));
    assert_ptr_equal(strchr(seen, '\n'), seen + strlen(seen) - 1);
    o.json = false;
    capture_begin(&words, STDERR_FILENO);
    capture_begin(&data, STDOUT_FILENO);
    err_set(&e, ERR_USAGE, "no");
    assert_int_equal(out_error(&o, &e), 2);
    assert_string_equal(capture_end(&data), "");
    capture_end(&words);
}

static void test_table(void **state)
{
    static const char *const heads[] = { "A", "WIDE", "LAST" };
    char one[] = "1", wide[] = "\xe6\xbc\xa2\xe5\xad\x97", nl[] = "a\nb", last[] = "end";
    char *cells[] = { one, wide, last, nl, NULL, NULL };
    struct out o = {0};
    struct capture c;

    (void)state;
    capture_begin(&c, STDOUT_FILENO);
    out_table(&o, heads, 3, cells, 2);
    assert_string_equal(capture_end(&c), "A     WIDE  LAST\n1     \xe6\xbc\xa2\xe5\xad\x97  end\na\\nb        \n");
}

static void test_bars(void **state)
{
    char text[300];
    struct out o = { .terminal = true };
    struct capture c;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    capture_begin(&c, STDERR_FILENO);
    out_bar(&o, "half");
    out_bar(&o, text);
    out_say(&o, "done");
    capture_end(&c);
    assert_memory_equal(seen, "\r\x1b[Khalf\r\x1b[Kxxx", 15);
    /* No wider than the screen (a file has none: 80), and gone before other words. */
    assert_int_equal(strspn(strchr(seen, 'x'), "x"), 79);
    assert_string_equal(strchr(seen, 'x') + 79, "\r\x1b[Kdone\n");
    o = (struct out){0};
    capture_begin(&c, STDERR_FILENO);
    for (int i = 0; i < 5; i++)
        out_bar(&o, "progress");
    out_bar_end(&o);
    assert_string_equal(capture_end(&c), "progress\n"); /* no terminal: a line now and then */
}

static void test_data_is_exact_but_on_a_terminal(void **state)
{
    static const char data[] = "a,\x1b]0;x\a\r\nb\tc\r\n";
    struct out o = {0};
    struct capture c;
    int master, slave;
    ssize_t n;

    (void)state;
    capture_begin(&c, STDOUT_FILENO);
    out_data(&o, data, sizeof data - 1);
    assert_string_equal(capture_end(&c), data);
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    capture_onto(&c, STDOUT_FILENO, slave);
    out_data(&o, data, sizeof data - 1);
    capture_restore(&c);
    n = read(master, seen, sizeof seen - 1);
    assert_true(n > 0);
    seen[n] = '\0';
    assert_null(strchr(seen, '\x1b'));
    assert_null(strchr(seen, '\a'));
    assert_non_null(strstr(seen, "a,\\x1b]0;x"));
    close(slave);
    close(master);
}

static void test_nobody_to_ask(void **state)
{
    struct out o = {0};

    (void)state;
    assert_false(out_ask(&o, "Start?")); /* no terminal: the safe answer, and no waiting */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_holds_nothing_that_a_terminal_acts_on),
        cmocka_unit_test(test_text_goes_out_escaped), cmocka_unit_test(test_no_secret_in_any_form),
        cmocka_unit_test(test_an_error_as_sentence_and_object), cmocka_unit_test(test_table), cmocka_unit_test(test_bars),
        cmocka_unit_test(test_data_is_exact_but_on_a_terminal), cmocka_unit_test(test_nobody_to_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
