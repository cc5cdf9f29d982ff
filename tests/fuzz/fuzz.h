#ifndef LAKEFERRY_TESTS_FUZZ_H
#define LAKEFERRY_TESTS_FUZZ_H
/*
 * fuzz: what the targets share. A target is one file with LLVMFuzzerTestOneInput; replay.c runs the committed corpus through it without
 * clang. A promise that is broken ends the program, as a crash does, so that both ways notice it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define FUZZ_HOLDS(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

/* A folder of this process in memory where there is one (many small files are written), removed at the end. */
const char *fuzz_folder(void);
/* The input as a terminated string up to its first NUL. Owned; never NULL. */
char *fuzz_text(const uint8_t *data, size_t n);
#endif
