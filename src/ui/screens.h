#ifndef LAKEFERRY_UI_SCREENS_H
#define LAKEFERRY_UI_SCREENS_H
/* screens: the constant tables of all screens, and what each takes as arg of app_show or app_push. UI thread. */
#include "ui/world.h"

enum screens_tab { TAB_AUTH, TAB_BROWSE, TAB_IMPORT, TAB_EXPORT, TAB_UPDATE, TAB_RUNS };

extern const struct app_screen screen_authenticate;  /* no arg */
extern const struct app_screen screen_browse;        /* const char *: a place as typed: "main.vision", "/Volumes/…" */
extern const struct app_screen screen_import;        /* const char *: volume or folder, "/Volumes/c/s/v/path" */
extern const struct app_screen screen_export;        /* const char *: schema as typed, "main.vision" */
extern const struct app_screen screen_update;        /* const char *: table as typed, "main.vision.inputs" */
extern const struct app_screen screen_runs;          /* const char *: id of the run to open */
extern const struct app_screen screen_run;           /* pushed; const char *: id of the run */
extern const struct app_screen screen_preview;       /* pushed; const char *: table as typed, "main.vision.inputs" */
#endif
