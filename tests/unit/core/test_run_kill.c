/* Killed at any instant and resumed, an import ends as if nothing had happened. */
#include "import_world.h"

#define PICTURES 300

static void fill_world(void)
{
    char name[64];
    world_new();
    for (int i = 0; i < PICTURES; i++) {
        if (i % 3)
            snprintf(name, sizeof name, "2026/%02d/car-%04d.jpg", i % 12, i);
        else
            snprintf(name, sizeof name, "car-%04d.jpg", i);
        add_picture(name, i);
    }
    add_picture("2026/twin.jpg", 1);
    add_picture("2026/twin.png", 2);
    add_picture("odd name #1.jpg", 3);
    add_file("notes.txt", "text");
    add_file("really-text.jpg", "this is text");
    add_file("empty.png", "");
    add_file("bad.jpg", "\xff\xd8\xff BAD picture");
    add_picture("foreign.jpg", 9);
    add_file("poison.jpg", "\xff\xd8\xff POISON");
    add_foreign("foreign");
    w->lose_post_every = 2;
}

static char *undisturbed(int *status)
{
    char id[40];
    fill_world();
    create_run(NULL, NULL, id);
    *status = execute_child(id, NULL);
    return world_picture();
}

static void ends_the_same_after_every_kill(void **state)
{
    static const struct { const char *at; int times; } points[] = {
        {"listed", 3}, {"planned", 1}, {"sent", 3}, {"unknown", 2}, {"accepted", 3}, {"verified", 1}, {"skipped", 2}, {"conflict", 1}, {"failed", 2},
        {"point.answered", 3}, {"point.staged", 1}, {"point.statement", 2}, {"point.ran", 1}, {"stage.list", 1}, {"stage.look", 1}, {"stage.plan", 1},
        {"stage.send", 1}, {"stage.settle", 1}, {"stage.verify", 1}, {"stage.table", 1}, {"stage.finish", 1},
    };
    int want;
    char *picture = undisturbed(&want);
    (void)state;
    assert_int_equal(want, 3);
    assert_int_equal(w->commits, 1);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        for (int n = 1; n <= points[i].times; n++) {
            char id[40], at[48];
            fill_world();
            create_run(NULL, NULL, id);
            snprintf(at, sizeof at, "%s:%d", points[i].at, n);
            int first = execute_child(id, at);
            if (first != -SIGKILL)
                fail_msg("%s was not reached (%d)", at, first);
            int second = execute_child(id, NULL);
            char *now = world_picture();
            if (second != want || strcmp(picture, now) != 0 || w->commits > 1 || w->made_volumes || w->staged_folders) {
                print_error("killed at %s: exit %d, %d commits\n", at, second, w->commits);
                print_error("--- want\n%s--- have\n%s", picture, now);
                fail();
            }
            free(now);
        }
    free(picture);
}

static void survives_kills_in_a_row(void **state)
{
    static const char *const kills[] = {"listed:1", "stage.list:1", "sent:1", "point.answered:2", "sent:2", "accepted:1", "stage.settle:1", "point.staged:1",
                                        "point.ran:1", "stage.table:1"};
    int want;
    char *picture = undisturbed(&want), id[40];
    (void)state;
    fill_world();
    create_run(NULL, NULL, id);
    for (size_t i = 0; i < sizeof kills / sizeof *kills; i++)
        execute_child(id, kills[i]);
    assert_int_equal(execute_child(id, NULL), want);
    char *now = world_picture();
    assert_string_equal(now, picture);
    free(now);
    free(picture);
}

static void a_damaged_journal_is_made_again(void **state)
{
    int want;
    char *picture = undisturbed(&want), id[40], path[200];
    (void)state;
    fill_world();
    create_run(NULL, NULL, id);
    assert_int_equal(execute_child(id, "accepted:1"), -SIGKILL);
    snprintf(path, sizeof path, "%s/lakeferry/runs/%s/journal.db", w->folder, id);
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(fd >= 0 && write(fd, "rubbish", 7) == 7);
    close(fd);
    assert_int_equal(execute_child(id, NULL), want);
    /* what was sent before is there before the new journal: present instead of verified, nothing twice */
    assert_int_equal(w->input_count, PICTURES + 3 + 1 + 1);
    assert_int_equal(w->commits, 1);
    free(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ends_the_same_after_every_kill), cmocka_unit_test(survives_kills_in_a_row),
                                       cmocka_unit_test(a_damaged_journal_is_made_again)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_end();
    return failed;
}
