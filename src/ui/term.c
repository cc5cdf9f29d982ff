#include "ui/term_parts.h"
#include "base/base64.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#define NCURSES_NOMACROS 1
#include <ncurses.h>

#define COPY_MAX 74000
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define MOUSE_ON "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1000l"

/* ---- opening ---- */

static int check_terminal(struct err *e)
{
    const char *name = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        err_set(e, ERR_USAGE, "the screens need a terminal, and standard input or output is none");
        return err_remedy(e, "run it in a terminal, or use a command: lakeferry --help lists them");
    }
    if (str_blank(name) || str_eq(name, "dumb") || str_eq(name, "unknown")) {
        err_set(e, ERR_USAGE, "TERM is %s: this terminal cannot show screens", str_blank(name) ? "not set" : name);
        return err_remedy(e, "set TERM to what your terminal is, such as xterm-256color, or use a command: lakeferry --help lists them");
    }
    return 0;
}

/* A VT100 and its successors have no UTF-8, whatever the locale says. */
static bool knows_utf8(const char *name)
{
    return str_ieq(nl_langinfo(CODESET), "UTF-8") && strncmp(name, "vt1", 3) != 0 && strncmp(name, "vt2", 3) != 0;
}

static int send_stderr(struct term *t, const char *path, struct err *e)
{
    fflush(stderr);
    t->stderr_copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    int fd = open(path ? path : "/dev/null", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        int number = errno;
        err_set_errno(e, number, "no file for messages");
        return err_about(e, "cannot open", path);
    }
    dup2(fd, STDERR_FILENO);
    close(fd);
    return 0;
}

static void give_stderr_back(struct term *t)
{
    if (t->stderr_copy < 0)
        return;
    fflush(stderr);
    dup2(t->stderr_copy, STDERR_FILENO);
    close(t->stderr_copy);
    t->stderr_copy = -1;
}

static void add_capability(char *out, size_t size, const char *name)
{
    char copy[32];
    snprintf(copy, sizeof copy, "%s", name);
    const char *s = tigetstr(copy);
    if (!s || s == (char *)-1)
        return;
    for (size_t used = strlen(out); *s && used + 1 < size; s++) {
        if (s[0] == '$' && s[1] == '<') {  /* a delay, as terminfo writes it */
            s = strchr(s, '>');
            if (!s)
                return;
            continue;
        }
        out[used++] = *s;
        out[used] = '\0';
    }
}

static void prepare_reset(const struct term *t)
{
    static const char *const names[] = { "sgr0", "rmkx", "cnorm", "rmcup" };
    char reset_text[256];
    snprintf(reset_text, sizeof reset_text, "%s%s", t->mouse ? MOUSE_OFF : "", t->paste ? PASTE_OFF : "");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        add_capability(reset_text, sizeof reset_text, names[i]);
    term_set_reset(reset_text, fileno(t->out));
}

/* Modes of the line: keys at once, signals for Ctrl-C and Ctrl-Z, and Ctrl-S, Ctrl-Q for us. */
static void set_modes(struct term *t)
{
    struct termios m;
    cbreak();
    noecho();
    nonl();
    if (tcgetattr(fileno(t->in), &m) == 0) {
        m.c_iflag &= ~(tcflag_t)(IXON | IXOFF);
        tcsetattr(fileno(t->in), TCSADRAIN, &m);
        def_prog_mode();
    }
    if (!getenv("ESCDELAY"))
        set_escdelay(50);
}

static bool knows_paste(const char *name)
{
    static const char *const families[] = { "xterm", "tmux", "screen", "rxvt", "alacritty", "foot", "kitty", "st-", "vte", "konsole", "gnome" };
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (str_starts(name, families[i]))
            return true;
    return false;
}

/* Only a terminal with a mouse says how its reports begin. */
static bool knows_mouse(void)
{
    char name[] = "kmous";
    const char *s = tigetstr(name);
    return s && s != (char *)-1;
}

void term_send_modes(struct term *t, bool on)
{
    fprintf(t->out, "%s%s", t->paste ? (on ? PASTE_ON : PASTE_OFF) : "", t->mouse ? (on ? MOUSE_ON : MOUSE_OFF) : "");
    fflush(t->out);
}

static int open_screen(struct term *t, const struct term_options *options, struct err *e)
{
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    t->in = in < 0 ? NULL : fdopen(in, "r");
    t->out = out < 0 ? NULL : fdopen(out, "w");
    if (!t->in || !t->out)
        return err_set_errno(e, errno, "the terminal cannot be opened");
    term_keep_modes(fileno(t->in));
    t->screen = newterm(NULL, t->out, t->in);
    if (!t->screen) {
        err_set(e, ERR_USAGE, "the terminal type \"%s\" is not known on this machine", getenv("TERM"));
        return err_remedy(e, "set TERM to one it knows, such as xterm or vt100");
    }
    set_term(t->screen);
    t->depth = term_start_colours(options);
    set_modes(t);
    t->mouse = options->mouse && knows_mouse();
    t->paste = knows_paste(getenv("TERM"));
    leaveok(stdscr, TRUE);
    idlok(stdscr, TRUE);
    curs_set(0);
    if (term_open_keys(t, e) < 0)
        return -1;
    prepare_reset(t);
    term_send_modes(t, true);
    return 0;
}

int term_open(struct term **out, const struct term_options *options, struct err *e)
{
    if (check_terminal(e) < 0)
        return -1;
    struct term *t = calloc(1, sizeof *t);
    if (!t)
        return err_no_memory(e);
    t->stderr_copy = -1;
    frame_init(&t->last);
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    t->ascii = options->ascii || !knows_utf8(getenv("TERM"));
    if (open_screen(t, options, e) < 0 || send_stderr(t, options->stderr_path, e) < 0) {
        term_close(t);
        return -1;
    }
    term_install_handlers(options->wake_fd);
    t->handling = true;
    *out = t;
    return 0;
}

void term_close(struct term *t)
{
    if (!t)
        return;
    if (t->screen) {
        term_send_modes(t, false);
        endwin();
        fflush(t->out);
    }
    if (t->handling)
        term_remove_handlers();
    give_stderr_back(t);
    if (t->keys)
        delwin(t->keys);
    if (t->screen)
        delscreen(t->screen);
    if (t->in)
        fclose(t->in);
    if (t->out)
        fclose(t->out);
    frame_release(&t->last);
    free(t);
}

void term_size(const struct term *t, int *rows, int *cols)
{
    struct winsize w;
    *rows = LINES;
    *cols = COLS;
    if (ioctl(fileno(t->out), TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0) {
        *rows = w.ws_row;
        *cols = w.ws_col;
    }
}

bool term_ascii(const struct term *t)
{
    return t->ascii;
}

int term_fd(const struct term *t)
{
    return fileno(t->in);
}


void term_apply_size(struct term *t)
{
    int rows, cols;
    term_size(t, &rows, &cols);
    resizeterm(rows, cols);
    t->drawn = false;
}

/* ---- clipboard ---- */

int term_copy(struct term *t, const char *text, size_t n, struct err *e)
{
    if (n > COPY_MAX) {
        err_set(e, ERR_LIMIT, "%zu bytes are more than terminals take (%d)", n, COPY_MAX);
        return err_about(e, "cannot copy", NULL);
    }
    char *code = malloc(base64_length(n) + 1);
    if (!code)
        return err_no_memory(e);
    code[base64_encode(text, n, code)] = '\0';
    bool screen = getenv("STY") != NULL;  /* GNU screen hands on only what is wrapped for it */
    fprintf(t->out, "%s\033]52;c;%s\a%s", screen ? "\033P" : "", code, screen ? "\033\\" : "");
    fflush(t->out);
    free(code);
    return 0;
}
