#ifndef LAKEFERRY_BASE_BANNED_H
#define LAKEFERRY_BASE_BANNED_H
/* banned: included on the command line for every file; functions that invite overflow or share hidden state do not compile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/* With clang the C library's checked versions are macros of these names. */
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok gmtime localtime asctime ctime gets atoi atol
#endif
