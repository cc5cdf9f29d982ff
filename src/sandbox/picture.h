#ifndef LAKEFERRY_SANDBOX_PICTURE_H
#define LAKEFERRY_SANDBOX_PICTURE_H
/*
 * picture: draws the sandbox's sample pictures (the same seed always gives the same bytes), and looks at bytes that
 * should be a picture: format, size in pixels, whole or broken. Pure functions over libgd; any thread.
 */
#include "base/buf.h"

enum picture_format {
    PICTURE_UNKNOWN, PICTURE_JPEG, PICTURE_PNG, PICTURE_WEBP, PICTURE_GIF, PICTURE_BMP, PICTURE_TIFF, PICTURE_FORMATS
};
struct picture_info { enum picture_format format; int width, height; };
enum picture_verdict {
    PICTURE_OK,
    PICTURE_FOREIGN, /* the first bytes are of no known format */
    PICTURE_BROKEN   /* a known format, but cut short, damaged or without dimensions */
};

/* "JPEG", "PNG" … as the service writes it; "" for PICTURE_UNKNOWN. */
const char *picture_format_name(enum picture_format f);
/* "image/jpeg" …; "application/octet-stream" for PICTURE_UNKNOWN. */
const char *picture_content_type(enum picture_format f);
/* By extension without the dot, any case ("jpg", "jpeg", "tif" …). */
enum picture_format picture_format_of(const char *extension);

/* Number and names of the scenes: "street", "harbour", "meadow", "form", "fruit", "cat". */
int picture_scene_count(void);
const char *picture_scene_name(int index);
int picture_scene_index(const char *name); /* -1 when there is none of that name */

/* Appends the encoded picture of a scene (index is taken modulo the count). ERR_USAGE for a format or size that
 * cannot be drawn (sides 8 to 4096), ERR_NO_MEMORY. */
int picture_draw(int scene, uint64_t seed, int width, int height, enum picture_format f, struct buf *out, struct err *e);

/* Looks at n bytes. The structure is always walked to its end; pictures of at most decode_pixels pixels are also
 * decoded (TIFF never). Fills info as far as it got. */
enum picture_verdict picture_probe(const void *bytes, size_t n, int64_t decode_pixels, struct picture_info *info);

/* Appends a JPEG of the picture with its longer side at most `side`. ERR_REFUSED when it cannot be decoded. */
int picture_scale(const void *bytes, size_t n, int side, struct buf *out, struct err *e);
#endif
