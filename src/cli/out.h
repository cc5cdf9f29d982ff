#ifndef LAKEFERRY_CLI_OUT_H
#define LAKEFERRY_CLI_OUT_H
/*
 * out: what commands print. Data goes to stdout, words for people to stderr; with --json every fact is one object a line on stdout. All
 * text that came from elsewhere passes utf8_escape here. Main thread.
 */
#include "base/json.h"

struct out {
    bool json, color, ascii;
    bool terminal;               /* stderr is one */
    bool bar_shown;
    int64_t bar_at_ms;
    bool error_said, waiting_said, start_anew;   /* of the run that is shown */
    cJSON *summary;              /* of it, until it has ended */
};
/* One JSON line; the tree stays the caller's. A closed stdout ends the program quietly (SIGPIPE is ignored; exit 1). */
void out_json(struct out *o, const cJSON *line);
/* {"type":type,"time":now}; NULL without memory. */
cJSON *out_object(const char *type);
/* Data for programs to stdout as it is, but for secrets; line by line escaped when stdout is a terminal. */
void out_data(struct out *o, const char *bytes, size_t n);
/* Writes out what stdio holds for stdout: 0, or 1 and a sentence on stderr (none when the reader is gone). */
int out_flush(void);
/* Escaped text + newline to stdout. */
void out_text(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Escaped text + newline to stderr, clearing a bar first. */
void out_say(struct out *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The error as a sentence (stderr) and, with --json, an `error` object. Returns its exit status. */
int out_error(struct out *o, const struct err *e);
/* A line that is replaced by the next and cut to the width (terminal), or printed every few seconds (none). */
void out_bar(struct out *o, const char *text);
void out_bar_end(struct out *o);
/* A plain table: cells row-major, widths by content, the last column is never padded. NULL cells print as empty. */
void out_table(struct out *o, const char *const *heads, size_t columns, char *const *cells, size_t rows);
/* A question on the terminal; the safe answer is no. False as well when nobody can answer. */
bool out_ask(struct out *o, const char *question);
/* The same, answered by typing the word. */
bool out_ask_word(struct out *o, const char *question, const char *word);
#endif
