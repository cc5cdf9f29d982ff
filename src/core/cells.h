#ifndef LAKEFERRY_CORE_CELLS_H
#define LAKEFERRY_CORE_CELLS_H
/*
 * cells: what the cells of a row mean that an import from S3 reads: an input's id, picture URL, concepts, metadata, geopoints (design §5, S3). Each
 * function takes the cell's text, NULL for an empty cell, and says in a few words what is wrong with it. Nothing here repairs an id or guesses a
 * value. Pure; any thread.
 */
#include "base/str.h"

#define CELLS_REASON 200

/* All return 0, 1 when the cell is wrong (reason, lower case, without the text of a URL, which may be signed), -1 without memory. */

/* 1 to 48 of [A-Za-z0-9_-], taken as it stands. */
int cells_id(const char *cell, char reason[CELLS_REASON]);
/* An http or https URL, blanks around it dropped. *url owned. */
int cells_url(const char *cell, char **url, char reason[CELLS_REASON]);
/*
 * A JSON object, or a dict as Python writes it: single quotes, True, False, None, tuples, string prefixes and escapes. *json: the object as JSON text,
 * owned, NULL for an empty cell. Of a name that comes twice the last counts; a member "lakeferry" is left out, because it is this program's own.
 */
int cells_metadata(const char *cell, char **json, char reason[CELLS_REASON]);
/* One name, names in brackets (JSON's or Python's quotes, or none), or names with commas between; blanks around each dropped, doubled ones once. */
int cells_concepts(const char *cell, struct str_list *names, char reason[CELLS_REASON]);
struct cells_geo { bool has; double longitude, latitude; };
/* "longitude,latitude", also in brackets, or an object with these members (as a struct column comes). */
int cells_geo(const char *cell, struct cells_geo *out, char reason[CELLS_REASON]);

/* --- the row as a whole --- */
enum cells_column { CELLS_INPUTID, CELLS_INPUT, CELLS_CONCEPTS, CELLS_METADATA, CELLS_GEOPOINTS, CELLS_COLUMNS };
extern const char *const cells_names[CELLS_COLUMNS];     /* "inputid", … */
/* Column of a header's name, whatever its case and the blanks around it; CELLS_COLUMNS for another. */
enum cells_column cells_by_name(const char *name);

struct cells_row {               /* owned; release */
    char *url, *metadata;        /* metadata NULL: none */
    struct str_list concepts;
    struct cells_geo geo;
};
/* All five by position; the first that is wrong gives the reason, which begins with the column's name. */
int cells_row_read(const char *const cells[CELLS_COLUMNS], struct cells_row *out, char reason[CELLS_REASON]);
void cells_row_release(struct cells_row *r);
/* {"url":…,"concepts":[…],"metadata":{…},"geo":[longitude,latitude]}, what is absent left out; and back. -1 without memory (or, reading, for another text). */
int cells_row_put(struct buf *out, const struct cells_row *r);
int cells_row_parse(const char *text, struct cells_row *out);
/* SHA-256 over the cells as they came; an empty cell differs from none. */
void cells_hash(const char *const cells[CELLS_COLUMNS], char hex[65]);
#endif
