#ifndef LAKEFERRY_CORE_NAMES_H
#define LAKEFERRY_CORE_NAMES_H
/* names: what people type for catalogs, schemas, tables, volumes, paths and apps, taken apart and put together. Pure; any thread. */
#include "base/str.h"

/* Up to three parts; unused ones are NULL. Parts are without backticks and in lower case, as Unity Catalog stores them. */
struct name { char *catalog, *schema, *object; };
void name_release(struct name *n);
int name_copy(struct name *out, const struct name *n, struct err *e);
/* "c", "c.s", "c.s.n"; a part outside [A-Za-z0-9_]+ in backticks (doubled inside). want: parts needed, 0 any. ERR_USAGE says which part and why. */
int name_parse(const char *text, int want, struct name *out, struct err *e);
/* "c.s.n" with backticks where needed: what a person can type again. Owned. */
char *name_text(const struct name *n);
/* "c.s.n" raw, as REST wants it (full_name). Owned. */
char *name_full(const struct name *n);
/* A part that Unity Catalog would refuse for a new object (§6): ERR_USAGE with the reason. */
int name_check_new(const char *part, struct err *e);
/* A sensible new table name from any text: lower case, [a-z0-9_]. Owned. */
char *name_suggest(const char *text);

/* VOLUME[/PATH] or /Volumes/c/s/v[/PATH]; path without leading or trailing '/', "" for the volume itself. */
struct volume_path { struct name volume; char *path; };
void volume_path_release(struct volume_path *v);
int volume_path_parse(const char *text, struct volume_path *out, struct err *e);
char *volume_path_text(const struct volume_path *v);   /* "/Volumes/c/s/v/path". Owned. */

/* "user/app" or "app" (user NULL). */
struct app_name { char *user, *app; };
void app_name_release(struct app_name *a);
int app_name_parse(const char *text, struct app_name *out, struct err *e);
#endif
