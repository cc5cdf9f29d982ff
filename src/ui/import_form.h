#ifndef LAKEFERRY_UI_IMPORT_FORM_H
#define LAKEFERRY_UI_IMPORT_FORM_H
/*
 * import_form: the fields of Import > Volume: what they hold, what is guessed into them, the lists of their pickers, and the job that they
 * describe. Names come from the catalog and are never waited for. Belongs to the UI thread.
 */
#include "core/ask.h"
#include "ui/form.h"
#include "ui/world.h"

enum import_field {
    IMPORT_VOLUME = 1, IMPORT_FOLDER, IMPORT_APP, IMPORT_DATASET, IMPORT_TABLE, IMPORT_EXISTS, IMPORT_COMPUTE, IMPORT_IDS, IMPORT_CONFLICT, IMPORT_FILES,
    IMPORT_PLAN_HEAD, IMPORT_START, IMPORT_DRY_RUN, IMPORT_COPY,
    IMPORT_LINE = 100        /* lines of the plan that open: + enum plan_open */
};

/* What is known about the table that is named. */
enum import_table { IMPORT_TABLE_NONE, IMPORT_TABLE_BAD, IMPORT_TABLE_UNKNOWN, IMPORT_TABLE_UNSEEN /* could not be looked up */, IMPORT_TABLE_FREE, IMPORT_TABLE_OWN, IMPORT_TABLE_FOREIGN };
enum import_dataset { IMPORT_DATASET_UNKNOWN, IMPORT_DATASET_UNSEEN, IMPORT_DATASET_THERE, IMPORT_DATASET_NEW };

struct import_form {
    struct form form;
    struct ui_world *world;
    char *drill;             /* place shown by the picker of volumes or folders; owned */
    char *before;            /* what the field held when its picker was opened; owned */
    bool go_first;           /* the picker's cursor goes to the first place when it comes */
    int64_t since_ms;        /* wall clock: what was listed before does not tell whether a name is free */
    char *table_asked;       /* table whose properties were asked for since then; owned */
    enum import_table table;
    enum import_dataset dataset;
};

int import_form_init(struct import_form *f, struct ui_world *world, struct err *e);
void import_form_release(struct import_form *f);
/* "/Volumes/c/s/v/path" as source; the names that follow from it are guessed anew unless the person wrote them. -1: no volume. */
int import_form_set_source(struct import_form *f, const char *path, struct err *e);
/* The catalog changed, or a field: guesses, notes and the open picker follow what is known now. */
void import_form_refresh(struct import_form *f);
/* The form is shown: what exists is asked for again, as runs may have made it meanwhile. */
void import_form_look_again(struct import_form *f);
/* Nothing is missing but the answer whether dataset and table exist. */
bool import_form_looking(const struct import_form *f);
/* What a key did to the form. Fills pickers by itself; drilling into a place counts as FORM_HANDLED. */
struct form_event import_form_take(struct import_form *f, struct form_event ev);
/* The job; with -1 e says in few words what is missing. Release with ask_release in either case. */
int import_form_ask(struct import_form *f, struct ask *out, struct err *e);
/* Why a run cannot be planned yet, or NULL. text holds it. */
const char *import_form_missing(struct import_form *f, char *text, size_t size);
#endif
