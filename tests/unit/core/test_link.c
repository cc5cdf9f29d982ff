#include "base/file.h"
#include "core/link.h"
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[] = "/tmp/lakeferry-link-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    return setenv("XDG_RUNTIME_DIR", folder, 1);
}

static int tear_down(void **state)
{
    struct err e = {0};
    (void)state;
    return file_remove_tree(folder, &e);
}

static cJSON *line(const char *type, int n)
{
    cJSON *l = cJSON_CreateObject();
    cJSON_AddStringToObject(l, "type", type);
    cJSON_AddNumberToObject(l, "n", n);
    return l;
}

static void publish(struct link *l, const char *type, int n)
{
    cJSON *p = line(type, n);
    link_publish(l, p);
    cJSON_Delete(p);
}

static void expect(struct link_client *c, const char *type, int64_t n)
{
    struct err e = {0};
    cJSON *got;
    bool timed_out;
    int64_t value = -1;
    assert_int_equal(link_client_read(c, 30000, &got, &timed_out, &e), 1);
    assert_string_equal(json_str(got, "type"), type);
    if (n >= 0) {
        assert_true(json_i64(got, "n", &value));
        assert_int_equal(value, n);
    }
    cJSON_Delete(got);
}

static void newcomers_get_the_last_words(void **state)
{
    struct err e = {0};
    struct link *l;
    struct link_client *a, *b;
    (void)state;
    assert_int_equal(link_connect("import-1", &a, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_int_equal(link_open("import-1", &l, &e), 0);
    publish(l, "progress", 1);
    publish(l, "progress", 2);
    publish(l, "item", 3);
    assert_int_equal(link_connect("import-1", &a, &e), 0);
    expect(a, "progress", 2);
    assert_int_equal(link_connect("import-1", &b, &e), 0);
    expect(b, "progress", 2);
    assert_int_equal(link_viewers(l), 2);
    publish(l, "item", 4);
    expect(a, "item", 4);
    expect(b, "item", 4);
    publish(l, "summary", 5);
    link_close(l);
    expect(a, "summary", 5);                       /* what was said before the end arrives */
    cJSON *got;
    bool timed_out;
    assert_int_equal(link_client_read(a, 5000, &got, &timed_out, &e), 0);
    assert_false(timed_out);
    link_client_free(a);
    link_client_free(b);
    assert_int_equal(link_connect("import-1", &a, &e), -1);
}

static void commands_come_in_order(void **state)
{
    struct err e = {0};
    struct link *l;
    struct link_client *c;
    (void)state;
    assert_int_equal(link_open("import-2", &l, &e), 0);
    assert_null(link_next_command(l));
    assert_int_equal(link_connect("import-2", &c, &e), 0);
    assert_int_equal(link_client_send(c, "{\"command\":\"pause\"}", &e), 0);
    expect(c, "ack", -1);
    assert_int_equal(link_client_send(c, "nonsense", &e), 0);
    expect(c, "refused", -1);
    assert_int_equal(link_client_send(c, "{\"command\":\"token\",\"clarifai\":\"x\"}", &e), 0);
    expect(c, "ack", -1);
    cJSON *first = link_next_command(l), *second = link_next_command(l);
    assert_string_equal(json_str(first, "command"), "pause");
    assert_string_equal(json_str(second, "clarifai"), "x");
    cJSON_Delete(first);
    cJSON_Delete(second);
    link_client_free(c);
    link_close(l);
}

static void a_viewer_that_does_not_read_is_dropped(void **state)
{
    struct err e = {0};
    struct link *l;
    struct link_client *c;
    (void)state;
    assert_int_equal(link_open("import-3", &l, &e), 0);
    publish(l, "plan", 0);
    assert_int_equal(link_connect("import-3", &c, &e), 0);
    expect(c, "plan", 0);
    char *big = malloc(100001);
    memset(big, 'x', 100000);
    big[100000] = '\0';
    cJSON *much = line("item", 1);
    cJSON_AddStringToObject(much, "text", big);
    for (int i = 0; i < 30000 && link_viewers(l) > 0; i++) {
        if (i < 200)
            link_publish(l, much);
        usleep(1000);
    }
    assert_int_equal(link_viewers(l), 0);
    cJSON_Delete(much);
    free(big);
    link_client_free(c);
    link_close(l);
}

static void a_stale_socket_is_replaced(void **state)
{
    struct err e = {0};
    struct link *l;
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/lakeferry", folder);
    assert_int_equal(file_make_dirs(path, &e), 0);
    snprintf(path, sizeof path, "%s/lakeferry/run-import-4.sock", folder);
    assert_int_equal(file_write_atomic(path, "", 0, &e), 0);
    assert_int_equal(link_open("import-4", &l, &e), 0);
    link_close(l);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void a_command_outlives_its_sender(void **state)
{
    struct err e = {0};
    struct link *l;
    struct link_client *c;
    struct stat st;
    char path[128], big[20001];
    cJSON *command = NULL, *much = line("progress", 1);
    (void)state;
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    cJSON_AddStringToObject(much, "text", big);
    assert_int_equal(link_open("import-5", &l, &e), 0);
    snprintf(path, sizeof path, "%s/lakeferry/run-import-5.sock", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    publish(l, "plan", 0);
    link_publish(l, much);
    cJSON_Delete(much);
    assert_int_equal(link_connect("import-5", &c, &e), 0);
    expect(c, "plan", 0);                          /* and most of the next line stays unread */
    assert_int_equal(link_client_send(c, "{\"command\":\"cancel\"}", &e), 0);
    link_client_free(c);
    for (int i = 0; i < 30000 && !(command = link_next_command(l)); i++)
        usleep(1000);
    assert_string_equal(json_str(command, "command"), "cancel");
    cJSON_Delete(command);
    link_close(l);
}

static int64_t processor_us(void)
{
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    return (int64_t)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 + r.ru_utime.tv_usec + r.ru_stime.tv_usec;
}

/* A viewer that cannot be taken in now is taken in later, and the processor is not spent on asking meanwhile. */
static void a_process_without_descriptors_waits(void **state)
{
    (void)state;
    if (getenv("LAKEFERRY_VALGRIND"))
        skip(); /* it takes in what comes and hangs up itself */
    struct err e = {0};
    struct link *l;
    struct rlimit before, none;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char said[64] = "";
    assert_int_equal(link_open("import-6", &l, &e), 0);
    publish(l, "plan", 6);
    snprintf(at.sun_path, sizeof at.sun_path, "%s/lakeferry/run-import-6.sock", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){3, before.rlim_max};      /* standard input, output and error have them */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    int connected = connect(fd, (struct sockaddr *)&at, sizeof at);
    int64_t begun = processor_us();
    usleep(300000);
    int64_t spent = processor_us() - begun;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(connected, 0);
    assert_in_range(spent, 0, 30000);
    assert_true(recv(fd, said, sizeof said - 1, 0) > 0);
    assert_non_null(strstr(said, "\"plan\""));
    close(fd);
    link_close(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(newcomers_get_the_last_words), cmocka_unit_test(commands_come_in_order),
                                       cmocka_unit_test(a_viewer_that_does_not_read_is_dropped), cmocka_unit_test(a_stale_socket_is_replaced),
                                       cmocka_unit_test(a_command_outlives_its_sender),
                                       cmocka_unit_test(a_process_without_descriptors_waits)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
