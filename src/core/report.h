#ifndef LAKEFERRY_CORE_REPORT_H
#define LAKEFERRY_CORE_REPORT_H
/* report: the JSON lines of design §3 (each with type, run, time) and the report file, which holds them all, items complete. Any thread. */
#include "core/journal.h"
#include "core/run.h"

/* A line of a type with run and time; the caller deletes it. NULL without memory, as all here. */
cJSON *report_line(const char *type, const char *run);
cJSON *report_plan(const char *run, const struct run_plan *p, const char *verb);
cJSON *report_item(const char *run, const struct journal_item *item);
cJSON *report_error(const char *run, const struct err *e);
cJSON *report_summary(const char *run, const struct run_summary *s, const char *report_path);
void report_read_summary(const cJSON *line, struct run_summary *out);
/* One line of text without newline. Owned. */
char *report_text(const cJSON *line);
/* A fact that is such a line ("plan", "live", "summary") or another JSON object; NULL when there is none. The caller deletes it. */
cJSON *report_kept(struct journal *j, const char *fact);
/* Writes FOLDER/report.jsonl from the journal: its lines, then every item, then the summary line. Complete or not at all. */
int report_write(struct journal *j, const char *run, const char *folder, const cJSON *summary, struct err *e);
#endif
