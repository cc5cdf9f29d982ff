#ifndef LAKEFERRY_CORE_PROBE_INSIDE_H
#define LAKEFERRY_CORE_PROBE_INSIDE_H
/* probe_inside: what probe.c (place, compute, removal) and probe_forms.c (the forms and what their answers must be) share. One thread. */
#include "core/probe_memory.h"
#include "core/sql_s3.h"
#include "core/stage.h"

struct probe {
    struct session session;              /* with our cancel, or none while cleaning */
    struct compute *compute;
    struct stage_place place;
    char id[32];
    struct name table;
    char *rows, *changed, *csv, *out;    /* folders and a file */
    struct sql_s3 s3;
    bool table_tried;
};

/* Runs a statement and releases its text; rows may be NULL. */
int probe_statement(struct probe *p, struct buf *text, struct compute_rows *rows, struct err *e);
/* Tries one form after the other on what is staged, until cancelled, and says each to hooks. */
void probe_forms(struct probe *p, const struct probe_hooks *hooks, struct probe_answers *answers);
#endif
