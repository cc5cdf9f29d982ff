#include "sandbox/picture_scenes.h"
#include "base/str.h"
#include "sandbox/picture.h"
#include <gdfontg.h>
#include <gdfontl.h>
#include <gdfontmb.h>

/* --- the tools --- */

static uint64_t next_random(struct easel *p)
{
    uint64_t z = (p->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* A number of [low, high). */
static double between(struct easel *p, double low, double high)
{
    return low + (high - low) * ((double)(next_random(p) >> 11) / 9007199254740992.0);
}

static int pick(struct easel *p, int n)
{
    return (int)(next_random(p) % (uint64_t)n);
}

/* Positions are fractions of width and height; sizes of round things fractions of the height. */
static int px(const struct easel *p, double x) { return (int)(x * p->w); }
static int py(const struct easel *p, double y) { return (int)(y * p->h); }

static void box(struct easel *p, double x0, double y0, double x1, double y1, int colour)
{
    gdImageFilledRectangle(p->im, px(p, x0), py(p, y0), px(p, x1), py(p, y1), colour);
}

static void frame(struct easel *p, double x0, double y0, double x1, double y1, int colour)
{
    gdImageRectangle(p->im, px(p, x0), py(p, y0), px(p, x1), py(p, y1), colour);
}

static void disc(struct easel *p, double x, double y, double wide, double high, int colour)
{
    gdImageFilledEllipse(p->im, px(p, x), py(p, y), py(p, wide), py(p, high), colour);
}

static void triangle(struct easel *p, double x0, double y0, double x1, double y1, double x2, double y2, int colour)
{
    gdPoint points[3] = { { px(p, x0), py(p, y0) }, { px(p, x1), py(p, y1) }, { px(p, x2), py(p, y2) } };
    gdImageFilledPolygon(p->im, points, 3, colour);
}

static void stroke(struct easel *p, double x0, double y0, double x1, double y1, int thick, int colour)
{
    gdImageSetThickness(p->im, thick);
    gdImageLine(p->im, px(p, x0), py(p, y0), px(p, x1), py(p, y1), colour);
    gdImageSetThickness(p->im, 1);
}

static int mix(int a, int b, double share)
{
    int colour = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
        int from = (a >> shift) & 255, to = (b >> shift) & 255;
        colour |= (from + (int)((to - from) * share)) << shift;
    }
    return colour;
}

/* A band whose colour runs from top to bottom. */
static void wash(struct easel *p, double y0, double y1, int top, int bottom)
{
    int from = py(p, y0), to = py(p, y1);
    for (int y = from; y < to; y++)
        gdImageLine(p->im, 0, y, p->w, y, mix(top, bottom, (double)(y - from) / (to - from)));
}

static void cloud(struct easel *p, double x, double y)
{
    for (int i = 0; i < 4; i++)
        disc(p, x + 0.03 * i, y + (i % 2) * 0.02, 0.12, 0.08, 0xF4F7FA);
}

static void sky(struct easel *p, double horizon)
{
    static const int tops[] = { 0x4A90D9, 0x2F6DB5, 0xE58B5A, 0x7FA8C9 };
    int top = tops[pick(p, 4)];

    wash(p, 0, horizon, top, mix(top, 0xFFF4E0, 0.75));
    disc(p, between(p, 0.1, 0.9), between(p, 0.08, 0.2), 0.13, 0.13, 0xFFE27A);
    for (int i = pick(p, 3) + 1; i > 0; i--)
        cloud(p, between(p, 0.05, 0.8), between(p, 0.06, 0.24));
}

static void tree(struct easel *p, double x, double ground, double size)
{
    box(p, x - 0.012 * size, ground - 0.16 * size, x + 0.012 * size, ground, 0x6B4423);
    disc(p, x, ground - 0.24 * size, 0.22 * size, 0.24 * size, 0x2F7D32);
    disc(p, x - 0.03 * size, ground - 0.28 * size, 0.14 * size, 0.14 * size, 0x43A047);
}

static void house(struct easel *p, double x, double ground, double wide, double high)
{
    static const int walls[] = { 0xE6C9A8, 0xC97B63, 0xB8C4D6, 0xF1E3B5, 0xA8B88C };
    double roof = ground - high;

    box(p, x, roof, x + wide, ground, walls[pick(p, 5)]);
    triangle(p, x - 0.015, roof, x + wide + 0.015, roof, x + wide / 2, roof - 0.11, 0x8C3B2E);
    for (int row = 0; row < 2; row++)
        for (int col = 0; col < 3; col++) {
            double left = x + wide * (0.1 + 0.3 * col), top = roof + high * (0.12 + 0.36 * row);
            if (row == 1 && col == 1)
                continue;
            box(p, left, top, left + wide * 0.2, top + high * 0.22, pick(p, 4) ? 0x5B7FA5 : 0xFFE08A);
            frame(p, left, top, left + wide * 0.2, top + high * 0.22, 0xFFFFFF);
        }
    box(p, x + wide * 0.4, ground - high * 0.4, x + wide * 0.6, ground, 0x5A3A22);
}

static void car(struct easel *p, double x, double y, double size)
{
    static const int paints[] = { 0xC62828, 0x1565C0, 0xF9A825, 0x37474F, 0xECEFF1, 0x2E7D32 };
    int paint = paints[pick(p, 6)];
    double wide = 0.2 * size, high = 0.07 * size;

    triangle(p, x + wide * 0.1, y - high, x + wide * 0.3, y - high * 2, x + wide * 0.3, y - high, paint);
    triangle(p, x + wide * 0.9, y - high, x + wide * 0.72, y - high * 2, x + wide * 0.72, y - high, paint);
    box(p, x + wide * 0.3, y - high * 2, x + wide * 0.72, y - high, paint);
    box(p, x + wide * 0.34, y - high * 1.8, x + wide * 0.49, y - high * 1.1, 0xB3D4EA);
    box(p, x + wide * 0.53, y - high * 1.8, x + wide * 0.68, y - high * 1.1, 0xB3D4EA);
    box(p, x, y - high, x + wide, y, paint);
    disc(p, x + wide * 0.97, y - high * 0.6, 0.02 * size, 0.02 * size, 0xFFF59D);
    for (int wheel = 0; wheel < 2; wheel++) {
        double centre = x + wide * (0.22 + 0.56 * wheel);
        disc(p, centre, y, 0.075 * size, 0.075 * size, 0x1B1B1B);
        disc(p, centre, y, 0.034 * size, 0.034 * size, 0xBDBDBD);
    }
}

static void draw_street(struct easel *p)
{
    sky(p, 0.65);
    for (double x = between(p, -0.04, 0.03); x < 0.98;) {
        double wide = between(p, 0.16, 0.24);
        house(p, x, 0.64, wide, between(p, 0.2, 0.34));
        x += wide + between(p, 0.03, 0.07);
    }
    tree(p, between(p, 0.1, 0.9), 0.66, 0.9);
    box(p, 0, 0.64, 1, 0.71, 0xA9A9A0);
    wash(p, 0.71, 1, 0x55585C, 0x3A3C40);
    for (double x = 0.02; x < 1; x += 0.14)
        box(p, x, 0.85, x + 0.07, 0.862, 0xF5F5F5);
    car(p, between(p, 0.02, 0.3), 0.82, 0.9);
    if (pick(p, 3))
        car(p, between(p, 0.45, 0.74), 0.82, 0.9);
    car(p, between(p, 0.1, 0.65), 0.95, 1.3);
}

static void boat(struct easel *p, double x, double y, double size)
{
    static const int hulls[] = { 0x8B2E2E, 0x1F4E79, 0x2E5E4E, 0xF2F2F2, 0x6D4C41 };
    gdPoint hull[4] = {
        { px(p, x), py(p, y) }, { px(p, x + 0.24 * size), py(p, y) },
        { px(p, x + 0.2 * size), py(p, y + 0.07 * size) }, { px(p, x + 0.04 * size), py(p, y + 0.07 * size) },
    };

    stroke(p, x + 0.11 * size, y, x + 0.11 * size, y - 0.34 * size, 3, 0x4E342E);
    triangle(p, x + 0.12 * size, y - 0.33 * size, x + 0.12 * size, y - 0.02, x + 0.23 * size, y - 0.02, 0xFAFAFA);
    triangle(p, x + 0.1 * size, y - 0.3 * size, x + 0.1 * size, y - 0.02, x + 0.02 * size, y - 0.02,
             pick(p, 2) ? 0xE57373 : 0xFFF3E0);
    gdImageFilledPolygon(p->im, hull, 4, hulls[pick(p, 5)]);
}

static void draw_harbour(struct easel *p)
{
    double light = between(p, 0.06, 0.18);

    sky(p, 0.52);
    for (int i = 0; i < 4; i++)
        triangle(p, 0.25 * i - 0.1, 0.52, 0.25 * i + 0.35, 0.52, 0.25 * i + 0.12, between(p, 0.36, 0.46), 0x7D95A8);
    wash(p, 0.52, 1, 0x3E7CA8, 0x12405E);
    for (int i = 0; i < 60; i++) {
        double x = between(p, 0, 0.95), y = between(p, 0.56, 0.98);
        stroke(p, x, y, x + 0.04, y, 1, 0x79AED0);
    }
    box(p, 0, 0.5, 0.3, 0.57, 0x6E6A63);
    box(p, light, 0.24, light + 0.05, 0.5, 0xF5F5F5);
    box(p, light, 0.31, light + 0.05, 0.36, 0xC62828);
    box(p, light, 0.42, light + 0.05, 0.46, 0xC62828);
    box(p, light - 0.008, 0.2, light + 0.058, 0.24, 0xFFD54F);
    triangle(p, light - 0.01, 0.2, light + 0.06, 0.2, light + 0.025, 0.15, 0x8C1D1D);
    boat(p, between(p, 0.36, 0.5), 0.62, 0.7);
    boat(p, between(p, 0.68, 0.76), 0.6, 0.6);
    boat(p, between(p, 0.08, 0.5), 0.82, 1.1);
    if (pick(p, 2))
        boat(p, between(p, 0.58, 0.7), 0.85, 1.0);
}

static void beast(struct easel *p, double x, double y, double size)
{
    int cow = pick(p, 2), coat = cow ? 0xFAFAFA : 0xF3EFE4, face = cow ? 0x3E2723 : 0x2B2B2B;

    for (int leg = 0; leg < 4; leg++)
        box(p, x + size * (0.03 + 0.035 * leg), y, x + size * (0.045 + 0.035 * leg), y + size * 0.1, face);
    disc(p, x + 0.09 * size, y - 0.03 * size, 0.28 * size, 0.17 * size, coat);
    for (int i = 0; !cow && i < 7; i++)
        disc(p, x + size * (0.02 + 0.023 * i), y - size * (0.09 + 0.01 * (i % 2)), 0.08 * size, 0.07 * size, coat);
    for (int i = 0; cow && i < 3; i++)
        disc(p, x + size * (0.05 + 0.04 * i), y - size * between(p, 0.0, 0.07), 0.07 * size, 0.05 * size, face);
    disc(p, x + 0.19 * size, y - 0.1 * size, 0.1 * size, 0.09 * size, face);
    disc(p, x + 0.17 * size, y - 0.15 * size, 0.03 * size, 0.06 * size, face);
    disc(p, x + 0.2 * size, y - 0.115 * size, 0.016 * size, 0.016 * size, 0xFFFFFF);
}

static void draw_meadow(struct easel *p)
{
    sky(p, 0.5);
    for (int i = 0; i < 3; i++)
        gdImageFilledEllipse(p->im, px(p, 0.2 + 0.35 * i), py(p, 0.62), px(p, 0.7), py(p, between(p, 0.3, 0.5)),
                             mix(0x6FA36B, 0x4B8B57, i / 2.0));
    wash(p, 0.55, 1, 0x7CB342, 0x4C8C2B);
    tree(p, between(p, 0.75, 0.92), 0.62, 1.3);
    for (double x = 0; x < 1; x += 0.1)
        box(p, x, 0.56, x + 0.012, 0.66, 0x8D6E63);
    box(p, 0, 0.58, 1, 0.592, 0xA1887F);
    box(p, 0, 0.62, 1, 0.632, 0xA1887F);
    for (int i = 0; i < 40; i++)
        disc(p, between(p, 0, 1), between(p, 0.7, 0.99), 0.012, 0.012, pick(p, 2) ? 0xFFF176 : 0xF8BBD0);
    beast(p, between(p, 0.05, 0.2), 0.74, 0.9);
    beast(p, between(p, 0.4, 0.55), 0.72, 0.8);
    beast(p, between(p, 0.15, 0.6), 0.86, 1.3);
}

static void form_row(struct easel *p, double y, const char *label, const char *value)
{
    unsigned char text[64];

    str_copy((char *)text, sizeof text, label);
    gdImageString(p->im, gdFontGetLarge(), px(p, 0.08), py(p, y), text, 0x30343A);
    frame(p, 0.36, y - 0.008, 0.92, y + 0.045, 0x8A8F98);
    str_copy((char *)text, sizeof text, value);
    gdImageString(p->im, gdFontGetMediumBold(), px(p, 0.38), py(p, y + 0.002), text, 0x1A3C8C);
}

static void draw_form(struct easel *p)
{
    static const char *const names[] = { "A. Lindqvist", "M. Okafor", "J. Tanaka", "R. Duarte", "S. Novak" };
    static const char *const ports[] = { "Rotterdam", "Goeteborg", "Kobe", "Santos", "Koper" };
    static const char *const goods[] = { "Timber, 40 packs", "Coffee, 312 bags", "Machine parts", "Oranges, 96 crates" };
    char number[64], date[64], weight[64];

    snprintf(number, sizeof number, "%05d", pick(p, 100000));
    snprintf(date, sizeof date, "2026-%02d-%02d", pick(p, 12) + 1, pick(p, 28) + 1);
    snprintf(weight, sizeof weight, "%d kg", 120 + pick(p, 9000));
    box(p, 0, 0, 1, 1, 0xF7F5EE);
    box(p, 0.06, 0.05, 0.94, 0.14, 0x274B6D);
    gdImageString(p->im, gdFontGetGiant(), px(p, 0.09), py(p, 0.075), (unsigned char *)(char[]){ "FREIGHT DECLARATION" },
                  0xFFFFFF);
    form_row(p, 0.2, "Declaration no.", number);
    form_row(p, 0.28, "Date", date);
    form_row(p, 0.36, "Consignee", names[pick(p, 5)]);
    form_row(p, 0.44, "Port of loading", ports[pick(p, 5)]);
    form_row(p, 0.52, "Goods", goods[pick(p, 4)]);
    form_row(p, 0.6, "Gross weight", weight);
    for (int i = 0; i < 3; i++) {
        double x = 0.08 + 0.3 * i;
        frame(p, x, 0.7, x + 0.03, 0.74, 0x30343A);
        if (pick(p, 2)) {
            stroke(p, x, 0.7, x + 0.03, 0.74, 2, 0x1A3C8C);
            stroke(p, x, 0.74, x + 0.03, 0.7, 2, 0x1A3C8C);
        }
        box(p, x + 0.045, 0.712, x + between(p, 0.14, 0.2), 0.726, 0x9AA0A8);
    }
    stroke(p, 0.55, 0.9, 0.92, 0.9, 2, 0x30343A);
    for (int i = 0; i < 12; i++)
        stroke(p, 0.58 + 0.025 * i, between(p, 0.84, 0.9), 0.58 + 0.025 * (i + 1), between(p, 0.84, 0.9), 2, 0x1A3C8C);
    for (int i = 0; i < 200; i++)
        gdImageSetPixel(p->im, pick(p, p->w), pick(p, p->h), 0xC9C4B8);
}

static void draw_fruit(struct easel *p)
{
    static const int skins[] = { 0xD32F2F, 0xF57C00, 0x7CB342, 0xFBC02D, 0x8E24AA };

    wash(p, 0, 0.6, 0xE8DCC8, 0xCBB89B);
    wash(p, 0.6, 1, 0x8D5A2B, 0x5D3A1A);
    disc(p, 0.5, 0.86, 0.95, 0.12, 0x3F2610);
    for (int i = 0; i < 9; i++) {
        double x = 0.3 + 0.05 * i, y = 0.52 - 0.09 * (i % 3) * (i > 0 && i < 8);
        int skin = skins[pick(p, 5)];
        disc(p, x, y, 0.2, 0.2, mix(skin, 0x000000, 0.2));
        disc(p, x, y, 0.18, 0.18, skin);
        disc(p, x - 0.02, y - 0.04, 0.05, 0.04, 0xFFF8E1);
        stroke(p, x, y - 0.1, x + 0.01, y - 0.13, 3, 0x4E342E);
    }
    gdImageFilledArc(p->im, px(p, 0.5), py(p, 0.54), px(p, 0.64), py(p, 0.66), 0, 180, 0x3B6E8F, gdPie);
    box(p, 0.18, 0.53, 0.82, 0.56, 0x5D93B5);
    box(p, 0.42, 0.84, 0.58, 0.88, 0x2C546E);
}

static void draw_cat(struct easel *p)
{
    static const int furs[] = { 0xE69138, 0x6B6B6B, 0x3A3A3A, 0xD9C3A5 };
    int fur = furs[pick(p, 4)], dark = mix(fur, 0x000000, 0.35), iris = pick(p, 2) ? 0x8BC34A : 0xFFC107;
    int wall = (int)(next_random(p) & 0x7F7F7F);

    wash(p, 0, 1, mix(wall, 0xFFFFFF, 0.6), mix(wall, 0x5E8B7E, 0.5));
    disc(p, 0.5, 1.02, 0.9, 0.75, fur);
    triangle(p, 0.29, 0.14, 0.33, 0.42, 0.46, 0.27, fur);
    triangle(p, 0.71, 0.14, 0.67, 0.42, 0.54, 0.27, fur);
    triangle(p, 0.315, 0.2, 0.345, 0.36, 0.42, 0.28, 0xE8A0A0);
    triangle(p, 0.685, 0.2, 0.655, 0.36, 0.58, 0.28, 0xE8A0A0);
    disc(p, 0.5, 0.5, 0.62, 0.54, fur);
    for (int i = -1; i <= 1; i++)
        stroke(p, 0.5 + 0.04 * i, 0.25, 0.5 + 0.03 * i, 0.34, 5, dark);
    for (int side = -1; side <= 1; side += 2) {
        disc(p, 0.5 + 0.1 * side, 0.46, 0.14, 0.12, iris);
        disc(p, 0.5 + 0.1 * side, 0.46, 0.035, 0.11, 0x111111);
        disc(p, 0.5 + 0.05 * side, 0.61, 0.15, 0.11, 0xF5EFE6);
        for (int i = -1; i <= 1; i++)
            stroke(p, 0.5 + 0.06 * side, 0.61 + 0.015 * i, 0.5 + 0.27 * side, 0.6 + 0.05 * i, 2, 0xFFFFFF);
    }
    triangle(p, 0.475, 0.55, 0.525, 0.55, 0.5, 0.585, 0xD87A7A);
}

static const struct { const char *name; void (*draw)(struct easel *); } scenes[] = {
    { "street", draw_street }, { "harbour", draw_harbour }, { "meadow", draw_meadow },
    { "form", draw_form },     { "fruit", draw_fruit },     { "cat", draw_cat },
};

int picture_scene_count(void)
{
    return (int)(sizeof scenes / sizeof *scenes);
}

const char *picture_scene_name(int index)
{
    return scenes[(unsigned)index % (unsigned)picture_scene_count()].name;
}

int picture_scene_index(const char *name)
{
    for (int i = 0; i < picture_scene_count(); i++)
        if (str_eq(scenes[i].name, name))
            return i;
    return -1;
}

void picture_scene_draw(int index, struct easel *p)
{
    scenes[(unsigned)index % (unsigned)picture_scene_count()].draw(p);
}
