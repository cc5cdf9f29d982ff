#ifndef LAKEFERRY_UI_ACTIONS_H
#define LAKEFERRY_UI_ACTIONS_H
/*
 * actions: everything a key or a typed command can do, as one table. Footer hints, the help screen, the man page's
 * key section and completion are made from it.
 * Row: identifier, name (for `:` and settings), hint (footer; "" never shown there), need, sentence for the help.
 * A need is what must be there for the action to make sense; where it is missing the person is told its reason.
 * Constant; any thread.
 */
#include <stdbool.h>
#include <stdint.h>

/* identifier, reason shown when it is missing */
#define ACTION_NEEDS(X) \
    X(NONE,       "") \
    X(ITEM,       "the list is empty: there is nothing to choose") \
    X(CATALOG,    "choose a catalog first") \
    X(SCHEMA,     "choose a schema first") \
    X(TABLE,      "choose a table first: this works on tables and views") \
    X(OWN_TABLE,  "choose a managed or external table first: a view cannot be updated") \
    X(VOLUME,     "choose a volume or a folder in one first") \
    X(RUN,        "there is no run here yet") \
    X(RUN_ACTIVE, "this run is not going on") \
    X(RUN_ENDED,  "this run has not ended yet") \
    X(FAILED,     "nothing failed in this run") \
    X(READY,      "the form is not whole yet") \
    X(START_THERE,"there is no plan here, and no Start") \
    X(WRITABLE,   "this session is read-only: start lakeferry without --read-only to write") \
    X(ROWS,       "there are no rows to work on") \
    X(FOUND,      "nothing is being searched for: / starts a search") \
    X(JSON,       "this value has no parts to fold")

#define ACTIONS(X) \
    X(UP,           "up",           "",             ITEM,       "Move to the item above.") \
    X(DOWN,         "down",         "",             ITEM,       "Move to the item below.") \
    X(LEFT,         "left",         "",             NONE,       "Go to the column on the left, or back.") \
    X(RIGHT,        "right",        "",             NONE,       "Go to the column on the right.") \
    X(PAGE_UP,      "page-up",      "",             ITEM,       "Move up by a page.") \
    X(PAGE_DOWN,    "page-down",    "",             ITEM,       "Move down by a page.") \
    X(TOP,          "top",          "",             ITEM,       "Move to the first item.") \
    X(BOTTOM,       "bottom",       "",             ITEM,       "Move to the last item.") \
    X(OPEN,         "open",         "",             ITEM,       "Open what the cursor is on.") \
    X(BACK,         "back",         "back",         NONE,       "Go back, or close what is open.") \
    X(IMPORT,       "import",       "import here",  VOLUME,     "Start an import from here, everything filled in.") \
    X(EXPORT,       "export",       "export",       SCHEMA,     "Start an export into this schema.") \
    X(UPDATE,       "update",       "update",       OWN_TABLE,  "Start an update of this table.") \
    X(PREVIEW,      "preview",      "preview",      TABLE,      "Show rows of this table.") \
    X(RECORD,       "record",       "record",       ROWS,       "Show the whole row, one column a line.") \
    X(PAUSE,        "pause",        "pause",        RUN_ACTIVE, "Pause the run, or let it go on.") \
    X(RETRY,        "retry",        "retry failed", FAILED,     "Send again what failed in this run.") \
    X(RESUME,       "resume",       "resume",       RUN,        "Continue a run that stopped before its end.") \
    X(CANCEL,       "cancel",       "cancel",       RUN_ACTIVE, "Stop the run; what was done stays done.") \
    X(REPORT,       "report",       "report",       RUN,        "Show where the report of the run is.") \
    X(START,        "start",        "start",        READY,      "Do what the plan says.") \
    X(TO_START,     "to-start",     "start",        START_THERE,"Go to Start, which does what the plan says.") \
    X(DRY_RUN,      "dry-run",      "dry run",      READY,      "Make the plan and stop there: nothing is changed.") \
    X(COPY_COMMAND, "copy-command", "copy command", READY,      "Copy the same job as a command line.") \
    X(VOLUME_FORM,  "import-volume","volume",       NONE,       "Show Import from a volume.") \
    X(S3_FORM,      "import-s3",    "S3",           NONE,       "Show Import from S3.") \
    X(LOGIN,        "login",        "",             NONE,       "Test and store the credentials.") \
    X(FILTER,       "filter",       "filter",       NONE,       "Show only names with the typed text.") \
    X(FIND,         "find",         "find",         ROWS,       "Search for a text.") \
    X(FIND_NEXT,    "find-next",    "",             FOUND,      "Go to the next place found.") \
    X(FIND_PREVIOUS,"find-previous","",             FOUND,      "Go to the previous place found.") \
    X(MARK,         "mark",         "mark",         ITEM,       "Mark the item, or take the mark away.") \
    X(MARK_ALL,     "mark-all",     "",             ITEM,       "Mark all items shown, or none.") \
    X(COPY,         "copy",         "copy",         ITEM,       "Copy the name or cell through the terminal's clipboard.") \
    X(SAVE,         "save",         "export shown", ROWS,       "Write what is shown to a file, as CSV or JSON lines.") \
    X(FOLD,         "fold",         "fold",         JSON,       "Fold or unfold this part.") \
    X(FOLD_ALL,     "fold-all",     "",             ROWS,       "Fold or unfold everything.") \
    X(REFRESH,      "refresh",      "refresh",      NONE,       "Ask the platform again.") \
    X(NEXT,         "next",         "next",         NONE,       "Go to the next field or pane.") \
    X(PREVIOUS,     "previous",     "",             NONE,       "Go to the previous field or pane.") \
    X(ACCEPT,       "accept",       "",             NONE,       "Take what is typed or chosen.") \
    X(ERASE,        "erase",        "",             NONE,       "Delete the character before the cursor.") \
    X(DELETE,       "delete",       "",             NONE,       "Delete the character at the cursor.") \
    X(ERASE_WORD,   "erase-word",   "",             NONE,       "Delete the word before the cursor.") \
    X(ERASE_LINE,   "erase-line",   "",             NONE,       "Delete everything before the cursor.") \
    X(ERASE_REST,   "erase-rest",   "",             NONE,       "Delete everything behind the cursor.") \
    X(COMPLETE,     "complete",     "",             NONE,       "Complete what is typed.") \
    X(COMMAND,      "command",      "",             NONE,       "Type a command or a place to go to.") \
    X(TAB_AUTH,     "authenticate", "",             NONE,       "Show Authenticate.") \
    X(TAB_BROWSE,   "browse",       "",             NONE,       "Show Browse.") \
    X(TAB_IMPORT,   "tab-import",   "",             NONE,       "Show Import.") \
    X(TAB_EXPORT,   "tab-export",   "",             NONE,       "Show Export.") \
    X(TAB_UPDATE,   "tab-update",   "",             NONE,       "Show Update.") \
    X(TAB_RUNS,     "runs",         "",             NONE,       "Show Runs.") \
    X(REDRAW,       "redraw",       "",             NONE,       "Draw the screen anew.") \
    X(SUSPEND,      "suspend",      "",             NONE,       "Stop for a while; fg in the shell comes back.") \
    X(HELP,         "help",         "",             NONE,       "Show the keys of this screen.") \
    X(QUIT,         "quit",         "",             NONE,       "Leave lakeferry; runs go on without it.")

#define ACTION_ID(id, name, hint, need, help) ACTION_##id,
enum action { ACTION_NONE, ACTIONS(ACTION_ID) ACTION_COUNT };
#undef ACTION_ID

#define ACTION_NEED_ID(id, reason) NEED_##id,
enum action_need { ACTION_NEEDS(ACTION_NEED_ID) NEED_COUNT };
#undef ACTION_NEED_ID

/* The set of needs that a screen meets at the moment; NONE is always met. */
#define NEED_BIT(n) ((uint32_t)1 << (n))
#define NEED_ALL (UINT32_MAX & ~NEED_BIT(NEED_START_THERE))   /* only a form with a plan meets that one */

struct action_row {
    const char *name, *hint;
    enum action_need need;
    const char *help;
};

/* The row of an action; ACTION_NONE has empty texts. */
const struct action_row *action_row(enum action a);
/* ACTION_NONE when there is none of that name. */
enum action action_find(const char *name);
/* NULL when the needs met allow it, else why not. */
const char *action_why_not(enum action a, uint32_t met);
#endif
