/* What people see of a run: its plan, how far it is, what went wrong, how it ended, and what to do next. */
#include "base/timefmt.h"
#include "cli/write.h"
#include "core/view.h"

#define SAMPLE_ROOM 100 /* of a sample row's words; --json has them all */

/* --- the plan --- */

/* A member of the plan with its words; verbs: where those words are the right ones (first letters of the verb, blank separated; NULL: everywhere). */
struct plan_row { const char *key, *label, *verb; };
static const struct plan_row PLAN_ROWS[] = {
    { "source", "from", NULL }, { "target", "into", NULL },
    { "new", "new, to send", "import" }, { "new", "new, to write", "export" }, { "new", "new", "update" },
    { "present", "already there", NULL }, { "conflict", "conflicts", "import" }, { "conflict", "conflicts", "export" },
    { "conflict", "keys held more than once", "update" }, { "failed", "will fail", NULL },
    { "skipped", "files of other types", "import volume" },
    { "inserted", "rows to insert", NULL }, { "changed", "rows to change", NULL }, { "unchanged", "rows unchanged", NULL },
    { "missing", "rows whose origin is gone", NULL },
    { "ids_changed", "ids changed to fit Clarifai's rules", NULL }, { "bytes", "size", NULL }, { "requests", "requests", NULL },
    { "seconds", "estimated seconds", NULL }, { "staging", "staging", NULL }, { "compute", "compute", NULL },
};

static void show_plan_row(struct out *o, const cJSON *line, const struct plan_row *row)
{
    const char *value = json_str(line, row->key);
    char text[64];
    int64_t n;

    if (row->verb != NULL && !str_starts(json_str_or(line, "verb", ""), row->verb))
        return;
    if (json_i64(line, row->key, &n) && (value == NULL || n >= 0))
        value = str_eq(row->key, "bytes") ? str_bytes((uint64_t)n, text, sizeof text) : str_count((uint64_t)n, text, sizeof text);
    if (value != NULL && value[0] != '\0')
        out_say(o, "  %-36s %s", row->label, value);
}

static void show_samples(struct out *o, const cJSON *line)
{
    const cJSON *sample;
    char text[SAMPLE_ROOM];

    cJSON_ArrayForEach(sample, json_arr(line, "samples")) {
        bool whole = str_copy(text, sizeof text, json_str_or(sample, "text", ""));
        out_say(o, "  %s, %s: %s  %s%s", json_str_or(sample, "table", ""), json_str_or(sample, "change", ""), json_str_or(sample, "key", ""), text, whole ? "" : "...");
    }
}

static void show_plan(struct out *o, const cJSON *line)
{
    const cJSON *note;

    out_say(o, json_bool(line, "start_only", false) ? "before the plan: %s" : "plan: %s", json_str_or(line, "verb", ""));
    for (size_t i = 0; i < sizeof PLAN_ROWS / sizeof PLAN_ROWS[0]; i++)
        show_plan_row(o, line, &PLAN_ROWS[i]);
    show_samples(o, line);
    cJSON_ArrayForEach(note, json_arr(line, "notes"))
        if (cJSON_IsString(note))
            out_say(o, "  note: %s", note->valuestring);
}

/* --- on the way --- */

/* Once a silence; its length goes on in the JSON lines. */
static void show_waiting(struct out *o, const char *words)
{
    if (words != NULL && !o->waiting_said)
        out_say(o, "waiting: %s", words);
    o->waiting_said = words != NULL;
}

static void show_progress(struct out *o, const cJSON *line)
{
    int64_t done = 0, total = 0, eta = -1, bytes = 0;
    double rate = 0;
    char text[256], count[40], of[40], size[40], left[40] = "";
    char bar[21] = "--------------------";

    show_waiting(o, json_str(line, "waiting"));
    json_i64(line, "done", &done);
    json_i64(line, "total", &total);
    json_i64(line, "bytes", &bytes);
    json_f64(line, "rate", &rate);
    if (json_i64(line, "eta", &eta) && eta >= 0)
        str_duration(eta * 1000, left, sizeof left);
    if (total <= 0) { /* a listing does not know its end */
        snprintf(text, sizeof text, "%-14s %s", json_str_or(line, "phase", ""), str_count((uint64_t)done, count, sizeof count));
        out_bar(o, text);
        return;
    }
    memset(bar, '#', (size_t)(done >= total ? 20 : done * 20 / total));
    snprintf(text, sizeof text, "%-14s %s %s / %s  %s  %.0f/s  %s", json_str_or(line, "phase", ""), bar, str_count((uint64_t)done, count, sizeof count),
             str_count((uint64_t)total, of, sizeof of), str_bytes((uint64_t)bytes, size, sizeof size), rate, left);
    out_bar(o, text);
}

static void show_item(struct out *o, const cJSON *line)
{
    const char *state = json_str_or(line, "state", "");

    if (str_eq(state, "skipped"))
        return; /* counted in the plan and the summary; listed in the report */
    out_say(o, "%s: %s: %s", state, json_str_or(line, "key", ""), json_str_or(line, "reason", ""));
}

static void show_error(struct out *o, const cJSON *line)
{
    const char *what = json_str_or(line, "what", ""), *subject = json_str_or(line, "subject", ""), *remedy = json_str_or(line, "remedy", "");

    out_say(o, "lakeferry: %s%s%s%s%s%s%s", what, what[0] && subject[0] ? " " : "", subject, what[0] || subject[0] ? ": " : "",
            json_str_or(line, "cause", ""), remedy[0] ? ". " : "", remedy);
    o->error_said = true;
    o->start_anew = str_eq(json_str_or(line, "code", ""), err_code_name(ERR_CONFLICT)); /* the same run would meet it again */
}

/* Whether it is the last word is known when the run has ended. */
static void keep_summary(struct out *o, const cJSON *line)
{
    cJSON_Delete(o->summary);
    o->summary = cJSON_Duplicate(line, true);
}

static const struct { const char *type; void (*show)(struct out *, const cJSON *); } SHOWS[] = {
    { "plan", show_plan }, { "progress", show_progress }, { "item", show_item }, { "summary", keep_summary }, { "error", show_error },
};

void write_show_line(struct out *o, const cJSON *line)
{
    const char *type = json_str_or(line, "type", "");

    if (o->json)
        out_json(o, line);
    for (size_t i = 0; i < sizeof SHOWS / sizeof SHOWS[0]; i++)
        if (str_eq(SHOWS[i].type, type) && (!o->json || str_eq(type, "error")))
            SHOWS[i].show(o, line);
}

/* --- the end --- */

/* always: a zero is worth saying, too; of_items: not of an update, which is about rows. */
static const struct { const char *key, *one, *many; bool always, of_items; } SUMMARY_WORDS[] = {
    { "planned", "planned", "planned", true, true }, { "verified", "verified", "verified", true, true }, { "present", "present", "present", false, true },
    { "skipped", "skipped", "skipped", false, false }, { "failed", "failed", "failed", false, false }, { "conflict", "conflict", "conflicts", false, false },
    { "unaccounted", "unaccounted", "unaccounted", false, false }, { "cancelled", "cancelled", "cancelled", false, false },
    { "inserted", "inserted", "inserted", true, false }, { "changed", "changed", "changed", true, false },
    { "unchanged", "unchanged", "unchanged", true, false }, { "missing", "missing", "missing", true, false },
    { "rows", "row", "rows", false, false }, { "commits", "commit", "commits", false, false },
};

/* "Nothing to do" is said aloud. */
static const char *nothing_done(const cJSON *summary)
{
    int64_t n, verified = 0, present = 0, failed = 0, commits = -1;

    json_i64(summary, "verified", &verified);
    json_i64(summary, "present", &present);
    json_i64(summary, "failed", &failed);
    json_i64(summary, "commits", &commits);
    if (json_i64(summary, "unchanged", &n))
        return commits == 0 ? "nothing to write: both tables say what the dataset says" : NULL;
    if (verified > 0 || present == 0)
        return NULL;
    return failed == 0 ? "nothing to send: everything was there already" : "nothing new: all that can be carried was there already";
}

/* "done" is a word for runs that are: a parked one has come so far. */
static void show_summary(struct out *o, const cJSON *line, bool done)
{
    struct buf b = BUF_INIT;
    double seconds = 0;
    int64_t n;
    bool of_rows = json_i64(line, "unchanged", &n);

    for (size_t i = 0; i < sizeof SUMMARY_WORDS / sizeof SUMMARY_WORDS[0]; i++)
        if (json_i64(line, SUMMARY_WORDS[i].key, &n) && (n > 0 || SUMMARY_WORDS[i].always) && !(of_rows && SUMMARY_WORDS[i].of_items))
            buf_printf(&b, "%s%lld %s", b.len > 0 ? ", " : "", (long long)n, n == 1 ? SUMMARY_WORDS[i].one : SUMMARY_WORDS[i].many);
    if (json_f64(line, "seconds", &seconds))
        buf_printf(&b, " in %.1f s", seconds);
    out_say(o, "%s: %s", done ? "done" : "so far", b.data != NULL ? b.data : "");
    if (done && nothing_done(line) != NULL)
        out_say(o, "%s", nothing_done(line));
    if (json_str(line, "report") != NULL)
        out_say(o, "report: %s", json_str(line, "report"));
    buf_release(&b);
}

/* The command that shows the first rows of a table that the run has written. */
static void hint_preview(struct out *o, const struct view *v, const char *table)
{
    struct buf b = BUF_INIT;
    struct err e = {0};

    if (table[0] == '\0')
        return;
    buf_puts(&b, "rows: lakeferry preview ");
    ask_put_word(&b, table);
    if (v->sandbox)
        buf_puts(&b, " --sandbox");
    if (v->profile[0] != '\0') {
        buf_puts(&b, " --profile ");
        ask_put_word(&b, v->profile);
    }
    if (buf_error(&b, &e) == 0)
        out_say(o, "%s", b.data);
    buf_release(&b);
}

void write_show_end(struct out *o, const char *id, int status)
{
    struct err e = {0};
    struct view v;
    char again[80];
    bool known = view_read(id, &v, &e) == 0, stopped = known && (v.state == RUN_PARKED || v.state == RUN_FAILED);
    bool done = status == 0 || status == 3;

    out_bar_end(o);
    if (stopped && !o->error_said && v.parked_why[0] != '\0') { /* it ended before we listened */
        err_set(&e, ERR_IO, "%s", v.parked_why);
        out_error(o, &e);
    }
    if (o->summary != NULL)
        show_summary(o, o->summary, done);
    if (known && v.again > 0 && o->summary != NULL)
        out_say(o, "%s", view_again_words(&v, again, sizeof again));
    if (known && done && o->summary != NULL) {
        hint_preview(o, &v, v.table);
        hint_preview(o, &v, v.annotations_table);
    }
    if (stopped && v.has_summary && !o->start_anew)
        out_say(o, "nothing is lost: `lakeferry resume %s` goes on", id);
    cJSON_Delete(o->summary);
    o->summary = NULL;
}
