#ifndef LAKEFERRY_TESTS_GOLDEN_H
#define LAKEFERRY_TESTS_GOLDEN_H
/*
 * golden: frames compared with text files in tests/screens/golden (UPDATE=1 writes them anew), and what must hold of
 * every frame. Included by each test program of the UI; run from the repository's root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/frame.h"

#define GOLDEN_DIR "tests/screens/golden/"

/* Every cell is sound: no wide character halved, nothing unsafe inside, the cursor inside. */
static inline void golden_sound(const struct frame *f)
{
    for (int row = 0; row < f->rows; row++) {
        for (int col = 0; col < f->cols; col++) {
            const struct frame_cell *c = frame_cell(f, row, col);
            const struct frame_cell *right = frame_cell(f, row, col + 1);
            assert_true(c->role < ROLE_COUNT);
            if (c->width == 0) {
                assert_true(col > 0 && frame_cell(f, row, col - 1)->width == 2);
                continue;
            }
            if (c->width == 2)
                assert_true(right && right->width == 0);
            assert_true(c->len > 0 && c->len <= FRAME_CLUSTER_MAX);
            for (size_t i = 0; i < c->len;) {
                uint32_t cp;
                i += utf8_decode(c->text + i, c->len - i, &cp);
                assert_false(cp < 0x20 || cp == 0x7f || (utf8_unsafe(cp) && cp != UTF8_BAD));
                if (f->ascii)
                    assert_true(cp < 0x7f);
            }
        }
    }
    if (f->cursor_row >= 0)
        assert_true(f->cursor_row < f->rows && f->cursor_col >= 0 && f->cursor_col < f->cols);
}

/* Nothing is cut where more than two unused cells follow. */
static inline void golden_no_waste(const struct frame *f, struct layout_rect r)
{
    const char *sign = theme_glyph(GLYPH_ELLIPSIS, f->ascii);
    for (int row = r.row; row < r.row + r.rows; row++) {
        for (int col = r.col; col < r.col + r.cols; col++) {
            const struct frame_cell *c = frame_cell(f, row, col);
            if (c->len != strlen(sign) || memcmp(c->text, sign, c->len) != 0)
                continue;
            int blanks = 0;
            while (col + 1 + blanks < r.col + r.cols) {
                const struct frame_cell *n = frame_cell(f, row, col + 1 + blanks);
                if (n->len != 1 || n->text[0] != ' ')
                    break;
                blanks++;
            }
            if (blanks > 2)
                fail_msg("row %d is cut at column %d beside %d unused cells", row, col, blanks);
        }
    }
}

/* The text of one row, trailing blanks cut. Caller frees. */
static inline char *golden_row(const struct frame *f, int row)
{
    struct buf all = BUF_INIT;
    assert_int_equal(frame_print(f, &all, false), 0);
    char *s = all.data, *found = NULL;
    for (int i = 0; s && i < row; i++) {
        s = strchr(s, '\n');
        s = s ? s + 1 : NULL;
    }
    if (s)
        found = str_dup_n(s, strcspn(s, "\n"));
    buf_release(&all);
    assert_non_null(found);
    return found;
}

static inline bool golden_row_has(const struct frame *f, int row, const char *part)
{
    char *text = golden_row(f, row);
    bool has = strstr(text, part) != NULL;
    free(text);
    return has;
}

static inline bool golden_has(const struct frame *f, const char *part)
{
    for (int row = 0; row < f->rows; row++)
        if (golden_row_has(f, row, part))
            return true;
    return false;
}

/* Compares the frame with its roles. */
static inline void golden_check(const struct frame *f, const char *name)
{
    struct buf now = BUF_INIT, then = BUF_INIT;
    struct err e;
    char path[256];
    golden_sound(f);
    snprintf(path, sizeof path, GOLDEN_DIR "%s.txt", name);
    assert_int_equal(frame_print(f, &now, true), 0);
    if (getenv("UPDATE")) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fwrite(now.data, 1, now.len, out);
        assert_int_equal(fclose(out), 0);
    } else {
        if (file_read(path, (size_t)1 << 20, &then, &e) < 0)
            fail_msg("no golden %s: run the test with UPDATE=1, look at the picture, keep it", path);
        if (now.len != then.len || memcmp(now.data, then.data, now.len) != 0)
            fail_msg("the frame differs from %s; now it is:\n%s", path, now.data);
    }
    buf_release(&now);
    buf_release(&then);
}
#endif
