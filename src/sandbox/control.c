#include "sandbox/databricks.h"
#include "base/json.h"
#include "base/str.h"

static void control_counters(struct route_call *c, struct route_answer *a)
{
    struct tally *t = c->sandbox->tally;
    cJSON *o = cJSON_CreateObject();
    json_put_item(o, "requests", tally_json(t, TALLY_REQUESTS));
    json_put_item(o, "counters", tally_json(t, TALLY_COUNTERS));
    json_put_item(o, "in_flight", tally_json(t, TALLY_IN_FLIGHT));
    json_put_item(o, "max_in_flight", tally_json(t, TALLY_MAX_IN_FLIGHT));
    json_put_item(o, "settings", tally_json(t, TALLY_SETTINGS));
    route_json(a, 200, o);
}

static void control_reset(struct route_call *c, struct route_answer *a)
{
    if (json_bool(c->body, "counters", false))
        tally_reset(c->sandbox->tally);
    if (json_bool(c->body, "faults", false))
        faults_clear(c->sandbox->faults);
    route_json(a, 200, cJSON_CreateObject());
}

static void control_settings(struct route_call *c, struct route_answer *a)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, c->body) {
        int64_t value;
        if (!json_i64(c->body, member->string, &value)) {
            route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "The setting '%s' must be an integer.", member->string);
            return;
        }
        tally_set(c->sandbox->tally, TALLY_SETTINGS, member->string, value);
    }
    route_json(a, 200, tally_json(c->sandbox->tally, TALLY_SETTINGS));
}

static void control_fault_add(struct route_call *c, struct route_answer *a)
{
    struct err e = { 0 };
    int id = faults_add(c->sandbox->faults, c->body, &e);
    if (id < 0) {
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "%s", e.cause);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    json_put_i64(o, "id", id);
    route_json(a, 200, o);
}

static void control_fault_list(struct route_call *c, struct route_answer *a)
{
    cJSON *o = cJSON_CreateObject();
    json_put_item(o, "faults", faults_list(c->sandbox->faults));
    route_json(a, 200, o);
}

static void control_fault_clear(struct route_call *c, struct route_answer *a)
{
    faults_clear(c->sandbox->faults);
    route_json(a, 200, cJSON_CreateObject());
}

const struct route control_routes[] = {
    { "GET", "/_control/counters", ROUTE_CONTROL, NULL, "-", control_counters },
    { "POST", "/_control/reset", ROUTE_CONTROL, NULL, "counters faults", control_reset },
    { "POST", "/_control/settings", ROUTE_CONTROL, NULL, NULL, control_settings },
    { "POST", "/_control/faults", ROUTE_CONTROL, NULL, NULL, control_fault_add },
    { "GET", "/_control/faults", ROUTE_CONTROL, NULL, "-", control_fault_list },
    { "DELETE", "/_control/faults", ROUTE_CONTROL, NULL, "-", control_fault_clear },
    { 0 },
};
