#ifndef LAKEFERRY_UI_THEME_H
#define LAKEFERRY_UI_THEME_H
/*
 * theme: what a cell means (its role) and how that looks at each depth of colour. The monochrome column is complete:
 * nothing is said by colour alone, and no role sets a background. Also the glyphs with their ASCII forms.
 * Constant tables; any thread.
 */
#include <stdbool.h>

enum theme_role {
    ROLE_TEXT, ROLE_DIM, ROLE_TITLE, ROLE_TAB, ROLE_TAB_ACTIVE, ROLE_PLACE, ROLE_RULE, ROLE_KEY, ROLE_HINT, ROLE_HINT_OFF,
    ROLE_HEAD, ROLE_NULL, ROLE_NUMBER, ROLE_JSON, ROLE_GOOD, ROLE_WARN, ROLE_BAD, ROLE_INFO, ROLE_MARK, ROLE_MATCH,
    ROLE_LABEL, ROLE_FIELD, ROLE_BUTTON, ROLE_METER,
    ROLE_COUNT
};

enum theme_depth { THEME_MONO, THEME_8, THEME_256, THEME_256_DARK, THEME_256_LIGHT, THEME_DEPTHS };

/* The person's word on the background; with fewer than 256 colours the terminal's own palette says it. */
enum theme_choice { THEME_AUTO, THEME_DARK, THEME_LIGHT };

enum theme_attr { THEME_BOLD = 1, THEME_DIM = 2, THEME_UNDERLINE = 4, THEME_REVERSE = 8 };

struct theme_style {
    short fg;       /* colour number, -1: the terminal's own */
    unsigned attr;  /* enum theme_attr bits */
};

struct theme_style theme_style(enum theme_role role, enum theme_depth depth);
/* One character for a role in printed frames. */
char theme_letter(enum theme_role role);

enum theme_glyph {
    GLYPH_ELLIPSIS, GLYPH_RULE, GLYPH_BAR, GLYPH_CROSS, GLYPH_CURSOR, GLYPH_MARK, GLYPH_FOLDED, GLYPH_OPEN, GLYPH_METER_ON, GLYPH_METER_OFF,
    GLYPH_TOP_LEFT, GLYPH_TOP_RIGHT, GLYPH_BOTTOM_LEFT, GLYPH_BOTTOM_RIGHT, GLYPH_DONE, GLYPH_NOW, GLYPH_ARROW, GLYPH_MORE, GLYPH_SECRET, GLYPH_ABOVE, GLYPH_BELOW,
    GLYPH_COUNT
};

/* The glyph's text, one cell wide. */
const char *theme_glyph(enum theme_glyph g, bool ascii);
#endif
