#include "core/catalog_fetch.h"
#include "base/hash.h"
#include "net/clarifai_apps.h"
#include "net/clarifai_inputs.h"
#include "net/databricks_compute.h"
#include "net/databricks_files.h"

#define MARK '\x1f'
#define CLARIFAI "clarifai:"
#define PAGE 1000

static struct net_api api_of(const struct catalog_fetch *f, struct net_api api)
{
    api.cancel = f->cancel;
    api.priority = NET_BROWSE;
    return api;
}

static int add(struct catalog_fetch *f, const struct catalog_entry *en, struct err *e)
{
    if (catalog_build_add(&f->build, en, e))
        return -1;
    if (f->grown)
        f->grown(f->ctx, f);
    return 0;
}

/* The struct's texts are not const, but catalog_build_add only reads them. */
static char *given(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* Two lists make one place: what the first has is shown even when the second fails. Cancelling ends both. */
static int keep_first(int first, const struct err *why, int second, struct err *e)
{
    if (!first)
        return second;
    *e = *why;
    return -1;
}

/* --- Unity Catalog --- */

static int add_object(void *ctx, const struct databricks_object *o, struct err *e)
{
    static const enum catalog_kind kinds[] = {
        [DATABRICKS_CATALOG] = CATALOG_CATALOG, [DATABRICKS_SCHEMA] = CATALOG_SCHEMA,
        [DATABRICKS_VOLUME] = CATALOG_VOLUME, [DATABRICKS_TABLE] = CATALOG_TABLE,
    };

    return add(ctx, &(struct catalog_entry){ .kind = kinds[o->kind], .name = o->name, .type = o->type, .comment = o->comment,
                                             .modified_ms = o->updated_ms, .browse_only = o->browse_only }, e);
}

/* "c", "c.s", "c.s.n" of a place. Owned. */
static char *full_name(const char *place, struct err *e)
{
    char *name = str_dup(place);

    if (!name)
        err_no_memory(e);
    for (char *p = name; p && *p; p++)
        if (*p == MARK)
            *p = '.';
    return name;
}

static int fetch_catalogs(struct catalog_fetch *f, struct err *e)
{
    const struct net_api api = api_of(f, f->session->databricks);

    return databricks_objects_list(&api, DATABRICKS_CATALOG, "", add_object, f, e);
}

static int fetch_schemas(struct catalog_fetch *f, struct err *e)
{
    const struct net_api api = api_of(f, f->session->databricks);

    return databricks_objects_list(&api, DATABRICKS_SCHEMA, f->place, add_object, f, e);
}

static int fetch_objects(struct catalog_fetch *f, struct err *e)
{
    const struct net_api api = api_of(f, f->session->databricks);
    struct err why = { 0 };
    char *schema = full_name(f->place, e);

    if (!schema)
        return -1;
    int volumes = databricks_objects_list(&api, DATABRICKS_VOLUME, schema, add_object, f, &why), tables = 0;
    if (!volumes || why.code != ERR_CANCELLED)
        tables = databricks_objects_list(&api, DATABRICKS_TABLE, schema, add_object, f, e);
    free(schema);
    return keep_first(volumes, &why, tables, e);
}

/* --- files --- */

static int add_file(void *ctx, const struct databricks_file *file, struct err *e)
{
    return add(ctx, &(struct catalog_entry){ .kind = file->is_directory ? CATALOG_FOLDER : CATALOG_FILE, .name = given(file->name),
                                             .size = file->size, .modified_ms = file->modified_ms }, e);
}

static int fetch_files_of(struct catalog_fetch *f, const char *path, struct err *e)
{
    const struct net_api api = api_of(f, f->session->files);

    return databricks_directory_list(&api, path, add_file, f, e);
}

static int fetch_files(struct catalog_fetch *f, struct err *e)
{
    return fetch_files_of(f, f->place, e);
}

/* --- a table's columns --- */

static int add_columns(struct catalog_fetch *f, struct err *e)
{
    for (size_t i = 0; i < f->table->column_count; i++) {
        const struct databricks_column *c = &f->table->columns[i];
        if (add(f, &(struct catalog_entry){ .kind = CATALOG_COLUMN, .name = c->name, .type = c->type_text, .comment = c->comment }, e))
            return -1;
    }
    return 0;
}

static int fetch_volume_root(struct catalog_fetch *f, struct err *e)
{
    char *path = str_printf("/Volumes/%s", f->place);

    if (!path)
        return err_no_memory(e);
    for (char *p = path; *p; p++)
        if (*p == MARK)
            *p = '/';
    int rc = fetch_files_of(f, path, e);
    free(path);
    return rc;
}

/* Three parts name a table or, where there is none, a volume. */
static int fetch_table(struct catalog_fetch *f, struct err *e)
{
    const struct net_api api = api_of(f, f->session->databricks);
    struct err why = { 0 }, other = { 0 };
    char *name = full_name(f->place, e);
    struct databricks_object *table = name ? calloc(1, sizeof *table) : NULL;

    if (!table) {
        free(name);
        return name ? err_no_memory(e) : -1;
    }
    int rc = databricks_object_get(&api, DATABRICKS_TABLE, name, table, &why);
    free(name);
    if (!rc) {
        f->table = table;
        return add_columns(f, e);
    }
    free(table);
    if (why.code == ERR_NOT_FOUND && fetch_volume_root(f, &other) == 0)
        return 0;
    *e = why;
    return -1;
}

/* --- Clarifai --- */

static int fetch_owners(struct catalog_fetch *f, struct err *e)
{
    const struct net_api api = api_of(f, f->session->clarifai);
    const char *configured = f->session->settings.clarifai_user.text;
    struct clarifai_user me;

    if (!str_blank(configured) && add(f, &(struct catalog_entry){ .kind = CATALOG_USER, .name = given(configured), .comment = given("configured owner") }, e))
        return -1;
    if (clarifai_me_get(&api, &me, e))
        return -1;
    return str_eq(me.id, configured) ? 0 : add(f, &(struct catalog_entry){ .kind = CATALOG_USER, .name = me.id, .comment = me.name }, e);
}

static int add_app(void *ctx, const struct clarifai_app *a, struct err *e)
{
    return add(ctx, &(struct catalog_entry){ .kind = CATALOG_APP, .name = given(a->id), .type = given(a->default_workflow), .comment = given(a->description),
                                             .modified_ms = a->modified_us / 1000 }, e);
}

static int add_dataset(void *ctx, const struct clarifai_dataset *d, struct err *e)
{
    return add(ctx, &(struct catalog_entry){ .kind = CATALOG_DATASET, .name = given(d->id), .comment = given(d->description),
                                             .modified_ms = d->modified_us / 1000 }, e);
}

/* A page that starts like the one before says that the listing does not page, and would not end. */
struct input_pages { struct catalog_fetch *f; uint64_t first, before; };

static int add_input(void *ctx, const struct clarifai_input *in, struct err *e)
{
    struct input_pages *p = ctx;

    if (!p->first && (p->first = hash_fnv(HASH_FNV, in->id, strlen(in->id))) == p->before)
        return err_set(e, ERR_PROTOCOL, "the listing of Clarifai goes round: a page came twice");
    return add(p->f, &(struct catalog_entry){ .kind = CATALOG_FILE, .name = given(in->id), .type = given(in->status.description),
                                             .modified_ms = in->modified_us / 1000 }, e);
}

static int fetch_inputs(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, struct catalog_fetch *f, struct err *e)
{
    struct input_pages p = { .f = f };
    int count = 1;

    for (int page = 1; count > 0; page++) {
        if (clarifai_dataset_inputs_page(api, app, dataset, page, PAGE, add_input, &p, &count, e))
            return -1;
        p.before = p.first;
        p.first = 0;
    }
    return 0;
}

/* user, user/app, user/app/dataset; the text is taken apart in place. */
static int fetch_owned(struct catalog_fetch *f, char *user, struct err *e)
{
    const struct net_api api = api_of(f, f->session->clarifai);
    char *app = strchr(user, '/'), *dataset = app ? strchr(app + 1, '/') : NULL;

    if (app)
        *app++ = '\0';
    if (dataset)
        *dataset++ = '\0';
    const struct clarifai_app_id id = { user, app };
    if (!app || !*app)
        return clarifai_apps_list(&api, user, add_app, f, e);
    return !dataset || !*dataset ? clarifai_datasets_list(&api, &id, add_dataset, f, e) : fetch_inputs(&api, &id, dataset, f, e);
}

static int fetch_clarifai(struct catalog_fetch *f, struct err *e)
{
    if (!f->place[strlen(CLARIFAI)])
        return fetch_owners(f, e);
    char *parts = str_dup(f->place + strlen(CLARIFAI));
    int rc = parts ? fetch_owned(f, parts, e) : err_no_memory(e);
    free(parts);
    return rc;
}

/* --- compute --- */

static int add_compute(void *ctx, const struct databricks_compute *c, struct err *e)
{
    return add(ctx, &(struct catalog_entry){ .kind = c->is_warehouse ? CATALOG_WAREHOUSE : CATALOG_CLUSTER, .name = given(c->id), .type = given(c->state),
                                             .comment = given(c->name) }, e);
}

static int fetch_compute(struct catalog_fetch *f, struct err *e)
{
    const struct net_api api = api_of(f, f->session->databricks);
    struct err why = { 0 };
    int clusters = databricks_clusters_list(&api, add_compute, f, &why), warehouses = 0;

    if (!clusters || why.code != ERR_CANCELLED)
        warehouses = databricks_warehouses_list(&api, add_compute, f, e);
    return keep_first(clusters, &why, warehouses, e);
}

/* --- which --- */

struct source {
    int (*fetch)(struct catalog_fetch *f, struct err *e);
    int (*check)(const struct session *s, struct err *e);
};
enum source_id { SOURCE_ROOT, SOURCE_SCHEMAS, SOURCE_OBJECTS, SOURCE_TABLE, SOURCE_FILES, SOURCE_CLARIFAI, SOURCE_COMPUTE };
static const struct source SOURCES[] = {
    [SOURCE_ROOT] = { fetch_catalogs, session_check_databricks },
    [SOURCE_SCHEMAS] = { fetch_schemas, session_check_databricks },
    [SOURCE_OBJECTS] = { fetch_objects, session_check_databricks },
    [SOURCE_TABLE] = { fetch_table, session_check_databricks },
    [SOURCE_FILES] = { fetch_files, session_check_databricks },
    [SOURCE_CLARIFAI] = { fetch_clarifai, session_check_clarifai },
    [SOURCE_COMPUTE] = { fetch_compute, session_check_databricks },
};

static enum source_id source_of(const char *place)
{
    int parts = 0;

    if (!*place)
        return SOURCE_ROOT;
    if (place[0] == '/')
        return SOURCE_FILES;
    if (str_starts(place, CLARIFAI))
        return SOURCE_CLARIFAI;
    if (str_eq(place, "compute:"))
        return SOURCE_COMPUTE;
    for (const char *p = place; *p; p++)
        parts += *p == MARK;
    return parts == 0 ? SOURCE_SCHEMAS : parts == 1 ? SOURCE_OBJECTS : SOURCE_TABLE;
}

bool catalog_fetch_kept(const char *place)
{
    const char *slash = str_starts(place, CLARIFAI) ? strchr(place, '/') : NULL;

    return !slash || !strchr(slash + 1, '/');   /* inputs are too many */
}

int catalog_fetch_run(struct catalog_fetch *f, struct err *e)
{
    const struct source *source = &SOURCES[source_of(f->place)];

    if (source->check(f->session, e))
        return -1;
    return source->fetch(f, e);
}
