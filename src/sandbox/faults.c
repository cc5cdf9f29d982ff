#include "sandbox/faults.h"
#include "base/json.h"
#include "base/str.h"
#include <fnmatch.h>
#include <pthread.h>

struct fault_rule {
    int id;
    enum fault_kind kind;
    cJSON *json;
    int64_t seen, fired;
    char *previous;
    struct fault_rule *next;
};
struct faults {
    pthread_mutex_t lock;
    struct fault_rule *first, **last;
    int next_id;
};

static const char *const kind_names[FAULT_KINDS] = {
    [FAULT_STATUS] = "status", [FAULT_LATENCY] = "latency", [FAULT_LOST_REPLY] = "lost_reply", [FAULT_RESET] = "reset",
    [FAULT_CUT_BODY] = "cut_body", [FAULT_HTML_LOGIN] = "html_login", [FAULT_REDIRECT] = "redirect", [FAULT_HANG] = "hang",
    [FAULT_SLOW] = "slow", [FAULT_SLOW_REQUEST] = "slow_request", [FAULT_MALFORMED] = "malformed", [FAULT_BODY] = "body",
    [FAULT_CLARIFAI_CODE] = "clarifai_code", [FAULT_CLOSE] = "close", [FAULT_EDIT] = "edit", [FAULT_PREVIOUS] = "previous",
};
static const char *const member_names[] = {
    "method", "path", "query", "nth", "every", "share", "seed", "times", "kind", "after_handler", "status", "body", "headers",
    "retry_after", "ms", "at", "location", "bytes_per_second", "text", "text_base64", "prefix", "suffix", "repeat",
    "content_type", "code", "http", "array", "drop", "duplicate", "set", "remove", NULL,
};

struct faults *faults_new(void)
{
    struct faults *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    if (pthread_mutex_init(&f->lock, NULL) != 0) {
        free(f);
        return NULL;
    }
    f->last = &f->first;
    return f;
}

void faults_clear(struct faults *f)
{
    pthread_mutex_lock(&f->lock);
    for (struct fault_rule *r = f->first, *next; r; r = next) {
        next = r->next;
        cJSON_Delete(r->json);
        free(r->previous);
        free(r);
    }
    f->first = NULL;
    f->last = &f->first;
    pthread_mutex_unlock(&f->lock);
}

void faults_free(struct faults *f)
{
    if (!f)
        return;
    faults_clear(f);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

static int rule_check(const cJSON *rule, enum fault_kind *kind, struct err *e)
{
    const cJSON *member;
    if (!cJSON_IsObject(rule))
        return err_set(e, ERR_USAGE, "a fault rule is a JSON object");
    cJSON_ArrayForEach(member, rule) {
        int i = 0;
        while (member_names[i] && !str_eq(member_names[i], member->string))
            i++;
        if (!member_names[i])
            return err_set(e, ERR_USAGE, "a fault rule has no member \"%s\"", member->string);
    }
    const char *name = json_str(rule, "kind");
    for (*kind = FAULT_STATUS; *kind < FAULT_KINDS; (*kind)++)
        if (str_eq(kind_names[*kind], name))
            return 0;
    return err_set(e, ERR_USAGE, "there is no fault kind \"%s\"", name ? name : "");
}

int faults_add(struct faults *f, const cJSON *rule, struct err *e)
{
    enum fault_kind kind = FAULT_NONE;
    if (rule_check(rule, &kind, e) < 0)
        return -1;
    struct fault_rule *r = calloc(1, sizeof *r);
    if (r)
        r->json = cJSON_Duplicate(rule, true);
    if (!r || !r->json) {
        free(r);
        return err_no_memory(e);
    }
    r->kind = kind;
    pthread_mutex_lock(&f->lock);
    int id = r->id = ++f->next_id;
    *f->last = r;
    f->last = &r->next;
    pthread_mutex_unlock(&f->lock);
    return id;
}

cJSON *faults_list(struct faults *f)
{
    cJSON *list = cJSON_CreateArray();
    pthread_mutex_lock(&f->lock);
    for (const struct fault_rule *r = f->first; r && list; r = r->next) {
        cJSON *o = cJSON_Duplicate(r->json, true);
        json_put_i64(o, "id", r->id);
        json_put_i64(o, "seen", r->seen);
        json_put_i64(o, "fired", r->fired);
        cJSON_AddItemToArray(list, o);
    }
    pthread_mutex_unlock(&f->lock);
    return list;
}

/* splitmix64: a well-mixed number for (seed, ordinal), the same on every machine. */
static double draw(uint64_t seed, uint64_t ordinal)
{
    uint64_t z = seed * 0x9e3779b97f4a7c15u + ordinal * 0xd1b54a32d192ed03u + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static bool rule_fires(const struct fault_rule *r)
{
    int64_t times, every, seed = 0;
    double share;
    const cJSON *nth = json_arr(r->json, "nth"), *n;
    if (json_i64(r->json, "times", &times) && r->fired >= times)
        return false;
    cJSON_ArrayForEach(n, nth)
        if (cJSON_IsNumber(n) && (int64_t)n->valuedouble == r->seen)
            return true;
    if (nth)
        return false;
    if (json_i64(r->json, "every", &every))
        return every > 0 && r->seen % every == 0;
    json_i64(r->json, "seed", &seed);
    return !json_f64(r->json, "share", &share) || draw((uint64_t)seed, (uint64_t)r->seen) < share;
}

static bool rule_matches(const cJSON *rule, const char *method, const char *path, const char *query)
{
    const char *m = json_str(rule, "method"), *p = json_str(rule, "path"), *q = json_str(rule, "query");
    return (!m || str_eq(m, "*") || str_eq(m, method)) && (!p || fnmatch(p, path, 0) == 0) && (!q || fnmatch(q, query, 0) == 0);
}

static void pick_take(struct fault_rule *r, struct fault_pick *out)
{
    int64_t ms = 0;
    r->fired++;
    if (r->kind == FAULT_LATENCY) {
        json_i64(r->json, "ms", &ms);
        out->latency_ms += ms;
        return;
    }
    out->kind = r->kind;
    out->id = r->id;
    out->rule = cJSON_Duplicate(r->json, true);
    if (r->kind == FAULT_PREVIOUS)
        out->previous = str_dup(r->previous);
}

void faults_pick(struct faults *f, const char *method, const char *path, const char *query, struct fault_pick *out)
{
    *out = (struct fault_pick){ 0 };
    pthread_mutex_lock(&f->lock);
    for (struct fault_rule *r = f->first; r; r = r->next) {
        if (!rule_matches(r->json, method, path, query))
            continue;
        r->seen++;
        bool fires = rule_fires(r) && (out->kind == FAULT_NONE || r->kind == FAULT_LATENCY);
        if (fires)
            pick_take(r, out);
        else if (r->kind == FAULT_PREVIOUS)
            out->keep_for = r->id;
    }
    pthread_mutex_unlock(&f->lock);
}

void faults_pick_release(struct fault_pick *p)
{
    cJSON_Delete(p->rule);
    free(p->previous);
    *p = (struct fault_pick){ 0 };
}

void faults_keep(struct faults *f, int id, const char *text)
{
    pthread_mutex_lock(&f->lock);
    for (struct fault_rule *r = f->first; r; r = r->next)
        if (r->id == id)
            str_set(&r->previous, text);
    pthread_mutex_unlock(&f->lock);
}
