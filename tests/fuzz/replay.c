/*
 * replay: runs a target over its committed inputs without clang, each whole, cut at many places, and changed in small ways by a fixed sequence.
 * usage: fuzz_X            replays tests/fuzz/corpus/X.txt, speaks TAP
 *        fuzz_X --seeds D  writes each input of the corpus as a file into the folder D, for libFuzzer
 *        fuzz_X FILE...    runs these files as they are (what libFuzzer found)
 * A corpus is text: one input a line, with \n \r \t \\ and \xNN; empty lines and lines that begin with "# " are none.
 */
#include "fuzz.h"
#include "base/file.h"
#include "base/str.h"
#include <signal.h>
#include <unistd.h>

#define CUTS 24
#define CHANGES 40

static char current[512];

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

static void unescape(const char *line, size_t n, struct buf *out)
{
    static const char names[] = "nrt\\", bytes[] = "\n\r\t\\";
    buf_clear(out);
    for (size_t i = 0; i < n; i++) {
        const char *plain = line[i] == '\\' && i + 1 < n ? strchr(names, line[i + 1]) : NULL;
        if (plain && *plain) {
            buf_putc(out, bytes[plain - names]);
            i++;
        } else if (line[i] == '\\' && i + 3 < n && line[i + 1] == 'x' && hex(line[i + 2]) >= 0 && hex(line[i + 3]) >= 0) {
            buf_putc(out, (char)(hex(line[i + 2]) * 16 + hex(line[i + 3])));
            i += 3;
        } else {
            buf_putc(out, line[i]);
        }
    }
}

/* An exact copy, so that a checker sees a read behind its end. */
static void run(const void *bytes, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    if (!copy) abort();
    memcpy(copy, bytes, n);
    LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

static void run_changed(const struct buf *seed, uint32_t *state)
{
    char *bytes = malloc(seed->len + 1);
    if (!bytes) abort();
    memcpy(bytes, seed->data, seed->len);
    for (uint32_t i = 0, edits = 1 + next_random(state) % 3; i < edits && seed->len; i++) {
        static const char odd[] = "\"{}[]\\:,'\0\n\x1b\xff\x80" "09-u`$;=";
        uint32_t at = next_random(state) % (uint32_t)seed->len, how = next_random(state) % 3;
        if (how == 0) bytes[at] = (char)next_random(state);
        else if (how == 1) bytes[at] = odd[next_random(state) % (sizeof odd - 1)];
        else bytes[at] = bytes[next_random(state) % (uint32_t)seed->len];
    }
    run(bytes, seed->len);
    free(bytes);
}

static int exercise(const struct buf *seed, uint32_t *state)
{
    int runs = 1;
    run(seed->data, seed->len);
    size_t step = seed->len / CUTS + 1;
    for (size_t cut = 0; cut < seed->len; cut += step, runs++) run(seed->data, cut);
    for (int i = 0; i < CHANGES; i++, runs++) run_changed(seed, state);
    return runs;
}

static void on_crash(int sig)
{
    ssize_t n = write(1, current, strlen(current));
    (void)n;
    signal(sig, SIG_DFL);
    raise(sig);
}

static int each_seed(const char *text, const char *seeds_folder, int *runs)
{
    struct buf seed = BUF_INIT;
    int count = 0, line_number = 0;
    uint32_t state = 2463534242u;
    for (const char *line = text, *end; *line; line = *end ? end + 1 : end) {
        size_t n = strcspn(line, "\n");
        end = line + n;
        line_number++;
        if (!n || str_starts(line, "# ")) continue;
        snprintf(current, sizeof current, "not ok 1 - crashed in or near the input of line %d\n", line_number);
        unescape(line, n, &seed);
        count++;
        if (!seeds_folder) {
            *runs += exercise(&seed, &state);
            continue;
        }
        char *path = str_printf("%s/seed-%04d", seeds_folder, count);
        struct err e;
        if (!path || file_write_atomic(path, seed.data, seed.len, &e)) abort();
        free(path);
    }
    buf_release(&seed);
    return count;
}

static int read_or_say(const char *path, struct buf *out)
{
    struct err e;
    char sentence[1024];
    if (!file_read(path, (size_t)8 << 20, out, &e)) return 0;
    printf("Bail out! %s\n", err_sentence(&e, sentence, sizeof sentence));
    return -1;
}

int main(int argc, char **argv)
{
    struct buf text = BUF_INIT;
    const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0], *folder = getenv("LAKEFERRY_FUZZ_CORPUS");
    bool seeds = argc == 3 && str_eq(argv[1], "--seeds");
    int runs = 0;
    if (argc > 1 && !seeds) {
        for (int i = 1; i < argc; i++) {
            buf_clear(&text);
            if (read_or_say(argv[i], &text)) return 1;
            run(text.data, text.len);
        }
        buf_release(&text);
        return 0;
    }
    if (!str_starts(name, "fuzz_")) return 2;
    char *path = str_printf("%s/%s.txt", folder ? folder : "tests/fuzz/corpus", name + 5);
    if (!path || read_or_say(path, &text)) return 1;
    signal(SIGSEGV, on_crash);
    signal(SIGABRT, on_crash);
    int count = each_seed(text.data, seeds ? argv[2] : NULL, &runs);
    if (!seeds) printf("%sok 1 - %s: %d inputs, %d runs\n1..1\n", count ? "" : "not ", name, count, runs);
    buf_release(&text);
    free(path);
    return count ? 0 : 1;
}
