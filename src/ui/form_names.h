#ifndef LAKEFERRY_UI_FORM_NAMES_H
#define LAKEFERRY_UI_FORM_NAMES_H
/*
 * form_names: names in a form: taken apart, looked up, guessed, and said what is known of them. The guess and note functions are made for
 * the field tables of the verbs. Belongs to the UI thread.
 */
#include "ui/job_form.h"

/* A list of the catalog that may be a minute old, or NULL. Release with catalog_list_unref. */
const struct catalog_list *form_names_list(const struct job_form *f, const char *place);
/* One that tells what exists now: known is false while it does not, and no error says why. */
const struct catalog_list *form_names_list_now(const struct job_form *f, const char *place, bool *known);
const struct catalog_entry *form_names_find(const struct catalog_list *l, enum catalog_kind kind, const char *name);

/* The volume in a field; false (and nothing to release) while it holds none. */
bool form_names_volume(const struct job_form *f, int field, struct name *out);
/* "/Volumes/c/s/v[/folder]" of a field of a volume and one of a folder. Owned, NULL while there is no volume. */
char *form_names_path(const struct job_form *f, int volume, int folder);
#define FORM_NAMES_WHOLE "(whole volume)"
/* The table named by FIELD_TABLE or FIELD_ANNOTATIONS, whole. False while the text is none, then e says why. Release with name_release. */
bool form_names_table(const struct job_form *f, int field, struct name *out, struct err *e);
/* UC's description of that table once it is known to exist, or NULL. Valid until the catalog's next event. */
const struct databricks_object *form_names_object(struct job_form *f, int field);
/* The dataset as properties name it, "user/app/dataset". Owned, NULL while app or dataset is not chosen. */
char *form_names_dataset(const struct job_form *f);
/* Whether a comma-separated list names it. */
bool form_names_has(const char *list, const char *dataset);
struct job_table *form_names_state(struct job_form *f, int field);
void form_names_compute_id(const struct catalog_entry *en, char *out, size_t size);

/* Sets a value that the person left alone. */
void form_names_guess(struct job_form *f, int field, const char *value);
/* [A-Za-z0-9_-], at most 48, as Clarifai's ids are; "" when nothing is left of the text. */
char *form_names_id(const char *text, char out[49]);
void form_names_guess_app(struct job_form *f);
void form_names_guess_newest_dataset(struct job_form *f);
void form_names_guess_compute(struct job_form *f);
/* The schema of the staging volume, else of the table that a run wrote last. */
void form_names_guess_schema(struct job_form *f);

/* form_notes.c */
void form_names_note_app(struct job_form *f);
void form_names_note_dataset(struct job_form *f);
void form_names_note_table(struct job_form *f);
void form_names_note_annotations(struct job_form *f);
void form_names_note_compute(struct job_form *f);
void form_names_note_staging(struct job_form *f);
/* The question what to do with a table that exists is asked only where it has an answer. */
bool form_names_exists_shown(const struct job_form *f);
#endif
