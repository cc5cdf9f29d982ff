#include "core/plan.h"
#include <stdarg.h>

static const struct { const char *name; size_t at, room; } plan_texts[] = {
    {"source", offsetof(struct run_plan, source), sizeof ((struct run_plan *)0)->source},
    {"target", offsetof(struct run_plan, target), sizeof ((struct run_plan *)0)->target},
    {"staging", offsetof(struct run_plan, staging), sizeof ((struct run_plan *)0)->staging},
    {"compute", offsetof(struct run_plan, compute), sizeof ((struct run_plan *)0)->compute},
    {"workflow", offsetof(struct run_plan, workflow), sizeof ((struct run_plan *)0)->workflow},
};
static const struct { const char *name; size_t at; } plan_numbers[] = {
    {"files", offsetof(struct run_plan, files)},           {"candidates", offsetof(struct run_plan, candidates)},
    {"new", offsetof(struct run_plan, new_items)},         {"present", offsetof(struct run_plan, present)},
    {"conflict", offsetof(struct run_plan, conflict)},     {"failed", offsetof(struct run_plan, failed)},
    {"skipped", offsetof(struct run_plan, skipped)},       {"ids_changed", offsetof(struct run_plan, ids_changed)},
    {"bytes", offsetof(struct run_plan, bytes)},           {"requests", offsetof(struct run_plan, requests)},
    {"seconds", offsetof(struct run_plan, seconds)},       {"add_to_dataset", offsetof(struct run_plan, add_to_dataset)},
    {"inserted", offsetof(struct run_plan, inserted)},     {"changed", offsetof(struct run_plan, changed)},
    {"unchanged", offsetof(struct run_plan, unchanged)},   {"missing", offsetof(struct run_plan, missing)},
};
static const struct { const char *name; size_t at; } plan_flags[] = {
    {"create_dataset", offsetof(struct run_plan, create_dataset)},
    {"table_exists", offsetof(struct run_plan, table_exists)},
    {"compute_must_start", offsetof(struct run_plan, compute_must_start)},
    {"start_only", offsetof(struct run_plan, start_only)},
};
#define COUNT(a) (sizeof(a) / sizeof *(a))
#define NOTES COUNT(((struct run_plan *)0)->notes)

static char *text_at(const struct run_plan *p, size_t at) { return (char *)(uintptr_t)p + at; }

static int64_t *number_at(const struct run_plan *p, size_t at) { return (int64_t *)(void *)text_at(p, at); }

static bool *flag_at(const struct run_plan *p, size_t at) { return (bool *)(void *)text_at(p, at); }

void plan_init(struct run_plan *p)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i < COUNT(plan_numbers); i++)
        *number_at(p, plan_numbers[i].at) = -1;
}

static bool put_samples(cJSON *line, const struct run_plan *p)
{
    cJSON *list = p->samples[0].table[0] ? cJSON_AddArrayToObject(line, "samples") : NULL;
    bool ok = list || !p->samples[0].table[0];
    for (size_t i = 0; list && i < RUN_SAMPLES && p->samples[i].table[0]; i++) {
        const struct run_sample *s = &p->samples[i];
        cJSON *one = cJSON_CreateObject();
        ok = one && json_put_str(one, "table", s->table) && json_put_str(one, "change", s->change) && json_put_str(one, "key", s->key) &&
             json_put_str(one, "text", s->text) && cJSON_AddItemToArray(list, one) && ok;
    }
    return ok;
}

static void read_samples(const cJSON *line, struct run_plan *out)
{
    size_t n = 0;
    const cJSON *one;
    cJSON_ArrayForEach(one, json_arr(line, "samples")) {
        if (n >= RUN_SAMPLES || !json_str(one, "table"))
            continue;
        struct run_sample *s = &out->samples[n++];
        str_copy(s->table, sizeof s->table, json_str(one, "table"));
        str_copy(s->change, sizeof s->change, json_str_or(one, "change", ""));
        str_copy(s->key, sizeof s->key, json_str_or(one, "key", ""));
        str_copy(s->text, sizeof s->text, json_str_or(one, "text", ""));
    }
}

bool plan_put(cJSON *line, const struct run_plan *p)
{
    bool ok = true;
    for (size_t i = 0; i < COUNT(plan_texts); i++)
        if (*text_at(p, plan_texts[i].at))
            ok = json_put_str(line, plan_texts[i].name, text_at(p, plan_texts[i].at)) && ok;
    for (size_t i = 0; i < COUNT(plan_numbers); i++)
        if (*number_at(p, plan_numbers[i].at) >= 0)
            ok = json_put_i64(line, plan_numbers[i].name, *number_at(p, plan_numbers[i].at)) && ok;
    for (size_t i = 0; i < COUNT(plan_flags); i++)
        if (*flag_at(p, plan_flags[i].at))
            ok = json_put_bool(line, plan_flags[i].name, true) && ok;
    ok = put_samples(line, p) && ok;
    if (!p->notes[0][0])
        return ok;
    cJSON *notes = cJSON_AddArrayToObject(line, "notes");
    for (size_t i = 0; notes && i < NOTES && p->notes[i][0]; i++) {
        cJSON *note = cJSON_CreateString(p->notes[i]);
        ok = note && cJSON_AddItemToArray(notes, note) && ok;
    }
    return ok && notes;
}

void plan_read(const cJSON *line, struct run_plan *out)
{
    plan_init(out);
    for (size_t i = 0; i < COUNT(plan_texts); i++)
        str_copy(text_at(out, plan_texts[i].at), plan_texts[i].room, json_str_or(line, plan_texts[i].name, ""));
    for (size_t i = 0; i < COUNT(plan_numbers); i++)
        json_i64(line, plan_numbers[i].name, number_at(out, plan_numbers[i].at));
    for (size_t i = 0; i < COUNT(plan_flags); i++)
        *flag_at(out, plan_flags[i].at) = json_bool(line, plan_flags[i].name, false);
    read_samples(line, out);
    size_t n = 0;
    const cJSON *note;
    cJSON_ArrayForEach(note, json_arr(line, "notes"))
        if (n < NOTES && cJSON_IsString(note))
            str_copy(out->notes[n++], sizeof out->notes[0], note->valuestring);
}

int plan_keep(struct journal *j, const char *fact, const struct run_plan *p, struct err *e)
{
    struct buf text = BUF_INIT;
    cJSON *line = cJSON_CreateObject();
    bool ok = line && plan_put(line, p) && json_print(&text, line) == 0;
    int result = ok ? journal_put(j, fact, text.data, e) : err_no_memory(e);
    cJSON_Delete(line);
    buf_release(&text);
    return result;
}

int plan_restore(struct journal *j, const char *fact, struct run_plan *out, struct err *e)
{
    char *text = journal_get(j, fact);
    cJSON *line = text ? json_parse(text, strlen(text), e) : NULL;
    int result = !text ? 0 : line ? 1 : -1;
    if (line)
        plan_read(line, out);
    cJSON_Delete(line);
    free(text);
    return result;
}

struct run_sample *plan_sample(struct run_plan *p, const char *table, const char *change)
{
    for (size_t i = 0; i < RUN_SAMPLES; i++) {
        struct run_sample *s = &p->samples[i];
        if (s->table[0])
            continue;
        str_copy(s->table, sizeof s->table, table);
        str_copy(s->change, sizeof s->change, change);
        s->key[0] = s->text[0] = '\0';
        return s;
    }
    return NULL;
}

void plan_note(struct run_plan *p, const char *fmt, ...)
{
    char text[sizeof p->notes[0]];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (size_t i = 0; i < NOTES; i++) {
        if (str_eq(p->notes[i], text))
            return;
        if (!p->notes[i][0]) {
            str_copy(p->notes[i], sizeof p->notes[i], text);
            return;
        }
    }
}
