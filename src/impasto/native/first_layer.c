/* The first layer, whose three channels Winograd's transforms would not pay for: direct products.
 *
 * The 27 numbers that an output sees, (dy, dx, channel), are brought together and lengthened with
 * zeros to 32, so that they are channels for `multiply`.
 */
#include "product.h"

enum { SEEN = 9, COLOURS = 3, NUMBERS = 32, STRIP = 16 };

/* Floats of a padded row of pixels; what is read beyond it stays within. */
static int64_t line_of(int64_t width) { return (width + 2) * COLOURS + 16; }

EXPORT int64_t impasto_first_scratch(int64_t width) {
    return 3 * line_of(width) + TILE_ROWS * (NUMBERS + PANEL);
}

/* Convolve a picture with `kernels` (filters / PANEL, 32, PANEL), add the biases and rectify;
 * write the gate, if it is wanted. A unit of work is a row. */
EXPORT void impasto_first(const map *in, const float *kernels, const float *biases, const map *out,
                          uint8_t *gate, int64_t *units, float *scratch) {
    int64_t line = line_of(in->width), filters = out->channels;
    float *tile = scratch + 3 * line, *results = tile + TILE_ROWS * NUMBERS;
    clear(scratch, 3 * line + TILE_ROWS * NUMBERS);
    for (int64_t y; (y = next_of(units)) < in->height;) {
        for (int64_t d = 0; d < 3; d++) {
            int is_beyond = y + d < 1 || y + d > in->height;
            float *to = scratch + d * line + COLOURS;
            if (is_beyond) clear(to, in->width * COLOURS);
            else copy(to, cell(in, y + d - 1, 0), in->width * COLOURS);
        }
        for (int64_t x = 0; x < in->width; x += TILE_ROWS) {
            int64_t rows = least(TILE_ROWS, in->width - x);
            for (int64_t r = 0; r < rows; r++) {
                float seen[NUMBERS] = {0};
                for (int d = 0; d < 3; d++)
                    copy(seen + SEEN * d, scratch + d * line + (x + r) * COLOURS, SEEN);
                for (int n = 0; n < NUMBERS; n += PACK)
                    copy(tile + packed(r, n), seen + n, PACK);
            }
            for (int64_t f = 0; f < filters; f += PANEL) {
                multiply(rows, NUMBERS, tile, kernels + f * NUMBERS, results, kernels, 0);
                for (int64_t r = 0; r < rows; r++)
                    for (int v = 0; v < PANEL; v += LANES) {
                        vector sum = load(results + r * PANEL + v) + load(biases + f + v);
                        vector value = rectified(sum);
                        store(cell(out, y, x + r) + f + v, value);
                        if (gate)
                            to_bits(passes(value),
                                    gate + gate_of(out->width, filters, y, x + r, f + v));
                    }
            }
        }
    }
}

EXPORT int64_t impasto_first_gradient_scratch(int64_t width, int64_t channels) {
    return (STRIP + 4) * line_of(width) + TILE_ROWS * (channels + NUMBERS);
}

/* The gradient on the picture from what passes the `gate` of `in`, the one on the responses.
 * `kernels` (32 / PANEL, channels, PANEL). A unit of work is a strip of rows. */
EXPORT void impasto_first_gradient(const map *in, const uint8_t *gate, const float *kernels,
                                   const map *out, int64_t *units, float *scratch) {
    int64_t line = line_of(in->width), channels = in->channels;
    float *tile = scratch + (STRIP + 4) * line, *results = tile + TILE_ROWS * channels;
    for (int64_t top; (top = STRIP * next_of(units)) < in->height;) {
        int64_t bottom = least(top + STRIP, in->height);
        clear(scratch, (STRIP + 4) * line);
        for (int64_t y = top - 1; y < bottom + 1; y++) {
            if (y < 0 || y >= in->height) continue;
            float *above = scratch + (y - top + 1) * line; /* where row y - 1 is summed up */
            for (int64_t x = 0; x < in->width; x += TILE_ROWS) {
                int64_t rows = least(TILE_ROWS, in->width - x);
                for (int64_t r = 0; r < rows; r++) {
                    const float *from = cell(in, y, x + r);
                    for (int64_t c = 0; c < channels; c += LANES) {
                        mask open = of_bits(gate + gate_of(in->width, channels, y, x + r, c));
                        store(tile + packed(r, c), (vector)((mask)load(from + c) & open));
                    }
                }
                for (int n = 0; n < NUMBERS; n += PANEL)
                    multiply(rows, channels, tile, kernels + n * channels, results + n * TILE_ROWS,
                             kernels, 0);
                for (int64_t r = 0; r < rows; r++) {
                    float seen[NUMBERS];
                    for (int n = 0; n < NUMBERS; n += PANEL)
                        copy(seen + n, results + n * TILE_ROWS + r * PANEL, PANEL);
                    float *to = above + (x + r) * COLOURS;
                    for (int d = 0; d < 3; d++)
                        for (int n = 0; n < SEEN; n++) to[d * line + n] += seen[SEEN * d + n];
                }
            }
        }
        for (int64_t y = top; y < bottom; y++)
            copy(cell(out, y, 0), scratch + (y - top + 2) * line + COLOURS, in->width * COLOURS);
    }
}
