#include "sandbox/clarifai_status.h"
#include "base/json.h"
#include "base/str.h"

static const struct clarifai_code codes[] = {
    { 10000, "SUCCESS", "Ok", 200 },
    { 10010, "MIXED_STATUS", "Mixed Success", 207 },
    { 10020, "FAILURE", "Failure", 400 },
    { 10030, "TRY_AGAIN", "Try the request again", 503 },
    { 10040, "NOT_IMPLEMENTED", "Not implemented", 501 },
    { 10050, "MOVED", "Moved", 307 },
    { 10070, "ACCEPTED", "Accepted", 202 },
    { 11000, "CONN_ACCOUNT_ISSUES", "Account issues", 402 },
    { 11001, "CONN_TOKEN_INVALID", "Invalid token", 401 },
    { 11002, "CONN_CREDENTIALS_INVALID", "Invalid credentials", 401 },
    { 11003, "CONN_EXCEED_HOURLY_LIMIT", "Hourly limit exceeded", 402 },
    { 11004, "CONN_EXCEED_MONTHLY_LIMIT", "Monthly limit exceeded", 402 },
    { 11005, "CONN_THROTTLED", "Making too many requests", 429 },
    { 11006, "CONN_EXCEEDS_LIMITS", "Account limits exceeded", 402 },
    { 11007, "CONN_INSUFFICIENT_SCOPES", "API key has insufficient scopes", 403 },
    { 11008, "CONN_KEY_INVALID", "Invalid API key or Invalid API key/application pair", 401 },
    { 11009, "CONN_KEY_NOT_FOUND", "API key not found", 401 },
    { 11100, "CONN_BAD_REQUEST_FORMAT", "Bad request format", 400 },
    { 11101, "CONN_DOES_NOT_EXIST", "Resource does not exist", 404 },
    { 11102, "CONN_INVALID_REQUEST", "Invalid request", 400 },
    { 11103, "CONN_METHOD_NOT_ALLOWED", "Method not allowed", 405 },
    { 11104, "CONN_NO_GDPR_CONSENT", "No GDPR consent", 403 },
    { 11105, "CONN_INVALID_RANGE", "Invalid range", 400 },
    { 22102, "WORKFLOW_DOES_NOT_EXIST", "Workflow does not exist", 404 },
    { 23150, "CONCEPT_MODIFY_SUCCESS", "Concept modified successfully", 200 },
    { 23151, "CONCEPT_MODIFY_PENDING", "Concept modification pending", 200 },
    { 23152, "CONCEPT_MODIFY_FAILED", "Concept modification failed", 400 },
    { 24150, "ANNOTATION_SUCCESS", "Annotation success", 200 },
    { 24151, "ANNOTATION_PENDING", "Annotation pending", 200 },
    { 24152, "ANNOTATION_FAILED", "Annotation failed", 400 },
    { 24154, "ANNOTATION_UNKNOWN_STATUS", "Annotation unknown status", 400 },
    { 24155, "ANNOTATION_INVALID_ARGUMENT", "Annotation invalid argument", 400 },
    { 24156, "ANNOTATION_PERMISSION_DENIED", "Annotation permission denied", 403 },
    { 24157, "ANNOTATION_AWAITING_REVIEW", "Annotation awaiting review", 200 },
    { 24158, "ANNOTATION_REVIEW_DENIED", "Annotation review denied", 200 },
    { 24159, "ANNOTATION_AWAITING_CONSENSUS_REVIEW", "Annotation awaiting consensus review", 200 },
    { 24250, "ANNOTATION_MODIFY_SUCCESS", "Annotation modification success", 200 },
    { 24251, "ANNOTATION_MODIFY_PENDING", "Annotation modification pending", 200 },
    { 24252, "ANNOTATION_MODIFY_FAILED", "Annotation modification failed", 400 },
    { 24900, "METADATA_INVALID_PATCH_ARGUMENTS", "Invalid metadata patch arguments", 400 },
    { 24901, "METADATA_PARSING_ISSUE", "Metadata parsing issue", 400 },
    { 24902, "METADATA_MANIPULATION_ISSUE", "Metadata manipulation issue", 400 },
    { 25400, "BULK_OPERATION_SUCCESS", "Bulk operation success", 200 },
    { 25401, "BULK_OPERATION_FAILED", "Bulk operation failed", 400 },
    { 25402, "BULK_OPERATION_PENDING", "Bulk operation pending", 200 },
    { 25403, "BULK_OPERATION_IN_PROGRESS", "Bulk operation in progress", 200 },
    { 25404, "BULK_OPERATION_INVALID_REQUEST", "Bulk operation invalid request", 400 },
    { 25405, "BULK_OPERATION_CANCELLED", "Bulk operation cancelled", 200 },
    { 25406, "BULK_OPERATION_UNEXPECTED_ERROR", "Bulk operation unexpected error", 500 },
    { 30000, "INPUT_DOWNLOAD_SUCCESS", "Download complete", 200 },
    { 30001, "INPUT_DOWNLOAD_PENDING", "Download pending", 200 },
    { 30002, "INPUT_DOWNLOAD_FAILED", "Download failed", 400 },
    { 30003, "INPUT_DOWNLOAD_IN_PROGRESS", "Download in progress", 200 },
    { 30004, "INPUT_STATUS_UPDATE_FAILED", "Input status update failed", 400 },
    { 30005, "INPUT_DELETE_FAILED", "Input delete failed", 400 },
    { 30100, "INPUT_DUPLICATE",
      "Duplicate URL in your application. Check the documentation to allow duplications.", 400 },
    { 30101, "INPUT_UNSUPPORTED_FORMAT", "Input image format unsupported", 400 },
    { 30102, "INPUT_DOES_NOT_EXIST", "Input does not exist", 404 },
    { 30103, "INPUT_PERMISSION_DENIED", "Input permission denied", 403 },
    { 30104, "INPUT_INVALID_ARGUMENT", "Input has an invalid argument", 400 },
    { 30105, "INPUT_OVER_LIMIT", "Input image is larger than the allowed limit", 400 },
    { 30106, "INPUT_INVALID_URL", "Input image URL invalid", 400 },
    { 30200, "INPUT_MODIFY_SUCCESS", "Input image modification success", 200 },
    { 30201, "INPUT_MODIFY_PENDING", "Input image modification pending", 200 },
    { 30203, "INPUT_MODIFY_FAILED", "Input image modification failed", 400 },
    { 30210, "INPUT_STORAGE_HOST_FAILED", "Input storage host failed", 500 },
    { 30300, "ALL_INPUT_INVALID_BYTES", "Input image decoding failed", 400 },
    { 30400, "INPUT_CLUSTER_SUCCESS", "Input cluster success", 200 },
    { 30401, "INPUT_CLUSTER_PENDING", "Input cluster pending", 200 },
    { 30402, "INPUT_CLUSTER_FAILED", "Input cluster failed", 400 },
    { 30403, "INPUT_CLUSTER_IN_PROGRESS", "Input cluster in progress", 200 },
    { 30500, "INPUT_REINDEX_SUCCESS", "Input reindex success", 200 },
    { 30501, "INPUT_REINDEX_PENDING", "Input reindex pending", 200 },
    { 30502, "INPUT_REINDEX_FAILED", "Input reindex failed", 400 },
    { 30503, "INPUT_REINDEX_IN_PROGRESS", "Input reindex in progress", 200 },
    { 39996, "INPUT_CONNECTION_FAILED", "Connection attempts to the input URL failed", 400 },
    { 39997, "REQUEST_DISABLED_FOR_MAINTENANCE", "Request disabled for maintenance. Try again in a few hours.", 503 },
    { 39998, "INPUT_WRITES_DISABLED_FOR_MAINTENANCE", "Input writes disabled for maintenance", 503 },
    { 39999, "INPUT_INVALID_REQUEST", "Invalid input request", 400 },
    { 40001, "PREDICT_INVALID_REQUEST", "Invalid request", 400 },
    { 40002, "SEARCH_INVALID_REQUEST", "Invalid search request", 400 },
    { 40003, "CONCEPTS_INVALID_REQUEST", "Invalid request", 400 },
    { 40010, "DATABASE_DUPLICATE_KEY", "Another object with this ID already exists", 400 },
    { 40011, "DATABASE_STATEMENT_TIMEOUT", "Database statement timeout", 500 },
    { 40013, "DATABASE_DEADLOCK_DETECTED", "Database deadlock detected", 500 },
    { 40015, "DATABASE_FAIL_TO_GET_CONNECTIONS", "Database connections used up", 503 },
    { 40016, "DATABASE_TOO_MANY_CLIENTS", "Database has too many clients", 503 },
    { 40020, "ASYNC_WORKER_MULTI_ERRORS", "Several worker errors", 500 },
    { 40021, "DATABASE_CANCELED", "Database request cancelled", 500 },
    { 40030, "RPC_REQUEST_QUEUE_FULL", "Request queue full", 503 },
    { 40031, "RPC_SERVER_UNAVAILABLE", "Server unavailable", 503 },
    { 40032, "RPC_REQUEST_TIMEOUT", "Request timeout", 503 },
    { 40033, "RPC_MAX_MESSAGE_SIZE_EXCEEDED", "Maximum message size exceeded", 413 },
    { 40034, "EXTERNAL_CONNECTION_ERROR", "External connection error", 503 },
    { 40035, "RPC_CANCELED", "Request cancelled", 499 },
    { 40050, "QUERY_INVALID_SYNTAX", "Query has invalid syntax", 400 },
    { 64000, "JOB_QUEUED", "Job is queued to be ran.", 200 },
    { 64001, "JOB_RUNNING", "Job is running.", 200 },
    { 64002, "JOB_COMPLETED", "Job successfully ran.", 200 },
    { 64003, "JOB_FAILED", "Job failed.", 200 },
    { 64004, "JOB_CANCELLED", "Job was cancelled.", 200 },
    { 64005, "DATASET_VERSION_PENDING", "Dataset version pending", 200 },
    { 64006, "JOB_UNEXPECTED_ERROR", "Job unexpected error", 200 },
    { 64007, "JOB_CONFLICT", "Job conflict", 409 },
    { 64008, "JOB_PAUSED", "Job paused", 200 },
    { 64010, "DATASET_VERSION_IN_PROGRESS", "Dataset version in progress", 200 },
    { 64015, "DATASET_VERSION_READY", "Dataset version is ready", 200 },
    { 64020, "DATASET_VERSION_FAILURE", "Dataset version failure", 200 },
    { 64025, "DATASET_VERSION_UNEXPECTED_ERROR", "Dataset version unexpected error", 200 },
    { 64030, "DATASET_VERSION_CONFLICT", "Dataset version conflict", 409 },
    { 64100, "DATASET_INPUT_SUCCESS", "Dataset input successfully added", 200 },
    { 64200, "DATASET_VERSION_EXPORT_SUCCESS", "Dataset version export success", 200 },
    { 64201, "DATASET_VERSION_EXPORT_PENDING", "Dataset version export pending", 200 },
    { 64202, "DATASET_VERSION_EXPORT_FAILED", "Dataset version export failed", 200 },
    { 64203, "DATASET_VERSION_EXPORT_IN_PROGRESS", "Dataset version export in progress", 200 },
    { 64204, "DATASET_VERSION_EXPORT_UNEXPECTED_ERROR", "Dataset version export unexpected error", 200 },
    { 66000, "LIST_OBJECTS_FAILED", "Listing the objects failed", 400 },
    { 67000, "ARCHIVE_EXTRACT_FAILED", "Extracting the archive failed", 400 },
    { 68000, "UPLOAD_IN_PROGRESS", "Upload in progress", 200 },
    { 68001, "UPLOAD_DONE", "Upload done", 200 },
    { 68002, "UPLOAD_FAILED", "Upload failed", 200 },
    { 68003, "UPLOAD_UNEXPECTED_ERROR", "Upload unexpected error", 200 },
    { 68004, "UPLOAD_EXPIRED", "Upload expired", 200 },
    { 68005, "UPLOAD_CANCELED", "Upload cancelled", 200 },
    { 68006, "UPLOAD_CONFLICT", "Upload conflict", 409 },
    { 90400, "BAD_REQUEST", "Bad request", 400 },
    { 90500, "SERVER_ERROR", "Server error", 500 },
    { 98004, "INTERNAL_SERVER_ISSUE", "Internal server issue", 500 },
    { 98005, "INTERNAL_FETCHING_ISSUE", "Internal fetching issue", 500 },
    { 98006, "INTERNAL_DATABASE_ISSUE", "Internal database issue", 500 },
    { 98009, "INTERNAL_UNEXPECTED_TIMEOUT", "Internal unexpected timeout", 500 },
    { 98011, "INTERNAL_UNEXPECTED_PANIC", "Internal unexpected panic", 500 },
    { 98014, "INTERNAL_RESOURCE_EXHAUSTED", "Internal resource exhausted", 503 },
    { 99001, "CONN_UNCATEGORIZED", "Uncategorized connection problem", 500 },
    { 99003, "INPUT_UNCATEGORIZED", "Uncategorized input problem", 500 },
    { 99004, "ANNOTATION_UNCATEGORIZED", "Uncategorized annotation problem", 500 },
    { 99009, "INTERNAL_UNCATEGORIZED", "Internal uncategorized problem", 500 },
};

/* Other names of the same codes that a request may use. */
static const struct { const char *name; int code; } aliases[] = {
    { "INPUT_SUCCESS", 30000 }, { "INPUT_PENDING", 30001 }, { "INPUT_FAILED", 30002 }, { "INPUT_IN_PROGRESS", 30003 },
};

const struct clarifai_code *clarifai_code_at(size_t i)
{
    return i < sizeof codes / sizeof *codes ? &codes[i] : NULL;
}

const struct clarifai_code *clarifai_code_find(int code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].code == code)
            return &codes[i];
    return NULL;
}

const struct clarifai_code *clarifai_code_named(const char *text)
{
    int64_t number;

    if (str_i64(text, &number))
        return clarifai_code_find((int)number);
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(aliases[i].name, text) == 0)
            return clarifai_code_find(aliases[i].code);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].name, text) == 0)
            return &codes[i];
    return NULL;
}

cJSON *clarifai_code_json(int code, const char *details)
{
    const struct clarifai_code *c = clarifai_code_find(code);
    cJSON *o = cJSON_CreateObject();

    if (o == NULL)
        return NULL;
    json_put_i64(o, "code", code);
    json_put_str(o, "description", c != NULL ? c->description : "Unknown");
    json_put_str(o, "details", details);
    return o;
}
