#include "net/databricks_secrets.h"

#include "base/base64.h"
#include "net/databricks_wire.h"

static int decode_secret(const struct net_answer *answer, struct buf *out, struct err *e)
{
    cJSON *tree = json_parse(answer->body.data, answer->body.len, e);
    const char *value = tree ? json_need_str(tree, "value", e) : NULL;
    int rc = value ? base64_decode(out, value, strlen(value), e) : -1;
    if (value) explicit_bzero((char *)(uintptr_t)value, strlen(value));
    cJSON_Delete(tree);
    return rc;
}

int databricks_secret_get(const struct net_api *api, const char *scope, const char *key, struct buf *out, struct err *e)
{
    struct buf path = BUF_INIT;
    struct net_answer answer;
    struct err why;
    err_clear(&why);
    net_answer_init(&answer);
    buf_puts(&path, "/api/2.0/secrets/get");
    databricks_path_query(&path, "scope", scope);
    databricks_path_query(&path, "key", key);
    int rc = buf_error(&path, &why);
    struct net_request request = { .method = NET_GET, .path = path.data, .idempotent = true };
    if (!rc) rc = net_call(api, &request, databricks_judge, &answer, &why);
    if (!rc) rc = decode_secret(&answer, out, &why);
    /* Reading secrets from outside of a notebook is not promised (§8): these three all say "not from here". */
    bool closed = why.http == 400 || why.http == 403 || why.http == 404;
    if (rc && closed && why.code != ERR_AUTH) why.code = ERR_NOT_FOUND;
    if (rc && e) *e = why;
    buf_wipe(&answer.body);
    net_answer_release(&answer);
    buf_release(&path);
    return rc;
}
