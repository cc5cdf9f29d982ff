#ifndef LAKEFERRY_CORE_IDS_H
#define LAKEFERRY_CORE_IDS_H
/* ids: Clarifai input ids made from paths by the rules of design §5. Pure; any thread. */
#include "base/err.h"

#define IDS_MAX 48                 /* reference clarifai §7 */
#define IDS_ROOM (IDS_MAX + 1)

/*
 * The id wished for a file. path: within the volume, without a leading '/'. whole_path: from the whole path instead of the name. The last
 * extension is dropped. A name that had to be cleaned or shortened carries '-' and the hash of the path already. *changed tells that it does.
 * Where there is no memory to make the hash, there is no id: -1, and out is "".
 */
int ids_make(const char *path, bool whole_path, char out[IDS_ROOM], bool *changed, struct err *e);
/* The same name with '-' and the hash always: for an id that another file has. */
int ids_make_suffixed(const char *path, bool whole_path, char out[IDS_ROOM], struct err *e);
/* The same for a name that is no path: cleaned, with '-' and the hash of another text. */
int ids_make_named(const char *name, const char *hashed, char out[IDS_ROOM], struct err *e);
/* True when id is the name itself, nothing cleaned and nothing appended. */
bool ids_is_plain(const char *path, bool whole_path, const char *id);
#endif
