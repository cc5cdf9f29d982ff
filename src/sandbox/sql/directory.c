/* directory: INSERT OVERWRITE DIRECTORY: part files as a Databricks runtime names them. */
#include "sandbox/sql/session.h"
#include "sandbox/sql/statements.h"
#include "sandbox/sql/table.h"
#include "base/file.h"
#include "base/str.h"
#include <dirent.h>
#include <errno.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <zlib.h>

struct parts {
    struct run *r;
    const char *folder, *extension;
    bool gzip;
    uint64_t id;
    char uuid[37];
    int count;
    bool plain_names;        /* as open Spark */
    const char *first;       /* name of the first part */
    FILE *plain;
    gzFile packed;
    struct text names;       /* JSON list of the part names */
};

static _Noreturn void cannot_write(struct run *r, const char *path) {
    struct err e;
    err_set_errno(&e, errno, "cannot write");
    err_about(&e, "cannot write the directory", path);
    run_broken(r, &e);
}

static void close_parts(void *p) {
    struct parts *w = p;
    if (w->plain) fclose(w->plain);
    if (w->packed) gzclose(w->packed);
    w->plain = NULL;
    w->packed = NULL;
}

/* Everything that is in the folder goes. */
static void empty_folder(struct run *r, const char *folder) {
    struct err e;
    DIR *d = opendir(folder);
    struct dirent *entry;
    if (!d) {
        if (errno != ENOENT) cannot_write(r, folder);
        if (file_make_dirs(folder, &e)) run_broken(r, &e);
        return;
    }
    while ((entry = readdir(d))) {
        char *path = str_eq(entry->d_name, ".") || str_eq(entry->d_name, "..") ? NULL : str_printf("%s/%s", folder, entry->d_name);
        struct stat st;
        int rc = 0;
        if (path && !lstat(path, &st)) rc = S_ISDIR(st.st_mode) ? file_remove_tree(path, &e) : unlink(path);
        free(path);
        if (rc) {
            closedir(d);
            cannot_write(r, folder);
        }
    }
    closedir(d);
}

static const char *part_name(struct parts *w, uint64_t id, int attempt, int number) {
    if (w->plain_names) return mem_printf(&w->r->mem, "part-00000-%s-c%03d%s", w->uuid, number, w->extension);
    return mem_printf(&w->r->mem, "part-00000-tid-%llu-%s-%d-1-c%03d%s", (unsigned long long)id, w->uuid, attempt, number, w->extension);
}

static void next_part(struct parts *w) {
    close_parts(w);
    const char *name = part_name(w, w->id, 1, w->count);
    if (!w->count) w->first = name;
    text_printf(&w->names, "%s\"%s\"", w->count ? "," : "", name);
    const char *path = mem_printf(&w->r->mem, "%s/%s", w->folder, name);
    w->count++;
    if (w->gzip) w->packed = gzopen(path, "wbe");
    else w->plain = fopen(path, "wbe");
    if (!w->packed && !w->plain) cannot_write(w->r, path);
}

static void put(struct parts *w, const struct text *line) {
    bool ok = !line->n;
    if (w->plain) ok = fwrite(line->p, 1, line->n, w->plain) == line->n;
    else if (line->n) ok = gzwrite(w->packed, line->p, (unsigned)line->n) == (int)line->n;
    if (!ok) cannot_write(w->r, w->folder);
}

static void small_file(struct run *r, const char *folder, const char *name, const char *text) {
    struct err e;
    if (file_write_atomic(mem_printf(&r->mem, "%s/%s", folder, name), text, strlen(text), &e)) run_broken(r, &e);
}

/* The task's first attempt broke off in the middle of its first part: that file stays, and no commit names it. */
static void leave_failed_attempt(struct parts *w) {
    struct buf bytes;
    struct err e;
    uint64_t id = w->id ^ 0x5bd1e995;
    buf_init(&bytes, (size_t)64 << 20);
    int rc = file_read(mem_printf(&w->r->mem, "%s/%s", w->folder, w->first), (size_t)64 << 20, &bytes, &e);
    const char *name = w->plain_names ? mem_printf(&w->r->mem, "part-00000-%016llx-c000%s", (unsigned long long)id, w->extension) : part_name(w, id, 0, 0);
    if (!rc) rc = file_write_atomic(mem_printf(&w->r->mem, "%s/%s", w->folder, name), bytes.len ? bytes.data : "", bytes.len / 2, &e);
    buf_release(&bytes);
    if (rc) run_broken(w->r, &e);
}

static const char *host_folder(struct run *r, const char *path) {
    struct buf b;
    struct err e;
    buf_init(&b, 0);
    int rc = lake_path(r->lake, path, &b, &e);
    const char *folder = mem_text(&r->mem, b.data, b.len);
    buf_release(&b);
    if (rc) run_fail(r, "PATH_NOT_FOUND", "42K03", -1, "Path does not exist: %s.", path);
    return folder;
}

struct format { const struct statement *s; struct relation *rel; const struct type *row; struct json_options json; bool text; };

static void check_format(struct run *r, struct format *f) {
    const char *format = f->s->format, *nulls = option_get(&f->s->options, "ignoreNullFields");
    f->text = str_ieq(format, "text");
    if (!f->text && !str_ieq(format, "json"))
        run_fail(r, "DATA_SOURCE_NOT_FOUND", "42K02", -1, "Failed to find the data source: %s. Make sure the provider name is correct and the package is properly registered and compatible with your Spark version.", format);
    if (f->text && (f->rel->scope.count != 1 || f->rel->scope.at[0].type->kind != T_STRING)) {
        if (f->rel->scope.count != 1) run_fail(r, "_LEGACY_ERROR_TEMP_1291", "", -1, "Text data source supports only a single column, and you have %d columns.", f->rel->scope.count);
        run_fail(r, "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE", "0A000", -1, "The Text datasource doesn't support the column `%s` of the type \"%s\".", f->rel->scope.at[0].name, type_sql(&r->mem, f->rel->scope.at[0].type));
    }
    f->json.keep_nulls = nulls && str_ieq(nulls, "false");
    f->json.timestamp_format = option_get(&f->s->options, "timestampFormat");
    struct field *fields = mem_zero(&r->mem, sizeof *fields * (size_t)(f->rel->scope.count + 1));
    for (int i = 0; i < f->rel->scope.count; i++) {
        fields[i] = (struct field){ .name = f->rel->scope.at[i].name, .type = f->rel->scope.at[i].type };
        for (int k = 0; k < i; k++)
            if (str_ieq(fields[k].name, fields[i].name)) run_fail(r, "COLUMN_ALREADY_EXISTS", "42711", -1, "The column `%s` already exists. Choose another name or rename the existing column.", fields[i].name);
    }
    f->row = type_struct(&r->mem, fields, f->rel->scope.count);
}

static void write_line(struct text *line, const struct format *f, struct value *row) {
    if (f->text) {
        if (row->kind == V_BYTES) text_add(line, row->s.p, row->s.n);
    } else {
        struct value v = { .kind = V_LIST };
        v.l.at = row;
        v.l.n = (size_t)f->rel->scope.count;
        json_write(line, f->row, &v, &f->json);
    }
    text_putc(line, '\n');
}

static void write_rows(struct run *r, struct parts *w, const struct format *f) {
    const char *max = option_get(&f->s->options, "maxRecordsPerFile");
    int64_t most = 0, rows = 0;
    struct arena *a = run_arena(r);
    if (max && (!int_parse(max, strlen(max), &most) || most < 0)) run_fail(r, "", "", -1, "java.lang.NumberFormatException: For input string: \"%s\"", max);
    struct value *row;
    while ((row = f->rel->it->next(f->rel->it, a))) {
        struct text line;
        if (!w->count || (most && rows % most == 0)) next_part(w);
        rows++;
        text_init(&line, a);
        write_line(&line, f, row);
        put(w, &line);
        arena_reset(a);
    }
    if (!w->count) next_part(w);
    bool ok = !w->plain || !fflush(w->plain);
    if (!ok) cannot_write(r, w->folder);
    close_parts(w);
}

void statement_insert_directory(struct run *r, const struct statement *s) {
    struct format f = { .s = s };
    struct parts *w = mem_zero(&r->mem, sizeof *w);
    const char *compression = option_get(&s->options, "compression");
    f.rel = plan_query(r, s->query, NULL);
    relation_use_all(r, f.rel);
    check_format(r, &f);
    w->r = r;
    w->folder = host_folder(r, s->path);
    w->gzip = compression && str_ieq(compression, "gzip");
    w->extension = f.text ? w->gzip ? ".txt.gz" : ".txt" : w->gzip ? ".json.gz" : ".json";
    lake_uuid(w->uuid);
    if (getrandom(&w->id, sizeof w->id, 0) != sizeof w->id) cannot_write(r, w->folder);
    w->id >>= 1;
    text_init(&w->names, &r->mem);
    run_hold(r, close_parts, w);
    empty_folder(r, w->folder);
    const char *id = mem_printf(&r->mem, "%llu", (unsigned long long)w->id);
    w->plain_names = r->session->plain_output;
    if (!w->plain_names) small_file(r, w->folder, mem_printf(&r->mem, "_started_%s", id), "");
    write_rows(r, w, &f);
    if (r->session->failed_attempt && !w->plain_names) leave_failed_attempt(w);
    if (!w->plain_names) small_file(r, w->folder, mem_printf(&r->mem, "_committed_%s", id), mem_printf(&r->mem, "{\"added\":[%s],\"removed\":[]}", text_end(&w->names)));
    small_file(r, w->folder, "_SUCCESS", "");
}
