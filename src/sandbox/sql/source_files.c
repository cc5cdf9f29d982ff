#include "sandbox/sql/source.h"
#include "base/str.h"
#include "sandbox/lake_store.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <sys/stat.h>

#define BUFFER_SIZE ((size_t)256 << 10)

static void close_files(void *p) {
    struct files *f = p;
    if (f->plain) fclose(f->plain);
    if (f->packed) gzclose(f->packed);
    free(f->buffer);
}

static _Noreturn void path_not_found(struct run *r, const char *path, int pos) {
    run_fail(r, "PATH_NOT_FOUND", "42K03", pos, "Path does not exist: %s.", path);
}

static bool hidden(const char *name) {
    return name[0] == '_' || name[0] == '.' || str_ends(name, "._COPYING_");
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_path(struct files *f, const char *path) {
    *(char **)list_add(f->r, &f->paths, &f->count, sizeof(char *)) = mem_text(&f->r->mem, path, strlen(path));
}

/* The entries of one folder whose decoded name fits; subfolders only with `recursive`. */
static void list_folder(struct files *f, const char *folder, const char *pattern, bool recursive, bool *matched) {
    DIR *d = opendir(folder);
    struct dirent *entry;
    if (!d) return;
    while ((entry = readdir(d))) {
        struct buf name;
        struct stat st;
        if (entry->d_name[0] == '.') continue;
        buf_init(&name, 0);
        bool wanted = !lake_segment_name(entry->d_name, &name) && !hidden(name.data) && (!pattern || !fnmatch(pattern, name.data, 0));
        buf_release(&name);
        char *path = wanted ? str_printf("%s/%s", folder, entry->d_name) : NULL;
        if (path && !stat(path, &st)) {
            *matched = true;
            if (S_ISREG(st.st_mode)) add_path(f, path);
            else if (S_ISDIR(st.st_mode) && (recursive || pattern)) list_folder(f, path, NULL, recursive, matched);
        }
        free(path);
    }
    closedir(d);
}

static void list_pattern(struct files *f, const char *path, bool recursive, int pos) {
    const char *slash = strrchr(path, '/');
    struct buf folder;
    struct err e;
    bool matched = false;
    buf_init(&folder, 0);
    char *parent = str_dup_n(path, (size_t)(slash - path));
    int rc = parent ? lake_path(f->r->lake, parent, &folder, &e) : -1;
    free(parent);
    f->url = mem_text(&f->r->mem, path, (size_t)(slash - path));
    f->cut = folder.len;
    if (!rc) list_folder(f, folder.data, slash + 1, recursive, &matched);
    buf_release(&folder);
    if (!matched) path_not_found(f->r, path, pos);
}

struct files *files_open(struct run *r, const char *path, bool recursive, int pos) {
    struct files *f = mem_zero(&r->mem, sizeof *f);
    const char *slash = strrchr(path, '/');
    struct buf host;
    struct err e;
    struct stat st;
    f->r = r;
    run_hold(r, close_files, f);
    f->buffer = malloc(BUFFER_SIZE);
    if (!f->buffer) run_no_memory(r);
    if (slash && strpbrk(slash, "*?[{")) {
        list_pattern(f, path, recursive, pos);
    } else {
        bool matched, found = false;
        buf_init(&host, 0);
        if (!lake_path(r->lake, path, &host, &e) && !stat(host.data, &st)) {
            found = true;
            f->url = mem_text(&r->mem, path, strlen(path) - (path[1] && str_ends(path, "/")));
            f->cut = host.len;
            if (S_ISDIR(st.st_mode)) list_folder(f, host.data, NULL, recursive, &matched);
            else if (!slash || !hidden(slash + 1)) add_path(f, host.data);
        }
        buf_release(&host);
        if (!found) path_not_found(r, path, pos);
    }
    if (f->count > 1) qsort(f->paths, (size_t)f->count, sizeof *f->paths, by_name);
    return f;
}

static void fill(struct files *f) {
    f->used = 0;
    f->have = 0;
    if (f->plain) f->have = fread(f->buffer, 1, BUFFER_SIZE, f->plain);
    if (f->packed) {
        int n = gzread(f->packed, f->buffer, (unsigned)BUFFER_SIZE);
        if (n < 0) run_fail(f->r, "", "", -1, "Job aborted due to stage failure: java.util.zip.ZipException: invalid gzip data");
        f->have = (size_t)n;
    }
    if (f->plain && ferror(f->plain)) {
        struct err e;
        err_set_errno(&e, errno, "cannot read a file of the lake");
        run_broken(f->r, &e);
    }
}

int files_peek(struct files *f) {
    if (f->used == f->have) fill(f);
    return f->have ? f->buffer[f->used] : -1;
}

int files_byte(struct files *f) {
    int c = files_peek(f);
    if (c >= 0) f->used++;
    return c;
}

static void open_file(struct files *f, const char *path) {
    if (str_iends(path, ".gz")) {
        FILE *probe = fopen(path, "rbe");
        bool magic = probe && fgetc(probe) == 0x1f && fgetc(probe) == 0x8b;
        if (probe) fclose(probe);
        if (!magic) run_fail(f->r, "", "", -1, "Job aborted due to stage failure: java.io.IOException: not a gzip file");
        f->packed = gzopen(path, "rbe");
    } else {
        f->plain = fopen(path, "rbe");
    }
    if (!f->plain && !f->packed) {
        struct err e;
        err_set_errno(&e, errno, "cannot open a file of the lake");
        run_broken(f->r, &e);
    }
}

bool files_next(struct files *f) {
    if (f->plain) fclose(f->plain);
    if (f->packed) gzclose(f->packed);
    f->plain = NULL;
    f->packed = NULL;
    f->have = f->used = 0;
    if (f->at >= f->count) return false;
    open_file(f, f->paths[f->at++]);
    fill(f);
    if (f->have >= 3 && !memcmp(f->buffer, "\xEF\xBB\xBF", 3)) f->used = 3;
    return true;
}

/* As Spark writes a file's path: a URI, in which letters outside ASCII stay. */
const char *files_place(struct files *f, struct arena *a) {
    static const char hex[] = "0123456789ABCDEF";
    const char *plain = mem_printf(a, "%s%s", f->url, f->paths[f->at - 1] + f->cut);
    char *out = mem_alloc(a, strlen(plain) * 3 + 1), *p = out;
    for (const char *s = plain; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c >= 0x80 || isalnum(c) || strchr("_-!.~'()*,;:$&+=@/", *s)) {
            *p++ = *s;
        } else {
            *p++ = '%';
            *p++ = hex[c >> 4];
            *p++ = hex[c & 15];
        }
    }
    *p = 0;
    return out;
}

bool files_line(struct files *f, struct text *t) {
    t->n = 0;
    if (files_peek(f) < 0) return false;
    for (;;) {
        unsigned char *from = f->buffer + f->used, *p = from, *end = f->buffer + f->have;
        while (p < end && *p != '\n' && *p != '\r') p++;
        text_add(t, from, (size_t)(p - from));
        f->used = (size_t)(p - f->buffer);
        if (p < end) {
            if (files_byte(f) == '\r' && files_peek(f) == '\n') files_byte(f);
            return true;
        }
        if (files_peek(f) < 0) return true;
    }
}
