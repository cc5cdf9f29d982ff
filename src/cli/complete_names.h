#ifndef LAKEFERRY_CLI_COMPLETE_NAMES_H
#define LAKEFERRY_CLI_COMPLETE_NAMES_H
/* complete_names: names of both platforms, as far as the disk cache knows them, profiles and runs, for completion. Main thread. */
#include "base/str.h"

enum complete_kind { COMPLETE_PLACE, COMPLETE_SCHEMA, COMPLETE_TABLE, COMPLETE_VOLUME, COMPLETE_APP, COMPLETE_DATASET, COMPLETE_COMPUTE, COMPLETE_PROFILE,
                     COMPLETE_RUN };
/* What the rest of the command line says; NULL: nothing. */
struct complete_context { const char *profile, *app, *schema, *first /* plain word */; };
/* Appends full candidates that begin as typed does (others may be among them). ERR_NO_MEMORY. */
int complete_names(const struct complete_context *c, enum complete_kind kind, const char *typed, struct str_list *out, struct err *e);
#endif
