#ifndef LAKEFERRY_UI_FORM_H
#define LAKEFERRY_UI_FORM_H
/*
 * form: lines from top to bottom: fields with a label and a note, headings, lines of text, buttons. The focus moves
 * over those that do something. Text is edited in place; a choice opens a picker that the screen fills. Lines may come and
 * go (a plan that fills in) while focus stays on its line by id. Belongs to the UI thread.
 */
#include "ui/picker.h"

enum form_kind { FORM_TEXT, FORM_SECRET, FORM_CHOICE, FORM_HEADING, FORM_LINE, FORM_BUTTON };

struct form_item {
    int id;                  /* chosen by the screen, > 0; FORM_HEADING and dead FORM_LINE may share 0 */
    enum form_kind kind;
    char *label;             /* owned; FORM_LINE: the text */
    struct line value;       /* FORM_TEXT, FORM_SECRET: what is typed; FORM_CHOICE: what is chosen */
    char *note;              /* owned or NULL; right of the value */
    enum theme_role note_role;
    bool opens;              /* a FORM_LINE that opens on Enter */
    char *off;               /* owned; why a button is disabled, NULL: it is not */
    bool touched;            /* the person changed the value: prefilling leaves it alone */
};

struct form {
    struct form_item *items;
    size_t count, cap;
    int focus;               /* id, 0: none */
    int top;
    struct picker picker;
    int picking;             /* id of the choice whose picker is open, 0: none */
    int page;
};

enum form_event_kind {
    FORM_NOTHING, FORM_HANDLED,
    FORM_CHANGED,   /* a text was typed */
    FORM_DONE,      /* Enter or Tab left a text that had changed */
    FORM_OPENED,    /* a choice opened its empty picker: fill it */
    FORM_PICKED,    /* value holds the chosen id */
    FORM_NEW,       /* value holds a name that is to be made */
    FORM_REFRESHED, /* the open picker's list is to be asked for again */
    FORM_PRESSED,   /* a button, or a line that opens */
    FORM_REFUSED    /* a disabled button: its reason is form_item.off */
};
struct form_event { enum form_event_kind kind; int id; };

void form_init(struct form *f);
void form_release(struct form *f);
/* Adds a line at the end. 0 or -1 with ERR_NO_MEMORY. */
int form_add(struct form *f, enum form_kind kind, int id, const char *label, const char *value, struct err *e);
/* As form_add, before the line with id before (0: at the end). */
int form_insert(struct form *f, int before, enum form_kind kind, int id, const char *label, struct err *e);
/* Removes all FORM_LINEs; a focus on one waits for its id to come back. */
void form_clear_lines(struct form *f);
/* Takes one line away; the focus goes to the line before it. Nothing happens while its picker is open. */
void form_remove(struct form *f, int id);
struct form_item *form_find(const struct form *f, int id);
/* It is edited in place. */
bool form_is_text(const struct form_item *it);
/* The value of a field, "" when there is none. */
const char *form_value(const struct form *f, int id);
/* Sets a value; with guess true only when the person has not touched it. */
void form_set(struct form *f, int id, const char *value, bool guess);
void form_note(struct form *f, int id, enum theme_role role, const char *note);
void form_disable(struct form *f, int id, const char *why);
void form_focus(struct form *f, int id);
/* Whether the line was on the screen when the form was last drawn. */
bool form_in_sight(const struct form *f, int id);
/* True while letters go into a text (a field with focus or a picker). */
bool form_typing(const struct form *f);
/* The key sets to use now: those of the picker, of a text field or of a form. Constant. */
const enum keymap_set *form_keys(const struct form *f);
/* What Enter does on the line with the focus, for the footer: "opens the list", "presses it". Constant. */
const char *form_enter_words(const struct form *f);
struct form_event form_update(struct form *f, enum action a);
/* A typed character; on a choice it opens the picker with it as filter, but for a digit, which is FORM_NOTHING: it may be a tab's number. */
struct form_event form_type(struct form *f, uint32_t cp);
/* Text pasted into a text field; on a choice it opens the picker with it as filter. */
struct form_event form_paste(struct form *f, const char *text, size_t n);
void form_render(struct form *f, struct frame *frame, struct layout_rect r);
#endif
