/* main: picks the help, a verb, a worker, or the terminal interface. */
#include "cli/complete.h"
#include "cli/verbs.h"
#include "core/run.h"
#include "ui/ui.h"
#include <fcntl.h>
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#define SECRETS_FD 3 /* where run_spawn leaves the pipe with a worker's credentials */

static int open_ui(const struct args *a)
{
    struct out o = { .json = a->value[OPT_JSON] != NULL, .ascii = a->value[OPT_ASCII] != NULL };
    struct err e = {0};
    const struct ui_options options = {
        .place = a->count > 0 ? a->words[0] : "", .profile = a->value[OPT_PROFILE], .sandbox = a->value[OPT_SANDBOX] != NULL,
        .read_only = a->value[OPT_READ_ONLY] != NULL, .ascii = a->value[OPT_ASCII] != NULL, .no_color = a->value[OPT_NO_COLOR] != NULL,
    };
    int status;

    if (args_check_groups(a, GROUP_UI | GROUP_ALL, "[PLACE]", &e) != 0)
        return out_error(&o, &e);
    if (a->count > 1) {
        err_set(&e, ERR_USAGE, "\"%s\" is no verb, and a place is one word; `lakeferry --help` lists the verbs", a->words[0]);
        return out_error(&o, &e);
    }
    status = ui_main(&options, &e);
    return status < 0 ? out_error(&o, &e) : status;
}

/* --help and --version stand anywhere: help becomes a word in front, the version is printed. The exit status, or -1 to go on. */
static int take_word_flags(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--version") == 0)
            return puts("lakeferry " LAKEFERRY_VERSION) < 0 ? 1 : out_flush();
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            static char help[] = "help";
            memmove(&argv[2], &argv[1], (size_t)(i - 1) * sizeof *argv);
            argv[1] = help;
            return -1;
        }
    }
    return -1;
}

/* Secrets stay out of core dumps: 1 is too small for a file, and the kernel's word for "to no program either". */
static void refuse_core_dumps(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max > 1 ? 1 : limit.rlim_max;
    setrlimit(RLIMIT_CORE, &limit);
}

/*
 * A program may be started with a standard stream closed; the next file or socket that is opened would then get its number, and our lines would go
 * into it. What is written to a closed standard output fails, as it should; words for people go nowhere.
 */
static void fill_standard_streams(void)
{
    static const int flags[] = {O_RDONLY, O_RDONLY, O_WRONLY};
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
            _exit(1);
}

/* A run has more than a hundred threads that seldom allocate at the same time; an arena for every few of them would only keep what others freed. */
static void share_arenas(void)
{
    mallopt(M_ARENA_MAX, 2);
}

int main(int argc, char **argv)
{
    struct args a;
    struct err e = {0};
    int status;

    fill_standard_streams();
    share_arenas();
    refuse_core_dumps();
    setlocale(LC_ALL, "");
    setlocale(LC_NUMERIC, "C");
    signal(SIGPIPE, SIG_IGN);
    if (argc == 3 && strcmp(argv[1], "--worker") == 0)
        return run_worker_main(argv[2], SECRETS_FD);
    if (argc >= 2 && strcmp(argv[1], "--complete") == 0)
        return complete_main(argc - 2, argv + 2);
    status = take_word_flags(argc, argv);
    if (status >= 0)
        return status;
    if (args_read(argc, argv, &a, &e) != 0) {
        struct out o = {0};
        return out_error(&o, &e);
    }
    status = cli_main(&a);
    return status >= 0 ? status : open_ui(&a);
}
