#include "sandbox/databricks_statements.h"
#include "base/json.h"
#include "base/str.h"
#include <ctype.h>

/* What a request to execute a statement asks for, and whether it may. */
#define STATEMENT_TEXT_MAX ((size_t)16 << 20)

static bool bad(struct route_answer *a, const char *text)
{
    route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "%s", text);
    return false;
}

static bool wait_read(const char *text, int64_t *ms)
{
    char *end;
    if (!text) {
        *ms = 10000;
        return true;
    }
    long n = strtol(text, &end, 10);
    *ms = n * 1000;
    return isdigit((unsigned char)text[0]) && str_eq(end, "s") && (n == 0 || (n >= 5 && n <= 50));
}

static bool parameters_read(const cJSON *list, struct statement_ask *k)
{
    const cJSON *p;
    cJSON_ArrayForEach(p, list) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(p, "value");
        const char *name = json_str(p, "name");
        if (!name || (value && !cJSON_IsString(value) && !cJSON_IsNull(value)) || k->job.parameter_count == PARAMETERS_MAX)
            return false;
        k->parameters[k->job.parameter_count++] = (struct sql_parameter){ .name = name, .value = cJSON_GetStringValue(value),
            .type = json_str_or(p, "type", "STRING") };
    }
    return true;
}

static bool limits_read(const cJSON *body, struct statement_ask *k)
{
    k->row_limit = k->byte_limit = -1;
    const cJSON *rows = json_get(body, "row_limit"), *bytes = json_get(body, "byte_limit");
    return (!rows || (json_i64(body, "row_limit", &k->row_limit) && k->row_limit > 0)) &&
           (!bytes || (json_i64(body, "byte_limit", &k->byte_limit) && k->byte_limit > 0));
}

bool statement_ask_read(struct route_call *c, struct route_answer *a, struct statement_ask *k)
{
    const char *text = databricks_need(c, a, "statement"), *disposition = json_str_or(c->body, "disposition", "INLINE");
    const char *format = json_str_or(c->body, "format", "JSON_ARRAY"), *late = json_str_or(c->body, "on_wait_timeout", "CONTINUE");
    if (!text)
        return false;
    k->links = str_eq(disposition, "EXTERNAL_LINKS");
    k->csv = str_eq(format, "CSV");
    k->cancel_late = str_eq(late, "CANCEL");
    k->job = (struct sql_job_ask){ .text = text, .user = c->user, .catalog = json_str(c->body, "catalog"),
        .schema = json_str(c->body, "schema"), .parameters = k->parameters };
    if (strlen(text) > STATEMENT_TEXT_MAX)
        return bad(a, "The statement text is larger than 16 MiB.");
    if (!wait_read(json_str(c->body, "wait_timeout"), &k->wait_ms))
        return bad(a, "wait_timeout must be 0 seconds (to disable wait), or between 5 and 50 seconds.");
    if (!k->links && !str_eq(disposition, "INLINE"))
        return bad(a, "disposition must be INLINE or EXTERNAL_LINKS.");
    if (!k->cancel_late && !str_eq(late, "CONTINUE"))
        return bad(a, "on_wait_timeout must be CONTINUE or CANCEL.");
    if (k->cancel_late && k->wait_ms == 0)
        return bad(a, "on_wait_timeout=CANCEL needs a wait_timeout above 0 seconds.");
    if (str_eq(format, "ARROW_STREAM"))
        return bad(a, "The format ARROW_STREAM is not available on this platform.");
    if (!k->csv && !str_eq(format, "JSON_ARRAY"))
        return bad(a, "format must be JSON_ARRAY, ARROW_STREAM or CSV.");
    if (k->csv && !k->links)
        return bad(a, "The format CSV needs disposition=EXTERNAL_LINKS.");
    if (cJSON_GetArraySize(json_arr(c->body, "query_tags")) > 20)
        return bad(a, "At most 20 query_tags are allowed.");
    return (limits_read(c->body, k) || bad(a, "row_limit and byte_limit must be positive integers.")) &&
           (parameters_read(json_arr(c->body, "parameters"), k) || bad(a,
                                                                       "Every parameter needs a name, and a string value or none."));
}
