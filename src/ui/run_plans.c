/* Plans in words, one line a figure. */
#include "base/str.h"
#include "ui/run_words.h"

static const char *plural(int64_t n) { return n == 1 ? "" : "s"; }

static char *count(int64_t n, char out[32]) { return str_count(n > 0 ? (uint64_t)n : 0, out, 32); }

struct lines { struct plan_line *at; size_t n; };

static struct plan_line *add(struct lines *ls, enum plan_open open, enum theme_role role)
{
    struct plan_line *l = &ls->at[ls->n < PLAN_LINES ? ls->n++ : PLAN_LINES - 1];
    l->open = open;
    l->role = role;
    l->text[0] = '\0';
    return l;
}

static void add_counted(struct lines *ls, int64_t number, enum plan_open open, enum theme_role role, const char *one, const char *many)
{
    char text[32];
    if (number <= 0)
        return;
    struct plan_line *l = add(ls, open, role);
    snprintf(l->text, sizeof l->text, "%9s %s", count(number, text), number == 1 ? one : many);
}

/* What stands in the way, and where things are made. */
static void add_places(struct lines *ls, const struct run_plan *p)
{
    if (p->compute_must_start)
        snprintf(add(ls, PLAN_OPEN_NOTHING, ROLE_WARN)->text, sizeof ls->at->text, "%s has to be started", p->compute);
    for (size_t i = 0; i < sizeof p->notes / sizeof *p->notes; i++)
        if (p->notes[i][0])
            str_copy(add(ls, PLAN_OPEN_NOTHING, ROLE_WARN)->text, sizeof ls->at->text, p->notes[i]);
    if (p->staging[0])
        snprintf(add(ls, PLAN_OPEN_NOTHING, ROLE_DIM)->text, sizeof ls->at->text, "staging in %s", p->staging);
}

/* ---- imports ---- */

static void add_time(struct lines *ls, const struct run_plan *p, double files_rate)
{
    char requests[32], pictures[32], time[32];
    struct plan_line *l = add(ls, PLAN_OPEN_NOTHING, ROLE_TEXT);
    if (p->new_items == 0 && p->requests == 0) {
        str_copy(l->text, sizeof l->text, "nothing to send: everything is there already");
        l->role = ROLE_GOOD;
        return;
    }
    int used = snprintf(l->text, sizeof l->text, "%9s request%s to Clarifai, %s to the volume: %s", count(p->requests, requests), plural(p->requests),
                        count(p->new_items, pictures), str_duration(p->seconds * 1000, time, sizeof time));
    if (files_rate > 0 && used > 0 && (size_t)used < sizeof l->text)
        snprintf(l->text + used, sizeof l->text - (size_t)used, " at %.0f files/s", files_rate);
}

static void add_troubles(struct lines *ls, const struct run_plan *p, const char *skipped, const char *many_skipped)
{
    add_counted(ls, p->conflict, PLAN_OPEN_CONFLICT, ROLE_WARN, "conflict: the id is somebody else's input", "conflicts: ids of somebody else's inputs");
    add_counted(ls, p->failed, PLAN_OPEN_FAILED, ROLE_WARN, "will fail", "will fail");
    add_counted(ls, p->skipped, PLAN_OPEN_SKIPPED, ROLE_TEXT, skipped, many_skipped);
    add_counted(ls, p->ids_changed, PLAN_OPEN_CHANGED, ROLE_TEXT, "id changed to fit Clarifai's rules", "ids changed to fit Clarifai's rules");
}

static void plan_volume(struct lines *ls, const struct run_plan *p, double files_rate)
{
    char a[32], b[32], c[32];
    struct plan_line *l = add(ls, PLAN_OPEN_ALL, ROLE_TEXT);
    snprintf(l->text, sizeof l->text, "%9s file%s, %s candidate%s, %s (content: when read)", count(p->files, a), plural(p->files),
             count(p->candidates, b), plural(p->candidates), str_bytes(p->bytes > 0 ? (uint64_t)p->bytes : 0, c, sizeof c));
    l = add(ls, PLAN_OPEN_NOTHING, ROLE_TITLE);
    snprintf(l->text, sizeof l->text, "%9s new, %s already there", count(p->new_items, a), count(p->present, b));
    add_troubles(ls, p, "file of another type", "files of other types");
    add_time(ls, p, files_rate);
}

/* Before the start only the head line, the first row and their number are known: the rows are read behind it. */
static void plan_s3(struct lines *ls, const struct run_plan *p)
{
    char a[32], b[32];
    int64_t rows = p->candidates > 0 ? p->candidates : p->files;
    struct plan_line *l = add(ls, PLAN_OPEN_NOTHING, ROLE_TITLE);
    snprintf(l->text, sizeof l->text, "%9s row%s (each is looked at when it is read)", count(rows, a), plural(rows));
    if (p->new_items > 0 && p->present >= 0) {
        l = add(ls, PLAN_OPEN_NOTHING, ROLE_TEXT);
        snprintf(l->text, sizeof l->text, "%9s new, %s already there", count(p->new_items, a), count(p->present, b));
    }
    add_troubles(ls, p, "row is skipped", "rows are skipped");
    if (p->requests > 0) {
        l = add(ls, PLAN_OPEN_NOTHING, ROLE_TEXT);
        snprintf(l->text, sizeof l->text, "%9s request%s to Clarifai, which fetches the URLs itself", count(p->requests, a), plural(p->requests));
    }
}

/* ---- tables ---- */

static void plan_export(struct lines *ls, const struct run_plan *p, const char *images)
{
    char a[32], time[32];
    int64_t inputs = p->candidates > 0 ? p->candidates : p->files;
    struct plan_line *l = add(ls, PLAN_OPEN_NOTHING, ROLE_TITLE);
    snprintf(l->text, sizeof l->text, "%9s input%s of the dataset, with their annotations", count(inputs, a), plural(inputs));
    if (images[0])
        snprintf(add(ls, PLAN_OPEN_NOTHING, ROLE_TEXT)->text, sizeof l->text, "%9s and their images as files in %.400s", "", images);
    add_counted(ls, p->conflict, PLAN_OPEN_CONFLICT, ROLE_WARN, "image in conflict: its file is somebody else's", "images in conflict: their files are somebody else's");
    add_counted(ls, p->failed, PLAN_OPEN_FAILED, ROLE_WARN, "will fail", "will fail");
    if (p->requests > 0) {
        l = add(ls, PLAN_OPEN_NOTHING, ROLE_TEXT);
        int used = snprintf(l->text, sizeof l->text, "%9s request%s to Clarifai", count(p->requests, a), plural(p->requests));
        if (p->seconds > 0 && used > 0 && (size_t)used < sizeof l->text)
            snprintf(l->text + used, sizeof l->text - (size_t)used, ": about %s", str_duration(p->seconds * 1000, time, sizeof time));
    }
    if (p->table_exists)
        str_copy(add(ls, PLAN_OPEN_NOTHING, ROLE_WARN)->text, sizeof l->text, "a table of this name exists, and is dealt with as chosen above");
}

static bool has_sample(const struct run_plan *p, const char *change)
{
    for (size_t i = 0; i < RUN_SAMPLES; i++)
        if (p->samples[i].table[0] && str_eq(p->samples[i].change, change))
            return true;
    return false;
}

static void plan_update(struct lines *ls, const struct run_plan *p)
{
    const struct { int64_t n; const char *change, *words; enum plan_open open; enum theme_role role; } kinds[] = {
        { p->inserted, "inserted", "to insert", PLAN_OPEN_INSERTED, ROLE_TITLE }, { p->changed, "changed", "to change", PLAN_OPEN_UPDATED, ROLE_TITLE },
        { p->unchanged, "unchanged", "unchanged", PLAN_OPEN_UNCHANGED, ROLE_TEXT },
        { p->missing, "missing", "missing: gone in Clarifai", PLAN_OPEN_MISSING, ROLE_TEXT },
    };
    char a[32];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].n >= 0) {
            struct plan_line *l = add(ls, has_sample(p, kinds[i].change) ? kinds[i].open : PLAN_OPEN_NOTHING, kinds[i].n ? kinds[i].role : ROLE_DIM);
            snprintf(l->text, sizeof l->text, "%9s row%s %s", count(kinds[i].n, a), plural(kinds[i].n), kinds[i].words);
        }
    add_counted(ls, p->conflict, PLAN_OPEN_CONFLICT, ROLE_WARN, "key twice in a table: left alone", "keys twice in a table: left alone");
    if (p->inserted == 0 && p->changed == 0)
        snprintf(add(ls, PLAN_OPEN_NOTHING, ROLE_GOOD)->text, sizeof ls->at->text, "the tables hold what Clarifai has");
}

size_t run_words_plan(const struct view *v, double files_rate, struct plan_line out[PLAN_LINES])
{
    struct lines ls = { out, 0 };
    const struct run_plan *p = &v->plan;
    switch (v->verb) {
    case ASK_IMPORT_VOLUME: plan_volume(&ls, p, files_rate); break;
    case ASK_IMPORT_S3: plan_s3(&ls, p); break;
    case ASK_EXPORT: plan_export(&ls, p, v->images); break;
    case ASK_UPDATE: plan_update(&ls, p); break;
    }
    add_places(&ls, p);
    return ls.n;
}

char *run_words_plan_brief(const struct view *v, char *out, size_t size)
{
    const struct run_plan *p = &v->plan;
    char a[32], b[32];
    int64_t items = p->candidates > 0 ? p->candidates : p->files;
    if (p->start_only)
        snprintf(out, size, "%s has to be started for the plan", p->compute);
    else if (v->verb == ASK_UPDATE)
        snprintf(out, size, "%s to insert, %s to change", count(p->inserted, a), count(p->changed, b));
    else if (v->verb == ASK_EXPORT)
        snprintf(out, size, "%s input%s", count(items, a), plural(items));
    else if (v->verb == ASK_IMPORT_S3)
        snprintf(out, size, "%s row%s", count(items, a), plural(items));
    else
        snprintf(out, size, "%s new, %s already there", count(p->new_items, a), count(p->present, b));
    return out;
}
