#include "ui/meter.h"

static unsigned share(uint64_t done, uint64_t total, unsigned of)
{
    if (total == 0)
        return 0;
    if (done >= total)
        return of;
    return (unsigned)((double)done / (double)total * of);
}

void meter_render(struct frame *f, int row, int col, int cols, uint64_t done, uint64_t total)
{
    if (cols < 1)
        return;
    int on = (int)share(done, total, (unsigned)cols);
    for (int i = 0; i < cols; i++)
        frame_glyph(f, row, col + i, i < on ? ROLE_METER : ROLE_DIM, i < on ? GLYPH_METER_ON : GLYPH_METER_OFF);
}

char *meter_percent(uint64_t done, uint64_t total, char *out, size_t size)
{
    out[0] = '\0';
    if (total)
        snprintf(out, size, "%u %%", share(done, total, 100));
    return out;
}
