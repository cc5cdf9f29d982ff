/*
 * The image host, on its own port (reference clarifai §4.8): the secure data host, the older public one that refuses
 * credentials, and the public pictures that URL inputs name.
 */
#include "base/file.h"
#include "base/str.h"
#include "sandbox/clarifai_db.h"
#include "sandbox/inner.h"
#include <sys/stat.h>

#define PICTURE_MAX ((size_t)160 << 20)

static void refuse(struct route_answer *a, int status, const char *text)
{
    a->status = status;
    a->text = str_dup(text);
    a->text_size = a->text != NULL ? strlen(a->text) : 0;
    a->content_type = "text/plain";
}

static bool key_good(struct route_call *c, const char *authorization)
{
    if (str_eq(authorization, "Key sandbox-pat"))
        return sandbox_setting(c->sandbox, "clarifai.revoked", 0) == 0;
    return str_eq(authorization, "Key sandbox-pat-2");
}

/* A wrong key is 401; none at all hides that the file exists. */
static bool admitted(struct route_call *c, struct route_answer *a)
{
    const char *authorization = c->header(c, "Authorization");

    if (authorization == NULL) {
        refuse(a, 404, "Not Found\n");
        return false;
    }
    if (key_good(c, authorization))
        return true;
    refuse(a, 401, "Unauthorized\n");
    return false;
}

static bool md5_shaped(const char *md5)
{
    return strlen(md5) == 32 && strspn(md5, "0123456789abcdef") == 32;
}

/* The content type of a kept format name. */
static const char *type_of(const char *format)
{
    for (int f = PICTURE_JPEG; f < PICTURE_FORMATS; f++)
        if (str_eq(picture_format_name((enum picture_format)f), format))
            return picture_content_type((enum picture_format)f);
    return picture_content_type(PICTURE_UNKNOWN);
}

static void send_original(struct clarifai_store *s, struct route_answer *a, const char *md5, const char *type)
{
    struct buf path = BUF_INIT;
    struct stat st;

    clarifai_bytes_path(s, md5, &path);
    if (path.failed || stat(path.data, &st) != 0) {
        buf_release(&path);
        refuse(a, 404, "Not Found\n");
        return;
    }
    a->status = 200;
    a->size = (uint64_t)st.st_size;
    a->content_type = type;
    a->file = buf_take(&path);
    if (a->file == NULL)
        refuse(a, 500, "out of memory\n");
}

static void send_scaled(struct clarifai_store *s, struct route_answer *a, const char *md5, int side)
{
    struct buf path = BUF_INIT, bytes = BUF_INIT, small = BUF_INIT;

    buf_init(&bytes, PICTURE_MAX);
    clarifai_bytes_path(s, md5, &path);
    if (file_read(path.data, PICTURE_MAX, &bytes, NULL) != 0 || picture_scale(bytes.data, bytes.len, side, &small, NULL) != 0) {
        refuse(a, 404, "Not Found\n");
    } else {
        a->status = 200;
        a->content_type = "image/jpeg";
        a->text_size = small.len;
        a->text = buf_take(&small);
    }
    buf_release(&path);
    buf_release(&bytes);
    buf_release(&small);
}

static int side_of(const char *size)
{
    static const struct { const char *name; int side; } sizes[] = { { "orig", 0 }, { "tiny", 100 }, { "small", 320 }, { "large", 1024 } };

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (str_eq(sizes[i].name, size))
            return sizes[i].side;
    return -1;
}

static void send_sized(struct route_call *c, struct route_answer *a, const char *size, const char *md5, const char *format)
{
    int side = side_of(size);

    if (side < 0)
        refuse(a, 404, "Not Found\n");
    else if (side == 0)
        send_original(sandbox_clarifai(c->sandbox), a, md5, type_of(format));
    else
        send_scaled(sandbox_clarifai(c->sandbox), a, md5, side);
}

/* Finds a processed input of these bytes: host 0 the secure one in an app, 1 the old one of a user. */
static bool find_format(struct clarifai_store *s, int host, const char *user, const char *app, const char *md5, char *out,
                        size_t size)
{
    sqlite3_stmt *q;
    bool found;

    clarifai_db_lock(s);
    q = clarifai_db_query(s,
                          "SELECT i.format FROM inputs i JOIN apps a ON a.n = i.app WHERE i.md5 = ? AND i.host = ? AND"
                          " a.user = ? AND (?4 IS NULL OR a.id = ?4) AND i.code = 30000 AND i.ready <= ?5 LIMIT 1",
                          "sissi", md5, (int64_t)host, user, app, clarifai_now(s));
    found = q != NULL && sqlite3_step(q) == SQLITE_ROW;
    if (found)
        str_copy(out, size, clarifai_db_text(q, 0) != NULL ? clarifai_db_text(q, 0) : "");
    clarifai_db_done(q);
    clarifai_db_unlock(s);
    return found;
}

/* /{size}/users/{u}/apps/{a}/inputs/{kind}/{md5} */
static void secure(struct route_call *c, struct route_answer *a)
{
    char format[16];

    if (!admitted(c, a))
        return;
    sandbox_count(c->sandbox, "images.secure", 1);
    if (!md5_shaped(c->captures[4])
        || !find_format(sandbox_clarifai(c->sandbox), 0, c->captures[1], c->captures[2], c->captures[4], format, sizeof format))
        refuse(a, 404, "Not Found\n");
    else
        send_sized(c, a, c->captures[0], c->captures[4], format);
}

/* /clarifai-api/img3/prod/{size}/{u}/{md5}: open to all, but a signed-looking request is taken for a broken signature. */
static void old_public(struct route_call *c, struct route_answer *a)
{
    char format[16];

    if (c->header(c, "Authorization") != NULL) {
        sandbox_count(c->sandbox, "images.credential_sent_to_public_host", 1);
        refuse(a, 400, "<Error><Code>InvalidArgument</Code><Message>Unsupported Authorization Type</Message></Error>\n");
        a->content_type = "application/xml";
    } else if (!md5_shaped(c->captures[2])
               || !find_format(sandbox_clarifai(c->sandbox), 1, c->captures[1], NULL, c->captures[2], format, sizeof format)) {
        refuse(a, 404, "Not Found\n");
    } else {
        send_sized(c, a, c->captures[0], c->captures[2], format);
    }
}

/* /pictures/{name} and /files/{name}: somebody else's host, which must never see a credential. */
static void public_file(struct route_call *c, struct route_answer *a)
{
    struct buf bytes = BUF_INIT;
    const char *type;
    int status;

    if (c->header(c, "Authorization") != NULL)
        sandbox_count(c->sandbox, "images.credential_sent_to_public_host", 1);
    status = clarifai_public_host(sandbox_clarifai(c->sandbox), c->path, &bytes, &type);
    if (status == 0) {
        sandbox_sleep(c->sandbox, sandbox_setting(c->sandbox, "images.silence_ms", 60000));
        status = 504;
    }
    if (status == 302)
        route_header(a, "Location", bytes.data);
    a->status = status;
    a->content_type = type;
    a->text_size = bytes.len;
    a->text = buf_take(&bytes);
    if (a->text == NULL)
        refuse(a, status, status == 200 ? "" : "Not Found\n");
    buf_release(&bytes);
}

const struct route image_routes[] = {
    { "GET", "/{size}/users/{u}/apps/{a}/inputs/{kind}/{md5}", ROUTE_IMAGES, "", "-", secure },
    { "GET", "/clarifai-api/img3/prod/{size}/{u}/{md5}", ROUTE_IMAGES, "", "-", old_public },
    { "GET", "/pictures/{name}", ROUTE_IMAGES, "", "-", public_file },
    { "GET", "/files/{name}", ROUTE_IMAGES, "", "-", public_file },
    { NULL, NULL, ROUTE_PUBLIC, NULL, NULL, NULL },
};
