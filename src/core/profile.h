#ifndef LAKEFERRY_CORE_PROFILE_H
#define LAKEFERRY_CORE_PROFILE_H
/*
 * profile: ~/.databrickscfg (or DATABRICKS_CONFIG_FILE) by the rules of reference databricks §1.4: [__settings__] is no profile, [DEFAULT] is not merged
 * into others. Reads only. A struct belongs to one thread at a time.
 */
#include "core/settings_ini.h"

struct profile_file {
    char *path;
    char shown[96];           /* for people: "~/.databrickscfg" */
    bool exists;
    struct settings_ini text;
};
/* A missing file is no error: exists is false. */
int profile_open(struct profile_file *out, struct err *e);
void profile_release(struct profile_file *f);
/*
 * The profile to use, NULL when there is none: the named one (ERR_CONFIG when it is missing), else [__settings__].default_profile, else [DEFAULT] when
 * it has keys. The text is the file's or `named`.
 */
int profile_choose(const struct profile_file *f, const char *named, const char **out, struct err *e);
/* NULL when absent or empty. */
const char *profile_get(const struct profile_file *f, const char *profile, const char *key);
/* True when the section is a profile that can be used. */
bool profile_exists(const struct profile_file *f, const char *name);
#endif
