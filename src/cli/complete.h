#ifndef LAKEFERRY_CLI_COMPLETE_H
#define LAKEFERRY_CLI_COMPLETE_H
/*
 * complete: what could stand where a shell's cursor is: verbs and options from their tables, names from the disk cache, runs from their folders. Never a
 * request, never a child process. Main thread.
 */
#include "cli/verbs.h"

/*
 * words: the command line behind "lakeferry", the last one being typed (maybe ""). Appends candidates that begin with it to out; one that ends in . / or =
 * is not complete yet. Nothing at all where a file name or a free text is meant.
 */
int complete_words(const char *const *words, int count, struct str_list *out, struct err *e);
/* `lakeferry --complete WORD...`: prints the candidates, one a line. Exit status. */
int complete_main(int count, char **words);
/* The script for a shell ("bash", "zsh", "fish"), NULL for another. Owned. */
char *complete_script(const char *shell);
#endif
