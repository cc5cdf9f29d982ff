#include "ui/term.h"
#include "base/base64.h"
#include "base/str.h"
#include "base/utf8.h"
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>
#define NCURSES_NOMACROS 1
#include <ncurses.h>

#define COPY_MAX 74000
#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define PLAIN_PAIR (ROLE_TEXT + 1)   /* the terminal's own colours by a pair of ours: to pair 0 ncurses goes by resetting everything, which takes twice the bytes */
#define CODE_PASTE_BEGIN (KEY_MAX + 1)
#define CODE_PASTE_END (KEY_MAX + 2)

struct term {
    SCREEN *screen;
    WINDOW *keys;          /* a pad: reading from it never draws */
    FILE *out, *in;
    enum theme_depth depth;
    bool ascii, paste, drawn, handling;
    struct frame last;     /* what the terminal shows */
    int stderr_copy;
};

/* What signal handlers may touch; there is one terminal. */
static volatile sig_atomic_t flag_winch, flag_tstp, flag_cont, flag_int, flag_term, flag_hup;
static int handler_fd = -1, reset_fd = -1;
static struct termios modes_before;
static char reset_text[256];
static volatile sig_atomic_t reset_length;

static const int caught[] = { SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP };
static const int crashes[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL };
#define CAUGHT (sizeof caught / sizeof caught[0])
#define CRASHES (sizeof crashes / sizeof crashes[0])
static struct sigaction before_caught[CAUGHT], before_crash[CRASHES], before_pipe;

static void on_signal(int number)
{
    int saved = errno;
    uint64_t one = 1;
    switch (number) {
    case SIGWINCH: flag_winch = 1; break;
    case SIGTSTP: flag_tstp = 1; break;
    case SIGCONT: flag_cont = 1; break;
    case SIGINT: flag_int = 1; break;
    case SIGTERM: flag_term = 1; break;
    default: flag_hup = 1; break;
    }
    if (handler_fd >= 0) {
        ssize_t n = write(handler_fd, &one, sizeof one);
        (void)n;
    }
    errno = saved;
}

static void on_crash(int number)
{
    if (reset_fd >= 0) {
        ssize_t n = write(reset_fd, reset_text, (size_t)reset_length);
        (void)n;
        tcsetattr(reset_fd, TCSANOW, &modes_before);
    }
    signal(number, SIG_DFL);
    raise(number);
}

static void install_handlers(void)
{
    struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sigemptyset(&act.sa_mask);
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], &act, &before_caught[i]);
    for (size_t i = 0; i < CAUGHT; i++)  /* what whoever started us ignores (nohup) stays ignored */
        if (before_caught[i].sa_handler == SIG_IGN)
            sigaction(caught[i], &before_caught[i], NULL);
    static char stack[32768];  /* a crash may be a stack overflow */
    stack_t alt = { .ss_sp = stack, .ss_size = sizeof stack };
    sigaltstack(&alt, NULL);
    act.sa_handler = on_crash;
    act.sa_flags = SA_ONSTACK | (int)SA_RESETHAND | SA_NODEFER;
    for (size_t i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &act, &before_crash[i]);
    act.sa_handler = SIG_IGN;
    act.sa_flags = 0;
    sigaction(SIGPIPE, &act, &before_pipe);
}

/* A line that went away hangs up more than once: for the terminal, and for its shell. The second time finds us tidying up. */
static bool hung_up;

static void remove_handlers(void)
{
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], caught[i] == SIGHUP && (hung_up || flag_hup) ? &ignore : &before_caught[i], NULL);
    for (size_t i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &before_crash[i], NULL);
    sigaction(SIGPIPE, &before_pipe, NULL);
}

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

static void prepare_reset(const struct term *t, bool mouse)
{
    static const char *const names[] = { "sgr0", "rmkx", "cnorm", "rmcup" };
    snprintf(reset_text, sizeof reset_text, "%s%s", mouse ? "\033[?1000l\033[?1006l" : "", t->paste ? PASTE_OFF : "");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        add_capability(reset_text, sizeof reset_text, names[i]);
    reset_length = (sig_atomic_t)strlen(reset_text);
    reset_fd = fileno(t->out);
}

static enum theme_depth start_colours(const struct term_options *options)
{
    const char *no = getenv("NO_COLOR");
    if (options->no_colour || (no && *no) || !has_colors())
        return THEME_MONO;
    start_color();
    use_default_colors();
    enum theme_depth depth = COLORS >= 256 ? THEME_256 : THEME_8;
    for (int role = 0; role < ROLE_COUNT; role++)
        init_pair((short)(role + 1), theme_style((enum theme_role)role, depth).fg, -1);
    cchar_t blank;
    setcchar(&blank, L" ", A_NORMAL, PLAIN_PAIR, NULL);
    wbkgrnd(stdscr, &blank);
    return depth;
}

/* Modes of the line: keys at once, signals for Ctrl-C and Ctrl-Z, and Ctrl-S, Ctrl-Q for us. */
static void set_modes(struct term *t, bool mouse)
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
    if (mouse) {
        mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
        mouseinterval(0);
    }
}

static int open_keys(struct term *t, struct err *e)
{
    t->keys = newpad(1, 1);
    if (!t->keys)
        return err_no_memory(e);
    keypad(t->keys, TRUE);
    nodelay(t->keys, TRUE);
    intrflush(t->keys, FALSE);
    if (t->paste) {
        define_key("\033[200~", CODE_PASTE_BEGIN);
        define_key("\033[201~", CODE_PASTE_END);
    }
    return 0;
}

static bool knows_paste(const char *name)
{
    static const char *const families[] = { "xterm", "tmux", "screen", "rxvt", "alacritty", "foot", "kitty", "st-", "vte", "konsole", "gnome" };
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (str_starts(name, families[i]))
            return true;
    return false;
}

static void send_raw(struct term *t, const char *bytes, size_t n)
{
    fwrite(bytes, 1, n, t->out);
    fflush(t->out);
}

static int open_screen(struct term *t, const struct term_options *options, struct err *e)
{
    int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    t->in = in < 0 ? NULL : fdopen(in, "r");
    t->out = out < 0 ? NULL : fdopen(out, "w");
    if (!t->in || !t->out)
        return err_set_errno(e, errno, "the terminal cannot be opened");
    tcgetattr(fileno(t->in), &modes_before);
    t->screen = newterm(NULL, t->out, t->in);
    if (!t->screen) {
        err_set(e, ERR_USAGE, "the terminal type \"%s\" is not known on this machine", getenv("TERM"));
        return err_remedy(e, "set TERM to one it knows, such as xterm or vt100");
    }
    set_term(t->screen);
    t->depth = start_colours(options);
    set_modes(t, options->mouse);
    t->paste = knows_paste(getenv("TERM"));
    leaveok(stdscr, TRUE);
    idlok(stdscr, TRUE);
    curs_set(0);
    if (open_keys(t, e) < 0)
        return -1;
    prepare_reset(t, options->mouse);
    if (t->paste)
        send_raw(t, PASTE_ON, strlen(PASTE_ON));
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
    t->ascii = options->ascii || !str_ieq(nl_langinfo(CODESET), "UTF-8");
    if (open_screen(t, options, e) < 0 || send_stderr(t, options->stderr_path, e) < 0) {
        term_close(t);
        return -1;
    }
    handler_fd = options->wake_fd;
    hung_up = false;
    flag_winch = flag_tstp = flag_cont = flag_int = flag_term = flag_hup = 0;
    install_handlers();
    t->handling = true;
    *out = t;
    return 0;
}

void term_close(struct term *t)
{
    if (!t)
        return;
    if (t->screen) {
        if (t->paste)
            send_raw(t, PASTE_OFF, strlen(PASTE_OFF));
        endwin();
        fflush(t->out);
    }
    if (t->handling)
        remove_handlers();
    handler_fd = reset_fd = -1;
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

/* ---- keys ---- */

static const struct { int theirs; uint32_t ours; } key_codes[] = {
    { KEY_UP, UI_KEY_UP }, { KEY_DOWN, UI_KEY_DOWN }, { KEY_LEFT, UI_KEY_LEFT }, { KEY_RIGHT, UI_KEY_RIGHT }, { KEY_HOME, UI_KEY_HOME },
    { KEY_END, UI_KEY_END }, { KEY_PPAGE, UI_KEY_PAGE_UP }, { KEY_NPAGE, UI_KEY_PAGE_DOWN }, { KEY_BACKSPACE, UI_KEY_BACKSPACE },
    { KEY_DC, UI_KEY_DELETE }, { KEY_IC, UI_KEY_INSERT }, { KEY_BTAB, UI_KEY_BACK_TAB }, { KEY_ENTER, UI_KEY_ENTER },
    { KEY_A1, UI_KEY_HOME }, { KEY_C1, UI_KEY_END }, { KEY_A3, UI_KEY_PAGE_UP }, { KEY_C3, UI_KEY_PAGE_DOWN },
    { CODE_PASTE_BEGIN, UI_KEY_PASTE_BEGIN }, { CODE_PASTE_END, UI_KEY_PASTE_END },
};

static bool read_mouse(struct keymap_press *out)
{
    MEVENT m;
    if (getmouse(&m) != OK)
        return false;
    out->row = m.y;
    out->col = m.x;
    if (m.bstate & BUTTON4_PRESSED)
        out->code = UI_KEY_WHEEL_UP;
    else if (m.bstate & BUTTON5_PRESSED)
        out->code = UI_KEY_WHEEL_DOWN;
    else if (m.bstate & BUTTON1_PRESSED)
        out->code = UI_KEY_CLICK;
    return out->code != UI_KEY_NONE;
}

static void function_key(wint_t code, struct keymap_press *out)
{
    if (code == KEY_MOUSE) {
        read_mouse(out);
        return;
    }
    if (code > KEY_F0 && code <= KEY_F0 + 63) {
        out->code = UI_KEY_F0 + (uint32_t)(code - KEY_F0);
        return;
    }
    for (size_t i = 0; i < sizeof key_codes / sizeof key_codes[0]; i++)
        if ((wint_t)key_codes[i].theirs == code)
            out->code = key_codes[i].ours;
}

static void character_key(wint_t c, struct keymap_press *out)
{
    if (c == 0x7f || c == '\b')
        out->code = UI_KEY_BACKSPACE;
    else if (c == '\r' || c == '\n')
        out->code = UI_KEY_ENTER;
    else if (c == UI_KEY_TAB || c == UI_KEY_ESC || c >= 0x20)
        out->code = (uint32_t)c;
    else {
        out->code = c == 0 ? ' ' : c < 27 ? (uint32_t)c + 'a' - 1 : (uint32_t)c + '@';
        out->mods = UI_MOD_CTRL;
    }
}

/* ESC [ number ~ as most terminals send it, whatever TERM says. */
static uint32_t numbered_key(unsigned number)
{
    static const struct { unsigned number; uint32_t key; } keys[] = {
        { 1, UI_KEY_HOME }, { 3, UI_KEY_DELETE }, { 4, UI_KEY_END }, { 5, UI_KEY_PAGE_UP }, { 6, UI_KEY_PAGE_DOWN },
        { 7, UI_KEY_HOME }, { 8, UI_KEY_END }, { 11, UI_KEY_F0 + 1 }, { 21, UI_KEY_F0 + 10 },
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].number == number)
            return keys[i].key;
    return UI_KEY_NONE;
}

/* Behind ESC [ or ESC O that ncurses did not know: the other form of a cursor key, or something that means nothing to us. */
static uint32_t read_sequence(struct term *t)
{
    static const struct { wint_t last; uint32_t key; } plain[] = {
        { 'A', UI_KEY_UP }, { 'B', UI_KEY_DOWN }, { 'C', UI_KEY_RIGHT }, { 'D', UI_KEY_LEFT }, { 'H', UI_KEY_HOME }, { 'F', UI_KEY_END },
        { 'Z', UI_KEY_BACK_TAB }, { 'P', UI_KEY_F0 + 1 }, { 'M', UI_KEY_ENTER },
    };
    wint_t c;
    bool first = true;
    unsigned number = 0;
    for (; wget_wch(t->keys, &c) == OK; first = false) {
        if (c >= '0' && c <= '9' && number < 100)
            number = number * 10 + (unsigned)(c - '0');
        else if (c == '~')
            return numbered_key(number);
        else
            number = 100;
        for (size_t i = 0; first && i < sizeof plain / sizeof plain[0]; i++)
            if (plain[i].last == c)
                return plain[i].key;
        if (c >= 0x40 && c <= 0x7e)
            break;
    }
    return UI_KEY_NONE;
}

/* An ESC with a character right behind it is Alt. */
static void escape_key(struct term *t, struct keymap_press *out)
{
    wint_t c = 0;
    int got = wget_wch(t->keys, &c);
    if (got == ERR)
        return;
    if (got == OK && (c == '[' || c == 'O')) {
        out->code = read_sequence(t);
        return;
    }
    if (got == KEY_CODE_YES) {
        function_key(c, out);
        return;
    }
    if (c == UI_KEY_ESC)
        return;
    character_key(c, out);
    out->mods |= UI_MOD_ALT;
}

static bool has_gone(const struct term *t)
{
    struct pollfd p = { .fd = fileno(t->in), .events = POLLIN };
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL));
}

int term_read(struct term *t, struct keymap_press *out)
{
    for (;;) {
        wint_t c = 0;
        *out = (struct keymap_press){ .code = UI_KEY_NONE };
        int got = wget_wch(t->keys, &c);
        if (got == ERR) {
            hung_up = hung_up || has_gone(t);
            return hung_up ? -1 : 0;
        }
        if (got == KEY_CODE_YES)
            function_key(c, out);
        else {
            character_key(c, out);
            if (out->code == UI_KEY_ESC)
                escape_key(t, out);
        }
        if (out->code != UI_KEY_NONE)
            return 1;
    }
}

/* ---- drawing ---- */

static attr_t attributes(unsigned attr)
{
    attr_t a = 0;
    if (attr & THEME_BOLD) a |= WA_BOLD;
    if (attr & THEME_DIM) a |= WA_DIM;
    if (attr & THEME_UNDERLINE) a |= WA_UNDERLINE;
    if (attr & THEME_REVERSE) a |= WA_REVERSE;
    return a;
}

/* The cluster as wide characters; "?" where the C library does not agree about its width. */
static void cell_text(const struct frame_cell *c, wchar_t out[CCHARW_MAX + 1])
{
    size_t n = 0, at = 0;
    int width = 0;
    while (at < c->len && n < CCHARW_MAX - 1) {
        uint32_t cp;
        at += utf8_decode(c->text + at, c->len - at, &cp);
        int w = wcwidth((wchar_t)cp);
        if (w < 0 || (n > 0 && w > 0)) {
            width = -1;
            break;
        }
        width += w;
        out[n++] = (wchar_t)cp;
    }
    out[n] = L'\0';
    if (width != c->width) {
        out[0] = L'?';
        out[1] = L'\0';
    }
}

static void cell_to_curses(const struct term *t, const struct frame_cell *c, cchar_t *out)
{
    wchar_t text[CCHARW_MAX + 1];
    struct theme_style style = theme_style((enum theme_role)c->role, t->depth);
    unsigned attr = style.attr ^ (c->flags & FRAME_CURSOR ? THEME_REVERSE : 0u);
    cell_text(c, text);
    short pair = t->depth == THEME_MONO ? 0 : style.fg < 0 ? PLAIN_PAIR : (short)(c->role + 1);
    setcchar(out, text, attributes(attr), pair, NULL);
}

static void draw_row(const struct term *t, const struct frame *f, int row)
{
    cchar_t line[1001];
    int n = 0;
    for (int col = 0; col < f->cols && n < 1000; col++) {
        const struct frame_cell *c = frame_cell(f, row, col);
        if (c->width == 0)
            continue;
        cell_to_curses(t, c, &line[n]);
        wchar_t text[CCHARW_MAX + 1];
        attr_t attr;
        short pair;
        getcchar(&line[n], text, &attr, &pair, NULL);
        bool narrow = c->width == 2 && text[0] == L'?';
        n++;
        if (narrow && n < 1000)
            setcchar(&line[n++], L" ", attr, pair, NULL);
    }
    mvwadd_wchnstr(stdscr, row, 0, line, n);
}

static bool same_cursor(const struct frame *a, const struct frame *b)
{
    return a->cursor_row == b->cursor_row && a->cursor_col == b->cursor_col;
}

int term_draw(struct term *t, const struct frame *f, struct err *e)
{
    bool all = !t->drawn || t->last.rows != f->rows || t->last.cols != f->cols, changed = all;
    for (int row = 0; row < f->rows; row++) {
        if (all || !frame_row_equal(f, &t->last, row)) {
            draw_row(t, f, row);
            changed = true;
        }
    }
    if (!changed && same_cursor(f, &t->last))
        return 0;
    bool shown = f->cursor_row >= 0;
    if (shown != (t->drawn && t->last.cursor_row >= 0) || !t->drawn)
        curs_set(shown ? 1 : 0);
    leaveok(stdscr, shown ? FALSE : TRUE);
    if (shown)
        wmove(stdscr, f->cursor_row, f->cursor_col);
    wnoutrefresh(stdscr);
    doupdate();
    t->drawn = true;
    return frame_copy(&t->last, f, e);
}

void term_redraw(struct term *t)
{
    clearok(curscr, TRUE);
    t->drawn = false;
}

/* ---- signals ---- */

static bool take(volatile sig_atomic_t *flag)
{
    if (!*flag)
        return false;
    *flag = 0;
    return true;
}

static void apply_size(struct term *t)
{
    int rows, cols;
    term_size(t, &rows, &cols);
    resizeterm(rows, cols);
    t->drawn = false;
}

enum term_signal term_take_signal(struct term *t)
{
    if (take(&flag_hup)) {
        hung_up = true;
        return TERM_HUP;
    }
    if (take(&flag_term))
        return TERM_TERM;
    if (take(&flag_int))
        return TERM_INT;
    if (take(&flag_tstp))
        return TERM_SUSPEND;
    if (take(&flag_cont))
        return TERM_RESUMED;
    if (take(&flag_winch)) {
        apply_size(t);
        return TERM_RESIZED;
    }
    return TERM_NO_SIGNAL;
}

void term_suspend(struct term *t)
{
    struct sigaction stop = { .sa_handler = SIG_DFL }, ours;
    if (t->paste)
        send_raw(t, PASTE_OFF, strlen(PASTE_OFF));
    endwin();
    fflush(t->out);
    sigemptyset(&stop.sa_mask);
    sigaction(SIGTSTP, &stop, &ours);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    flag_cont = 0;
    apply_size(t);
    if (t->paste)
        send_raw(t, PASTE_ON, strlen(PASTE_ON));
    term_redraw(t);
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
