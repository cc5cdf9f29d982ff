/* config.ini and ~/.databrickscfg: any file is values, or one sentence that names the file. */
#include "../fuzz.h"
#include "base/str.h"
#include "core/profile.h"
#include "core/settings_inner.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char config[256], profiles[256];

static void prepare(void)
{
    char folder[160];
    snprintf(folder, sizeof folder, "%s/lakeferry", fuzz_folder());
    FUZZ_HOLDS(mkdir(folder, 0700) == 0);
    snprintf(config, sizeof config, "%s/config.ini", folder);
    snprintf(profiles, sizeof profiles, "%s/databrickscfg", fuzz_folder());
    setenv("XDG_CONFIG_HOME", fuzz_folder(), 1);
    setenv("DATABRICKS_CONFIG_FILE", profiles, 1);
}

static void write_file(const char *path, const uint8_t *data, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_HOLDS(fd >= 0 && write(fd, data, n) == (ssize_t)n);
    close(fd);
}

static void check_error(const struct err *e)
{
    FUZZ_HOLDS(e->code == ERR_CONFIG || e->code == ERR_LIMIT || e->code == ERR_IO);
    FUZZ_HOLDS(e->cause[0]);
}

static void read_own(void)
{
    struct value own[SETTING_COUNT] = { 0 };
    struct err e = { 0 };
    if (settings_load_own(own, &e)) check_error(&e);
    for (int i = 0; i < SETTING_COUNT; i++) value_release(&own[i]);
}

static void read_profiles(void)
{
    struct profile_file f = { 0 };
    struct err e = { 0 };
    const char *chosen = NULL;
    if (profile_open(&f, &e)) check_error(&e);
    else if (profile_choose(&f, NULL, &chosen, &e)) check_error(&e);
    else if (chosen) {
        FUZZ_HOLDS(profile_exists(&f, chosen));
        profile_get(&f, chosen, "host");
    }
    profile_release(&f);
    struct profile_line *lines = NULL;
    size_t count = 0;
    if (settings_profiles(&lines, &count, &e) == 0) settings_profiles_free(lines, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!config[0]) prepare();
    write_file(config, data, n);
    write_file(profiles, data, n);
    read_own();
    read_profiles();
    return 0;
}
