/* What people are told of a run: the same words in commands and on screens. */
#include "core/view.h"

/* alive: while a process executes it; one that is about to begin or to end is said to run. */
static const struct { const char *alive, *ended; } words[] = {
    [RUN_PLANNING] = { "planning", "not started" },
    [RUN_AT_GATE] = { "a plan, waits for a yes", "not started" },
    [RUN_RUNNING] = { "running", "stopped, resumable" },
    [RUN_PARKED] = { "waits for the platform", "gave up, resumable" },
    [RUN_PAUSED] = { "paused", "stopped, resumable" },
    [RUN_DONE] = { "running", "done" },
    [RUN_FAILED] = { "running", "failed" },
    [RUN_CANCELLED] = { "running", "cancelled" },
    [RUN_DRY] = { "running", "dry run" },
};

int64_t view_wrong(const struct view *v)
{
    const struct run_summary *s = &v->summary;
    return v->has_summary ? s->failed + s->conflict + s->unaccounted : 0;
}

/* The stage's name without its figures. */
static void stage_title(const struct view_stage *s, char *out, size_t size)
{
    str_copy(out, size, s->text);
    char *end = strstr(out, "  ");
    if (end)
        *end = '\0';
}

char *view_state_words(const struct view *v, char *out, size_t size)
{
    const struct view_stage *s = view_active(v);
    int64_t wrong = view_wrong(v);
    char n[32];
    bool known = (size_t)v->state < sizeof words / sizeof *words;
    if (v->alive && v->state == RUN_RUNNING && s)
        stage_title(s, out, size);
    else if (v->alive && v->state == RUN_AT_GATE && v->plan.start_only)
        str_copy(out, size, "asks to start the compute");
    else if (!v->alive && v->state == RUN_DONE && wrong > 0)
        snprintf(out, size, v->verb <= ASK_IMPORT_S3 ? "done, %s not imported" : "done, %s failed", str_count((uint64_t)wrong, n, sizeof n));
    else
        str_copy(out, size, !known ? "" : v->alive ? words[v->state].alive : words[v->state].ended);
    return out;
}

char *view_again_words(const struct view *v, char *out, size_t size)
{
    char n[32];
    out[0] = '\0';
    if (v->again > 0)
        snprintf(out, size, "%s item%s taken up again", str_count((uint64_t)v->again, n, sizeof n), v->again == 1 ? "" : "s");
    return out;
}
