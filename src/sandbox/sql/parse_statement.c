#include "sandbox/sql/statements.h"
#include "base/str.h"

static void parse_table_name(struct parser *p, struct statement *s) {
    s->name = parse_name(p);
}

/* COMMENT '…'; a second literal beside it is an error as in Spark. */
static void parse_comment(struct parser *p, struct statement *s) {
    if (s->has_comment) parse_error(p);
    s->comment = parse_string(p);
    s->has_comment = true;
}

static void parse_name_list(struct parser *p, struct statement *s) {
    s->has_column_names = true;
    do *(struct name *)list_add(p->r, &s->column_names, &s->column_name_count, sizeof(struct name)) = parse_name(p);
    while (parse_take(p, ","));
    parse_need(p, ")");
}

static void parse_using(struct parser *p, struct statement *s) {
    s->format = parse_identifier(p);
}

static void parse_create_table(struct parser *p, struct statement *s) {
    s->execute = statement_create_table;
    s->if_not_exists = parse_take_words(p, "IF NOT EXISTS");
    if (s->if_not_exists && s->or_replace) parse_error(p);
    parse_table_name(p, s);
    if (parse_take(p, "(")) {
        s->columns = parse_columns(p);
        if (!s->columns.count) parse_error(p);
        parse_need(p, ")");
    }
    for (;;) {
        if (!s->format && parse_take(p, "USING")) parse_using(p, s);
        else if (parse_take(p, "COMMENT")) parse_comment(p, s);
        else if (!s->properties.count && parse_take(p, "TBLPROPERTIES")) s->properties = parse_options(p);
        else break;
    }
    bool as = parse_take(p, "AS");
    if (!as && !parse_is(p, "SELECT") && !parse_is(p, "WITH") && !parse_is(p, "VALUES")) return;
    if (s->columns.count)
        run_fail(p->r, "_LEGACY_ERROR_TEMP_0035", "", p->t[0].pos,
                 "Operation not allowed: Schema may not be specified in a Create Table As Select (CTAS) statement.");
    s->query = parse_query(p);
}

static void parse_create_view(struct parser *p, struct statement *s) {
    s->execute = statement_create_view;
    if (parse_take_words(p, "IF NOT EXISTS")) s->if_not_exists = true;
    parse_table_name(p, s);
    if (parse_take(p, "(")) {
        if (s->if_not_exists) {
            p->at--;
            parse_error(p);
        }
        s->columns = parse_columns(p);
        parse_need(p, ")");
    }
    if (parse_take(p, "USING")) {
        parse_using(p, s);
        if (parse_take(p, "OPTIONS")) s->options = parse_options(p);
        return;
    }
    if (s->columns.count) parse_error(p);
    if (parse_take(p, "COMMENT")) parse_comment(p, s);
    parse_need(p, "AS");
    s->query = parse_query(p);
}

static void parse_create(struct parser *p, struct statement *s) {
    s->or_replace = parse_take_words(p, "OR REPLACE");
    if (parse_take(p, "TABLE")) {
        parse_create_table(p, s);
        return;
    }
    s->word = parse_take(p, "TEMPORARY") || parse_take(p, "TEMP") ? "temporary" : NULL;
    if (s->word) {
        parse_need(p, "VIEW");
        parse_create_view(p, s);
        return;
    }
    if (s->or_replace) parse_error(p);
    s->execute = statement_create_schema;
    if (parse_take(p, "VOLUME")) s->execute = statement_create_volume;
    else if (!parse_take(p, "SCHEMA")) parse_need(p, "DATABASE");
    s->if_not_exists = parse_take_words(p, "IF NOT EXISTS");
    parse_table_name(p, s);
    if (parse_take(p, "COMMENT")) parse_comment(p, s);
}

static void parse_drop(struct parser *p, struct statement *s) {
    static const struct { const char *word; statement_execute *execute; } kinds[] = {
        {"TABLE", statement_drop_table}, {"VOLUME", statement_drop_volume}, {"VIEW", statement_drop_view}};
    for (int i = 0; i < 3 && !s->execute; i++)
        if (parse_take(p, kinds[i].word)) s->execute = kinds[i].execute;
    if (!s->execute) parse_error(p);
    s->if_exists = parse_take_words(p, "IF EXISTS");
    parse_table_name(p, s);
}

static void parse_alter(struct parser *p, struct statement *s) {
    parse_need(p, "TABLE");
    parse_table_name(p, s);
    if (parse_take_words(p, "SET TBLPROPERTIES")) {
        s->execute = statement_alter_properties;
        s->properties = parse_options(p);
        return;
    }
    if (parse_take_words(p, "UNSET TBLPROPERTIES")) {
        s->execute = statement_unset_properties;
        s->if_exists = parse_take_words(p, "IF EXISTS");
        parse_need(p, "(");
        do {
            struct option *o = list_add(p->r, &s->properties.at, &s->properties.count, sizeof *o);
            o->key = p->t[p->at].kind == TK_STRING ? parse_string(p) : parse_identifier(p);
        } while (parse_take(p, ","));
        parse_need(p, ")");
        return;
    }
    if (parse_take(p, "ALTER")) {
        s->execute = statement_alter_column;
        parse_take(p, "COLUMN");
        *(struct name *)list_add(p->r, &s->column_names, &s->column_name_count, sizeof(struct name)) = parse_name(p);
        parse_need(p, "COMMENT");
        parse_comment(p, s);
        return;
    }
    parse_need(p, "ADD");
    s->execute = statement_add_columns;
    if (!parse_take(p, "COLUMNS")) parse_take(p, "COLUMN");
    bool parens = parse_take(p, "(");
    s->columns = parse_columns(p);
    if (!s->columns.count) parse_error(p);
    if (parens) parse_need(p, ")");
}

static void parse_comment_on(struct parser *p, struct statement *s) {
    static const char *const kinds[] = {"TABLE", "SCHEMA", "DATABASE", "VOLUME", "CATALOG", "COLUMN"};
    s->execute = statement_comment;
    parse_need(p, "ON");
    for (int i = 0; i < 6 && !s->word; i++)
        if (parse_take(p, kinds[i])) s->word = kinds[i];
    if (!s->word) parse_error(p);
    parse_table_name(p, s);
    parse_need(p, "IS");
    if (parse_take(p, "NULL")) s->has_comment = true;
    else parse_comment(p, s);
}

static void parse_directory(struct parser *p, struct statement *s) {
    s->execute = statement_insert_directory;
    if (p->t[p->at].kind == TK_STRING) s->path = parse_string(p);
    parse_need(p, "USING");
    parse_using(p, s);
    if (parse_take(p, "OPTIONS")) s->options = parse_options(p);
    for (int i = 0; i < s->options.count; i++)
        if (str_ieq(s->options.at[i].key, "path")) s->path = s->options.at[i].value;
    if (!s->path) parse_error(p);
    s->query = parse_query(p);
}

static void parse_insert(struct parser *p, struct statement *s) {
    s->execute = statement_insert;
    s->overwrite = parse_take(p, "OVERWRITE");
    if (!s->overwrite) parse_need(p, "INTO");
    if (s->overwrite && parse_take(p, "DIRECTORY")) {
        parse_directory(p, s);
        return;
    }
    parse_take(p, "TABLE");
    parse_table_name(p, s);
    if (parse_is(p, "(") && !parse_is_at(p, 1, "SELECT") && !parse_is_at(p, 1, "WITH")) {
        p->at++;
        parse_name_list(p, s);
    }
    parse_take(p, "TABLE");
    s->query = parse_query(p);
}

static void parse_assignments(struct parser *p, struct assign **set, int *count) {
    do {
        struct assign *a = list_add(p->r, set, count, sizeof *a);
        a->column = parse_name(p);
        parse_need(p, "=");
        a->value = parse_expression(p);
    } while (parse_take(p, ","));
}

static void parse_update(struct parser *p, struct statement *s) {
    s->execute = statement_update;
    s->target = parse_table(p);
    parse_need(p, "SET");
    parse_assignments(p, &s->set, &s->set_count);
    if (parse_take(p, "WHERE")) s->condition = parse_expression(p);
}

static void parse_delete(struct parser *p, struct statement *s) {
    s->execute = statement_delete;
    parse_need(p, "FROM");
    s->target = parse_table(p);
    if (parse_take(p, "WHERE")) s->condition = parse_expression(p);
}

static void parse_merge_insert(struct parser *p, struct clause *c) {
    c->act = ACT_INSERT;
    if (parse_take(p, "*")) {
        c->all = true;
        return;
    }
    parse_need(p, "(");
    do {
        struct assign *a = list_add(p->r, &c->set, &c->set_count, sizeof *a);
        a->column = parse_name(p);
    } while (parse_take(p, ","));
    parse_need(p, ")");
    parse_need(p, "VALUES");
    parse_need(p, "(");
    int i = 0;
    do {
        if (i == c->set_count) parse_error(p);
        c->set[i++].value = parse_expression(p);
    } while (parse_take(p, ","));
    if (i != c->set_count) parse_error(p);
    parse_need(p, ")");
}

static void parse_clause(struct parser *p, struct statement *s) {
    struct clause *c = list_add(p->r, &s->clauses, &s->clause_count, sizeof *c);
    c->pos = p->t[p->at].pos;
    if (parse_take(p, "NOT")) {
        parse_need(p, "MATCHED");
        c->when = CLAUSE_NOT_MATCHED;
        if (parse_take_words(p, "BY SOURCE")) c->when = CLAUSE_BY_SOURCE;
        else if (parse_take(p, "BY")) parse_need(p, "TARGET");
    } else {
        parse_need(p, "MATCHED");
        c->when = CLAUSE_MATCHED;
    }
    if (parse_take(p, "AND")) c->condition = parse_expression(p);
    parse_need(p, "THEN");
    if (c->when == CLAUSE_NOT_MATCHED) {
        parse_need(p, "INSERT");
        parse_merge_insert(p, c);
    } else if (parse_take(p, "DELETE")) {
        c->act = ACT_DELETE;
    } else {
        parse_need(p, "UPDATE");
        parse_need(p, "SET");
        c->act = ACT_UPDATE;
        if (c->when == CLAUSE_MATCHED && parse_take(p, "*")) c->all = true;
        else parse_assignments(p, &c->set, &c->set_count);
    }
}

/* Only the last clause of a kind may go without a condition. */
static void check_clauses(struct parser *p, const struct statement *s) {
    static const char *const names[] = {"MATCHED", "NOT MATCHED", "NOT MATCHED BY SOURCE"};
    static const char *const classes[] = {"NON_LAST_MATCHED_CLAUSE_OMIT_CONDITION", "NON_LAST_NOT_MATCHED_BY_TARGET_CLAUSE_OMIT_CONDITION",
                                          "NON_LAST_NOT_MATCHED_BY_SOURCE_CLAUSE_OMIT_CONDITION"};
    for (int i = 0; i < s->clause_count; i++)
        for (int k = i + 1; k < s->clause_count && !s->clauses[i].condition; k++)
            if (s->clauses[k].when == s->clauses[i].when)
                run_fail(p->r, classes[s->clauses[i].when], "42613", s->clauses[i].pos, "When there are more than one %s clauses in a MERGE "
                         "statement, only the last %s clause can omit the condition.", names[s->clauses[i].when], names[s->clauses[i].when]);
}

static void parse_merge(struct parser *p, struct statement *s) {
    s->execute = statement_merge;
    parse_need(p, "INTO");
    s->target = parse_table(p);
    parse_need(p, "USING");
    s->source = parse_table(p);
    parse_need(p, "ON");
    s->condition = parse_expression(p);
    while (parse_take(p, "WHEN")) parse_clause(p, s);
    if (!s->clause_count) parse_error(p);
    check_clauses(p, s);
}

static void parse_describe(struct parser *p, struct statement *s) {
    if (parse_take(p, "DETAIL")) s->execute = statement_describe_detail;
    else if (parse_take(p, "HISTORY")) s->execute = statement_describe_history;
    else {
        s->execute = statement_describe_table;
        parse_take(p, "TABLE");
        s->extended = parse_take(p, "EXTENDED") || parse_take(p, "FORMATTED");
    }
    parse_table_name(p, s);
    if (s->execute == statement_describe_history && parse_take(p, "LIMIT")) s->limit = parse_expression(p);
}

static void parse_pattern(struct parser *p, struct statement *s) {
    parse_take(p, "LIKE");
    if (p->t[p->at].kind == TK_STRING) s->pattern = parse_string(p);
}

static void parse_show(struct parser *p, struct statement *s) {
    static const struct { const char *word; statement_execute *execute; } kinds[] = {
        {"TABLES", statement_show_tables}, {"SCHEMAS", statement_show_schemas}, {"DATABASES", statement_show_schemas},
        {"CATALOGS", statement_show_catalogs}, {"VOLUMES", statement_show_volumes}};
    if (parse_take(p, "TBLPROPERTIES") || parse_is(p, "COLUMNS")) {
        s->execute = statement_show_properties;
        if (parse_take(p, "COLUMNS")) {
            s->execute = statement_show_columns;
            if (!parse_take(p, "IN")) parse_need(p, "FROM");
        }
        parse_table_name(p, s);
        if (s->execute == statement_show_properties && parse_take(p, "(")) {
            s->pattern = p->t[p->at].kind == TK_STRING ? parse_string(p) : parse_identifier(p);
            parse_need(p, ")");
        }
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !s->execute; i++)
        if (parse_take(p, kinds[i].word)) s->execute = kinds[i].execute;
    if (!s->execute) parse_error(p);
    if (parse_take(p, "IN") || parse_take(p, "FROM")) parse_table_name(p, s);
    parse_pattern(p, s);
}

static void parse_use(struct parser *p, struct statement *s) {
    s->execute = statement_use;
    s->word = parse_take(p, "CATALOG") ? "catalog" : parse_take(p, "SCHEMA") || parse_take(p, "DATABASE") ? "schema" : "";
    parse_table_name(p, s);
}

/* SET takes anything up to the end of the text. */
static void parse_set(struct parser *p, struct statement *s) {
    s->execute = statement_set;
    s->name = parse_name(p);
    while (p->t[p->at].kind != TK_END) p->at++;
}

static void parse_select_statement(struct parser *p, struct statement *s) {
    p->at--;
    s->execute = statement_query;
    s->query = parse_query(p);
}

struct statement *parse_statement(struct run *r, const char *text) {
    static const struct { const char *word; void (*parse)(struct parser *, struct statement *); } kinds[] = {
        {"SELECT", parse_select_statement}, {"WITH", parse_select_statement}, {"VALUES", parse_select_statement}, {"(", parse_select_statement},
        {"CREATE", parse_create}, {"DROP", parse_drop}, {"ALTER", parse_alter}, {"COMMENT", parse_comment_on},
        {"INSERT", parse_insert}, {"UPDATE", parse_update}, {"DELETE", parse_delete}, {"MERGE", parse_merge},
        {"DESCRIBE", parse_describe}, {"DESC", parse_describe}, {"SHOW", parse_show}, {"USE", parse_use}, {"SET", parse_set},
    };
    struct parser p = { .r = r, .text = text, .t = lexer_run(r, text) };
    struct statement *s = mem_zero(&r->mem, sizeof *s);
    if (p.t[0].kind == TK_END) run_fail(r, "PARSE_EMPTY_STATEMENT", "42617", 0, "Syntax error, unexpected empty statement.");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!parse_take(&p, kinds[i].word)) continue;
        kinds[i].parse(&p, s);
        if (p.t[p.at].kind != TK_END) parse_error(&p);
        return s;
    }
    parse_error(&p);
}
