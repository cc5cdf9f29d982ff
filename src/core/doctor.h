#ifndef LAKEFERRY_CORE_DOCTOR_H
#define LAKEFERRY_CORE_DOCTOR_H
/*
 * doctor: looks at everything a run will need and says, for each thing, whether it is well and what to do when it is not: files and folders of this
 * machine, the keyring, and both platforms (identity, each family of requests, compute, clock, quotas). Nothing is changed on either platform, no
 * compute is started. Texts never hold a secret. One thread per struct doctor.
 */
#include "core/session.h"

enum doctor_verdict { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };
const char *doctor_verdict_name(enum doctor_verdict v);      /* "ok" "warn" "fail" */
struct doctor_line {
    char group[16];                  /* "terminal" "machine" "databricks" "clarifai" "probe" */
    char name[40];
    enum doctor_verdict verdict;
    enum err_code code;              /* of what failed: ERR_AUTH is another exit status */
    char text[1100], fix[400];       /* fix "": nothing to do */
};
struct doctor { struct doctor_line *lines; size_t count, cap; bool out_of_memory; };
void doctor_release(struct doctor *d);
/* Adds a line. fix may be NULL. */
void doctor_say(struct doctor *d, const char *group, const char *name, enum doctor_verdict verdict, const char *fix, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
/* Adds a line from an error: its cause as the text, its remedy as the fix. */
void doctor_say_err(struct doctor *d, const char *group, const char *name, enum doctor_verdict verdict, const struct err *e);
/* Of all lines: 0 well or warnings only, 4 when a credential or right is missing, 1 when something else failed. */
int doctor_exit_status(const struct doctor *d);

/* Folders, files and their modes, space, keyring, proxy. Makes our own folders as any verb does. */
void doctor_machine(struct doctor *d);
/*
 * Both platforms at the same time, at most 10 s each. The session is open (any of its sides may lack host or credential: that is said) and used until
 * this returns.
 */
void doctor_platforms(struct doctor *d, struct session *s);

/* --- its parts --- */
#define DOCTOR_LIMIT_MS 10000
/* One platform's checks over a session whose calls end with ERR_CANCELLED when the time is up. */
void doctor_databricks(struct doctor *d, struct session *s);
void doctor_clarifai(struct doctor *d, struct session *s);
/* The difference between our clock and the one in an answer's Date header. */
void doctor_say_clock(struct doctor *d, const char *group, int64_t theirs_us);
/* First words with a platform: its address and TLS, told from how the first call ended (e->code ERR_NONE: well). False: there is no connection. */
bool doctor_say_connection(struct doctor *d, const char *group, const char *base, const struct err *e);
#endif
