// Elementwise work on feature maps (rows, pixels, channels) and tokens, channels innermost.
// Every kernel walks over packs of V numbers.
#include "common.cuh"

#define EACH(count)                                                                                \
    for (long long at = (long long)blockIdx.x * blockDim.x + threadIdx.x; at < (count);            \
         at += (long long)gridDim.x * blockDim.x)

template <typename T, int V>
__device__ void add(const T *left, const T *right, T *out, long long packs) {
    EACH(packs) {
        Pack<T, V> a = load<T, V>(left + at * V);
        const Pack<T, V> b = load<T, V>(right + at * V);
#pragma unroll
        for (int i = 0; i < V; i++) a.at[i] = narrow<T>(wide(a.at[i]) + wide(b.at[i]));
        store<T, V>(out + at * V, a);
    }
}

// out = x + shift[row, channel]; `area` is packs of one row, `columns` packs of one pixel.
template <typename T, int V>
__device__ void add_channels(const T *x, const T *shift, T *out, long long packs, int area, int columns) {
    EACH(packs) {
        Pack<T, V> a = load<T, V>(x + at * V);
        const long long from = at / area * columns + at % columns;
        const Pack<T, V> b = load<T, V>(shift + from * V);
#pragma unroll
        for (int i = 0; i < V; i++) a.at[i] = narrow<T>(wide(a.at[i]) + wide(b.at[i]));
        store<T, V>(out + at * V, a);
    }
}

// The first half of each token times GELU of the second; `columns` packs leave a token.
template <typename T, int V>
__device__ void geglu(const T *x, T *out, long long packs, int columns) {
    EACH(packs) {
        const long long from = (at / columns * 2 * columns + at % columns) * V;
        Pack<T, V> value = load<T, V>(x + from);
        const Pack<T, V> gate = load<T, V>(x + from + (long long)columns * V);
#pragma unroll
        for (int i = 0; i < V; i++)
            value.at[i] = narrow<T>(wide(value.at[i]) * gelu_erf(wide(gate.at[i])));
        store<T, V>(out + at * V, value);
    }
}

// Channels of two maps behind each other; `left`, `right` are packs of one pixel of each.
template <typename T, int V>
__device__ void concat(const T *a, const T *b, T *out, long long packs, int left, int right) {
    const int both = left + right;
    EACH(packs) {
        const long long pixel = at / both;
        const int column = (int)(at % both);
        const T *from = column < left ? a + (pixel * left + column) * V
                                      : b + (pixel * right + column - left) * V;
        store<T, V>(out + at * V, load<T, V>(from));
    }
}

// Nearest neighbours by the index rule of PyTorch, in single precision as PyTorch computes it.
template <typename T, int V>
__device__ void upsample(const T *x, T *out, long long packs, int columns, int from_height,
                         int from_width, int height, int width) {
    const float down = (float)from_height / height, across = (float)from_width / width;
    EACH(packs) {
        const int column = (int)(at % columns);
        long long rest = at / columns;
        const int left = (int)(rest % width);
        rest /= width;
        const int top = (int)(rest % height);
        const long long row = rest / height;
        const int y = min((int)__fmul_rn(top, down), from_height - 1);
        const int x_at = min((int)__fmul_rn(left, across), from_width - 1);
        const long long pixel = (row * from_height + y) * from_width + x_at;
        store<T, V>(out + at * V, load<T, V>(x + (pixel * columns + column) * V));
    }
}

#define NAMED(T, S, V)                                                                             \
    extern "C" __global__ void add_##S##_##V(const T *left, const T *right, T *out,                \
                                             long long packs) {                                    \
        add<T, V>(left, right, out, packs);                                                        \
    }                                                                                              \
    extern "C" __global__ void add_channels_##S##_##V(const T *x, const T *shift, T *out,          \
                                                      long long packs, int area, int columns) {    \
        add_channels<T, V>(x, shift, out, packs, area, columns);                                   \
    }                                                                                              \
    extern "C" __global__ void geglu_##S##_##V(const T *x, T *out, long long packs, int columns) { \
        geglu<T, V>(x, out, packs, columns);                                                       \
    }                                                                                              \
    extern "C" __global__ void concat_##S##_##V(const T *a, const T *b, T *out, long long packs,   \
                                                int left, int right) {                             \
        concat<T, V>(a, b, out, packs, left, right);                                               \
    }                                                                                              \
    extern "C" __global__ void upsample_##S##_##V(const T *x, T *out, long long packs,             \
                                                  int columns, int from_height, int from_width,    \
                                                  int height, int width) {                         \
        upsample<T, V>(x, out, packs, columns, from_height, from_width, height, width);            \
    }
FOR_TYPES(NAMED)
