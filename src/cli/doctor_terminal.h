#ifndef LAKEFERRY_CLI_DOCTOR_TERMINAL_H
#define LAKEFERRY_CLI_DOCTOR_TERMINAL_H
/* doctor_terminal: the doctor's look at the terminal: TERM and its colours, size, locale, clipboard. Nothing is written to it. Main thread. */
#include "core/doctor.h"

void doctor_terminal(struct doctor *d);
#endif
