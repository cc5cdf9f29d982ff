#include "sandbox/sql/lexer.h"
#include "base/str.h"
#include "base/utf8.h"

struct lexer { struct run *r; const char *s; int at; struct token *tokens; int count, cap; };

const char *lexer_substitute(struct run *r, const char *text) {
    struct text out;
    text_init(&out, &r->mem);
    for (const char *p = text; *p;) {
        size_t n = p[0] == '$' && p[1] == '{' ? strcspn(p + 2, "}$ ") : 0;
        if (!n || p[2 + n] != '}') {
            text_putc(&out, *p++);
            continue;
        }
        const char *name = mem_text(&r->mem, p + 2, n), *value = NULL;
        if (str_eq(name, "env:HOME") || str_eq(name, "env:USER") || str_eq(name, "env:PATH")) value = getenv(name + 4);
        if (str_eq(name, "system:user.dir")) value = "/databricks/driver";
        text_puts(&out, value ? value : "");
        p += n + 3;
    }
    return text_end(&out);
}

_Noreturn void lexer_syntax_error(struct run *r, const char *text, const struct token *at) {
    if (at->kind == TK_END) run_fail(r, "PARSE_SYNTAX_ERROR", "42601", at->pos, "Syntax error at or near end of input.");
    int n = at->end - at->pos;
    run_fail(r, "PARSE_SYNTAX_ERROR", "42601", at->pos, "Syntax error at or near '%.*s'.", n > 200 ? 200 : n, text + at->pos);
}

static _Noreturn void bad_character(struct lexer *l) {
    struct token t = { .kind = TK_SYMBOL, .pos = l->at, .end = l->at + 1 };
    lexer_syntax_error(l->r, l->s, &t);
}

static struct token *add(struct lexer *l, enum token_kind kind, int start) {
    if (l->count == l->cap) {
        int cap = l->cap ? l->cap * 2 : 256;
        struct token *t = mem_alloc(&l->r->mem, sizeof *t * (size_t)cap);
        if (l->count) memcpy(t, l->tokens, sizeof *t * (size_t)l->count);
        l->tokens = t;
        l->cap = cap;
    }
    struct token *t = &l->tokens[l->count++];
    *t = (struct token){ .kind = kind, .pos = start, .end = l->at };
    return t;
}

static void add_text(struct lexer *l, enum token_kind kind, int start, int from) {
    struct token *t = add(l, kind, start);
    t->n = (size_t)(l->at - from);
    t->text = mem_text(&l->r->mem, l->s + from, t->n);
}

static bool word_start(unsigned char c) {
    return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c >= 0x80;
}

static bool word_part(unsigned char c) {
    return word_start(c) || (c >= '0' && c <= '9');
}

static bool skip_space(struct lexer *l) {
    const char *p = l->s + l->at;
    if (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r') {
        l->at++;
        return true;
    }
    if (p[0] == '-' && p[1] == '-') {
        l->at += (int)strcspn(p, "\n");
        return true;
    }
    if (p[0] == '/' && p[1] == '*') {
        const char *end = strstr(p + 2, "*/");
        if (!end) run_fail(l->r, "UNCLOSED_BRACKETED_COMMENT", "42601", l->at, "Found an unclosed bracketed comment. Please, append */ at the end of the comment.");
        l->at += (int)(end + 2 - p);
        return true;
    }
    return false;
}

static bool hex_digits(const char *p, int n, uint32_t *out) {
    *out = 0;
    for (int i = 0; i < n; i++) {
        char c = p[i];
        int d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (d < 0) return false;
        *out = *out << 4 | (uint32_t)d;
    }
    return true;
}

static bool octal(const char *p, uint32_t *out) {
    if (p[0] < '0' || p[0] > '1' || p[1] < '0' || p[1] > '7' || p[2] < '0' || p[2] > '7') return false;
    *out = (uint32_t)((p[0] - '0') * 64 + (p[1] - '0') * 8 + (p[2] - '0'));
    return true;
}

static void add_code_point(struct text *t, uint32_t cp) {
    char b[4];
    text_add(t, b, utf8_encode(cp, b));
}

/* What follows a backslash at p; returns the bytes used. */
static int escape(struct text *t, const char *p) {
    static const char from[] = "0bnrtZ", to[] = "\0\b\n\r\t\x1a";
    uint32_t cp, low;
    if (*p == 'u' && hex_digits(p + 1, 4, &cp)) {
        if (cp >= 0xd800 && cp < 0xdc00 && p[5] == '\\' && p[6] == 'u' && hex_digits(p + 7, 4, &low) && low >= 0xdc00 && low < 0xe000) {
            add_code_point(t, 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00));
            return 11;
        }
        add_code_point(t, cp >= 0xd800 && cp < 0xe000 ? UTF8_BAD : cp);
        return 5;
    }
    if (*p == 'U' && hex_digits(p + 1, 8, &cp) && cp <= 0x10ffff) {
        add_code_point(t, cp);
        return 9;
    }
    if (octal(p, &cp)) {
        add_code_point(t, cp);
        return 3;
    }
    if (*p == '%' || *p == '_') {
        text_putc(t, '\\');
        text_putc(t, *p);
        return 1;
    }
    const char *at = *p ? memchr(from, *p, 6) : NULL;
    text_putc(t, at ? to[at - from] : *p);
    return 1;
}

static void literal(struct lexer *l, int start, bool raw) {
    char quote = l->s[l->at++];
    struct text t;
    text_init(&t, &l->r->mem);
    for (const char *p = l->s + l->at; *p != quote; p = l->s + l->at) {
        if (!*p || (*p == '\\' && !raw && !p[1])) {
            l->at = start;
            bad_character(l);
        }
        if (*p == '\\' && !raw) l->at += 1 + escape(&t, p + 1);
        else {
            text_putc(&t, *p);
            l->at++;
        }
    }
    l->at++;
    struct token *k = add(l, TK_STRING, start);
    k->text = text_end(&t);
    k->n = t.n;
}

static void binary(struct lexer *l, int start) {
    int from = l->at + 1;
    l->at = from + (int)strspn(l->s + from, "0123456789abcdefABCDEF");
    if (l->s[l->at] != '\'') bad_character(l);
    struct text t;
    text_init(&t, &l->r->mem);
    int n = l->at - from, i = 0;
    uint32_t byte;
    for (; i < n; i += i == 0 && n % 2 ? 1 : 2) {
        hex_digits(l->s + from + i, i == 0 && n % 2 ? 1 : 2, &byte);
        text_putc(&t, (char)byte);
    }
    l->at++;
    struct token *k = add(l, TK_BINARY, start);
    k->text = text_end(&t);
    k->n = t.n;
}

static void quoted(struct lexer *l, int start) {
    struct text t;
    text_init(&t, &l->r->mem);
    for (l->at++;; l->at++) {
        char c = l->s[l->at];
        if (!c) {
            l->at = start;
            bad_character(l);
        }
        if (c == '`' && l->s[l->at + 1] != '`') break;
        if (c == '`') l->at++;
        text_putc(&t, c);
    }
    l->at++;
    struct token *k = add(l, TK_QUOTED, start);
    k->text = text_end(&t);
    k->n = t.n;
}

static void number(struct lexer *l, int start) {
    static const char digits[] = "0123456789";
    l->at += (int)strspn(l->s + l->at, digits);
    if (l->s[l->at] == '.') l->at += 1 + (int)strspn(l->s + l->at + 1, digits);
    const char *p = l->s + l->at;
    size_t sign = (p[0] | 32) == 'e' && (p[1] == '+' || p[1] == '-');
    if ((p[0] | 32) == 'e' && strspn(p + 1 + sign, digits)) l->at += (int)(1 + sign + strspn(p + 1 + sign, digits));
    static const char *const suffixes[] = {"BD", "L", "S", "Y", "D", "F"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        size_t n = strlen(suffixes[i]);
        if (!strncasecmp(l->s + l->at, suffixes[i], n) && !word_part((unsigned char)l->s[l->at + (int)n])) {
            l->at += (int)n;
            break;
        }
    }
    if (word_part((unsigned char)l->s[l->at])) {
        while (word_part((unsigned char)l->s[l->at])) l->at++;
        add_text(l, TK_WORD, start, start); /* 1num: a name; the parser says whether it may stand here */
        return;
    }
    add_text(l, TK_NUMBER, start, start);
}

static void symbol(struct lexer *l, int start) {
    static const char *const longest[] = {"<=>", "<>", "!=", "<=", ">=", "==", "||", "=>", "->"};
    for (size_t i = 0; i < sizeof longest / sizeof *longest; i++) {
        size_t n = strlen(longest[i]);
        if (!strncmp(l->s + start, longest[i], n)) {
            l->at += (int)n;
            add_text(l, TK_SYMBOL, start, start);
            return;
        }
    }
    if (!strchr("()[]{},.;=<>+-*/%:!?&|^~", l->s[start])) bad_character(l);
    l->at++;
    add_text(l, TK_SYMBOL, start, start);
}

static void next(struct lexer *l) {
    int start = l->at;
    const char *p = l->s + start;
    unsigned char c = (unsigned char)*p;
    if (c == '\'' || c == '"') {
        literal(l, start, false);
    } else if ((c | 32) == 'r' && (p[1] == '\'' || p[1] == '"')) {
        l->at++;
        literal(l, start, true);
    } else if ((c | 32) == 'x' && p[1] == '\'') {
        l->at++;
        binary(l, start);
    } else if (c == '`') {
        quoted(l, start);
    } else if ((c >= '0' && c <= '9') || (c == '.' && p[1] >= '0' && p[1] <= '9' && !(l->count && (l->tokens[l->count - 1].kind == TK_WORD || l->tokens[l->count - 1].kind == TK_QUOTED) && l->tokens[l->count - 1].end == start))) {
        number(l, start);
    } else if (c == ':' && word_start((unsigned char)p[1])) {
        l->at++;
        while (word_part((unsigned char)l->s[l->at])) l->at++;
        add_text(l, TK_PARAMETER, start, start + 1);
    } else if (word_start(c)) {
        while (word_part((unsigned char)l->s[l->at])) l->at++;
        add_text(l, TK_WORD, start, start);
    } else {
        symbol(l, start);
    }
}

struct token *lexer_run(struct run *r, const char *text) {
    struct lexer l = { .r = r, .s = text };
    for (;;) {
        while (skip_space(&l)) continue;
        if (!text[l.at]) break;
        next(&l);
    }
    while (l.count && l.tokens[l.count - 1].kind == TK_SYMBOL && l.tokens[l.count - 1].text[0] == ';') {
        l.count--;
        l.at = l.tokens[l.count].pos;
    }
    add(&l, TK_END, l.at);
    return l.tokens;
}
