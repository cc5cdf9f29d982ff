#ifndef LAKEFERRY_CORE_LINK_ADDRESS_H
#define LAKEFERRY_CORE_LINK_ADDRESS_H
/*
 * link_address: where the socket of a run lies, for both sides of link. Addresses are short whatever the folder's path: through its descriptor, which
 * stays open while the address is used. Any thread.
 */
#include "base/err.h"
#include <sys/un.h>

/* The runtime folder (made when missing) as a descriptor, which the caller closes; -1 with e. */
int link_folder_open(struct err *e);
/* Fills *out with the address of run-ID.sock in that folder. ERR_BUG when the id is too long for one. */
int link_address(int folder, const char *run_id, struct sockaddr_un *out, struct err *e);
#endif
