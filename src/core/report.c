#include "core/report.h"
#include "base/file.h"
#include "base/timefmt.h"
#include "core/plan.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define REPORT_PAGE 500

cJSON *report_line(const char *type, const char *run)
{
    char now[40];
    cJSON *line = cJSON_CreateObject();
    if (line && json_put_str(line, "type", type) && json_put_str(line, "run", run) &&
        json_put_str(line, "time", time_format(time_wall_us(), 3, now, sizeof now)))
        return line;
    cJSON_Delete(line);
    return NULL;
}

cJSON *report_plan(const char *run, const struct run_plan *p, const char *verb)
{
    cJSON *line = report_line("plan", run);
    if (line && json_put_str(line, "verb", verb) && plan_put(line, p))
        return line;
    cJSON_Delete(line);
    return NULL;
}

cJSON *report_item(const char *run, const struct journal_item *item)
{
    cJSON *line = report_line("item", run);
    if (!line)
        return NULL;
    json_put_str(line, "key", item->key);
    json_put_str(line, "input_id", item->input_id);
    json_put_str(line, "state", journal_state_name(item->state));
    json_put_str(line, "reason", item->reason);
    json_put_str(line, "code", item->code);
    return line;
}

cJSON *report_error(const char *run, const struct err *e)
{
    cJSON *line = report_line("error", run);
    if (!line)
        return NULL;
    const char *remedy = err_remedy_text(e);
    json_put_str(line, "what", e->what[0] ? e->what : NULL);
    json_put_str(line, "subject", e->subject[0] ? e->subject : NULL);
    json_put_str(line, "cause", e->cause);
    json_put_str(line, "remedy", remedy[0] ? remedy : NULL);
    if (e->http)
        json_put_i64(line, "http", e->http);
    json_put_str(line, "code", e->api_code[0] ? e->api_code : err_code_name(e->code));
    return line;
}

static const struct { const char *name; size_t at; } summary_numbers[] = {
    {"planned", offsetof(struct run_summary, planned)},     {"verified", offsetof(struct run_summary, verified)},
    {"present", offsetof(struct run_summary, present)},     {"skipped", offsetof(struct run_summary, skipped)},
    {"failed", offsetof(struct run_summary, failed)},       {"conflict", offsetof(struct run_summary, conflict)},
    {"unaccounted", offsetof(struct run_summary, unaccounted)}, {"cancelled", offsetof(struct run_summary, cancelled)},
    {"inserted", offsetof(struct run_summary, inserted)},   {"changed", offsetof(struct run_summary, changed)},
    {"unchanged", offsetof(struct run_summary, unchanged)}, {"missing", offsetof(struct run_summary, missing)},
    {"rows", offsetof(struct run_summary, rows)},           {"commits", offsetof(struct run_summary, commits)},
};

cJSON *report_summary(const char *run, const struct run_summary *s, const char *report_path)
{
    cJSON *line = report_line("summary", run);
    if (!line)
        return NULL;
    for (size_t i = 0; i < sizeof summary_numbers / sizeof *summary_numbers; i++) {
        const int64_t *n = (const int64_t *)(const void *)((const char *)s + summary_numbers[i].at);
        if (*n >= 0)
            json_put_i64(line, summary_numbers[i].name, *n);
    }
    cJSON_AddNumberToObject(line, "seconds", (double)s->milliseconds / 1000);
    json_put_str(line, "report", report_path);
    return line;
}

void report_read_summary(const cJSON *line, struct run_summary *out)
{
    double seconds = 0;
    memset(out, 0, sizeof *out);
    out->inserted = out->changed = out->unchanged = out->missing = -1;
    for (size_t i = 0; i < sizeof summary_numbers / sizeof *summary_numbers; i++)
        json_i64(line, summary_numbers[i].name, (int64_t *)(void *)((char *)out + summary_numbers[i].at));
    if (json_f64(line, "seconds", &seconds))
        out->milliseconds = (int64_t)(seconds * 1000);
}

char *report_text(const cJSON *line)
{
    struct buf text = BUF_INIT;
    char *out = line && json_print(&text, line) == 0 ? buf_take(&text) : NULL;
    buf_release(&text);
    return out;
}

cJSON *report_kept(struct journal *j, const char *fact)
{
    char *text = journal_get(j, fact);
    cJSON *json = text ? json_parse(text, strlen(text), NULL) : NULL;
    free(text);
    return json;
}

/* --- the file --- */

static int put_text(int fd, const char *text, struct err *e)
{
    return file_write_all(fd, text, strlen(text), e) != 0 ? -1 : file_write_all(fd, "\n", 1, e);
}

static int put_line(struct buf *page, cJSON *line, struct err *e)
{
    int result = line && json_print(page, line) == 0 && buf_putc(page, '\n') == 0 ? 0 : err_no_memory(e);
    cJSON_Delete(line);
    return result;
}

static int put_items(int fd, struct journal *j, const char *run, struct err *e)
{
    struct journal_query q = {.limit = REPORT_PAGE};
    size_t n = REPORT_PAGE;
    struct buf page = BUF_INIT;
    int result = 0;
    while (result == 0 && n == REPORT_PAGE) {
        struct journal_item *items;
        result = journal_read(j, &q, &items, &n, e);
        buf_clear(&page);
        for (size_t i = 0; i < n && result == 0; i++) {
            result = put_line(&page, report_item(run, &items[i]), e);
            q.after_id = items[i].id;
        }
        journal_items_free(items, n);
        if (result == 0)
            result = file_write_all(fd, page.data, page.len, e);
    }
    buf_release(&page);
    return result;
}

static int put_all(int fd, struct journal *j, const char *run, const cJSON *summary, struct err *e)
{
    struct str_list lines = {0};
    int result = journal_lines(j, &lines, e);
    for (size_t i = 0; i < lines.count && result == 0; i++)
        result = put_text(fd, lines.items[i], e);
    str_list_release(&lines);
    if (result == 0)
        result = put_items(fd, j, run, e);
    char *text = report_text(summary);
    if (result == 0)
        result = text ? put_text(fd, text, e) : err_no_memory(e);
    free(text);
    if (result == 0 && fsync(fd) != 0)
        result = err_set_errno(e, errno, "it cannot be written to the disk");
    return result;
}

int report_write(struct journal *j, const char *run, const char *folder, const cJSON *summary, struct err *e)
{
    char *path = str_printf("%s/report.jsonl", folder), *part = str_printf("%s/report.jsonl.part", folder);
    int result = path && part ? 0 : err_no_memory(e);
    if (result == 0) {
        unlink(part);
        int fd = open(part, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
        result = fd < 0 ? err_set_errno(e, errno, "it cannot be made") : put_all(fd, j, run, summary, e);
        if (fd >= 0 && close(fd) != 0 && result == 0)
            result = err_set_errno(e, errno, "it cannot be closed");
        if (result == 0 && rename(part, path) != 0)
            result = err_set_errno(e, errno, "it cannot be renamed into place");
        if (result != 0)
            err_about(e, "cannot write the report", path);
    }
    free(path);
    free(part);
    return result;
}
