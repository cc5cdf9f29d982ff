#include "core/credentials_keyring.h"
#include "base/timefmt.h"
#include <libsecret/secret.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define LOOK_MS 3000       /* a lookup delays what the person waits for */
#define ASK_MS 60000       /* a locked keyring asks for its password first */
#define LEAVE_MS 1000      /* after cancelling; a call that hangs longer is left behind */
#define SILENT_MS 30000    /* a keyring that hung is not asked again so soon */
#define LOCKED "it is locked, and its password was not given or could not be asked for here"
#define NO_ANSWER "the Secret Service gave no answer in time"

static const SecretSchema SCHEMA = {
    "org.lakeferry.Credential", SECRET_SCHEMA_NONE,
    { { "service", SECRET_SCHEMA_ATTRIBUTE_STRING }, { "account", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
    0, 0, 0, 0, 0, 0, 0, 0,
};

/* service … secret: owned copies, since the thread may outlive the caller. */
struct job {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int users;                  /* the caller and the thread */
    bool done, failed, locked;
    bool (*work)(struct job *j, GError **error);
    char *service, *account, *label, *secret;
    char why[256];
    GCancellable *cancel;
};
static atomic_int_least64_t silent_until_ms;

/* --- what runs on the thread --- */

static bool work_answers(struct job *j, GError **error)
{
    SecretService *s = secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, j->cancel, error);

    if (s)
        g_object_unref(s);
    return s != NULL;
}

/* A machine without a default collection gets one with the first entry: nothing in it is locked. */
static bool work_look(struct job *j, GError **error)
{
    SecretService *s = secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, j->cancel, error);
    SecretCollection *c = s ? secret_collection_for_alias_sync(s, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, j->cancel, error) : NULL;

    j->locked = c && secret_collection_get_locked(c);
    if (c)
        g_object_unref(c);
    if (s)
        g_object_unref(s);
    return !*error;
}

/* A machine without a default collection gets one, as libsecret itself would make it. */
static bool work_open(struct job *j, GError **error)
{
    SecretService *s = secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, j->cancel, error);
    SecretCollection *c = s ? secret_collection_for_alias_sync(s, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, j->cancel, error) : NULL;

    if (s && !c && !*error)
        c = secret_collection_create_sync(s, "Default keyring", SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_CREATE_NONE, j->cancel, error);
    if (c && secret_collection_get_locked(c)) {
        GList one = { .data = c };
        j->locked = secret_service_unlock_sync(s, &one, j->cancel, NULL, error) < 1;
    }
    bool ok = c != NULL;
    if (c)
        g_object_unref(c);
    if (s)
        g_object_unref(s);
    return ok;
}

/* The entries of that service and account, locked ones too. Owned. */
static GList *entries(struct job *j, const SecretSchema *schema, SecretSearchFlags flags, GError **error)
{
    GHashTable *wanted = secret_attributes_build(&SCHEMA, "service", j->service, "account", j->account, NULL);
    GList *found = secret_service_search_sync(NULL, schema, wanted, SECRET_SEARCH_ALL | flags, j->cancel, error);

    g_hash_table_unref(wanted);
    return found;
}

static void entries_free(GList *found)
{
    g_list_free_full(found, g_object_unref);
}

/* Those that are locked. A gnome-keyring that was never unlocked knows the attributes of its items and not their schema. Owned. */
static GList *locked_entries(struct job *j, GError **error)
{
    GList *found = entries(j, NULL, SECRET_SEARCH_NONE, error);

    for (GList *at = found, *next; at; at = next) {
        next = at->next;
        if (!secret_item_get_locked(at->data)) {
            g_object_unref(at->data);
            found = g_list_delete_link(found, at);
        }
    }
    return found;
}

static bool work_find(struct job *j, GError **error)
{
    GList *found = entries(j, &SCHEMA, SECRET_SEARCH_LOAD_SECRETS, error);

    for (GList *at = found; at && !j->secret; at = at->next) {
        SecretValue *v = secret_item_get_locked(at->data) ? NULL : secret_item_get_secret(at->data);
        const char *text = v ? secret_value_get_text(v) : NULL;
        if (text)
            j->secret = str_dup(text);
        if (v)
            secret_value_unref(v);
    }
    entries_free(found);
    if (!j->secret && !*error) {
        found = locked_entries(j, error);
        j->locked = found != NULL;
        entries_free(found);
    }
    return true;
}

static bool work_store(struct job *j, GError **error)
{
    GHashTable *attributes = secret_attributes_build(&SCHEMA, "service", j->service, "account", j->account, NULL);
    SecretValue *v = secret_value_new(j->secret, -1, "text/plain");
    bool ok = secret_service_store_sync(NULL, &SCHEMA, attributes, SECRET_COLLECTION_DEFAULT, j->label, v, j->cancel, error);

    secret_value_unref(v);
    g_hash_table_unref(attributes);
    return ok;
}

/* Unlocks first: libsecret says nothing of entries it could not remove. */
static bool work_forget(struct job *j, GError **error)
{
    GList *locked = locked_entries(j, error);
    GHashTable *wanted;

    if (locked && !*error)
        secret_service_unlock_sync(NULL, locked, j->cancel, NULL, error);
    entries_free(locked);
    if (*error)
        return false;
    wanted = secret_attributes_build(&SCHEMA, "service", j->service, "account", j->account, NULL);
    secret_service_clear_sync(NULL, &SCHEMA, wanted, j->cancel, error);
    g_hash_table_unref(wanted);
    if (*error)
        return false;
    locked = locked_entries(j, error);
    j->locked = locked != NULL;
    entries_free(locked);
    return true;
}

/* --- the thread, which can be left behind --- */

static void job_leave(struct job *j)
{
    pthread_mutex_lock(&j->lock);
    bool last = --j->users == 0;
    pthread_mutex_unlock(&j->lock);
    if (!last)
        return;
    if (j->secret)
        explicit_bzero(j->secret, strlen(j->secret));
    free(j->secret);
    free(j->service);
    free(j->account);
    free(j->label);
    g_object_unref(j->cancel);
    pthread_cond_destroy(&j->ended);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

static void *job_main(void *arg)
{
    struct job *j = arg;
    GError *error = NULL;
    bool ok = j->work(j, &error) && !error;

    pthread_mutex_lock(&j->lock);
    j->failed = !ok;
    str_copy(j->why, sizeof j->why, error ? error->message : "the Secret Service refused");
    j->done = true;
    pthread_cond_broadcast(&j->ended);
    pthread_mutex_unlock(&j->lock);
    g_clear_error(&error);
    job_leave(j);
    return NULL;
}

/* Waits for the end; false when ms have passed. Called with the lock held. */
static bool job_wait(struct job *j, int64_t ms)
{
    int64_t end = time_mono_ms() + ms;
    struct timespec at = { .tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000 };

    while (!j->done)
        if (pthread_cond_timedwait(&j->ended, &j->lock, &at))
            return j->done;
    return true;
}

static struct job *job_new(bool (*work)(struct job *, GError **), const struct keyring_entry *entry, const char *secret)
{
    pthread_condattr_t monotonic;
    struct job *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    j->users = 1;
    j->work = work;
    j->cancel = g_cancellable_new();
    j->service = str_dup(entry ? entry->service : "");
    j->account = str_dup(entry ? entry->account : "");
    j->label = str_dup(entry ? entry->label : "");
    j->secret = str_dup(secret);
    if (j->service && j->account && j->label && (!secret || j->secret))
        return j;
    job_leave(j);
    return NULL;
}

/* --- asking --- */

static int no_keyring(struct err *e, const char *why)
{
    err_set(e, ERR_CONFIG, "%s", why);
    err_about(e, "cannot use", "the keyring");
    return err_remedy(e, "use the environment variables for this session, or let the tokens be stored in a file that only you can read");
}

/* Without an address libdbus would start a bus of its own: a program nobody asked for. */
static bool bus_is_there(void)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char path[4096];

    if (!str_blank(getenv("DBUS_SESSION_BUS_ADDRESS")))
        return true;
    return !str_blank(runtime) && (size_t)snprintf(path, sizeof path, "%s/bus", runtime) < sizeof path && access(path, F_OK) == 0;
}

static int job_result(struct job *j, int64_t limit_ms, char **found, bool *locked, struct err *e)
{
    int rc = 0;

    pthread_mutex_lock(&j->lock);
    if (!job_wait(j, limit_ms)) {
        atomic_store(&silent_until_ms, time_mono_ms() + SILENT_MS);
        g_cancellable_cancel(j->cancel);
        job_wait(j, LEAVE_MS);
        rc = no_keyring(e, NO_ANSWER);
    } else if (j->failed || j->locked) {
        rc = no_keyring(e, j->failed ? j->why : LOCKED);
        if (locked)
            *locked = !j->failed;
    } else if (found) {
        *found = j->secret;
        j->secret = NULL;
    }
    pthread_mutex_unlock(&j->lock);
    return rc;
}

static int keyring_do(struct job *j, int64_t limit_ms, char **found, bool *locked, struct err *e)
{
    pthread_t thread;

    if (!j)
        return err_no_memory(e);
    j->users = 2;
    if (pthread_create(&thread, NULL, job_main, j)) {
        j->users = 1;
        job_leave(j);
        return err_set(e, ERR_NO_MEMORY, "no thread could be started for the keyring");
    }
    pthread_detach(thread);
    int rc = job_result(j, limit_ms, found, locked, e);
    job_leave(j);
    return rc;
}

static int may_ask(struct err *e)
{
    if (!bus_is_there())
        return no_keyring(e, "there is no D-Bus session");
    return time_mono_ms() < atomic_load(&silent_until_ms) ? no_keyring(e, NO_ANSWER) : 0;
}

int keyring_answers(struct err *e)
{
    return may_ask(e) ? -1 : keyring_do(job_new(work_answers, NULL, NULL), LOOK_MS, NULL, NULL, e);
}

int keyring_look(bool *locked, struct err *e)
{
    *locked = false;
    return may_ask(e) ? -1 : keyring_do(job_new(work_look, NULL, NULL), LOOK_MS, NULL, locked, e);
}

int keyring_open(struct err *e)
{
    return keyring_answers(e) ? -1 : keyring_do(job_new(work_open, NULL, NULL), ASK_MS, NULL, NULL, e);
}

int keyring_find(const struct keyring_entry *entry, char **out, bool *locked, struct err *e)
{
    *locked = false;
    return may_ask(e) ? -1 : keyring_do(job_new(work_find, entry, NULL), LOOK_MS, out, locked, e);
}

int keyring_store(const struct keyring_entry *entry, const char *secret, struct err *e)
{
    return keyring_answers(e) ? -1 : keyring_do(job_new(work_store, entry, secret), ASK_MS, NULL, NULL, e);
}

int keyring_forget(const struct keyring_entry *entry, struct err *e)
{
    if (keyring_answers(e))
        return -1;
    if (keyring_do(job_new(work_forget, entry, NULL), ASK_MS, NULL, NULL, e) == 0)
        return 0;
    err_about(e, "cannot remove the token from", "the keyring");
    if (e)
        e->remedy[0] = '\0';
    return err_remedy(e, "unlock the keyring, then lakeferry auth logout again");
}
