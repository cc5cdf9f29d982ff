#ifndef LAKEFERRY_NET_BODY_H
#define LAKEFERRY_NET_BODY_H
/*
 * body: a request body made of runs of text and of bytes that become base64 while they are sent, so that a batch of pictures is never
 * copied. Its size is known exactly beforehand and it can be read again from the start for each attempt. Belongs to one thread at a time:
 * the lane builds it, the engine thread reads it while the lane waits.
 */
#include "net/engine.h"

struct body_piece {
    const unsigned char *bytes; /* NULL: a run of the text buffer */
    size_t from, size;          /* run of text; or size alone, before base64 */
    uint64_t wire;              /* bytes sent */
};
struct body {
    struct buf text;            /* append to it between the other calls */
    struct body_piece *pieces;
    size_t count, cap;
    size_t taken;               /* text already in pieces */
    size_t at;                  /* reading: piece and offset of its wire bytes */
    uint64_t offset;
};

/* An empty body; nothing is allocated. */
void body_init(struct body *b);
void body_release(struct body *b);
/* Ends the run of text and adds size bytes as base64; the bytes stay the caller's and must live until the call ended. 0 or -1. */
int body_add_base64(struct body *b, const void *bytes, size_t size, struct err *e);
/* Ends the body and fills source (valid as long as b). -1 when an append to text failed. */
int body_source(struct body *b, struct net_source *source, struct err *e);
/* Bytes on the wire so far, text that is not yet in a piece included. */
uint64_t body_size(const struct body *b);
#endif
