/* The place of a probe: three rows staged, a CSV file, compute; and the removal of it all. */
#include "core/probe.h"
#include "base/timefmt.h"
#include "core/probe_inside.h"
#include "core/sql.h"
#include "net/databricks_files.h"
#include <sys/random.h>
#include <unistd.h>

/* As they are created, and changed: one the same, one other, one new. */
static const char *const ROWS[] = {
    "{\"id\":\"a\",\"n\":1,\"at\":\"2026-01-02T03:04:05.678901Z\"}", "{\"id\":\"b\",\"n\":2,\"at\":null}", "{\"id\":\"c\",\"n\":null,\"at\":\"2026-01-02T03:04:05Z\"}",
};
static const char *const CHANGED[] = {
    "{\"id\":\"a\",\"n\":1,\"at\":\"2026-01-02T03:04:05.678901Z\"}", "{\"id\":\"b\",\"n\":20,\"at\":null}", "{\"id\":\"d\",\"n\":4,\"at\":null}",
};
static const char CSV[] = "input,inputid,concepts\nhttps://example.com/1.jpg,001,\"a\nb, c\"\nhttps://example.com/2.jpg,002,\n\"x\",too,many,cells\n";

static int stage_three(struct probe *p, const char *name, const char *const rows[3], char **folder, struct err *e)
{
    const char *tmp = getenv("TMPDIR");
    struct stage *st = NULL;
    uint64_t count;
    int result = stage_begin(&p->session, &p->place, p->id, name, 1, tmp != NULL ? tmp : "/tmp", &st, e);

    for (int i = 0; i < 3 && result == 0; i++)
        result = stage_row(st, rows[i], strlen(rows[i]), e);
    if (result == 0)
        result = stage_end(st, &count, e);
    if (result == 0 && (*folder = str_dup(stage_folder(st))) == NULL)
        result = err_no_memory(e);
    stage_free(st);
    return result;
}

struct text_source { const char *text; size_t size, at; };

static int64_t read_text(void *ctx, char *out, size_t room)
{
    struct text_source *t = ctx;
    size_t n = t->size - t->at < room ? t->size - t->at : room;

    memcpy(out, t->text + t->at, n);
    t->at += n;
    return (int64_t)n;
}

static int rewind_text(void *ctx)
{
    ((struct text_source *)ctx)->at = 0;
    return 0;
}

static int put_csv(struct probe *p, struct err *e)
{
    struct text_source text = { CSV, sizeof CSV - 1, 0 };
    const struct net_source source = { .size = text.size, .read = read_text, .rewind = rewind_text, .ctx = &text };
    size_t cut = (size_t)(strrchr(p->rows, '/') - p->rows);
    char *folder = str_printf("%.*s/csv", (int)cut, p->rows);
    int result;

    p->csv = str_printf("%.*s/csv/rows.csv", (int)cut, p->rows);
    p->out = str_printf("%.*s/out", (int)cut, p->rows);
    result = folder == NULL || p->csv == NULL || p->out == NULL ? err_no_memory(e) : databricks_directory_create(&p->session.files, folder, e);
    if (result == 0)
        result = databricks_file_put(&p->session.files, p->csv, &source, true, e);
    free(folder);
    return result;
}

static int choose_place(struct probe *p, const char *staging, struct err *e)
{
    const char *at = str_blank(staging) ? settings_text(&p->session.settings, SETTING_STAGING_VOLUME) : staging;
    uint32_t number = (uint32_t)time_wall_us();
    struct volume_path *v = &p->place.at;

    if (str_blank(at)) {
        err_set(e, ERR_CONFIG, "no staging volume is named, and the probe needs one for its three rows");
        return err_remedy(e, "name one: --staging catalog.schema.volume, or the setting staging_volume");
    }
    if (volume_path_parse(at, v, e) != 0)
        return -1;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        number ^= (uint32_t)getpid() << 12;
    snprintf(p->id, sizeof p->id, "probe-%08x", number);
    p->table = (struct name){ str_dup(v->volume.catalog), str_dup(v->volume.schema), str_printf("lakeferry_probe_%08x", number) };
    return p->table.catalog == NULL || p->table.schema == NULL || p->table.object == NULL ? err_no_memory(e) : 0;
}

static int start_compute(struct probe *p, const char *which, const struct probe_hooks *hooks, struct err *e)
{
    char state[32];
    bool running;

    if (compute_open(&p->session, which, NULL, &p->compute, e) != 0 || compute_state(p->compute, state, &running, e) != 0)
        return -1;
    if (!running && (hooks->confirm == NULL || hooks->confirm(hooks->ctx, compute_label(p->compute), state) != 1)) {
        err_set(e, ERR_CONFIG, "%s is %s and was not started", compute_label(p->compute), state);
        return err_remedy(e, "--yes starts it");
    }
    return running ? 0 : compute_start(p->compute, hooks->tick, hooks->ctx, e);
}

/* With calls that no longer end early. */
static int clean(struct probe *p, const struct session *s, struct err *e)
{
    struct buf text = BUF_INIT;
    int result = 0;

    if (p->table_tried && p->compute != NULL) {
        net_cancel_clear(p->session.databricks.cancel);
        buf_puts(&text, "DROP TABLE IF EXISTS ");
        sql_table(&text, &p->table);
        result = probe_statement(p, &text, NULL, e);
        if (result != 0)
            err_about(e, "cannot remove the table of the probe", p->table.object);
    }
    if (p->id[0] != '\0' && stage_remove(s, &p->place, p->id, result == 0 ? e : NULL) != 0)
        result = -1;
    return result;
}

int probe_run(const struct session *s, const char *staging, const char *which, struct net_cancel *cancel, const struct probe_hooks *hooks, struct err *e)
{
    struct net_cancel own = {0};
    struct probe p = { .session = *s };
    struct probe_answers answers = {0};
    struct err late = {0};

    p.session.databricks.cancel = p.session.files.cancel = cancel != NULL ? cancel : &own;
    int result = choose_place(&p, staging, e);
    if (result == 0)
        result = start_compute(&p, which, hooks, e);
    if (result == 0 && (stage_three(&p, "rows", ROWS, &p.rows, e) != 0 || stage_three(&p, "changed", CHANGED, &p.changed, e) != 0 || put_csv(&p, e) != 0))
        result = -1;
    if (result == 0) {
        probe_forms(&p, hooks, &answers);
        if (net_cancel_is_set(p.session.databricks.cancel))
            result = err_set(e, ERR_CANCELLED, "the probe was stopped");
        else
            result = probe_remember(&p.session, p.compute, &answers, e);
    }
    if (clean(&p, s, &late) != 0 && result == 0) {
        *e = late;
        result = -1;
    }
    compute_close(p.compute);
    probe_answers_release(&answers);
    sql_s3_release(&p.s3);
    stage_place_release(&p.place);
    name_release(&p.table);
    free(p.rows);
    free(p.changed);
    free(p.csv);
    free(p.out);
    return result;
}
