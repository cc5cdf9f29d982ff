/* Of the catalog: what the disk cache knows, for completion. */
#include "core/catalog.h"
#include "core/cache.h"
#include "core/profile.h"
#include "net/databricks_auth.h"

/* The name that a session opened without flags would have; "" when there is none. Owned. */
static char *usual_profile(void)
{
    const char *host = getenv("DATABRICKS_HOST"), *named = getenv("DATABRICKS_CONFIG_PROFILE"), *chosen = NULL;
    char *base = NULL, workspace[32], *name = NULL;
    struct profile_file f;
    struct err ignored;

    if (!str_blank(named))
        return str_dup(named);
    if (!str_blank(host)) {
        if (databricks_host_normalize(host, &base, workspace, &ignored))
            return NULL;
        name = str_dup(str_starts(base, "https://") ? base + strlen("https://") : base);
        free(base);
        return name;
    }
    if (profile_open(&f, &ignored))
        return NULL;
    if (profile_choose(&f, NULL, &chosen, &ignored) == 0)
        name = str_dup(chosen ? chosen : "");
    profile_release(&f);
    return name;
}

int catalog_cached_each(const char *profile, const char *place, int (*each)(void *ctx, const struct catalog_entry *en), void *ctx)
{
    struct catalog_build build;
    struct err ignored;
    int64_t listed_at_ms;
    char *name = str_blank(profile) ? usual_profile() : str_dup(profile);
    int rc = name && catalog_build_init(&build, &ignored) == 0 ? 0 : -1;

    if (!rc) {
        bool known = cache_load(name, NULL, place, &build, &listed_at_ms, &ignored) == 0;
        for (size_t i = 0; !rc && known && i < build.count; i++)
            rc = each(ctx, &build.entries[i]);
        catalog_build_release(&build);
    }
    free(name);
    return rc;
}

struct cached_names { struct str_list *out; bool any; };

static int add_cached_name(void *ctx, const struct catalog_entry *en)
{
    struct cached_names *names = ctx;

    names->any = true;
    return str_list_add(names->out, en->name);
}

int catalog_cached_names(const char *profile, const char *place, struct str_list *out)
{
    struct cached_names names = { .out = out };

    return catalog_cached_each(profile, place, add_cached_name, &names) == 0 && names.any ? 0 : -1;
}
