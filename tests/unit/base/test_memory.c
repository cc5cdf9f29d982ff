/* The first, second, … allocation of everything in base but hash (its memory is libcrypto's) fails: no crash, nothing leaked, no false success. */
#include "../allocations.h"
#ifndef ALLOCATIONS_OWNED
int main(void) { return ALLOCATIONS_SKIPPED("the sanitizers own the allocator") < 0; }
#else
#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/redact.h"
#include "base/str.h"
#include "base/url.h"
#include "base/utf8.h"
#include <unistd.h>

static char folder[64];

/* --- buffers and strings --- */

static struct buf out = BUF_INIT;
static char *text;
static struct str_list list;
static cJSON *tree;

static void clear(void)
{
    buf_release(&out);
    str_list_release(&list);
    free(text);
    text = NULL;
    cJSON_Delete(tree);
    tree = NULL;
}

static void out_is(const char *wanted, bool done)
{
    if (done)
        assert_string_equal(out.data, wanted);
    else
        assert_int_equal(out.data[out.len], '\0');
}
static void text_is(const char *wanted, bool done)
{
    if (done)
        assert_string_equal(text, wanted);
}

static int try_buf(struct err *e)
{
    for (int i = 0; i < 300; i++)
        buf_puts(&out, "0123456789");
    buf_drop(&out, 2990);
    buf_printf(&out, "%s-%d", "x", 7);
    buf_putc(&out, '!');
    return buf_error(&out, e);
}
static void buf_whole(bool done) { out_is("0123456789x-7!", done); }

static int try_take(struct err *e)
{
    buf_puts(&out, "taken");
    text = buf_take(&out);
    return text ? 0 : err_no_memory(e);
}
static void taken(bool done) { text_is("taken", done); }

static int try_printf(struct err *e)
{
    text = str_printf("%s and %0*d", "some", 400, 7);
    return text ? 0 : err_no_memory(e);
}
static void printed(bool done) { assert_true(!done || strlen(text) == 409); }

static int try_set(struct err *e)
{
    if (str_set(&text, "one") != 0)
        return err_no_memory(e);
    if (str_set(&text, "two") != 0) {
        assert_string_equal(text, "one");
        return err_no_memory(e);
    }
    return 0;
}
static void is_set(bool done) { text_is("two", done); }

static int try_list(struct err *e)
{
    char name[16];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "n%d", i);
        if (str_list_add(&list, name) != 0) {
            assert_int_equal(list.count, i);
            return err_no_memory(e);
        }
    }
    return 0;
}
static void listed(bool done) { assert_true(!done || (list.count == 100 && str_eq(list.items[99], "n99"))); }

/* --- texts of other forms --- */

static int try_url(struct err *e)
{
    url_encode(&out, "a b/ü", 6);
    buf_putc(&out, ' ');
    if (url_encode_path(&out, "/c d/e", e) != 0)
        return -1;
    buf_putc(&out, ' ');
    if (!url_decode(&out, "%41+b", 5, true))
        return out.failed ? buf_error(&out, e) : err_set(e, ERR_BUG, "not decoded");
    return buf_error(&out, e);
}
static void url_done(bool done) { out_is("a%20b%2F%C3%BC /c%20d/e A b", done); }

static int try_base64(struct err *e) { return base64_decode(&out, "aGVsbG8gd29ybGQ=", 16, e); }
static void decoded(bool done) { out_is("hello world", done); }

static int try_escape(struct err *e)
{
    utf8_escape(&out, "a\x1b[2J\xff", 6, UTF8_ESCAPE_LINE);
    return buf_error(&out, e);
}
static void escaped(bool done) { out_is("a\\x1b[2J\\xff", done); }

/* --- JSON --- */

#define OBJECT "{\"a\":[1,2.5,\"\\u00e4\\n\",{\"b\":null}],\"n\":12345}"

static int try_json(struct err *e)
{
    tree = json_parse(OBJECT, strlen(OBJECT), e);
    if (!tree)
        return -1;
    if (!json_put_str(tree, "s", "t") || !json_put_i64(tree, "i", INT64_MIN) || !json_put_u64(tree, "u", UINT64_MAX) || !json_put_bool(tree, "y", true) ||
        !json_put_item(tree, "l", cJSON_CreateArray()))
        return err_no_memory(e);
    if (json_print(&out, tree) != 0)
        return buf_error(&out, e) != 0 ? -1 : err_no_memory(e);
    return 0;
}
static void json_done(bool done)
{
    out_is("{\"a\":[1,2.5,\"ä\\n\",{\"b\":null}],\"n\":12345,\"s\":\"t\",\"i\":-9223372036854775808,\"u\":18446744073709551615,\"y\":true,\"l\":[]}", done);
}

static int elements;
static int count_element(void *ctx, cJSON *element, struct err *e)
{
    (void)ctx, (void)element, (void)e;
    elements++;
    return 0;
}
static int try_split(struct err *e)
{
    static const char body[] = "{\"status\":{\"code\":10000},\"inputs\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}],\"more\":\"x\"}";
    elements = 0;
    struct json_split *s = json_split_new("inputs", 1 << 20, count_element, NULL);
    if (!s)
        return err_no_memory(e);
    int rc = 0;
    for (size_t at = 0; rc == 0 && at + 1 < sizeof body; at += 7)
        rc = json_split_feed(s, body + at, sizeof body - 1 - at < 7 ? sizeof body - 1 - at : 7, e);
    if (rc == 0 && !(tree = json_split_end(s, e)))
        rc = -1;
    json_split_free(s);
    return rc;
}
static void split_whole(bool done) { assert_true(!done || (elements == 3 && str_eq(json_str(tree, "more"), "x"))); }

/* --- files --- */

static char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}
static int try_write(struct err *e) { return file_write_atomic(path_of("f"), "content", 7, e); }
static int try_read(struct err *e) { return file_read(path_of("f"), 4096, &out, e); }
static void read_whole(bool done) { out_is("content", done); }
static int try_dirs(struct err *e) { return file_make_dirs(path_of("d/e/f"), e); }
static int try_remove(struct err *e) { return file_remove_tree(path_of("d"), e); }
static void make_dirs(void) { struct err e; file_make_dirs(path_of("d/e/f"), &e); }
static void removed(bool done) { assert_int_equal(access(path_of("d"), F_OK) != 0, done); }
static void dirs_made(bool done) { assert_int_equal(access(path_of("d/e/f"), F_OK) == 0, done); }
static void written(bool done)
{
    struct err e;
    if (done)
        assert_int_equal(file_read(path_of("f"), 4096, &out, &e), 0);
    out_is(done ? "content" : "", true);
}
static void drop_file(void)
{
    clear();
    unlink(path_of("f"));
}
static void put_file(void)
{
    struct err e;
    assert_int_equal(file_write_atomic(path_of("f"), "content", 7, &e), 0);
}
static void drop_dirs(void)
{
    struct err e;
    clear();
    file_remove_tree(path_of("d"), &e);
}
static int try_state(struct err *e)
{
    text = file_dir_state(e);
    return text ? 0 : -1;
}

static void state_named(bool done)
{
    char wanted[128];
    snprintf(wanted, sizeof wanted, "%s/lakeferry", folder);
    text_is(wanted, done);
}

/* --- what is said --- */

static int try_log(struct err *e)
{
    if (log_open(path_of("log"), LOG_DEBUG, e) != 0)
        return -1;
    log_write(LOG_WARN, "a line with %s and %d", "words", 7);
    log_close();
    return 0;
}
static void log_clean(bool done)
{
    struct err e;
    (void)done;
    assert_int_equal(file_read(path_of("log"), 1 << 16, &out, &e), 0);
    assert_true(out.len == 0 || out.data[out.len - 1] == '\n');
    unlink(path_of("log"));
}

static int try_remember(struct err *e)
{
    (void)e;
    redact_add("canary-secret-1");
    return 0;
}
/* Whatever memory there was, the secret is hidden from then on. */
static void hidden(bool done)
{
    assert_true(done);
    assert_int_equal(redact_text(&out, "it is canary-secret-1.", 22), 0);
    assert_string_equal(out.data, "it is [redacted].");
}
static void forget(void)
{
    clear();
    redact_clear();
}
static void remember(void) { redact_add("canary-secret-1"); }
static int try_redact(struct err *e)
{
    redact_text(&out, "it is canary-secret-1.", 22);
    return buf_error(&out, e);
}
static void nothing_shown(bool done)
{
    assert_true(!done || str_eq(out.data, "it is [redacted]."));
    assert_null(strstr(out.data, "canary"));
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    static const struct allocations_case cases[] = {
        { .name = "buf", .work = try_buf, .check = buf_whole, .end = clear },
        { .name = "take", .work = try_take, .check = taken, .end = clear },
        { .name = "printf", .work = try_printf, .check = printed, .end = clear, .may_pass = true /* vasprintf does without its last allocation */ },
        { .name = "set", .work = try_set, .check = is_set, .end = clear },
        { .name = "list", .work = try_list, .check = listed, .end = clear },
        { .name = "url", .work = try_url, .check = url_done, .end = clear },
        { .name = "base64", .work = try_base64, .check = decoded, .end = clear },
        { .name = "escape", .work = try_escape, .check = escaped, .end = clear },
        { .name = "json", .work = try_json, .check = json_done, .end = clear, .may_pass = true /* a smaller block stays as large as it was */ },
        { .name = "split", .work = try_split, .check = split_whole, .end = clear },
        { .name = "file write", .work = try_write, .check = written, .end = drop_file, .may_pass = true },
        { .name = "file read", .work = try_read, .check = read_whole, .begin = put_file, .end = drop_file },
        { .name = "folders", .work = try_dirs, .check = dirs_made, .end = drop_dirs },
        { .name = "remove", .work = try_remove, .check = removed, .begin = make_dirs, .end = drop_dirs },
        { .name = "state folder", .work = try_state, .check = state_named, .end = clear, .may_pass = true },
        { .name = "log", .work = try_log, .check = log_clean, .end = clear, .may_pass = true /* a line is lost */ },
        { .name = "remember a secret", .work = try_remember, .check = hidden, .end = forget, .may_pass = true },
        { .name = "redact", .work = try_redact, .check = nothing_shown, .begin = remember, .end = forget },
    };
    allocations_all(cases, sizeof cases / sizeof *cases);
}

static void set_environment(void) { setenv("XDG_STATE_HOME", folder, 1); }
int main(void) { return allocations_main(each_allocation_fails_once, folder, sizeof folder, set_environment); }
#endif
