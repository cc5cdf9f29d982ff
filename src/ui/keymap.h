#ifndef LAKEFERRY_UI_KEYMAP_H
#define LAKEFERRY_UI_KEYMAP_H
/*
 * keymap: keys, their names, and which action a key means where. A screen looks a key up in its sets, most special
 * first. Belongs to the UI thread.
 */
#include "base/err.h"
#include "ui/actions.h"

/* Keys that are no characters; codes lie beyond Unicode. */
enum keymap_key {
    UI_KEY_NONE = 0, UI_KEY_TAB = 9, UI_KEY_ENTER = 13, UI_KEY_ESC = 27,
    UI_KEY_UP = 0x110000, UI_KEY_DOWN, UI_KEY_LEFT, UI_KEY_RIGHT, UI_KEY_HOME, UI_KEY_END, UI_KEY_PAGE_UP, UI_KEY_PAGE_DOWN,
    UI_KEY_BACKSPACE, UI_KEY_DELETE, UI_KEY_INSERT, UI_KEY_BACK_TAB,
    UI_KEY_PASTE_BEGIN, UI_KEY_PASTE_END, UI_KEY_CLICK, UI_KEY_WHEEL_UP, UI_KEY_WHEEL_DOWN,
    UI_KEY_F0 = 0x110100
};
enum keymap_mod { UI_MOD_CTRL = 1, UI_MOD_ALT = 2 };

struct keymap_press {
    uint32_t code;   /* a code point or enum keymap_key; letters with Ctrl or Alt in any case, bindings in lower case */
    unsigned mods;
    int row, col;    /* of UI_KEY_CLICK */
};

/* True when the press is a character to be typed. */
bool keymap_is_text(const struct keymap_press *k);
/* "q", "Ctrl-R", "Alt-1", "F10", "Space", "Page-Up" into out: the one spelling everywhere. Returns out. */
char *keymap_key_name(uint32_t code, unsigned mods, char *out, size_t size);
/* The reverse, in any case ("ctrl-r"); false when it is no key. */
bool keymap_key_parse(const char *name, uint32_t *code, unsigned *mods);

enum keymap_set {
    KEYS_END,       /* ends a list of sets */
    KEYS_GLOBAL,    /* everywhere */
    KEYS_VIEW,      /* where letters are commands */
    KEYS_LIST, KEYS_BROWSE, KEYS_TABLE, KEYS_TREE, KEYS_RUN, KEYS_ENDED,
    KEYS_FORM, KEYS_IMPORT, KEYS_LINE, KEYS_PICKER, KEYS_CHOICES /* beside KEYS_PICKER, where a list can be asked for again */, KEYS_DIALOG, KEYS_TABS, KEYS_COMMAND,
    KEYS_SETS
};

struct keymap;
struct keymap *keymap_new(struct err *e);
void keymap_free(struct keymap *k);
/* The action of a press in sets (ended by KEYS_END); ACTION_NONE when it means nothing. */
enum action keymap_look_up(const struct keymap *k, const enum keymap_set *sets, const struct keymap_press *press);
/* Adds a binding before the built-in ones: set "list", action "open", key "o". ERR_CONFIG names what is wrong. */
int keymap_bind(struct keymap *k, const char *set, const char *action, const char *key, struct err *e);
/* Name of the first key that means the action in sets, or "" (out is always terminated). Returns out. */
char *keymap_key_of(const struct keymap *k, const enum keymap_set *sets, enum action a, char *out, size_t size);
/* As keymap_key_of with all its keys, joined by ", ". */
char *keymap_keys_of(const struct keymap *k, const enum keymap_set *sets, enum action a, char *out, size_t size);
/* Calls each with the actions bound in set, in the order of the table, each once. */
void keymap_each(const struct keymap *k, enum keymap_set set, void (*each)(void *ctx, enum action a), void *ctx);
const char *keymap_set_title(enum keymap_set set);
/* What the action does where the keys of set count: in a text "left" is a character. */
const char *keymap_help(enum keymap_set set, enum action a);
#endif
