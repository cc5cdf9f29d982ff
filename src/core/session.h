#ifndef LAKEFERRY_CORE_SESSION_H
#define LAKEFERRY_CORE_SESSION_H
/*
 * session: a process's connection to both platforms: settings, engine, sites, who we are. Made once; its net_api values may be copied by any
 * thread. Clarifai may be absent (only Databricks verbs work then), and the other way round.
 */
#include "core/settings.h"
#include "net/engine.h"

struct session_auth;                /* tokens that are asked for and run out (session_auth.h) */
struct session {
    struct settings settings;
    struct net_engine *engine;
    struct net_api databricks;      /* quota "databricks" */
    struct net_api files;           /* same site, quota "files" */
    struct net_api clarifai;
    struct net_api images;          /* the secure image host, with the key */
    struct net_api anonymous;       /* whole URLs without credential */
    char databricks_user[256];      /* scim userName; "" until session_identify */
    char clarifai_user[64];         /* owner of the apps */
    char profile_name[64];          /* for the head line: profile, host, or "sandbox" */
    struct session_auth *auth;      /* NULL with a plain token */
};
struct session_options {
    struct settings_flags flags;
    bool interactive;               /* net_settings.interactive */
    bool need_databricks, need_clarifai;   /* ERR_CONFIG/ERR_AUTH naming what is missing and where it is looked for */
};
/* Opens without sending anything (but what finding the Clarifai key in the secret scope needs, when it is nowhere else and needed; and OAuth). */
int session_open(const struct session_options *o, struct session *out, struct err *e);
void session_close(struct session *s);
/*
 * Whether calls to that side can be made: 0, or what is missing and where it was looked for (ERR_CONFIG, ERR_AUTH). The first may ask for the first
 * token of a sign-in that has tokens on demand. databricks.site is NULL while no host is known; clarifai.site is always there, maybe without credential.
 */
int session_check_databricks(const struct session *s, struct err *e);
int session_check_clarifai(const struct session *s, struct err *e);
/* Asks both platforms who we are; each side's result apart (either err may be NULL when that side is not wanted). 0 when both are well. */
int session_identify(struct session *s, struct err *databricks, struct err *clarifai);
/* A worker's credentials come and go through a pipe as one JSON object. */
int session_export_secrets(const struct session *s, int fd, struct err *e);
int session_import_secrets(int fd, struct settings *into, struct err *e);
/* Opens with settings already made (worker). */
int session_open_settings(struct settings *take, bool interactive, struct session *out, struct err *e);

/* The local platform: finds one that runs (endpoint.json of its data folder) or starts lakeferry-sandbox (beside our program, else PATH)
 * with --idle-exit, waits until ready; fills host, token, keys as FROM_SANDBOX. LAKEFERRY_SANDBOX_DATA names another data folder. */
int session_find_sandbox(struct settings *into, struct err *e);
#endif
