#include "ui/preferences.h"
#include "base/str.h"
#include "core/settings.h"
#include <stdio.h>

int preferences_read(struct term_options *out, struct err *e)
{
    struct settings s;
    if (settings_load_screen(&s, e) < 0)
        return -1;
    const char *theme = settings_text(&s, SETTING_THEME);
    out->theme = str_eq(theme, "dark") ? THEME_DARK : str_eq(theme, "light") ? THEME_LIGHT : THEME_AUTO;
    out->no_colour = out->no_colour || str_eq(theme, "mono");
    out->mouse = str_eq(settings_text(&s, SETTING_MOUSE), "on");
    settings_release(&s);
    return 0;
}

static int bind(void *keys, const char *name, const char *key, struct err *e)
{
    char set[32];
    const char *dot = strchr(name, '.');
    if (!dot || (size_t)(dot - name) >= sizeof set) {
        err_set(e, ERR_CONFIG, "\"%s\" is not SET.ACTION", name);
        return err_remedy(e, "write a line like list.open = o; the manual lists sets and actions");
    }
    snprintf(set, sizeof set, "%.*s", (int)(dot - name), name);
    if (keymap_bind(keys, set, dot + 1, key, e) == 0)
        return 0;
    return err_remedy(e, "the manual lists sets, actions and keys");
}

int preferences_bind(struct keymap *keys, struct err *e)
{
    return settings_each_key(bind, keys, e);
}
