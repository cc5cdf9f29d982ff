/* Bytes from a terminal: whatever is typed or pasted becomes keys that exist and lines that can be shown. */
#include "../fuzz.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/line.h"
#include "ui/term.h"
#include <fcntl.h>
#include <pty.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct term *terminal;
static struct keymap *keys;
static int master;

static void close_terminal(void)
{
    term_close(terminal);
}

/*
 * The program's own terminal is a pty; what it writes to stderr keeps its place. Without the mouse: ncurses itself reads a mouse report to its end and
 * waits for a byte that is missing.
 */
static void prepare(void)
{
    struct winsize size = { .ws_row = 24, .ws_col = 80 };
    char stderr_path[40];
    int slave, wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct err e = { 0 };
    setenv("TERM", "xterm-256color", 1);
    setenv("ESCDELAY", "1", 1);
    FUZZ_HOLDS(wake >= 0 && openpty(&master, &slave, NULL, NULL, &size) == 0);
    FUZZ_HOLDS(fcntl(master, F_SETFL, O_NONBLOCK) == 0);
    int out = dup(1);
    FUZZ_HOLDS(dup2(slave, 0) == 0 && dup2(slave, 1) == 1);
    snprintf(stderr_path, sizeof stderr_path, "/proc/self/fd/%d", dup(2));
    FUZZ_HOLDS(term_open(&terminal, &(struct term_options){ .stderr_path = stderr_path, .wake_fd = wake }, &e) == 0);
    FUZZ_HOLDS(dup2(out, 1) == 1);  /* term has a stream of its own by now */
    atexit(close_terminal);
    keys = keymap_new(&e);
    FUZZ_HOLDS(keys);
}

static void drain(void)
{
    char bytes[4096];
    while (read(master, bytes, sizeof bytes) > 0) {}
}

static void check_line(const struct line *l)
{
    const char *text = line_text(l);
    FUZZ_HOLDS(utf8_valid(text, strlen(text)) && strlen(text) <= LINE_MAX_BYTES && l->cursor <= strlen(text));
}

static void type(const uint8_t *data, size_t n)
{
    static const enum keymap_set sets[] = { KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    struct keymap_press press;
    struct line l;
    line_init(&l);
    for (size_t at = 0; at < n;) {
        ssize_t sent = write(master, data + at, n - at < 256 ? n - at : 256);
        FUZZ_HOLDS(sent > 0);
        at += (size_t)sent;
        for (int got; (got = term_read(terminal, &press)) == 1;) {
            char name[32];
            uint32_t code;
            unsigned mods;
            FUZZ_HOLDS(press.code != UI_KEY_NONE);
            keymap_key_name(press.code, press.mods, name, sizeof name);
            if (keymap_is_text(&press)) line_type(&l, press.code);
            if (keymap_key_parse(name, &code, &mods)) {
                char again[32];
                FUZZ_HOLDS(str_eq(keymap_key_name(code, mods, again, sizeof again), name));
            }
            line_update(&l, keymap_look_up(keys, sets, &press));
            check_line(&l);
        }
        drain();
    }
    line_release(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct line l;
    if (!terminal) prepare();
    if (n > 4000) n = 4000;         /* what a terminal's input queue holds */
    type(data, n);
    line_init(&l);
    line_insert(&l, (const char *)data, n);
    check_line(&l);
    line_release(&l);
    char *text = fuzz_text(data, n);
    uint32_t code;
    unsigned mods;
    keymap_key_parse(text, &code, &mods);
    free(text);
    return 0;
}
