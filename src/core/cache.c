#include "core/cache.h"
#include "base/file.h"
#include "base/hash.h"

#define VERSION 1
#define BYTES_MAX ((size_t)32 << 20)
#define NAME_HEX 32 /* of the hash: far from meeting itself */

/* folder: without the file. Owned. */
static char *path_of(const char *profile, const char *place, bool folder_only, struct err *e)
{
    char folder[HASH_SHA256_HEX], file[HASH_SHA256_HEX];
    char *dir = file_dir_cache(e), *path;

    if (!dir)
        return NULL;
    hash_sha256(profile, strlen(profile), folder);
    hash_sha256(place, strlen(place), file);
    folder[NAME_HEX] = file[NAME_HEX] = '\0';
    path = !folder[0] || !file[0] ? NULL /* no hash without memory, and no other profile's folder */
           : folder_only ? str_printf("%s/catalog/%s", dir, folder) : str_printf("%s/catalog/%s/%s.json", dir, folder, file);
    free(dir);
    if (!path)
        err_no_memory(e);
    return path;
}

static const char *text_at(const cJSON *row, int i)
{
    const cJSON *cell = cJSON_GetArrayItem(row, i);

    return cJSON_IsString(cell) ? cell->valuestring : "";
}

static double number_at(const cJSON *row, int i)
{
    const cJSON *cell = cJSON_GetArrayItem(row, i);

    return cJSON_IsNumber(cell) && cell->valuedouble >= 0 && cell->valuedouble < 9e15 ? cell->valuedouble : 0;
}

static int take_rows(const cJSON *rows, struct catalog_build *out, struct err *e)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows) {
        double kind = number_at(row, 0);
        if (!cJSON_IsArray(row) || kind > CATALOG_WAREHOUSE || !*text_at(row, 1))
            return err_set(e, ERR_NOT_FOUND, "the cached list is damaged");
        const struct catalog_entry en = {
            .kind = (enum catalog_kind)(int)kind, .name = (char *)(uintptr_t)text_at(row, 1), .type = (char *)(uintptr_t)text_at(row, 2),
            .comment = (char *)(uintptr_t)text_at(row, 3), .size = (uint64_t)number_at(row, 4), .modified_ms = (int64_t)number_at(row, 5),
            .browse_only = number_at(row, 6) != 0,
        };
        if (catalog_build_add(out, &en, e))
            return -1;
    }
    return 0;
}

static int take_tree(const cJSON *tree, const char *identity, const char *place, struct catalog_build *out, int64_t *listed_at_ms, struct err *e)
{
    int64_t version;

    if (!json_i64(tree, "version", &version) || version != VERSION || !str_eq(json_str(tree, "place"), place) ||
        (identity && !str_eq(json_str(tree, "identity"), identity)) || !json_i64(tree, "listed_at_ms", listed_at_ms))
        return err_set(e, ERR_NOT_FOUND, "the cached list is another's");
    return take_rows(json_arr(tree, "entries"), out, e);
}

int cache_load(const char *profile, const char *identity, const char *place, struct catalog_build *out, int64_t *listed_at_ms, struct err *e)
{
    struct buf text;
    char *path = path_of(profile, place, false, e);
    cJSON *tree = NULL;

    if (!path)
        return -1;
    buf_init(&text, BUF_MAX_DEFAULT);
    int rc = file_read(path, BYTES_MAX, &text, e);
    if (!rc && !(tree = json_parse(text.data, text.len, e)))
        rc = -1;
    buf_release(&text);
    if (!rc)
        rc = take_tree(tree, identity, place, out, listed_at_ms, e);
    cJSON_Delete(tree);
    free(path);
    return rc;
}

static void print_row(struct buf *out, const struct catalog_entry *en)
{
    const char *texts[] = { en->name, en->type, en->comment };

    buf_printf(out, "[%d", (int)en->kind);
    for (size_t i = 0; i < 3; i++) {
        buf_putc(out, ',');
        json_quote(out, texts[i], strlen(texts[i]));
    }
    buf_printf(out, ",%llu,%lld,%d]", (unsigned long long)en->size, (long long)en->modified_ms, en->browse_only);
}

static int print_list(struct buf *out, const char *identity, const struct catalog_list *l, struct err *e)
{
    buf_printf(out, "{\"version\":%d,\"place\":", VERSION);
    json_quote(out, l->place, strlen(l->place));
    buf_puts(out, ",\"identity\":");
    json_quote(out, identity, strlen(identity));
    buf_printf(out, ",\"listed_at_ms\":%lld,\"entries\":[", (long long)l->listed_at_ms);
    for (size_t i = 0; i < l->count; i++) {
        buf_puts(out, i ? ",\n" : "\n");
        print_row(out, &l->entries[i]);
    }
    buf_puts(out, "]}\n");
    return buf_error(out, e);
}

int cache_store(const char *profile, const char *identity, const struct catalog_list *l, struct err *e)
{
    struct buf text;
    char *dir = path_of(profile, l->place, true, e), *path = dir ? path_of(profile, l->place, false, e) : NULL;
    int rc = path && l->count <= CACHE_ENTRIES_MAX ? 0 : -1;

    if (path && rc)
        err_set(e, ERR_LIMIT, "the list is too long to be kept");
    buf_init(&text, BYTES_MAX);
    if (!rc)
        rc = print_list(&text, identity, l, e);
    if (!rc)
        rc = file_make_dirs(dir, e);
    if (!rc)
        rc = file_write_atomic(path, text.data, text.len, e);
    buf_release(&text);
    free(path);
    free(dir);
    return rc;
}
