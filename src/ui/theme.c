#include "ui/theme.h"

struct row { char letter; struct theme_style look[THEME_DEPTHS]; };

#define NONE { -1, 0 }
#define PLAIN(a) { -1, (a) }

/* Columns: monochrome, 8 or 16 colours, 256 colours on any background, on a dark one, on a light one. */
static const struct row roles[ROLE_COUNT] = {
    [ROLE_TEXT]       = { '.', { NONE, NONE, NONE, NONE, NONE } },
    [ROLE_DIM]        = { 'd', { PLAIN(THEME_DIM), PLAIN(THEME_DIM), { 245, 0 }, { 248, 0 }, { 240, 0 } } },
    [ROLE_TITLE]      = { 'T', { PLAIN(THEME_BOLD), PLAIN(THEME_BOLD), PLAIN(THEME_BOLD), PLAIN(THEME_BOLD), PLAIN(THEME_BOLD) } },
    [ROLE_TAB]        = { 't', { NONE, NONE, NONE, NONE, NONE } },
    [ROLE_TAB_ACTIVE] = { 'A', { PLAIN(THEME_REVERSE), PLAIN(THEME_REVERSE), PLAIN(THEME_REVERSE), PLAIN(THEME_REVERSE), PLAIN(THEME_REVERSE) } },
    [ROLE_PLACE]      = { 'p', { PLAIN(THEME_BOLD), { 6, 0 }, { 6, 0 }, { 80, 0 }, { 30, 0 } } },
    [ROLE_RULE]       = { 'r', { NONE, NONE, NONE, NONE, NONE } },   /* a colour around each bar would be most of what a screen costs */
    [ROLE_KEY]        = { 'k', { PLAIN(THEME_BOLD), { 6, 0 }, { 6, 0 }, { 80, 0 }, { 30, 0 } } },
    [ROLE_HINT]       = { 'h', { NONE, NONE, NONE, NONE, NONE } },
    [ROLE_HINT_OFF]   = { 'o', { PLAIN(THEME_DIM), PLAIN(THEME_DIM), { 241, 0 }, { 244, 0 }, { 246, 0 } } },
    [ROLE_HEAD]       = { 'H', { PLAIN(THEME_BOLD), PLAIN(THEME_BOLD), PLAIN(THEME_BOLD), PLAIN(THEME_BOLD), PLAIN(THEME_BOLD) } },
    [ROLE_NULL]       = { 'N', { PLAIN(THEME_DIM), PLAIN(THEME_DIM), { 245, 0 }, { 248, 0 }, { 240, 0 } } },
    [ROLE_NUMBER]     = { '#', { NONE, { 6, 0 }, { 73, 0 }, { 116, 0 }, { 24, 0 } } },
    [ROLE_JSON]       = { 'j', { NONE, { 5, 0 }, { 139, 0 }, { 176, 0 }, { 90, 0 } } },
    [ROLE_GOOD]       = { 'g', { NONE, { 2, 0 }, { 71, 0 }, { 114, 0 }, { 28, 0 } } },
    [ROLE_WARN]       = { 'w', { PLAIN(THEME_BOLD), { 3, 0 }, { 172, 0 }, { 215, 0 }, { 130, 0 } } },
    [ROLE_BAD]        = { 'b', { PLAIN(THEME_BOLD), { 1, THEME_BOLD }, { 167, THEME_BOLD }, { 210, THEME_BOLD }, { 124, THEME_BOLD } } },
    [ROLE_INFO]       = { 'i', { NONE, { 6, 0 }, { 6, 0 }, { 80, 0 }, { 30, 0 } } },
    [ROLE_MARK]       = { 'm', { PLAIN(THEME_BOLD), { 3, THEME_BOLD }, { 172, THEME_BOLD }, { 215, THEME_BOLD }, { 130, THEME_BOLD } } },
    [ROLE_MATCH]      = { 'M', { PLAIN(THEME_UNDERLINE), { 3, THEME_UNDERLINE }, { 172, THEME_UNDERLINE }, { 215, THEME_UNDERLINE }, { 130, THEME_UNDERLINE } } },
    [ROLE_LABEL]      = { 'l', { NONE, NONE, NONE, NONE, NONE } },
    [ROLE_FIELD]      = { 'f', { PLAIN(THEME_UNDERLINE), PLAIN(THEME_UNDERLINE), PLAIN(THEME_UNDERLINE), PLAIN(THEME_UNDERLINE), PLAIN(THEME_UNDERLINE) } },
    [ROLE_BUTTON]     = { 'B', { PLAIN(THEME_BOLD), PLAIN(THEME_BOLD), PLAIN(THEME_BOLD), PLAIN(THEME_BOLD), PLAIN(THEME_BOLD) } },
    [ROLE_METER]      = { '%', { NONE, { 2, 0 }, { 71, 0 }, { 114, 0 }, { 28, 0 } } },
};

struct theme_style theme_style(enum theme_role role, enum theme_depth depth)
{
    if ((unsigned)role >= ROLE_COUNT || (unsigned)depth >= THEME_DEPTHS)
        return (struct theme_style){ -1, 0 };
    return roles[role].look[depth];
}

char theme_letter(enum theme_role role)
{
    return (unsigned)role < ROLE_COUNT ? roles[role].letter : '?';
}

static const char *const glyphs[GLYPH_COUNT][2] = {
    [GLYPH_ELLIPSIS] = { "…", "~" },      [GLYPH_RULE] = { "─", "-" },         [GLYPH_BAR] = { "│", "|" },
    [GLYPH_CROSS] = { "┼", "+" },         [GLYPH_CURSOR] = { "›", ">" },       [GLYPH_MARK] = { "✓", "*" },
    [GLYPH_FOLDED] = { "▸", "+" },        [GLYPH_OPEN] = { "▾", "-" },         [GLYPH_METER_ON] = { "█", "#" },
    [GLYPH_METER_OFF] = { "░", "-" },     [GLYPH_TOP_LEFT] = { "┌", "+" },     [GLYPH_TOP_RIGHT] = { "┐", "+" },
    [GLYPH_BOTTOM_LEFT] = { "└", "+" },   [GLYPH_BOTTOM_RIGHT] = { "┘", "+" }, [GLYPH_DONE] = { "✓", "x" },
    [GLYPH_NOW] = { "▸", ">" },           [GLYPH_ARROW] = { "→", ">" },        [GLYPH_MORE] = { "»", ">" },
    [GLYPH_SECRET] = { "•", "*" },        [GLYPH_ABOVE] = { "↑", "^" },        [GLYPH_BELOW] = { "↓", "v" },
};

const char *theme_glyph(enum theme_glyph g, bool ascii)
{
    return (unsigned)g < GLYPH_COUNT ? glyphs[g][ascii ? 1 : 0] : "?";
}
