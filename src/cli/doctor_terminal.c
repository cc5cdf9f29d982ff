/* The terminal, as far as it can be known without disturbing it. */
#include "base/file.h"
#include "cli/doctor_terminal.h"
#include "core/child.h"
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GROUP "terminal"
#define MIN_COLUMNS 60
#define MIN_LINES 15
#define TMUX_MS 1000

/* --- TERM: its compiled description says how many colours there are (terminfo(5): magic, sizes, names, booleans, numbers) --- */

#define TERMINFO_MAX 32768
#define MAX_COLORS_INDEX 13

static int read_short(const struct buf *b, size_t at)
{
    return at + 1 < b->len ? (unsigned char)b->data[at] | (unsigned char)b->data[at + 1] << 8 : -1;
}

/* -1: not said. */
static int colors_in(const struct buf *b)
{
    int magic = read_short(b, 0), names = read_short(b, 2), flags = read_short(b, 4), numbers = read_short(b, 6);
    size_t width = magic == 01036 ? 4 : 2, at;

    if ((magic != 0432 && magic != 01036) || names < 0 || flags < 0 || numbers <= MAX_COLORS_INDEX)
        return -1;
    at = 12 + (size_t)names + (size_t)flags;
    at += at & 1;
    at += MAX_COLORS_INDEX * width;
    int n = read_short(b, at);
    if (width == 4 && read_short(b, at + 2) > 0)
        return 1 << 24;
    return n >= 0x8000 ? -1 : n;
}

static bool read_description(const char *folder, const char *term, struct buf *out)
{
    char path[512];
    struct err ignored = {0};

    snprintf(path, sizeof path, "%s/%c/%s", folder, term[0], term);
    buf_clear(out);
    return file_read(path, TERMINFO_MAX, out, &ignored) == 0;
}

static bool find_description(const char *term, struct buf *out)
{
    static const char *const FOLDERS[] = { "/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo", "/usr/local/share/terminfo" };
    const char *own = getenv("TERMINFO"), *home = getenv("HOME");
    char folder[400];

    if (strchr(term, '/') != NULL)
        return false;
    if (own != NULL && read_description(own, term, out))
        return true;
    snprintf(folder, sizeof folder, "%s/.terminfo", home != NULL ? home : "");
    if (home != NULL && read_description(folder, term, out))
        return true;
    for (size_t i = 0; i < sizeof FOLDERS / sizeof FOLDERS[0]; i++)
        if (read_description(FOLDERS[i], term, out))
            return true;
    return false;
}

static void check_term(struct doctor *d)
{
    const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");
    struct buf description = BUF_INIT;
    int colors;

    if (str_blank(term) || str_eq(term, "dumb")) {
        doctor_say(d, GROUP, "TERM", DOCTOR_WARN, "set TERM to what your terminal is, such as xterm-256color", "TERM is %s: commands work, the interface does not",
                   str_blank(term) ? "not set" : "dumb");
        return;
    }
    if (!find_description(term, &description)) {
        doctor_say(d, GROUP, "TERM", DOCTOR_WARN, "install its description (package ncurses-term), or set TERM=xterm-256color", "this machine does not know the terminal %s", term);
        buf_release(&description);
        return;
    }
    colors = colors_in(&description);
    doctor_say(d, GROUP, "TERM", DOCTOR_OK, NULL, "%s", term);
    if (!str_blank(no_color))
        doctor_say(d, GROUP, "colours", DOCTOR_OK, NULL, "NO_COLOR is set: none are used");
    else if (colors >= 256)
        doctor_say(d, GROUP, "colours", DOCTOR_OK, NULL, "%d", colors);
    else
        doctor_say(d, GROUP, "colours", DOCTOR_OK, colors >= 8 ? "TERM=xterm-256color, where the terminal has them" : NULL, "%d; the interface gets by with them", colors > 0 ? colors : 0);
    buf_release(&description);
}

/* --- the rest --- */

static void check_size(struct doctor *d)
{
    struct winsize size;
    int fd = isatty(STDOUT_FILENO) ? STDOUT_FILENO : isatty(STDERR_FILENO) ? STDERR_FILENO : STDIN_FILENO;

    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        doctor_say(d, GROUP, "size", DOCTOR_OK, NULL, "there is no terminal here: commands work, the interface needs one");
    else if (size.ws_col < MIN_COLUMNS || size.ws_row < MIN_LINES)
        doctor_say(d, GROUP, "size", DOCTOR_WARN, "make the window larger: 80x24 shows everything", "%dx%d is too small for the interface", size.ws_col, size.ws_row);
    else
        doctor_say(d, GROUP, "size", DOCTOR_OK, NULL, "%dx%d", size.ws_col, size.ws_row);
}

static void check_locale(struct doctor *d)
{
    const char *codeset = nl_langinfo(CODESET);

    if (str_ieq(codeset, "UTF-8"))
        doctor_say(d, GROUP, "locale", DOCTOR_OK, NULL, "UTF-8");
    else
        doctor_say(d, GROUP, "locale", DOCTOR_WARN, "export LC_ALL=C.UTF-8", "it is %s, not UTF-8: names beyond ASCII are shown escaped", codeset);
}

/* What tmux does with a copy: the value of set-clipboard. */
static void ask_tmux(struct doctor *d)
{
    const char *const argv[] = { "tmux", "show-options", "-gsv", "set-clipboard", NULL };
    struct buf out = BUF_INIT, complaint = BUF_INIT;
    struct err e = {0};
    char **environment = child_environment(NULL, &e);
    int status = -1;
    bool asked = environment != NULL && child_run(argv, environment, TMUX_MS, NULL, &out, &complaint, &status, &e) == 0 && status == 0;
    const char *value = asked && out.data != NULL ? str_trim(out.data) : "";

    if (!asked)
        doctor_say(d, GROUP, "clipboard", DOCTOR_WARN, "tmux set -s set-clipboard on", "inside tmux, which does not say whether it lets copies through");
    else if (!str_eq(value, "on"))
        doctor_say(d, GROUP, "clipboard", DOCTOR_WARN, "tmux set -s set-clipboard on (and in ~/.tmux.conf)", "tmux keeps copies to itself: set-clipboard is %s", value);
    else
        doctor_say(d, GROUP, "clipboard", DOCTOR_OK, NULL, "tmux lets copies through (set-clipboard on), if the terminal around it allows OSC 52");
    free(environment);
    buf_release(&out);
    buf_release(&complaint);
}

static void check_clipboard(struct doctor *d)
{
    if (getenv("TMUX") != NULL)
        ask_tmux(d);
    else if (getenv("STY") != NULL)
        doctor_say(d, GROUP, "clipboard", DOCTOR_WARN, "use tmux with set-clipboard on, or no multiplexer", "screen does not let copies through (OSC 52)");
    else
        doctor_say(d, GROUP, "clipboard", DOCTOR_OK, NULL, "copies are sent to the terminal (OSC 52), which does not tell whether it takes them");
}

void doctor_terminal(struct doctor *d)
{
    check_term(d);
    check_size(d);
    check_locale(d);
    check_clipboard(d);
}
