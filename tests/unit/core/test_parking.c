/* A parked run's pauses: one failure begins with the first, whoever fails in the same outage changes nothing, and each question that fails doubles it. */
#include "base/file.h"
#include "core/stages.h"
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

#define FIRST_MS 1000000        /* nobody waits so long here */
#define LANES 9                 /* the last to come ends the stage when it is told to */

static pthread_barrier_t together;
static sem_t close_stage, asked_again;
static atomic_int calls;
static int lanes_wanted;

static int lanes(const struct stages_job *job)
{
    (void)job;
    return lanes_wanted;
}

static int work(struct stages_job *job, struct err *e)
{
    int call = atomic_fetch_add(&calls, 1);
    (void)job;
    if (call < lanes_wanted)
        pthread_barrier_wait(&together);      /* all have begun before one has ended */
    if (call == lanes_wanted - 1) {
        while (sem_wait(&close_stage)) {}
        return STAGES_DONE;
    }
    if (call >= lanes_wanted)
        sem_post(&asked_again);
    return err_set(e, ERR_OFFLINE, "the host is down");
}

static const struct stages_row rows[] = { { "send", "sending", 0, lanes, work, NULL } };
static const struct stages_verb verb = { .rows = rows, .count = 1, .start_gate = -1 };

struct world { char folder[64]; struct stages_job job; struct stages *stages; };

static void begin(struct world *w, int lane_count)
{
    struct err e = {0};
    *w = (struct world){ .folder = "/tmp/lakeferry-parking-XXXXXX", .job = { .retry_first_ms = FIRST_MS, .retry_cap_ms = INT64_MAX / 4, .give_up_ms = INT64_MAX } };
    assert_non_null(mkdtemp(w->folder));
    assert_int_equal(journal_open(w->folder, true, &w->job.journal, &e), 0);
    lanes_wanted = lane_count;
    atomic_store(&calls, 0);
    pthread_barrier_init(&together, NULL, (unsigned)lane_count);
    sem_init(&close_stage, 0, 0);
    sem_init(&asked_again, 0, 0);
    assert_int_equal(stages_new(&w->job, &verb, true, &w->stages, &e), 0);
}

static int64_t pause_of(struct world *w)
{
    struct err why;
    int64_t next_ms = -1;
    return stages_parked(w->stages, &why, &next_ms) ? next_ms : -1;
}

static void until_parked(struct world *w)
{
    while (pause_of(w) < 0)
        assert_int_equal(stages_step(w->stages, 10, true), STAGES_RUNNING);
}

/* The pause as it is when every lane's result was taken: a lane leaves behind that. */
static int64_t pause_at_the_end(struct world *w)
{
    sem_post(&close_stage);
    while (stages_step(w->stages, 10, true) == STAGES_RUNNING) {}
    return pause_of(w);
}

static void end(struct world *w)
{
    struct err e = {0};
    stages_free(w->stages);
    journal_close(w->job.journal);
    sem_destroy(&close_stage);
    sem_destroy(&asked_again);
    pthread_barrier_destroy(&together);
    assert_int_equal(file_remove_tree(w->folder, &e), 0);
}

static void who_fails_in_the_same_outage_changes_nothing(void **state)
{
    struct world w;
    (void)state;
    begin(&w, LANES);
    until_parked(&w);
    assert_in_range(pause_at_the_end(&w), 1, 2 * FIRST_MS);
    assert_int_equal(atomic_load(&calls), LANES);
    end(&w);
}

static void a_question_that_fails_doubles_the_pause(void **state)
{
    struct world w;
    (void)state;
    begin(&w, 2);
    until_parked(&w);
    assert_in_range(pause_of(&w), 1, 2 * FIRST_MS);
    stages_wake(w.stages);
    while (sem_wait(&asked_again)) {}
    assert_in_range(pause_at_the_end(&w), 2 * FIRST_MS + 1, 4 * FIRST_MS);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_fails_in_the_same_outage_changes_nothing),
        cmocka_unit_test(a_question_that_fails_doubles_the_pause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
