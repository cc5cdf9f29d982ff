#include "sandbox/picture.h"
#include "base/str.h"
#include "sandbox/picture_scenes.h"

static const struct { const char *name, *type, *extensions; } formats[PICTURE_FORMATS] = {
    [PICTURE_UNKNOWN] = { "", "application/octet-stream", "" },
    [PICTURE_JPEG] = { "JPEG", "image/jpeg", "jpg jpeg jpe jfif" },
    [PICTURE_PNG] = { "PNG", "image/png", "png" },
    [PICTURE_WEBP] = { "WEBP", "image/webp", "webp" },
    [PICTURE_GIF] = { "GIF", "image/gif", "gif" },
    [PICTURE_BMP] = { "BMP", "image/bmp", "bmp" },
    [PICTURE_TIFF] = { "TIFF", "image/tiff", "tif tiff" },
};

const char *picture_format_name(enum picture_format f)
{
    return formats[f < PICTURE_FORMATS ? f : PICTURE_UNKNOWN].name;
}

const char *picture_content_type(enum picture_format f)
{
    return formats[f < PICTURE_FORMATS ? f : PICTURE_UNKNOWN].type;
}

enum picture_format picture_format_of(const char *extension)
{
    size_t n = strlen(extension);

    for (int f = PICTURE_JPEG; n > 0 && f < PICTURE_FORMATS; f++) {
        for (const char *s = formats[f].extensions; *s != '\0';) {
            size_t len = strcspn(s, " ");
            if (len == n && strncasecmp(s, extension, n) == 0)
                return (enum picture_format)f;
            s += len + (s[len] == ' ');
        }
    }
    return PICTURE_UNKNOWN;
}

/* --- drawing --- */

static void *encode(gdImagePtr im, enum picture_format f, int *size)
{
    switch (f) {
    case PICTURE_JPEG: return gdImageJpegPtr(im, size, 84);
    case PICTURE_PNG: return gdImagePngPtrEx(im, size, 3);
    case PICTURE_WEBP: return gdImageWebpPtrEx(im, size, 75);
    case PICTURE_BMP: return gdImageBmpPtr(im, size, 0);
    case PICTURE_GIF:
        gdImageTrueColorToPalette(im, 0, 128);
        return gdImageGifPtr(im, size);
    default: return NULL;
    }
}

static void le_words(struct buf *out, const uint32_t *words, const char *sizes)
{
    for (; *sizes != '\0'; sizes++, words++)
        for (int i = 0; i < *sizes - '0'; i++)
            buf_putc(out, (char)(*words >> 8 * i));
}

/* One uncompressed strip of RGB. Written here because libgd's writer prints libtiff's warnings to stderr. */
static int append_tiff(gdImagePtr im, struct buf *out, struct err *e)
{
    enum { ENTRIES = 9, PIXELS = 8 + 2 + ENTRIES * 12 + 4 + 6 };
    uint32_t w = (uint32_t)gdImageSX(im), h = (uint32_t)gdImageSY(im);
    const uint32_t entries[ENTRIES][4] = {
        { 256, 4, 1, w }, { 257, 4, 1, h }, { 258, 3, 3, PIXELS - 6 }, { 259, 3, 1, 1 }, { 262, 3, 1, 2 },
        { 273, 4, 1, PIXELS }, { 277, 3, 1, 3 }, { 278, 4, 1, h }, { 279, 4, 1, w * h * 3 },
    };

    buf_add(out, "II*\0", 4);
    le_words(out, (uint32_t[]){ 8, ENTRIES }, "42");
    for (int i = 0; i < ENTRIES; i++)
        le_words(out, entries[i], "2244");
    le_words(out, (uint32_t[]){ 0, 8, 8, 8 }, "4222");
    for (int y = 0; y < (int)h; y++)
        for (int x = 0; x < (int)w; x++) {
            int c = gdImageGetTrueColorPixel(im, x, y);
            buf_add(out, (char[]){ (char)(c >> 16), (char)(c >> 8), (char)c }, 3);
        }
    return buf_error(out, e);
}

static int append_encoded(gdImagePtr im, enum picture_format f, struct buf *out, struct err *e)
{
    int size = 0;
    void *bytes;

    if (f == PICTURE_TIFF)
        return append_tiff(im, out, e);
    bytes = encode(im, f, &size);
    if (bytes == NULL || size <= 0)
        return err_set(e, ERR_NO_MEMORY, "the picture library cannot encode %s", picture_format_name(f));
    buf_add(out, bytes, (size_t)size);
    gdFree(bytes);
    return buf_error(out, e);
}

int picture_draw(int scene, uint64_t seed, int width, int height, enum picture_format f, struct buf *out, struct err *e)
{
    struct easel p = { .w = width, .h = height, .state = seed * 0x2545F4914F6CDD1Du + (uint64_t)scene };
    int rc;

    if (width < 8 || height < 8 || width > 4096 || height > 4096 || f == PICTURE_UNKNOWN || f >= PICTURE_FORMATS)
        return err_set(e, ERR_USAGE, "no picture of %d by %d pixels in that format can be drawn", width, height);
    p.im = gdImageCreateTrueColor(width, height);
    if (p.im == NULL)
        return err_no_memory(e);
    picture_scene_draw(scene, &p);
    rc = append_encoded(p.im, f, out, e);
    gdImageDestroy(p.im);
    return rc;
}
