#include "base/file.h"
#include "core/journal.h"
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

struct fixture { char folder[64]; struct journal *j; };

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err e = {0};
    snprintf(f->folder, sizeof f->folder, "/tmp/lakeferry-journal-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(journal_open(f->folder, true, &f->j, &e), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    journal_close(f->j);
    file_remove_tree(f->folder, &e);
    free(f);
    return 0;
}

static void add_files(struct journal *j, const char *const *names, size_t n)
{
    struct err e = {0};
    struct journal_found rows[16];
    assert_true(n <= 16);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct journal_found){.path = names[i], .size = 10 * (i + 1), .modified_ms = 1000, .candidate = true};
    assert_int_equal(journal_found_put(j, rows, n, &e), 0);
}

static const char *const three[] = {"/v/a.jpg", "/v/b.jpg", "/v/c.jpg"};

static struct journal_item *read_all(struct journal *j, size_t *n)
{
    struct journal_query q = {.limit = 100};
    struct journal_item *items;
    struct err e = {0};
    assert_int_equal(journal_read(j, &q, &items, n, &e), 0);
    return items;
}

static void keeps_facts(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    assert_null(journal_get(f->j, "x"));
    assert_int_equal(journal_put(f->j, "x", "it's", &e), 0);
    char *text = journal_get(f->j, "x");
    assert_string_equal(text, "it's");
    free(text);
    assert_int_equal(journal_put_i64(f->j, "n", -5, &e), 0);
    assert_int_equal(journal_get_i64(f->j, "n", 0), -5);
    assert_int_equal(journal_put(f->j, "x", NULL, &e), 0);
    assert_false(journal_has(f->j, "x"));
    assert_int_equal(journal_get_i64(f->j, "none", 7), 7);
}

static void lists_as_a_set(void **state)
{
    struct fixture *f = *state;
    add_files(f->j, three, 3);
    add_files(f->j, three, 3);
    assert_int_equal(journal_count(f->j, JOURNAL_BIT(JOURNAL_LISTED)), 3);
    assert_int_equal(journal_bytes(f->j, ~0u), 60);
}

static void counts_with_the_states(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    add_files(f->j, three, 3);
    struct journal_change c[] = {{.id = 1, .to = JOURNAL_SENT, .attempt = true}, {.id = 2, .to = JOURNAL_FAILED, .code = "X", .reason = "why"},
                                 {.id = 3, .to = JOURNAL_PLANNED, .resized = true, .size = 5, .modified_ms = 2}};
    assert_int_equal(journal_apply(f->j, c, 3, &e), 0);
    assert_int_equal(journal_count(f->j, JOURNAL_BIT(JOURNAL_SENT)), 1);
    assert_int_equal(journal_count(f->j, ~0u), 3);
    assert_int_equal(journal_bytes(f->j, JOURNAL_BIT(JOURNAL_PLANNED)), 5);
    size_t n;
    struct journal_item *items = read_all(f->j, &n);
    assert_int_equal(items[0].attempt, 1);
    assert_string_equal(items[1].reason, "why");
    assert_true(items[1].seq > 0);
    journal_items_free(items, n);
    /* a fresh connection counts the same */
    journal_close(f->j);
    assert_int_equal(journal_open(f->folder, false, &f->j, &e), 0);
    assert_int_equal(journal_count(f->j, JOURNAL_BIT(JOURNAL_SENT)), 1);
    assert_int_equal(journal_recover(f->j, &e), 0);
    assert_int_equal(journal_count(f->j, JOURNAL_BIT(JOURNAL_SENT)), 0);
    assert_int_equal(journal_count(f->j, JOURNAL_BIT(JOURNAL_UNKNOWN)), 1);
}

static void claims_once(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    add_files(f->j, three, 3);
    int64_t moved;
    assert_int_equal(journal_move_all(f->j, JOURNAL_BIT(JOURNAL_LISTED), JOURNAL_PLANNED, NULL, &moved, &e), 0);
    assert_int_equal(moved, 3);
    struct journal_query q = {.states = JOURNAL_BIT(JOURNAL_PLANNED), .claim = true, .limit = 2};
    struct journal_item *a, *b;
    size_t n, m;
    assert_int_equal(journal_read(f->j, &q, &a, &n, &e), 0);
    assert_int_equal(journal_read(f->j, &q, &b, &m, &e), 0);
    assert_int_equal(n, 2);
    assert_int_equal(m, 1);
    assert_int_not_equal(a[0].id, b[0].id);
    struct journal_change back = {.id = a[0].id, .to = JOURNAL_PLANNED};
    assert_int_equal(journal_apply(f->j, &back, 1, &e), 0);
    journal_items_free(b, m);
    assert_int_equal(journal_read(f->j, &q, &b, &m, &e), 0);
    assert_int_equal(m, 1);
    assert_int_equal(b[0].id, a[0].id);
    journal_items_free(a, n);
    journal_items_free(b, m);
}

static void folders_are_a_worklist(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct journal_found rows[] = {{.path = "/v", .is_folder = true}, {.path = "/v/x", .is_folder = true}};
    char *path, *other;
    int64_t open;
    assert_int_equal(journal_found_put(f->j, rows, 2, &e), 0);
    assert_int_equal(journal_found_put(f->j, rows, 2, &e), 0);
    assert_int_equal(journal_folder_next(f->j, &path, &open, &e), 1);
    assert_string_equal(path, "/v");
    assert_int_equal(open, 2);
    assert_int_equal(journal_folder_done(f->j, path, &e), 0);
    assert_int_equal(journal_folder_next(f->j, &other, &open, &e), 1);
    assert_int_equal(journal_folder_release(f->j, other, &e), 0);
    free(other);
    assert_int_equal(journal_folder_next(f->j, &other, &open, &e), 1);
    assert_string_equal(other, "/v/x");
    assert_int_equal(journal_folder_done(f->j, other, &e), 0);
    free(path);
    free(other);
    assert_int_equal(journal_folder_next(f->j, &path, &open, &e), 0);
    assert_int_equal(open, 0);
}

static void remote_passes(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    add_files(f->j, three, 2);
    struct journal_remote rows[] = {{.input_id = (char *)"a", .source = (char *)"/v/a.jpg", .sha256 = (char *)"s", .size = 10, .modified_ms = 1000},
                                    {.input_id = (char *)"b", .source = (char *)"/v/b.jpg"}, {.input_id = (char *)"foreign"}};
    size_t fresh;
    int64_t differ;
    assert_int_equal(journal_remote_put(f->j, JOURNAL_OF_DATASET, 1, rows, 3, &fresh, &e), 0);
    assert_int_equal(fresh, 3);
    assert_int_equal(journal_remote_put(f->j, JOURNAL_OF_DATASET, 1, rows, 1, &fresh, &e), 0);
    assert_int_equal(fresh, 0);
    assert_int_equal(journal_adopt_ids(f->j, &e), 0);
    enum journal_taken by;
    assert_int_equal(journal_id_taken(f->j, "foreign", -1, &by, &e), 0);
    assert_int_equal(by, JOURNAL_TAKEN_BY_FOREIGN);
    assert_int_equal(journal_id_taken(f->j, "a", -1, &by, &e), 0);
    assert_int_equal(by, JOURNAL_TAKEN_BY_OURS);
    assert_int_equal(journal_id_taken(f->j, "z", -1, &by, &e), 0);
    assert_int_equal(by, JOURNAL_FREE);
    assert_int_equal(journal_remote_put(f->j, JOURNAL_OF_DATASET, 2, rows, 1, &fresh, &e), 0);   /* b is missing */
    assert_int_equal(journal_passes_differ(f->j, ~0u, 2, &differ, &e), 0);
    assert_int_equal(differ, 1);
    assert_int_equal(journal_remote_put(f->j, JOURNAL_OF_DATASET, 3, rows, 2, &fresh, &e), 0);   /* and comes back */
    assert_int_equal(journal_passes_differ(f->j, ~0u, 3, &differ, &e), 0);
    assert_int_equal(differ, 1);
    assert_int_equal(journal_remote_put(f->j, JOURNAL_OF_DATASET, 4, rows, 2, &fresh, &e), 0);
    assert_int_equal(journal_passes_differ(f->j, ~0u, 4, &differ, &e), 0);
    assert_int_equal(differ, 0);
    struct journal_remote r;
    assert_int_equal(journal_remote_get(f->j, "a", &r, &e), 1);
    assert_string_equal(r.source, "/v/a.jpg");
    assert_true(r.in_dataset);
    journal_remote_release(&r);
    assert_int_equal(journal_remote_get(f->j, "nobody", &r, &e), 0);
}

static void leavings_and_lines(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct str_list kinds = {0}, ids = {0}, lines = {0};
    assert_int_equal(journal_left_add(f->j, "statement", "s1", &e), 0);
    assert_int_equal(journal_left_add(f->j, "context", "c1", &e), 0);
    assert_int_equal(journal_left_remove(f->j, "c1", &e), 0);
    assert_int_equal(journal_left(f->j, &kinds, &ids, &e), 0);
    assert_int_equal(ids.count, 1);
    assert_string_equal(kinds.items[0], "statement");
    assert_int_equal(journal_line_add(f->j, "{}", &e), 0);
    assert_int_equal(journal_lines(f->j, &lines, &e), 0);
    assert_int_equal(lines.count, 1);
    str_list_release(&kinds);
    str_list_release(&ids);
    str_list_release(&lines);
}

static void retry_plans_failed_again(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    int64_t count;
    add_files(f->j, three, 3);
    struct journal_change c[] = {{.id = 1, .to = JOURNAL_FAILED, .input_id = "a", .reason = "x"}, {.id = 2, .to = JOURNAL_VERIFIED, .input_id = "b"},
                                 {.id = 3, .to = JOURNAL_CANCELLED, .input_id = "c"}};
    assert_int_equal(journal_apply(f->j, c, 3, &e), 0);
    assert_int_equal(journal_reset_failed(f->j, &count, &e), 0);
    assert_int_equal(count, 2);
    assert_int_equal(journal_count(f->j, JOURNAL_BIT(JOURNAL_PLANNED)), 2);
    size_t n;
    struct journal_item *items = read_all(f->j, &n);
    assert_null(items[0].reason);
    journal_items_free(items, n);
}

static void spoil(const char *folder, const char *bytes, size_t n, off_t at)
{
    char path[128];
    snprintf(path, sizeof path, "%s/journal.db", folder);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, n, at), (ssize_t)n);
    close(fd);
}

static void spoil_kept(const char *folder)
{
    char path[120];
    struct err e = {0};
    snprintf(path, sizeof path, "%s/kept.json", folder);
    assert_int_equal(file_write_atomic(path, "rubbish", 7, &e), 0);
}

static void refuses_damage_and_newer(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    journal_close(f->j);
    f->j = NULL;
    spoil(f->folder, "\0\0\0\x63", 4, 60);                      /* user_version 99 */
    assert_int_equal(journal_open(f->folder, false, &f->j, &e), -1);
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(e.cause, "newer"));
    spoil(f->folder, "not a database at all", 21, 0);
    assert_int_equal(journal_open(f->folder, false, &f->j, &e), -1);
    assert_string_equal(e.api_code, "JOURNAL_DAMAGED");
    assert_int_equal(journal_open(f->folder, true, &f->j, &e), -1);
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(journal_make_again(f->folder, NULL, 0, &f->j, &e), 0);
    journal_close(f->j);
    assert_int_equal(journal_open(f->folder, false, &f->j, &e), 0);
}

static void make_again(struct fixture *f)
{
    static const struct journal_fact facts[] = {{"rebuilt", "1"}};
    struct err e = {0};
    journal_close(f->j);
    f->j = NULL;
    assert_int_equal(journal_make_again(f->folder, facts, 1, &f->j, &e), 0);
}

static void keeps_what_must_not_be_lost(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    assert_false(journal_kept_there(f->folder));
    assert_int_equal(journal_put(f->j, "plan", "{}", &e), 0);
    assert_false(journal_kept_there(f->folder));
    assert_int_equal(journal_put(f->j, "staging.at", "/Volumes/a/b/\"c\"\n", &e), 0);
    assert_int_equal(journal_put(f->j, "cancelled", "1", &e), 0);
    make_again(f);
    char *at = journal_get(f->j, "staging.at");
    assert_string_equal(at, "/Volumes/a/b/\"c\"\n");
    free(at);
    assert_true(journal_has(f->j, "cancelled"));
    assert_true(journal_has(f->j, "rebuilt"));
    assert_false(journal_has(f->j, "plan"));
    assert_int_equal(journal_put(f->j, "cancelled", NULL, &e), 0);
    assert_int_equal(journal_put(f->j, "staging.at", NULL, &e), 0);
    assert_false(journal_kept_there(f->folder));
    make_again(f);                                            /* no file: nothing is kept */
    assert_false(journal_has(f->j, "cancelled"));
    journal_close(f->j);
    f->j = NULL;
    spoil_kept(f->folder);
    assert_int_equal(journal_make_again(f->folder, NULL, 0, &f->j, &e), -1);
    assert_non_null(strstr(e.subject, "kept.json"));
    assert_non_null(strstr(e.remedy, "move it away"));
    assert_int_equal(journal_open(f->folder, false, &f->j, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);                  /* what could not be made whole is not left in the way */
}

/* A context and a statement are cancelled by who makes the journal again; what ended is not. */
static void keeps_what_was_left(void **state)
{
    struct fixture *f = *state;
    struct str_list kinds = {0}, ids = {0};
    struct err e = {0};
    assert_false(journal_has_left(f->j));
    assert_int_equal(journal_left_add(f->j, "context", "c\"1", &e), 0);
    assert_int_equal(journal_left_add(f->j, "statement", "s-1", &e), 0);
    assert_int_equal(journal_left_add(f->j, "statement", "s-2", &e), 0);
    assert_int_equal(journal_left_remove(f->j, "s-1", &e), 0);
    make_again(f);
    assert_true(journal_has_left(f->j));
    assert_int_equal(journal_left(f->j, &kinds, &ids, &e), 0);
    assert_int_equal(ids.count, 2);
    assert_string_equal(kinds.items[0], "statement");
    assert_string_equal(ids.items[0], "s-2");
    assert_string_equal(kinds.items[1], "context");
    assert_string_equal(ids.items[1], "c\"1");
    str_list_release(&kinds);
    str_list_release(&ids);
    assert_int_equal(journal_left_remove(f->j, "s-2", &e), 0);
    assert_int_equal(journal_left_remove(f->j, "c\"1", &e), 0);
    assert_false(journal_has_left(f->j));
    assert_false(journal_kept_there(f->folder));
}

static void in_the_way(const char *folder, bool there)
{
    char path[120];
    snprintf(path, sizeof path, "%s/kept.json", folder);
    assert_int_equal(there ? mkdir(path, 0700) : rmdir(path), 0);
}

/* Kept first: what cannot be kept is not in the journal either, so that nothing is made on its account. */
static void keeps_before_it_records(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    in_the_way(f->folder, true);
    assert_int_equal(journal_put(f->j, "staging.at", "/Volumes/a/b/c", &e), -1);
    in_the_way(f->folder, false);
    assert_int_equal(journal_find(f->j, "staging.at", NULL, &e), 0);
    assert_false(journal_has_left(f->j));
}

/* A context or a statement is there already when it is recorded, so the journal has it whether or not it can be kept as well. */
static void records_what_it_cannot_keep(void **state)
{
    struct fixture *f = *state;
    struct str_list kinds = {0}, ids = {0};
    struct err e = {0};
    in_the_way(f->folder, true);
    assert_int_equal(journal_left_add(f->j, "context", "c-1", &e), 0);
    assert_int_equal(journal_left(f->j, &kinds, &ids, &e), 0);
    assert_int_equal(ids.count, 1);
    assert_string_equal(ids.items[0], "c-1");
    str_list_release(&kinds);
    str_list_release(&ids);
    in_the_way(f->folder, false);
    assert_int_equal(journal_left_add(f->j, "statement", "s-1", &e), 0);     /* the next one keeps both */
    make_again(f);
    assert_int_equal(journal_left(f->j, &kinds, &ids, &e), 0);
    assert_int_equal(ids.count, 2);
    str_list_release(&kinds);
    str_list_release(&ids);
}

static void change_by_hand(struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    char path[120];
    snprintf(path, sizeof path, "%s/journal.db", f->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Work that runs what no journal names must end: it records nothing more. */
static void ends_what_it_cannot_record(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    change_by_hand(f, "ALTER TABLE leavings RENAME TO others");
    assert_int_equal(journal_line_add(f->j, "before", &e), 0);
    assert_int_equal(journal_trusted(f->j, &e), 0);
    assert_int_equal(journal_left_add(f->j, "context", "c-1", &e), -1);
    assert_non_null(strstr(e.cause, "leavings"));
    assert_int_equal(journal_trusted(f->j, &e), -1);
    memset(&e, 0, sizeof e);
    assert_int_equal(journal_line_add(f->j, "after", &e), -1);
    assert_non_null(strstr(e.cause, "leavings"));
}

enum { KEEPERS = 6, KEPT_EACH = 40 };
struct keeper { pthread_t thread; struct fixture *f; int number, lost; };

/* What this thread has added and not removed is in the file from then on, whatever the others write. */
static void *keep_some(void *arg)
{
    struct keeper *k = arg;
    char path[120], id[32], quoted[40];
    snprintf(path, sizeof path, "%s/kept.json", k->f->folder);
    for (int i = 0; i < KEPT_EACH; i++) {
        struct buf text = BUF_INIT;
        struct err e = {0};
        snprintf(id, sizeof id, "s-%d-%d", k->number, i);
        snprintf(quoted, sizeof quoted, "\"%s\"", id);
        k->lost += journal_left_add(k->f->j, "statement", id, &e) != 0 || file_read(path, 1 << 20, &text, &e) != 0 || !strstr(text.data, quoted);
        buf_release(&text);
    }
    return NULL;
}

static void keeps_what_several_threads_leave(void **state)
{
    struct fixture *f = *state;
    struct keeper keepers[KEEPERS];
    int lost = 0;
    for (int i = 0; i < KEEPERS; i++) {
        keepers[i] = (struct keeper){.f = f, .number = i};
        assert_int_equal(pthread_create(&keepers[i].thread, NULL, keep_some, &keepers[i]), 0);
    }
    for (int i = 0; i < KEEPERS; i++) {
        pthread_join(keepers[i].thread, NULL);
        lost += keepers[i].lost;
    }
    assert_int_equal(lost, 0);
}

static void a_fact_has_three_ends(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    char *value = NULL;
    assert_int_equal(journal_put(f->j, "gate", "yes", &e), 0);
    assert_int_equal(journal_find(f->j, "gate", &value, &e), 1);
    assert_string_equal(value, "yes");
    free(value);
    assert_int_equal(journal_find(f->j, "gate", NULL, &e), 1);
    assert_int_equal(journal_find(f->j, "cancelled", &value, &e), 0);
    assert_null(value);
    journal_close(f->j);
    change_by_hand(f, "ALTER TABLE facts RENAME TO others");
    assert_int_equal(journal_open(f->folder, false, &f->j, &e), 0);
    assert_int_equal(journal_find(f->j, "gate", &value, &e), -1);
    assert_null(value);
    assert_int_equal(journal_line_add(f->j, "before", &e), 0);
    assert_false(journal_has(f->j, "gate"));
    assert_int_equal(journal_line_add(f->j, "decided without knowing", &e), -1);
    assert_non_null(strstr(e.cause, "facts"));
}

/* A state is used as a place in tables: one that no version knows is damage, not an item. */
static void refuses_a_state_that_nobody_knows(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct journal_query q = {.limit = 100};
    struct journal_item *items;
    size_t n;
    add_files(f->j, three, 3);
    change_by_hand(f, "UPDATE items SET state = -7 WHERE id = 2");
    assert_int_equal(journal_read(f->j, &q, &items, &n, &e), -1);
    assert_string_equal(e.api_code, "JOURNAL_DAMAGED");
    assert_int_equal(n, 0);
}

static void survives_kill(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    add_files(f->j, three, 3);
    journal_close(f->j);
    f->j = NULL;
    pid_t child = fork();
    if (child == 0) {
        setenv("LAKEFERRY_KILL_AT", "sent:2", 1);
        struct journal *j;
        if (journal_open(f->folder, false, &j, &e) != 0)
            _exit(9);
        for (int64_t id = 1; id <= 3; id++) {
            struct journal_change c = {.id = id, .to = JOURNAL_SENT};
            journal_apply(j, &c, 1, &e);
        }
        _exit(8);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(journal_open(f->folder, false, &f->j, &e), 0);
    assert_int_equal(journal_count(f->j, JOURNAL_BIT(JOURNAL_SENT)), 2);
}

static void add_many(struct journal *j, int n)
{
    static struct journal_found rows[1000];
    static char names[1000][32];
    struct err e = {0};
    for (int i = 0; i < n; i += 1000) {
        for (int k = 0; k < 1000; k++) {
            snprintf(names[k], sizeof names[k], "/v/%08d.jpg", i + k);
            rows[k] = (struct journal_found){.path = names[k], .size = 1, .candidate = true};
        }
        assert_int_equal(journal_found_put(j, rows, 1000, &e), 0);
    }
}

/* Moving all items takes no memory for each of them. */
static void moves_all_in_little_memory(void **state)
{
    enum { MANY = 120000 };
    struct fixture *f = *state;
    struct err e = {0};
    int64_t count = 0;
    add_many(f->j, MANY);
    assert_int_equal(journal_move_all(f->j, JOURNAL_BIT(JOURNAL_LISTED), JOURNAL_PLANNED, NULL, &count, &e), 0);
    assert_int_equal(count, MANY);
    sqlite3_int64 before = sqlite3_memory_used();
    sqlite3_memory_highwater(1);
    assert_int_equal(journal_move_all(f->j, JOURNAL_BIT(JOURNAL_PLANNED), JOURNAL_VERIFIED, NULL, &count, &e), 0);
    assert_int_equal(count, MANY);
    assert_int_equal(journal_count(f->j, JOURNAL_BIT(JOURNAL_VERIFIED)), MANY);
    assert_true(sqlite3_memory_highwater(0) - before < 4 << 20);
    assert_int_equal(journal_move_all(f->j, JOURNAL_BIT(JOURNAL_PLANNED), JOURNAL_VERIFIED, NULL, &count, &e), 0);
    assert_int_equal(count, 0);
}

static void views_do_not_disturb(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    struct journal *view;
    struct stat st;
    char path[128];
    add_files(f->j, three, 3);
    assert_int_equal(journal_open_view(f->folder, &view, &e), 0);
    assert_int_equal(journal_count(view, ~0u), 3);
    assert_int_equal(journal_put(view, "x", "y", &e), -1);
    assert_int_equal(journal_put(f->j, "x", "y", &e), 0);
    assert_true(journal_has(view, "x"));
    journal_close(view);
    snprintf(path, sizeof path, "%s/journal.db", f->folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_facts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_as_a_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_with_the_states, set_up, tear_down),
        cmocka_unit_test_setup_teardown(claims_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(folders_are_a_worklist, set_up, tear_down),
        cmocka_unit_test_setup_teardown(remote_passes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leavings_and_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(retry_plans_failed_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_damage_and_newer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_what_must_not_be_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_state_that_nobody_knows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_what_was_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_before_it_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records_what_it_cannot_keep, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ends_what_it_cannot_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_what_several_threads_leave, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_fact_has_three_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(survives_kill, set_up, tear_down),
        cmocka_unit_test_setup_teardown(moves_all_in_little_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(views_do_not_disturb, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
