/* merge: MERGE INTO as Delta runs it: the source is kept by its join key, the target is read once. */
#include "sandbox/sql/change.h"
#include "sandbox/sql/statements.h"
#include "base/str.h"

/* A clause with its names known. Expressions read target columns, then source columns. */
struct bound_clause { const struct clause *c; struct expr *condition; struct expr **cells; /* one a target column; NULL: as it is */ };

struct merge {
    struct run *r;
    const struct statement *s;
    struct table *t;
    struct relation *source;
    struct scope both;
    int target_width;
    struct equal_pairs pairs;
    struct bound_clause *clauses;
    bool matched_only, insert_only, by_source, one_delete;
    struct spill *rows;
    unsigned char *used;           /* a bit for each source row that matched */
    struct changes changes;
    struct arena *a;
    int64_t updated, deleted, inserted, kept, pairs_seen, read;
};


/* --- binding --- */
static void hide(struct merge *m, bool target, bool source) {
    for (int i = 0; i < m->both.count; i++) m->both.at[i].hidden = i < m->target_width ? target : source;
}

static _Noreturn void unresolved(struct merge *m, const char *name, const char *clause) {
    struct text list;
    text_init(&list, &m->r->mem);
    for (int i = 0; i < m->source->scope.count; i++) text_printf(&list, "%s%s", i ? ", " : "", m->source->scope.at[i].name);
    run_fail(m->r, "DELTA_MERGE_UNRESOLVED_EXPRESSION", "42601", -1, "Cannot resolve %s in %s given columns %s.", name, clause, text_end(&list));
}

static int source_column(struct merge *m, const char *name) {
    for (int i = 0; i < m->source->scope.count; i++)
        if (str_ieq(m->source->scope.at[i].name, name)) return i;
    return -1;
}

static int target_column(struct merge *m, const struct name *n, const char *clause) {
    for (int i = 0; i < m->t->columns.count; i++)
        if (str_ieq(m->t->columns.at[i].name, n->part[n->count - 1])) return i;
    unresolved(m, name_text(m->r, n), clause);
}

static void bind_all_columns(struct merge *m, struct bound_clause *b, const char *clause) {
    for (int i = 0; i < m->target_width; i++) {
        int at = source_column(m, m->t->columns.at[i].name);
        if (at < 0) unresolved(m, m->t->columns.at[i].name, clause);
        struct expr *x = expr_column(m->r, m->target_width + at, m->source->scope.at[at].type, NULL);
        b->cells[i] = assigned(m->r, x, &m->t->columns.at[i]);
    }
}

static void bind_clause(struct merge *m, struct bound_clause *b, const struct clause *c) {
    static const char *const names[] = {"UPDATE clause", "DELETE clause", "INSERT clause"};
    struct binder binder = { .r = m->r, .scope = &m->both, .clause = "MERGE" };
    hide(m, c->when == CLAUSE_NOT_MATCHED, c->when == CLAUSE_BY_SOURCE);
    b->c = c;
    b->condition = c->condition ? bind_condition(&binder, c->condition) : NULL;
    b->cells = mem_zero(&m->r->mem, sizeof *b->cells * (size_t)(m->target_width + 1));
    if (c->all) bind_all_columns(m, b, names[c->act]);
    for (int i = 0; i < c->set_count; i++) {
        int at = target_column(m, &c->set[i].column, names[c->act]);
        if (b->cells[at])
            run_fail(m->r, "DELTA_DUPLICATE_COLUMNS_ON_INSERT", "42701", c->set[i].column.pos, "Duplicate column names in %s: %s.", names[c->act], m->t->columns.at[at].name);
        b->cells[at] = assigned(m->r, expr_bind(&binder, c->set[i].value), &m->t->columns.at[at]);
    }
}

static void bind_merge(struct merge *m) {
    struct run *r = m->r;
    const struct from *f = m->s->target;
    if (f->kind != FROM_NAME) run_fail(r, "PARSE_SYNTAX_ERROR", "42601", f->pos, "Syntax error at or near '('.");
    m->t = table_need(r, &f->name, true);
    m->target_width = m->t->columns.count;
    m->source = plan_from(r, m->s->source, NULL);
    relation_use_all(r, m->source);
    for (int i = 0; i < m->target_width; i++) scope_add(r, &m->both, f->alias, f->alias ? NULL : &f->name, m->t->columns.at[i].name, m->t->columns.at[i].type);
    for (int i = 0; i < m->source->scope.count; i++)
        *(struct scope_column *)list_add(r, &m->both.at, &m->both.count, sizeof(struct scope_column)) = m->source->scope.at[i];
    struct binder b = { .r = r, .scope = &m->both, .clause = "MERGE" };
    join_pairs(r, bind_condition(&b, m->s->condition), m->target_width, &m->pairs);
    m->clauses = mem_zero(&r->mem, sizeof *m->clauses * (size_t)m->s->clause_count);
    int count[3] = {0};
    for (int i = 0; i < m->s->clause_count; i++) {
        bind_clause(m, &m->clauses[i], &m->s->clauses[i]);
        count[m->s->clauses[i].when]++;
    }
    m->matched_only = !count[CLAUSE_NOT_MATCHED] && !count[CLAUSE_BY_SOURCE];
    m->insert_only = !count[CLAUSE_MATCHED] && !count[CLAUSE_BY_SOURCE];
    m->by_source = count[CLAUSE_BY_SOURCE] > 0;
    for (int i = 0; i < m->s->clause_count; i++)
        if (count[CLAUSE_MATCHED] == 1 && m->s->clauses[i].when == CLAUSE_MATCHED && m->s->clauses[i].act == ACT_DELETE && !m->s->clauses[i].condition) m->one_delete = true;
}

/* --- running --- */
static void read_source(struct merge *m) {
    struct env e = { .r = m->r, .a = m->a };
    m->rows = spill_new(m->r, m->source->it->width);
    while ((e.row = m->source->it->next(m->source->it, m->a))) {
        struct text key;
        text_init(&key, m->a);
        if (!pairs_key(&e, &m->pairs, m->pairs.right, &key)) {
            key.n = 0;
            text_puts(&key, "\xff no match");
        }
        spill_add(m->rows, key.p, key.n, e.row);
        arena_reset(m->a);
    }
    spill_index(m->rows);
    m->used = mem_zero(&m->r->mem, (size_t)m->rows->rows / 8 + 2);
}

static const struct bound_clause *applies(struct merge *m, int when, struct env *e) {
    for (int i = 0; i < m->s->clause_count; i++) {
        const struct bound_clause *b = &m->clauses[i];
        if ((int)b->c->when == when && (!b->condition || expr_true(e, b->condition))) return b;
    }
    return NULL;
}

static void act(struct merge *m, const struct bound_clause *b, struct env *e, const struct value *row, int64_t id) {
    if (!b) {
        m->kept++;
        return;
    }
    if (b->c->act == ACT_DELETE) {
        changes_add(&m->changes, id, NULL);
        m->deleted++;
        return;
    }
    struct value *changed = mem_alloc(m->a, sizeof *changed * (size_t)(m->target_width + 1));
    for (int i = 0; i < m->target_width; i++) changed[i] = b->cells[i] ? expr_eval(e, b->cells[i]) : row[i];
    changes_add(&m->changes, id, changed);
    m->updated++;
}

static _Noreturn void ambiguous(struct merge *m) {
    run_fail(m->r, "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE", "21506", -1,
             "Cannot perform Merge as multiple source rows matched and attempted to modify the same\ntarget row in the Delta table in possibly conflicting ways. By SQL semantics of Merge,\n"
             "when multiple source rows match on the same target row, the result may be ambiguous\nas it is unclear which source row should be used to update or delete the matching\n"
             "target row. You can preprocess the source table to eliminate the possibility of\nmultiple matches.");
}

/* Target columns and source columns in one row. */
static struct value *pair(struct merge *m, const struct value *target, const struct value *source) {
    struct value *row = mem_zero(m->a, sizeof *row * (size_t)(m->both.count + 1));
    if (target && m->target_width) memcpy(row, target, sizeof *row * (size_t)m->target_width);
    if (source && m->source->it->width) memcpy(row + m->target_width, source, sizeof *row * (size_t)m->source->it->width);
    return row;
}

/* One target row against the source rows of its key. */
static void merge_row(struct merge *m, const struct value *target) {
    struct env e = { .r = m->r, .a = m->a, .row = target };
    struct text key;
    const struct bound_clause *chosen = NULL;
    const struct value *chosen_row = NULL;
    int64_t n;
    int matches = 0, counted = 0; /* pairs; those a clause can touch */
    struct value *source;
    text_init(&key, m->a);
    bool possible = pairs_key(&e, &m->pairs, m->pairs.left, &key);
    spill_find(m->rows, possible ? key.p : "\xff nothing", possible ? key.n : 9);
    while ((source = spill_found(m->rows, m->a, &n))) {
        struct value *row = pair(m, target, source);
        e.row = row;
        if (!expr_true(&e, m->pairs.rest)) continue;
        m->used[n / 8] |= (unsigned char)(1 << (n % 8));
        matches++;
        const struct bound_clause *b = applies(m, CLAUSE_MATCHED, &e);
        if (!m->matched_only || b) counted++;
        if (!chosen && b) {
            chosen = b;
            chosen_row = row;
        }
    }
    if (matches > 1 && !m->one_delete && !m->insert_only) ambiguous(m);
    m->pairs_seen += counted;
    if (!matches) {
        e.row = pair(m, target, NULL);
        chosen = m->by_source ? applies(m, CLAUSE_BY_SOURCE, &e) : NULL;
        chosen_row = e.row;
    }
    e.row = chosen_row;
    act(m, chosen, &e, target, target[m->target_width].i);
}

static void insert_unmatched(struct merge *m) {
    struct table_writer *w = mem_zero(&m->r->mem, sizeof *w);
    struct env e = { .r = m->r, .a = m->a };
    int64_t n;
    const struct value *source;
    table_writer_init(w, m->r, m->t, m->t->store);
    spill_unsorted(m->rows);
    while ((source = spill_next(m->rows, m->a, &n, NULL, NULL))) {
        e.row = pair(m, NULL, source);
        const struct bound_clause *b = m->used[n / 8] >> (n % 8) & 1 ? NULL : applies(m, CLAUSE_NOT_MATCHED, &e);
        if (b) {
            struct value *row = mem_zero(m->a, sizeof *row * (size_t)(m->target_width + 1));
            for (int i = 0; i < m->target_width; i++)
                if (b->cells[i]) row[i] = expr_eval(&e, b->cells[i]);
            table_write(w, row);
            m->inserted++;
        }
        arena_reset(m->a);
    }
}

/* What Delta would commit: files are rewritten as soon as a pair matched, whether or not a row of them changed. */
static bool commits(const struct merge *m) {
    if (m->insert_only) return m->inserted > 0;
    return m->pairs_seen > 0 || m->inserted > 0 || (m->by_source && m->read > 0);
}

static void commit(struct merge *m) {
    const char *on = node_name(m->r, m->s->condition);
    struct text p;
    text_init(&p, &m->r->mem);
    text_puts(&p, "{\"predicate\":");
    json_string(&p, on, strlen(on));
    text_puts(&p, "}");
    table_commit(m->r, m->t, "MERGE", text_end(&p),
                 mem_printf(&m->r->mem, "{\"numSourceRows\":\"%lld\",\"numTargetRowsInserted\":\"%lld\",\"numTargetRowsUpdated\":\"%lld\",\"numTargetRowsDeleted\":\"%lld\","
                            "\"numTargetRowsCopied\":\"%lld\",\"numOutputRows\":\"%lld\"}", (long long)m->rows->rows, (long long)m->inserted, (long long)m->updated,
                            (long long)m->deleted, (long long)(m->insert_only ? 0 : m->kept), (long long)(m->inserted + m->updated + (m->insert_only ? 0 : m->kept))), false);
}

void statement_merge(struct run *r, const struct statement *s) {
    static const char *const names[] = {"num_affected_rows", "num_updated_rows", "num_deleted_rows", "num_inserted_rows"};
    struct merge *m = mem_zero(&r->mem, sizeof *m);
    m->r = r;
    m->s = s;
    m->a = run_arena(r);
    bind_merge(m);
    if (!m->t->store) m->t->store = table_new_store(r);
    read_source(m);
    changes_init(&m->changes, r, m->t);
    struct iter *target = table_scan(r, m->t, true);
    const struct value *row;
    while ((row = target->next(target, m->a))) {
        m->read++;
        merge_row(m, row);
        arena_reset(m->a);
    }
    changes_apply(&m->changes);
    insert_unmatched(m);
    if (commits(m)) commit(m);
    int64_t counts[4] = {m->updated + m->deleted + m->inserted, m->updated, m->deleted, m->inserted};
    result_counts(r, names, counts, 4);
}
