#include "ui/run_words.h"
#include "base/str.h"
#include <stdarg.h>

static const char *plural(int64_t n) { return n == 1 ? "" : "s"; }

static char *count(int64_t n, char out[32]) { return str_count(n > 0 ? (uint64_t)n : 0, out, 32); }

/* ---- runs ---- */

enum theme_role run_words_role(const struct view *v)
{
    if (v->alive)
        return v->state == RUN_PARKED || v->state == RUN_AT_GATE ? ROLE_WARN : ROLE_INFO;
    if (v->state == RUN_DONE)
        return view_wrong(v) > 0 ? ROLE_WARN : ROLE_GOOD;
    return v->state == RUN_DRY || v->state == RUN_CANCELLED || v->state == RUN_PLANNING || v->state == RUN_AT_GATE ? ROLE_DIM : ROLE_BAD;
}

const char *run_words_short_id(const char *id)
{
    const char *dash = strrchr(id, '-');
    return dash ? dash + 1 : id;
}

/* "app/dataset" of "owner/app/dataset": the app tells more. */
static const char *without_owner(const char *text)
{
    const char *app = strchr(text, '/');
    return app && strchr(app + 1, '/') ? app + 1 : text;
}

char *run_words_title(const struct view *v, char *out, size_t size)
{
    static const char *const verbs[] = { "import", "import", "export", "update" };
    char place[512];
    const char *target = strstr(v->title, " -> ");
    str_copy(place, sizeof place, v->place);
    if (str_starts(place, "/Volumes/")) {
        memmove(place, place + 9, strlen(place + 9) + 1);
        int dots = 0;
        for (char *p = place; *p && dots < 2; p++)
            if (*p == '/') {
                *p = '.';
                dots++;
            }
        if (str_ends(place, "/"))
            place[strlen(place) - 1] = '\0';
    }
    target = without_owner(target ? target + 4 : "");
    snprintf(out, size, "%s %s%s%s", (size_t)v->verb < 4 ? verbs[v->verb] : "", v->verb >= ASK_EXPORT ? without_owner(place) : place, target[0] ? " -> " : "", target);
    return out;
}

/* Appends at used; returns what is used then. */
static int put(char *out, size_t size, int used, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static int put(char *out, size_t size, int used, const char *fmt, ...)
{
    va_list ap;
    if (used < 0 || (size_t)used >= size)
        return used;
    va_start(ap, fmt);
    int n = vsnprintf(out + used, size - (size_t)used, fmt, ap);
    va_end(ap);
    return n < 0 ? used : used + n;
}

/* In percent; -1 while nothing is known. */
static int progress_of(const struct view *v, int64_t *done, int64_t *total)
{
    view_progress(v, done, total);
    return *total <= 0 ? -1 : *done >= *total ? 100 : (int)(*done * 100 / *total);
}

int run_words_percent(const struct view *v)
{
    int64_t done, total;
    return progress_of(v, &done, &total);
}

char *run_words_progress(const struct view *v, char *out, size_t size)
{
    int64_t done, total;
    int percent = progress_of(v, &done, &total);
    char a[32], b[32];
    out[0] = '\0';
    if (percent < 0)
        return out;
    int used = put(out, size, 0, "%s / %s  %d %%", count(done, a), count(total, b), percent);
    if (v->alive && v->rate >= 0.05)
        used = put(out, size, used, v->rate < 10 ? "  %.1f/s" : "  %.0f/s", v->rate);
    if (v->alive && v->eta_s >= 0)
        put(out, size, used, "  %s left", str_duration(v->eta_s * 1000, a, sizeof a));
    return out;
}

/* What became of rows, or of items; an update tells rows only. */
static int put_outcomes(const struct view *v, char *out, size_t size)
{
    const struct run_summary *s = &v->summary;
    const char *verified = v->verb == ASK_EXPORT ? "exported" : "verified";
    const struct { int64_t n; const char *words; bool always; } parts[] = {
        { s->inserted, "inserted", v->verb == ASK_UPDATE }, { s->changed, "changed", v->verb == ASK_UPDATE }, { s->unchanged, "unchanged", false },
        { s->missing, "gone in Clarifai", false }, { v->verb == ASK_UPDATE ? -1 : s->verified, verified, s->present <= 0 && v->verb != ASK_UPDATE },
        { v->verb == ASK_UPDATE ? -1 : s->present, "already there", false }, { s->skipped, "skipped", false }, { s->failed, "failed", false },
        { s->conflict, "in conflict", false }, { s->unaccounted, "unaccounted for", false }, { s->cancelled, "cancelled", false },
    };
    char n[32];
    int used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].n > 0 || parts[i].always)
            used = put(out, size, used, "%s%s %s", used ? ", " : "", count(parts[i].n, n), parts[i].words);
    return used;
}

char *run_words_summary(const struct view *v, char *out, size_t size)
{
    const struct run_summary *s = &v->summary;
    char n[32], again[80];
    out[0] = '\0';
    int used = put_outcomes(v, out, size);
    if (s->verified == 0 && s->present > 0 && v->verb <= ASK_IMPORT_S3)
        used = put(out, size, used, "; nothing was to be sent");
    if (v->again > 0)
        used = put(out, size, used, "; %s", view_again_words(v, again, sizeof again));
    if (s->commits == 0 && v->verb == ASK_UPDATE)
        used = put(out, size, used, "; nothing was written");
    else if (s->rows >= 0 && v->table[0])
        used = put(out, size, used, "; %s row%s in %s%s", count(s->rows, n), plural(s->rows), v->annotations_table[0] ? "both tables together" : v->table,
                   s->commits == 0 ? v->annotations_table[0] ? ", which were up to date" : ", which was up to date" : "");
    if (s->milliseconds > 0)
        put(out, size, used, "; %s", str_duration(s->milliseconds, n, sizeof n));
    return out;
}
