#include "sandbox/databricks_statements.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"

/* Results by signed link. */

static void link_sign(const struct statements *st, const char *id, int chunk, int64_t expires, const char *purpose,
                      char hex[HASH_SHA256_HEX])
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s|%s|%d|%lld|%s", st->secret, id, chunk, (long long)expires, purpose);
    hash_sha256(text.data, text.len, hex);
    buf_release(&text);
}

/* 2026-11-22T07:00:00Z as 20261122T070000Z, as a presigned link has it (reference databricks §5.2). */
static void amazon_date(const char *date, char out[static 20])
{
    size_t n = 0;
    for (const char *p = date; *p && n < 19; p++)
        if (*p != '-' && *p != ':')
            out[n++] = *p;
    out[n] = '\0';
}

/* When a link ends, in seconds: made and valid for so long. False when either is not there. */
static bool amazon_end(const char *made, const char *life, int64_t *out)
{
    char date[40];
    int64_t us, seconds;
    if (!made || strlen(made) != 16 || !life || !str_i64(life, &seconds) || seconds < 0 || seconds > 604800)
        return false;
    snprintf(date, sizeof date, "%.4s-%.2s-%.5s:%.2s:%.3s", made, made + 4, made + 6, made + 11, made + 13);
    if (!time_parse(date, &us))
        return false;
    *out = us / 1000000 + seconds;
    return true;
}

cJSON *statement_link_json(struct sandbox *s, const struct statement *t, int i)
{
    const struct result_chunk *k = &t->results->chunks[i];
    int64_t made = sandbox_now_us(s) / 1000000, life = (sandbox_setting(s, "link.life_ms", 899000) + 999) / 1000;
    char hex[HASH_SHA256_HEX], date[40], amazon[20];
    struct buf url = BUF_INIT;
    cJSON *o = cJSON_CreateObject(), *headers = cJSON_CreateObject();
    link_sign(s->statements, t->id, i, made + life, "link", hex);
    time_format(made * 1000000, 0, date, sizeof date);
    amazon_date(date, amazon);
    buf_printf(&url, "%s/results/%s/%d?X-Amz-Date=%s&X-Amz-Expires=%lld&X-Amz-Signature=%s", sandbox_image_origin(s), t->id, i,
               amazon, (long long)life, hex);
    json_put_i64(o, "chunk_index", i);
    json_put_i64(o, "row_offset", k->offset);
    json_put_i64(o, "row_count", k->rows);
    json_put_u64(o, "byte_count", k->text.len);
    json_put_str(o, "external_link", url.data);
    json_put_str(o, "expiration", time_format((made + life) * 1000000, 3, date, sizeof date));
    link_sign(s->statements, t->id, i, 0, "header", hex);
    json_put_str(headers, "x-amz-server-side-encryption-customer-key-md5", hex);
    json_put_item(o, "http_headers", headers);
    buf_release(&url);
    return o;
}

/* --- results by signed link, on the port where no credential belongs --- */

static void storage_fail(struct route_answer *a, int status, const char *code, const char *text)
{
    a->status = status;
    a->text = str_printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>",
                         code, text);
    a->text_size = a->text ? strlen(a->text) : 0;
    a->content_type = "application/xml";
}

static bool link_valid(struct route_call *c, struct route_answer *a, int chunk)
{
    struct statements *st = c->sandbox->statements;
    const char *signature = c->query(c, "X-Amz-Signature");
    char hex[HASH_SHA256_HEX], header[HASH_SHA256_HEX];
    int64_t expires = 0;
    bool read = amazon_end(c->query(c, "X-Amz-Date"), c->query(c, "X-Amz-Expires"), &expires);
    link_sign(st, c->captures[0], chunk, expires, "link", hex);
    link_sign(st, c->captures[0], chunk, 0, "header", header);
    if (c->header(c, "Authorization")) {
        sandbox_count(c->sandbox, "links.with_credential", 1);
        storage_fail(a, 400, "InvalidArgument",
                     "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
                     "query string parameter or the Authorization header should be specified");
    } else if (!read || !str_eq(signature, hex)) {
        storage_fail(a, 403, "SignatureDoesNotMatch",
                     "The request signature we calculated does not match the signature you provided.");
    } else if (sandbox_now_us(c->sandbox) / 1000000 > expires) {
        storage_fail(a, 403, "AccessDenied", "Request has expired");
    } else if (!str_eq(c->header(c, "x-amz-server-side-encryption-customer-key-md5"), header)) {
        storage_fail(a, 400, "InvalidRequest", "The object requires the headers given with its link.");
    } else {
        return true;
    }
    return false;
}

static void link_get(struct route_call *c, struct route_answer *a)
{
    struct statements *st = c->sandbox->statements;
    int64_t i = -1;
    if (!str_i64(c->captures[1], &i) || i < 0 || i > 1000000 || !link_valid(c, a, (int)i)) {
        if (!a->status)
            storage_fail(a, 404, "NoSuchKey", "The specified key does not exist.");
        return;
    }
    pthread_mutex_lock(&st->lock);
    const struct statement *t = statement_find(st, c->captures[0]);
    const struct result_chunk *k = t && t->results && i < t->results->chunk_count ? &t->results->chunks[i] : NULL;
    if (k) {
        a->status = 200;
        a->text = str_dup_n(k->text.data, k->text.len);
        a->text_size = a->text ? k->text.len : 0;
        a->content_type = t->csv ? "text/csv" : "application/json";
    }
    pthread_mutex_unlock(&st->lock);
    if (!k)
        storage_fail(a, 404, "NoSuchKey", "The specified key does not exist.");
}

const struct route databricks_link_routes[] = {
    { "GET", "/results/{id}/{chunk}", ROUTE_IMAGES, "X-Amz-Date X-Amz-Expires X-Amz-Signature", "-", link_get },
    { 0 },
};
