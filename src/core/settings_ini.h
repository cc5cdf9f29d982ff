#ifndef LAKEFERRY_CORE_SETTINGS_INI_H
#define LAKEFERRY_CORE_SETTINGS_INI_H
/*
 * settings_ini: one INI file as a list of entries with their lines, read with inih. Indented lines are keys of their own (not continuations, as the
 * vendor's parser has it), a comment behind a value needs a blank before '#' or ';', values may be longer than inih's line buffer. Any thread.
 */
#include "base/str.h"

struct settings_ini_entry { char *section, *key, *value; int line; };
struct settings_ini {
    struct settings_ini_entry *entries; size_t count, cap;  /* in the file's order */
    struct str_list sections;                               /* also those without entries; may repeat */
};
/* ERR_NOT_FOUND when there is no such file; ERR_CONFIG names the file and the line that cannot be understood. */
int settings_ini_read(const char *path, struct settings_ini *out, struct err *e);
/* Frees the entries and wipes their values. */
void settings_ini_release(struct settings_ini *t);
/* The last entry of that section and key (case matters), NULL when there is none. */
const struct settings_ini_entry *settings_ini_find(const struct settings_ini *t, const char *section, const char *key);
bool settings_ini_has_section(const struct settings_ini *t, const char *section);
#endif
