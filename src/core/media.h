#ifndef LAKEFERRY_CORE_MEDIA_H
#define LAKEFERRY_CORE_MEDIA_H
/* media: which files are candidates by name, and what a picture's first bytes say (formats of reference clarifai §4.1 and GIF). Pure; any thread. */
#include <stdbool.h>
#include <stddef.h>

#define MEDIA_HEAD 16   /* bytes media_sniff wants to see; fewer are fine when the file is shorter */
enum media_format { MEDIA_NONE, MEDIA_JPEG, MEDIA_PNG, MEDIA_TIFF, MEDIA_BMP, MEDIA_WEBP, MEDIA_GIF };

/* By the first bytes; MEDIA_NONE: no picture that Clarifai takes. */
enum media_format media_sniff(const void *bytes, size_t n);
const char *media_name(enum media_format f);       /* "JPEG"; MEDIA_NONE: "" */
const char *media_extension(enum media_format f);  /* "jpg", without the dot */
/* What such bytes look like to a person: "text", "HTML", "a PDF", "unknown content". For reasons of skipped files. */
const char *media_describe(const void *bytes, size_t n);
/* The extension of a file name (behind the last dot, not of ".hidden"), "" when there is none. Points into name. */
const char *media_name_extension(const char *name);
/* True for an extension of an accepted format (any case) and for none at all. */
bool media_is_candidate(const char *name);
#endif
