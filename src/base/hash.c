#include "base/hash.h"
#include <glib.h>

struct hash {
    GChecksum *sum;
};

static struct hash *hash_new(GChecksumType type)
{
    struct hash *h = malloc(sizeof *h);

    if (!h)
        return NULL;
    h->sum = g_checksum_new(type);
    if (!h->sum) {
        free(h);
        return NULL;
    }
    return h;
}

struct hash *hash_new_sha256(void)
{
    return hash_new(G_CHECKSUM_SHA256);
}

struct hash *hash_new_md5(void)
{
    return hash_new(G_CHECKSUM_MD5);
}

void hash_add(struct hash *h, const void *bytes, size_t n)
{
    if (n)
        g_checksum_update(h->sum, bytes, (gssize)n);
}

void hash_end(struct hash *h, char *hex, size_t size)
{
    snprintf(hex, size, "%s", g_checksum_get_string(h->sum));
}

void hash_free(struct hash *h)
{
    if (!h)
        return;
    g_checksum_free(h->sum);
    free(h);
}

void hash_sha256(const void *bytes, size_t n, char hex[HASH_SHA256_HEX])
{
    char *text = g_compute_checksum_for_data(G_CHECKSUM_SHA256, n ? bytes : (const guchar *)"", n);

    snprintf(hex, HASH_SHA256_HEX, "%s", text ? text : "");
    g_free(text);
}
