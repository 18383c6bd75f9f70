/* Winograd's F(4x4, 3x3): 3x3 convolution with a quarter of the multiplications, and its gradient.
 *
 * Lavin and Gray 2015 (arXiv 1509.09308): a 4x4 block of outputs comes from a 6x6 patch of
 * inputs. Both are seen as polynomials and known by their values at the points 0, 1, -1, 2, -2
 * and infinity of either axis: there convolving is one product over channels at each of the 36
 * points. The gradient on the input is the same operation with the kernels turned round.
 *
 * A block of patches is brought to the points, multiplied and brought back at once, so that it
 * stays in the cache.
 */
#include "pooling.h"
#include "product.h"

enum { SIDE = 4, REACH = SIDE + 2, POINTS = REACH * REACH };

/* Filters multiplied before their results are brought back: what is in hand then fits the cache. */
enum { FILTERS_AT_ONCE = 128 };

/* Six inputs along an axis, `from` apart, to the six points, `to` apart. */
INLINE void to_points(const vector *in, int from, vector *point, int to) {
    vector near_even = in[4 * from] - 4.f * in[2 * from], near_odd = in[3 * from] - 4.f * in[from];
    vector far_even = in[4 * from] - in[2 * from], far_odd = in[3 * from] - in[from];
    point[0] = 4.f * in[0] - 5.f * in[2 * from] + in[4 * from];
    point[to] = near_even + near_odd;
    point[2 * to] = near_even - near_odd;
    point[3 * to] = far_even + 2.f * far_odd;
    point[4 * to] = far_even - 2.f * far_odd;
    point[5 * to] = 4.f * in[from] - 5.f * in[3 * from] + in[5 * from];
}

/* The products at the six points to the four outputs. */
INLINE void from_points(const vector *point, int from, vector *out, int to) {
    vector near_sum = point[from] + point[2 * from], near_gap = point[from] - point[2 * from];
    vector far_sum = point[3 * from] + point[4 * from], far_gap = point[3 * from] - point[4 * from];
    out[0] = point[0] + near_sum + far_sum;
    out[to] = near_gap + 2.f * far_gap;
    out[2 * to] = near_sum + 4.f * far_sum;
    out[3 * to] = near_gap + 8.f * far_gap + point[5 * from];
}

/* What a block is made of: `patches` that lie `across` in a row of patches, in tiles of `rows`. */
typedef struct {
    int64_t first, patches, across, rows;
} block;

/* What goes into a layer of `height` x `width` cells: features, or a gradient. Of a gradient, only
 * what passes the `gate` counts, if there is one; and where the responses were pooled, `cells` are
 * of the smaller map. */
typedef struct {
    const map *cells;
    const uint8_t *gate;
    pooling pooled;
    int64_t height, width;
} source;

INLINE vector number(const source *in, int is_plain, int64_t y, int64_t x, int64_t channel) {
    if (is_plain) return load(cell(in->cells, y, x) + channel);
    vector value;
    if (in->pooled) {
        float share = share_of(in->pooled, y, x, in->height, in->width);
        value = share * load(cell(in->cells, y / 2, x / 2) + channel);
    } else
        value = load(cell(in->cells, y, x) + channel);
    if (!in->gate) return value;
    mask open = of_bits(in->gate + gate_of(in->width, in->cells->channels, y, x, channel));
    return (vector)((mask)value & open);
}

/* A few channels of the patch at (top, left), to values at the points, `stride` apart. */
INLINE void patch_in(const source *in, int64_t top, int64_t left, int64_t channel, int is_plain,
                     int is_inside, float *restrict points, int64_t stride) {
    vector half[REACH][REACH];
    UNROLL for (int x = 0; x < REACH; x++) {
        vector column[REACH];
        UNROLL for (int y = 0; y < REACH; y++) {
            int64_t cy = top + y, cx = left + x;
            int is_there = is_inside || (cy >= 0 && cy < in->height && cx >= 0 && cx < in->width);
            column[y] = is_there ? number(in, is_plain, cy, cx, channel) : (vector){0};
        }
        to_points(column, 1, &half[0][x], REACH);
    }
    UNROLL for (int y = 0; y < REACH; y++) {
        vector values[REACH];
        to_points(half[y], 1, values, 1);
        UNROLL for (int x = 0; x < REACH; x++) store(points + (REACH * y + x) * stride, values[x]);
    }
}

/* All channels of a block's patches, each point's in tiles for `multiply`. */
INLINE void block_in(const source *in, block part, float *points, int64_t stride) {
    int64_t channels = in->cells->channels;
    int is_plain = !in->gate && !in->pooled;
    for (int64_t p = 0; p < part.patches; p++) {
        int64_t top = (part.first + p) / part.across * SIDE - 1;
        int64_t left = (part.first + p) % part.across * SIDE - 1;
        int is_inside = top >= 0 && left >= 0 && top + REACH <= in->height &&
                        left + REACH <= in->width;
        float *tile = points + p / part.rows * TILE_ROWS * channels;
        for (int64_t c = 0; c < channels; c += LANES) {
            float *to = tile + packed(p % part.rows, c);
            /* The compiler makes each case without the questions that it answers. */
            if (is_inside && is_plain) patch_in(in, top, left, c, 1, 1, to, stride);
            else if (is_inside) patch_in(in, top, left, c, 0, 1, to, stride);
            else patch_in(in, top, left, c, 0, 0, to, stride);
        }
    }
}

/* What comes out of a layer of `height` x `width` cells, as far as it is wanted: cells, the gate
 * of its rectification, and what pooling makes of the cells, whose gate then says which cells the
 * gradient goes to. */
typedef struct {
    const map *cells;
    uint8_t *gate;
    const map *small;
    pooling pooled;
    int64_t height, width, channels;
} target;

INLINE void gate_out(const target *out, int64_t y, int64_t x, int64_t channel, mask open) {
    if (out->gate)
        to_bits(open, out->gate + gate_of(out->width, out->channels, y, x, channel));
}

/* Pool the window at (top, left) of the map, and write the gates of its cells. */
INLINE void window_out(const target *out, const window *w, int64_t top, int64_t left,
                       int64_t channel) {
    mask won[2][2] = {{~(mask){0}, ~(mask){0}}, {~(mask){0}, ~(mask){0}}};
    vector pooled = out->pooled == AVERAGE ? average_of(w) : largest_of(w, won);
    store(cell(out->small, top / 2, left / 2) + channel, pooled);
    for (int y = 0; y < w->rows; y++)
        for (int x = 0; x < w->columns; x++)
            gate_out(out, top + y, left + x, channel, won[y][x] & passes(w->value[y][x]));
}

/* A few filters' products at the points, to the outputs at (top, left), with biases rectified. */
INLINE void patch_out(const float *restrict points, int64_t stride, const float *biases,
                      const target *out, int64_t top, int64_t left, int64_t filter,
                      int is_inside) {
    vector half[SIDE][REACH], value[SIDE][SIDE];
    UNROLL for (int x = 0; x < REACH; x++) {
        vector values[REACH];
        UNROLL for (int y = 0; y < REACH; y++) values[y] = load(points + (REACH * y + x) * stride);
        from_points(values, 1, &half[0][x], REACH);
    }
    vector bias = biases ? load(biases + filter) : (vector){0};
    UNROLL for (int y = 0; y < SIDE; y++) {
        from_points(half[y], 1, value[y], 1);
        UNROLL for (int x = 0; x < SIDE; x++) {
            if (biases) value[y][x] = rectified(value[y][x] + bias);
            if (!is_inside && (top + y >= out->height || left + x >= out->width)) continue;
            if (out->cells) store(cell(out->cells, top + y, left + x) + filter, value[y][x]);
            if (!out->pooled)
                gate_out(out, top + y, left + x, filter, passes(value[y][x]));
        }
    }
    if (!out->pooled) return;
    UNROLL for (int y = 0; y < SIDE; y += 2)
        UNROLL for (int x = 0; x < SIDE; x += 2) {
            if (!is_inside && (top + y >= out->height || left + x >= out->width)) continue;
            window w = {{{value[y][x], value[y][x + 1]}, {value[y + 1][x], value[y + 1][x + 1]}},
                        is_inside ? 2 : cells_there(top + y, out->height),
                        is_inside ? 2 : cells_there(left + x, out->width)};
            window_out(out, &w, top + y, left + x, filter);
        }
}

/* `filters` filters from `first` on of a block's patches. */
INLINE void block_out(const float *points, int64_t stride, const float *biases, block part,
                      int64_t first, int64_t filters, const target *out) {
    for (int64_t p = 0; p < part.patches; p++) {
        int64_t top = (part.first + p) / part.across * SIDE;
        int64_t left = (part.first + p) % part.across * SIDE;
        int is_inside = top + SIDE <= out->height && left + SIDE <= out->width;
        const float *tile = points + p / part.rows * TILE_ROWS * filters + p % part.rows * PANEL;
        for (int64_t f = 0; f < filters; f += LANES) {
            const float *from = tile + f / PANEL * PANEL * TILE_ROWS + f % PANEL;
            if (is_inside) patch_out(from, stride, biases, out, top, left, first + f, 1);
            else patch_out(from, stride, biases, out, top, left, first + f, 0);
        }
    }
}

/* Floats from a point to the next: never a multiple of a page, whose lines would share a place in
 * the cache. */
static int64_t stride_of(int64_t patches, int64_t channels) {
    int64_t floats = parts_of(patches, TILE_ROWS) * TILE_ROWS * channels;
    return (floats + 63) / 32 * 32 - 16;
}

/* The filters of a panel, which the kernels' layout hangs on. */
EXPORT int64_t impasto_panel(void) { return PANEL; }

/* The bytes of a gate for each cell. */
EXPORT int64_t impasto_gate_bytes(int64_t channels) { return channels / LANES * GATE_BYTES; }

/* How a layer's work is cut: into blocks of patches, and each block's filters into groups, whose
 * number divides that of the panels. A unit of work is a group of a block. */
typedef struct {
    int64_t patches, across, at_most; /* of the map, of a row of patches, of a block */
    int64_t filters, at_once;         /* of a group; of them, in hand at once */
    int64_t stride, out_stride;       /* floats from a point to the next, of inputs and outputs */
} cut;

static cut cut_of(int64_t height, int64_t width, int64_t channels, int64_t filters, int64_t blocks,
                  int64_t groups) {
    cut c;
    c.across = parts_of(width, SIDE);
    c.patches = parts_of(height, SIDE) * c.across;
    c.at_most = parts_of(c.patches, blocks);
    c.filters = filters / groups;
    c.at_once = least(c.filters, FILTERS_AT_ONCE);
    c.stride = stride_of(c.at_most, channels);
    c.out_stride = stride_of(c.at_most, c.at_once);
    return c;
}

/* The floats of scratch that `impasto_convolve` takes for each thread. */
EXPORT int64_t impasto_convolve_scratch(int64_t height, int64_t width, int64_t channels,
                                        int64_t filters, int64_t blocks, int64_t groups) {
    cut c = cut_of(height, width, channels, filters, blocks, groups);
    return (c.stride + c.out_stride) * POINTS + 16;
}

/* Products over channels at one point: of a block's tiles, with `count` filters' panels. */
INLINE void point_products(const float *tiles, int64_t channels, const float *panels, block part,
                           int64_t count, int64_t remaining, float *products) {
    int64_t step = PANEL / parts_of(part.patches, part.rows);
    for (int64_t f = 0; f < count; f += PANEL, panels += PANEL * channels) {
        /* The panel that comes next is fetched meanwhile, a share with each tile. */
        const float *ahead = panels + (f + PANEL < count ? PANEL : remaining - f) * channels;
        const float *tile = tiles;
        float *result = products + f * TILE_ROWS;
        for (int64_t t = 0; t < part.patches; t += part.rows) {
            int64_t rows = least(part.rows, part.patches - t);
            multiply(rows, channels, tile, panels, result, ahead, step);
            tile += TILE_ROWS * channels;
            result += TILE_ROWS * count;
            ahead += step * channels;
        }
    }
}

/* The work that both directions share; `kernels` are transformed: (36, filters / PANEL, channels,
 * PANEL). */
INLINE void convolve(const source *in, const float *kernels, const float *biases,
                     const target *out, int64_t blocks, int64_t groups, int64_t *units,
                     float *scratch) {
    int64_t channels = in->cells->channels, filters = out->channels;
    cut c = cut_of(in->height, in->width, channels, filters, blocks, groups);
    float *points = (float *)(((uintptr_t)scratch + 63) / 64 * 64);
    float *products = points + c.stride * POINTS;
    for (int64_t unit; (unit = next_of(units)) < blocks * groups;) {
        /* Blocks are as even as can be, and so are the tiles, in which patches lie in rows. */
        int64_t number = unit / groups, first = number * c.patches / blocks;
        int64_t patches = (number + 1) * c.patches / blocks - first;
        int64_t tiles = parts_of(patches, TILE_ROWS);
        if (!tiles) continue;
        block part = {first, patches, c.across, parts_of(patches, tiles)};
        block_in(in, part, points, c.stride);
        int64_t begin = unit % groups * c.filters, end = begin + c.filters;
        for (; begin < end; begin += c.at_once) {
            int64_t count = least(c.at_once, end - begin);
            for (int p = 0; p < POINTS; p++)
                point_products(points + p * c.stride, channels,
                               kernels + (p * filters + begin) * channels, part, count,
                               filters - begin, products + p * c.out_stride);
            block_out(products, c.out_stride, biases, part, begin, count, out);
        }
    }
}

/* Zero-padded 3x3 convolution, biases and rectification. Writes what is wanted of `out`, `gate`
 * and `small`, which is the responses pooled. */
EXPORT void impasto_convolve(const map *in, const float *kernels, const float *biases,
                             int64_t filters, const map *out, uint8_t *gate, const map *small,
                             int64_t pooled, int64_t blocks, int64_t groups, int64_t *units,
                             float *scratch) {
    source from = {in, NULL, NO_POOL, in->height, in->width};
    target to = {out, gate, small, (pooling)pooled, in->height, in->width, filters};
    convolve(&from, kernels, biases, &to, blocks, groups, units, scratch);
}

/* The gradient on the input from the one on the responses or, where they were pooled, on what
 * pooling made of them; kernels are turned round. */
EXPORT void impasto_convolve_gradient(const map *gradient, const uint8_t *gate, int64_t pooled,
                                      const float *kernels, const map *out, int64_t blocks,
                                      int64_t groups, int64_t *units, float *scratch) {
    source from = {gradient, gate, (pooling)pooled, out->height, out->width};
    target to = {out, NULL, NULL, NO_POOL, out->height, out->width, out->channels};
    convolve(&from, kernels, NULL, &to, blocks, groups, units, scratch);
}
