/* Pooling of maps that losses want, too; others are pooled by the layer that makes them. A unit of
 * work is a row of windows.
 */
#include "pooling.h"

INLINE window window_at(const map *large, int64_t y, int64_t x, int64_t channel) {
    window w = {.rows = cells_there(y, large->height), .columns = cells_there(x, large->width)};
    for (int dy = 0; dy < w.rows; dy++)
        for (int dx = 0; dx < w.columns; dx++)
            w.value[dy][dx] = load(cell(large, y + dy, x + dx) + channel);
    return w;
}

EXPORT void impasto_pool(const map *large, int64_t kind, const map *small, int64_t *units) {
    for (int64_t y; (y = next_of(units)) < small->height;)
        for (int64_t x = 0; x < small->width; x++)
            for (int64_t c = 0; c < large->channels; c += LANES) {
                window w = window_at(large, 2 * y, 2 * x, c);
                mask won[2][2] = {{{0}}};
                vector pooled = kind == AVERAGE ? average_of(&w) : largest_of(&w, won);
                store(cell(small, y, x) + c, pooled);
            }
}

/* The gradient on the features that were pooled; of the largest, it goes to that cell alone. */
EXPORT void impasto_pool_gradient(const map *small, const map *features, int64_t kind,
                                  const map *large, int64_t *units) {
    for (int64_t y; (y = next_of(units)) < small->height;)
        for (int64_t x = 0; x < small->width; x++) {
            float share = share_of((pooling)kind, 2 * y, 2 * x, large->height, large->width);
            for (int64_t c = 0; c < large->channels; c += LANES) {
                vector part = share * load(cell(small, y, x) + c);
                mask won[2][2] = {{~(mask){0}, ~(mask){0}}, {~(mask){0}, ~(mask){0}}};
                window w = window_at(features, 2 * y, 2 * x, c);
                if (kind == MAXIMUM) largest_of(&w, won);
                for (int dy = 0; dy < w.rows; dy++)
                    for (int dx = 0; dx < w.columns; dx++)
                        store(cell(large, 2 * y + dy, 2 * x + dx) + c,
                              (vector)((mask)part & won[dy][dx]));
            }
        }
}
