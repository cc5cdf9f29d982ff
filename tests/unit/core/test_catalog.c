#include "session_home.h"
#include "base/timefmt.h"
#include "core/cache.h"
#include "net/databricks.h"
#include <pthread.h>

/* --- stands in for the network: answers by path; a row can be held in its middle until it is let go or cancelled --- */

struct row { const char *path, *body; int status; bool hold; };
static pthread_mutex_t net_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t net_changed = PTHREAD_COND_INITIALIZER;
static const struct row *rows;
static int asked, held, released;
static char last_path[512];
static enum net_priority last_priority;

static const struct row *find_row(const struct net_request *r)
{
    for (const struct row *row = rows; row && row->path; row++)
        if (str_starts(r->path, row->path))
            return row;
    return NULL;
}

/* False when the call was cancelled meanwhile. */
static bool hold(const struct net_api *api)
{
    bool go = false;

    pthread_mutex_lock(&net_lock);
    held++;
    pthread_cond_broadcast(&net_changed);
    while (!(go = released > 0) && !net_cancel_is_set(api->cancel)) {
        struct timespec at;
        clock_gettime(CLOCK_REALTIME, &at);
        at.tv_nsec += 10000000;
        if (at.tv_nsec >= 1000000000) {
            at.tv_sec++;
            at.tv_nsec -= 1000000000;
        }
        pthread_cond_timedwait(&net_changed, &net_lock, &at);
    }
    released -= go;
    held--;
    pthread_mutex_unlock(&net_lock);
    return go;
}

static void let_go(void)
{
    pthread_mutex_lock(&net_lock);
    released++;
    pthread_cond_broadcast(&net_changed);
    pthread_mutex_unlock(&net_lock);
}

static void wait_held(int n)
{
    pthread_mutex_lock(&net_lock);
    while (held < n)
        pthread_cond_wait(&net_changed, &net_lock);
    pthread_mutex_unlock(&net_lock);
}

static void wait_asked(int n)
{
    pthread_mutex_lock(&net_lock);
    while (asked < n)
        pthread_cond_wait(&net_changed, &net_lock);
    pthread_mutex_unlock(&net_lock);
}

static int asked_so_far(void)
{
    pthread_mutex_lock(&net_lock);
    int n = asked;
    pthread_mutex_unlock(&net_lock);
    return n;
}

static int pour(const struct net_request *r, const char *text, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i += 64)
        if (r->sink->write(r->sink->ctx, text + i, n - i < 64 ? n - i : 64, e))
            return -1;
    return 0;
}

int net_call(const struct net_api *api, const struct net_request *r, net_judge judge, struct net_answer *answer, struct err *e)
{
    pthread_mutex_lock(&net_lock);
    const struct row *row = find_row(r);
    asked++;
    pthread_cond_broadcast(&net_changed);
    str_copy(last_path, sizeof last_path, r->path);
    last_priority = api->priority;
    pthread_mutex_unlock(&net_lock);
    const char *body = row ? row->body : "{\"error_code\":\"DOES_NOT_EXIST\",\"message\":\"It is not there\"}";
    size_t n = strlen(body), half = n / 2;
    if (!body[0])
        return err_set(e, ERR_OFFLINE, "host does not answer");
    answer->status = row ? row->status : 404;
    str_copy(answer->content_type, sizeof answer->content_type, "application/json");
    bool sink = r->sink && answer->status < 300;
    if (sink && (r->sink->begin(r->sink->ctx, answer->status, (int64_t)n, "application/json", e) || pour(r, body, half, e)))
        return -1;
    if (row && row->hold && !hold(api))
        return err_set(e, ERR_CANCELLED, "cancelled");
    if (sink && pour(r, body + half, n - half, e))
        return -1;
    if (!sink)
        buf_puts(&answer->body, body);
    return judge(r, answer, e) == NET_JUDGE_OK ? 0 : -1;
}

void net_answer_init(struct net_answer *a) { memset(a, 0, sizeof *a); buf_init(&a->body, 0); a->length = -1; }
void net_answer_release(struct net_answer *a) { buf_release(&a->body); }
bool net_site_owns(const struct net_site *site, const char *url) { (void)site; (void)url; return true; }
struct net_site *net_site_new(const char *b, enum net_scheme s, const char *q, struct net_quota n, struct err *e) { (void)b; (void)s; (void)q; (void)n; (void)e; return NULL; }
void net_site_free(struct net_site *s) { (void)s; }
int session_check_databricks(const struct session *s, struct err *e) { return s->profile_name[0] ? 0 : err_set(e, ERR_CONFIG, "no host is known"); }
int session_check_clarifai(const struct session *s, struct err *e) { (void)s; (void)e; return 0; }

/* --- a catalog and someone who waits for it --- */

static struct session session;
static struct catalog *catalog;
static struct err err;
static pthread_mutex_t wake_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static int wakes;

static void wake(void *ctx)
{
    (void)ctx;
    pthread_mutex_lock(&wake_lock);
    wakes++;
    pthread_cond_signal(&woken);
    pthread_mutex_unlock(&wake_lock);
}

static void wait_wake(void)
{
    pthread_mutex_lock(&wake_lock);
    while (!wakes)
        pthread_cond_wait(&woken, &wake_lock);
    wakes = 0;
    pthread_mutex_unlock(&wake_lock);
}

static void answer_with(const struct row *answers)
{
    pthread_mutex_lock(&net_lock);
    rows = answers;
    pthread_mutex_unlock(&net_lock);
}

static void open_catalog(const struct row *answers)
{
    pthread_mutex_lock(&net_lock);
    rows = answers;
    asked = released = 0;
    pthread_mutex_unlock(&net_lock);
    str_copy(session.profile_name, sizeof session.profile_name, "lab");
    catalog = catalog_new(&session, wake, NULL, &err);
    assert_non_null(catalog);
}

static int set_up(void **state)
{
    alarm(120);   /* a test that waits for nothing ends */
    return home_set_up(state);
}

static int tear_down(void **state)
{
    catalog_free(catalog);
    catalog = NULL;
    memset(&session, 0, sizeof session);
    err_clear(&err);
    return home_tear_down(state);
}

static void drain(void)
{
    for (char *event; (event = catalog_next_event(catalog)); free(event))
        continue;
}

static bool ended(const struct catalog_list *l) { return l && !l->loading && !l->from_disk; }
static bool any_rows(const struct catalog_list *l) { return l && l->count > 0; }
static bool failed(const struct catalog_list *l) { return l && l->error.code; }

/* Asks once, then looks at each event until the list is as wanted. */
static const struct catalog_list *wait_list(const char *place, int64_t max_age_ms, bool (*wanted)(const struct catalog_list *))
{
    const struct catalog_list *l = catalog_get(catalog, place, max_age_ms);

    while (!wanted(l)) {
        catalog_list_unref(l);
        wait_wake();
        drain();
        l = catalog_get(catalog, place, -1);
    }
    return l;
}

static const char *names(const struct catalog_list *l)
{
    static struct buf out = BUF_INIT;

    buf_clear(&out);
    for (size_t i = 0; i < l->count; i++)
        buf_printf(&out, "%s%d:%s", i ? " " : "", (int)l->entries[i].kind, l->entries[i].name);
    return out.data;
}

static void assert_list(const char *place, const char *wanted)
{
    const struct catalog_list *l = wait_list(place, -1, ended);
    char expected[512];

    if (l->error.code)
        fail_msg("%s: %s", place, home_said(&l->error));
    assert_true(l->complete);
    assert_string_equal(l->place, place);
    /* wanted has kinds as numbers of the enum. */
    str_copy(expected, sizeof expected, wanted);
    assert_string_equal(names(l), expected);
    catalog_list_unref(l);
}

#define UC "/api/2.1/unity-catalog"
static const struct row TREE[] = {
    { UC "/catalogs", "{\"catalogs\":[{\"name\":\"main\",\"comment\":\"ours\"},{\"name\":\"dev\"}]}", 200, false },
    { UC "/schemas", "{\"schemas\":[{\"name\":\"vision\"}]}", 200, false },
    { UC "/volumes?", "{\"volumes\":[{\"name\":\"pictures\",\"volume_type\":\"MANAGED\"}]}", 200, false },
    { UC "/tables?", "{\"tables\":[{\"name\":\"inputs\",\"table_type\":\"MANAGED\"},{\"name\":\"a_view\",\"table_type\":\"VIEW\"}]}", 200, false },
    { UC "/tables/main.vision.inputs", "{\"name\":\"inputs\",\"table_type\":\"MANAGED\",\"properties\":{\"k\":\"v\"},"
      "\"columns\":[{\"name\":\"z\",\"type_text\":\"string\"},{\"name\":\"a\",\"type_text\":\"bigint\"}]}", 200, false },
    { "/api/2.0/fs/directories/Volumes/main/vision/pictures", "{\"contents\":[{\"path\":\"/Volumes/main/vision/pictures/b.jpg\",\"name\":\"b.jpg\",\"file_size\":7},"
      "{\"path\":\"/Volumes/main/vision/pictures/2026\",\"name\":\"2026\",\"is_directory\":true}]}", 200, false },
    { "/v2/users/me", "{\"status\":{\"code\":10000},\"user\":{\"id\":\"lab-user\"}}", 200, false },
    { "/v2/users/lab-user/apps/traffic/datasets?page=1", "{\"status\":{\"code\":10000},\"datasets\":[{\"id\":\"ds\"}]}", 200, false },
    { "/v2/users/lab-user/apps/traffic/datasets?", "{\"status\":{\"code\":10000},\"datasets\":[]}", 200, false },
    { "/v2/users/lab-user/apps?page=1", "{\"status\":{\"code\":10000},\"apps\":[{\"id\":\"traffic\",\"user_id\":\"lab-user\"}]}", 200, false },
    { "/v2/users/lab-user/apps?", "{\"status\":{\"code\":10000},\"apps\":[]}", 200, false },
    { "/api/2.1/clusters/list", "{\"clusters\":[{\"cluster_id\":\"c-1\",\"cluster_name\":\"lab\",\"state\":\"RUNNING\",\"cluster_source\":\"UI\"}]}", 200, false },
    { "/api/2.0/sql/warehouses", "{\"warehouses\":[{\"id\":\"w-1\",\"name\":\"small\",\"state\":\"STOPPED\"}]}", 200, false },
    { NULL, NULL, 0, false },
};

static void places(void **state)
{
    (void)state;
    open_catalog(TREE);
    assert_list("", "1:dev 1:main");
    assert_int_equal(last_priority, NET_BROWSE);
    assert_list("main", "2:vision");
    assert_list("main\x1fvision", "3:pictures 4:a_view 4:inputs");
    assert_list("main\x1fvision\x1finputs", "7:z 7:a");
    assert_list("/Volumes/main/vision/pictures", "5:2026 6:b.jpg");
    assert_list("main\x1fvision\x1fpictures", "5:2026 6:b.jpg");
    assert_list("clarifai:", "8:lab-user");
    assert_list("clarifai:lab-user", "9:traffic");
    assert_list("clarifai:lab-user/traffic", "10:ds");
    assert_list("compute:", "11:c-1 12:w-1");
}

static void asks_once(void **state)
{
    (void)state;
    open_catalog(TREE);
    assert_list("", "1:dev 1:main");
    assert_int_equal(asked_so_far(), 1);
    assert_list("", "1:dev 1:main");
    catalog_list_unref(catalog_get(catalog, "", 3600000));
    assert_int_equal(asked_so_far(), 1);
    const struct catalog_list *old = catalog_get(catalog, "", 0), *l = wait_list("", -1, ended);
    assert_true(old->loading);
    assert_int_equal(asked_so_far(), 2);
    assert_string_equal(names(old), names(l));
    catalog_list_unref(l);
    catalog_list_unref(old);
}

static void grows_while_it_loads(void **state)
{
    static const struct row held_list[] = {
        { UC "/catalogs", "{\"catalogs\":[{\"name\":\"b\"},{\"name\":\"c\"},{\"name\":\"a\"},{\"name\":\"d\"},{\"name\":\"e\"},{\"name\":\"f\"}]}", 200, true },
        { NULL, NULL, 0, false } };

    (void)state;
    open_catalog(held_list);
    const struct catalog_list *part = wait_list("", -1, any_rows);
    assert_true(part->loading);
    assert_false(part->complete);
    assert_true(part->count < 6);
    wait_held(1);
    /* Asked again meanwhile: still one request. */
    catalog_list_unref(catalog_get(catalog, "", 0));
    let_go();
    assert_list("", "1:a 1:b 1:c 1:d 1:e 1:f");
    assert_int_equal(asked_so_far(), 1);
    assert_true(part->count < 6);   /* what was handed out does not change */
    catalog_list_unref(part);
}

static void failures_are_said(void **state)
{
    static const struct row dead[] = { { "/", "", 0, false }, { NULL, NULL, 0, false } };

    (void)state;
    open_catalog(TREE);
    assert_list("", "1:dev 1:main");
    answer_with(dead);
    const struct catalog_list *l = wait_list("", 0, failed);
    assert_int_equal(l->error.code, ERR_OFFLINE);
    assert_string_equal(names(l), "1:dev 1:main");   /* what is known stays */
    assert_true(l->complete);
    assert_true(l->listed_at_ms > 0);
    catalog_list_unref(l);
    l = wait_list("main", -1, failed);
    assert_int_equal(l->count, 0);
    assert_false(l->complete);
    catalog_list_unref(l);
    /* A screen that draws again and again does not ask again and again. */
    int before = asked_so_far();
    for (int i = 0; i < 100; i++)
        catalog_list_unref(catalog_get(catalog, "main", i % 2 ? 1 : -1));
    assert_int_equal(asked_so_far(), before);
    answer_with(TREE);
    l = wait_list("main", 0, ended);
    assert_int_equal(l->error.code, ERR_NONE);
    assert_string_equal(names(l), "2:vision");
    catalog_list_unref(l);
}

static void half_of_a_schema(void **state)
{
    static const struct row tables_only[] = {
        { UC "/volumes?", "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"No USE SCHEMA\"}", 403, false },
        { UC "/tables?", "{\"tables\":[{\"name\":\"t\"}]}", 200, false }, { NULL, NULL, 0, false } };

    (void)state;
    open_catalog(tables_only);
    const struct catalog_list *l = wait_list("c\x1fs", -1, failed);
    assert_int_equal(l->error.code, ERR_FORBIDDEN);
    assert_string_equal(names(l), "4:t");
    catalog_list_unref(l);
}

static void without_a_host(void **state)
{
    (void)state;
    open_catalog(TREE);
    session.profile_name[0] = '\0';
    const struct catalog_list *l = wait_list("", -1, failed);
    assert_said(&l->error, ERR_CONFIG, "no host is known");
    assert_int_equal(asked_so_far(), 0);
    catalog_list_unref(l);
}

static bool at_rest(const struct catalog_list *l) { return l && !l->loading; }

static void cancelled(void **state)
{
    static const struct row stuck[] = {
        { UC "/schemas?include_browse=true&max_results=0&catalog_name=some", "{\"schemas\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"},{\"name\":\"d\"},{\"name\":\"e\"},{\"name\":\"f\"}]}", 200, true },
        { UC "/schemas", "{\"schemas\":[{\"name\":\"s\"}]}", 200, true }, { NULL, NULL, 0, false } };
    static const char *const others[] = { "c0", "c1", "c2", "c3", "c4" };

    (void)state;
    open_catalog(stuck);
    catalog_list_unref(wait_list("some", -1, any_rows));
    catalog_cancel(catalog, "some");
    const struct catalog_list *l = wait_list("some", -1, at_rest);
    assert_int_equal(l->error.code, ERR_NONE);
    assert_false(l->complete);
    assert_true(l->count > 0);
    catalog_list_unref(l);
    /* It stays stopped until somebody wants it whole. */
    catalog_list_unref(catalog_get(catalog, "some", -1));
    assert_int_equal(asked_so_far(), 1);
    catalog_list_unref(catalog_get(catalog, "some", 60000));
    wait_asked(2);
    /* Leaving while requests hang does not hang. */
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        catalog_list_unref(catalog_get(catalog, others[i], -1));
}

static void newest_first(void **state)
{
    static const struct row stuck[] = { { UC "/schemas", "{\"schemas\":[{\"name\":\"s\"}]}", 200, true }, { NULL, NULL, 0, false } };
    static const char *const order[] = { "a", "b", "c", "first", "second", "third" };

    (void)state;
    open_catalog(stuck);
    for (size_t i = 0; i < 3; i++)
        catalog_list_unref(catalog_get(catalog, order[i], -1));
    wait_held(3);
    for (size_t i = 3; i < 6; i++)
        catalog_list_unref(catalog_get(catalog, order[i], -1));
    let_go();
    wait_asked(4);
    pthread_mutex_lock(&net_lock);
    bool third = strstr(last_path, "catalog_name=third") != NULL;
    pthread_mutex_unlock(&net_lock);
    assert_true(third);
}

static void details_of_a_table(void **state)
{
    const struct databricks_object *table;

    (void)state;
    open_catalog(TREE);
    assert_null(catalog_table(catalog, "main.vision.inputs", false));
    while (!(table = catalog_table(catalog, "main.vision.inputs", false))) {
        wait_wake();
        drain();
    }
    assert_string_equal(databricks_object_property(table, "k"), "v");
    assert_int_equal(table->column_count, 2);
    assert_list("main\x1fvision\x1finputs", "7:z 7:a");
    assert_int_equal(asked_so_far(), 1);
    assert_ptr_equal(catalog_table(catalog, "main.vision.inputs", true), table);
    wait_asked(2);
}

/* What a request that began before tells may be old: another one follows it, and only one. */
static void wanted_anew_while_it_runs(void **state)
{
    static const struct row slow[] = { { UC "/tables/main.vision.inputs", "{\"name\":\"inputs\",\"table_type\":\"MANAGED\",\"columns\":[]}", 200, true },
                                       { NULL, NULL, 0, false } };

    (void)state;
    open_catalog(slow);
    assert_null(catalog_table(catalog, "main.vision.inputs", false));
    wait_held(1);
    for (int i = 0; i < 3; i++)
        assert_null(catalog_table(catalog, "main.vision.inputs", true));
    let_go();
    wait_asked(2);
    wait_held(1);
    let_go();
    assert_list("main\x1fvision\x1finputs", "");
    assert_int_equal(asked_so_far(), 2);
}

static void a_tick(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
}

/* Who asks for a list whose request stays silent gets another request, and one only. */
static void silent_request_is_given_up(void **state)
{
    static const struct row silent[] = { { UC "/schemas", "{\"schemas\":[{\"name\":\"s\"}]}", 200, true }, { NULL, NULL, 0, false } };

    (void)state;
    open_catalog(silent);
    catalog_list_unref(catalog_get(catalog, "main", -1));
    wait_held(1);
    while (asked_so_far() < 2) {   /* a request that has just begun is new enough */
        const struct catalog_list *l = catalog_get(catalog, "main", 0);
        assert_true(!l || l->error.code == ERR_NONE);
        catalog_list_unref(l);
        a_tick();
    }
    wait_held(1);
    let_go();
    assert_list("main", "2:s");
    assert_int_equal(asked_so_far(), 2);
}

static void a_listing_that_goes_round_ends(void **state)
{
    static const struct row round[] = {
        { "/v2/users/lab-user/apps/traffic/datasets/ds/inputs", "{\"status\":{\"code\":10000},\"dataset_inputs\":[{\"input\":{\"id\":\"a\"}}]}", 200, false },
        { NULL, NULL, 0, false },
    };

    (void)state;
    open_catalog(round);
    const struct catalog_list *l = wait_list("clarifai:lab-user/traffic/ds", -1, ended);
    assert_int_equal(l->error.code, ERR_PROTOCOL);
    assert_int_equal(l->count, 1);
    assert_false(l->complete);
    catalog_list_unref(l);
    assert_int_equal(asked_so_far(), 2);
}

/* --- disk --- */

static void close_catalog(void)
{
    catalog_free(catalog);
    catalog = NULL;
}

static bool has_anything(const struct catalog_list *l) { return l && l->count > 0; }

static void known_from_the_last_time(void **state)
{
    static const struct row stuck[] = { { UC "/catalogs", "{\"catalogs\":[{\"name\":\"new\"}]}", 200, true }, { NULL, NULL, 0, false } };
    struct str_list cached = { 0 };

    (void)state;
    open_catalog(TREE);
    assert_list("", "1:dev 1:main");
    close_catalog();
    open_catalog(stuck);
    const struct catalog_list *l = wait_list("", 0, has_anything);
    assert_true(l->from_disk);
    assert_true(l->complete);
    assert_string_equal(names(l), "1:dev 1:main");
    assert_string_equal(l->entries[1].comment, "ours");
    assert_true(time_wall_ms() - l->listed_at_ms < 60000);
    catalog_list_unref(l);
    wait_held(1);
    let_go();
    assert_list("", "1:new");
    close_catalog();
    /* Good enough for who takes any age: no request. */
    open_catalog(TREE);
    l = wait_list("", -1, has_anything);
    while (l->loading) {
        catalog_list_unref(l);
        wait_wake();
        drain();
        l = catalog_get(catalog, "", -1);
    }
    assert_string_equal(names(l), "1:new");
    assert_true(l->from_disk);
    assert_int_equal(asked_so_far(), 0);
    catalog_list_unref(l);
    assert_int_equal(catalog_cached_names("lab", "", &cached), 0);
    assert_int_equal(cached.count, 1);
    assert_string_equal(cached.items[0], "new");
    str_list_release(&cached);
    setenv("DATABRICKS_CONFIG_PROFILE", "lab", 1);
    assert_int_equal(catalog_cached_names(NULL, "", &cached), 0);
    assert_int_equal(cached.count, 1);
    str_list_release(&cached);
    assert_int_equal(catalog_cached_names("other", "", &cached), -1);
    assert_int_equal(catalog_cached_names("lab", "main", &cached), -1);
}

static void of_another_host(void **state)
{
    (void)state;
    open_catalog(TREE);
    assert_list("", "1:dev 1:main");
    close_catalog();
    value_set(&session.settings.host, "https://moved.example.com", FROM_PROFILE, "", &err);
    static const struct row other[] = { { UC "/catalogs", "{\"catalogs\":[{\"name\":\"moved\"}]}", 200, false }, { NULL, NULL, 0, false } };
    open_catalog(other);
    assert_list("", "1:moved");
    value_release(&session.settings.host);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(places), CASE(asks_once), CASE(grows_while_it_loads), CASE(failures_are_said), CASE(half_of_a_schema), CASE(without_a_host),
        CASE(cancelled), CASE(newest_first), CASE(details_of_a_table), CASE(wanted_anew_while_it_runs), CASE(silent_request_is_given_up),
        CASE(a_listing_that_goes_round_ends), CASE(known_from_the_last_time), CASE(of_another_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
