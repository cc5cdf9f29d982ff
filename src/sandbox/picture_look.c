/* Looking at bytes: each format's structure is walked to its end, so that a cut or damaged file is found without decoding. */
#include "sandbox/picture.h"
#include <gd.h>
#include <limits.h>
#include <zlib.h>

struct view { const unsigned char *b; size_t n; };

static unsigned be16(const unsigned char *b) { return (unsigned)b[0] << 8 | b[1]; }
static unsigned le16(const unsigned char *b) { return (unsigned)b[1] << 8 | b[0]; }
static uint32_t be32(const unsigned char *b) { return (uint32_t)be16(b) << 16 | be16(b + 2); }
static uint32_t le32(const unsigned char *b) { return (uint32_t)le16(b + 2) << 16 | le16(b); }

static bool set_size(struct picture_info *info, uint64_t width, uint64_t height)
{
    if (width == 0 || height == 0 || width > INT_MAX || height > INT_MAX)
        return false;
    info->width = (int)width;
    info->height = (int)height;
    return true;
}

/* The first byte behind the entropy-coded data that starts at `at`: a marker's 0xFF, or v->n. */
static size_t jpeg_scan_end(const struct view *v, size_t at)
{
    while (at + 1 < v->n) {
        const unsigned char *ff = memchr(v->b + at, 0xFF, v->n - at - 1);
        if (ff == NULL)
            return v->n;
        at = (size_t)(ff - v->b);
        if (ff[1] != 0 && ff[1] != 0xFF && (ff[1] & 0xF8) != 0xD0)
            return at;
        at += ff[1] == 0xFF ? 1 : 2;
    }
    return v->n;
}

static bool jpeg_is_frame(unsigned marker)
{
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

static bool walk_jpeg(const struct view *v, struct picture_info *info)
{
    size_t at = 2;

    while (at + 4 <= v->n && v->b[at] == 0xFF) {
        unsigned marker = v->b[at + 1], length = be16(v->b + at + 2);
        if (marker == 0xFF) {
            at++;
            continue;
        }
        if (length < 2 || at + 2 + length > v->n)
            return false;
        if (jpeg_is_frame(marker) && (length < 8 || !set_size(info, be16(v->b + at + 7), be16(v->b + at + 5))))
            return false;
        at += 2 + length;
        if (marker == 0xDA)
            at = jpeg_scan_end(v, at);
        if (at + 2 <= v->n && v->b[at] == 0xFF && v->b[at + 1] == 0xD9)
            return info->width > 0;
    }
    return false;
}

static bool walk_png(const struct view *v, struct picture_info *info)
{
    size_t at = 8;

    while (at + 12 <= v->n) {
        uint32_t length = be32(v->b + at);
        if (length > v->n - at - 12 || crc32(0, v->b + at + 4, length + 4u) != be32(v->b + at + 8 + length))
            return false;
        if (memcmp(v->b + at + 4, "IHDR", 4) == 0
            && (length < 13 || !set_size(info, be32(v->b + at + 8), be32(v->b + at + 12))))
            return false;
        if (memcmp(v->b + at + 4, "IEND", 4) == 0)
            return info->width > 0;
        at += 12u + length;
    }
    return false;
}

/* Steps over GIF data sub-blocks; 0 when they run out of the file. */
static size_t gif_skip(const struct view *v, size_t at)
{
    while (at < v->n && v->b[at] != 0)
        at += 1u + v->b[at];
    return at < v->n ? at + 1 : 0;
}

static size_t gif_table(unsigned flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

static bool walk_gif(const struct view *v, struct picture_info *info)
{
    size_t at = 13;
    bool seen = false;

    if (v->n < 13 || !set_size(info, le16(v->b + 6), le16(v->b + 8)))
        return false;
    at += gif_table(v->b[10]);
    while (at != 0 && at < v->n) {
        if (v->b[at] == 0x3B)
            return seen;
        if (v->b[at] == 0x21)
            at = gif_skip(v, at + 2);
        else if (v->b[at] == 0x2C && at + 11 < v->n) {
            at = gif_skip(v, at + 11 + gif_table(v->b[at + 9]));
            seen = at != 0;
        } else
            return false;
    }
    return false;
}

static bool walk_webp(const struct view *v, struct picture_info *info)
{
    const unsigned char *b = v->b;

    if (v->n < 30 || le32(b + 4) > v->n - 8 || le32(b + 4) < 22)
        return false;
    if (memcmp(b + 12, "VP8X", 4) == 0)
        return set_size(info, (le32(b + 24) & 0xFFFFFF) + 1u, (le32(b + 27 - 1) >> 8) + 1u);
    if (memcmp(b + 12, "VP8L", 4) == 0)
        return set_size(info, (le32(b + 21) & 0x3FFF) + 1u, (le32(b + 21) >> 14 & 0x3FFF) + 1u);
    if (memcmp(b + 12, "VP8 ", 4) == 0)
        return set_size(info, le16(b + 26) & 0x3FFF, le16(b + 28) & 0x3FFF);
    return false;
}

/* Run-length coded rows: pairs of bytes up to the end-of-bitmap mark. */
static bool walk_bmp_runs(const struct view *v, size_t at, bool half_bytes)
{
    while (at + 2 <= v->n) {
        unsigned count = v->b[at], code = v->b[at + 1];
        at += 2;
        if (count != 0 || code == 0)
            continue;
        if (code == 1)
            return true;
        if (code == 2)
            at += 2;
        else
            at += half_bytes ? ((code + 1) / 2 + 1) / 2 * 2 : (code + 1) / 2 * 2;
    }
    return false;
}

static bool bmp_size(const struct view *v, struct picture_info *info, unsigned *bits, unsigned *coding)
{
    int32_t height;

    if (le32(v->b + 14) == 12) { /* OS/2 */
        *bits = le16(v->b + 24);
        *coding = 0;
        return set_size(info, le16(v->b + 18), le16(v->b + 20));
    }
    height = (int32_t)le32(v->b + 22);
    *bits = le16(v->b + 28);
    *coding = le32(v->b + 30);
    return le32(v->b + 14) >= 40 && height != INT32_MIN
        && set_size(info, le32(v->b + 18), (uint64_t)(height < 0 ? -height : height));
}

/* Plain rows (coding 0), rows with bit masks (3, 6) and run-length coded ones (1, 2). */
static bool walk_bmp(const struct view *v, struct picture_info *info)
{
    unsigned bits, coding;
    uint64_t row;

    if (v->n < 54 || !bmp_size(v, info, &bits, &coding) || le32(v->b + 10) >= v->n)
        return false;
    if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32)
        return false;
    if (coding == 1 || coding == 2)
        return bits == (coding == 1 ? 8u : 4u) && walk_bmp_runs(v, le32(v->b + 10), coding == 2);
    row = ((uint64_t)info->width * bits + 31) / 32 * 4;
    return (coding == 0 || coding == 3 || coding == 6) && le32(v->b + 10) + row * (uint64_t)info->height <= v->n;
}

struct tiff { const struct view *v; bool big; };

static uint32_t tiff_word(const struct tiff *t, size_t at, int bytes)
{
    const unsigned char *b = t->v->b + at;
    if (bytes == 2)
        return t->big ? be16(b) : le16(b);
    return t->big ? be32(b) : le32(b);
}

/* Element i of a SHORT or LONG entry; false when it lies outside the file. */
static bool tiff_element(const struct tiff *t, size_t entry, uint32_t i, uint32_t *out)
{
    int bytes = tiff_word(t, entry + 2, 2) == 3 ? 2 : 4;
    uint32_t count = tiff_word(t, entry + 4, 4);
    uint64_t at = (uint64_t)count * (unsigned)bytes <= 4 ? entry + 8 : tiff_word(t, entry + 8, 4);

    at += (uint64_t)i * (unsigned)bytes;
    if (i >= count || at + (unsigned)bytes > t->v->n)
        return false;
    *out = tiff_word(t, (size_t)at, bytes);
    return true;
}

static bool tiff_strips(const struct tiff *t, size_t offsets, size_t counts)
{
    uint32_t n = tiff_word(t, offsets + 4, 4), offset, count;

    if (n == 0 || n > t->v->n)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (!tiff_element(t, offsets, i, &offset) || !tiff_element(t, counts, i, &count)
            || (uint64_t)offset + count > t->v->n)
            return false;
    return true;
}

static bool walk_tiff(const struct view *v, struct picture_info *info)
{
    struct tiff t = { v, v->b[0] == 'M' };
    size_t at, offsets = 0, counts = 0;
    uint32_t entries, width = 0, height = 0;

    if (v->n < 14 || (at = tiff_word(&t, 4, 4)) + 2 > v->n)
        return false;
    entries = tiff_word(&t, at, 2);
    if (entries == 0 || at + 2 + 12u * entries > v->n)
        return false;
    for (uint32_t i = 0; i < entries; i++) {
        size_t entry = at + 2 + 12u * i;
        switch (tiff_word(&t, entry, 2)) {
        case 256: tiff_element(&t, entry, 0, &width); break;
        case 257: tiff_element(&t, entry, 0, &height); break;
        case 273: case 324: offsets = entry; break;
        case 279: case 325: counts = entry; break;
        default: break;
        }
    }
    return set_size(info, width, height) && offsets != 0 && counts != 0 && tiff_strips(&t, offsets, counts);
}

static const struct magic {
    enum picture_format format;
    const char *bytes;
    size_t length;
    bool (*walk)(const struct view *, struct picture_info *);
} magics[] = {
    { PICTURE_JPEG, "\xFF\xD8\xFF", 3, walk_jpeg },
    { PICTURE_PNG, "\x89PNG\r\n\x1A\n", 8, walk_png },
    { PICTURE_GIF, "GIF87a", 6, walk_gif },
    { PICTURE_GIF, "GIF89a", 6, walk_gif },
    { PICTURE_WEBP, "RIFF", 4, walk_webp },
    { PICTURE_BMP, "BM", 2, walk_bmp },
    { PICTURE_TIFF, "II*\0", 4, walk_tiff },
    { PICTURE_TIFF, "MM\0*", 4, walk_tiff },
};

static const struct magic *magic_of(const struct view *v)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        const struct magic *m = &magics[i];
        if (v->n < m->length || memcmp(v->b, m->bytes, m->length) != 0)
            continue;
        if (m->format == PICTURE_WEBP && (v->n < 12 || memcmp(v->b + 8, "WEBP", 4) != 0))
            continue;
        return m;
    }
    return NULL;
}

static gdImagePtr decode(const struct view *v, enum picture_format f)
{
    void *bytes = (void *)(uintptr_t)v->b; /* libgd's prototypes lack const; it only reads */
    int n = (int)v->n;

    if (v->n > INT_MAX)
        return NULL;
    switch (f) {
    case PICTURE_JPEG: return gdImageCreateFromJpegPtrEx(n, bytes, 0);
    case PICTURE_PNG: return gdImageCreateFromPngPtr(n, bytes);
    case PICTURE_WEBP: return gdImageCreateFromWebpPtr(n, bytes);
    case PICTURE_GIF: return gdImageCreateFromGifPtr(n, bytes);
    case PICTURE_BMP: return gdImageCreateFromBmpPtr(n, bytes);
    case PICTURE_TIFF: return gdImageCreateFromTiffPtr(n, bytes);
    default: return NULL;
    }
}

/* libgd prints to stderr what it dislikes; a server hears enough from the return value. */
static void hear_nothing(int priority, const char *format, va_list args)
{
    (void)priority;
    (void)format;
    (void)args;
}

enum picture_verdict picture_probe(const void *bytes, size_t n, int64_t decode_pixels, struct picture_info *info)
{
    struct view v = { bytes, n };
    const struct magic *m = magic_of(&v);
    gdImagePtr im;

    *info = (struct picture_info){ .format = m != NULL ? m->format : PICTURE_UNKNOWN };
    if (m == NULL)
        return PICTURE_FOREIGN;
    if (!m->walk(&v, info))
        return PICTURE_BROKEN;
    if ((int64_t)info->width * info->height > decode_pixels || m->format == PICTURE_TIFF || m->format == PICTURE_BMP)
        return PICTURE_OK; /* libtiff would print to stderr, libgd knows few kinds of BMP; the walks have checked every row */
    gdSetErrorMethod(hear_nothing);
    im = decode(&v, m->format);
    if (im == NULL)
        return PICTURE_BROKEN;
    gdImageDestroy(im);
    return PICTURE_OK;
}

int picture_scale(const void *bytes, size_t n, int side, struct buf *out, struct err *e)
{
    struct view v = { bytes, n };
    const struct magic *m = magic_of(&v);
    gdImagePtr im = m != NULL ? decode(&v, m->format) : NULL, small;
    void *jpeg;
    int w, h, size;

    if (im == NULL)
        return err_set(e, ERR_REFUSED, "the bytes are no picture that can be decoded");
    w = gdImageSX(im);
    h = gdImageSY(im);
    if (w >= h && w > side) {
        h = h * side / w;
        w = side;
    } else if (h > side) {
        w = w * side / h;
        h = side;
    }
    small = gdImageCreateTrueColor(w > 0 ? w : 1, h > 0 ? h : 1);
    if (small == NULL) {
        gdImageDestroy(im);
        return err_no_memory(e);
    }
    gdImageCopyResampled(small, im, 0, 0, 0, 0, gdImageSX(small), gdImageSY(small), gdImageSX(im), gdImageSY(im));
    jpeg = gdImageJpegPtr(small, &size, 84);
    gdImageDestroy(small);
    gdImageDestroy(im);
    if (jpeg == NULL)
        return err_no_memory(e);
    buf_add(out, jpeg, (size_t)size);
    gdFree(jpeg);
    return buf_error(out, e);
}
