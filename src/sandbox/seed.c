#include "sandbox/seed.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "sandbox/bucket.h"
#include "sandbox/lake.h"
#include "sandbox/picture.h"
#include "sandbox/server.h"
#include <unistd.h>

#define VOLUME "/Volumes/main/vision/"

int sandbox_seed(struct sandbox *s, struct err *e)
{
    char *mark = str_printf("%s/seeded", sandbox_dir(s));
    cJSON *main_catalog;
    struct err none = { .code = ERR_NONE };
    int rc = mark == NULL ? err_no_memory(e) : 0;

    if (rc == 0 && access(mark, F_OK) == 0) {
        free(mark);
        return 0;
    }
    main_catalog = rc == 0 ? lake_get(sandbox_lake(s), "catalog", "main", &none) : NULL;
    if (main_catalog != NULL) {
        rc = err_set(e, ERR_CONFIG, "its sample data was begun and never finished");
        err_about(e, "cannot start on", sandbox_dir(s));
        err_remedy(e, "remove the folder, or give another one with --data");
    }
    cJSON_Delete(main_catalog);
    if (rc == 0)
        rc = seed_lake(s, e);
    if (rc == 0)
        rc = seed_clarifai(s, e);
    if (rc == 0)
        rc = file_write_atomic(mark, "1\n", 2, e);
    free(mark);
    return rc;
}

/* --- files --- */

static int write_text(struct sandbox *s, const char *path, const char *text, struct err *e)
{
    return bucket_write(s, path, text, strlen(text), e);
}

struct shot { const char *path; int scene; enum picture_format format; };
enum { STREET, HARBOUR, MEADOW, FORM, FRUIT, CAT };

static const struct shot pictures[] = {
    { "2026/08/harbour-0001.jpg", HARBOUR, PICTURE_JPEG },
    { "2026/08/harbour-0002.jpg", HARBOUR, PICTURE_JPEG },
    { "2026/08/harbour-0003.jpg", HARBOUR, PICTURE_JPEG },
    { "2026/08/harbour-0004.png", HARBOUR, PICTURE_PNG },
    { "2026/08/harbour-0005.webp", HARBOUR, PICTURE_WEBP },
    { "2026/08/street-0001.jpg", STREET, PICTURE_JPEG },
    { "2026/08/street-0002.jpg", STREET, PICTURE_JPEG },
    { "2026/08/street-0003.png", STREET, PICTURE_PNG },
    { "2026/08/street-0004.webp", STREET, PICTURE_WEBP },
    { "2026/08/car-0001.jpg", STREET, PICTURE_JPEG },
    { "2026/08/car-0001.png", STREET, PICTURE_PNG },
    { "2026/08/animals/cat-0001.jpg", CAT, PICTURE_JPEG },
    { "2026/08/animals/cat-0002.jpeg", CAT, PICTURE_JPEG },
    { "2026/08/animals/cat 0003.jpg", CAT, PICTURE_JPEG },
    { "2026/08/animals/cat-0004.gif", CAT, PICTURE_GIF },
    { "2026/08/animals/meadow-0001.jpg", MEADOW, PICTURE_JPEG },
    { "2026/08/animals/meadow-0002.bmp", MEADOW, PICTURE_BMP },
    { "2026/08/animals/meadow-0003.tiff", MEADOW, PICTURE_TIFF },
    { "2026/09/HARBOUR 0006.JPG", HARBOUR, PICTURE_JPEG },
    { "2026/09/STREET-0005.PNG", STREET, PICTURE_PNG },
    { "2026/09/car-0001.jpg", STREET, PICTURE_JPEG },
    { "2026/09/\xCE\xA9mega.png", FRUIT, PICTURE_PNG },
    { "2026/09/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\xE3\x81\xAE\xE5\x86\x99\xE7\x9C\x9F.jpg", HARBOUR, PICTURE_JPEG },
    { "2026/09/caf\xC3\xA9.jpg", FRUIT, PICTURE_JPEG },
    { "2026/09/cafe\xCC\x81.jpg", FRUIT, PICTURE_JPEG },
    { "2026/09/it's \"quoted\".jpg", CAT, PICTURE_JPEG },
    { "2026/09/50% off #1.jpg", FRUIT, PICTURE_JPEG },
    { "2026/09/apples&pears+plums.jpg", FRUIT, PICTURE_JPEG },
    { "2026/09/what?.webp", FRUIT, PICTURE_WEBP },
    { "2026/09/back`tick.png", CAT, PICTURE_PNG },
    { "2026/09/${HOME}.jpg", STREET, PICTURE_JPEG },
    { "2026/09/-dash.jpg", STREET, PICTURE_JPEG },
    { "2026/09/no-extension", MEADOW, PICTURE_JPEG },
    { "2026/09/png-in-disguise.jpg", FRUIT, PICTURE_PNG },
    { "2026/09/a-name-of-more-than-forty-eight-characters-about-the-harbour-at-noon-0001.jpg", HARBOUR, PICTURE_JPEG },
    { "2026/09/a-name-of-more-than-forty-eight-characters-about-the-harbour-at-noon-0002.jpg", HARBOUR, PICTURE_JPEG },
    { "2026/09/field trip/day one/meadow-0004.jpg", MEADOW, PICTURE_JPEG },
    { "2026/09/field trip/day one/meadow-0005.jpg", MEADOW, PICTURE_JPEG },
    { "2026/09/field trip/day two/fruit-0001.jpg", FRUIT, PICTURE_JPEG },
    { "2026/09/field trip/day two/fruit-0002.gif", FRUIT, PICTURE_GIF },
};

static const struct shot scans[] = {
    { "declaration-2026-001_p1.tif", FORM, PICTURE_TIFF }, { "declaration-2026-001_p2.tif", FORM, PICTURE_TIFF },
    { "declaration-2026-002_p1.tif", FORM, PICTURE_TIFF }, { "declaration-2026-002_p2.tif", FORM, PICTURE_TIFF },
    { "declaration-2026-002_p3.tif", FORM, PICTURE_TIFF }, { "declaration-2026-003.png", FORM, PICTURE_PNG },
    { "declaration-2026-004.jpg", FORM, PICTURE_JPEG },    { "declaration-2026-005.jpg", FORM, PICTURE_JPEG },
};

static int draw_all(struct sandbox *s, const char *volume, const struct shot *shots, size_t n, int width, int height,
                    struct err *e)
{
    struct buf bytes = BUF_INIT;
    char path[400];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < n; i++) {
        const struct shot *shot = &shots[i];
        bool bulky = shot->format == PICTURE_BMP || shot->format == PICTURE_TIFF;
        buf_clear(&bytes);
        snprintf(path, sizeof path, "%s%s/%s", VOLUME, volume, shot->path);
        rc = picture_draw(shot->scene, i + 1, bulky ? width / 2 : width, bulky ? height / 2 : height, shot->format, &bytes, e);
        if (rc == 0)
            rc = bucket_write(s, path, bytes.data, bytes.len, e);
    }
    buf_release(&bytes);
    return rc;
}

/* What is no picture, or no longer one. */
static int write_oddities(struct sandbox *s, struct err *e)
{
    struct buf bytes = BUF_INIT;
    int rc = picture_draw(HARBOUR, 99, 640, 480, PICTURE_JPEG, &bytes, e);

    if (rc == 0)
        rc = bucket_write(s, VOLUME "pictures/2026/09/cut-short.jpg", bytes.data, bytes.len / 2, e);
    buf_release(&bytes);
    if (rc == 0)
        rc = write_text(s, VOLUME "pictures/2026/09/letter.jpg", "Dear harbour master,\nthis is a text file named .jpg.\n", e);
    if (rc == 0)
        rc = write_text(s, VOLUME "pictures/2026/09/empty.png", "", e);
    if (rc == 0)
        rc = write_text(s, VOLUME "pictures/2026/notes.txt", "Taken with the old camera; August is complete, September is not.\n", e);
    return rc;
}

static int write_many(struct sandbox *s, struct err *e)
{
    struct buf tiny[6];
    char path[120];
    int rc = 0;

    for (int i = 0; i < 6; i++) {
        buf_init(&tiny[i], 0);
        if (rc == 0)
            rc = picture_draw(i, (uint64_t)i, 48, 36, PICTURE_JPEG, &tiny[i], e);
    }
    for (int i = 0; rc == 0 && i < 1500; i++) {
        snprintf(path, sizeof path, VOLUME "many_files/batch-%02d/%s-%05d.jpg", i / 500, picture_scene_name(i % 6), i);
        rc = bucket_write(s, path, tiny[i % 6].data, tiny[i % 6].len, e);
    }
    for (int i = 0; i < 6; i++)
        buf_release(&tiny[i]);
    return rc;
}

/* --- names --- */

static int make_schemas(struct lake *l, struct err *e)
{
    static const struct { const char *catalog, *name, *comment; } schemas[] = {
        { "main", "default", "Default schema" },
        { "main", "vision", "Pictures and their labels" },
        { "main", "staging", "Scratch space of the importers" },
        { "main", "odd-schema#1", "A name that needs backticks" },
        { "main", "b\xC3\xBC" "cher`regal", "Letters and a backtick" },
        { "main", "locked", "Not for everybody" },
        { "main", "many", "Five thousand tables" },
        { "dev", "default", "Default schema" },
        { "dev", "sandbox", "Try things here" },
        { "system", "access", "Audit logs" },
        { "samples", "nyctaxi", "Trips of taxis" },
    };

    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++)
        if (lake_schema_create(l, schemas[i].catalog, schemas[i].name, schemas[i].comment, e) != 0)
            return -1;
    return 0;
}

static int make_volumes(struct lake *l, struct err *e)
{
    static const struct { const char *schema, *name, *type, *comment; } volumes[] = {
        { "vision", "pictures", "MANAGED", "Photographs by month" },
        { "vision", "scans", "MANAGED", "Freight declarations, page by page" },
        { "vision", "out", "MANAGED", "For staged files and exported pictures" },
        { "vision", "many_files", "EXTERNAL", "Fifteen hundred small pictures" },
        { "odd-schema#1", "bilder-\xC3\xA4\xC3\xB6", "MANAGED", "Odd names all the way" },
        { "staging", "files", "MANAGED", "Staged files" },
        { "locked", "private", "MANAGED", "Not readable" },
    };

    for (size_t i = 0; i < sizeof volumes / sizeof *volumes; i++)
        if (lake_volume_create(l, "main", volumes[i].schema, volumes[i].name, volumes[i].type, volumes[i].comment, e) != 0)
            return -1;
    return lake_volume_create(l, "dev", "sandbox", "scratch", "MANAGED", "Anything", e);
}

static int make_names(struct lake *l, struct err *e)
{
    static const char *const catalogs[][2] = {
        { "main", "The team's catalog" }, { "dev", "For experiments" },
        { "system", "System catalog (auto-created)" }, { "samples", "Sample data" },
    };

    for (size_t i = 0; i < sizeof catalogs / sizeof *catalogs; i++)
        if (lake_catalog_create(l, catalogs[i][0], catalogs[i][1], e) != 0)
            return -1;
    return make_schemas(l, e) != 0 ? -1 : make_volumes(l, e);
}

/* --- tables --- */

static int make_table(struct lake *l, const char *name, const char *ddl, cJSON *rows, const char *comment, struct err *e)
{
    int rc = rows == NULL ? err_no_memory(e) : lake_table_create(l, name, ddl, rows, comment, NULL, e);

    cJSON_Delete(rows);
    return rc;
}

/* One row with every value, one of NULLs, one of empty texts, and one of extremes with a long text. */
static cJSON *all_types_rows(void)
{
    cJSON *rows = cJSON_Parse(
        "[{\"id\":1,\"flag\":true,\"tiny\":7,\"small\":300,\"whole\":70000,\"big\":5000000000,\"real\":1.5,\"dbl\":2.25,"
        "\"amount\":\"1234.50\",\"day\":\"2026-08-14\",\"at\":\"2026-08-14T09:12:00.123456Z\",\"at_local\":\"2026-08-14T09:12:00\","
        "\"name\":\"caf\xC3\xA9\",\"short\":\"abc\",\"raw\":\"iVBORw0KGgo=\",\"tags\":[\"boat\",\"sea\"],"
        "\"attributes\":{\"camera\":\"old\",\"iso\":\"200\"},\"position\":{\"row\":0.25,\"col\":0.75},"
        "\"doc\":\"{\\\"regions\\\":[{\\\"top_row\\\":0.1,\\\"name\\\":\\\"car\\\"}],\\\"n\\\":3}\",\"long_text\":\"short\"},"
        "{\"id\":2},"
        "{\"id\":3,\"name\":\"\",\"short\":\"\",\"raw\":\"\",\"tags\":[],\"attributes\":{},\"position\":{\"row\":null,\"col\":0},"
        "\"doc\":\"\",\"long_text\":\"\"},"
        "{\"flag\":false,\"tiny\":-128,\"small\":-32768,\"whole\":-2147483648,"
        "\"real\":-0.1,\"dbl\":1e300,\"amount\":\"-9999999999.99\",\"day\":\"0001-01-01\",\"at\":\"1969-12-31T23:59:59.999999Z\","
        "\"at_local\":\"2026-12-31T23:59:59\",\"name\":\"tab\\there, \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E\",\"short\":\"<&>\","
        "\"tags\":[null,\"\"],\"doc\":\"[1,2,{\\\"a\\\":null}]\"}]");
    char *text = malloc(6001);

    if (rows == NULL || text == NULL) {
        cJSON_Delete(rows);
        free(text);
        return NULL;
    }
    for (int i = 0; i < 6000; i++)
        text[i] = "the quick brown fox jumps over the lazy dog "[i % 44];
    text[6000] = '\0';
    json_put_str(cJSON_GetArrayItem(rows, 3), "long_text", text);
    json_put_i64(cJSON_GetArrayItem(rows, 3), "id", INT64_MAX); /* beyond what a double holds */
    json_put_i64(cJSON_GetArrayItem(rows, 3), "big", -INT64_MAX);
    free(text);
    return rows;
}

/* The columns that the vendor's own tools write: all text. */
static cJSON *old_labels_rows(void)
{
    static const char *const labels[] = { "boat", "car", "cat", "sheep", "apple" };
    cJSON *rows = cJSON_CreateArray(), *row;
    char text[300];

    for (int i = 0; i < 40; i++) {
        row = cJSON_CreateObject();
        snprintf(text, sizeof text, "%032d", 7000 + i);
        json_put_str(row, "annotation_id", text);
        snprintf(text, sizeof text, "concepts {\n  id: \"id-%s\"\n  name: \"%s\"\n  value: 1.0\n}\n", labels[i % 5], labels[i % 5]);
        json_put_str(row, "annotation", i % 7 == 6 ? "" : text);
        json_put_str(row, "annotation_user_id", "lab-user");
        snprintf(text, sizeof text, "labelled-%03d", i);
        json_put_str(row, "input_id", text);
        json_put_str(row, "annotation_created_at", "11/14 09:12:00");
        json_put_str(row, "annotation_modified_at", "11/14 09:12:00");
        cJSON_AddItemToArray(rows, row);
    }
    return rows;
}

static cJSON *old_inputs_rows(struct sandbox *s)
{
    cJSON *rows = cJSON_CreateArray(), *row;
    char text[300];

    for (int i = 0; i < 40; i++) {
        row = cJSON_CreateObject();
        snprintf(text, sizeof text, "labelled-%03d", i);
        json_put_str(row, "input_id", text);
        snprintf(text, sizeof text, "%s/pictures/harbour-%d.jpg", sandbox_image_origin(s), i);
        json_put_str(row, "image_url", text);
        json_put_str(row, "image_info", "width: 480\nheight: 360\nformat: \"JPEG\"\ncolor_mode: \"YUV\"\n");
        json_put_str(row, "input_created_at", "11/14 09:12:00");
        json_put_str(row, "input_modified_at", "11/14 09:12:00");
        json_put_str(row, "input_metadata", i % 3 ? "{}" : "{\"split\": \"train\"}");
        cJSON_AddItemToArray(rows, row);
    }
    return rows;
}

static cJSON *train_rows(void)
{
    cJSON *rows = cJSON_CreateArray(), *row;
    char text[80];

    for (int i = 0; i < 250; i++) {
        row = cJSON_CreateObject();
        snprintf(text, sizeof text, "img-%05d", i);
        json_put_str(row, "input_id", text);
        json_put_str(row, "label", i % 9 == 8 ? NULL : picture_scene_name(i));
        json_put_str(row, "split", i % 5 ? "train" : "val");
        cJSON_AddNumberToObject(row, "score", (double)((i * 37) % 100) / 100);
        snprintf(text, sizeof text, "2026-%02d-%02dT%02d:30:00.%06dZ", i % 12 + 1, i % 28 + 1, i % 24, i * 4001 % 1000000);
        json_put_str(row, "taken_at", text);
        cJSON_AddItemToArray(rows, row);
    }
    return rows;
}

static int make_tables(struct sandbox *s, struct err *e)
{
    static const char all_types[] =
        "id BIGINT, flag BOOLEAN, tiny TINYINT, small SMALLINT, whole INT, big BIGINT, real FLOAT, dbl DOUBLE,"
        " amount DECIMAL(12,2), day DATE, at TIMESTAMP, at_local TIMESTAMP_NTZ, name STRING, short VARCHAR(20), raw BINARY,"
        " tags ARRAY<STRING>, attributes MAP<STRING,STRING>, position STRUCT<row:DOUBLE,col:DOUBLE>, doc STRING,"
        " long_text STRING";
    static const char old_labels[] = "annotation_id STRING, annotation STRING, annotation_user_id STRING, input_id STRING,"
                                     " annotation_created_at STRING, annotation_modified_at STRING";
    static const char old_inputs[] = "input_id STRING, image_url STRING, image_info STRING, input_created_at STRING,"
                                     " input_modified_at STRING, input_metadata STRING";
    static const char train[] = "input_id STRING, label STRING, split STRING, score DOUBLE, taken_at TIMESTAMP";
    struct lake *l = sandbox_lake(s);

    if (make_table(l, "main.vision.all_types", all_types, all_types_rows(), "One column of each type", e) != 0
        || make_table(l, "main.vision.labels_2025", old_labels, old_labels_rows(), "Written by an older tool", e) != 0
        || make_table(l, "main.vision.inputs_2025", old_inputs, old_inputs_rows(s), "Written by an older tool", e) != 0
        || make_table(l, "main.vision.train_2026", train, train_rows(), "What the model was trained on", e) != 0
        || make_table(l, "dev.sandbox.empty", "id STRING, value STRING", cJSON_CreateArray(), NULL, e) != 0
        || make_table(l, "main.odd-schema#1.t\xC3\xA4" "ble-1", "id STRING, n BIGINT",
                      cJSON_Parse("[{\"id\":\"a\",\"n\":1},{\"id\":\"b\",\"n\":null}]"), NULL, e) != 0)
        return -1;
    if (lake_view_create(l, "main.vision.train_view", "SELECT input_id, label FROM main.vision.train_2026 WHERE split = 'train'",
                         e) != 0)
        return -1;
    return lake_tables_bulk(l, "main.many", "table_", 5000, "id STRING, label STRING, at TIMESTAMP", e);
}

int seed_lake(struct sandbox *s, struct err *e)
{
    struct lake *l = sandbox_lake(s);

    if (make_names(l, e) != 0 || make_tables(s, e) != 0)
        return -1;
    if (draw_all(s, "pictures", pictures, sizeof pictures / sizeof *pictures, 640, 480, e) != 0
        || draw_all(s, "scans", scans, sizeof scans / sizeof *scans, 620, 877, e) != 0)
        return -1;
    if (write_oddities(s, e) != 0 || write_many(s, e) != 0
        || write_text(s, "/Volumes/main/locked/private/secret.txt", "not for you\n", e) != 0)
        return -1;
    return seed_bucket(s, e);
}
