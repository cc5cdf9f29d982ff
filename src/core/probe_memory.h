#ifndef LAKEFERRY_CORE_PROBE_MEMORY_H
#define LAKEFERRY_CORE_PROBE_MEMORY_H
/* probe_memory: answers of probes on disk: CACHE/probe.json, by workspace, compute and runtime. Losing it costs a probe. One thread. */
#include "core/probe.h"
#include "base/json.h"

struct probe_answers { cJSON *forms; };      /* {"create": "", "merge": "reason"} */
/* Without memory the answer is lost, and with it the memory of the probe: no error. */
void probe_answers_add(struct probe_answers *a, const struct probe_result *r);
void probe_answers_release(struct probe_answers *a);
int probe_remember(const struct session *s, const struct compute *c, const struct probe_answers *a, struct err *e);
#endif
