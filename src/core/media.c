#include "core/media.h"
#include "base/str.h"

static const struct {
    enum media_format format;
    const char *name, *extension;
} media_formats[] = {
    {MEDIA_NONE, "", ""},        {MEDIA_JPEG, "JPEG", "jpg"}, {MEDIA_PNG, "PNG", "png"}, {MEDIA_TIFF, "TIFF", "tif"},
    {MEDIA_BMP, "BMP", "bmp"},   {MEDIA_WEBP, "WEBP", "webp"}, {MEDIA_GIF, "GIF", "gif"},
};

static const char *const media_extensions[] = {"jpg", "jpeg", "jpe", "jfif", "png", "tif", "tiff", "bmp", "dib", "webp", "gif"};

/* Marks at fixed offsets; a row with a second mark needs both. */
static const struct {
    enum media_format format;
    size_t size;
    const char *mark;
    size_t second_at, second_size;
    const char *second;
} media_marks[] = {
    {MEDIA_JPEG, 3, "\xff\xd8\xff", 0, 0, NULL},
    {MEDIA_PNG, 8, "\x89PNG\r\n\x1a\n", 0, 0, NULL},
    {MEDIA_TIFF, 4, "II*\0", 0, 0, NULL},
    {MEDIA_TIFF, 4, "MM\0*", 0, 0, NULL},
    {MEDIA_TIFF, 4, "II+\0", 0, 0, NULL},
    {MEDIA_TIFF, 4, "MM\0+", 0, 0, NULL},
    {MEDIA_BMP, 2, "BM", 6, 4, "\0\0\0\0"},
    {MEDIA_WEBP, 4, "RIFF", 8, 4, "WEBP"},
    {MEDIA_GIF, 6, "GIF87a", 0, 0, NULL},
    {MEDIA_GIF, 6, "GIF89a", 0, 0, NULL},
};

enum media_format media_sniff(const void *bytes, size_t n)
{
    const char *p = bytes;
    for (size_t i = 0; i < sizeof media_marks / sizeof *media_marks; i++) {
        if (n < media_marks[i].size || memcmp(p, media_marks[i].mark, media_marks[i].size) != 0)
            continue;
        if (!media_marks[i].second)
            return media_marks[i].format;
        size_t end = media_marks[i].second_at + media_marks[i].second_size;
        if (n >= end && memcmp(p + media_marks[i].second_at, media_marks[i].second, media_marks[i].second_size) == 0)
            return media_marks[i].format;
    }
    return MEDIA_NONE;
}

const char *media_name(enum media_format f) { return media_formats[f].name; }

const char *media_extension(enum media_format f) { return media_formats[f].extension; }

const char *media_describe(const void *bytes, size_t n)
{
    static const struct { const char *mark, *words; } known[] = {
        {"%PDF", "a PDF"}, {"PK\x03\x04", "a ZIP archive"}, {"<!DOCTYPE", "HTML"}, {"<!doctype", "HTML"}, {"<html", "HTML"},
        {"<svg", "SVG"}, {"<?xml", "XML"}, {"\x1f\x8b", "gzip data"}, {"PAR1", "Parquet"}, {"8BPS", "a Photoshop file"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t size = strlen(known[i].mark);
        if (n >= size && memcmp(bytes, known[i].mark, size) == 0)
            return known[i].words;
    }
    const unsigned char *p = bytes;
    size_t printable = 0;
    for (size_t i = 0; i < n; i++)
        printable += (p[i] >= 0x20 && p[i] != 0x7f) || p[i] == '\n' || p[i] == '\r' || p[i] == '\t';
    return n && printable == n ? "text" : "unknown content";
}

const char *media_name_extension(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    const char *dot = strrchr(base, '.');
    return dot && dot != base ? dot + 1 : "";
}

bool media_is_candidate(const char *name)
{
    const char *extension = media_name_extension(name);
    if (!*extension)
        return true;
    for (size_t i = 0; i < sizeof media_extensions / sizeof *media_extensions; i++)
        if (str_ieq(extension, media_extensions[i]))
            return true;
    return false;
}
