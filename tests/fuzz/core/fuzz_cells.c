/* Cells of a row that somebody wrote by hand or by another program: a value, or a reason. What was read is written and read again to the same. */
#include "../fuzz.h"
#include "base/json.h"
#include "core/cells.h"
#include "core/cells_literal.h"

static void check_reason(int result, const char *reason)
{
    FUZZ_HOLDS(result == 0 || result == 1);
    FUZZ_HOLDS(result == 0 || (reason[0] && memchr(reason, 0, CELLS_REASON)));
}

static void metadata(const char *cell)
{
    char reason[CELLS_REASON] = "", *json = NULL, *again = NULL;
    int result = cells_metadata(cell, &json, reason);
    check_reason(result, reason);
    if (json) {
        cJSON *tree = json_parse(json, strlen(json), NULL);
        FUZZ_HOLDS(result == 0 && cJSON_IsObject(tree) && !json_get(tree, "lakeferry"));
        cJSON_Delete(tree);
        FUZZ_HOLDS(cells_metadata(json, &again, reason) == 0);
    }
    free(json);
    free(again);
    char why[120] = "";
    cJSON *tree = cells_literal_parse(cell, why, sizeof why);
    FUZZ_HOLDS(tree || why[0]);
    cJSON_Delete(tree);
}

static void others(const char *cell)
{
    char reason[CELLS_REASON] = "", *url = NULL;
    struct str_list concepts = { 0 };
    struct cells_geo geo = { 0 };
    check_reason(cells_id(cell, reason), reason);
    check_reason(cells_url(cell, &url, reason), reason);
    FUZZ_HOLDS(!url || !strpbrk(url, "\r\n"));
    free(url);
    int result = cells_concepts(cell, &concepts, reason);
    check_reason(result, reason);
    for (size_t i = 0; result == 0 && i < concepts.count; i++)
        for (size_t k = i + 1; k < concepts.count; k++) FUZZ_HOLDS(!str_eq(concepts.items[i], concepts.items[k]));
    str_list_release(&concepts);
    result = cells_geo(cell, &geo, reason);
    check_reason(result, reason);
    FUZZ_HOLDS(result || !geo.has || (geo.longitude >= -180 && geo.longitude <= 180 && geo.latitude >= -90 && geo.latitude <= 90));
    cells_by_name(cell);
}

/* The cells of one row, with a unit separator between. */
static void row(char *text)
{
    const char *cells[CELLS_COLUMNS] = { NULL };
    struct cells_row r = { 0 }, again = { 0 };
    char reason[CELLS_REASON] = "";
    struct buf once = BUF_INIT, twice = BUF_INIT;
    for (int i = 0; i < CELLS_COLUMNS && text; i++) {
        char *end = strchr(text, 0x1f);
        if (end) *end = '\0';
        cells[i] = text[0] ? text : NULL;
        text = end ? end + 1 : NULL;
    }
    int result = cells_row_read(cells, &r, reason);
    check_reason(result, reason);
    if (result == 0) {
        FUZZ_HOLDS(cells_row_put(&once, &r) == 0 && cells_row_parse(once.data, &again) == 0 && cells_row_put(&twice, &again) == 0);
        FUZZ_HOLDS(str_eq(once.data, twice.data));
        cells_row_release(&again);
    }
    cells_row_release(&r);
    buf_release(&once);
    buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *text = fuzz_text(data, n);
    metadata(text);
    others(text);
    row(text);
    free(text);
    return 0;
}
