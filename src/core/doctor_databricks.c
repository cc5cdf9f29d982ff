/* Databricks: address, credential, who we are, each family of requests by one harmless read, compute, quota. */
#include "base/timefmt.h"
#include "core/compute.h"
#include "core/doctor.h"
#include "core/names.h"
#include "core/probe.h"
#include "net/databricks_auth.h"
#include "net/databricks_catalog.h"
#include "net/databricks_compute.h"
#include "net/databricks_files.h"

#define GROUP "databricks"

/* A family of requests that a token may be kept from: said by its name, with what lakeferry cannot do without it. */
static void say_family(struct doctor *d, const char *name, const char *without, const struct err *e)
{
    char fix[400];

    snprintf(fix, sizeof fix, "%s; without it lakeferry cannot %s",
             e->code == ERR_FORBIDDEN || e->code == ERR_AUTH ? "ask for the right, or use a token whose scope has it" : err_remedy_text(e), without);
    doctor_say_err(d, GROUP, name, DOCTOR_FAIL, e);
    if (d->count > 0)
        str_copy(d->lines[d->count - 1].fix, sizeof d->lines[0].fix, fix);
}

static bool check_credential(struct doctor *d, struct session *s)
{
    const struct value *secret = s->settings.token.text ? &s->settings.token : &s->settings.client_secret;
    char origin[200] = "";
    struct err e = {0};

    if (session_check_databricks(s, &e) != 0) {
        doctor_say_err(d, GROUP, "credential", DOCTOR_FAIL, &e);
        return false;
    }
    if (secret->text)
        value_origin(secret, origin, sizeof origin);
    doctor_say(d, GROUP, "credential", DOCTOR_OK, NULL, "%s%s", secret->text ? "from " : "by databricks auth token", origin);
    return true;
}

static bool check_identity(struct doctor *d, struct session *s)
{
    struct databricks_me me;
    struct err e = {0};

    if (databricks_me_get(&s->databricks, &me, &e) != 0) {
        say_family(d, "identity", "know who you are", &e);
        return e.code != ERR_AUTH;
    }
    str_copy(s->databricks_user, sizeof s->databricks_user, me.user_name);
    doctor_say(d, GROUP, "identity", DOCTOR_OK, NULL, "you are %s%s%s", me.user_name, me.workspace_id[0] ? ", workspace " : "", me.workspace_id);
    return true;
}

/* --- families --- */

struct seen { int64_t count; char first[256]; };

static int see_object(void *ctx, const struct databricks_object *o, struct err *e)
{
    struct seen *seen = ctx;

    (void)e;
    if (seen->count++ == 0)
        str_copy(seen->first, sizeof seen->first, o->name);
    return 0;
}

static int see_file(void *ctx, const struct databricks_file *f, struct err *e)
{
    (void)f, (void)e;
    ++*(int64_t *)ctx;
    return 0;
}

static void check_catalogs(struct doctor *d, struct session *s, struct seen *seen)
{
    struct err e = {0};

    if (databricks_objects_list(&s->databricks, DATABRICKS_CATALOG, "", see_object, seen, &e) != 0)
        say_family(d, "catalogs", "browse, or find volumes and tables", &e);
    else if (seen->count == 0)
        doctor_say(d, GROUP, "catalogs", DOCTOR_WARN, "ask for USE CATALOG on one", "there is no catalog that you may see");
    else
        doctor_say(d, GROUP, "catalogs", DOCTOR_OK, NULL, "%lld can be seen", (long long)seen->count);
}

/* A folder that is not there answers the question as well as one that is: the family is open. */
static void check_files(struct doctor *d, struct session *s, const struct seen *catalogs)
{
    char *path = str_printf("/Volumes/%s/default/lakeferry_doctor", catalogs->first[0] ? catalogs->first : "main");
    struct err e = {0};
    int64_t count = 0;
    int result = path ? databricks_directory_list(&s->files, path, see_file, &count, &e) : err_no_memory(&e);

    free(path);
    if (result != 0 && e.code != ERR_NOT_FOUND && e.code != ERR_FORBIDDEN)
        say_family(d, "files", "read or write volumes", &e);
    else if (result != 0 && e.code == ERR_FORBIDDEN && !str_eq(e.api_code, "PERMISSION_DENIED"))
        say_family(d, "files", "read or write volumes", &e);
    else
        doctor_say(d, GROUP, "files", DOCTOR_OK, NULL, "the Files API answers: %s requests a second, %s at once, shared by all processes",
                   settings_text(&s->settings, SETTING_FILES_RATE), settings_text(&s->settings, SETTING_FILES_IN_FLIGHT));
}

static void check_staging(struct doctor *d, struct session *s)
{
    static const char *const WRITE[] = { "WRITE_VOLUME" };
    const char *text = settings_text(&s->settings, SETTING_STAGING_VOLUME);
    struct volume_path at = {0};
    struct databricks_object o = {0};
    struct err e = {0};
    int has[1] = { -1 };
    char *full = NULL;

    if (str_blank(text)) {
        doctor_say(d, GROUP, "staging", DOCTOR_WARN, "name a volume: staging_volume = catalog.schema.volume in config.ini or in the profile",
                   "no staging volume is set: rows go to a volume made for each run, which needs CREATE VOLUME");
        return;
    }
    if (volume_path_parse(text, &at, &e) != 0 || !(full = name_full(&at.volume)) ||
        databricks_object_get(&s->databricks, DATABRICKS_VOLUME, full, &o, &e) != 0) {
        doctor_say_err(d, GROUP, "staging", DOCTOR_FAIL, &e);
    } else {
        if (s->databricks_user[0] != '\0')
            databricks_privileges(&s->databricks, DATABRICKS_VOLUME, full, s->databricks_user, WRITE, has, 1, &e);
        doctor_say(d, GROUP, "staging", has[0] == 0 ? DOCTOR_WARN : DOCTOR_OK, has[0] == 0 ? "ask for WRITE VOLUME on it, unless you have it through a group" : NULL,
                   has[0] == 0 ? "%s: WRITE VOLUME does not show" : "%s", text);
    }
    databricks_object_release(&o);
    volume_path_release(&at);
    free(full);
}

/* --- compute --- */

static int see_compute(void *ctx, const struct databricks_compute *c, struct err *e)
{
    struct buf *names = ctx;

    (void)e;
    if (names->len < 200)
        buf_printf(names, "%s%s:%s", names->len ? ", " : "", c->is_warehouse ? "warehouse" : "cluster", c->id);
    return 0;
}

/* None is chosen: what there is to choose from. */
static void say_choices(struct doctor *d, struct session *s)
{
    struct buf names = BUF_INIT;
    struct err e = {0}, why = {0};

    databricks_warehouses_list(&s->databricks, see_compute, &names, &e);
    databricks_clusters_list(&s->databricks, see_compute, &names, &why);
    if (names.len == 0 && (e.code != ERR_NONE || why.code != ERR_NONE))
        say_family(d, "compute", "preview or write tables", e.code != ERR_NONE ? &e : &why);
    else
        doctor_say(d, GROUP, "compute", DOCTOR_WARN, "set DATABRICKS_WAREHOUSE_ID or DATABRICKS_CLUSTER_ID, warehouse_id or cluster_id of the profile, or --compute",
                   "none is chosen: browsing works, tables cannot be previewed or written. There is %s", names.len ? names.data : "none that you may use");
    buf_release(&names);
}

static void check_compute(struct doctor *d, struct session *s)
{
    struct compute *c = NULL;
    struct err e = {0};
    char state[32] = "";
    bool running = false;

    if (compute_open(s, NULL, NULL, &c, &e) != 0) {
        say_choices(d, s);
        return;
    }
    if (compute_state(c, state, &running, &e) != 0)
        say_family(d, "compute", "preview or write tables", &e);
    else if (!running)
        doctor_say(d, GROUP, "compute", DOCTOR_OK, NULL, "%s is %s; it is started when a verb needs it, after asking", compute_label(c), state);
    else
        doctor_say(d, GROUP, "compute", DOCTOR_OK, NULL, "%s is %s", compute_label(c), state);
    compute_close(c);
}

/* What doctor --probe found the last time. */
static void check_probe(struct doctor *d, struct session *s)
{
    struct probe_memory m;
    struct err e = {0};
    char age[32];

    if (probe_recall(s, NULL, &m, &e) != 0)
        return;                          /* no compute, or one that was said to be out of reach already */
    if (!m.known)
        doctor_say(d, GROUP, "SQL", DOCTOR_OK, NULL, "not tried on %s; lakeferry doctor --probe does, on three rows", m.compute);
    else if (m.fails > 0)
        doctor_say(d, GROUP, "SQL", DOCTOR_WARN, "lakeferry doctor --probe says what to do without them", "%d of %d forms did not work on %s %s ago: %s", m.fails,
                   m.works + m.fails, m.compute, time_age(time_wall_ms() - m.at_ms, age, sizeof age), m.failing);
    else
        doctor_say(d, GROUP, "SQL", DOCTOR_OK, NULL, "all %d forms worked on %s %s ago", m.works, m.compute, time_age(time_wall_ms() - m.at_ms, age, sizeof age));
}

void doctor_databricks(struct doctor *d, struct session *s)
{
    struct seen catalogs = {0};
    struct err e = {0};
    int64_t clock_us = 0;
    char origin[200];

    if (str_blank(s->settings.host.text)) {
        doctor_say(d, GROUP, "address", DOCTOR_FAIL, "set DATABRICKS_HOST, or a profile in ~/.databrickscfg, or try lakeferry --sandbox", "no host is known");
        d->lines[d->count - 1].code = ERR_CONFIG;
        return;
    }
    doctor_say(d, GROUP, "address", DOCTOR_OK, NULL, "%s (%s)", s->settings.host.text, value_origin(&s->settings.host, origin, sizeof origin));
    if (!check_credential(d, s))
        return;
    databricks_clock_get(&s->databricks, &clock_us, &e);
    if (!doctor_say_connection(d, GROUP, s->settings.host.text, &e))
        return;
    doctor_say_clock(d, GROUP, clock_us);
    if (!check_identity(d, s))
        return;
    check_catalogs(d, s, &catalogs);
    if (!net_cancel_is_set(s->databricks.cancel))
        check_files(d, s, &catalogs);
    if (!net_cancel_is_set(s->databricks.cancel))
        check_staging(d, s);
    if (!net_cancel_is_set(s->databricks.cancel))
        check_compute(d, s);
    if (!net_cancel_is_set(s->databricks.cancel))
        check_probe(d, s);
}
