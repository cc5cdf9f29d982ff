#ifndef LAKEFERRY_CORE_CELLS_LITERAL_H
#define LAKEFERRY_CORE_CELLS_LITERAL_H
/*
 * cells_literal: a value as Python writes it (repr of dict, list, tuple, str, int, float, bool, None) as a JSON tree. Text that is JSON already is for
 * json_parse; this takes what that refuses. Pure; any thread.
 */
#include "base/json.h"

#define CELLS_LITERAL_DEPTH 100

/*
 * The whole text is one value. Single, double and tripled quotes, the prefixes u and r, adjacent strings, trailing commas, numbers and True, False, None
 * as names of a dict (as json.dumps writes them). Tuples become lists. What JSON cannot say (nan, bytes, sets, complex numbers, calls) is refused.
 * NULL with why (lower case, "… at byte N"), or NULL with an empty why without memory. The caller frees with cJSON_Delete.
 */
cJSON *cells_literal_parse(const char *text, char *why, size_t why_size);
#endif
