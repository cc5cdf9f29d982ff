#include "base/json.h"
#include "base/str.h"

enum phase {
    PHASE_START, /* before the object */
    PHASE_REST,  /* in what is kept for the end */
    PHASE_LIST,  /* in the list, between elements */
    PHASE_ITEM,  /* in an element */
    PHASE_DONE   /* behind the object */
};

struct json_split {
    char *key;
    json_split_element element;
    void *ctx;
    struct buf rest, item;
    enum phase phase;
    bool in_string, escaped;
    int depth;        /* open brackets, of the rest or of the element */
    bool in_key;      /* the open string is a member's name at top level */
    bool want_value;  /* behind a colon at top level */
    bool matched;     /* the last name was the key */
    bool after_item, after_comma;
    size_t key_at;    /* where in rest the last name's quote is */
    struct err error; /* the first failure, given again to every later call */
};

struct json_split *json_split_new(const char *key, size_t max_element, json_split_element element, void *ctx)
{
    struct json_split *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->key = str_dup(key);
    if (!s->key) {
        free(s);
        return NULL;
    }
    s->element = element;
    s->ctx = ctx;
    buf_init(&s->rest, max_element);
    buf_init(&s->item, max_element);
    return s;
}

void json_split_free(struct json_split *s)
{
    if (!s)
        return;
    free(s->key);
    buf_release(&s->rest);
    buf_release(&s->item);
    free(s);
}

/* The byte as structure, or 0 when it is part of a string (the closing quote too). */
static char structure(struct json_split *s, char c)
{
    if (!s->in_string) {
        s->in_string = c == '"';
        return c;
    }
    if (s->escaped)
        s->escaped = false;
    else if (c == '\\')
        s->escaped = true;
    else if (c == '"')
        s->in_string = false;
    return '\0';
}

static int add_run(struct json_split *s, struct buf *to, const char *bytes, size_t n)
{
    if (buf_add(to, bytes, n) == 0)
        return 0;
    if (to->failed == ERR_NO_MEMORY)
        return err_no_memory(&s->error);
    return err_set(&s->error, ERR_LIMIT, "%s \"%s\" of the answer is larger than the limit of %zu bytes",
                   to == &s->item ? "an element of" : "what stands beside", s->key, to->max);
}

/* Compares the name just closed; one with escapes is decoded first. */
static int match_key(struct json_split *s)
{
    const char *name = s->rest.data + s->key_at;
    size_t n = s->rest.len - s->key_at;
    cJSON *decoded;

    s->in_key = false;
    if (!memchr(name, '\\', n)) {
        s->matched = n == strlen(s->key) + 2 && memcmp(name + 1, s->key, n - 2) == 0;
        return 0;
    }
    decoded = json_parse(name, n, &s->error);
    if (!decoded)
        return -1;
    s->matched = str_eq(cJSON_GetStringValue(decoded), s->key);
    cJSON_Delete(decoded);
    return 0;
}

static int enter_list(struct json_split *s)
{
    s->phase = PHASE_LIST;
    s->after_item = s->after_comma = s->want_value = s->matched = false;
    return add_run(s, &s->rest, "[]", 2);
}

/* Moves the state by one byte of the rest; `at` is where in rest this byte will be. */
static void step_rest(struct json_split *s, char c, size_t at)
{
    if (c == '{' || c == '[')
        s->depth++;
    else if (c == '}' || c == ']')
        s->depth--;
    if (s->depth == 0)
        s->phase = PHASE_DONE;
    if (s->depth != 1)
        return;
    if (c == ':')
        s->want_value = true;
    else if (c == ',')
        s->want_value = s->matched = false;
    else if (c == '"' && !s->want_value) {
        s->in_key = true;
        s->key_at = at;
    }
}

/* Each feed_ function uses bytes up to a change of phase or the end, and says how many; -1 with s->error. */
static ssize_t feed_rest(struct json_split *s, const char *bytes, size_t n)
{
    size_t run = 0, i = 0;

    while (i < n && s->phase == PHASE_REST) {
        char c = structure(s, bytes[i]);

        if (c == '[' && s->depth == 1 && s->want_value && s->matched) {
            if (add_run(s, &s->rest, bytes + run, i - run) || enter_list(s))
                return -1;
            return (ssize_t)i + 1;
        }
        if (c)
            step_rest(s, c, s->rest.len + i - run);
        i++;
        if (s->in_key && !s->in_string) {
            if (add_run(s, &s->rest, bytes + run, i - run) || match_key(s))
                return -1;
            run = i;
        }
    }
    return add_run(s, &s->rest, bytes + run, i - run) ? -1 : (ssize_t)i;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int broken_list(struct json_split *s)
{
    return err_set(&s->error, ERR_PROTOCOL, "the answer is not JSON: the list \"%s\" is broken", s->key);
}

static ssize_t feed_list(struct json_split *s, const char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n && is_blank(bytes[i]))
        i++;
    if (i == n)
        return (ssize_t)i;
    if (bytes[i] == ']' && !s->after_comma) {
        s->phase = PHASE_REST;
        return (ssize_t)i + 1;
    }
    if (bytes[i] == ',' && s->after_item) {
        s->after_item = false;
        s->after_comma = true;
        return (ssize_t)i + 1;
    }
    if (s->after_item || bytes[i] == ']' || bytes[i] == ',')
        return broken_list(s);
    s->phase = PHASE_ITEM;
    s->depth = 0;
    buf_clear(&s->item);
    return (ssize_t)i;
}

static int give_item(struct json_split *s)
{
    cJSON *element = json_parse(s->item.data, s->item.len, &s->error);
    int result;

    if (!element)
        return -1;
    result = s->element(s->ctx, element, &s->error);
    cJSON_Delete(element);
    if (result && s->error.code == ERR_NONE)
        err_set(&s->error, ERR_CANCELLED, "stopped");
    if (result)
        return -1;
    err_clear(&s->error);
    s->phase = PHASE_LIST;
    s->depth = 1;
    s->after_item = true;
    s->after_comma = false;
    return 0;
}

static ssize_t feed_item(struct json_split *s, const char *bytes, size_t n)
{
    size_t i = 0;
    bool ended = false;

    for (; i < n && !ended; i++) {
        char c = structure(s, bytes[i]);

        if (c == '{' || c == '[')
            s->depth++;
        else if (s->depth == 0 && (c == ',' || c == ']'))
            ended = true;
        else if (c == '}' || c == ']')
            s->depth--;
        if (s->depth < 0)
            return broken_list(s);
    }
    if (ended)
        i--; /* the comma or bracket is the list's */
    if (add_run(s, &s->item, bytes, i) || (ended && give_item(s)))
        return -1;
    return (ssize_t)i;
}

static ssize_t feed_start(struct json_split *s, const char *bytes, size_t n)
{
    size_t i = 0;

    while (i < n && is_blank(bytes[i]))
        i++;
    if (i == n)
        return (ssize_t)i;
    if (bytes[i] != '{')
        return err_set(&s->error, ERR_PROTOCOL, "the answer is not JSON: %s where an object must begin",
                       bytes[i] == '<' ? "a web page" : bytes[i] == '[' ? "a list" : "other text");
    s->phase = PHASE_REST;
    return (ssize_t)i;
}

static ssize_t feed_done(struct json_split *s, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!is_blank(bytes[i]))
            return err_set(&s->error, ERR_PROTOCOL, "the answer is not JSON: text behind its end");
    return (ssize_t)n;
}

static int fail_with(const struct json_split *s, struct err *e)
{
    if (e)
        *e = s->error;
    return -1;
}

int json_split_feed(struct json_split *s, const char *bytes, size_t n, struct err *e)
{
    static ssize_t (*const feeds[])(struct json_split *, const char *, size_t) = {
        [PHASE_START] = feed_start, [PHASE_REST] = feed_rest, [PHASE_LIST] = feed_list,
        [PHASE_ITEM] = feed_item,   [PHASE_DONE] = feed_done,
    };

    if (s->error.code != ERR_NONE)
        return fail_with(s, e);
    while (n) {
        ssize_t used = feeds[s->phase](s, bytes, n);

        if (used < 0)
            return fail_with(s, e);
        bytes += used;
        n -= (size_t)used;
    }
    return 0;
}

cJSON *json_split_end(struct json_split *s, struct err *e)
{
    const cJSON *list;
    cJSON *tree;

    if (s->error.code == ERR_NONE && s->phase != PHASE_DONE)
        err_set(&s->error, ERR_PROTOCOL, "the answer is not JSON: %s",
                s->phase == PHASE_START ? "it is empty" : "it ends in the middle");
    if (s->error.code != ERR_NONE) {
        fail_with(s, e);
        return NULL;
    }
    tree = json_parse(s->rest.data, s->rest.len, e);
    list = json_get(tree, s->key);
    if (list && !cJSON_IsArray(list)) {
        err_set(e, ERR_PROTOCOL, "\"%s\" in the answer is not a list", s->key);
        cJSON_Delete(tree);
        return NULL;
    }
    return tree;
}
