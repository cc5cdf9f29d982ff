#ifndef LAKEFERRY_CLI_WRITE_H
#define LAKEFERRY_CLI_WRITE_H
/* write: carries a run in the foreground (or hands it to a worker), with questions, bars and signals. Main thread. */
#include "cli/verbs.h"
#include "core/run.h"

/* What the question of a profile marked production asks to be typed: the table's name, else the dataset's. */
struct write_thing { char name[256]; };
void write_name_thing(const struct ask *ask, struct write_thing *out);
/* Runs an existing run here, or in a worker with --detach; returns the exit status. */
int write_carry(struct command *c, struct session *s, const char *id, const struct write_thing *thing);
/* Prints one line of the run's JSON for people or as it is. */
void write_show_line(struct out *o, const cJSON *line);
/* The last words about a run that has ended with this status: its summary, what to look at, and how to go on. */
void write_show_end(struct out *o, const char *id, int status);
#endif
