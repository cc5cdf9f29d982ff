/* A run that nobody executes: its failed items planned again, itself cancelled, what it left removed. */
#include "core/run_exec.h"
#include "core/view.h"

int run_reset_failed(struct run *r, int64_t *count, struct err *e)
{
    const struct stages_verb *verb = run_verb(r->ask.verb);
    *count = 0;
    /* What an update says of tables that others changed is answered by another update. */
    if (r->ask.verb == ASK_UPDATE)
        return 0;
    if (journal_count_failed(r->journal, count, e) != 0)
        return -1;
    if (*count == 0)
        return 0;
    /* The stages first: after a kill in between, items that are planned again find theirs open. */
    if (journal_put(r->journal, "cancelled", NULL, e) != 0 || exec_reopen_from(r->journal, verb, verb->retry_row ? verb->retry_row : "send", e) != 0 ||
        journal_reset_failed(r->journal, count, e) != 0)
        return -1;
    if (*count == 0)
        return 0;
    return journal_put_i64(r->journal, "again", *count, e) != 0 ? -1 : journal_put(r->journal, "state", run_state_name(RUN_RUNNING), e);
}

/* A run that died while its plan was made may have rows staged. */
static int clean_dead(struct run *r, struct session *s, struct err *e)
{
    struct exec x = {.run = r, .session = s, .verb = run_verb(r->ask.verb)};
    if (!journal_has_left(r->journal))
        return 0;
    pthread_mutex_init(&x.job.plan_lock, NULL);
    exec_fill_job(&x);
    int result = x.verb->open(&x.job, e);
    if (result == 0)
        result = x.verb->clean(&x.job, e);
    x.verb->close(&x.job);
    pthread_mutex_destroy(&x.job.plan_lock);
    return result;
}

/* A dead run: what it has not sent is cancelled, and the rest of the verb (settling, table, cleaning) says so. */
static int cancel_dead(struct run *r, struct session *s, struct err *e)
{
    struct run_hooks hooks = {0};
    if (journal_put(r->journal, "cancelled", "1", e) != 0 || journal_recover(r->journal, e) != 0 || exec_cancel_unsent(r->journal, e) != 0)
        return -1;
    if (!journal_has(r->journal, "gate"))
        return clean_dead(r, s, e) != 0 ? -1 : journal_put(r->journal, "state", run_state_name(RUN_CANCELLED), e);
    int status = run_execute(r, s, &hooks, NULL, e);
    return status == 1 || status == 0 || status == 3 ? (e->code == ERR_NONE ? 0 : -1) : -1;
}

int run_cancel(const char *id, struct session *s, struct err *e)
{
    struct err why = {0};
    if (view_control(id, "cancel", &why) == 0)
        return 0;                                /* it has taken the command */
    if (why.code == ERR_TIMEOUT) {
        *e = why;
        return -1;
    }
    struct run *r;
    if (run_open(id, &r, e) != 0)
        return -1;
    char *state = journal_get(r->journal, "state");
    bool over = run_state_final(run_state_by_name(state));
    free(state);
    int result = over ? 0 : cancel_dead(r, s, e);
    run_close(r);
    return result;
}
