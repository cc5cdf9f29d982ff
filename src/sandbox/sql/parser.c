#include "sandbox/sql/tree.h"
#include "base/str.h"

void *list_add(struct run *r, void *list_at, int *count, size_t size) {
    void *at; /* the list's pointer, whatever its type */
    memcpy(&at, list_at, sizeof at);
    if (*count < 4 ? *count == 0 : !(*count & (*count - 1))) {
        void *grown = mem_alloc(&r->mem, size * (size_t)(*count ? *count * 2 : 4));
        if (*count) memcpy(grown, at, size * (size_t)*count);
        memcpy(list_at, &grown, sizeof grown);
        at = grown;
    }
    char *slot = (char *)at + size * (size_t)(*count)++;
    return memset(slot, 0, size);
}

_Noreturn void parse_error(const struct parser *p) {
    lexer_syntax_error(p->r, p->text, &p->t[p->at]);
}

bool parse_is_at(const struct parser *p, int ahead, const char *word) {
    for (int i = 0; i < ahead; i++)
        if (p->t[p->at + i].kind == TK_END) return false;
    const struct token *t = &p->t[p->at + ahead];
    return (t->kind == TK_WORD || t->kind == TK_SYMBOL) && str_ieq(t->text, word);
}

bool parse_is(const struct parser *p, const char *word) {
    return parse_is_at(p, 0, word);
}

bool parse_take(struct parser *p, const char *word) {
    if (!parse_is(p, word)) return false;
    p->at++;
    return true;
}

void parse_need(struct parser *p, const char *word) {
    if (!parse_take(p, word)) parse_error(p);
}

bool parse_take_words(struct parser *p, const char *words) {
    int start = p->at;
    char word[32];
    for (const char *w = words; *w;) {
        size_t n = strcspn(w, " ");
        memcpy(word, w, n);
        word[n] = 0;
        if (!parse_take(p, word)) {
            p->at = start;
            return false;
        }
        w += n + (w[n] == ' ');
    }
    return true;
}

const char *parse_identifier(struct parser *p) {
    const struct token *t = &p->t[p->at];
    if (t->kind != TK_WORD && t->kind != TK_QUOTED) parse_error(p);
    p->at++;
    return t->text;
}

struct name parse_name(struct parser *p) {
    struct name n = { .pos = p->t[p->at].pos };
    do *(const char **)list_add(p->r, &n.part, &n.count, sizeof *n.part) = parse_identifier(p);
    while (parse_take(p, "."));
    return n;
}

const char *parse_string(struct parser *p) {
    const struct token *t = &p->t[p->at];
    if (t->kind != TK_STRING) parse_error(p);
    p->at++;
    return t->text;
}

struct options parse_options(struct parser *p) {
    struct options o = {0};
    parse_need(p, "(");
    do {
        struct option *x = list_add(p->r, &o.at, &o.count, sizeof *x);
        if (p->t[p->at].kind == TK_STRING) {
            x->key = parse_string(p);
        } else {
            struct text key;
            text_init(&key, &p->r->mem);
            text_puts(&key, parse_identifier(p));
            while (parse_take(p, ".")) text_printf(&key, ".%s", parse_identifier(p));
            x->key = text_end(&key);
        }
        parse_take(p, "=");
        const struct token *t = &p->t[p->at];
        if (t->kind != TK_STRING && t->kind != TK_NUMBER && !parse_is(p, "true") && !parse_is(p, "false")) parse_error(p);
        x->value = t->text;
        p->at++;
    } while (parse_take(p, ","));
    parse_need(p, ")");
    return o;
}

bool parse_is_query(const struct parser *p) {
    return parse_is(p, "SELECT") || parse_is(p, "WITH") || parse_is(p, "VALUES");
}

bool parse_reserved(const char *w) {
    static const char *const words[] = {"FROM", "WHERE", "SELECT", "GROUP", "ORDER", "HAVING", "WHEN", "THEN", "ELSE", "END", "ON", "AND", "OR",
                                        "AS", "JOIN", "UNION", "USING", "IN", "BETWEEN", "LIKE", "IS", "LIMIT"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_ieq(w, words[i])) return true;
    return false;
}

struct order_list parse_order(struct parser *p) {
    struct order_list l = {0};
    do {
        struct order *o = list_add(p->r, &l.at, &l.count, sizeof *o);
        o->by = parse_expression(p);
        o->descending = parse_take(p, "DESC");
        if (!o->descending) parse_take(p, "ASC");
        o->nulls_last = o->descending;
        if (parse_take(p, "NULLS")) {
            o->nulls_last = parse_take(p, "LAST");
            if (!o->nulls_last) parse_need(p, "FIRST");
        }
    } while (parse_take(p, ","));
    return l;
}
