#ifndef LAKEFERRY_SANDBOX_SQL_LEXER_H
#define LAKEFERRY_SANDBOX_SQL_LEXER_H
/* lexer: statement text to tokens, with Spark's string escapes undone. Fails the run on an unterminated literal. */
#include "sandbox/sql/run.h"

enum token_kind { TK_END, TK_WORD, TK_QUOTED, TK_STRING, TK_BINARY, TK_NUMBER, TK_PARAMETER, TK_SYMBOL };
struct token {
    enum token_kind kind;
    int pos, end;        /* byte offsets in the text */
    const char *text;    /* TK_WORD, TK_QUOTED, TK_NUMBER, TK_PARAMETER, TK_SYMBOL: terminated; literals: n bytes */
    size_t n;
};
/* The text with ${…} replaced as Spark does before it parses: also inside literals. */
const char *lexer_substitute(struct run *r, const char *text);
/* All tokens, the last of kind TK_END; a leading or trailing `;` is dropped. */
struct token *lexer_run(struct run *r, const char *text);
_Noreturn void lexer_syntax_error(struct run *r, const char *text, const struct token *at);
#endif
