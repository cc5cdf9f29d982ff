/* The sample bucket s3://lab-bucket: import sources of every kind, good and bad, as CSV files and Delta folders. */
#include "base/str.h"
#include "sandbox/bucket.h"
#include "sandbox/picture.h"
#include "sandbox/seed.h"
#include "sandbox/server.h"

#define IMPORTS "s3://lab-bucket/imports/"
#define DELTA "s3://lab-bucket/delta/"
#define HEAD "inputid,input,concepts,metadata,geopoints\n"

/* text with every '@' made the origin of the public pictures. */
static int expand(struct sandbox *s, const char *text, struct buf *out, struct err *e)
{
    for (const char *at; (at = strchr(text, '@')) != NULL; text = at + 1)
        buf_printf(out, "%.*s%s", (int)(at - text), text, sandbox_image_origin(s));
    buf_puts(out, text);
    return buf_error(out, e);
}

static int write_expanded(struct sandbox *s, const char *path, const char *text, struct err *e)
{
    struct buf out = BUF_INIT;
    int rc = expand(s, text, &out, e);

    if (rc == 0)
        rc = bucket_write(s, path, out.data, out.len, e);
    buf_release(&out);
    return rc;
}

static int write_good_csv(struct sandbox *s, struct err *e)
{
    struct buf csv = BUF_INIT;
    int rc;

    buf_puts(&csv, HEAD);
    for (int i = 1; i <= 30; i++) {
        const char *scene = picture_scene_name(i);
        buf_printf(&csv, "%03d,%s/pictures/%s-%d.jpg,%s,\"{'filename': '%s.jpg', 'split': '%s'}\",", i, sandbox_image_origin(s),
                   scene, i, i % 4 == 0 ? "" : scene, scene, i % 5 ? "train" : "val");
        if (i % 3 == 0)
            buf_printf(&csv, "\"%d.5,%d.25\"", 4 + i, 50 - i);
        buf_putc(&csv, '\n');
    }
    rc = buf_error(&csv, e);
    if (rc == 0)
        rc = bucket_write(s, IMPORTS "harbour.csv", csv.data, csv.len, e);
    buf_release(&csv);
    return rc;
}

struct sample { const char *name, *text; };

static const struct sample csv_files[] = {
    { "header-only.csv", HEAD },
    { "empty.csv", "" },
    /* good rows between bad ones: ids, URLs, concepts, metadata, geopoints, cells */
    { "with-errors.csv", HEAD
      "good-1,@/pictures/cat-1.jpg,cat,\"{\"\"split\"\": \"\"train\"\"}\",\"4.9,52.37\"\n"
      ",@/pictures/cat-2.jpg,cat,,\n"
      "has blank,@/pictures/cat-3.jpg,cat,,\n"
      "an-inputid-that-is-far-longer-than-forty-eight-characters,@/pictures/cat-4.jpg,cat,,\n"
      "no-url,,cat,,\n"
      "not-a-url,harbour.jpg,cat,,\n"
      "ftp-url,ftp://127.0.0.1/harbour.jpg,cat,,\n"
      "missing-picture,@/pictures/dragon-1.jpg,dragon,,\n"
      "good-2,@/pictures/harbour-2.jpg,\"['harbour', 'boat']\",\"{'note': 'it\\'s \"\"quoted\"\", and, has commas'}\",\n"
      "bad-metadata,@/pictures/harbour-3.jpg,harbour,\"{'split': \",\n"
      "bad-geo-text,@/pictures/harbour-4.jpg,harbour,,somewhere\n"
      "bad-geo-range,@/pictures/harbour-5.jpg,harbour,,\"200,95\"\n"
      "good-1,@/pictures/cat-6.jpg,cat,,\n"
      "too-few-cells,@/pictures/cat-7.jpg\n"
      "two-lines,@/pictures/street-8.jpg,street,\"{'note': 'first line\nsecond line'}\",\"-0.12,51.5\"\n"
      "001,@/pictures/street-9.jpg,,,\n" },
    { "three-bad-rows.csv", HEAD
      "pier-1,@/pictures/harbour-1.jpg,pier,{},\n"
      "pier-2,@/pictures/harbour-2.jpg,pier,,\"4.5,51.9\"\n"
      "pier 3,@/pictures/harbour-3.jpg,pier,,\n"
      "pier-4,@/pictures/harbour-4.jpg,pier,,\n"
      "pier-5,@/pictures/harbour-5.jpg,pier,not a dict,\n"
      "pier-6,@/pictures/harbour-6.jpg,pier,,\n"
      "pier-7,@/pictures/harbour-7.jpg,pier,,\"51.9\"\n"
      "pier-8,@/pictures/harbour-8.jpg,pier,,\n" },
    { "any-order.csv",
      " GeoPoints ,notes,INPUT,Concepts,InputId,MetaData\n"
      "\"4.5,51.9\",a column nobody knows,@/pictures/meadow-1.jpg,meadow,order-1,{'n': 1}\n"
      ",,@/pictures/meadow-2.jpg,\"meadow, sheep,meadow , sheep\",order-2,\n" },
    { "quoted-header.csv", "\"input\",\"inputid\"\n@/pictures/street-1.jpg,quoted-1\n" },
    { "minimal.csv", "inputid,input\n0001,@/pictures/fruit-1.jpg\n1e3,@/pictures/fruit-2.jpg\n-7,@/pictures/fruit-3.jpg\n" },
    { "no-input-column.csv", "inputid,url,concepts\nx,@/pictures/fruit-1.jpg,fruit\n" },
    { "windows.csv", "\xEF\xBB\xBFinputid,input,concepts\r\nwin-1,@/pictures/cat-1.jpg,cat\r\nwin-2,@/pictures/cat-2.jpg,\"cat,night\"\r\n" },
    /* every quote, bracket and script a cell may have */
    { "cells.csv", HEAD
      "cell-1,@/pictures/cat-1.jpg,\"[\"\"cat\"\", \"\"night\"\"]\",\"{\"\"a\"\": {\"\"b\"\": [1, 2.5, null, true]}, \"\"t\"\": \"\"x\\ny\"\"}\",\n"
      "cell-2,@/pictures/cat-2.jpg,\"['\xE7\x8C\xAB', 'Kater \xC3\x84']\",\"{'a': {'b': [1, 2.5, None, True, False]}, 't': ('x', 'y')}\",\n"
      "cell-3,@/pictures/cat-3.jpg,\xE6\xB8\xAF\xE3\x81\xAE\xE7\x8C\xAB,\"{'quote': 'it\\'s', \"\"double\"\": \"\"say 'hi'\"\", 'tab': '\\t', 'hex': '\\x41\\u732b'}\",\"-179.9,-89.9\"\n"
      "cell-4,@/pictures/cat-4.jpg,\"line\nbreak\",\"{'note': 'first\nsecond', 'dollar': '${HOME}'}\",\"180,90\"\n"
      "cell-5,@/pictures/cat-5.jpg,\"\",\"\",\"\"\n"
      "cell-6,@/pictures/cat-6.jpg,\"a\"\"quoted\"\"name\",\"{'back\\\\slash': 'C:\\\\x'}\",\" 4.5 , 51.9 \"\n" },
    { "ragged.csv", HEAD
      "ragged-1,@/pictures/cat-1.jpg,cat,,\n"
      "ragged-2,@/pictures/cat-2.jpg,cat\n"
      "ragged-3,@/pictures/cat-3.jpg,cat,,,\n"
      "ragged-4,@/pictures/cat-4.jpg,cat,,,,,too,many\n"
      "ragged-5,@/pictures/cat-5.jpg,cat,,\n" },
    /* what the labelling side cannot fetch */
    { "failing-urls.csv", "inputid,input\n"
      "url-good,@/pictures/harbour-1.jpg\n"
      "url-again,@/pictures/harbour-1.jpg\n"
      "url-404,@/pictures/dragon-1.jpg\n"
      "url-403,@/files/forbidden.jpg\n"
      "url-500,@/files/broken-server.jpg\n"
      "url-timeout,@/files/never-answers.jpg\n"
      "url-text,@/files/letter.txt\n"
      "url-page,@/files/page.html\n"
      "url-cut,@/files/cut-short.jpg\n"
      "url-empty,@/files/empty.jpg\n"
      "url-moved,@/files/moved.jpg\n"
      "url-nowhere,http://pictures.invalid/gone.jpg\n" },
};

static const struct sample delta_tables[] = {
    { "typed", "SELECT * FROM VALUES"
      " ('typed-1', '@/pictures/cat-1.jpg', array('cat', 'night'), map('split', 'train', 'camera', 'old'),"
      " named_struct('longitude', 4.9D, 'latitude', 52.37D)),"
      " ('typed-2', '@/pictures/cat-2.jpg', CAST(array() AS ARRAY<STRING>), CAST(map() AS MAP<STRING, STRING>), CAST(NULL AS"
      " STRUCT<longitude: DOUBLE, latitude: DOUBLE>)),"
      " ('typed-3', '@/pictures/cat-3.jpg', array('cat', CAST(NULL AS STRING), 'cat'), map('note', CAST(NULL AS STRING)),"
      " named_struct('longitude', 200D, 'latitude', 0D)),"
      " ('typed-4', '@/pictures/cat-4.jpg', CAST(NULL AS ARRAY<STRING>), CAST(NULL AS MAP<STRING, STRING>),"
      " named_struct('longitude', -0.5D, 'latitude', 51.5D))"
      " AS t(inputid, input, concepts, metadata, geopoints)" },
    { "numbers", "SELECT * FROM VALUES"
      " (CAST(1 AS BIGINT), '@/pictures/fruit-1.jpg', 'apple', named_struct('split', 'train', 'size', CAST(12 AS BIGINT), 'nested',"
      " named_struct('lens', '50mm', 'tags', array('a', 'b'))), array(4.9D, 52.37D)),"
      " (CAST(9223372036854775807 AS BIGINT), '@/pictures/fruit-2.jpg', 'pear, plum', named_struct('split', CAST(NULL AS STRING),"
      " 'size', CAST(NULL AS BIGINT), 'nested', CAST(NULL AS STRUCT<lens: STRING, tags: ARRAY<STRING>>)), array(0D, 0D)),"
      " (CAST(NULL AS BIGINT), '@/pictures/fruit-3.jpg', 'fig', NULL, NULL)"
      " AS t(InputID, input, concepts, metadata, geopoints)" },
};

static int write_delta(struct sandbox *s, const struct sample *table, struct err *e)
{
    struct buf text = BUF_INIT;
    int rc;

    buf_printf(&text, "CREATE TABLE delta.`" DELTA "%s` USING DELTA AS ", table->name);
    rc = expand(s, table->text, &text, e);
    if (rc == 0)
        rc = bucket_sql(s, text.data, e);
    buf_release(&text);
    return rc;
}

int seed_bucket(struct sandbox *s, struct err *e)
{
    static const char *const twice[] = { "harbour", "with-errors", "cells" };
    char csv[120], folder[120];
    int rc = write_good_csv(s, e);

    for (size_t i = 0; rc == 0 && i < sizeof csv_files / sizeof *csv_files; i++) {
        snprintf(csv, sizeof csv, IMPORTS "%s", csv_files[i].name);
        rc = write_expanded(s, csv, csv_files[i].text, e);
    }
    for (size_t i = 0; rc == 0 && i < sizeof twice / sizeof *twice; i++) {
        snprintf(csv, sizeof csv, IMPORTS "%s.csv", twice[i]);
        snprintf(folder, sizeof folder, DELTA "%s", twice[i]);
        rc = bucket_delta_from_csv(s, csv, folder, e);
    }
    for (size_t i = 0; rc == 0 && i < sizeof delta_tables / sizeof *delta_tables; i++)
        rc = write_delta(s, &delta_tables[i], e);
    return rc;
}
