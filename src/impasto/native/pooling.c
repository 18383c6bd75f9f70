/* Pooling over 2x2 cells, sides rounded up: a last window takes the cells it has, as in Caffe.
 *
 * A unit of work is a row of windows. Channels come in whole vectors.
 */
#include "vector.h"

/* The four cells of a window, a missing one replaced by one that is there. */
typedef struct {
    int64_t right, down; /* floats to the neighbours, 0 where there are none */
} window;

INLINE window window_of(const map *large, int64_t y, int64_t x) {
    return (window){2 * x + 1 < large->width ? large->channels : 0,
                    2 * y + 1 < large->height ? large->row : 0};
}

EXPORT void impasto_average_pool(const map *large, const map *small, int64_t *units) {
    for (int64_t y; (y = next_of(units)) < small->height;)
        for (int64_t x = 0; x < small->width; x++) {
            window w = window_of(large, y, x);
            const float *from = cell(large, 2 * y, 2 * x);
            float *to = cell(small, y, x);
            for (int64_t c = 0; c < large->channels; c += LANES) {
                vector above = load(from + c) + load(from + w.right + c);
                vector below = load(from + w.down + c) + load(from + w.down + w.right + c);
                store(to + c, .25f * (above + below));
            }
        }
}

EXPORT void impasto_average_pool_gradient(const map *small, const map *large, int64_t *units) {
    for (int64_t y; (y = next_of(units)) < small->height;)
        for (int64_t x = 0; x < small->width; x++) {
            window w = window_of(large, y, x);
            const float *from = cell(small, y, x);
            float *to = cell(large, 2 * y, 2 * x);
            float share = (w.right ? .5f : 1.f) * (w.down ? .5f : 1.f);
            for (int64_t c = 0; c < large->channels; c += LANES) {
                vector part = share * load(from + c);
                store(to + c, part);
                store(to + w.right + c, part);
                store(to + w.down + c, part);
                store(to + w.down + w.right + c, part);
            }
        }
}

/* Where a later cell is larger than those before it, or not a number, as torch decides. */
INLINE mask beats(vector later, vector largest) {
    return (mask)(later > largest) | (mask)(later != later);
}

EXPORT void impasto_max_pool(const map *large, const map *small, int64_t *units) {
    for (int64_t y; (y = next_of(units)) < small->height;)
        for (int64_t x = 0; x < small->width; x++) {
            window w = window_of(large, y, x);
            const float *from = cell(large, 2 * y, 2 * x);
            float *to = cell(small, y, x);
            for (int64_t c = 0; c < large->channels; c += LANES) {
                vector largest = load(from + c);
                const int64_t others[3] = {w.right, w.down, w.down + w.right};
                UNROLL for (int k = 0; k < 3; k++) {
                    vector later = load(from + others[k] + c);
                    largest = where(beats(later, largest), later, largest);
                }
                store(to + c, largest);
            }
        }
}

/* The gradient goes to the cell that was the largest, the first of equals. */
EXPORT void impasto_max_pool_gradient(const map *small, const map *features, const map *large,
                                      int64_t *units) {
    for (int64_t y; (y = next_of(units)) < small->height;)
        for (int64_t x = 0; x < small->width; x++) {
            window w = window_of(large, y, x);
            window seen = window_of(features, y, x);
            const float *from = cell(small, y, x), *known = cell(features, 2 * y, 2 * x);
            float *to = cell(large, 2 * y, 2 * x);
            for (int64_t c = 0; c < large->channels; c += LANES) {
                vector largest = load(known + c), gradient = load(from + c);
                const int64_t others[3] = {seen.right, seen.down, seen.down + seen.right};
                const int64_t places[4] = {0, w.right, w.down, w.down + w.right};
                const int is_there[4] = {1, w.right != 0, w.down != 0, w.right && w.down};
                mask won[4] = {~(mask){0}};
                UNROLL for (int k = 0; k < 3; k++) {
                    if (!is_there[k + 1]) continue;
                    vector later = load(known + others[k] + c);
                    won[k + 1] = beats(later, largest);
                    largest = where(won[k + 1], later, largest);
                    UNROLL for (int before = 0; before <= k; before++)
                        won[before] &= ~won[k + 1];
                }
                UNROLL for (int k = 0; k < 4; k++)
                    if (is_there[k]) store(to + places[k] + c, where(won[k], gradient, (vector){0}));
            }
        }
}
