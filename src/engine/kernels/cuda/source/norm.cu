// Statistics and normalisation of feature maps (rows, pixels, channels), channels innermost.
//
// Sums are taken of x - K, where K is one number of the same group: a mean far from zero then
// costs no digits. Slabs are added in a fixed order, so the same input gives the same bytes.
#include "common.cuh"

// Which row pools its statistics with each row; the row itself for none.
struct Partners {
    short row[MAX_ROWS];
};

// Rows and weights that each row takes its statistics from; an empty run leaves the row alone.
struct Anchors {
    short start[MAX_ROWS + 1];
    short row[MAX_ENTRIES];
    float weight[MAX_ENTRIES];
};

// Per-channel sums of one slab of pixels into `sums`, 2 x channels in shared memory.
// `shift(c)` is the K of channel c.
template <typename T, int V, typename Shift>
__device__ void slab_sums(const T *x, int pixels, int channels, float *sums, Shift shift) {
    const int columns = channels / V, slabs = gridDim.x;
    const int first = (long long)pixels * blockIdx.x / slabs;
    const int last = (long long)pixels * (blockIdx.x + 1) / slabs;
    // Every thread runs every round, since all of them meet at the barriers.
    for (int base = 0; base < columns; base += blockDim.x) {
        const int column = base + threadIdx.x;
        const bool there = column < columns;
        float sum[V], square[V], k[V];
#pragma unroll
        for (int i = 0; i < V; i++) {
            sum[i] = square[i] = 0.0f;
            k[i] = there ? shift(column * V + i) : 0.0f;
        }
        for (int pixel = first + threadIdx.y; there && pixel < last; pixel += blockDim.y) {
            const Pack<T, V> pack = load<T, V>(x + (long long)pixel * channels + column * V);
#pragma unroll
            for (int i = 0; i < V; i++) {
                const float off = wide(pack.at[i]) - k[i];
                sum[i] += off;
                square[i] += off * off;
            }
        }
        // One thread row after another: a fixed order.
        for (int turn = 0; turn < blockDim.y; turn++) {
            if (there && threadIdx.y == turn) {
#pragma unroll
                for (int i = 0; i < V; i++) {
                    const int c = column * V + i;
                    sums[c] = turn == 0 ? sum[i] : sums[c] + sum[i];
                    sums[channels + c] = turn == 0 ? square[i] : sums[channels + c] + square[i];
                }
            }
            __syncthreads();
        }
    }
}

// Grid (slabs, rows); shared memory 2 x channels floats; partial (rows, slabs, groups).
template <typename T, int V>
__device__ void group_stats(const T *x, float2 *partial, int pixels, int channels, int groups) {
    extern __shared__ float sums[];
    const T *row = x + (long long)blockIdx.y * pixels * channels;
    const int width = channels / groups;
    slab_sums<T, V>(row, pixels, channels, sums, [&](int c) { return wide(row[c / width * width]); });
    const int thread = threadIdx.y * blockDim.x + threadIdx.x;
    for (int group = thread; group < groups; group += blockDim.x * blockDim.y) {
        float2 total = make_float2(0.0f, 0.0f);
        for (int c = group * width; c < (group + 1) * width; c++) {
            total.x += sums[c];
            total.y += sums[channels + c];
        }
        partial[((long long)blockIdx.y * gridDim.x + blockIdx.x) * groups + group] = total;
    }
}

// Mean and variance of one group of one row from its slabs.
template <typename T>
__device__ float2 group_moments(const T *x, const float2 *partial, int row, int group, int pixels,
                                int channels, int groups, int slabs) {
    const int width = channels / groups;
    float sum = 0.0f, square = 0.0f;
    for (int slab = 0; slab < slabs; slab++) {
        const float2 part = partial[((long long)row * slabs + slab) * groups + group];
        sum += part.x;
        square += part.y;
    }
    const float count = (float)pixels * width;
    const float off = sum / count;
    const float k = wide(x[(long long)row * pixels * channels + group * width]);
    return make_float2(k + off, fmaxf(square / count - off * off, 0.0f));
}

// Grid (rows), a thread a group; stats (rows, groups): mean and 1 / deviation.
template <typename T>
__device__ void group_finish(const T *x, const float2 *partial, float2 *stats, int pixels,
                             int channels, int groups, int slabs, float eps, const Partners &partners) {
    for (int group = threadIdx.x; group < groups; group += blockDim.x) {
        const int row = blockIdx.x, partner = partners.row[row];
        float2 own = group_moments(x, partial, row, group, pixels, channels, groups, slabs);
        if (partner != row) {
            const float2 other =
                group_moments(x, partial, partner, group, pixels, channels, groups, slabs);
            const float half = 0.5f * (own.x - other.x);
            own = make_float2(0.5f * (own.x + other.x), 0.5f * (own.y + other.y) + half * half);
        }
        stats[row * groups + group] = make_float2(own.x, rsqrtf(own.y + eps));
    }
}

// y = x * scale + offset by channel of this block's row, then SiLU if asked. Grid (slabs, rows).
template <typename T, int V, typename Affine>
__device__ void apply_affine(const T *x, T *y, int pixels, int channels, bool with_silu, Affine affine) {
    const long long base = (long long)blockIdx.y * pixels * channels;
    const int columns = channels / V;
    const int first = (long long)pixels * blockIdx.x / gridDim.x;
    const int last = (long long)pixels * (blockIdx.x + 1) / gridDim.x;
    for (int column = threadIdx.x; column < columns; column += blockDim.x) {
        float2 map[V];
#pragma unroll
        for (int i = 0; i < V; i++) map[i] = affine(column * V + i);
        for (int pixel = first + threadIdx.y; pixel < last; pixel += blockDim.y) {
            const long long at = base + (long long)pixel * channels + column * V;
            Pack<T, V> pack = load<T, V>(x + at);
#pragma unroll
            for (int i = 0; i < V; i++) {
                const float moved = wide(pack.at[i]) * map[i].x + map[i].y;
                pack.at[i] = narrow<T>(with_silu ? silu(moved) : moved);
            }
            store<T, V>(y + at, pack);
        }
    }
}

template <typename T, int V>
__device__ void group_apply(const T *x, const float2 *stats, const T *weight, const T *bias, T *y,
                            int pixels, int channels, int groups, int with_silu) {
    const int width = channels / groups;
    const float2 *own = stats + blockIdx.y * groups;
    apply_affine<T, V>(x, y, pixels, channels, with_silu, [&](int c) {
        const float2 at = own[c / width];
        const float scale = at.y * wide(weight[c]);
        return make_float2(scale, wide(bias[c]) - at.x * scale);
    });
}

// Per-channel sums over tokens. Grid (slabs, rows); partial (rows, slabs, channels).
template <typename T, int V>
__device__ void token_stats(const T *x, float2 *partial, int tokens, int channels) {
    extern __shared__ float sums[];
    const T *row = x + (long long)blockIdx.y * tokens * channels;
    slab_sums<T, V>(row, tokens, channels, sums, [&](int c) { return wide(row[c]); });
    float2 *out = partial + ((long long)blockIdx.y * gridDim.x + blockIdx.x) * channels;
    const int thread = threadIdx.y * blockDim.x + threadIdx.x;
    for (int c = thread; c < channels; c += blockDim.x * blockDim.y)
        out[c] = make_float2(sums[c], sums[channels + c]);
}

// Mean and unbiased variance (with AdaIN's guard) of one channel of one row.
template <typename T>
__device__ float2 token_moments(const T *x, const float2 *partial, int row, int c, int tokens,
                                int channels, int slabs) {
    float sum = 0.0f, square = 0.0f;
    for (int slab = 0; slab < slabs; slab++) {
        const float2 part = partial[((long long)row * slabs + slab) * channels + c];
        sum += part.x;
        square += part.y;
    }
    const float off = sum / tokens;
    const float k = wide(x[(long long)row * tokens * channels + c]);
    return make_float2(k + off, fmaxf(square - sum * off, 0.0f) / (tokens - 1) + 1e-5f);
}

// Grid (blocks of channels, rows): the affine map (rows, channels) that AdaIN is.
template <typename T>
__device__ void adain_finish(const T *x, const float2 *partial, float2 *map, int tokens,
                             int channels, int slabs, const Anchors &anchors) {
    const int row = blockIdx.y, c = blockIdx.x * blockDim.x + threadIdx.x;
    if (c >= channels) return;
    const int first = anchors.start[row], last = anchors.start[row + 1];
    if (first == last) {
        map[row * channels + c] = make_float2(1.0f, 0.0f);
        return;
    }
    const float2 own = token_moments(x, partial, row, c, tokens, channels, slabs);
    float mean = 0.0f, variance = 0.0f;
    for (int i = first; i < last; i++)
        mean += anchors.weight[i] *
                token_moments(x, partial, anchors.row[i], c, tokens, channels, slabs).x;
    for (int i = first; i < last; i++) {
        const float2 at = token_moments(x, partial, anchors.row[i], c, tokens, channels, slabs);
        variance += anchors.weight[i] * (at.y + (at.x - mean) * (at.x - mean));
    }
    const float scale = sqrtf(variance) * rsqrtf(own.y);
    map[row * channels + c] = make_float2(scale, mean - own.x * scale);
}

template <typename T, int V>
__device__ void adain_apply(const T *x, const float2 *map, T *y, int tokens, int channels) {
    const float2 *own = map + blockIdx.y * channels;
    apply_affine<T, V>(x, y, tokens, channels, false, [&](int c) { return own[c]; });
}

__device__ __forceinline__ float block_sum(float value, float *shared) {
    for (int step = 16; step > 0; step >>= 1) value += __shfl_xor_sync(~0u, value, step);
    const int warps = blockDim.x / 32;
    if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
    __syncthreads();
    value = 0.0f;
    for (int warp = 0; warp < warps; warp++) value += shared[warp];
    __syncthreads();
    return value;
}

// One block of 128 threads a token, which is kept in registers: channels <= 128 * V * KEEP.
#define KEEP 5
template <typename T, int V>
__device__ void layer_norm(const T *x, const T *weight, const T *bias, T *y, int channels, float eps) {
    __shared__ float shared[4];
    const long long base = (long long)blockIdx.x * channels;
    const int columns = channels / V;
    Pack<T, V> packs[KEEP];
    float sum = 0.0f;
#pragma unroll
    for (int k = 0; k < KEEP; k++) {
        const int column = threadIdx.x + k * 128;
        if (column < columns) {
            packs[k] = load<T, V>(x + base + column * V);
#pragma unroll
            for (int i = 0; i < V; i++) sum += wide(packs[k].at[i]);
        }
    }
    const float mean = block_sum(sum, shared) / channels;
    float square = 0.0f;
#pragma unroll
    for (int k = 0; k < KEEP; k++) {
        if (threadIdx.x + k * 128 < columns) {
#pragma unroll
            for (int i = 0; i < V; i++) {
                const float off = wide(packs[k].at[i]) - mean;
                square += off * off;
            }
        }
    }
    const float scale = rsqrtf(block_sum(square, shared) / channels + eps);
#pragma unroll
    for (int k = 0; k < KEEP; k++) {
        const int column = threadIdx.x + k * 128;
        if (column < columns) {
            const Pack<T, V> w = load<T, V>(weight + column * V), b = load<T, V>(bias + column * V);
#pragma unroll
            for (int i = 0; i < V; i++)
                packs[k].at[i] =
                    narrow<T>((wide(packs[k].at[i]) - mean) * scale * wide(w.at[i]) + wide(b.at[i]));
            store<T, V>(y + base + column * V, packs[k]);
        }
    }
}

#define NAMED(T, S, V)                                                                             \
    extern "C" __global__ void group_stats_##S##_##V(const T *x, float2 *partial, int pixels,      \
                                                     int channels, int groups) {                   \
        group_stats<T, V>(x, partial, pixels, channels, groups);                                   \
    }                                                                                              \
    extern "C" __global__ void group_apply_##S##_##V(                                              \
        const T *x, const float2 *stats, const T *weight, const T *bias, T *y, int pixels,         \
        int channels, int groups, int with_silu) {                                                 \
        group_apply<T, V>(x, stats, weight, bias, y, pixels, channels, groups, with_silu);         \
    }                                                                                              \
    extern "C" __global__ void token_stats_##S##_##V(const T *x, float2 *partial, int tokens,      \
                                                     int channels) {                               \
        token_stats<T, V>(x, partial, tokens, channels);                                           \
    }                                                                                              \
    extern "C" __global__ void adain_apply_##S##_##V(const T *x, const float2 *map, T *y,          \
                                                     int tokens, int channels) {                   \
        adain_apply<T, V>(x, map, y, tokens, channels);                                            \
    }                                                                                              \
    extern "C" __global__ void __launch_bounds__(128)                                              \
        layer_norm_##S##_##V(const T *x, const T *weight, const T *bias, T *y, int channels,       \
                             float eps) {                                                          \
        layer_norm<T, V>(x, weight, bias, y, channels, eps);                                       \
    }
FOR_TYPES(NAMED)

#define NAMED_ONCE(T, S)                                                                           \
    extern "C" __global__ void group_finish_##S(                                                   \
        const T *x, const float2 *partial, float2 *stats, int pixels, int channels, int groups,    \
        int slabs, float eps, Partners partners) {                                                 \
        group_finish<T>(x, partial, stats, pixels, channels, groups, slabs, eps, partners);        \
    }                                                                                              \
    extern "C" __global__ void adain_finish_##S(const T *x, const float2 *partial, float2 *map,    \
                                                int tokens, int channels, int slabs,               \
                                                Anchors anchors) {                                 \
        adain_finish<T>(x, partial, map, tokens, channels, slabs, anchors);                        \
    }
NAMED_ONCE(__half, f16)
NAMED_ONCE(__nv_bfloat16, bf16)
NAMED_ONCE(float, f32)
