#include "net/site.h"
#include "base/redact.h"
#include "base/str.h"
#include <pthread.h>

#define SITE_HEADERS 8
#define SITE_QUOTAS 5

struct net_site {
    char *base;                       /* scheme://host[:port] */
    enum net_scheme scheme;
    char *headers[SITE_HEADERS];
    struct { char *name; struct net_quota quota; } quotas[SITE_QUOTAS]; /* the first is the site's own */
    int quota_count;
    pthread_mutex_t lock;             /* guards secret and generation */
    char *secret;
    unsigned generation;
    pthread_mutex_t renew_lock;       /* held while renew runs; never together with lock by us */
    int (*renew)(void *ctx, struct net_site *, struct err *);
    void *renew_ctx;
};

bool site_line_clean(const char *line)
{
    for (const unsigned char *p = (const unsigned char *)line; *p; p++)
        if ((*p < 0x20 && *p != '\t') || *p == 0x7f) return false;
    return true;
}

char *site_host_text(const struct url_parts *parts, char *out, size_t size)
{
    bool usual = parts->port == (str_eq(parts->scheme, "https") ? 443 : 80);
    if (usual) str_copy(out, size, parts->host);
    else snprintf(out, size, "%s:%d", parts->host, parts->port);
    return out;
}

static int check_base(const char *base, struct url_parts *parts, struct err *e)
{
    if (!base || !url_parse(base, parts) || (*parts->rest && !str_eq(parts->rest, "/")))
        return err_set(e, ERR_CONFIG, "\"%s\" is not the address of a service; https://host is expected", base ? base : "");
    if (!str_eq(parts->scheme, "https") && !url_is_loopback(parts->host))
        return err_set(e, ERR_CONFIG, "%s would be talked to without encryption; only https is allowed", parts->host);
    return 0;
}

struct net_site *net_site_new(const char *base, enum net_scheme scheme, const char *quota_name,
                              struct net_quota quota, struct err *e)
{
    struct url_parts parts;
    if (check_base(base, &parts, e)) return NULL;
    struct net_site *s = calloc(1, sizeof *s);
    if (!s) {
        err_no_memory(e);
        return NULL;
    }
    s->scheme = scheme;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->renew_lock, NULL);
    s->base = str_dup_n(base, strlen(base) - strlen(parts.rest));
    if (!s->base) {
        err_no_memory(e);
        net_site_free(s);
        return NULL;
    }
    if (net_site_add_quota(s, quota_name ? quota_name : "", quota, e)) {
        net_site_free(s);
        return NULL;
    }
    return s;
}

static void wipe(char *secret)
{
    if (!secret) return;
    explicit_bzero(secret, strlen(secret));
    free(secret);
}

void net_site_free(struct net_site *s)
{
    if (!s) return;
    for (int i = 0; i < SITE_HEADERS; i++) free(s->headers[i]);
    for (int i = 0; i < s->quota_count; i++) free(s->quotas[i].name);
    wipe(s->secret);
    free(s->base);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->renew_lock);
    free(s);
}

int net_site_set_credential(struct net_site *s, const char *secret, struct err *e)
{
    if (str_blank(secret)) return err_set(e, ERR_CONFIG, "the credential for %s is empty", s->base);
    if (!site_line_clean(secret) || strpbrk(secret, " \t"))
        return err_set(e, ERR_CONFIG, "the credential for %s has characters that no token has", s->base);
    char *copy = str_dup(secret);
    if (!copy) return err_no_memory(e);
    redact_add(secret);
    pthread_mutex_lock(&s->lock);
    char *old = s->secret;
    s->secret = copy;
    s->generation++;
    pthread_mutex_unlock(&s->lock);
    wipe(old);
    return 0;
}

void net_site_set_renew(struct net_site *s, int (*renew)(void *ctx, struct net_site *, struct err *), void *ctx)
{
    s->renew = renew;
    s->renew_ctx = ctx;
}

int net_site_add_header(struct net_site *s, const char *line, struct err *e)
{
    if (!line || !strchr(line, ':') || !site_line_clean(line))
        return err_set(e, ERR_CONFIG, "an extra header for %s is not one line of \"Name: value\"", s->base);
    for (int i = 0; i < SITE_HEADERS; i++) {
        if (s->headers[i]) continue;
        s->headers[i] = str_dup(line);
        return s->headers[i] ? 0 : err_no_memory(e);
    }
    return err_set(e, ERR_LIMIT, "more than %d extra headers for %s", SITE_HEADERS, s->base);
}

int net_site_add_quota(struct net_site *s, const char *quota_name, struct net_quota quota, struct err *e)
{
    if (s->quota_count == SITE_QUOTAS) return err_set(e, ERR_LIMIT, "more than %d quotas for %s", SITE_QUOTAS, s->base);
    char *name = str_dup(quota_name);
    if (!name) return err_no_memory(e);
    s->quotas[s->quota_count].name = name;
    s->quotas[s->quota_count++].quota = quota;
    return 0;
}

const char *net_site_base(const struct net_site *s)
{
    return s->base;
}

bool net_site_owns(const struct net_site *s, const char *url)
{
    return url_same_origin(s->base, url);
}

int site_authorization(struct net_site *s, struct buf *out, unsigned *generation, struct err *e)
{
    int r = 0;
    pthread_mutex_lock(&s->lock);
    *generation = s->generation;
    if (s->scheme != NET_ANONYMOUS) {
        if (s->secret) buf_printf(out, "Authorization: %s %s", s->scheme == NET_BEARER ? "Bearer" : "Key", s->secret);
        else r = err_set(e, ERR_AUTH, "there is no credential for %s", s->base);
    }
    pthread_mutex_unlock(&s->lock);
    return r ? r : buf_error(out, e);
}

unsigned site_generation(struct net_site *s)
{
    pthread_mutex_lock(&s->lock);
    unsigned g = s->generation;
    pthread_mutex_unlock(&s->lock);
    return g;
}

const char *site_header(const struct net_site *s, int i)
{
    return i < SITE_HEADERS ? s->headers[i] : NULL;
}

const char *site_quota_name(const struct net_site *s)
{
    return s->quotas[0].name;
}

struct net_quota site_quota(const struct net_site *s, const char *name)
{
    if (!name) return s->quotas[0].quota;
    for (int i = 0; i < s->quota_count; i++)
        if (str_eq(s->quotas[i].name, name)) return s->quotas[i].quota;
    return (struct net_quota){ 0, 0 };
}

int site_renew(struct net_site *s, unsigned generation, struct err *e)
{
    if (!s->renew) return site_generation(s) != generation ? 0 : -1;
    pthread_mutex_lock(&s->renew_lock);
    int r = site_generation(s) != generation ? 0 : s->renew(s->renew_ctx, s, e);
    pthread_mutex_unlock(&s->renew_lock);
    return r;
}
