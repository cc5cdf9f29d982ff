/* TLS is verified always: by the system's authorities, or by a bundle of the person's own. */
#include "base/file.h"
#include "net/engine.h"
#include <microhttpd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

/* Made for this test and good for nothing else: a certificate of its own authority for 127.0.0.1, 2020 to 2120. */
static const char test_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkQQOeGxgMSVG8YQD\n"
    "DbotQ5ixzijnBxdIM8U3mTo2aVehRANCAASoHDIMHW2JPDN9mCvhtUfLAchsbzSJ\n"
    "L3iOOEXSpJqBa6rW2dPhWwCZLM8MPLlZWh3rjnSoIzdSr0EpkEjdZOD3\n"
    "-----END PRIVATE KEY-----\n";
static const char test_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBYzCCAQmgAwIBAgIBATAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA5sYWtlZmVy\n"
    "cnkgdGVzdDAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGTEXMBUG\n"
    "A1UEAwwObGFrZWZlcnJ5IHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASo\n"
    "HDIMHW2JPDN9mCvhtUfLAchsbzSJL3iOOEXSpJqBa6rW2dPhWwCZLM8MPLlZWh3r\n"
    "jnSoIzdSr0EpkEjdZOD3o0AwPjAMBgNVHRMEBTADAQH/MA8GA1UdEQQIMAaHBH8A\n"
    "AAEwHQYDVR0OBBYEFFIDIdb8X/q6MnfjO0ve4AfO2CuqMAoGCCqGSM49BAMCA0gA\n"
    "MEUCID7mBBQ5XLJwS4iOAiMdo0PC4IXcnt0sCou4GeHS88A6AiEAoFkajU8QhMsj\n"
    "pPJe8n2gpQai4TeyCh4Ie37URKRzS7A=\n"
    "-----END CERTIFICATE-----\n";

static struct MHD_Daemon *server;
static char base[64], ca_file[] = "/tmp/lf-ca-XXXXXX";

static enum MHD_Result answer(void *ctx, struct MHD_Connection *c, const char *url, const char *method, const char *version,
                              const char *upload, size_t *upload_size, void **request)
{
    (void)ctx; (void)url; (void)method; (void)version; (void)upload; (void)upload_size; (void)request;
    struct MHD_Response *r = MHD_create_response_from_buffer(6, (void *)"secure", MHD_RESPMEM_PERSISTENT);
    enum MHD_Result queued = MHD_queue_response(c, 200, r);
    MHD_destroy_response(r);
    return queued;
}

static int start(void **state)
{
    (void)state;
    server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS, 0, NULL, NULL, answer, NULL, MHD_OPTION_HTTPS_MEM_KEY, test_key,
                              MHD_OPTION_HTTPS_MEM_CERT, test_certificate, MHD_OPTION_END);
    if (!server) return -1;
    snprintf(base, sizeof base, "https://127.0.0.1:%d", MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port);
    int fd = mkstemp(ca_file);
    int r = fd < 0 ? -1 : file_write_all(fd, test_certificate, sizeof test_certificate - 1, NULL);
    close(fd);
    return r;
}

static int stop(void **state)
{
    (void)state;
    MHD_stop_daemon(server);
    return unlink(ca_file);
}

static int get(const char *authority, struct net_answer *a, struct err *e)
{
    struct net_settings s = { .retry_first_ms = 2, .retry_cap_ms = 5, .ca_file = authority };
    struct net_engine *engine = net_engine_new(&s, e);
    struct net_site *site = net_site_new(base, NET_ANONYMOUS, "q", (struct net_quota){ 0, 0 }, e);
    assert_true(engine && site);
    struct net_api api = { engine, site, NULL, NET_NORMAL };
    struct net_request r = { .method = NET_GET, .path = "/" };
    int result = net_call(&api, &r, NULL, a, e);
    net_engine_free(engine);
    net_site_free(site);
    return result;
}

static void an_unknown_authority_is_refused(void **state)
{
    (void)state;
    struct net_answer a;
    struct err e;
    net_answer_init(&a);
    assert_int_equal(get(NULL, &a, &e), -1);
    assert_int_equal(e.code, ERR_TLS);
    assert_non_null(strstr(e.cause, "the certificate of 127.0.0.1:"));
    assert_non_null(strstr(e.cause, "is not trusted"));
    assert_int_equal(a.attempts, 1);
    net_answer_release(&a);
}

static void a_bundle_of_ones_own_is_used(void **state)
{
    (void)state;
    struct net_answer a;
    struct err e;
    net_answer_init(&a);
    assert_int_equal(get(ca_file, &a, &e), 0);
    assert_string_equal(a.body.data, "secure");
    net_answer_release(&a);
}

static void an_unusable_bundle_is_said(void **state)
{
    (void)state;
    struct net_answer a;
    struct err e;
    net_answer_init(&a);
    assert_int_equal(get("/nonexistent/ca.pem", &a, &e), -1);
    assert_int_equal(e.code, ERR_TLS);
    assert_non_null(strstr(e.cause, "trusted certificates"));
    net_answer_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_authority_is_refused),
        cmocka_unit_test(a_bundle_of_ones_own_is_used),
        cmocka_unit_test(an_unusable_bundle_is_said),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
