/* Sums over cells of responses and of their outer products (Gram matrices), and their gradient.
 *
 * The cells are cut into parts whose number and borders depend on their count alone; each part is
 * summed up in order, so that the sums are the same whoever computes which part.
 */
#include "product.h"

/* Cells brought together at once: their panels stay in the cache. */
enum { CELLS = 192, ROWS = LANES == 16 ? 8 : 4 };

/* sums[r][v] += the cells' products a[r] b[v]. */
INLINE void outer_tile(int64_t cells, const float *restrict a, const float *restrict b,
                       float *restrict sums, int64_t row) {
    vector held[ROWS][TILE_VECTORS];
    UNROLL for (int r = 0; r < ROWS; r++)
        UNROLL for (int v = 0; v < TILE_VECTORS; v++) held[r][v] = (vector){0};
    for (int64_t k = 0; k < cells; k++, a += PANEL, b += PANEL) {
        vector value[TILE_VECTORS];
        UNROLL for (int v = 0; v < TILE_VECTORS; v++) value[v] = load(b + v * LANES);
        UNROLL for (int r = 0; r < ROWS; r++)
            UNROLL for (int v = 0; v < TILE_VECTORS; v++) held[r][v] += a[r] * value[v];
    }
    UNROLL for (int r = 0; r < ROWS; r++)
        UNROLL for (int v = 0; v < TILE_VECTORS; v++) {
            float *to = sums + r * row + v * LANES;
            store(to, load(to) + held[r][v]);
        }
}

EXPORT int64_t impasto_sums_scratch(int64_t channels) { return 2 * CELLS * channels; }

/* For each part of the cells, (channels + 1, channels): the outer products' sums, of which those
 * left of the diagonal's panels are left out, and below them the responses' sums. With `weight`
 * (one channel), a cell counts by its weight. A unit of work is a part. */
EXPORT void impasto_sums(const map *in, const map *weight, float *sums, int64_t parts,
                         int64_t *units, float *scratch) {
    int64_t channels = in->channels, all = in->height * in->width;
    float *plain = scratch, *weighed = weight ? scratch + CELLS * channels : scratch;
    for (int64_t part; (part = next_of(units)) < parts;) {
        int64_t first = part * all / parts, last = (part + 1) * all / parts;
        float *outer = sums + part * (channels + 1) * channels, *total = outer + channels * channels;
        clear(outer, (channels + 1) * channels);
        for (; first < last; first += CELLS) {
            int64_t cells = least(CELLS, last - first);
            for (int64_t k = 0; k < cells; k++) {
                int64_t y = (first + k) / in->width, x = (first + k) % in->width;
                const float *from = cell(in, y, x);
                float counts = weight ? *cell(weight, y, x) : 1.f;
                for (int64_t c = 0; c < channels; c += LANES) {
                    int64_t at = c / PANEL * PANEL * cells + k * PANEL + c % PANEL;
                    vector value = load(from + c);
                    store(plain + at, value);
                    if (weight) {
                        value *= counts;
                        store(weighed + at, value);
                    }
                    store(total + c, load(total + c) + value);
                }
            }
            for (int64_t right = 0; right < channels; right += PANEL)
                for (int64_t left = 0; left < right + PANEL; left += ROWS)
                    outer_tile(cells, weighed + left / PANEL * PANEL * cells + left % PANEL,
                               plain + right * cells, outer + left * channels + right, channels);
        }
    }
}

EXPORT int64_t impasto_sums_gradient_scratch(int64_t channels) {
    return TILE_ROWS * (channels + PANEL);
}

/* out = (constant + in slope) weight, added to `out` where it `adds`. `slope` in panels (channels /
 * PANEL, channels, PANEL). A unit of work is a row. */
EXPORT void impasto_sums_gradient(const map *in, const map *weight, const float *slope,
                                  const float *constant, const map *out, int64_t adds,
                                  int64_t *units, float *scratch) {
    int64_t channels = in->channels;
    float *results = scratch + TILE_ROWS * channels;
    for (int64_t y; (y = next_of(units)) < in->height;)
        for (int64_t x = 0; x < in->width; x += TILE_ROWS) {
            int64_t rows = least(TILE_ROWS, in->width - x);
            for (int64_t r = 0; r < rows; r++)
                for (int64_t c = 0; c < channels; c += LANES)
                    store(scratch + packed(r, c), load(cell(in, y, x + r) + c));
            for (int64_t f = 0; f < channels; f += PANEL) {
                multiply(rows, channels, scratch, slope + f * channels, results, slope, 0);
                for (int64_t r = 0; r < rows; r++) {
                    float counts = weight ? *cell(weight, y, x + r) : 1.f;
                    float *to = cell(out, y, x + r) + f;
                    for (int v = 0; v < PANEL; v += LANES) {
                        vector value = load(results + r * PANEL + v) + load(constant + f + v);
                        value *= counts;
                        if (adds) value += load(to + v);
                        store(to + v, value);
                    }
                }
            }
        }
}
