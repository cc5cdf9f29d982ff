#ifndef LAKEFERRY_UI_JOB_FORM_H
#define LAKEFERRY_UI_JOB_FORM_H
/*
 * job_form: the fields of a writing verb: what they hold, what is guessed into them, the lists of their pickers, and the job that they describe.
 * A verb is a constant table of fields (form_import.c, form_s3.c, form_export.c, form_update.c); what fields have in common stands here, in
 * form_lists (pickers), form_whole (whole names typed into them), form_names (what exists already) and form_notes (what is said of it). Names come from the catalog and are never waited for. Belongs to the UI thread.
 */
#include "core/ask.h"
#include "ui/form.h"
#include "ui/world.h"

enum job_field_id {
    FIELD_WAY = 1,           /* volume or S3 */
    FIELD_VOLUME, FIELD_FOLDER, FIELD_URL, FIELD_FORMAT, FIELD_APP, FIELD_DATASET, FIELD_SCHEMA, FIELD_TABLE, FIELD_ANNOTATIONS, FIELD_EXISTS,
    FIELD_IMAGES, FIELD_IMAGES_FOLDER, FIELD_SCOPE, FIELD_DELETE, FIELD_COMPUTE, FIELD_STAGING, FIELD_IDS, FIELD_CONFLICT, FIELD_FILES,
    FIELD_PLAN_HEAD, FIELD_START, FIELD_DRY_RUN, FIELD_COPY,
    FIELD_BEGIN,             /* the line of the plan that starts the compute */
    FIELD_LINE = 100         /* lines of the plan that open: + enum plan_open */
};

/* What a picker shows. */
enum job_list { LIST_NONE, LIST_FIXED, LIST_VOLUMES, LIST_FOLDERS, LIST_SCHEMAS, LIST_TABLES, LIST_APPS, LIST_DATASETS, LIST_COMPUTE };

/* A value that a field always offers. option: what the ask is told, NULL: nothing. */
struct job_choice { const char *value, *words, *option; };

struct job_form;
struct job_field {
    int id;
    enum form_kind kind;
    const char *label, *value;       /* value: what it holds at first */
    enum job_list list;
    const struct job_choice *choices;  /* ended by value NULL; may be NULL */
    int beside;                      /* LIST_FOLDERS: the field of their volume; LIST_TABLES: the field in whose schema the picker begins; 0: none */
    const char *make;                /* the picker takes a new name: "make a new dataset named"; NULL: it does not */
    const char *option;              /* of the ask; NULL: the verb's own function tells it */
    const char *missing;             /* why nothing can be done while it is empty; NULL: it may be */
    bool (*shown)(const struct job_form *f);       /* NULL: always */
    void (*guess)(struct job_form *f);             /* fills in what the person left alone; may be NULL */
    void (*note)(struct job_form *f);              /* says right of it what is known; may be NULL */
};

struct job_verb {
    enum ask_verb verb;
    const char *title;               /* "Export", heads the lists that open from its plan */
    const struct job_field *fields;
    size_t count;
    int first, given;                /* where the focus begins: with nothing, and with a place brought along */
    bool makes_dataset, makes_tables;
    /* A place brought along from another screen, as typed. 0 or -1. */
    int (*take)(struct job_form *f, const char *place, struct err *e);
    /* Adds what no option says. 0 or -1; may be NULL. */
    int (*ask)(struct job_form *f, struct ask *out, struct err *e);
    /* What is missing that no field says alone, or NULL; may be NULL. */
    const char *(*missing)(const struct job_form *f);
};
extern const struct job_verb job_import_volume, job_import_s3, job_export, job_update;

/* What is known about a table that is named. THERE: it exists and is not this job's own. */
enum job_table_state {
    JOB_TABLE_NONE, JOB_TABLE_BAD, JOB_TABLE_UNKNOWN,
    JOB_TABLE_UNSEEN,        /* could not be looked up */
    JOB_TABLE_FREE, JOB_TABLE_OWN, JOB_TABLE_THERE
};
enum job_dataset_state { JOB_DATASET_UNKNOWN, JOB_DATASET_UNSEEN, JOB_DATASET_THERE, JOB_DATASET_NEW };
struct job_table {
    enum job_table_state state;
    char *asked;             /* whose properties were asked for; owned */
    char why[200];           /* it is bad, or could not be looked up */
};

struct job_form {
    struct form form;
    struct ui_world *world;
    const struct job_verb *verb;
    char *drill;             /* place shown by the picker of volumes, tables, schemas or folders; owned */
    char *before;            /* what the field held when its picker was opened; owned */
    bool go_first;           /* the picker's cursor goes to the first place when it comes */
    int64_t since_ms;        /* wall clock: what was listed before does not tell whether a name is free */
    bool anew;               /* a person asks: what has no answer yet is given up and asked again */
    struct job_table tables[2];      /* of FIELD_TABLE and FIELD_ANNOTATIONS */
    enum job_dataset_state dataset;
    char *given;             /* the table brought along, before it is known which of the two it is; owned */
};

int job_form_init(struct job_form *f, const struct job_verb *verb, struct ui_world *world, struct err *e);
void job_form_release(struct job_form *f);
/* A place brought along; the names that follow from it are guessed anew unless the person wrote them. -1: it is none for this verb. */
int job_form_take_place(struct job_form *f, const char *place, struct err *e);
/* The catalog changed, or a field: fields, guesses, notes and the open picker follow what is known now. */
void job_form_refresh(struct job_form *f);
/* The form is shown: what exists is asked for again, as runs may have made it meanwhile. */
void job_form_look_again(struct job_form *f);
/* The same because a person asks: a request that hangs is given up for a new one. */
void job_form_ask_again(struct job_form *f);
/* Nothing is missing but the answer whether dataset and tables exist. */
bool job_form_looking(const struct job_form *f);
/* Both platforms answered since the form looked last: what is known of before does not count. Asks them. */
bool job_form_answered(const struct job_form *f);
/* Something that should be known could not be looked up. */
bool job_form_unseen(const struct job_form *f);
/* What a key did to the form. Fills pickers by itself; drilling into a place counts as FORM_HANDLED. */
struct form_event job_form_take(struct job_form *f, struct form_event ev);
/* The job; with -1 e says in few words what is missing. Release with ask_release in either case. */
int job_form_ask(struct job_form *f, struct ask *out, struct err *e);
/* Why a run cannot be planned yet, or NULL. text holds it. */
const char *job_form_missing(struct job_form *f, char *text, size_t size);
/* The row of a field in its verb's table; NULL when the verb has none. */
const struct job_field *job_form_field(const struct job_form *f, int id);
/* "" when there is no such field, or it is not shown. */
static inline const char *job_value(const struct job_form *f, int id) { return form_value(&f->form, id); }
#endif
