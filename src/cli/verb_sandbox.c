/* sandbox: becomes the local platform's program, which sits beside ours. */
#include "cli/verbs.h"
#include <errno.h>
#include <unistd.h>

#define PROGRAM "lakeferry-sandbox"

int verb_sandbox(struct command *c)
{
    static const struct { enum option_id id; const char *flag; } PASSED[] = {
        { OPT_PORT, "--port" }, { OPT_DATA, "--data" }, { OPT_FAULTS, "--faults" },
    };
    const char *argv[8] = { PROGRAM };
    char own[4096], *slash;
    struct err e = {0};
    int n = 1;
    ssize_t len = readlink("/proc/self/exe", own, sizeof own - sizeof PROGRAM - 1);

    for (size_t i = 0; i < sizeof PASSED / sizeof PASSED[0]; i++)
        if (command_has(c, PASSED[i].id)) {
            argv[n++] = PASSED[i].flag;
            argv[n++] = c->args->value[PASSED[i].id];
        }
    if (len > 0) {
        own[len] = '\0';
        slash = strrchr(own, '/');
        snprintf(slash + 1, sizeof own - (size_t)(slash + 1 - own), "%s", PROGRAM);
        execv(own, (char *const *)(const void *)argv);
    }
    execvp(PROGRAM, (char *const *)(const void *)argv);
    err_set_errno(&e, errno, "the program %s was not found beside lakeferry or on the path", PROGRAM);
    err_about(&e, "cannot start", "the sandbox");
    return out_error(c->out, &e);
}
