/* Vectors of floats, as wide as the processor's registers, and maps of features.
 *
 * Plain C with the vector types of Clang and GCC: one text for AVX-512, AVX2, SSE2 and NEON. No
 * result depends on how wide a vector is: every number is made of the same products and sums in
 * the same order, fused alike where the processor fuses them (-ffp-contract=on).
 */
#ifndef IMPASTO_VECTOR_H
#define IMPASTO_VECTOR_H

#include <stddef.h>
#include <stdint.h>

/* Floats in a vector; rows and vectors of a register tile (see product.h), which with one vector
 * of each operand fill the registers: 32 of AVX-512 and NEON, 16 of AVX2 and SSE2. */
#if defined(__AVX512F__)
enum { LANES = 16, TILE_ROWS = 12, TILE_VECTORS = 2 };
#elif defined(__AVX__)
enum { LANES = 8, TILE_ROWS = 6, TILE_VECTORS = 2 };
#elif defined(__aarch64__)
enum { LANES = 4, TILE_ROWS = 6, TILE_VECTORS = 4 };
#else
enum { LANES = 4, TILE_ROWS = 6, TILE_VECTORS = 2 };
#endif

typedef float vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t mask __attribute__((vector_size(4 * LANES)));

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

INLINE vector load(const float *from) { return *(const vector *)from; }
INLINE void store(float *to, vector value) { *(vector *)to = value; }
INLINE vector where(mask chosen, vector value, vector other) {
    return (vector)(((mask)value & chosen) | ((mask)other & ~chosen));
}
/* As torch does: what is not a number passes. */
INLINE vector rectified(vector value) { return (vector)((mask)value & ~(mask)(value < 0)); }
INLINE mask passes(vector response) { return ~(mask)(response <= 0); }

/* Gates: where a layer lets the gradient through, a bit for each number, so that its responses
 * need not be kept. A vector's bits lie together, in as many bytes as they need. */
enum { GATE_BYTES = LANES == 16 ? 2 : 1 };

INLINE mask of_bits(const uint8_t *gate) {
    int32_t bits = GATE_BYTES == 2 ? gate[0] | gate[1] << 8 : gate[0];
#if defined(__AVX512F__)
    const mask place = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
#elif defined(__AVX__)
    const mask place = {1, 2, 4, 8, 16, 32, 64, 128};
#else
    const mask place = {1, 2, 4, 8};
#endif
    return (((mask){0} + bits) & place) != 0;
}

INLINE void to_bits(mask open, uint8_t *gate) {
#if defined(__clang__)
    typedef _Bool flags __attribute__((ext_vector_type(LANES)));
    union {
        flags each;
        uint8_t bytes[GATE_BYTES];
    } held = {.each = __builtin_convertvector(open, flags)};
    for (int b = 0; b < GATE_BYTES; b++) gate[b] = held.bytes[b];
#else
    for (int b = 0; b < GATE_BYTES; b++) {
        int bits = 0;
        for (int i = 0; i < 8 && 8 * b + i < LANES; i++) bits |= (open[8 * b + i] & 1) << i;
        gate[b] = (uint8_t)bits;
    }
#endif
}

/* Loops of our own (-fno-builtin), so that no C library is needed. */
INLINE void copy(float *restrict to, const float *restrict from, int64_t floats) {
    for (int64_t i = 0; i < floats; i++) to[i] = from[i];
}
INLINE void clear(float *to, int64_t floats) {
    for (int64_t i = 0; i < floats; i++) to[i] = 0;
}

INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE int64_t parts_of(int64_t whole, int64_t part) { return (whole + part - 1) / part; }

/* Features of a picture, cell by cell and row by row, each cell's channels together. */
typedef struct {
    float *cells;
    int64_t height, width, channels;
    int64_t row; /* floats from a row to the next */
} map;

INLINE float *cell(const map *features, int64_t y, int64_t x) {
    return features->cells + y * features->row + x * features->channels;
}

/* Where the gate of a cell's channel lies; the cells of a gate lie one after another. */
INLINE int64_t gate_of(int64_t width, int64_t channels, int64_t y, int64_t x, int64_t channel) {
    return ((y * width + x) * channels + channel) / LANES * GATE_BYTES;
}

/* Every function takes units of work, numbered from 0, as long as there are any; it may be called
 * by many threads at once, each with a scratch of its own. Who takes which changes no number. */
INLINE int64_t next_of(int64_t *units) { return __atomic_fetch_add(units, 1, __ATOMIC_RELAXED); }

#endif
