#include "sandbox/server.h"
#include "base/file.h"
#include "base/str.h"
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <unistd.h>

static const char usage[] =
    "usage: lakeferry-sandbox [--port N] [--data DIR] [--faults FILE] [--record DIR] [--idle-exit SECONDS]\n"
    "\n"
    "Runs a local Databricks workspace and Clarifai API on 127.0.0.1 with sample data.\n"
    "  --port N             port of the API; images are on N+1 (default 0: those it had with this data, else free ones)\n"
    "  --data DIR           where its data is kept (default: $XDG_STATE_HOME/lakeferry/sandbox)\n"
    "  --faults FILE        JSON array of fault rules to begin with\n"
    "  --record DIR         write every request and SQL statement below DIR\n"
    "  --idle-exit SECONDS  end when no request came for so long\n";

struct options { struct sandbox_options server; int64_t idle_s; char *dir; };

static int number_of(const char *name, const char *text, int64_t max, int64_t *out)
{
    if (str_i64(text, out) && *out >= 0 && *out <= max)
        return 0;
    fprintf(stderr, "lakeferry-sandbox: %s: \"%s\" is not a whole number from 0 to %lld\n", name, text, (long long)max);
    return -1;
}

/* 0 go on, 1 done, -1 wrong. */
static int options_read(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = {
        { "port", required_argument, NULL, 'p' }, { "data", required_argument, NULL, 'd' },
        { "faults", required_argument, NULL, 'f' }, { "record", required_argument, NULL, 'r' },
        { "idle-exit", required_argument, NULL, 'i' }, { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'v' }, { 0 },
    };
    int64_t port = 0;
    for (int c; (c = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        if (c == 'h' || c == 'v') {
            fputs(c == 'h' ? usage : "lakeferry-sandbox " LAKEFERRY_VERSION "\n", stdout);
            return 1;
        }
        if (c == '?' || (c == 'p' && number_of("--port", optarg, 65534, &port) < 0) ||
            (c == 'i' && number_of("--idle-exit", optarg, 1000000, &o->idle_s) < 0))
            return -1;
        if (c == 'd' && str_set(&o->dir, optarg) < 0)
            return -1;
        if (c == 'f')
            o->server.faults_file = optarg;
        if (c == 'r')
            o->server.record_dir = optarg;
    }
    if (optind < argc) {
        fprintf(stderr, "lakeferry-sandbox: unexpected argument \"%s\"\n", argv[optind]);
        return -1;
    }
    o->server.port = (int)port;
    return 0;
}

static int fail(const struct err *e)
{
    char text[1600];
    fprintf(stderr, "lakeferry-sandbox: %s\n", err_sentence(e, text, sizeof text));
    return err_exit_status(e);
}

static int default_dir(struct options *o, struct err *e)
{
    if (!o->dir) {
        char *state = file_dir_state(e);
        o->dir = state ? str_printf("%s/sandbox", state) : NULL;
        free(state);
    }
    o->server.dir = o->dir;
    return o->dir ? 0 : -1;
}

static void wait_for_end(struct sandbox *s, const sigset_t *signals, int64_t idle_s)
{
    const struct timespec second = { .tv_sec = 1 };
    for (;;) {
        int got = sigtimedwait(signals, NULL, &second);
        if (got > 0 || (idle_s > 0 && sandbox_idle_ms(s) >= idle_s * 1000))
            return;
    }
}

int main(int argc, char **argv)
{
    struct options o = { 0 };
    struct err e = { 0 };
    sigset_t signals;
    setlocale(LC_CTYPE, "");
    int read = options_read(argc, argv, &o);
    if (read != 0) {
        free(o.dir);
        return read > 0 ? 0 : 2;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);   /* before any thread: all inherit it */
    signal(SIGPIPE, SIG_IGN);
    struct sandbox *s = default_dir(&o, &e) == 0 ? sandbox_start(&o.server, &e) : NULL;
    if (!s) {
        free(o.dir);
        return fail(&e);
    }
    printf("lakeferry-sandbox ready %s images %s data %s\n", sandbox_origin(s), sandbox_image_origin(s), sandbox_dir(s));
    fflush(stdout);
    wait_for_end(s, &signals, o.idle_s);
    sandbox_stop(s);
    free(o.dir);
    return 0;
}
