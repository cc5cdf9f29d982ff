#ifndef LAKEFERRY_BASE_HASH_H
#define LAKEFERRY_BASE_HASH_H
/* hash: FNV-1a; SHA-256 and MD5 by OpenSSL's libcrypto, which uses the processor's own instructions for them. A hash object belongs to one thread. */
#include "base/err.h"

#define HASH_SHA256_HEX 65 /* with terminator */
#define HASH_MD5_HEX 33
struct hash;
struct hash *hash_new_sha256(void);              /* NULL without memory */
struct hash *hash_new_md5(void);
void hash_add(struct hash *h, const void *bytes, size_t n);
void hash_end(struct hash *h, char *hex, size_t size);  /* lower-case hex, "" when libcrypto refuses; the object is then only good for hash_free */
void hash_free(struct hash *h);
/*
 * FNV-1a, 64 bits, for what nobody makes equal on purpose: goes on from sum, which begins as HASH_FNV. The same bytes give the same sum in every version
 * of the program.
 */
#define HASH_FNV 0xcbf29ce484222325u
uint64_t hash_fnv(uint64_t sum, const void *bytes, size_t n);
void hash_sha256(const void *bytes, size_t n, char hex[HASH_SHA256_HEX]);
#endif
