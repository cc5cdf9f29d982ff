/* The machine: files and their modes, folders, space, keyring, proxy. */
#include "base/file.h"
#include "base/url.h"
#include "core/credentials.h"
#include "core/doctor.h"
#include "core/profile.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define GROUP "machine"
#define SPACE_LOW ((uint64_t)1 << 30)        /* parts being staged and journals of a million items fit well into it */
#define SPACE_NONE ((uint64_t)64 << 20)

/* --- files --- */

/* secret: nobody else may read it; else nobody else may write it. */
static void check_mode(struct doctor *d, const char *name, const char *path, const char *shown, bool secret)
{
    struct stat st;
    char fix[400];

    if (stat(path, &st) != 0) {
        if (errno == ENOENT)
            doctor_say(d, GROUP, name, DOCTOR_OK, NULL, "%s: not there, which is fine", shown);
        else
            doctor_say(d, GROUP, name, DOCTOR_FAIL, "make it readable for you", "%s cannot be looked at: %s", shown, strerrordesc_np(errno));
        return;
    }
    snprintf(fix, sizeof fix, "chmod 600 %s", path);
    if (access(path, R_OK) != 0)
        doctor_say(d, GROUP, name, DOCTOR_FAIL, fix, "%s cannot be read: %s", shown, strerrordesc_np(errno));
    else if (secret && (st.st_mode & 077) != 0)
        doctor_say(d, GROUP, name, DOCTOR_WARN, fix, "%s holds tokens and others may read it (mode %03o)", shown, (unsigned)st.st_mode & 0777);
    else if ((st.st_mode & 022) != 0)
        doctor_say(d, GROUP, name, DOCTOR_WARN, fix, "others may change %s (mode %03o)", shown, (unsigned)st.st_mode & 0777);
    else
        doctor_say(d, GROUP, name, DOCTOR_OK, NULL, "%s (mode %03o)", shown, (unsigned)st.st_mode & 0777);
}

static void check_config(struct doctor *d)
{
    static const struct { const char *file, *name; bool secret; } FILES[] = { { "config.ini", "settings", false }, { "credentials.ini", "credentials", true } };
    struct profile_file profiles;
    struct err e = {0};
    char *folder = file_dir_config(&e);

    for (size_t i = 0; folder && i < sizeof FILES / sizeof FILES[0]; i++) {
        char *path = str_printf("%s/%s", folder, FILES[i].file);
        if (path)
            check_mode(d, FILES[i].name, path, path, FILES[i].secret);
        free(path);
    }
    if (!folder)
        doctor_say_err(d, GROUP, "settings", DOCTOR_FAIL, &e);
    free(folder);
    if (profile_open(&profiles, &e) != 0) {
        doctor_say_err(d, GROUP, "profiles", DOCTOR_FAIL, &e);
        return;
    }
    check_mode(d, "profiles", profiles.path, profiles.shown, true);
    profile_release(&profiles);
}

/* --- folders --- */

static int try_write(const char *folder, struct err *e)
{
    char *path = str_printf("%s/.doctor-XXXXXX", folder);
    int fd = path ? mkstemp(path) : -1, result = fd >= 0 ? 0 : -1;

    if (!path)
        return err_no_memory(e);
    if (fd < 0)
        err_set_errno(e, errno, "%s cannot be written", folder);
    if (fd >= 0 && (write(fd, "x", 1) != 1 || fsync(fd) != 0))
        result = err_set_errno(e, errno, "%s cannot be written", folder);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    free(path);
    return result;
}

static void check_folder(struct doctor *d, const char *name, char *(*find)(struct err *), const char *variable)
{
    struct err e = {0};
    struct statvfs fs;
    char *folder = find(&e), size[40], fix[200];

    snprintf(fix, sizeof fix, "make it writable for you, or let %s name another folder", variable);
    if (!folder || try_write(folder, &e) != 0) {
        doctor_say(d, GROUP, name, DOCTOR_FAIL, fix, "%s%s%s", e.subject, e.subject[0] ? ": " : "", e.cause);
    } else if (statvfs(folder, &fs) != 0) {
        doctor_say(d, GROUP, name, DOCTOR_OK, NULL, "%s", folder);
    } else {
        uint64_t room = (uint64_t)fs.f_bavail * fs.f_frsize;
        bool kept = str_eq(name, "state");   /* the others hold little */
        enum doctor_verdict v = room < SPACE_NONE && kept ? DOCTOR_FAIL : room < SPACE_LOW && kept ? DOCTOR_WARN : DOCTOR_OK;
        doctor_say(d, GROUP, name, v, v == DOCTOR_OK ? NULL : "make room: journals of runs and rows on their way are kept there; lakeferry runs prune removes finished ones",
                   "%s, %s free", folder, str_bytes(room, size, sizeof size));
    }
    free(folder);
}

/* --- the rest --- */

static void check_keyring(struct doctor *d)
{
    struct err why = {0};
    bool locked = false;
    bool answers = credentials_keyring_answers(&locked, &why);

    if (locked)
        doctor_say(d, GROUP, "keyring", DOCTOR_WARN,
                   "unlock it: in its own program (Passwords and Keys, KWalletManager, KeePassXC), or lakeferry auth login, which has its password asked for; "
                   "where no window can be shown, gnome-keyring-daemon --replace --unlock with its password on standard input",
                   "the Secret Service answers, and its keyring is locked: tokens stored there cannot be read");
    else if (answers)
        doctor_say(d, GROUP, "keyring", DOCTOR_OK, NULL, "the Secret Service answers");
    else
        doctor_say(d, GROUP, "keyring", DOCTOR_WARN,
                   "log in where a Secret Service runs, or keep tokens in the environment, or let auth login store them in a file only you can read",
                   "no keyring answers (%s): stored tokens need one", why.cause);
}

/* The host alone: a proxy's address may hold a password. */
static void check_proxy(struct doctor *d)
{
    static const char *const NAMES[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };

    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        const char *value = getenv(NAMES[i]);
        if (str_blank(value))
            continue;
        const char *host = strrchr(value, '@');
        const char *scheme = strstr(value, "://");
        host = host ? host + 1 : scheme ? scheme + 3 : value;
        doctor_say(d, GROUP, "proxy", DOCTOR_OK, NULL, "requests go through %.*s (%s)", (int)strcspn(host, "/"), host, NAMES[i]);
        return;
    }
}

void doctor_machine(struct doctor *d)
{
    check_config(d);
    check_folder(d, "state", file_dir_state, "XDG_STATE_HOME");
    check_folder(d, "cache", file_dir_cache, "XDG_CACHE_HOME");
    check_folder(d, "runtime", file_dir_runtime, "XDG_RUNTIME_DIR");
    check_keyring(d);
    check_proxy(d);
}
