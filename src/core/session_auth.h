#ifndef LAKEFERRY_CORE_SESSION_AUTH_H
#define LAKEFERRY_CORE_SESSION_AUTH_H
/*
 * session_auth: Databricks tokens that are asked for and run out: OAuth machine-to-machine (reference databricks §1.2) and the vendor's command line
 * (`databricks auth token`). One thread renews 40 s before the end; a refused token is renewed by whoever was refused. Any thread.
 */
#include "core/settings.h"
#include "net/engine.h"

struct session_auth;
/* True when the settings name one of the two. */
bool session_auth_wanted(const struct settings *s);
/* site: where the tokens go; it asks here when one is refused. Copies what it needs. Sends nothing: the first token is asked for by session_auth_ready. */
int session_auth_new(const struct settings *s, struct net_engine *engine, struct net_site *site, struct session_auth **out, struct err *e);
/* Ends the thread and what it waits for; before the site and the engine are freed. */
void session_auth_free(struct session_auth *a);
/* Waits until there is a token; asks for it when there is none yet. */
int session_auth_ready(struct session_auth *a, struct err *e);
#endif
