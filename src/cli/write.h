#ifndef LAKEFERRY_CLI_WRITE_H
#define LAKEFERRY_CLI_WRITE_H
/* write: carries a run in the foreground (or hands it to a worker), with questions, bars and signals. Main thread. */
#include "cli/verbs.h"
#include "core/run.h"

/* Runs an existing run here; returns the exit status. */
int write_execute(struct command *c, struct session *s, const char *id);
/* Prints one line of the run's JSON for people or as it is. */
void write_show_line(struct out *o, const cJSON *line);
/* The last words about a run that has ended with this status: its summary, and how to go on. */
void write_show_end(struct out *o, const char *id, int status);
#endif
