#ifndef LAKEFERRY_SANDBOX_SQL_TREE_H
#define LAKEFERRY_SANDBOX_SQL_TREE_H
/* tree: what the parser makes of a statement; everything lives in the run's arena. */
#include "sandbox/sql/lexer.h"
#include "sandbox/sql/value.h"

/* A dotted name; `at` parts as written (quotes undone). */
struct name { const char **part; int count, pos; };

struct query;
enum node_kind { N_LITERAL, N_NAME, N_STAR, N_CALL, N_CAST, N_FIELD, N_WINDOW, N_SUBQUERY, N_LAMBDA };
struct order { struct node *by; bool descending, nulls_last; };
struct order_list { struct order *at; int count; };
struct node {
    enum node_kind kind;
    int pos;
    const struct type *type;   /* literal, cast */
    struct value value;        /* literal */
    struct name name;          /* name; star: its qualifier; lambda: its variables */
    struct query *query;       /* subquery; call "in" or "exists" with one */
    struct node *inner;        /* window: the function call */
    struct node *filter;       /* aggregate FILTER (WHERE …) */
    const char *words;         /* trim: BOTH, LEADING or TRAILING as written */
    const char *call;          /* lower-case function or operator; field: the field's name */
    struct node **args;        /* call, cast (1), field (1), window (partition by) */
    int count;
    bool distinct;             /* count(DISTINCT …) */
    bool operator_form;        /* written as an operator: printed so in column names */
    bool try_it;               /* try_cast */
    const char *alias;         /* argument named with AS */
    struct order_list order;   /* window */
};
struct node_list { struct node **at; int count; };
struct item { struct node *expr; const char *alias; };
struct option { const char *key, *value; };
struct options { struct option *at; int count; };

enum join_kind { JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL, JOIN_CROSS, JOIN_SEMI, JOIN_ANTI };
enum set_kind { SET_UNION, SET_EXCEPT, SET_INTERSECT };
enum source_kind { FROM_NAME, FROM_FUNCTION, FROM_QUERY, FROM_VALUES, FROM_JOIN, FROM_LATERAL };
struct from {
    enum source_kind kind;
    int pos;
    struct name name;                      /* name, function */
    struct options options; struct node **option_values; /* function: arguments; a NULL key is positional */
    struct query *query;
    struct node_list *rows; int row_count; /* VALUES */
    struct from *left, *right; enum join_kind join; struct node *on;
    const char *alias; const char **columns; int column_count; /* of a join: USING */
    struct node *version, *timestamp;      /* name: as of then */
    bool outer;                            /* LATERAL VIEW OUTER on(…) of left */
};
struct cte { const char *name; struct query *query; struct cte *next; };
struct select {
    bool distinct;
    struct item *items; int item_count;
    struct from *from;
    struct node *where, *having;
    struct node_list group; bool grouped, group_all;
};
struct query {
    struct cte *with;
    struct select **parts; int part_count;  /* joined by UNION ALL; a part may be a nested query instead */
    struct query **nested;                  /* same count; NULL where parts[i] is a SELECT */
    struct order_list order;
    struct node *limit, *offset;
    struct from *values;                    /* VALUES … as a query */
    bool distinct_union;
    enum set_kind set;                      /* EXCEPT and INTERSECT have two parts, both distinct */
    int pos;
};

struct column { const char *name; const struct type *type; bool not_null; const char *comment; };
struct columns { struct column *at; int count; };
struct assign { struct name column; struct node *value; };
struct clause {
    enum { CLAUSE_MATCHED, CLAUSE_NOT_MATCHED, CLAUSE_BY_SOURCE } when;
    enum { ACT_UPDATE, ACT_DELETE, ACT_INSERT } act;
    struct node *condition;
    bool all;                               /* UPDATE SET *, INSERT * */
    struct assign *set; int set_count;      /* UPDATE, INSERT */
    int pos;
};
struct statement {
    void (*execute)(struct run *r, const struct statement *s);
    struct name name;
    const char *word;                       /* kind of object where several share a statement */
    bool if_exists, if_not_exists, or_replace, overwrite, extended;
    struct columns columns;
    struct name *column_names; int column_name_count; bool has_column_names;
    const char *comment; bool has_comment;
    struct options properties, options;
    const char *format, *path;
    struct query *query;
    struct from *target, *source;
    struct node *condition;
    struct clause *clauses; int clause_count;
    struct assign *set; int set_count;
    struct node *limit;
    const char *pattern;
};

/* Parser of one token list. */
struct parser { struct run *r; const char *text; struct token *t; int at; };
bool parse_is(const struct parser *p, const char *word);          /* word or symbol at the current token */
bool parse_is_at(const struct parser *p, int ahead, const char *word);
bool parse_take(struct parser *p, const char *word);
void parse_need(struct parser *p, const char *word);
bool parse_take_words(struct parser *p, const char *words);       /* all of "IF NOT EXISTS", or nothing */
_Noreturn void parse_error(const struct parser *p);
const char *parse_identifier(struct parser *p);
struct name parse_name(struct parser *p);
const char *parse_string(struct parser *p);
const struct type *parse_type(struct parser *p);
/* Columns "a INT NOT NULL COMMENT '…', `b c`: STRING" up to `)`, `>` or the end. */
struct columns parse_columns(struct parser *p);
struct node *parse_expression(struct parser *p);
struct query *parse_query(struct parser *p);
bool parse_is_query(const struct parser *p);                      /* SELECT, WITH or VALUES comes */
bool parse_reserved(const char *word);                            /* no name can begin with it */
struct order_list parse_order(struct parser *p);
struct from *parse_table(struct parser *p);                       /* a table with its alias, no joins */
struct options parse_options(struct parser *p);                   /* "(k 'v', k = 'v')" */
struct statement *parse_statement(struct run *r, const char *text);
/* A whole text as columns or as a type; NULL when it is not one (no failure). */
const struct type *parse_ddl(struct run *r, const char *ddl);
/* The name Spark gives an expression without alias. */
const char *node_name(struct run *r, const struct node *n);
void name_print(struct text *out, const struct name *n);          /* `a`.`b` */
const char *name_text(struct run *r, const struct name *n);
/* Grows an arena array by one; returns the new slot, zeroed. */
void *list_add(struct run *r, void *list_at, int *count, size_t size);
#endif
