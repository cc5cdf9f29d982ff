#include "ui/keymap.h"
#include "base/str.h"
#include "base/utf8.h"
#include <strings.h>

struct binding { enum keymap_set set; uint32_t code; unsigned mods; enum action action; };

#define C(letter) (letter), UI_MOD_CTRL
#define A(letter) (letter), UI_MOD_ALT
#define K(code) (code), 0
#define F(n) (UI_KEY_F0 + (n)), 0

/* Order matters twice: the first key of an action is the one shown, and hints stand in this order. */
static const struct binding defaults[] = {
    { KEYS_GLOBAL, F(1), ACTION_HELP }, { KEYS_GLOBAL, F(10), ACTION_QUIT },
    { KEYS_GLOBAL, A('1'), ACTION_TAB_AUTH }, { KEYS_GLOBAL, A('2'), ACTION_TAB_BROWSE }, { KEYS_GLOBAL, A('3'), ACTION_TAB_IMPORT },
    { KEYS_GLOBAL, A('4'), ACTION_TAB_EXPORT }, { KEYS_GLOBAL, A('5'), ACTION_TAB_UPDATE }, { KEYS_GLOBAL, A('6'), ACTION_TAB_RUNS },
    { KEYS_GLOBAL, C('l'), ACTION_REDRAW }, { KEYS_GLOBAL, A('x'), ACTION_COMMAND },

    { KEYS_VIEW, K('1'), ACTION_TAB_AUTH }, { KEYS_VIEW, K('2'), ACTION_TAB_BROWSE }, { KEYS_VIEW, K('3'), ACTION_TAB_IMPORT },
    { KEYS_VIEW, K('4'), ACTION_TAB_EXPORT }, { KEYS_VIEW, K('5'), ACTION_TAB_UPDATE }, { KEYS_VIEW, K('6'), ACTION_TAB_RUNS },
    { KEYS_VIEW, K(UI_KEY_ESC), ACTION_BACK }, { KEYS_VIEW, K(':'), ACTION_COMMAND },
    { KEYS_VIEW, K('?'), ACTION_HELP }, { KEYS_VIEW, K('q'), ACTION_QUIT },

    { KEYS_LIST, K(UI_KEY_UP), ACTION_UP }, { KEYS_LIST, K('k'), ACTION_UP }, { KEYS_LIST, C('p'), ACTION_UP },
    { KEYS_LIST, K(UI_KEY_WHEEL_UP), ACTION_UP },
    { KEYS_LIST, K(UI_KEY_DOWN), ACTION_DOWN }, { KEYS_LIST, K('j'), ACTION_DOWN }, { KEYS_LIST, C('n'), ACTION_DOWN },
    { KEYS_LIST, K(UI_KEY_WHEEL_DOWN), ACTION_DOWN },
    { KEYS_LIST, K(UI_KEY_LEFT), ACTION_LEFT }, { KEYS_LIST, K('h'), ACTION_LEFT },
    { KEYS_LIST, K(UI_KEY_RIGHT), ACTION_RIGHT }, { KEYS_LIST, K('l'), ACTION_RIGHT },
    { KEYS_LIST, K(UI_KEY_PAGE_UP), ACTION_PAGE_UP }, { KEYS_LIST, C('b'), ACTION_PAGE_UP },
    { KEYS_LIST, K(UI_KEY_PAGE_DOWN), ACTION_PAGE_DOWN }, { KEYS_LIST, C('f'), ACTION_PAGE_DOWN },
    { KEYS_LIST, K(UI_KEY_HOME), ACTION_TOP }, { KEYS_LIST, K('g'), ACTION_TOP },
    { KEYS_LIST, K(UI_KEY_END), ACTION_BOTTOM }, { KEYS_LIST, K('G'), ACTION_BOTTOM },
    { KEYS_LIST, K(UI_KEY_ENTER), ACTION_OPEN },
    { KEYS_LIST, K('/'), ACTION_FILTER }, { KEYS_LIST, K(' '), ACTION_MARK }, { KEYS_LIST, K('*'), ACTION_MARK_ALL },
    { KEYS_LIST, K('r'), ACTION_REFRESH }, { KEYS_LIST, C('r'), ACTION_REFRESH },
    { KEYS_LIST, K(UI_KEY_TAB), ACTION_NEXT }, { KEYS_LIST, K(UI_KEY_BACK_TAB), ACTION_PREVIOUS },
    { KEYS_LIST, K('y'), ACTION_COPY },

    { KEYS_BROWSE, K('i'), ACTION_IMPORT }, { KEYS_BROWSE, K('e'), ACTION_EXPORT }, { KEYS_BROWSE, K('u'), ACTION_UPDATE },
    { KEYS_BROWSE, K('p'), ACTION_PREVIEW },

    { KEYS_TABLE, K(UI_KEY_ENTER), ACTION_RECORD }, { KEYS_TABLE, K('/'), ACTION_FIND }, { KEYS_TABLE, K('n'), ACTION_FIND_NEXT },
    { KEYS_TABLE, K('N'), ACTION_FIND_PREVIOUS }, { KEYS_TABLE, K('y'), ACTION_COPY }, { KEYS_TABLE, K('e'), ACTION_SAVE },

    { KEYS_TREE, K(UI_KEY_ENTER), ACTION_OPEN }, { KEYS_TREE, K(' '), ACTION_FOLD }, { KEYS_TREE, K('z'), ACTION_FOLD_ALL },
    { KEYS_TREE, K('y'), ACTION_COPY },

    { KEYS_RUN, K('p'), ACTION_PAUSE }, { KEYS_RUN, K('R'), ACTION_RETRY }, { KEYS_RUN, K('x'), ACTION_CANCEL }, { KEYS_RUN, K('w'), ACTION_REPORT },

    { KEYS_ENDED, K('p'), ACTION_PREVIEW }, { KEYS_ENDED, K('R'), ACTION_RETRY }, { KEYS_ENDED, K('s'), ACTION_RESUME },
    { KEYS_ENDED, K('x'), ACTION_CANCEL }, { KEYS_ENDED, K('w'), ACTION_REPORT },

    { KEYS_FORM, F(5), ACTION_TO_START },
    { KEYS_FORM, K(UI_KEY_UP), ACTION_UP }, { KEYS_FORM, K(UI_KEY_DOWN), ACTION_DOWN },
    { KEYS_FORM, K(UI_KEY_WHEEL_UP), ACTION_UP }, { KEYS_FORM, K(UI_KEY_WHEEL_DOWN), ACTION_DOWN },
    { KEYS_FORM, K(UI_KEY_PAGE_UP), ACTION_PAGE_UP }, { KEYS_FORM, K(UI_KEY_PAGE_DOWN), ACTION_PAGE_DOWN },
    { KEYS_FORM, K(UI_KEY_ENTER), ACTION_OPEN }, { KEYS_FORM, K(UI_KEY_TAB), ACTION_NEXT },
    { KEYS_FORM, K(UI_KEY_BACK_TAB), ACTION_PREVIOUS }, { KEYS_FORM, K(UI_KEY_ESC), ACTION_BACK },
    { KEYS_FORM, C('r'), ACTION_REFRESH },

    { KEYS_IMPORT, A('v'), ACTION_VOLUME_FORM }, { KEYS_IMPORT, A('s'), ACTION_S3_FORM },

    { KEYS_LINE, K(UI_KEY_LEFT), ACTION_LEFT }, { KEYS_LINE, C('b'), ACTION_LEFT },
    { KEYS_LINE, K(UI_KEY_RIGHT), ACTION_RIGHT }, { KEYS_LINE, C('f'), ACTION_RIGHT },
    { KEYS_LINE, K(UI_KEY_HOME), ACTION_TOP }, { KEYS_LINE, C('a'), ACTION_TOP },
    { KEYS_LINE, K(UI_KEY_END), ACTION_BOTTOM }, { KEYS_LINE, C('e'), ACTION_BOTTOM },
    { KEYS_LINE, K(UI_KEY_BACKSPACE), ACTION_ERASE }, { KEYS_LINE, C('h'), ACTION_ERASE },
    { KEYS_LINE, K(UI_KEY_DELETE), ACTION_DELETE }, { KEYS_LINE, C('d'), ACTION_DELETE },
    { KEYS_LINE, C('w'), ACTION_ERASE_WORD }, { KEYS_LINE, C('u'), ACTION_ERASE_LINE }, { KEYS_LINE, C('k'), ACTION_ERASE_REST },

    { KEYS_PICKER, K(UI_KEY_UP), ACTION_UP }, { KEYS_PICKER, C('p'), ACTION_UP }, { KEYS_PICKER, K(UI_KEY_WHEEL_UP), ACTION_UP },
    { KEYS_PICKER, K(UI_KEY_DOWN), ACTION_DOWN }, { KEYS_PICKER, C('n'), ACTION_DOWN }, { KEYS_PICKER, K(UI_KEY_WHEEL_DOWN), ACTION_DOWN },
    { KEYS_PICKER, K(UI_KEY_PAGE_UP), ACTION_PAGE_UP }, { KEYS_PICKER, K(UI_KEY_PAGE_DOWN), ACTION_PAGE_DOWN },
    { KEYS_PICKER, K(UI_KEY_ENTER), ACTION_ACCEPT }, { KEYS_PICKER, K(UI_KEY_TAB), ACTION_COMPLETE },
    { KEYS_PICKER, K(UI_KEY_ESC), ACTION_BACK },

    { KEYS_CHOICES, C('r'), ACTION_REFRESH },

    { KEYS_DIALOG, K(UI_KEY_LEFT), ACTION_PREVIOUS }, { KEYS_DIALOG, K(UI_KEY_RIGHT), ACTION_NEXT },
    { KEYS_DIALOG, K(UI_KEY_UP), ACTION_PREVIOUS }, { KEYS_DIALOG, K(UI_KEY_DOWN), ACTION_NEXT },
    { KEYS_DIALOG, K(UI_KEY_TAB), ACTION_NEXT }, { KEYS_DIALOG, K(UI_KEY_BACK_TAB), ACTION_PREVIOUS },
    { KEYS_DIALOG, K(UI_KEY_ENTER), ACTION_ACCEPT }, { KEYS_DIALOG, K(UI_KEY_ESC), ACTION_BACK },

    { KEYS_TABS, K(UI_KEY_LEFT), ACTION_PREVIOUS }, { KEYS_TABS, K(UI_KEY_RIGHT), ACTION_NEXT }, { KEYS_TABS, K(UI_KEY_ENTER), ACTION_OPEN },
    { KEYS_TABS, K(UI_KEY_DOWN), ACTION_BACK }, { KEYS_TABS, K(UI_KEY_ESC), ACTION_BACK },

    { KEYS_COMMAND, K(UI_KEY_TAB), ACTION_COMPLETE }, { KEYS_COMMAND, K(UI_KEY_ENTER), ACTION_ACCEPT }, { KEYS_COMMAND, K(UI_KEY_ESC), ACTION_BACK },
    { KEYS_COMMAND, K(UI_KEY_UP), ACTION_UP }, { KEYS_COMMAND, K(UI_KEY_DOWN), ACTION_DOWN },
};
#define DEFAULTS (sizeof defaults / sizeof defaults[0])

static const struct { const char *name, *title; } sets_table[KEYS_SETS] = {
    [KEYS_END] = { "", "" }, [KEYS_GLOBAL] = { "global", "Everywhere" }, [KEYS_VIEW] = { "view", "Where letters are commands" },
    [KEYS_LIST] = { "list", "Lists" }, [KEYS_BROWSE] = { "browse", "Browse" }, [KEYS_TABLE] = { "table", "Preview of rows" },
    [KEYS_TREE] = { "tree", "Record and JSON" }, [KEYS_RUN] = { "run", "A run that goes on" },
    [KEYS_ENDED] = { "ended", "A run that has ended" }, [KEYS_FORM] = { "form", "Forms" }, [KEYS_IMPORT] = { "import", "Import" },
    [KEYS_LINE] = { "line", "Typing a text" }, [KEYS_PICKER] = { "picker", "Pickers, filters and searches" },
    [KEYS_CHOICES] = { "choices", "Pickers of a form" }, [KEYS_DIALOG] = { "dialog", "Questions" },
    [KEYS_TABS] = { "tabs", "The row of tabs" }, [KEYS_COMMAND] = { "command", "Command line" },
};

static const struct { uint32_t code; const char *name; } key_names[] = {
    { ' ', "Space" }, { UI_KEY_TAB, "Tab" }, { UI_KEY_ENTER, "Enter" }, { UI_KEY_ESC, "Esc" }, { UI_KEY_UP, "Up" }, { UI_KEY_DOWN, "Down" },
    { UI_KEY_LEFT, "Left" }, { UI_KEY_RIGHT, "Right" }, { UI_KEY_HOME, "Home" }, { UI_KEY_END, "End" }, { UI_KEY_PAGE_UP, "Page-Up" },
    { UI_KEY_PAGE_DOWN, "Page-Down" }, { UI_KEY_BACKSPACE, "Backspace" }, { UI_KEY_DELETE, "Delete" }, { UI_KEY_INSERT, "Insert" },
    { UI_KEY_BACK_TAB, "Shift-Tab" }, { UI_KEY_WHEEL_UP, "Wheel-Up" }, { UI_KEY_WHEEL_DOWN, "Wheel-Down" },
};
#define KEY_NAMES (sizeof key_names / sizeof key_names[0])

struct keymap { struct binding *own; size_t count, cap; };

struct keymap *keymap_new(struct err *e)
{
    struct keymap *k = calloc(1, sizeof *k);
    if (!k)
        err_no_memory(e);
    return k;
}

void keymap_free(struct keymap *k)
{
    if (k)
        free(k->own);
    free(k);
}

bool keymap_is_text(const struct keymap_press *k)
{
    return k->mods == 0 && k->code >= 0x20 && k->code != 0x7f && k->code < 0x110000;
}

static const char *special_name(uint32_t code)
{
    for (size_t i = 0; i < KEY_NAMES; i++)
        if (key_names[i].code == code)
            return key_names[i].name;
    return NULL;
}

char *keymap_key_name(uint32_t code, unsigned mods, char *out, size_t size)
{
    char plain[16] = "";
    const char *name = special_name(code);
    if (!name && code > UI_KEY_F0 && code <= UI_KEY_F0 + 63)
        snprintf(plain, sizeof plain, "F%u", (unsigned)(code - UI_KEY_F0));
    else if (!name && code < 0x110000)
        plain[utf8_encode(mods && code >= 'a' && code <= 'z' ? code - 32 : code, plain)] = '\0';
    snprintf(out, size, "%s%s%s", mods & UI_MOD_CTRL ? "Ctrl-" : "", mods & UI_MOD_ALT ? "Alt-" : "", name ? name : plain);
    return out;
}

/* With Ctrl or Alt a letter has no case: Shift and Caps Lock change nothing. */
static uint32_t fold(uint32_t code, unsigned mods)
{
    return mods && code >= 'A' && code <= 'Z' ? code + 32 : code;
}

bool keymap_key_parse(const char *name, uint32_t *code, unsigned *mods)
{
    int64_t n;
    *mods = 0;
    for (;;) {
        if (strncasecmp(name, "Ctrl-", 5) == 0 && name[5])
            *mods |= UI_MOD_CTRL, name += 5;
        else if (strncasecmp(name, "Alt-", 4) == 0 && name[4])
            *mods |= UI_MOD_ALT, name += 4;
        else
            break;
    }
    for (size_t i = 0; i < KEY_NAMES; i++) {
        if (str_ieq(key_names[i].name, name)) {
            *code = key_names[i].code;
            return true;
        }
    }
    if ((name[0] | 32) == 'f' && str_i64(name + 1, &n) && n >= 1 && n <= 63) {
        *code = UI_KEY_F0 + (uint32_t)n;
        return true;
    }
    size_t len = strlen(name);
    if (len == 0 || utf8_decode(name, len, code) != len || *code < 0x20 || *code == UTF8_BAD)
        return false;
    *code = fold(*code, *mods);
    return true;
}

static bool matches(const struct binding *b, enum keymap_set set, const struct keymap_press *press)
{
    return b->set == set && b->code == fold(press->code, press->mods) && b->mods == press->mods;
}

static const struct binding *binding_at(const struct keymap *k, size_t i)
{
    return i < k->count ? &k->own[i] : &defaults[i - k->count];
}

enum action keymap_look_up(const struct keymap *k, const enum keymap_set *sets, const struct keymap_press *press)
{
    for (; *sets != KEYS_END; sets++)
        for (size_t i = 0; i < k->count + DEFAULTS; i++)
            if (matches(binding_at(k, i), *sets, press))
                return binding_at(k, i)->action;
    return ACTION_NONE;
}

static enum keymap_set find_set(const char *name)
{
    for (int i = 1; i < KEYS_SETS; i++)
        if (str_eq(sets_table[i].name, name))
            return (enum keymap_set)i;
    return KEYS_END;
}

int keymap_bind(struct keymap *k, const char *set, const char *action, const char *key, struct err *e)
{
    struct binding b = { .set = find_set(set), .action = action_find(action) };
    if (b.set == KEYS_END)
        return err_set(e, ERR_CONFIG, "there is no set of keys named \"%s\"", set);
    if (b.action == ACTION_NONE)
        return err_set(e, ERR_CONFIG, "there is no action named \"%s\"", action);
    if (!keymap_key_parse(key, &b.code, &b.mods))
        return err_set(e, ERR_CONFIG, "\"%s\" is not the name of a key", key);
    if (k->count == k->cap) {
        size_t cap = k->cap ? k->cap * 2 : 8;
        struct binding *own = realloc(k->own, cap * sizeof *own);
        if (!own)
            return err_no_memory(e);
        k->own = own;
        k->cap = cap;
    }
    k->own[k->count++] = b;
    return 0;
}

/* Whether binding i is what its key means in these sets, not hidden by an earlier set or binding. */
static bool in_force(const struct keymap *k, const enum keymap_set *sets, const struct binding *b)
{
    struct keymap_press press = { .code = b->code, .mods = b->mods };
    return keymap_look_up(k, sets, &press) == b->action;
}

/* Whether a list "Enter, y" holds the key already: more than one set may give it to the action. */
static bool has_key(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = list; *p; p += strcspn(p, " "), p += *p == ' ')
        if (strncmp(p, name, n) == 0 && (p[n] == '\0' || (p[n] == ',' && p[n + 1] == ' ')))
            return true;
    return false;
}

static char *collect_keys(const struct keymap *k, const enum keymap_set *sets, enum action a, bool all, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (const enum keymap_set *s = sets; *s != KEYS_END; s++) {
        for (size_t i = 0; i < k->count + DEFAULTS; i++) {
            const struct binding *b = binding_at(k, i);
            char name[32];
            if (b->set != *s || b->action != a || !in_force(k, sets, b))
                continue;
            if (b->code == UI_KEY_WHEEL_UP || b->code == UI_KEY_WHEEL_DOWN)
                continue;
            keymap_key_name(b->code, b->mods, name, sizeof name);
            if (has_key(out, name))
                continue;
            int n = snprintf(out + used, size - used, "%s%s", used ? ", " : "", name);
            if (n < 0 || (size_t)n >= size - used) {
                out[used] = '\0';
                return out;
            }
            used += (size_t)n;
            if (!all)
                return out;
        }
    }
    return out;
}

char *keymap_key_of(const struct keymap *k, const enum keymap_set *sets, enum action a, char *out, size_t size)
{
    return collect_keys(k, sets, a, false, out, size);
}

char *keymap_keys_of(const struct keymap *k, const enum keymap_set *sets, enum action a, char *out, size_t size)
{
    return collect_keys(k, sets, a, true, out, size);
}

void keymap_each(const struct keymap *k, enum keymap_set set, void (*each)(void *ctx, enum action a), void *ctx)
{
    bool seen[ACTION_COUNT] = { false };
    for (int own = 0; own < 2; own++) {  /* the built-in order first, then what settings added */
        size_t from = own ? 0 : k->count, to = own ? k->count : k->count + DEFAULTS;
        for (size_t i = from; i < to; i++) {
            const struct binding *b = binding_at(k, i);
            if (b->set != set || seen[b->action])
                continue;
            seen[b->action] = true;
            each(ctx, b->action);
        }
    }
}

const char *keymap_set_title(enum keymap_set set)
{
    return (unsigned)set < KEYS_SETS ? sets_table[set].title : "";
}

const char *keymap_help(enum keymap_set set, enum action a)
{
    static const struct { enum keymap_set set; enum action action; const char *help; } own[] = {
        { KEYS_LINE, ACTION_LEFT, "Move to the character before." }, { KEYS_LINE, ACTION_RIGHT, "Move to the next character." },
        { KEYS_LINE, ACTION_TOP, "Move to the beginning of the text." }, { KEYS_LINE, ACTION_BOTTOM, "Move to the end of the text." },
        { KEYS_FORM, ACTION_UP, "Move to the field above." }, { KEYS_FORM, ACTION_DOWN, "Move to the field below." },
        { KEYS_FORM, ACTION_PAGE_UP, "Scroll up." }, { KEYS_FORM, ACTION_PAGE_DOWN, "Scroll down." },
        { KEYS_FORM, ACTION_OPEN, "Open the choices of a field, or press a button." },
        { KEYS_FORM, ACTION_NEXT, "Go to the next field." }, { KEYS_FORM, ACTION_PREVIOUS, "Go to the previous field." },
        { KEYS_FORM, ACTION_REFRESH, "Ask the platforms again; a plan is made again." },
        { KEYS_DIALOG, ACTION_PREVIOUS, "Go to the answer before." }, { KEYS_DIALOG, ACTION_NEXT, "Go to the next answer." },
        { KEYS_TABS, ACTION_PREVIOUS, "Go to the tab before." }, { KEYS_TABS, ACTION_NEXT, "Go to the next tab." },
        { KEYS_TABS, ACTION_OPEN, "Show the tab." },
        { KEYS_COMMAND, ACTION_UP, "Take the command typed before." }, { KEYS_COMMAND, ACTION_DOWN, "Take the command typed after it." },
    };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (own[i].set == set && own[i].action == a)
            return own[i].help;
    return action_row(a)->help;
}
