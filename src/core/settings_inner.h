#ifndef LAKEFERRY_CORE_SETTINGS_INNER_H
#define LAKEFERRY_CORE_SETTINGS_INNER_H
/* settings_inner: what the settings and session files share among themselves. Pure but for settings_redact; any thread. */
#include "core/settings.h"

/* The values of a settings one by one: own settings first, then profile, host, token …; NULL behind the last. name: "retry_cap", "host". */
struct value *settings_value_at(struct settings *s, size_t i, const char **name);
/* Registers every secret with redact. */
void settings_redact(const struct settings *s);
/* Checks one own setting's text. ERR_CONFIG says what is expected; subject is left to the caller. */
int settings_check_own(enum setting which, const char *text, struct err *e);
/* Our own settings from defaults and config.ini. */
int settings_load_own(struct value own[SETTING_COUNT], struct err *e);
#endif
