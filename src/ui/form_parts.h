#ifndef LAKEFERRY_UI_FORM_PARTS_H
#define LAKEFERRY_UI_FORM_PARTS_H
/* form_parts: rows and choices that the field tables of several verbs have in common. Constant. */
#include "ui/form_names.h"

static const struct job_choice form_parts_ways[] = {
    { "Volume", "Volume: files in a Unity Catalog volume", NULL }, { "S3", "S3: rows of a CSV file or a Delta table", NULL }, { 0 },
};
static const struct job_choice form_parts_exists[] = {
    { "fail", "fail: leave the table alone", NULL },
    { "append", "append: merge rows into it (of the same app only)", "append" },
    { "replace", "replace: its rows and columns go", "replace" }, { 0 },
};
static const struct job_choice form_parts_conflict[] = {
    { "skip", "skip: inputs of somebody else are left alone and reported", NULL },
    { "suffix", "suffix: ours are sent beside them under another id", "suffix" },
    { "fail", "fail: nothing is sent when there is a conflict", "fail" }, { 0 },
};
static const struct job_choice form_parts_staging[] = { { "(automatic)", "automatic: as the settings say, else a volume made for the run", NULL }, { 0 } };

#define FORM_PARTS_WAY(way) \
    { .id = FIELD_WAY, .kind = FORM_CHOICE, .label = "Import from", .value = way, \
      .list = LIST_FIXED, .choices = form_parts_ways }
#define FORM_PARTS_APP \
    { .id = FIELD_APP, .kind = FORM_CHOICE, .label = "Clarifai app", .value = "", \
      .list = LIST_APPS, .make = "take the app (owner/app)", .missing = "choose a Clarifai app", \
      .option = "app", .guess = form_names_guess_app, .note = form_names_note_app }
#define FORM_PARTS_COMPUTE(why) \
    { .id = FIELD_COMPUTE, .kind = FORM_CHOICE, .label = "Compute", .value = "", \
      .list = LIST_COMPUTE, .missing = why, \
      .option = "compute", .guess = form_names_guess_compute, .note = form_names_note_compute }
#define FORM_PARTS_EXISTS \
    { .id = FIELD_EXISTS, .kind = FORM_CHOICE, .label = "If it exists", .value = "fail", \
      .list = LIST_FIXED, .choices = form_parts_exists, \
      .option = "if-exists", .shown = form_names_exists_shown }
#define FORM_PARTS_CONFLICT \
    { .id = FIELD_CONFLICT, .kind = FORM_CHOICE, .label = "On conflict", .value = "skip", \
      .list = LIST_FIXED, .choices = form_parts_conflict, .option = "on-conflict" }
#define FORM_PARTS_STAGING \
    { .id = FIELD_STAGING, .kind = FORM_CHOICE, .label = "Staging", .value = "(automatic)", \
      .list = LIST_VOLUMES, .choices = form_parts_staging, .beside = FIELD_SCHEMA, \
      .option = "staging", .note = form_names_note_staging }
#endif
