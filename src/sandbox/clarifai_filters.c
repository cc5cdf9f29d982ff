/*
 * Filters of searches (reference clarifai §§4.7, 5.5) become a WHERE clause. Separate filters are AND-ed, the conditions
 * inside one filter are OR-ed. Values go in as escaped literals, because their number is open.
 */
#include "base/timefmt.h"
#include "sandbox/clarifai_calls.h"

struct clause {
    struct talk *t;
    struct buf *sql;
    bool annotations;  /* the rows are annotations a joined with inputs i, else inputs i */
    int conditions;    /* in the present filter */
};

static void literal(struct buf *sql, const char *text)
{
    char *quoted = sqlite3_mprintf("%Q", text);

    if (quoted == NULL || buf_puts(sql, quoted) != 0)
        sql->failed = ERR_NO_MEMORY;
    sqlite3_free(quoted);
}

static void next(struct clause *c)
{
    buf_puts(c->sql, c->conditions++ > 0 ? " OR " : "");
}

static int unusable(struct clause *c, const char *what)
{
    talk_fail(c->t, 40002, "%s cannot be used in a filter", what);
    return -1;
}

/* The caller's condition is about an annotation a. */
static void open_annotation(struct clause *c)
{
    next(c);
    buf_puts(c->sql, c->annotations ? "(" : "EXISTS (SELECT 1 FROM annotations a WHERE a.input = i.n AND ");
}

static void state_is(struct clause *c, int code)
{
    long long now = c->t->where.now;
    next(c);
    buf_printf(c->sql, "(CASE WHEN %lld < i.busy THEN 30001 WHEN %lld < i.ready THEN 30003 ELSE i.code END) = %d", now, now,
               code);
}

static int status_code(const cJSON *holder, int *code)
{
    const cJSON *v = json_get(json_obj(holder, "status"), "code");
    const struct clarifai_code *known = cJSON_IsString(v) ? clarifai_code_named(v->valuestring) : NULL;

    if (v == NULL)
        return -1;
    *code = known != NULL ? known->code : (int)v->valuedouble;
    return 0;
}

/* False after refusing a member that a filter cannot be made of: left out, it would let everything through. */
static bool only_members(struct clause *c, const char *where, const cJSON *o, const char *const *usable)
{
    const cJSON *v;
    char what[120];

    cJSON_ArrayForEach(v, o) {
        int i = 0;
        while (usable[i] != NULL && strcmp(usable[i], v->string) != 0)
            i++;
        if (usable[i] != NULL || cJSON_IsNull(v))
            continue;
        snprintf(what, sizeof what, "%s.%.80s", where, v->string);
        unusable(c, what);
        return false;
    }
    return true;
}

/* --- filters on inputs --- */

static void in_datasets(struct clause *c, const cJSON *ids)
{
    const cJSON *v;
    int n = 0;

    next(c);
    buf_printf(c->sql, "i.n IN (SELECT input FROM membership WHERE dataset IN (SELECT n FROM datasets WHERE app = %lld AND id IN (",
               (long long)c->t->where.app_n);
    cJSON_ArrayForEach(v, ids) {
        buf_puts(c->sql, n++ > 0 ? "," : "");
        literal(c->sql, v->valuestring);
    }
    buf_puts(c->sql, ")))");
}

static int filter_input(struct clause *c, const cJSON *input)
{
    static const char *const kinds[] = { "image", "video", "text", "audio" };
    static const char *const usable[] = { "data", "dataset_ids", "status", NULL };
    const cJSON *data = json_obj(input, "data"), *v;
    int code;

    if (!only_members(c, "input", input, usable))
        return -1;
    if (json_arr(input, "dataset_ids") != NULL)
        in_datasets(c, json_arr(input, "dataset_ids"));
    if (status_code(input, &code) == 0)
        state_is(c, code);
    cJSON_ArrayForEach(v, data) {
        int kind = 0;
        while (kind < 4 && strcmp(v->string, kinds[kind]) != 0)
            kind++;
        if (kind == 4 || cJSON_GetArraySize(v) > 0) /* an empty object selects a kind; none is looked into */
            return unusable(c, "this member of input.data");
        next(c);
        buf_printf(c->sql, "i.kind = '%s'", kinds[kind]);
    }
    return 0;
}

/* --- filters on annotations --- */

static void annotation_text(struct clause *c, const char *column, const char *value)
{
    if (value == NULL)
        return;
    open_annotation(c);
    buf_printf(c->sql, "%s = ", column);
    literal(c->sql, value);
    buf_puts(c->sql, ")");
}

static void annotation_flag(struct clause *c, const cJSON *annotation, const char *column)
{
    if (!json_bool(annotation, column, false))
        return;
    open_annotation(c);
    buf_printf(c->sql, "a.%s = 1)", column);
}

/* Concepts stand in the data itself or in a region's data. */
static void has_concept(struct clause *c, const cJSON *concept)
{
    const char *key = json_str(concept, "id") != NULL ? "id" : "name";
    double value = 1;

    json_f64(concept, "value", &value);
    open_annotation(c);
    buf_printf(c->sql, "EXISTS (SELECT 1 FROM json_tree(a.data) j WHERE j.type = 'object' AND j.path LIKE '%%concepts'"
                       " AND json_extract(j.value, '$.%s') = ", key);
    literal(c->sql, json_str_or(concept, key, ""));
    buf_printf(c->sql, " AND (json_extract(j.value, '$.value') >= 0.5) = %d))", value >= 0.5);
}

static void has_values(struct clause *c, const cJSON *o, const char *column, const char *path)
{
    const cJSON *v;

    cJSON_ArrayForEach(v, o) {
        struct buf deeper = BUF_INIT;
        buf_printf(&deeper, "%s.\"%s\"", path, v->string);
        if (cJSON_IsObject(v)) {
            has_values(c, v, column, deeper.data);
        } else {
            char *text = cJSON_PrintUnformatted(v);
            open_annotation(c);
            buf_printf(c->sql, "json_extract(%s, ", column);
            literal(c->sql, deeper.data);
            buf_puts(c->sql, ") IS json_extract(");
            literal(c->sql, text != NULL ? text : "null");
            buf_puts(c->sql, ", '$'))");
            free(text);
        }
        buf_release(&deeper);
    }
}

static void has_member(struct clause *c, const char *path)
{
    open_annotation(c);
    buf_printf(c->sql, "json_extract(a.data, '%s') IS NOT NULL)", path);
}

static int has_regions(struct clause *c, const cJSON *regions)
{
    static const char *const usable[] = { "region_info", "track_id", NULL };
    static const char *const kinds[] = { "bounding_box", "mask", "polygon", "point", "span", "token", "keypoint_locations" };
    const cJSON *v;

    cJSON_ArrayForEach(v, regions) {
        const cJSON *info = json_obj(v, "region_info");
        if (!only_members(c, "annotation.data.regions", v, usable))
            return -1;
        if (json_str(v, "track_id") != NULL)
            annotation_text(c, "json_extract(a.data, '$.regions[0].track_id')", json_str(v, "track_id"));
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (json_get(info, kinds[i]) != NULL) {
                open_annotation(c);
                buf_printf(c->sql, "json_extract(a.data, '$.regions[0].region_info.%s') IS NOT NULL)", kinds[i]);
            }
    }
    return 0;
}

/* Within a box of two corners, or a distance of a point; a degree of latitude is some 111.2 km. */
static int in_geo(struct clause *c, const cJSON *geo)
{
    const cJSON *box = json_arr(geo, "geo_box"), *limit = json_obj(geo, "geo_limit"), *point = json_obj(geo, "geo_point");
    double lon[2] = { 0, 0 }, lat[2] = { 0, 0 }, value = 0, km;

    if (cJSON_GetArraySize(box) == 2) {
        for (int i = 0; i < 2; i++) {
            json_f64(json_obj(cJSON_GetArrayItem(box, i), "geo_point"), "longitude", &lon[i]);
            json_f64(json_obj(cJSON_GetArrayItem(box, i), "geo_point"), "latitude", &lat[i]);
        }
        open_annotation(c);
        buf_printf(c->sql, "json_extract(a.data, '$.geo.geo_point.longitude') BETWEEN %.9g AND %.9g AND"
                           " json_extract(a.data, '$.geo.geo_point.latitude') BETWEEN %.9g AND %.9g)",
                   lon[0] < lon[1] ? lon[0] : lon[1], lon[0] < lon[1] ? lon[1] : lon[0], lat[0] < lat[1] ? lat[0] : lat[1],
                   lat[0] < lat[1] ? lat[1] : lat[0]);
        return 0;
    }
    if (point == NULL || limit == NULL || !json_f64(limit, "value", &value))
        return unusable(c, "a geo without a box or a limit");
    json_f64(point, "longitude", &lon[0]);
    json_f64(point, "latitude", &lat[0]);
    km = strstr(json_str_or(limit, "type", "withinKilometers"), "Miles") != NULL ? value * 1.609344 : value;
    if (strstr(json_str_or(limit, "type", ""), "Degrees") != NULL)
        km = value * 111.195;
    open_annotation(c);
    buf_printf(c->sql, "acos(min(1, max(-1, sin(radians(%.9g)) * sin(radians(json_extract(a.data, '$.geo.geo_point.latitude'))) +"
                       " cos(radians(%.9g)) * cos(radians(json_extract(a.data, '$.geo.geo_point.latitude'))) *"
                       " cos(radians(json_extract(a.data, '$.geo.geo_point.longitude') - %.9g))))) * 6371.0 <= %.9g)",
               lat[0], lat[0], lon[0], km);
    return 0;
}

static int filter_data(struct clause *c, const cJSON *data)
{
    const cJSON *v, *item;

    cJSON_ArrayForEach(v, data) {
        if (strcmp(v->string, "concepts") == 0)
            cJSON_ArrayForEach(item, v)
                has_concept(c, item);
        else if (strcmp(v->string, "metadata") == 0)
            has_values(c, v, "a.data", "$.metadata");
        else if (strcmp(v->string, "regions") == 0) {
            if (has_regions(c, v) != 0)
                return -1;
        } else if (strcmp(v->string, "clusters") == 0 && cJSON_GetArraySize(v) > 0) {
            next(c);
            buf_puts(c->sql, "0"); /* no input is in a cluster here */
        } else if (strcmp(v->string, "geo") == 0) {
            if (in_geo(c, v) != 0)
                return -1;
        } else if (strcmp(v->string, "frames") == 0)
            has_member(c, "$.frames[0].frame_info");
        else if (strcmp(v->string, "time_segments") == 0)
            has_member(c, "$.time_segments[0].time_info");
        else if (strcmp(v->string, "text") == 0) {
            next(c);
            buf_puts(c->sql, "i.kind = 'text'");
        } else
            return unusable(c, "this member of annotation.data");
    }
    return 0;
}

/* Of a worker: the user's id, the version of a model or of a workflow. */
static bool worker_usable(struct clause *c, const cJSON *worker)
{
    static const char *const kinds[] = { "user", "model", "workflow", NULL }, *const id[] = { "id", NULL };
    static const char *const model[] = { "model_version", NULL }, *const workflow[] = { "version", NULL };
    const cJSON *m = json_obj(worker, "model"), *w = json_obj(worker, "workflow");

    return only_members(c, "annotation.worker", worker, kinds) && only_members(c, "annotation.worker.user", json_obj(worker, "user"), id)
        && only_members(c, "annotation.worker.model", m, model) && only_members(c, "annotation.worker.workflow", w, workflow)
        && only_members(c, "annotation.worker.model.model_version", json_obj(m, "model_version"), id)
        && only_members(c, "annotation.worker.workflow.version", json_obj(w, "version"), id);
}

static int filter_annotation(struct clause *c, const cJSON *annotation)
{
    static const char *const usable[] = { "id", "input_id", "user_id", "worker", "model_version_id", "task_id", "input_level", "trusted",
                                          "status", "annotation_info", "data", NULL };
    const cJSON *worker = json_obj(annotation, "worker");
    int code;

    if (!only_members(c, "annotation", annotation, usable) || !worker_usable(c, worker))
        return -1;

    annotation_text(c, "a.id", json_str(annotation, "id"));
    annotation_text(c, "(SELECT id FROM inputs WHERE n = a.input)", json_str(annotation, "input_id"));
    annotation_text(c, "a.user", json_str(annotation, "user_id"));
    annotation_text(c, "a.user", json_str(json_obj(worker, "user"), "id"));
    annotation_text(c, "a.model_version", json_str(annotation, "model_version_id"));
    annotation_text(c, "a.model_version", json_str(json_obj(json_obj(worker, "model"), "model_version"), "id"));
    annotation_text(c, "a.workflow_version", json_str(json_obj(json_obj(worker, "workflow"), "version"), "id"));
    annotation_text(c, "a.task", json_str(annotation, "task_id"));
    has_values(c, json_obj(annotation, "annotation_info"), "a.info", "$");
    annotation_flag(c, annotation, "trusted");
    annotation_flag(c, annotation, "input_level");
    if (status_code(annotation, &code) == 0) {
        open_annotation(c);
        buf_printf(c->sql, "a.code = %d)", code);
    }
    return filter_data(c, json_obj(annotation, "data"));
}

static void filter_time(struct clause *c, const cJSON *range)
{
    int64_t from = 0, to = INT64_MAX;

    if (range == NULL)
        return;
    if (json_str(range, "start_time") != NULL)
        time_parse(json_str(range, "start_time"), &from);
    if (json_str(range, "end_time") != NULL)
        time_parse(json_str(range, "end_time"), &to);
    open_annotation(c);
    buf_printf(c->sql, "a.modified BETWEEN %lld AND %lld)", (long long)from, (long long)to);
}

/* --- the whole clause --- */

static int add_filters(struct clause *c, const cJSON *query)
{
    const cJSON *filter;

    if (json_get(query, "ands") != NULL || cJSON_GetArraySize(json_arr(query, "ranks")) > 0) {
        talk_fail(c->t, 40002, "ranking and the older and-queries need an index of embeddings, which the app does not have");
        return -1;
    }
    cJSON_ArrayForEach(filter, json_arr(query, "filters")) {
        c->conditions = 0;
        buf_printf(c->sql, " AND %s(", json_bool(filter, "negate", false) ? "NOT " : "");
        if (json_obj(filter, "input") != NULL && filter_input(c, json_obj(filter, "input")) != 0)
            return -1;
        if (json_obj(filter, "annotation") != NULL && filter_annotation(c, json_obj(filter, "annotation")) != 0)
            return -1;
        filter_time(c, json_obj(filter, "last_updated_time_range"));
        if (c->conditions == 0) {
            talk_fail(c->t, 40002, "a filter must hold a condition");
            return -1;
        }
        buf_puts(c->sql, ")");
    }
    return 0;
}

int clarifai_search_where(struct talk *t, const cJSON *search, struct buf *sql)
{
    struct clause c = { .t = t, .sql = sql };

    buf_printf(sql, "SELECT i.n FROM inputs i WHERE i.app = %lld", (long long)t->where.app_n);
    return add_filters(&c, json_obj(search, "query"));
}

int clarifai_search_notes_where(struct talk *t, const cJSON *search, struct buf *sql)
{
    struct clause c = { .t = t, .sql = sql, .annotations = true };

    buf_printf(sql, "SELECT a.n FROM annotations a JOIN inputs i ON i.n = a.input WHERE a.app = %lld",
               (long long)t->where.app_n);
    return add_filters(&c, json_obj(search, "query"));
}
