/* The first, second, … allocation of each call fails: no crash, nothing leaked, no false success. */
#include <stdio.h>
#define SKIPPED(why) puts("1..1\nok 1 - every_allocation_may_fail # SKIP " why)
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
int main(void) { return SKIPPED("the sanitizers own the allocator") < 0; }
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

static struct { bool armed, failed; int paused; long countdown, live; } memory;
#define FAKE_PAUSE(how) (memory.paused = (how))

#include "fake_net.h"
#include "net/clarifai_apps.h"
#include "net/clarifai_inputs.h"
#include "net/databricks_auth.h"
#include "net/databricks_catalog.h"
#include "net/databricks_compute.h"
#include "net/databricks_files.h"
#include "net/databricks_secrets.h"

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);
void __libc_free(void *p);

static bool refuse(void)
{
    if (!memory.armed || memory.paused || --memory.countdown != 0) return false;
    memory.failed = true;
    return true;
}
static void *given(void *p)
{
    if (p && memory.armed && memory.paused != 1) memory.live++;
    return p;
}
void *malloc(size_t n) { return refuse() ? NULL : given(__libc_malloc(n)); }
void *calloc(size_t n, size_t size) { return refuse() ? NULL : given(__libc_calloc(n, size)); }
void *realloc(void *old, size_t n)
{
    if (refuse()) return NULL;
    return old ? __libc_realloc(old, n) : given(__libc_malloc(n));
}
void *reallocarray(void *old, size_t n, size_t size) { return realloc(old, n * size); }
void free(void *p)
{
    if (p && memory.armed && memory.paused != 1) memory.live--;
    __libc_free(p);
}

#define OK "\"status\":{\"code\":10000}"
static const struct clarifai_app_id app = { "u", "a" };
static int any_element(void *ctx, const cJSON *element, struct err *e) { (void)ctx; (void)element; (void)e; return 0; }
static int any_object(void *ctx, const struct databricks_object *o, struct err *e) { (void)ctx; (void)o; (void)e; return 0; }
static int any_file(void *ctx, const struct databricks_file *f, struct err *e) { (void)ctx; (void)f; (void)e; return 0; }
static int any_input(void *ctx, const struct clarifai_input *in, struct err *e) { (void)ctx; (void)in; (void)e; return 0; }
static int any_app(void *ctx, const struct clarifai_app *a, struct err *e) { (void)ctx; (void)a; (void)e; return 0; }

static int try_token(struct err *e)
{
    char *token;
    int64_t s;
    int rc = databricks_oauth_token(&api, "id", "x", &token, &s, e);
    free(token);
    return rc;
}
static int try_me(struct err *e) { struct databricks_me me; return databricks_me_get(&api, &me, e); }
static int try_host(struct err *e)
{
    char *base, id[32];
    int rc = databricks_host_normalize("https://h/?o=12", &base, id, e);
    free(base);
    return rc;
}
static int try_table(struct err *e)
{
    struct databricks_object o;
    int rc = databricks_object_get(&api, DATABRICKS_TABLE, "c.s.t", &o, e);
    if (!rc) databricks_object_release(&o);
    return rc;
}
static int try_objects(struct err *e) { return databricks_objects_list(&api, DATABRICKS_VOLUME, "c.s", any_object, NULL, e); }
static int try_volume(struct err *e) { return databricks_volume_create(&api, "c", "s", "v", "x", e); }
static int try_folder(struct err *e) { return databricks_directory_list(&api, "/Volumes/c/s/v", any_file, NULL, e); }
static int try_secret(struct err *e)
{
    struct buf out = BUF_INIT;
    int rc = databricks_secret_get(&api, "s", "k", &out, e);
    buf_wipe(&out);
    return rc;
}
static int try_command(struct err *e)
{
    cJSON *out;
    int rc = databricks_command_status(&api, "0", "1", "2", &out, e);
    cJSON_Delete(out);
    return rc;
}
static int try_statement(struct err *e)
{
    const char *p[][2] = { { "a", "b" } };
    struct databricks_statement s = { .warehouse = "w", .text = "x", .row_limit = 5, .parameters = p, .parameter_count = 1 };
    cJSON *out;
    int rc = databricks_statement_execute(&api, &s, &out, e);
    cJSON_Delete(out);
    return rc;
}
static int try_link(struct err *e)
{
    cJSON *headers;
    FAKE_PAUSE(1);
    headers = cJSON_Parse("{\"a\":\"b\"}");
    FAKE_PAUSE(0);
    int rc = databricks_link_read(&api, "https://s/1", headers, any_element, NULL, e);
    FAKE_PAUSE(1);
    cJSON_Delete(headers);
    FAKE_PAUSE(0);
    return rc;
}
static int try_apps(struct err *e) { return clarifai_apps_list(&api, "me", any_app, NULL, e); }
static int try_user(struct err *e) { struct clarifai_user u; return clarifai_me_get(&api, &u, e); }
static int try_dataset(struct err *e) { return clarifai_dataset_create(&api, &app, "d", e); }
static int try_page(struct err *e) { int n; return clarifai_dataset_inputs_page(&api, &app, "d", 1, 10, any_input, NULL, &n, e); }
static int try_post(struct err *e)
{
    struct clarifai_new_input in = { .id = "a", .bytes = (const unsigned char *)"abc", .size = 3, .metadata = "{\"k\":[1]}", .concepts = "[]" };
    return clarifai_inputs_post(&api, &app, "d", &in, 1, e);
}
static int try_add(struct err *e)
{
    static const char *const ids[] = { "a" };
    struct clarifai_status s;
    return clarifai_dataset_inputs_add(&api, &app, "d", ids, 1, &s, e);
}

static const struct { const char *name; int (*run)(struct err *); const char *replies[2]; bool may_pass; } calls[] = {
    { "token", try_token, { "{\"oidc_endpoint\":\"https://host/oidc\"}", "{\"access_token\":\"t\"}" }, true /* does without discovery */ },
    { "me", try_me, { "{\"userName\":\"a\"}", NULL }, false },
    { "host", try_host, { NULL, NULL }, true /* does without the workspace id */ },
    { "table", try_table, { "{\"name\":\"t\",\"full_name\":\"c.s.t\",\"columns\":[{\"name\":\"a\",\"type_text\":\"int\"}],\"properties\":{\"k\":\"v\"}}", NULL }, false },
    { "objects", try_objects, { "{\"volumes\":[{\"name\":\"v\",\"full_name\":\"c.s.v\"}],\"next_page_token\":\"t\"}", "{\"volumes\":[{\"name\":\"w\",\"full_name\":\"c.s.w\"}]}" }, false },
    { "volume", try_volume, { "{}", NULL }, false },
    { "folder", try_folder, { "{\"contents\":[{\"path\":\"/Volumes/c/s/v/a\"}],\"next_page_token\":\"t\"}", "{}" }, false },
    { "secret", try_secret, { "{\"value\":\"YWJj\"}", NULL }, false },
    { "command", try_command, { "{\"id\":\"a\",\"results\":{\"data\":[[12345678901234567890]]}}", NULL }, false },
    { "statement", try_statement, { "{\"statement_id\":\"a\",\"status\":{\"state\":\"FAILED\"}}", NULL }, false },
    { "link", try_link, { "[[\"1\"],[\"2\"]]", NULL }, true /* vasprintf does without its last allocation */ },
    { "apps", try_apps, { "{" OK ",\"apps\":[{\"id\":\"a\"}]}", "{" OK "}" }, false },
    { "user", try_user, { "{" OK ",\"user\":{\"id\":\"a\"}}", NULL }, true /* vasprintf again */ },
    { "dataset", try_dataset, { "{" OK "}", NULL }, false },
    { "page", try_page, { "{" OK ",\"dataset_inputs\":[{\"input\":{\"id\":\"a\"}}]}", NULL }, false },
    { "post", try_post, { "{" OK ",\"inputs\":[{\"id\":\"a\",\"status\":{\"code\":30001}}]}", NULL }, false },
    { "add", try_add, { "{" OK ",\"dataset_inputs\":[{\"input\":{\"id\":\"a\",\"status\":{\"code\":64100}}}]}", NULL }, false },
};

/* True when the call came through without meeting the failure. */
static bool run_once(size_t i, long n)
{
    struct err e;
    err_clear(&e);
    fake_clear();
    for (int k = 0; k < 2 && calls[i].replies[k]; k++) fake_reply_with((struct fake_reply){ .status = 200, .body = calls[i].replies[k] });
    memory.countdown = n;
    memory.live = 0;
    memory.failed = false;
    memory.armed = true;
    int rc = calls[i].run(&e);
    memory.armed = false;
    if (memory.live) fail_msg("%s: %ld blocks left when allocation %ld fails", calls[i].name, memory.live, n);
    if (memory.failed && !rc && !calls[i].may_pass) fail_msg("%s: success although allocation %ld failed", calls[i].name, n);
    /* The JSON parser cannot tell its own lack of memory from broken text: the code may be another one. */
    if (rc && e.code == ERR_NONE) fail_msg("%s: nothing said when allocation %ld failed", calls[i].name, n);
    if (!memory.failed && rc) fail_msg("%s: fails with all its memory: %s", calls[i].name, e.cause);
    return !memory.failed;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        long n = 1;
        while (!run_once(i, n)) n++;
        assert_true(n > 1);
    }
}

int main(void)
{
    if (getenv("LAKEFERRY_VALGRIND")) return SKIPPED("valgrind owns the allocator") < 0;
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_allocation_may_fail) };
    return cmocka_run_group_tests(tests, fake_start, fake_end);
}
#endif
