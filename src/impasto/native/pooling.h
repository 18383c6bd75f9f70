/* Pooling over 2x2 cells, sides rounded up: a last window takes the cells it has, as in Caffe. */
#ifndef IMPASTO_POOLING_H
#define IMPASTO_POOLING_H

#include "vector.h"

typedef enum { NO_POOL, AVERAGE, MAXIMUM } pooling;

/* A window's cells, of which the first `rows` and `columns` are there. */
typedef struct {
    vector value[2][2];
    int rows, columns;
} window;

INLINE int cells_there(int64_t first, int64_t all) { return first + 1 < all ? 2 : 1; }

/* The share of a window's gradient that each of its cells takes: `y` and `x` are one of them. */
INLINE float share_of(pooling kind, int64_t y, int64_t x, int64_t height, int64_t width) {
    if (kind == MAXIMUM) return 1.f;
    return ((y | 1) < height ? .5f : 1.f) * ((x | 1) < width ? .5f : 1.f);
}

INLINE vector average_of(const window *w) {
    vector sum = w->value[0][0];
    if (w->columns > 1) sum += w->value[0][1];
    if (w->rows > 1) sum += w->value[1][0];
    if (w->rows > 1 && w->columns > 1) sum += w->value[1][1];
    return 1.f / (float)(w->rows * w->columns) * sum;
}

/* The largest, and which it is: the first of equals, or the last that is not a number, as torch
 * decides. */
INLINE vector largest_of(const window *w, mask (*won)[2]) {
    vector largest = w->value[0][0];
    won[0][0] = ~(mask){0};
    UNROLL for (int k = 1; k < 4; k++) {
        if (k / 2 >= w->rows || k % 2 >= w->columns) continue;
        vector later = w->value[k / 2][k % 2];
        mask beats = (mask)(later > largest) | (mask)(later != later);
        largest = where(beats, later, largest);
        won[k / 2][k % 2] = beats;
        UNROLL for (int before = 0; before < k; before++)
            won[before / 2][before % 2] &= ~beats;
    }
    return largest;
}

#endif
