/* What an executed run is told, by commands and signals, and what it notices: hosts that are down, and that it is parked. */
#include "base/timefmt.h"
#include "core/link.h"
#include "core/run_exec.h"
#include <unistd.h>

#define RUN_DRAIN_MS 5000        /* a stopped run's lanes get so long to end what they have begun */
#define RUN_DEAD_HOST_MS 2500    /* a host that is not there at the start is said, not waited for */
#define RUN_SILENT_HOST_MS 10000
#define RUN_QUIET_MS 5000        /* a host that moves no byte for so long is worth a word */
#define RUN_HELD_MS 10000
#define RUN_START_MS 15000       /* what counts as the start */

static void take_token(struct exec *x, const cJSON *command)
{
    struct err ignored = {0};
    const char *databricks = json_str(command, "databricks"), *clarifai = json_str(command, "clarifai");
    if (databricks && x->session->databricks.site)
        net_site_set_credential(x->session->databricks.site, databricks, &ignored);
    if (clarifai && x->session->clarifai.site)
        net_site_set_credential(x->session->clarifai.site, clarifai, &ignored);
    if (clarifai && x->session->images.site)
        net_site_set_credential(x->session->images.site, clarifai, &ignored);
    stages_wake(x->stages);
}

static void take_yes(struct exec *x, const cJSON *c) { (void)c, x->answer = 1; }

static void take_no(struct exec *x, const cJSON *c) { (void)c, x->answer = 0; }

static void pause_run(struct exec *x, bool paused)
{
    x->paused = paused;
    stages_pause(x->stages, paused);
    if (!paused)
        stages_wake(x->stages);
}

static void take_pause(struct exec *x, const cJSON *c) { (void)c, pause_run(x, true); }

static void take_resume(struct exec *x, const cJSON *c) { (void)c, pause_run(x, false); }

static void take_cancel(struct exec *x, const cJSON *c)
{
    struct err ignored = {0};
    (void)c;
    x->cancelling = true;
    journal_put(x->run->journal, "cancelled", "1", &ignored);
}

void exec_take_commands(struct exec *x)
{
    static const struct { const char *name; void (*take)(struct exec *, const cJSON *); } commands[] = {
        {"yes", take_yes}, {"no", take_no}, {"pause", take_pause}, {"resume", take_resume}, {"cancel", take_cancel}, {"token", take_token},
    };
    for (cJSON *c; (c = link_next_command(x->link)) != NULL; cJSON_Delete(c))
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
            if (str_eq(json_str(c, "command"), commands[i].name))
                commands[i].take(x, c);
}

/* Somebody looks: then a parked run waits without end. */
bool exec_attended(struct exec *x) { return link_viewers(x->link) > 0 || (x->hooks && x->hooks->gate && isatty(STDERR_FILENO)); }

/* A host that takes connections and never says a word would be waited for by the stall rules, ten times; at the start that is a wrong host. */
static bool find_silent(struct exec *x, struct err *e)
{
    const struct settings *s = &x->session->settings;
    const struct { const char *quota, *host; } hosts[] = {
        {"databricks", s->host.text}, {"files", s->host.text}, {"clarifai", s->clarifai_base.text},
    };
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct net_figures f = {0};
        net_engine_figures(x->session->engine, hosts[i].quota, &f);
        if (f.silent_ms < RUN_SILENT_HOST_MS)
            continue;
        err_set(e, ERR_OFFLINE, "%s did not answer within %d s", hosts[i].host ? hosts[i].host : "the host", RUN_SILENT_HOST_MS / 1000);
        return true;
    }
    return false;
}

/* A host that is down holds calls back in the engine, which probes it; the run says so as if it were parked, and has the same patience. */
void exec_watch_hosts(struct exec *x)
{
    static const char *const quotas[] = {"databricks", "files", "clarifai", "images"};
    bool down = false;
    for (size_t i = 0; i < sizeof quotas / sizeof *quotas && !down; i++) {
        struct net_figures f = {0};
        net_engine_figures(x->session->engine, quotas[i], &f);
        if (!f.breaker_open)
            continue;
        down = true;
        x->next_probe_ms = f.next_probe_ms;
        if (x->outage.code != ERR_NONE)
            continue;
        err_set(&x->outage, ERR_OFFLINE, "%s", f.last_error[0] ? f.last_error : "the host does not answer");
        x->outage_ms = time_mono_ms();
    }
    if (!down)
        err_clear(&x->outage);
}

/* Long before the stall rules end a call, who looks is told whom it waits for. A statement's answer may be held back by the platform for 10 s. */
void exec_watch_quiet(struct exec *x)
{
    static const struct { const char *quota; int64_t after_ms; } quotas[] = {
        {"files", RUN_QUIET_MS}, {"clarifai", RUN_QUIET_MS}, {"images", RUN_QUIET_MS}, {"databricks", RUN_QUIET_MS + RUN_HELD_MS},
    };
    struct net_figures longest = {0};
    for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++) {
        struct net_figures f = {0};
        net_engine_figures(x->session->engine, quotas[i].quota, &f);
        if (f.quiet_ms >= quotas[i].after_ms && f.quiet_ms > longest.quiet_ms)
            longest = f;
    }
    x->quiet[0] = '\0';
    if (longest.quiet_ms)
        snprintf(x->quiet, sizeof x->quiet, "%s has not answered for %lld s", longest.quiet_host, (long long)(longest.quiet_ms / 1000));
}

void exec_check_hosts(struct exec *x)
{
    int64_t now = time_mono_ms();
    bool under_way = stages_under_way(x->stages);
    struct err silent;
    exec_watch_hosts(x);
    if (!under_way && !x->stopped && find_silent(x, &silent))
        stages_give_up(x->stages, &silent, false);
    if (x->outage.code == ERR_NONE || x->stopped)
        return;
    bool never_there = x->outage_ms - x->began_ms < RUN_DEAD_HOST_MS;
    if (!under_way && x->outage_ms - x->began_ms < RUN_START_MS && now - (never_there ? x->began_ms : x->outage_ms) >= RUN_DEAD_HOST_MS)
        stages_give_up(x->stages, &x->outage, false);
    else if (now - x->outage_ms >= x->job.give_up_ms && !exec_attended(x))
        stages_give_up(x->stages, &x->outage, true);
}

void exec_watch_parking(struct exec *x)
{
    struct err why = {0};
    int64_t next_ms;
    bool parked = stages_parked(x->stages, &why, &next_ms);
    if (!parked && x->outage.code != ERR_NONE && time_mono_ms() - x->outage_ms >= RUN_PROGRESS_MS) {
        parked = true;
        why = x->outage;
    }
    if (parked && !x->parked && stages_under_way(x->stages))
        exec_say_waiting(x, &why);
    x->parked = parked;
    exec_set_state(x, parked ? RUN_PARKED : x->paused ? RUN_PAUSED : journal_has(x->run->journal, "gate") ? RUN_RUNNING : RUN_PLANNING);
}

void exec_watch_stop(struct exec *x)
{
    if (!x->stop || *x->stop == 0)
        return;
    if (!x->stopped)
        x->stopped_ms = time_mono_ms();
    bool hard = *x->stop >= 2 || time_mono_ms() - x->stopped_ms >= RUN_DRAIN_MS || x->outage.code != ERR_NONE;
    if (!x->stopped || (hard && !x->hard))
        stages_stop(x->stages, hard);
    x->stopped = true;
    x->hard = hard;
}
