#include "golden.h"
#include "ui/keymap.h"

static const enum keymap_set browse[] = { KEYS_BROWSE, KEYS_LIST, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
static const enum keymap_set form[] = { KEYS_FORM, KEYS_LINE, KEYS_GLOBAL, KEYS_END };

static enum action look(const struct keymap *k, const enum keymap_set *sets, const char *key)
{
    struct keymap_press press = { .code = 0 };
    assert_true(keymap_key_parse(key, &press.code, &press.mods));
    return keymap_look_up(k, sets, &press);
}

static void keys_mean_what_the_screens_promise(void **state)
{
    (void)state;
    static const struct { const char *key; enum action list, form; } table[] = {
        { "up", ACTION_UP, ACTION_UP }, { "j", ACTION_DOWN, ACTION_NONE }, { "k", ACTION_UP, ACTION_NONE }, { "h", ACTION_LEFT, ACTION_NONE },
        { "l", ACTION_RIGHT, ACTION_NONE }, { "enter", ACTION_OPEN, ACTION_OPEN }, { "esc", ACTION_BACK, ACTION_BACK }, { "tab", ACTION_NEXT, ACTION_NEXT },
        { "/", ACTION_FILTER, ACTION_NONE }, { ":", ACTION_COMMAND, ACTION_NONE }, { "?", ACTION_HELP, ACTION_NONE }, { "space", ACTION_MARK, ACTION_NONE },
        { "r", ACTION_REFRESH, ACTION_NONE }, { "ctrl-r", ACTION_REFRESH, ACTION_REFRESH }, { "q", ACTION_QUIT, ACTION_NONE },
        { "f1", ACTION_HELP, ACTION_HELP }, { "f10", ACTION_QUIT, ACTION_QUIT }, { "1", ACTION_TAB_AUTH, ACTION_NONE }, { "alt-1", ACTION_TAB_AUTH, ACTION_TAB_AUTH },
        { "alt-6", ACTION_TAB_RUNS, ACTION_TAB_RUNS }, { "i", ACTION_IMPORT, ACTION_NONE }, { "e", ACTION_EXPORT, ACTION_NONE }, { "u", ACTION_UPDATE, ACTION_NONE },
        { "p", ACTION_PREVIEW, ACTION_NONE }, { "left", ACTION_LEFT, ACTION_LEFT }, { "ctrl-w", ACTION_NONE, ACTION_ERASE_WORD },
    };
    struct err e;
    struct keymap *k = keymap_new(&e);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(look(k, browse, table[i].key), table[i].list);
        assert_int_equal(look(k, form, table[i].key), table[i].form);
    }
    keymap_free(k);
}

static void letters_are_commands_nowhere_in_a_form(void **state)
{
    (void)state;
    struct err e;
    struct keymap *k = keymap_new(&e);
    static const enum keymap_set texts[][5] = {
        { KEYS_FORM, KEYS_LINE, KEYS_GLOBAL, KEYS_END }, { KEYS_PICKER, KEYS_LINE, KEYS_GLOBAL, KEYS_END },
        { KEYS_COMMAND, KEYS_LINE, KEYS_GLOBAL, KEYS_END }, { KEYS_DIALOG, KEYS_LINE, KEYS_GLOBAL, KEYS_END },
    };
    for (size_t s = 0; s < 4; s++) {
        for (uint32_t c = 0x20; c < 0x300; c++) {
            struct keymap_press press = { .code = c };
            assert_int_equal(keymap_look_up(k, texts[s], &press), ACTION_NONE);
        }
    }
    keymap_free(k);
}

static void names_and_keys_go_both_ways(void **state)
{
    (void)state;
    static const char *const names[] = { "q", "Ctrl-R", "Alt-1", "F10", "Space", "Page-Up", "Shift-Tab", "Esc", "Ctrl-Alt-X", "-", "ü", "G", "Delete" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        uint32_t code;
        unsigned mods;
        char out[32];
        assert_true(keymap_key_parse(names[i], &code, &mods));
        assert_string_equal(keymap_key_name(code, mods, out, sizeof out), names[i]);
    }
    uint32_t code;
    unsigned mods;
    assert_true(keymap_key_parse("ctrl-R", &code, &mods));   /* typed in any case */
    assert_true(code == 'r' && mods == UI_MOD_CTRL);
    assert_true(keymap_key_parse("PAGE-up", &code, &mods));
    assert_int_equal(code, UI_KEY_PAGE_UP);
    assert_false(keymap_key_parse("", &code, &mods));
    assert_false(keymap_key_parse("f99", &code, &mods));
    assert_false(keymap_key_parse("nonsense", &code, &mods));
    assert_false(keymap_key_parse("\x01", &code, &mods));
}

static void settings_add_bindings(void **state)
{
    (void)state;
    struct err e;
    char keys[64];
    struct keymap *k = keymap_new(&e);
    assert_int_equal(keymap_bind(k, "list", "open", "o", &e), 0);
    assert_int_equal(look(k, browse, "o"), ACTION_OPEN);
    assert_int_equal(keymap_bind(k, "browse", "preview", "j", &e), 0);
    assert_int_equal(look(k, browse, "j"), ACTION_PREVIEW);
    assert_string_equal(keymap_keys_of(k, browse, ACTION_DOWN, keys, sizeof keys), "Down, Ctrl-N");
    assert_int_equal(keymap_bind(k, "lists", "open", "o", &e), -1);
    assert_int_equal(e.code, ERR_CONFIG);
    assert_int_equal(keymap_bind(k, "list", "opn", "o", &e), -1);
    assert_int_equal(keymap_bind(k, "list", "open", "ctrl-", &e), -1);
    keymap_free(k);
}

static void the_table_of_actions_is_whole(void **state)
{
    (void)state;
    for (int a = 1; a < ACTION_COUNT; a++) {
        const struct action_row *row = action_row((enum action)a);
        assert_true(strlen(row->name) > 1 && strchr(row->name, ' ') == NULL);
        assert_int_equal(action_find(row->name), a);
        assert_true(row->help[0] >= 'A' && row->help[0] <= 'Z' && str_ends(row->help, "."));
        assert_true(strlen(row->help) <= 58);  /* a line of the help at 80 columns */
        const char *why = action_why_not((enum action)a, 0);
        assert_true(row->need == NEED_NONE ? why == NULL : why && why[0]);
        assert_null(action_why_not((enum action)a, UINT32_MAX));
    }
    assert_int_equal(action_find("no such"), ACTION_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_mean_what_the_screens_promise), cmocka_unit_test(letters_are_commands_nowhere_in_a_form),
        cmocka_unit_test(names_and_keys_go_both_ways), cmocka_unit_test(settings_add_bindings),
        cmocka_unit_test(the_table_of_actions_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
