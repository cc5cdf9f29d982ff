/*
 * The public host that URL inputs name: somebody else's server, with pictures of every scene below /pictures/ and below
 * /files/ what goes wrong with such servers.
 */
#include "base/str.h"
#include "sandbox/clarifai_db.h"
#include "sandbox/picture.h"

struct oddity { const char *name; int status; const char *type, *text; };

static const struct oddity oddities[] = {
    { "forbidden.jpg", 403, "text/plain", "Forbidden\n" },
    { "broken-server.jpg", 500, "text/plain", "Internal Server Error\n" },
    { "never-answers.jpg", 0, "text/plain", "" },
    { "moved.jpg", 302, "text/plain", "/pictures/harbour-3.jpg" },
    { "letter.txt", 200, "text/plain", "Dear harbour master,\nthis is a letter.\n" },
    { "page.html", 200, "text/html", "<!DOCTYPE html><title>Sign in</title><p>Please sign in to see this picture.</p>\n" },
    { "empty.jpg", 200, "image/jpeg", "" },
};

static int cut_picture(struct clarifai_store *s, struct buf *out)
{
    if (!clarifai_picture_bytes(s, "/pictures/harbour-9.jpg", out))
        return 404;
    buf_cut(out, out->len / 2);
    return 200;
}

int clarifai_public_host(struct clarifai_store *s, const char *path, struct buf *out, const char **type)
{
    const char *name = path + 7, *dot = strrchr(path, '.');

    *type = "text/plain";
    if (str_starts(path, "/pictures/") && clarifai_picture_bytes(s, path, out)) {
        *type = picture_content_type(picture_format_of(dot + 1));
        return 200;
    }
    if (str_starts(path, "/files/cut-short.jpg")) {
        *type = "image/jpeg";
        return cut_picture(s, out);
    }
    for (size_t i = 0; str_starts(path, "/files/") && i < sizeof oddities / sizeof *oddities; i++) {
        size_t n = strlen(oddities[i].name);
        if (strncmp(name, oddities[i].name, n) != 0 || (name[n] != '\0' && name[n] != '?'))
            continue;
        *type = oddities[i].type;
        buf_puts(out, oddities[i].text);
        return oddities[i].status;
    }
    return 404;
}
