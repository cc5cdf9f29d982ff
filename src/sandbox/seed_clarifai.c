/* The labelled sample apps: every kind of annotation, several people and a model, finished and unfinished work. */
#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"
#include "sandbox/clarifai_store.h"
#include "sandbox/seed.h"
#include "sandbox/server.h"

#define OWNER "lab-user"
#define APP "labelled"
#define BEGAN INT64_C(1786698720123456) /* 2026-08-14T09:12:00.123456Z */
#define IMAGES 104

struct seeding {
    struct clarifai_store *store;
    struct err *e;
    const char *user, *app;
    int64_t clock;       /* of the next thing made */
    char *mask;          /* base64 of a small PNG */
};

static int64_t tick(struct seeding *w)
{
    return w->clock += 1737411;
}

/* --- annotations by kind --- */

static int annotate(struct seeding *w, const char *input, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int annotate(struct seeding *w, const char *input, const char *fmt, ...)
{
    struct buf text = BUF_INIT;
    cJSON *o = NULL;
    va_list ap;
    int rc;

    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    rc = buf_error(&text, w->e);
    if (rc == 0) {
        o = json_parse(text.data, text.len, w->e);
        rc = o == NULL ? -1 : clarifai_store_add_annotation(w->store, w->user, w->app, input, o, tick(w), w->e);
    }
    cJSON_Delete(o);
    buf_release(&text);
    return rc;
}

#define CONCEPT "\"data\":{\"concepts\":[{\"id\":\"%s\",\"value\":1}]}"
#define REGION "{\"data\":{\"regions\":[{\"region_info\":{%s}," CONCEPT "}]}}"

static int add_region(struct seeding *w, const char *input, const char *concept, const char *info)
{
    return annotate(w, input, REGION, info, concept);
}

static int add_boxes(struct seeding *w, const char *input, int k)
{
    char info[200];
    double shift = (k % 10) * 0.013;

    snprintf(info, sizeof info, "\"bounding_box\":{\"top_row\":%.4f,\"left_col\":%.4f,\"bottom_row\":%.4f,\"right_col\":%.4f}",
             0.55 + shift, 0.05 + shift, 0.82 + shift, 0.31 + shift);
    if (add_region(w, input, "car", info) != 0)
        return -1;
    return add_region(w, input, "house", "\"bounding_box\":{\"top_row\":0,\"left_col\":0,\"bottom_row\":0.64,\"right_col\":0.3333333}");
}

static int add_polygon(struct seeding *w, const char *input, int k)
{
    struct buf info = BUF_INIT;
    int rc;

    buf_puts(&info, "\"polygon\":{\"points\":[");
    for (int i = 0; i < 5 + k % 3; i++)
        buf_printf(&info, "%s{\"row\":%.3f,\"col\":%.3f,\"visibility\":%d}", i > 0 ? "," : "", 0.4 + 0.05 * (i % 3),
                   0.2 + 0.1 * i, i % 3 + 1);
    buf_puts(&info, "]}");
    rc = buf_error(&info, w->e);
    if (rc == 0)
        rc = add_region(w, input, "boat", info.data);
    buf_release(&info);
    return rc;
}

static int add_mask(struct seeding *w, const char *input, int k)
{
    struct buf info = BUF_INIT;
    int rc;

    (void)k;
    buf_printf(&info, "\"mask\":{\"image\":{\"base64\":\"%s\"}}", w->mask);
    rc = buf_error(&info, w->e);
    if (rc == 0)
        rc = add_region(w, input, "sheep", info.data);
    buf_release(&info);
    return rc;
}

static int add_point(struct seeding *w, const char *input, int k)
{
    char info[120];

    snprintf(info, sizeof info, "\"point\":{\"row\":%.2f,\"col\":0.5,\"z\":0.1,\"visibility\":1}", 0.2 + 0.05 * (k % 9));
    return add_region(w, input, "stem", info);
}

static int add_keypoints(struct seeding *w, const char *input, int k)
{
    (void)k;
    return add_region(w, input, "cat-face",
                      "\"keypoint_locations\":[{\"row\":0.46,\"col\":0.4,\"visibility\":1},{\"row\":0.46,\"col\":0.6,\"visibility\":1},"
                      "{\"row\":0.57,\"col\":0.5,\"visibility\":2},{\"row\":0,\"col\":0,\"visibility\":3}]");
}

/* Work of other people in its stages, and what a model said: not trusted, kept apart. */
static int add_others(struct seeding *w, const char *input, int k)
{
    static const int stages[] = { 24151, 24157, 24150, 24158, 24159 };

    if (annotate(w, input, "{\"user_id\":\"lab-annotator\",\"task_id\":\"task-august\",\"status\":{\"code\":%d},"
                           "\"annotation_info\":{\"seconds\":%d}," CONCEPT "}", stages[k / 8 % 5], 10 + k, "checked") != 0)
        return -1;
    if (k % 32 == 1
        && annotate(w, input, "{\"worker\":{\"workflow\":{\"id\":\"General\",\"use_cases\":[],\"check_consents\":[],\"app_id\":\"main\",\"user_id\":\"clarifai\",\"version\":"
                              "{\"id\":\"5f6e0c3e9a1d4e0b8e0f4c1d2a3b4c5d\"}}}," CONCEPT "}", "outdoors") != 0)
        return -1;
    return annotate(w, input, "{\"worker\":{\"model\":{\"id\":\"general-detection\",\"app_id\":\"main\",\"user_id\":\"clarifai\","
                              "\"model_version\":{\"id\":\"1580bb1932594c93b7e2e04456af7c6f\"}}},"
                              "\"data\":{\"regions\":[{\"region_info\":{\"bounding_box\":{\"top_row\":0.1,\"left_col\":0.2,"
                              "\"bottom_row\":0.3,\"right_col\":0.4}},\"value\":0.87,\"data\":{\"concepts\":[{\"id\":\"guess\","
                              "\"value\":0.87}]}}]}}");
}

/* --- inputs --- */

static int add_input(struct seeding *w, struct clarifai_sample *sample, const char *data)
{
    cJSON *o = data != NULL ? json_parse(data, strlen(data), w->e) : cJSON_CreateObject();
    int rc;

    if (o == NULL)
        return -1;
    sample->user = w->user;
    sample->app = w->app;
    sample->data = o;
    sample->created_us = tick(w);
    rc = clarifai_store_add_input(w->store, sample, w->e);
    cJSON_Delete(o);
    return rc;
}

static void image_data(char *out, size_t size, int k)
{
    const char *scene = picture_scene_name(k);

    if (k % 8 == 6)
        snprintf(out, size, "{}");
    else if (k % 8 == 7)
        snprintf(out, size, "{\"concepts\":[{\"id\":\"%s\",\"value\":1},{\"id\":\"night\",\"value\":0}],\"geo\":{\"geo_point\":"
                            "{\"longitude\":%.9f,\"latitude\":%.9f}},\"metadata\":{\"filename\":\"%s \\u2116%d.jpg\",\"size\":%d,"
                            "\"nested\":{\"camera\":{\"lens\":\"50mm\"},\"tags\":[\"a\",null,true]}}}",
                 scene, 4.123456789 + k, 52.370216 - k * 0.1, scene, k, 1000 + k);
    else
        snprintf(out, size, "{\"concepts\":[{\"id\":\"id-%s\",\"name\":\"%s\",\"value\":1}],\"metadata\":{\"split\":\"%s\"}}", scene,
                 scene, k % 5 ? "train" : "val");
}

static int add_image(struct seeding *w, int k)
{
    static int (*const kinds[8])(struct seeding *, const char *, int) = {
        NULL, add_boxes, add_polygon, add_mask, add_point, add_keypoints, NULL, add_others,
    };
    struct buf bytes = BUF_INIT;
    char id[32], url[64], data[600];
    struct clarifai_sample sample = { .id = id, .kind = "image", .dataset = k % 5 ? "train" : "val", .public_host = k % 13 == 12 };
    int rc = 0;

    snprintf(id, sizeof id, "labelled-%03d", k);
    snprintf(url, sizeof url, "/pictures/%s-%d.jpg", picture_scene_name(k), k);
    image_data(data, sizeof data, k);
    if (k % 10 == 9) {
        sample.url = url;
    } else {
        rc = picture_draw(k, (uint64_t)k + 1000, 320, 240, k % 6 == 5 ? PICTURE_PNG : PICTURE_JPEG, &bytes, w->e);
        sample.bytes = bytes.data;
        sample.size = bytes.len;
    }
    if (rc == 0)
        rc = add_input(w, &sample, data);
    if (rc == 0 && kinds[k % 8] != NULL)
        rc = kinds[k % 8](w, id, k);
    if (rc == 0 && k % 16 == 1)
        rc = add_others(w, id, k);
    buf_release(&bytes);
    return rc;
}

/* Inputs that the platform could not take. */
static int add_failed(struct seeding *w)
{
    static const struct { const char *id, *url; int code; } failed[] = {
        { "failed-url", "http://pictures.invalid/gone.jpg", 39996 },
        { "failed-format", "http://pictures.invalid/letter.doc", 30101 },
        { "failed-download", "http://pictures.invalid/slow.jpg", 30002 },
    };

    for (size_t i = 0; i < sizeof failed / sizeof *failed; i++) {
        struct clarifai_sample sample = { .id = failed[i].id, .kind = "image", .dataset = "train", .url = failed[i].url,
                                          .code = failed[i].code };
        if (add_input(w, &sample, NULL) != 0)
            return -1;
    }
    return 0;
}

static int add_texts(struct seeding *w)
{
    static const char *const lines[] = {
        "The Anna left Rotterdam with forty packs of timber.", "Two cats sleep on the quay.", "Caf\xC3\xA9 closed: storm warning!",
        "\xE6\xB8\xAF\xE3\x81\xAB\xE8\x88\xB9\xE3\x81\x8C\xE3\x81\x84\xE3\x81\xBE\xE3\x81\x99\xE3\x80\x82", "Gross weight 4,120 kg; consignee R. Duarte.",
    };
    char id[32];
    int rc = 0;

    for (int i = 0; rc == 0 && i < 10; i++) {
        const char *line = lines[i % 5];
        struct clarifai_sample sample = { .id = id, .kind = "text", .dataset = "texts", .bytes = line, .size = strlen(line) };
        snprintf(id, sizeof id, "text-%02d", i);
        rc = add_input(w, &sample, i % 2 ? "{\"concepts\":[{\"id\":\"report\",\"value\":1}]}" : NULL);
        if (rc == 0)
            rc = add_region(w, id, "name", i % 2 ? "\"span\":{\"char_start\":4,\"char_end\":8,\"raw_text\":\"Anna\"}"
                                                : "\"token\":{\"char_start\":0,\"char_end\":3,\"raw_text\":\"The\"}");
    }
    return rc;
}

#define BOX "\"region_info\":{\"bounding_box\":{\"top_row\":0.2,\"left_col\":0.1,\"bottom_row\":0.5,\"right_col\":0.4}}"

static int add_video(struct seeding *w, int i)
{
    char id[32], url[64];
    struct clarifai_sample sample = {
        .id = id, .kind = "video", .dataset = "videos", .url = url, .code = 30000,
        .media = "{\"video_info\":{\"width\":640,\"height\":360,\"fps\":25,\"video_format\":\"MPEG-4\",\"frame_count\":250,"
                 "\"duration_seconds\":10}}",
    };

    snprintf(id, sizeof id, "video-%02d", i);
    snprintf(url, sizeof url, "https://videos.invalid/harbour-%d.mp4", i);
    if (add_input(w, &sample, "{\"concepts\":[{\"id\":\"harbour\",\"value\":1}]}") != 0)
        return -1;
    for (int f = 0; f < 3; f++)
        if (annotate(w, id, "{\"data\":{\"frames\":[{\"frame_info\":{\"index\":%d,\"time\":%d,\"number\":%d},\"data\":{\"regions\":[{"
                            BOX ",\"track_id\":\"track-%d\"," CONCEPT "}]}}]}}", f * 25, f * 1000, f * 25 + 1, i, "boat") != 0)
            return -1;
    if (annotate(w, id, "{\"data\":{\"frames\":[{\"frame_info\":{\"index\":100,\"time\":4000,\"number\":101},\"data\":{\"concepts\":"
                        "[{\"id\":\"sunset\",\"value\":1}]}}]}}") != 0)
        return -1;
    if (annotate(w, id, "{\"data\":{\"time_segments\":[{\"data\":{\"concepts\":[{\"id\":\"docking\",\"value\":1}]},\"time_info\":"
                        "{\"num_frames\":50,\"begin_time\":%d.5,\"end_time\":%d.5}}]}}", i, i + 2) != 0)
        return -1;
    return annotate(w, id, "{\"data\":{\"tracks\":[{\"id\":\"track-%d\",\"data\":{\"concepts\":[{\"id\":\"boat\",\"value\":1}]},"
                           "\"time_info\":{\"num_frames\":75,\"begin_time\":0,\"end_time\":3},\"quality\":0.9}]}}", i);
}

/* --- apps --- */

static int add_people(struct clarifai_store *s, struct err *e)
{
    static const struct { const char *json; bool organisation; } users[] = {
        { "{\"id\":\"lab-user\",\"first_name\":\"Lab\",\"last_name\":\"User\",\"company_name\":\"Harbour Lab\",\"job_title\":"
          "\"Engineer\",\"user_detail\":{\"primary_email\":\"lab-user@example.com\"}}", false },
        { "{\"id\":\"lab-annotator\",\"first_name\":\"Ann\",\"last_name\":\"Otator\"}", false },
        { "{\"id\":\"lab-org\",\"company_name\":\"Harbour Lab\"}", true },
    };
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sizeof users / sizeof *users; i++) {
        cJSON *user = cJSON_Parse(users[i].json);
        rc = user == NULL ? err_no_memory(e) : clarifai_store_add_user(s, user, users[i].organisation, e);
        cJSON_Delete(user);
    }
    return rc;
}

/* Oldest first, each at a time of its own, so that which is newest does not hang on how fast this machine is. The newest app has no dataset, its
 * neighbour's newest dataset no inputs. */
static int add_places(struct seeding *w)
{
    static const struct { const char *user, *app, *workflow, *text; } apps[] = {
        { "lab-org", "shared", "Universal", "Shared by the whole lab" },
        { OWNER, "traffic", "Universal", "Streets and harbours" },
        { OWNER, APP, "Universal", "Every kind of annotation" },
        { OWNER, "empty", "Empty", "Nothing in it" },
    };
    static const struct { const char *user, *app, *dataset, *text; } datasets[] = {
        { OWNER, "traffic", "train", "For training" },    { OWNER, APP, "train", "For training" },
        { OWNER, APP, "val", "For validation" },          { OWNER, APP, "videos", "Short videos" },
        { OWNER, APP, "texts", "Lines of text" },         { OWNER, APP, "nothing", "No inputs yet" },
        { "lab-org", "shared", "street-2026", "Streets" },
    };

    for (size_t i = 0; i < sizeof apps / sizeof *apps; i++)
        if (clarifai_store_add_app(w->store, apps[i].user, apps[i].app, apps[i].workflow, apps[i].text, tick(w), w->e) != 0)
            return -1;
    for (size_t i = 0; i < sizeof datasets / sizeof *datasets; i++)
        if (clarifai_store_add_dataset(w->store, datasets[i].user, datasets[i].app, datasets[i].dataset, datasets[i].text, tick(w), w->e) != 0)
            return -1;
    return 0;
}

static int fill_labelled(struct seeding *w)
{
    w->user = OWNER;
    w->app = APP;
    for (int k = 0; k < IMAGES; k++)
        if (add_image(w, k) != 0)
            return -1;
    if (add_failed(w) != 0 || add_texts(w) != 0)
        return -1;
    for (int i = 0; i < 6; i++)
        if (add_video(w, i) != 0)
            return -1;
    return 0;
}

static int fill_shared(struct seeding *w)
{
    struct clarifai_sample sample = { .kind = "image", .dataset = "street-2026" };
    char id[32], url[64];

    w->user = "lab-org";
    w->app = "shared";
    for (int i = 0; i < 12; i++) {
        snprintf(id, sizeof id, "street-%02d", i);
        snprintf(url, sizeof url, "/pictures/street-%d.jpg", i);
        sample.id = id;
        sample.url = url;
        if (add_input(w, &sample, "{\"concepts\":[{\"id\":\"street\",\"value\":1}]}") != 0)
            return -1;
    }
    return 0;
}

/* A small picture stands for a mask. */
static int make_mask(struct seeding *w)
{
    struct buf png = BUF_INIT;
    int rc = picture_draw(0, 1, 16, 12, PICTURE_PNG, &png, w->e);

    if (rc == 0) {
        w->mask = calloc(1, base64_length(png.len) + 1);
        if (w->mask == NULL)
            rc = err_no_memory(w->e);
        else
            base64_encode(png.data, png.len, w->mask);
    }
    buf_release(&png);
    return rc;
}

int seed_clarifai(struct sandbox *s, struct err *e)
{
    struct seeding w = { .store = sandbox_clarifai(s), .e = e, .clock = BEGAN };
    int rc = add_people(w.store, e);

    if (rc == 0)
        rc = add_places(&w);
    if (rc == 0)
        rc = make_mask(&w);
    if (rc == 0)
        rc = fill_labelled(&w);
    if (rc == 0)
        rc = fill_shared(&w);
    free(w.mask);
    return rc;
}
