#ifndef LAKEFERRY_NET_SITE_H
#define LAKEFERRY_NET_SITE_H
/* site: what the engine's own files see of a net_site. The credential is behind a lock and leaves only as an Authorization line. Any thread. */
#include "base/url.h"
#include "net/engine.h"

/* Appends "Authorization: …"; nothing for NET_ANONYMOUS. ERR_AUTH when no credential was set. *generation counts the credentials set so far. */
int site_authorization(struct net_site *site, struct buf *out, unsigned *generation, struct err *e);
unsigned site_generation(struct net_site *site);
const char *site_header(const struct net_site *site, int i);     /* i-th constant header, NULL behind the last */
/* The quota's numbers; no limits for a name the site does not know. name NULL: the site's own. */
struct net_quota site_quota(const struct net_site *site, const char *name);
const char *site_quota_name(const struct net_site *site);
/*
 * Asks the site's renew for another credential than the one of `generation`; callers take turns, and one that finds a newer credential when its
 * turn comes asks nobody. 0: try again with the present one. -1 leaves e as it was when there is no way to renew.
 */
int site_renew(struct net_site *site, unsigned generation, struct err *e);
/* "host" or "host:port" for people. */
char *site_host_text(const struct url_parts *parts, char *out, size_t size);
/* False for control bytes (CR and LF in particular). */
bool site_line_clean(const char *line);
#endif
