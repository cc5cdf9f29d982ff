/* Where the platform listens: again where it was on the same data, whatever ended it, and never where somebody else does. */
#include "test_server_http.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static char origin[64], images[64];      /* of the first start */

static int hold(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Two neighbours that nobody listens on, below those that are given out by chance: what this test gives up for a moment, nobody else gets. */
static int two_free(void)
{
    for (int port = 30000 + getpid() % 1300 * 2;; port = port < 32700 ? port + 2 : 30000) {
        int a = hold(port), b = hold(port + 1);
        if (a >= 0)
            close(a);
        if (b >= 0)
            close(b);
        if (a >= 0 && b >= 0)
            return port;
    }
}

static int port_of(const char *text)
{
    struct url_parts u;
    assert_true(url_parse(text, &u));
    return u.port;
}

static int status(const char *at)
{
    struct reply r = http(at, "GET", "/_control/faults", NULL, NULL);
    int got = r.status;
    reply_release(&r);
    return got;
}

static void start(const char *dir, int port)
{
    struct sandbox_options o = { .dir = dir, .port = port };
    struct err e = { 0 };
    platform = sandbox_start(&o, &e);
    assert_non_null(platform);
    assert_int_equal(status(sandbox_origin(platform)), 200);
    assert_int_not_equal(status(sandbox_image_origin(platform)), 0);
}

static const char *remembered(const char *dir, char path[128])
{
    snprintf(path, 128, "%s/ports.json", dir);
    return path;
}

static void stop(void)
{
    sandbox_stop(platform);
    platform = NULL;
}

static void assert_as_before(void)
{
    assert_string_equal(sandbox_origin(platform), origin);
    assert_string_equal(sandbox_image_origin(platform), images);
}

/* Another process, which lives until it is killed. */
static pid_t start_apart(int port)
{
    int said[2];
    assert_int_equal(pipe2(said, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct sandbox_options o = { .dir = platform_dir, .port = port };
        struct err e = { 0 };
        prctl(PR_SET_PDEATHSIG, SIGKILL);        /* not longer than this test, however that ends */
        struct sandbox *s = sandbox_start(&o, &e);
        if (!s || write(said[1], sandbox_origin(s), 64) != 64 || write(said[1], sandbox_image_origin(s), 64) != 64)
            _exit(1);
        for (;;)
            pause();
    }
    close(said[1]);
    assert_int_equal(read(said[0], origin, sizeof origin), sizeof origin);
    assert_int_equal(read(said[0], images, sizeof images), sizeof images);
    close(said[0]);
    return pid;
}

static void killed_and_started_again(void **state)
{
    int port = two_free(), ended;
    (void)state;
    pid_t pid = start_apart(port);
    assert_int_equal(port_of(origin), port);
    assert_int_equal(status(origin), 200);                                   /* a connection is closing while it starts again */
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_true(WIFSIGNALED(ended));
    start(platform_dir, 0);
    assert_as_before();
    stop();
    start(platform_dir, 0);                                                  /* and after an orderly end */
    assert_as_before();
    stop();
}

static void two_folders_never_fight(void **state)
{
    char other[] = "/tmp/lakeferry-test-XXXXXX", path[128];
    struct buf text = BUF_INIT;
    (void)state;
    assert_non_null(mkdtemp(other));
    start(platform_dir, 0);
    assert_as_before();
    struct sandbox *first = platform;
    assert_int_equal(file_read(remembered(platform_dir, path), 4096, &text, NULL), 0);
    assert_int_equal(file_write_atomic(remembered(other, path), text.data, text.len, NULL), 0);  /* as if the folder were a copy */
    buf_release(&text);
    start(other, 0);
    assert_string_not_equal(sandbox_origin(platform), origin);
    assert_string_not_equal(sandbox_image_origin(platform), images);
    stop();
    platform = first;
    assert_int_equal(status(origin), 200);
    stop();
    assert_int_equal(file_remove_tree(other, NULL), 0);
}

static void taken_by_somebody_else(void **state)
{
    struct sandbox_options asked = { .dir = platform_dir, .port = port_of(origin) };
    struct err e = { 0 };
    struct buf text = BUF_INIT;
    char now[64], path[128];
    (void)state;
    int fd = hold(port_of(origin));
    assert_true(fd >= 0);
    assert_null(sandbox_start(&asked, &e));                                  /* who asks for a port gets that or a sentence */
    assert_non_null(strstr(e.cause, origin + strlen("http://")));
    start(platform_dir, 0);
    assert_string_not_equal(sandbox_origin(platform), origin);
    assert_string_equal(sandbox_image_origin(platform), images);             /* each has its own */
    snprintf(now, sizeof now, "{\"api\":%d,\"images\":%d}\n", port_of(sandbox_origin(platform)), port_of(images));
    stop();
    close(fd);
    assert_int_equal(file_read(remembered(platform_dir, path), 4096, &text, NULL), 0);
    assert_string_equal(text.data, now);
    buf_release(&text);
}

static void what_is_remembered_may_be_anything(void **state)
{
    static const char *const texts[] = { "", "{", "[]", "{\"api\":0,\"images\":-1}", "{\"api\":70000,\"images\":\"x\"}", "{\"api\":1.5}" };
    char path[128];
    (void)state;
    remembered(platform_dir, path);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(file_write_atomic(path, texts[i], strlen(texts[i]), NULL), 0);
        start(platform_dir, 0);
        stop();
    }
}

static int folder_make(void **state)
{
    (void)state;
    str_copy(platform_dir, sizeof platform_dir, "/tmp/lakeferry-test-XXXXXX");
    return mkdtemp(platform_dir) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_and_started_again), cmocka_unit_test(two_folders_never_fight), cmocka_unit_test(taken_by_somebody_else),
        cmocka_unit_test(what_is_remembered_may_be_anything),
    };
    return cmocka_run_group_tests(tests, folder_make, platform_stop);
}
