#ifndef LAKEFERRY_CORE_SETTINGS_H
#define LAKEFERRY_CORE_SETTINGS_H
/*
 * settings: every value the program works with and where it came from. One table of our own settings (config.ini), the
 * Databricks profile rules of reference databricks §1.4 and design §6, credentials by environment, keyring, secret scope,
 * file. Loaded once before threads, then read-only but for credentials (session).
 */
#include "base/str.h"

enum value_from { FROM_NONE, FROM_FLAG, FROM_ENVIRONMENT, FROM_PROFILE, FROM_KEYRING, FROM_FILE, FROM_SECRET_SCOPE, FROM_COMMAND /* databricks auth token */,
                  FROM_PROMPT, FROM_CONFIG, FROM_DEFAULT, FROM_SANDBOX };
struct value { char *text; enum value_from from; char detail[128]; /* "DATABRICKS_HOST", "profile lab-prod" */ };
void value_release(struct value *v);            /* wipes */
int value_set(struct value *v, const char *text, enum value_from from, const char *detail, struct err *e);
/* "environment DATABRICKS_HOST", "profile lab-prod of ~/.databrickscfg", "keyring": owned by out. */
char *value_origin(const struct value *v, char *out, size_t size);

/* Our own settings: X-macro of (id, "key", default text, "help"). The man page's table comes from it. */
#define SETTINGS(X) \
    X(STAGING_VOLUME, "staging_volume", "", "volume path where rows are staged (a profile's key of this name wins)") \
    X(GIVE_UP, "give_up", "15m", "how long a run without a terminal waits for a platform that is down") \
    X(CLARIFAI_RATE, "clarifai_rate", "15", "Clarifai requests per second, shared by all processes") \
    X(FILES_RATE, "files_rate", "90", "Files API requests per second") \
    X(FILES_IN_FLIGHT, "files_in_flight", "8", "Files API requests at once, 1 to 64") \
    X(PICTURE_MEMORY, "picture_memory", "32M", "bytes of pictures held in memory by a run") \
    X(RETRY_FIRST, "retry_first", "500ms", "first wait before a request is sent again") \
    X(RETRY_CAP, "retry_cap", "60s", "longest wait before a request is sent again") \
    X(POLL_FIRST, "poll_first", "500ms", "first wait between two questions about work in progress") \
    X(CA_FILE, "ca_file", "", "certificate bundle to trust besides the system's") \
    X(CLARIFAI_API_BASE, "clarifai_api_base", "https://api.clarifai.com", "where Clarifai's API is") \
    X(CLARIFAI_IMAGE_HOST, "clarifai_image_host", "https://data.clarifai.com", "the image host that gets the access token") \
    X(THEME, "theme", "auto", "auto, dark, light, mono") \
    X(MOUSE, "mouse", "off", "on or off") \
    X(PRODUCTION, "production", "", "profiles that ask for the table's name before writing, comma separated")
enum setting {
#define SETTING_ENUM(id, key, otherwise, help) SETTING_##id,
    SETTINGS(SETTING_ENUM)
#undef SETTING_ENUM
    SETTING_COUNT
};

#define SETTINGS_FILES_IN_FLIGHT_MAX 64   /* an import reads, and an export writes, with no more */

struct settings_flags { const char *profile; const char *compute; const char *staging; bool sandbox; };
struct settings {
    struct value own[SETTING_COUNT];
    struct value profile, host, token, client_id, client_secret, auth_type, cluster_id, warehouse_id, workspace_id;
    struct value clarifai_pat, clarifai_user, clarifai_base;
    bool production;                    /* profile marked production */
};
/* Reads environment, ~/.databrickscfg, config.ini, keyring (not the secret scope: that needs the network, see session). Missing values are
 * FROM_NONE, not errors; a broken file, a named profile that is missing, two auth methods at once are (ERR_CONFIG, naming file and line). */
int settings_load(const struct settings_flags *flags, struct settings *out, struct err *e);
/* Our own settings alone, for what needs no platform: no credential is looked for. */
int settings_load_screen(struct settings *out, struct err *e);
/* Calls each with name and value of every line of config.ini's section [keys]; its error, with the line named, ends it. */
int settings_each_key(int (*each)(void *ctx, const char *name, const char *value, struct err *e), void *ctx, struct err *e);
void settings_release(struct settings *s);
/*
 * Values typed in by the person, over all others (FROM_PROMPT); NULL or "": not typed. A token known for another host than the typed one is dropped,
 * and what is stored for that host looked up. ERR_CONFIG when the host cannot be used.
 */
struct settings_typed { const char *host, *token, *owner, *pat; };
int settings_type_in(struct settings *s, const struct settings_typed *typed, struct err *e);
int64_t settings_ms(const struct settings *s, enum setting which);      /* "15m" "500ms" "60s" */
uint64_t settings_bytes(const struct settings *s, enum setting which);  /* "32M" */
double settings_number(const struct settings *s, enum setting which);
const char *settings_text(const struct settings *s, enum setting which);
/* Names of the profiles in ~/.databrickscfg, with host. */
struct profile_line { char *name, *host, *auth; };
int settings_profiles(struct profile_line **out, size_t *count, struct err *e);
void settings_profiles_free(struct profile_line *p, size_t count);

/* Storing: the Secret Service by libsecret; where none answers, a 0600 file (only when asked for) or this session only. */
enum credential { CREDENTIAL_DATABRICKS_TOKEN, CREDENTIAL_CLARIFAI_PAT };
enum credential_store { STORE_KEYRING, STORE_FILE };
bool credentials_keyring_answers(bool *locked, struct err *why);   /* asks the person nothing; locked: what is in it cannot be read now */
bool credentials_keyring_opens(struct err *why);    /* and can be written to: a locked one asks for its password first; within a minute */
int credentials_store(enum credential_store where, enum credential which, const char *account /* host or user */, const char *secret, struct err *e);
int credentials_forget(enum credential which, const char *account, struct err *e);   /* from both stores; absent is success */
#endif
