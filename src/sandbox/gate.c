#include "sandbox/inner.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <strings.h>

#define READER "lab-reader@example.com"
#define TABLER "lab-tables@example.com"
#define ISSUED_MAX 256

struct bucket { char name[64]; double tokens; int64_t at_ms; };
struct issued { char token[72]; int64_t until_us; };
struct gate {
    pthread_mutex_t lock;
    struct bucket buckets[16];
    int bucket_count;
    struct issued issued[ISSUED_MAX];  /* OAuth tokens; the oldest gives way */
    unsigned issued_next;
};

/* Development credentials. While the setting is on, the token counts as revoked; the second one replaces it. */
static const struct { enum route_auth side; const char *token, *user, *revoked; } credentials[] = {
    { ROUTE_DATABRICKS, "dapi-sandbox-token", "lab-user@example.com", "databricks.revoked" },
    { ROUTE_DATABRICKS, "dapi-sandbox-token-2", "lab-user@example.com", NULL },
    { ROUTE_DATABRICKS, "dapi-sandbox-readonly", READER, "databricks.revoked" },
    { ROUTE_DATABRICKS, "dapi-sandbox-tables", TABLER, "databricks.revoked" },
    { ROUTE_CLARIFAI, "sandbox-pat", "lab-user", "clarifai.revoked" },
    { ROUTE_CLARIFAI, "sandbox-pat-2", "lab-user", NULL },
};

struct gate *gate_new(void)
{
    struct gate *g = calloc(1, sizeof *g);
    if (g && pthread_mutex_init(&g->lock, NULL) != 0) {
        free(g);
        return NULL;
    }
    return g;
}

void gate_free(struct gate *g)
{
    if (!g)
        return;
    pthread_mutex_destroy(&g->lock);
    free(g);
}

bool gate_is_reader(const char *user)
{
    return str_eq(user, READER);
}

bool gate_lacks_volumes(const char *user)
{
    return str_eq(user, TABLER) || gate_is_reader(user);
}

int gate_issue(struct gate *g, int64_t life_s, char *out, size_t size)
{
    char random[49];
    sandbox_random_hex(random, 24);
    pthread_mutex_lock(&g->lock);
    struct issued *slot = &g->issued[g->issued_next++ % ISSUED_MAX];
    snprintf(slot->token, sizeof slot->token, "oauth-%s", random);
    slot->until_us = time_wall_us() + life_s * 1000000;
    bool whole = str_copy(out, size, slot->token);
    pthread_mutex_unlock(&g->lock);
    return whole ? 0 : -1;
}

static bool issued_valid(struct gate *g, const char *token)
{
    bool good = false;
    pthread_mutex_lock(&g->lock);
    for (int i = 0; i < ISSUED_MAX; i++)
        if (g->issued[i].token[0] && str_eq(g->issued[i].token, token))
            good = g->issued[i].until_us > time_wall_us();
    pthread_mutex_unlock(&g->lock);
    return good;
}

static const char *credential_user(struct request *r, enum route_auth side, const char *token)
{
    for (size_t i = 0; i < sizeof credentials / sizeof *credentials; i++)
        if (credentials[i].side == side && str_eq(credentials[i].token, token))
            return credentials[i].revoked && sandbox_setting(r->sandbox, credentials[i].revoked, 0) ? NULL : credentials[i].user;
    if (side == ROUTE_DATABRICKS && issued_valid(r->sandbox->gate, token))
        return "7f1c2f60-5d0e-4c1b-9a55-0c2c6b8a11d3";     /* a service principal is its application's id */
    return NULL;
}

static bool databricks_enter(struct request *r, const char *authorization)
{
    struct route_answer *a = &r->answer;
    if (!authorization || strncasecmp(authorization, "Bearer ", 7) != 0) {
        route_fail_databricks(a, 401, "401", NULL, "Credential was not sent or was of an unsupported type for this API.");
        route_header(a, "www-authenticate", "Bearer realm=\"DatabricksRealm\"");
        route_header(a, "x-databricks-reason-phrase", "Credential was not sent or was of an unsupported type for this API.");
        return false;
    }
    r->call.user = credential_user(r, ROUTE_DATABRICKS, authorization + 7);
    if (r->call.user)
        return true;
    route_fail_databricks(a, 403, "403", NULL, "Invalid access token.");
    route_header(a, "x-databricks-reason-phrase", "Invalid access token.");
    return false;
}

static bool clarifai_enter(struct request *r, const char *authorization)
{
    if (!authorization || !str_starts(authorization, "Key ") || !authorization[4]) {
        route_fail_clarifai(&r->answer, 11102,
                            "Empty or malformed authorization header. Please provide an API key or session token.");
        r->answer.status = 401;
        return false;
    }
    const char *key = authorization + 4;
    if (key[strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")]) {
        route_fail_clarifai(&r->answer, 11008, "Invalid format of key.");
        return false;
    }
    r->call.user = credential_user(r, ROUTE_CLARIFAI, key);
    if (!r->call.user)
        route_fail_clarifai(&r->answer, 11009, "invalid key");
    return r->call.user != NULL;
}

/* Takes one token of a bucket that fills with rate a second and holds one second's worth; rate 0 means no limit. */
static bool bucket_take(struct gate *g, const char *name, int64_t rate)
{
    if (rate <= 0)
        return true;
    int64_t now = time_mono_ms();
    pthread_mutex_lock(&g->lock);
    struct bucket *b = NULL;
    for (int i = 0; i < g->bucket_count && !b; i++)
        if (str_eq(g->buckets[i].name, name))
            b = &g->buckets[i];
    if (!b) {
        b = &g->buckets[g->bucket_count < 15 ? g->bucket_count++ : 15];
        str_copy(b->name, sizeof b->name, name);
        b->tokens = (double)rate;
        b->at_ms = now;
    }
    b->tokens += (double)(now - b->at_ms) * (double)rate / 1000.0;
    b->at_ms = now;
    if (b->tokens > (double)rate)
        b->tokens = (double)rate;
    bool got = b->tokens >= 1;
    if (got)
        b->tokens -= 1;
    pthread_mutex_unlock(&g->lock);
    return got;
}

static bool clarifai_quota(struct request *r)
{
    struct sandbox *s = r->sandbox;
    int64_t rate = sandbox_setting(s, "clarifai.rps", 15);
    if (bucket_take(s->gate, r->call.user, rate))
        return true;
    char text[96];
    snprintf(text, sizeof text, "exceeded limit of %lld requests per second", (long long)rate);
    sandbox_count(s, "clarifai.throttled", 1);
    route_fail_clarifai(&r->answer, 11005, text);
    return false;
}

static bool files_quota(struct request *r, int64_t under_way)
{
    struct sandbox *s = r->sandbox;
    int64_t most = sandbox_setting(s, "files.in_flight", 10);
    bool crowded = most > 0 && under_way > most;
    if (!crowded && bucket_take(s->gate, "files", sandbox_setting(s, "files.rps", 100)))
        return true;
    sandbox_count(s, "files.throttled", 1);
    route_fail_databricks(&r->answer, 429, "REQUEST_LIMIT_EXCEEDED", NULL, "%s",
                          crowded ? "Too many concurrent requests to the Files API. Please retry later."
                                  : "Too many requests to the Files API. Please retry later.");
    route_header(&r->answer, "Retry-After", "1");
    return false;
}

static const char *group_of(const struct request *r, enum route_auth auth)
{
    static const char *const names[] = { [ROUTE_PUBLIC] = "public", [ROUTE_DATABRICKS] = "databricks",
        [ROUTE_CLARIFAI] = "clarifai", [ROUTE_CONTROL] = NULL, [ROUTE_IMAGES] = "images" };
    return str_starts(r->path, "/api/2.0/fs/") ? "files" : names[auth];
}

bool gate_pass(struct request *r)
{
    enum route_auth auth = r->match.route->auth;
    r->group = group_of(r, auth);
    int64_t under_way = r->group ? tally_enter(r->sandbox->tally, r->group) : 0;
    const char *authorization = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Authorization");
    if (auth == ROUTE_CLARIFAI)
        return clarifai_enter(r, authorization) && clarifai_quota(r);
    if (auth != ROUTE_DATABRICKS)
        return true;
    if (!databricks_enter(r, authorization))
        return false;
    if (str_eq(r->group, "files"))
        return files_quota(r, under_way);
    if (bucket_take(r->sandbox->gate, "databricks", sandbox_setting(r->sandbox, "databricks.rps", 0)))
        return true;
    route_fail_databricks(&r->answer, 429, "REQUEST_LIMIT_EXCEEDED", NULL, "Too many requests. Please retry later.");
    route_header(&r->answer, "Retry-After", "1");
    return false;
}

void gate_leave(struct request *r)
{
    if (r->group)
        tally_leave(r->sandbox->tally, r->group);
    r->group = NULL;
}
