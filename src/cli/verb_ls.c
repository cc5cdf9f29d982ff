/* ls: what is below a place of either platform, from REST only: no compute is started. */
#include "base/timefmt.h"
#include "cli/patience.h"
#include "cli/verbs.h"
#include "core/catalog.h"
#include "core/names.h"
#include <pthread.h>

static const char *const KIND_NAMES[] = {
    [CATALOG_ROOT] = "root", [CATALOG_CATALOG] = "catalog", [CATALOG_SCHEMA] = "schema", [CATALOG_VOLUME] = "volume",
    [CATALOG_TABLE] = "table", [CATALOG_FOLDER] = "folder", [CATALOG_FILE] = "file", [CATALOG_COLUMN] = "column",
    [CATALOG_USER] = "user", [CATALOG_APP] = "app", [CATALOG_DATASET] = "dataset", [CATALOG_CLUSTER] = "cluster",
    [CATALOG_WAREHOUSE] = "warehouse",
};

struct waiter { pthread_mutex_t lock; pthread_cond_t changed; bool woken; };

static void wake(void *ctx)
{
    struct waiter *w = ctx;

    pthread_mutex_lock(&w->lock);
    w->woken = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static void wait_changed(struct waiter *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->woken)
        pthread_cond_wait(&w->changed, &w->lock);
    w->woken = false;
    pthread_mutex_unlock(&w->lock);
}

/* Asks for a place and waits until its list is whole or failed. */
static int list_whole(struct catalog *c, struct waiter *w, const char *place, const struct catalog_list **out, struct err *e)
{
    const struct catalog_list *l = catalog_get(c, place, 0);

    for (;;) {
        char *event;
        if (l != NULL && !l->loading && !l->from_disk) {
            if (l->error.code != ERR_NONE) {
                *e = l->error;
                catalog_list_unref(l);
                return -1;
            }
            if (l->complete) {
                *out = l;
                return 0;
            }
        }
        wait_changed(w);
        while ((event = catalog_next_event(c)) != NULL)
            free(event);
        if (l != NULL)
            catalog_list_unref(l);
        l = catalog_get(c, place, -1);
    }
}

static char *join_place(const struct name *n, int parts)
{
    const char *text[] = { n->catalog, n->schema, n->object };
    struct buf b = BUF_INIT;

    for (int i = 0; i < parts; i++) {
        if (i > 0)
            buf_putc(&b, '\x1f');
        buf_puts(&b, text[i]);
    }
    return buf_take(&b);
}

static bool holds(const struct catalog_list *l, enum catalog_kind kind, const char *name)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->entries[i].kind == kind && str_ieq(l->entries[i].name, name))
            return true;
    return false;
}

/* c.s.n is a table or a volume: the schema's list tells; NAME/ and NAME/PATH are always the volume. */
static int place_of_object(struct catalog *c, struct waiter *w, const char *text, const struct name *n, char **out, struct err *e)
{
    const struct catalog_list *schema = NULL;
    char *place = join_place(n, 2);
    bool table, volume;

    if (place == NULL)
        return err_no_memory(e);
    if (list_whole(c, w, place, &schema, e) != 0) {
        free(place);
        return -1;
    }
    free(place);
    table = holds(schema, CATALOG_TABLE, n->object);
    volume = holds(schema, CATALOG_VOLUME, n->object);
    catalog_list_unref(schema);
    if (table)
        *out = join_place(n, 3);
    else if (volume)
        *out = str_printf("/Volumes/%s/%s/%s", n->catalog, n->schema, n->object);
    else
        return err_set(e, ERR_NOT_FOUND, "\"%s\" is neither a table nor a volume that you can see", text);
    return *out == NULL ? err_no_memory(e) : 0;
}

static int place_of(struct catalog *c, struct waiter *w, const char *text, char **out, struct err *e)
{
    struct volume_path v;
    struct name n;
    int result = 0;

    if (text == NULL || str_starts(text, "clarifai:") || str_eq(text, "compute:")) {
        *out = str_dup(text != NULL ? text : "");
        return *out == NULL ? err_no_memory(e) : 0;
    }
    if (strchr(text, '/') != NULL) {
        if (volume_path_parse(text, &v, e) != 0)
            return -1;
        *out = volume_path_text(&v);
        volume_path_release(&v);
        return *out == NULL ? err_no_memory(e) : 0;
    }
    if (name_parse(text, 0, &n, e) != 0)
        return -1;
    if (n.object != NULL) {
        result = place_of_object(c, w, text, &n, out, e);
    } else {
        *out = join_place(&n, n.schema != NULL ? 2 : 1);
        result = *out == NULL ? err_no_memory(e) : 0;
    }
    name_release(&n);
    return result;
}

/* The files of a dataset are inputs. */
static const char *kind_name(const struct catalog_list *l, const struct catalog_entry *en)
{
    return en->kind == CATALOG_FILE && str_starts(l->place, "clarifai:") ? "input" : KIND_NAMES[en->kind];
}

static void print_json(struct out *o, const struct catalog_list *l, const struct catalog_entry *en)
{
    cJSON *line = out_object("entry");

    json_put_str(line, "kind", kind_name(l, en));
    json_put_str(line, "name", en->name);
    if (!str_blank(en->type))
        json_put_str(line, "detail", en->type);
    if (!str_blank(en->comment))
        json_put_str(line, "comment", en->comment);
    if (en->kind == CATALOG_FILE && !str_starts(l->place, "clarifai:"))
        json_put_u64(line, "size", en->size);
    if (en->modified_ms > 0)
        json_put_i64(line, "modified_ms", en->modified_ms);
    out_json(o, line);
    cJSON_Delete(line);
}

static void entry_cells(const struct catalog_list *l, const struct catalog_entry *en, char **cells)
{
    char text[48] = "", when[48] = "";
    bool folder = en->kind == CATALOG_FOLDER;
    bool file = en->kind == CATALOG_FILE && !str_starts(l->place, "clarifai:");

    if (file)
        str_bytes(en->size, text, sizeof text);
    if (en->modified_ms > 0)
        time_people(en->modified_ms * 1000, when, sizeof when);
    cells[0] = str_dup(kind_name(l, en));
    cells[1] = str_printf("%s%s", en->name, folder ? "/" : "");
    cells[2] = str_dup(file ? text : en->type != NULL ? en->type : "");
    cells[3] = str_dup(en->kind == CATALOG_FILE || folder ? when : en->comment != NULL ? en->comment : "");
}

static int print_list(struct out *o, const struct catalog_list *l, struct err *e)
{
    static const char *const HEADS[] = { "KIND", "NAME", "DETAIL", "" };
    char **cells;

    if (o->json) {
        for (size_t i = 0; i < l->count; i++)
            print_json(o, l, &l->entries[i]);
        return 0;
    }
    if (l->count == 0) {
        out_say(o, "nothing here");
        return 0;
    }
    cells = calloc(l->count * 4, sizeof *cells);
    if (cells == NULL)
        return err_no_memory(e);
    for (size_t i = 0; i < l->count; i++)
        entry_cells(l, &l->entries[i], cells + i * 4);
    out_table(o, HEADS, 4, cells, l->count);
    for (size_t i = 0; i < l->count * 4; i++)
        free(cells[i]);
    free(cells);
    return 0;
}

int verb_ls(struct command *c)
{
    struct waiter w = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
    const char *text = command_word(c, 0);
    bool clarifai = text != NULL && str_starts(text, "clarifai:");
    const struct catalog_list *list = NULL;
    struct catalog *catalog = NULL;
    struct session s = {0};
    struct patience p;
    struct err e = {0};
    char *place = NULL;
    int result = -1;

    if (command_session(c, !clarifai, clarifai, true, &s, &e) != 0)
        return out_error(c->out, &e);
    patience_begin(&p, &s);
    catalog = catalog_new(&s, wake, &w, &e);
    if (catalog != NULL && place_of(catalog, &w, text, &place, &e) == 0)
        result = list_whole(catalog, &w, place, &list, &e);
    patience_end(&p);
    if (result == 0)
        result = print_list(c->out, list, &e);
    if (result != 0)
        err_about(&e, "cannot list", text != NULL ? text : "catalogs");
    if (list != NULL)
        catalog_list_unref(list);
    catalog_free(catalog);
    free(place);
    session_close(&s);
    return result == 0 ? 0 : out_error(c->out, &e);
}
