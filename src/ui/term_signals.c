#include "ui/term_parts.h"
#include "base/str.h"
#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>
#define NCURSES_NOMACROS 1
#include <ncurses.h>

/* What signal handlers may touch; there is one terminal. */
static volatile sig_atomic_t flag_winch, flag_tstp, flag_cont, flag_int, flag_term, flag_hup;
static int handler_fd = -1, reset_fd = -1;
static struct termios modes_before;
static char reset_text[256];
static volatile sig_atomic_t reset_length;
/* A line that went away hangs up more than once: for the terminal, and for its shell. The second time finds us tidying up. */
static bool hung_up;

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

void term_keep_modes(int in)
{
    tcgetattr(in, &modes_before);
}

void term_set_reset(const char *text, int fd)
{
    str_copy(reset_text, sizeof reset_text, text);
    reset_length = (sig_atomic_t)strlen(reset_text);
    reset_fd = fd;
}

void term_install_handlers(int wake_fd)
{
    handler_fd = wake_fd;
    hung_up = false;
    flag_winch = flag_tstp = flag_cont = flag_int = flag_term = flag_hup = 0;

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

bool term_gone(bool now)
{
    return hung_up = hung_up || now;
}

void term_remove_handlers(void)
{
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    for (size_t i = 0; i < CAUGHT; i++)
        sigaction(caught[i], caught[i] == SIGHUP && (hung_up || flag_hup) ? &ignore : &before_caught[i], NULL);
    for (size_t i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &before_crash[i], NULL);
    sigaction(SIGPIPE, &before_pipe, NULL);
    handler_fd = reset_fd = -1;
}

static bool take(volatile sig_atomic_t *flag)
{
    if (!*flag)
        return false;
    *flag = 0;
    return true;
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
        term_apply_size(t);
        return TERM_RESIZED;
    }
    return TERM_NO_SIGNAL;
}

void term_suspend(struct term *t)
{
    struct sigaction stop = { .sa_handler = SIG_DFL }, ours;
    term_send_modes(t, false);
    endwin();
    fflush(t->out);
    sigemptyset(&stop.sa_mask);
    sigaction(SIGTSTP, &stop, &ours);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    flag_cont = 0;
    term_apply_size(t);
    term_send_modes(t, true);
    term_redraw(t);
}
