#ifndef LAKEFERRY_TEST_SERVER_HTTP_H
#define LAKEFERRY_TEST_SERVER_HTTP_H
/* A platform in this process on a fresh folder, and one plain HTTP request at a time to it. For tests only. */
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "base/url.h"
#include "sandbox/server.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define TOKEN "Authorization: Bearer dapi-sandbox-token\r\n"
#define READER_TOKEN "Authorization: Bearer dapi-sandbox-readonly\r\n"
#define PAT "Authorization: Key sandbox-pat\r\n"

struct reply {
    int status;                /* 0: the connection ended without an answer */
    struct buf text;           /* header and body */
    const char *body;
    size_t body_size;
    cJSON *json;
};
static struct sandbox *platform;
static char platform_dir[64];

static inline int platform_start(void **state)
{
    struct err e = { 0 };
    char text[1024];
    (void)state;
    str_copy(platform_dir, sizeof platform_dir, "/tmp/lakeferry-test-XXXXXX");
    if (!mkdtemp(platform_dir))
        return -1;
    struct sandbox_options o = { .dir = platform_dir };
    platform = sandbox_start(&o, &e);
    if (!platform)
        print_error("%s\n", err_sentence(&e, text, sizeof text));
    return platform ? 0 : -1;
}

static inline int platform_stop(void **state)
{
    (void)state;
    sandbox_stop(platform);
    return file_remove_tree(platform_dir, NULL);
}

static inline void reply_release(struct reply *r)
{
    buf_release(&r->text);
    cJSON_Delete(r->json);
    *r = (struct reply){ 0 };
}

static inline const char *reply_header(const struct reply *r, const char *name)
{
    const char *at = strcasestr(r->text.data, name);
    return at && (!r->body || at < r->body) ? at + strlen(name) : NULL;
}

/* headers end in CRLF each; a body without a type there is said to be JSON. The answer is read to the end of the connection. */
static inline struct reply http(const char *origin, const char *method, const char *target, const char *headers, const char *body)
{
    struct reply r = { .text = BUF_INIT };
    struct url_parts u;
    struct buf out = BUF_INIT;
    char chunk[65536];
    ssize_t n;
    assert_true(url_parse(origin, &u));
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)u.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    buf_printf(&out, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s", method, target, headers ? headers : "");
    if (body)
        buf_printf(&out, "%sContent-Length: %zu\r\n", headers && strcasestr(headers, "Content-Type:") ? "" : "Content-Type: application/json\r\n",
                   strlen(body));
    buf_printf(&out, "\r\n%s", body ? body : "");
    for (size_t sent = 0; sent < out.len && (n = send(fd, out.data + sent, out.len - sent, MSG_NOSIGNAL)) > 0;)
        sent += (size_t)n;
    while ((n = recv(fd, chunk, sizeof chunk, 0)) > 0)
        buf_add(&r.text, chunk, (size_t)n);
    close(fd);
    buf_release(&out);
    const char *end = strstr(r.text.data, "\r\n\r\n");
    if (r.text.len > 12 && end) {
        r.status = (int)strtol(r.text.data + 9, NULL, 10);
        r.body = end + 4;
        r.body_size = r.text.len - (size_t)(r.body - r.text.data);
        if (r.body_size && (*r.body == '{' || *r.body == '['))
            r.json = json_parse(r.body, r.body_size, NULL);
    }
    return r;
}

static inline struct reply api(const char *method, const char *target, const char *body)
{
    return http(sandbox_origin(platform), method, target, TOKEN, body);
}

/* A call whose status is all that matters. */
static inline int api_status(const char *method, const char *target, const char *body)
{
    struct reply r = api(method, target, body);
    int status = r.status;
    reply_release(&r);
    return status;
}

static inline void control(const char *method, const char *target, const char *body)
{
    struct reply r = http(sandbox_origin(platform), method, target, NULL, body);
    assert_int_equal(r.status, 200);
    reply_release(&r);
}
#endif
