/* Of view: a run that goes on, through its socket: told what to do, and followed to its end. */
#include "core/view.h"
#include "base/timefmt.h"
#include "core/link.h"
#include "core/report.h"
#include "core/run_inside.h"
#include <unistd.h>

#define START_MS 10000   /* a worker that was just started may take so long to listen */
#define END_MS 10000     /* and one that has said its last words, to record its end */
#define AGAIN_US 50000
#define TURNED_AWAY_US 900000

static int wait_for_ack(struct link_client *c, const char *id, struct err *e)
{
    for (;;) {
        cJSON *line;
        bool timed_out;
        int got = link_client_read(c, 3000, &line, &timed_out, e);
        if (got < 0)
            return -1;
        if (got == 0)
            return err_set(e, timed_out ? ERR_TIMEOUT : ERR_NOT_FOUND, timed_out ? "run %s does not answer" : "run %s ended meanwhile", id);
        bool ack = str_eq(json_str(line, "type"), "ack"), refused = str_eq(json_str(line, "type"), "refused");
        cJSON_Delete(line);
        if (ack)
            return 0;
        if (refused)
            return err_set(e, ERR_USAGE, "run %s does not know this command", id);
    }
}

int view_control(const char *id, const char *command, struct err *e)
{
    struct link_client *c;
    struct buf line = BUF_INIT;
    if (link_connect(id, &c, e) != 0)
        return -1;
    if (command[0] == '{') {
        buf_puts(&line, command);                /* a command with members, as JSON */
    } else {
        buf_puts(&line, "{\"command\":");
        json_quote(&line, command, strlen(command));
        buf_putc(&line, '}');
    }
    int result = buf_error(&line, e);
    if (result == 0)
        result = link_client_send(c, line.data, e);
    if (result == 0)
        result = wait_for_ack(c, id, e);
    link_client_free(c);
    buf_wipe(&line);
    return result;
}

/* A worker that was just started takes a moment until it listens; a finished run never does. */
static int connect_soon(const char *id, struct link_client **out, struct view *v, struct err *e)
{
    for (int64_t end = time_mono_ms() + START_MS;;) {
        if (link_connect(id, out, e) == 0)
            return 0;
        if (view_read(id, v, e) != 0)
            return -1;
        if (v->ended_ms || time_mono_ms() >= end)
            return 1;
        usleep(50000);
    }
}

/* What a finished run said last. */
static int replay(const char *id, int (*each)(void *ctx, const cJSON *line), void *ctx, struct err *e)
{
    static const char *const kept[] = {"plan", "summary"};
    struct journal *j = NULL;
    char *folder = run_folder(id, e);
    int result = folder ? journal_open_view(folder, &j, e) : -1;
    for (size_t i = 0; result == 0 && i < sizeof kept / sizeof *kept; i++) {
        cJSON *line = report_kept(j, kept[i]);
        bool stop = line && each(ctx, line) < 0;
        cJSON_Delete(line);
        if (stop)
            break;
    }
    journal_close(j);
    free(folder);
    return result;
}

/* Lines until the connection ends: 1; or until each has had enough: 0. */
static int follow(struct link_client *c, int (*each)(void *ctx, const cJSON *line), void *ctx, bool *heard, struct err *e)
{
    for (*heard = false;; *heard = true) {
        cJSON *line;
        bool timed_out;
        int got = link_client_read(c, -1, &line, &timed_out, e);
        if (got <= 0)
            return got < 0 ? -1 : 1;
        bool stop = each(ctx, line) < 0;
        cJSON_Delete(line);
        if (stop)
            return 0;
    }
}

/*
 * A connection ended. 0: so did the run, and *v has what it recorded; 1 and a new connection: it goes on, having dropped who was too far behind. Who was
 * turned away before a line was heard, because all places are taken, does not knock at once. A journal that its run holds may be read a moment later.
 */
static int end_or_again(const char *id, bool heard, struct link_client **again, struct view *v, struct err *e)
{
    for (int64_t end = time_mono_ms() + END_MS;;) {
        struct err why = {0};
        int result = view_read(id, v, &why);
        bool late = time_mono_ms() >= end;
        if (result != 0 && (late || why.code == ERR_NOT_FOUND)) {
            *e = why;
            return -1;
        }
        if (result == 0 && (late || !v->alive || v->exit_status >= 0))
            return 0;
        usleep(heard ? AGAIN_US : TURNED_AWAY_US);
        if (link_connect(id, again, &why) == 0)
            return 1;
    }
}

int view_watch(const char *id, int (*each)(void *ctx, const cJSON *line), void *ctx, int *status, struct err *e)
{
    struct link_client *c = NULL;
    struct view v;
    struct err why = {0};
    *status = -1;
    int found = connect_soon(id, &c, &v, &why);
    if (found < 0) {
        *e = why;
        return -1;
    }
    if (found == 1) {
        if (!v.ended_ms)
            return err_set(e, ERR_NOT_FOUND, "run %s is not running; `lakeferry resume %s` goes on", id, id);
        *status = v.exit_status;
        return replay(id, each, ctx, e);
    }
    int more = 1;
    while (more == 1) {
        bool heard;
        int ended = follow(c, each, ctx, &heard, e);
        link_client_free(c);
        if (ended != 1) {
            *status = 0;
            return ended;
        }
        more = end_or_again(id, heard, &c, &v, e);
    }
    *status = v.exit_status >= 0 ? v.exit_status : 1;
    return more;
}
