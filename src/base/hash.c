#include "base/hash.h"
#include <openssl/evp.h>

struct hash {
    EVP_MD_CTX *context;
    bool failed;
};

static struct hash *hash_new(const EVP_MD *kind)
{
    struct hash *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->context = EVP_MD_CTX_new();
    if (h->context && EVP_DigestInit_ex(h->context, kind, NULL) == 1)
        return h;
    hash_free(h);
    return NULL;
}

struct hash *hash_new_sha256(void)
{
    return hash_new(EVP_sha256());
}

struct hash *hash_new_md5(void)
{
    return hash_new(EVP_md5());
}

void hash_add(struct hash *h, const void *bytes, size_t n)
{
    if (n && EVP_DigestUpdate(h->context, bytes, n) != 1)
        h->failed = true;
}

static void put_hex(const unsigned char *bytes, size_t n, char *hex, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;

    for (size_t i = 0; i < n && at + 2 < size; i++) {
        hex[at++] = digits[bytes[i] >> 4];
        hex[at++] = digits[bytes[i] & 15];
    }
    hex[at] = '\0';
}

void hash_end(struct hash *h, char *hex, size_t size)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int n = 0;

    if (h->failed || EVP_DigestFinal_ex(h->context, bytes, &n) != 1)
        n = 0;
    put_hex(bytes, n, hex, size);
}

void hash_free(struct hash *h)
{
    if (!h)
        return;
    EVP_MD_CTX_free(h->context);
    free(h);
}

void hash_sha256(const void *bytes, size_t n, char hex[HASH_SHA256_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;

    if (EVP_Digest(n ? bytes : "", n, digest, &size, EVP_sha256(), NULL) != 1)
        size = 0;
    put_hex(digest, size, hex, HASH_SHA256_HEX);
}

uint64_t hash_fnv(uint64_t sum, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < n; i++)
        sum = (sum ^ p[i]) * 0x100000001b3u;
    return sum;
}
