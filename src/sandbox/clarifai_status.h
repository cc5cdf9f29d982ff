#ifndef LAKEFERRY_SANDBOX_CLARIFAI_STATUS_H
#define LAKEFERRY_SANDBOX_CLARIFAI_STATUS_H
/*
 * clarifai_status: the platform's status codes with their names, descriptions and HTTP numbers (reference clarifai
 * §§2.2, 2.3), in one table. Constant; any thread.
 */
#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

struct clarifai_code {
    int code;
    const char *name;        /* "INPUT_PENDING" */
    const char *description; /* "Download pending" */
    int http;                /* when it is the status of a whole answer */
};

const struct clarifai_code *clarifai_code_at(size_t i);       /* NULL behind the last */
const struct clarifai_code *clarifai_code_find(int code);     /* NULL when unknown */
const struct clarifai_code *clarifai_code_named(const char *text); /* by name, or by number written as text; NULL */
/* {"code","description"[,"details"]}; the caller owns it; NULL without memory. */
cJSON *clarifai_code_json(int code, const char *details);
#endif
