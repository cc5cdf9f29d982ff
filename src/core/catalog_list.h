#ifndef LAKEFERRY_CORE_CATALOG_LIST_H
#define LAKEFERRY_CORE_CATALOG_LIST_H
/*
 * catalog_list: lists that grow (catalog_build, one thread at a time) and their snapshots (struct catalog_list, immutable, any thread). Texts are never
 * copied: a build and its snapshots share them.
 */
#include "core/catalog.h"

struct catalog_texts;
struct catalog_build { struct catalog_texts *texts; struct catalog_entry *entries; size_t count, cap; };
int catalog_build_init(struct catalog_build *b, struct err *e);
void catalog_build_release(struct catalog_build *b);
/* Copies the texts of *entry (NULL counts as ""). */
int catalog_build_add(struct catalog_build *b, const struct catalog_entry *entry, struct err *e);
/* All so far, sorted by kind and name (columns: in the order they were added); flags are all unset. One reference. NULL without memory. */
struct catalog_list *catalog_build_snapshot(const struct catalog_build *b, const char *place);
/* The same entries with flags of its own. from NULL: no entries. */
struct catalog_list *catalog_list_again(const struct catalog_list *from, const char *place);
const struct catalog_list *catalog_list_ref(const struct catalog_list *l);
#endif
