#ifndef LAKEFERRY_CORE_IDS_H
#define LAKEFERRY_CORE_IDS_H
/* ids: Clarifai input ids made from paths by the rules of design §5. Pure; any thread. */
#include "base/err.h"

#define IDS_MAX 48                 /* reference clarifai §7 */
#define IDS_ROOM (IDS_MAX + 1)

/*
 * The id wished for a file. path: within the volume, without a leading '/'. whole_path: from the whole path instead of the name. The last
 * extension is dropped. A name that had to be cleaned or shortened carries '-' and the hash of the path already. *changed tells that it does.
 */
void ids_make(const char *path, bool whole_path, char out[IDS_ROOM], bool *changed);
/* The same name with '-' and the hash always: for an id that another file has. */
void ids_make_suffixed(const char *path, bool whole_path, char out[IDS_ROOM]);
/* The same for a name that is no path: cleaned, with '-' and the hash of another text. */
void ids_make_named(const char *name, const char *hashed, char out[IDS_ROOM]);
/* True when id is the name itself, nothing cleaned and nothing appended. */
bool ids_is_plain(const char *path, bool whole_path, const char *id);
#endif
