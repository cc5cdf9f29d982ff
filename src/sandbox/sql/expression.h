#ifndef LAKEFERRY_SANDBOX_SQL_EXPRESSION_H
#define LAKEFERRY_SANDBOX_SQL_EXPRESSION_H
/*
 * expression: what the files that parse expressions share: literals and primaries (parse_literal.c, parse_primary.c) below
 * the operators (parse_operators.c). The interface for others is tree.h. Everything lives in the run's arena; a parser
 * belongs to the thread of its statement.
 */
#include "sandbox/sql/tree.h"

struct node *node_new(struct parser *p, enum node_kind kind);        /* at the current token */
/* A call in operator form; b NULL: of one argument. Room for a third is there. */
struct node *node_call(struct parser *p, const char *name, int pos, struct node *a, struct node *b);
void node_add(struct parser *p, struct node *n, struct node *arg);
struct node *node_literal(struct parser *p, const struct type *type, struct value v);
const char *parse_lower(struct parser *p, const char *s);            /* a lower-case copy */

struct node *parse_number(struct parser *p);
struct node *parse_text(struct parser *p);                           /* adjacent literals are one: 'it''s' is its */
struct node *parse_typed_literal(struct parser *p, enum type_kind kind);
struct node *parse_parameter(struct parser *p);
struct node *parse_primary(struct parser *p);
struct node *parse_operand(struct parser *p);                        /* all binary operators that are no comparison */
#endif
