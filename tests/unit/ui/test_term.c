#include "golden.h"
#include "ui/list.h"
#include "ui/term.h"
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The terminal on the other side of a pty. A keeper process owns the pty's session, so that the program under test can
 * be stopped; the program does one order at a time from a pipe and answers with a line.
 */
struct bench {
    pid_t keeper;
    int pty, orders, answers;
    struct termios before;
    struct buf seen;   /* what the terminal got since the last look */
};

/* ---- the program under test ---- */

struct program {
    struct term *t;
    struct frame f;
    struct list_store store;
    struct list list;
    int in, out, wake;
};

static void say(const struct program *p, const char *text)
{
    ssize_t n = write(p->out, text, strlen(text) + 1);
    (void)n;
}

static void fill(struct program *p)
{
    struct err e;
    for (int i = 0; i < 2000; i++) {
        char name[64], note[16];
        snprintf(name, sizeof name, i % 7 == 3 ? "数据集-%06d.png" : i % 7 == 5 ? "bus %06d.jpg" : "car-%06d.jpg", i);
        snprintf(note, sizeof note, "%d KB", i * 37 % 900);
        list_store_add(&p->store, &(struct list_row){ .name = name, .note = note, .note_role = ROLE_DIM }, &e);
    }
    list_init(&p->list, list_store_source(&p->store));
}

static void draw_list(struct program *p)
{
    struct err e;
    struct layout_rect r = frame_rect(&p->f);
    frame_clear(&p->f);
    frame_text(&p->f, 0, 0, p->f.cols, ROLE_TITLE, "lakeferry");
    layout_cut_top(&r, 3);
    layout_cut_bottom(&r, 3);
    list_render(&p->list, &p->f, r, &(struct list_look){ .active = true });
    term_draw(p->t, &p->f, &e);
}

static void draw_other(struct program *p)
{
    struct err e;
    frame_clear(&p->f);
    for (int row = 0; row < p->f.rows; row++)
        frame_printf(&p->f, row, row % 9, p->f.cols - row % 9, (enum theme_role)(row % ROLE_COUNT), "another picture %d, line %d of many", row * 7919, row);
    term_draw(p->t, &p->f, &e);
}

static void report_keys(struct program *p)
{
    struct keymap_press k;
    struct pollfd fd = { .fd = term_fd(p->t), .events = POLLIN };
    char names[512] = "", name[32];
    poll(&fd, 1, 20000);
    while (term_read(p->t, &k) == 1) {
        size_t used = strlen(names);
        if (k.code == UI_KEY_PASTE_BEGIN || k.code == UI_KEY_PASTE_END)
            snprintf(name, sizeof name, "paste");
        else if (k.code == UI_KEY_CLICK)
            snprintf(name, sizeof name, "click-%d-%d", k.row, k.col);
        else
            keymap_key_name(k.code, k.mods, name, sizeof name);
        snprintf(names + used, sizeof names - used, "%s%s", used ? " " : "", name);
    }
    say(p, names);
}

static void report_signal(struct program *p)
{
    static const char *const names[] = { "none", "resized", "suspend", "resumed", "int", "term", "hup" };
    struct pollfd fd = { .fd = p->wake, .events = POLLIN };
    uint64_t count;
    char text[64];
    int rows, cols;
    poll(&fd, 1, 20000);
    ssize_t n = read(p->wake, &count, sizeof count);
    (void)n;
    enum term_signal s = term_take_signal(p->t);
    term_size(p->t, &rows, &cols);
    snprintf(text, sizeof text, "%s %dx%d", names[s], cols, rows);
    say(p, text);
}

static void do_order(struct program *p, char order)
{
    struct err e;
    switch (order) {
    case 'k': report_keys(p); return;
    case 's': report_signal(p); return;
    case 'd': draw_list(p); break;
    case 'o': draw_other(p); break;
    case 'j': list_update(&p->list, ACTION_DOWN); draw_list(p); break;
    case 'J':
        for (int i = 0; i < 200; i++)
            list_update(&p->list, ACTION_DOWN);
        draw_list(p);
        break;
    case 'c': term_copy(p->t, "hello", 5, &e); break;
    case 'E': fprintf(stderr, "a library speaks\n"); break;
    case 'z': term_suspend(p->t); draw_list(p); break;
    case 'X': raise(SIGSEGV); break;
    default: break;
    }
    say(p, "done");
}

static int run_program(int in, int out, const char *stderr_path)
{
    struct program p = { .in = in, .out = out, .wake = eventfd(0, EFD_NONBLOCK) };
    struct err e;
    char text[1400], order;
    int rows, cols;
    struct term_options o = { .wake_fd = p.wake, .stderr_path = stderr_path, .mouse = getenv("TEST_MOUSE") != NULL };
    if (term_open(&p.t, &o, &e) < 0) {
        say(&p, err_sentence(&e, text, sizeof text));
        return err_exit_status(&e);
    }
    frame_init(&p.f);
    term_size(p.t, &rows, &cols);
    frame_resize(&p.f, rows, cols, &e);
    fill(&p);
    say(&p, "open");
    while (read(in, &order, 1) == 1 && order != 'q')
        do_order(&p, order);
    term_close(p.t);
    list_release(&p.list);
    list_store_release(&p.store);
    frame_release(&p.f);
    close(p.wake);
    return 0;
}

/* ---- the bench ---- */

/* Its exit status is that of the program, 128 + signal, or 200 when it saw it stop and go on. */
static int keep(int orders, int answers, const char *stderr_path)
{
    int status = 0;
    bool stopped = false;
    signal(SIGTTOU, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        signal(SIGTTOU, SIG_DFL);
        _exit(run_program(orders, answers, stderr_path));
    }
    setpgid(pid, pid);
    close(orders);
    while (waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status)) {
        char pid_text[32];
        stopped = true;
        snprintf(pid_text, sizeof pid_text, "stopped %d", (int)pid);
        ssize_t n = write(answers, pid_text, strlen(pid_text) + 1);
        (void)n;
    }
    if (stopped)
        return 200;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void start(struct bench *b, int rows, int cols, const char *term, const char *stderr_path)
{
    int orders[2], answers[2];
    struct winsize w = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };
    assert_int_equal(pipe2(orders, O_CLOEXEC), 0);
    assert_int_equal(pipe2(answers, O_CLOEXEC), 0);
    buf_init(&b->seen, 0);
    b->keeper = forkpty(&b->pty, NULL, NULL, &w);
    assert_true(b->keeper >= 0);
    if (b->keeper == 0) {
        close(orders[1]);
        close(answers[0]);
        setenv("LC_ALL", "C.UTF-8", 1);
        setenv("TERM", term, 1);
        _exit(keep(orders[0], answers[1], stderr_path));
    }
    close(orders[0]);
    close(answers[1]);
    b->orders = orders[1];
    b->answers = answers[0];
    tcgetattr(b->pty, &b->before);
}

/* Takes what the terminal got until nothing comes for a moment. */
static size_t look(struct bench *b, int quiet_ms)
{
    char bytes[65536];
    struct pollfd fd = { .fd = b->pty, .events = POLLIN };
    buf_clear(&b->seen);
    while (poll(&fd, 1, quiet_ms) > 0) {
        ssize_t n = read(b->pty, bytes, sizeof bytes);
        if (n <= 0)
            break;
        buf_add(&b->seen, bytes, (size_t)n);
    }
    return b->seen.len;
}

/* Waits until the terminal got it, and until nothing comes any more. */
static void look_for(struct bench *b, const char *text)
{
    struct buf all = BUF_INIT;
    for (int i = 0; i < 200; i++) {
        look(b, 100);
        buf_add(&all, b->seen.data, b->seen.len);
        if (all.len && memmem(all.data, all.len, text, strlen(text)))
            break;
    }
    look(b, 200);
    buf_add(&all, b->seen.data, b->seen.len);
    buf_release(&b->seen);
    b->seen = all;
}

/* The program's next answer. The pty is read meanwhile, so that nobody waits for the other. */
static char *answer(struct bench *b)
{
    static char text[1500];
    size_t n = 0;
    struct pollfd fd = { .fd = b->answers, .events = POLLIN };
    while (n + 1 < sizeof text) {
        assert_true(poll(&fd, 1, 20000) > 0);
        if (read(b->answers, text + n, 1) != 1 || text[n] == '\0')
            break;
        n++;
    }
    text[n] = '\0';
    return text;
}

static size_t order(struct bench *b, char what)
{
    assert_int_equal(write(b->orders, &what, 1), 1);
    assert_string_equal(answer(b), "done");
    return look(b, 150);
}

static int finish(struct bench *b)
{
    int status;
    close(b->orders);
    look(b, 60);
    while (waitpid(b->keeper, &status, WNOHANG) == 0) {
        struct buf all = b->seen;
        b->seen = (struct buf)BUF_INIT;
        look(b, 20);
        buf_add(&all, b->seen.data, b->seen.len);
        buf_release(&b->seen);
        b->seen = all;
    }
    close(b->pty);
    close(b->answers);
    buf_release(&b->seen);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool saw(const struct bench *b, const char *bytes)
{
    return memmem(b->seen.data, b->seen.len, bytes, strlen(bytes)) != NULL;
}

static void open_bench(struct bench *b, const char *term)
{
    start(b, 24, 80, term, NULL);
    assert_string_equal(answer(b), "open");
    look(b, 60);
}

/* Quitting gives the modes back as they were; they are set behind the last bytes, which may be here before. */
static void assert_restored(struct bench *b)
{
    struct termios now;
    for (int left = 500; left > 0; left--) {
        assert_int_equal(tcgetattr(b->pty, &now), 0);
        if (now.c_lflag == b->before.c_lflag && now.c_iflag == b->before.c_iflag && now.c_oflag == b->before.c_oflag)
            return;
        poll(NULL, 0, 20);
    }
    assert_int_equal(now.c_lflag, b->before.c_lflag);
    assert_int_equal(now.c_iflag, b->before.c_iflag);
    assert_int_equal(now.c_oflag, b->before.c_oflag);
}

static void few_bytes_are_sent(void **state)
{
    (void)state;
    static const char *const terms[] = { "xterm-256color", "tmux-256color", "screen", "linux", "vt100" };
    for (size_t i = 0; i < sizeof terms / sizeof terms[0]; i++) {
        struct bench b;
        size_t moves = 0;
        open_bench(&b, terms[i]);
        assert_true(order(&b, 'd') > 500);
        assert_int_equal(order(&b, 'd'), 0);  /* nothing changed */
        for (int k = 0; k < 12; k++) {
            size_t n = order(&b, 'j');
            assert_true(n > 0);
            if (n > 160)
                fail_msg("%s: a move of the cursor took %zu bytes", terms[i], n);
            moves += n;
        }
        assert_true(moves / 12 <= 120);
        assert_true(order(&b, 'J') <= 1000);
        size_t change = order(&b, 'o');
        if (change > 24 * 80 * 13 / 10 + 300)
            fail_msg("%s: a screen change took %zu bytes", terms[i], change);
        assert_int_equal(finish(&b), 0);
    }
}

/* True when a sequence that sets a colour was sent. */
static bool saw_colour(const struct bench *b)
{
    const char *s = b->seen.data, *end = s + b->seen.len;
    while ((s = memmem(s, (size_t)(end - s), "\033[", 2)) != NULL) {
        int value = 0;
        bool colour = false;
        for (s += 2; s < end && ((*s >= '0' && *s <= '9') || *s == ';'); s++) {
            value = *s == ';' ? 0 : value * 10 + *s - '0';
            colour = colour || (value >= 30 && value <= 49);
        }
        if (s < end && *s == 'm' && colour)
            return true;
    }
    return false;
}

static void no_colour_means_no_colour_codes(void **state)
{
    (void)state;
    struct bench b;
    setenv("NO_COLOR", "1", 1);
    open_bench(&b, "xterm-256color");
    order(&b, 'o');
    assert_false(saw_colour(&b));
    order(&b, 'd');
    assert_true(saw(&b, "7m"));  /* the selection is still there */
    assert_false(saw_colour(&b));
    unsetenv("NO_COLOR");
    assert_int_equal(finish(&b), 0);
    open_bench(&b, "xterm-256color");
    order(&b, 'o');
    assert_true(saw_colour(&b));
    assert_int_equal(finish(&b), 0);
}

static void send_keys(struct bench *b, const char *bytes, const char *want)
{
    size_t n = strlen(bytes);
    char k = 'k';
    assert_int_equal(write(b->pty, bytes, n), n);
    assert_int_equal(write(b->orders, &k, 1), 1);
    assert_string_equal(answer(b), want);
}

static void keys_are_understood(void **state)
{
    (void)state;
    struct bench b;
    open_bench(&b, "xterm-256color");
    send_keys(&b, "jq/ ", "j q / Space");
    send_keys(&b, "\033OA\033OB\033[C\033[D", "Up Down Right Left");
    send_keys(&b, "\033[5~\033[6~\033[3~", "Page-Up Page-Down Delete");
    send_keys(&b, "\033OP\033[21~", "F1 F10");
    send_keys(&b, "\0331\0336", "Alt-1 Alt-6");
    send_keys(&b, "\033", "Esc");
    send_keys(&b, "\r\t\033[Z\177\022", "Enter Tab Shift-Tab Backspace Ctrl-R");
    send_keys(&b, "数é", "数 é");
    send_keys(&b, "\033[200~a\033[201~", "paste a paste");
    send_keys(&b, "\033[200~a\377\033[201~", "paste a paste");  /* a byte that is no character does not hold up what follows */
    send_keys(&b, "\033[99;99Xj", "j");  /* an unknown sequence means nothing */
    assert_int_equal(finish(&b), 0);
}

/* What a cut report leaves out may come later, or never: nobody waits for it, and no digit of it is taken for a key. */
static void reports_of_the_mouse_are_read_without_waiting(void **state)
{
    (void)state;
    struct bench b;
    setenv("TEST_MOUSE", "1", 1);
    start(&b, 24, 80, "xterm-256color", NULL);
    assert_string_equal(answer(&b), "open");
    look(&b, 60);
    assert_true(saw(&b, "\033[?1000h\033[?1006h"));
    send_keys(&b, "\033[<0;12;5M\033[<0;12;5m", "click-4-11");   /* letting go means nothing */
    send_keys(&b, "\033[<64;1;1M\033[<65;80;24M", "Wheel-Up Wheel-Down");
    send_keys(&b, "\033[<4;12;5M\033[<2;12;5M", "click-4-11");   /* with Shift; the right button */
    send_keys(&b, "\033[M !!", "click-0-0");                      /* the old form */
    send_keys(&b, "\033[<0;12", "");
    send_keys(&b, "x", "x");
    send_keys(&b, "\033[<0;1;2;3;99999999999999999999999999Mj", "j");
    send_keys(&b, "\033[<0;99999999999;MM\033[<M", "M");
    char q = 'q';
    assert_int_equal(write(b.orders, &q, 1), 1);
    look(&b, 300);
    assert_true(saw(&b, "\033[?1006l\033[?1000l"));
    assert_int_equal(finish(&b), 0);
    unsetenv("TEST_MOUSE");
}

static void a_report_that_comes_in_two_parts_is_one(void **state)
{
    (void)state;
    struct bench b;
    setenv("TEST_MOUSE", "1", 1);
    open_bench(&b, "xterm-256color");
    for (int tries = 0; tries < 20; tries++) {   /* a loaded machine may be too slow for both parts */
        char k = 'k';
        send_keys(&b, "\033[<0;12", "");
        assert_int_equal(write(b.pty, ";5Mj", 4), 4);
        assert_int_equal(write(b.orders, &k, 1), 1);
        if (str_eq(answer(&b), "click-4-11 j"))
            break;
        assert_int_not_equal(tries, 19);
    }
    assert_int_equal(finish(&b), 0);
    unsetenv("TEST_MOUSE");
}

static void the_terminal_is_given_back(void **state)
{
    (void)state;
    struct bench b;
    open_bench(&b, "xterm-256color");
    order(&b, 'd');
    struct termios raw;
    tcgetattr(b.pty, &raw);
    assert_false(raw.c_lflag & (ECHO | ICANON));
    char q = 'q';
    assert_int_equal(write(b.orders, &q, 1), 1);
    look_for(&b, "\033[?25h");
    assert_true(saw(&b, "\033[?1049l"));
    assert_true(saw(&b, "\033[?2004l"));
    assert_true(saw(&b, "\033[?25h"));
    assert_restored(&b);
    assert_int_equal(finish(&b), 0);
}

static void a_crash_gives_the_terminal_back(void **state)
{
    (void)state;
    struct bench b;
    open_bench(&b, "xterm-256color");
    order(&b, 'd');
    char x = 'X';
    assert_int_equal(write(b.orders, &x, 1), 1);
    look_for(&b, "\033[?25h");
    assert_true(saw(&b, "\033[?1049l"));
    assert_true(saw(&b, "\033[?25h"));
    assert_restored(&b);
    assert_int_equal(finish(&b), 128 + SIGSEGV);
}

static void stopping_and_going_on(void **state)
{
    (void)state;
    if (getenv("LAKEFERRY_VALGRIND"))
        skip(); /* it keeps the signal that stops for itself */
    struct bench b;
    open_bench(&b, "xterm-256color");
    order(&b, 'd');
    char z = 'z';
    assert_int_equal(write(b.orders, &z, 1), 1);
    char *said = answer(&b);
    assert_true(str_starts(said, "stopped "));
    int64_t pid;
    assert_true(str_i64(said + 8, &pid));
    look(&b, 60);
    assert_true(saw(&b, "\033[?1049l"));
    assert_restored(&b);
    kill((pid_t)pid, SIGCONT);
    assert_string_equal(answer(&b), "done");
    look(&b, 60);
    assert_true(saw(&b, "\033[?1049h"));
    assert_true(saw(&b, "car-000000.jpg"));
    struct termios raw;
    tcgetattr(b.pty, &raw);
    assert_false(raw.c_lflag & (ECHO | ICANON));
    assert_int_equal(finish(&b), 200);
}

static void signals_arrive_as_events(void **state)
{
    (void)state;
    struct bench b;
    char s = 's';
    open_bench(&b, "xterm-256color");
    struct winsize w = { .ws_row = 15, .ws_col = 60 };
    ioctl(b.pty, TIOCSWINSZ, &w);
    assert_int_equal(write(b.orders, &s, 1), 1);
    assert_string_equal(answer(&b), "resized 60x15");
    assert_int_equal(write(b.pty, "\003", 1), 1);  /* Ctrl-C */
    assert_int_equal(write(b.orders, &s, 1), 1);
    assert_string_equal(answer(&b), "int 60x15");
    assert_int_equal(write(b.pty, "\032", 1), 1);  /* Ctrl-Z */
    assert_int_equal(write(b.orders, &s, 1), 1);
    assert_string_equal(answer(&b), "suspend 60x15");
    assert_int_equal(finish(&b), 0);
}

static void messages_of_libraries_go_to_the_log(void **state)
{
    (void)state;
    struct bench b;
    struct buf text = BUF_INIT;
    struct err e;
    char path[] = "/tmp/lakeferry-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    start(&b, 24, 80, "xterm-256color", path);
    assert_string_equal(answer(&b), "open");
    look(&b, 60);
    assert_int_equal(order(&b, 'E'), 0);
    assert_int_equal(file_read(path, 4096, &text, &e), 0);
    assert_string_equal(text.data, "a library speaks\n");
    buf_release(&text);
    unlink(path);
    assert_int_equal(finish(&b), 0);
}

static void copying_uses_the_terminals_clipboard(void **state)
{
    (void)state;
    struct bench b;
    unsetenv("STY");
    open_bench(&b, "xterm-256color");
    order(&b, 'c');
    assert_true(saw(&b, "\033]52;c;aGVsbG8=\a"));
    assert_int_equal(finish(&b), 0);
}

static void what_cannot_show_screens_is_refused(void **state)
{
    (void)state;
    static const struct { const char *term, *words; } cases[] = {
        { "dumb", "TERM is dumb" }, { "", "TERM is not set" }, { "no-such-terminal", "\"no-such-terminal\" is not known" },
    };
    for (size_t i = 0; i < 3; i++) {
        struct bench b;
        start(&b, 24, 80, cases[i].term, NULL);
        char *said = answer(&b);
        if (!strstr(said, cases[i].words))
            fail_msg("%s: %s", cases[i].term, said);
        assert_int_equal(look(&b, 60), 0);
        assert_restored(&b);
        assert_int_equal(finish(&b), 2);
    }
}

int main(void)
{
    unsetenv("NO_COLOR");
    unsetenv("ESCDELAY");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_bytes_are_sent), cmocka_unit_test(no_colour_means_no_colour_codes), cmocka_unit_test(keys_are_understood),
        cmocka_unit_test(reports_of_the_mouse_are_read_without_waiting), cmocka_unit_test(a_report_that_comes_in_two_parts_is_one),
        cmocka_unit_test(the_terminal_is_given_back), cmocka_unit_test(a_crash_gives_the_terminal_back), cmocka_unit_test(stopping_and_going_on),
        cmocka_unit_test(signals_arrive_as_events), cmocka_unit_test(messages_of_libraries_go_to_the_log),
        cmocka_unit_test(copying_uses_the_terminals_clipboard), cmocka_unit_test(what_cannot_show_screens_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
