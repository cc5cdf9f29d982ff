#ifndef LAKEFERRY_CORE_ANNOTATION_H
#define LAKEFERRY_CORE_ANNOTATION_H
/*
 * annotation: what an annotation's `data` holds, in the words of design §5: its types and its concepts (reference clarifai §5.3). Pure; any thread.
 */
#include "base/json.h"

/*
 * "bounding_box", "concept+metadata", "bounding_box+frame", …: the structures found, joined by '+' in the order concept, bounding_box, polygon, mask,
 * point, keypoints, span, token, frame, segment, track, metadata; "empty" when there is none. Regions count wherever they are (also inside frames,
 * segments and tracks), concepts and metadata (with it, places) at the top. 0 or -1 (sticky failure of out).
 */
int annotation_type(struct buf *out, const cJSON *data);
/* The concepts named anywhere in it as a JSON array, each id and value once, in the order met; "[]" when there are none. 0 or -1 (sticky). */
int annotation_concepts(struct buf *out, const cJSON *data);
#endif
