#ifndef LAKEFERRY_UI_METER_H
#define LAKEFERRY_UI_METER_H
/* meter: how much of something is done, as a bar. Stateless; UI thread. */
#include "ui/frame.h"

/* A bar of cols cells for done of total; total 0 (unknown) draws an empty one. It changes only when a whole cell does. */
void meter_render(struct frame *f, int row, int col, int cols, uint64_t done, uint64_t total);
/* "55 %", "" while total is 0; never 100 % before all is done. Returns out. */
char *meter_percent(uint64_t done, uint64_t total, char *out, size_t size);
#endif
