#ifndef LAKEFERRY_SANDBOX_PICTURE_SCENES_H
#define LAKEFERRY_SANDBOX_PICTURE_SCENES_H
/* picture_scenes: what the sample pictures show, drawn for picture.c. Pure functions over libgd; any thread. */
#include <gd.h>
#include <stdint.h>

struct easel {
    gdImagePtr im;
    int w, h;
    uint64_t state; /* of the random numbers */
};
/* Draws the scene (index is taken modulo the count) over the whole easel. */
void picture_scene_draw(int index, struct easel *p);
#endif
