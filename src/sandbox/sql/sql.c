#include "sandbox/sql/sql.h"
#include "sandbox/lake_store.h"
#include "sandbox/sql/session.h"
#include "base/str.h"
#include "base/timefmt.h"

struct sql_session *sql_session_new(struct lake *l, const char *user) {
    struct sql_session *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->lake = l;
    s->user = str_dup(user ? user : LAKE_OWNER);
    s->catalog = str_dup("main");
    s->schema = str_dup("default");
    if (s->user && s->catalog && s->schema) return s;
    sql_session_free(s);
    return NULL;
}

void sql_session_output(struct sql_session *s, bool failed_attempt, bool plain) {
    s->failed_attempt = failed_attempt;
    s->plain_output = plain;
}

void sql_session_free(struct sql_session *s) {
    if (!s) return;
    for (struct temp_view *v = s->views, *next; v; v = next) {
        next = v->next;
        free(v->name);
        free(v->sql);
        free(v);
    }
    free(s->user);
    free(s->catalog);
    free(s->schema);
    free(s);
}

void sql_result_release(struct sql_result *r) {
    for (int i = 0; i < r->column_count; i++) {
        free(r->columns[i].name);
        free(r->columns[i].type_text);
    }
    free(r->columns);
    free(r->message);
    cJSON_Delete(r->rows);
    *r = (struct sql_result){0};
}

/* A failed statement has no columns and no rows. */
static int forget_rows(struct sql_result *out, struct err *e) {
    struct sql_result kept = *out;
    kept.columns = NULL;
    kept.column_count = 0;
    kept.rows = cJSON_CreateArray();
    out->message = NULL;
    sql_result_release(out);
    *out = kept;
    return kept.rows ? 0 : err_no_memory(e);
}

/* Everything that may jump is below this call. 0 done, 1 failed as SQL, 2 broken. */
static int attempt(struct run *r, const char *text) {
    int jumped = setjmp(r->escape);
    if (jumped) return jumped;
    r->sql = text;
    r->sql = lexer_substitute(r, text);
    struct statement *s = parse_statement(r, r->sql);
    s->execute(r, s);
    return 0;
}

static int finish(struct run *r, int rc, struct err *e) {
    run_release_holds(r);
    arena_release(&r->mem);
    if (!rc && sqlite3_exec(r->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK) {
        lake_sql_error(r->db, "cannot write", &r->machine);
        rc = 2;
    }
    if (rc) sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    if (rc == 2 && e) *e = r->machine;
    return rc;
}

int sql_execute(struct sql_session *s, const char *text, const struct sql_parameter *parameters, int parameter_count,
                bool (*cancelled)(void *), void *cancel_ctx, struct sql_result *out, struct err *e) {
    struct lake *l = s->lake;
    *out = (struct sql_result){ .rows = cJSON_CreateArray() };
    struct run *r = calloc(1, sizeof *r);
    if (!r || !out->rows) {
        free(r);
        sql_result_release(out);
        return err_no_memory(e);
    }
    pthread_mutex_lock(&l->write);
    *r = (struct run){ .session = s, .lake = l, .db = l->db, .parameters = parameters, .parameter_count = parameter_count,
                       .cancelled = cancelled, .cancel_ctx = cancel_ctx, .now_us = time_wall_us(), .out = out };
    arena_init(&r->mem, r);
    int rc = 2;
    if (sqlite3_exec(l->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) lake_sql_error(l->db, "cannot write", e);
    else rc = finish(r, attempt(r, text), e);
    pthread_mutex_unlock(&l->write);
    free(r);
    if (rc == 1) return forget_rows(out, e);
    if (rc == 2) sql_result_release(out);
    return rc == 2 ? -1 : 0;
}
