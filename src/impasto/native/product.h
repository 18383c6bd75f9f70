/* Products over channels, a tile of results at a time, held in registers.
 *
 * Goto and van de Geijn 2008 ("Anatomy of high-performance matrix multiplication"): of a tile of
 * TILE_ROWS x PANEL results, each step over the channels takes PANEL weights that lie together
 * and one number of each row, and adds their products. Rows lie in tiles, PACK channels of each
 * row together; weights lie in panels of PANEL filters, channel by channel.
 */
#ifndef IMPASTO_PRODUCT_H
#define IMPASTO_PRODUCT_H

#include "vector.h"

enum { PANEL = LANES * TILE_VECTORS, PACK = 16 };

/* Where channel c of row r (< TILE_ROWS) lies in its tile. */
INLINE int64_t packed(int64_t r, int64_t c) {
    return c / PACK * PACK * TILE_ROWS + r * PACK + c % PACK;
}

/* `ahead` is fetched into the cache meanwhile, `step` floats for each channel. */
INLINE void tile_of(int rows, int64_t channels, const float *restrict tile,
                    const float *restrict weights, float *restrict results, const float *ahead,
                    int64_t step) {
    vector sums[TILE_ROWS][TILE_VECTORS];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < TILE_VECTORS; v++) sums[r][v] = (vector){0};
    for (int64_t c = 0; c < channels; c += PACK, tile += TILE_ROWS * PACK) {
        for (int k = 0; k < PACK; k++, weights += PANEL, ahead += step) {
            vector weight[TILE_VECTORS];
            __builtin_prefetch(ahead, 0, 2);
            UNROLL for (int v = 0; v < TILE_VECTORS; v++) weight[v] = load(weights + v * LANES);
            UNROLL for (int r = 0; r < rows; r++)
                UNROLL for (int v = 0; v < TILE_VECTORS; v++)
                    sums[r][v] += tile[r * PACK + k] * weight[v];
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < TILE_VECTORS; v++)
            store(results + r * PANEL + v * LANES, sums[r][v]);
}

/* The tile's first `rows` rows, for which the compiler makes a loop of its own each. */
static void multiply(int64_t rows, int64_t channels, const float *tile, const float *weights,
                     float *results, const float *ahead, int64_t step) {
    switch (rows) {
#define CASE(r) case r: tile_of(r, channels, tile, weights, results, ahead, step); break;
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5)
#if defined(__AVX512F__)
        CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11)
#endif
#undef CASE
    default: tile_of(TILE_ROWS, channels, tile, weights, results, ahead, step);
    }
}

#endif
