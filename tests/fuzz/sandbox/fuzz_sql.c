/* The sandbox's SQL: any text is rows, or an error as Spark words it; the tables it must not touch are untouched. */
#include "../fuzz.h"
#include "base/str.h"
#include "sandbox/sql/sql.h"

static struct lake *lake;
static struct sql_session *session;
static int polls;

static bool cancelled(void *ctx)
{
    (void)ctx;
    return ++polls > 20;
}

static void execute(const char *text)
{
    struct sql_result out;
    struct err e = { 0 };
    polls = 0;
    if (sql_execute(session, text, NULL, 0, cancelled, NULL, &out, &e)) return;
    FUZZ_HOLDS(!out.failed || (out.message && out.message[0]));
    FUZZ_HOLDS(out.failed || out.column_count >= 0);
    sql_result_release(&out);
}

static void prepare(void)
{
    struct err e = { 0 };
    lake = lake_open(fuzz_folder(), &e);
    FUZZ_HOLDS(lake && lake_catalog_create(lake, "main", "c", &e) == 0 && lake_schema_create(lake, "main", "default", NULL, &e) == 0);
    FUZZ_HOLDS(lake_schema_create(lake, "main", "s", NULL, &e) == 0 && lake_volume_create(lake, "main", "s", "v", NULL, NULL, &e) == 0);
    session = sql_session_new(lake, "me@example.com");
    FUZZ_HOLDS(session);
    execute("CREATE TABLE main.s.t (id STRING, n BIGINT, tags ARRAY<STRING>)");
    execute("INSERT INTO main.s.t VALUES ('a', 1, array('x')), ('b', NULL, NULL)");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!lake) prepare();
    char *text = fuzz_text(data, n);
    execute(text);
    free(text);
    return 0;
}
