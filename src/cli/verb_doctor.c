/* doctor: everything a run will need, looked at; what is wrong, and what to do about it. */
#include "cli/doctor_terminal.h"
#include "cli/patience.h"
#include "cli/verbs.h"
#include "core/probe.h"
#include <signal.h>

static void print_line(struct out *o, const struct doctor_line *l)
{
    if (o->json) {
        cJSON *line = out_object("check");
        json_put_str(line, "group", l->group);
        json_put_str(line, "name", l->name);
        json_put_str(line, "verdict", doctor_verdict_name(l->verdict));
        json_put_str(line, "text", l->text);
        json_put_str(line, "fix", l->fix[0] != '\0' ? l->fix : NULL);
        if (l->code != ERR_NONE)
            json_put_str(line, "code", err_code_name(l->code));
        out_json(o, line);
        cJSON_Delete(line);
        return;
    }
    out_text(o, "%-4s  %-10s  %-14s  %s", doctor_verdict_name(l->verdict), l->group, l->name, l->text);
    if (l->fix[0] != '\0')
        out_text(o, "%36s-> %s", "", l->fix);
}

/* Lines from *said on. */
static void print_new(struct out *o, const struct doctor *d, size_t *said)
{
    for (; *said < d->count; ++*said)
        print_line(o, &d->lines[*said]);
}

static void print_total(struct out *o, const struct doctor *d)
{
    int count[3] = {0};

    for (size_t i = 0; i < d->count; i++)
        count[d->lines[i].verdict]++;
    if (count[DOCTOR_FAIL] == 0 && count[DOCTOR_WARN] == 0)
        out_say(o, "all is well");
    else
        out_say(o, "%d well, %d warning%s, %d failed", count[DOCTOR_OK], count[DOCTOR_WARN], count[DOCTOR_WARN] == 1 ? "" : "s", count[DOCTOR_FAIL]);
}

/* --- the probe --- */

struct probing { struct command *c; struct doctor *d; size_t *said; };
static struct net_cancel stop;

static void on_stop(int number)
{
    (void)number;
    net_cancel_set(&stop);
}

static int confirm_start(void *ctx, const char *label, const char *state)
{
    const struct probing *p = ctx;
    char question[320];

    if (command_has(p->c, OPT_YES))
        return 1;
    snprintf(question, sizeof question, "%s is %s. Start it?", label, state);
    return out_ask(p->c->out, question);
}

static int tell_state(void *ctx, const char *state, int64_t waited_ms)
{
    const struct probing *p = ctx;
    char text[160], waited[32];

    snprintf(text, sizeof text, "compute: %s, %s", state, str_duration(waited_ms, waited, sizeof waited));
    out_bar(p->c->out, text);
    return 0;
}

static void tell_form(void *ctx, const struct probe_result *r)
{
    struct probing *p = ctx;

    if (r->works)
        doctor_say(p->d, "probe", r->form, DOCTOR_OK, NULL, "works");
    else
        doctor_say(p->d, "probe", r->form, DOCTOR_WARN, r->tried ? r->otherwise : NULL, "%s", r->reason);
    print_new(p->c->out, p->d, p->said);
}

static void probe(struct command *c, struct session *s, struct doctor *d, size_t *said)
{
    struct probing p = { c, d, said };
    const struct probe_hooks hooks = { confirm_start, tell_state, tell_form, &p };
    const struct sigaction stopping = { .sa_handler = on_stop };
    struct err e = {0};

    sigaction(SIGINT, &stopping, NULL);
    sigaction(SIGTERM, &stopping, NULL);
    sigaction(SIGHUP, &stopping, NULL);
    if (probe_run(s, c->args->value[OPT_STAGING], c->args->value[OPT_COMPUTE], &stop, &hooks, &e) != 0)
        doctor_say_err(d, "probe", "probe", DOCTOR_FAIL, &e);
}

static void check_platforms(struct command *c, struct doctor *d, size_t *said)
{
    struct session s = {0};
    struct patience patience;
    struct err e = {0};

    if (command_session(c, false, false, true, &s, &e) != 0) {
        doctor_say_err(d, "machine", "settings", DOCTOR_FAIL, &e);
        return;
    }
    patience_begin(&patience, &s);
    doctor_platforms(d, &s);
    patience_end(&patience);
    print_new(c->out, d, said);
    if (command_has(c, OPT_PROBE))
        probe(c, &s, d, said);
    session_close(&s);
}

int verb_doctor(struct command *c)
{
    struct doctor d = {0};
    size_t said = 0;
    int status;

    doctor_terminal(&d);
    doctor_machine(&d);
    print_new(c->out, &d, &said);
    check_platforms(c, &d, &said);
    print_new(c->out, &d, &said);
    print_total(c->out, &d);
    status = doctor_exit_status(&d);
    doctor_release(&d);
    return status;
}
