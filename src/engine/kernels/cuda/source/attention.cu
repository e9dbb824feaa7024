// Attention in tiles with an online softmax (FlashAttention-2, arXiv 2307.08691), in which each
// query row of the batch names the rows of keys and values that it attends to. The keys of its
// sources are never joined in memory: one softmax runs over all of them in turn.
//
// A block of four warps takes 64 * MT queries of one head; each warp 16 * MT of them. Keys and
// values come in tiles of 64 through two stages of shared memory, whose rows are padded by eight
// numbers so that the eight rows that one matrix load touches fall into different banks.
#include "common.cuh"

// What each query row of a launch attends to. The logits of one source are
// scale * q.k / sqrt(d) + shift.
struct Sources {
    int first;
    short start[MAX_ROWS + 1];
    short row[MAX_ENTRIES];
    float scale[MAX_ENTRIES];
    float shift[MAX_ENTRIES];
};

// Distances, in numbers, between rows of the batch and between tokens.
struct Strides {
    long long q_row, q_token, k_row, k_token, v_row, v_token;
};

#define KEYS 64
#define PAD 8
#define THREADS 128

__device__ __forceinline__ uint32_t shared_address(const void *pointer) {
    return (uint32_t)__cvta_generic_to_shared(pointer);
}

// 16 bytes to shared memory, zeros where there is nothing to read.
__device__ __forceinline__ void copy_async(void *to, const void *from, bool there) {
    const int bytes = there ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(shared_address(to)),
                 "l"(from), "r"(bytes));
}
__device__ __forceinline__ void copy_commit() { asm volatile("cp.async.commit_group;\n"); }
template <int PENDING> __device__ __forceinline__ void copy_wait() {
    asm volatile("cp.async.wait_group %0;\n" ::"n"(PENDING));
}

__device__ __forceinline__ void load_matrices(uint32_t (&r)[4], const void *at) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(shared_address(at)));
}
__device__ __forceinline__ void load_transposed(uint32_t (&r)[4], const void *at) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(shared_address(at)));
}

// c += a b for a 16 x 16, b 16 x 8.
template <typename T>
__device__ __forceinline__ void multiply(float (&c)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1);
template <>
__device__ __forceinline__ void multiply<__half>(float (&c)[4], const uint32_t (&a)[4], uint32_t b0,
                                                 uint32_t b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, "
                 "{%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
template <>
__device__ __forceinline__ void multiply<__nv_bfloat16>(float (&c)[4], const uint32_t (&a)[4],
                                                        uint32_t b0, uint32_t b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, "
                 "{%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

template <typename T> __device__ __forceinline__ uint32_t pair(float low, float high);
template <> __device__ __forceinline__ uint32_t pair<__half>(float low, float high) {
    const __half2 both = __floats2half2_rn(low, high);
    return *reinterpret_cast<const uint32_t *>(&both);
}
template <> __device__ __forceinline__ uint32_t pair<__nv_bfloat16>(float low, float high) {
    const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
    return *reinterpret_cast<const uint32_t *>(&both);
}

__device__ __forceinline__ float exp2_fast(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;\n" : "=f"(y) : "f"(x));
    return y;
}

// ROWS tokens of one head into shared memory (ROWS, D + PAD); beyond `count` and `d` zeros.
template <typename T, int D, int ROWS>
__device__ __forceinline__ void fetch(T *to, const T *from, long long stride, int count, int d) {
    constexpr int CHUNKS = D / 8;
#pragma unroll
    for (int i = threadIdx.x; i < ROWS * CHUNKS; i += THREADS) {
        const int token = i / CHUNKS, column = i % CHUNKS * 8;
        const bool there = token < count && column < d;
        copy_async(to + token * (D + PAD) + column, there ? from + token * stride + column : from, there);
    }
}

// The queries of one warp as fragments of the matrix unit: MT of 16 rows, D / 16 of 16 columns.
template <typename T, int D, int MT>
__device__ __forceinline__ void load_queries(uint32_t (&q)[MT][D / 16][4], const T *shared) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int row = lane % 8 + (lane / 8 & 1) * 8, column = lane / 16 * 8;
#pragma unroll
    for (int m = 0; m < MT; m++)
#pragma unroll
        for (int k = 0; k < D / 16; k++)
            load_matrices(q[m][k], shared + ((warp * MT + m) * 16 + row) * (D + PAD) + k * 16 + column);
}

template <typename T, int D, int MT>
__device__ __forceinline__ void scores(float (&s)[MT][KEYS / 8][4], const uint32_t (&q)[MT][D / 16][4],
                                       const T *keys) {
    const int lane = threadIdx.x % 32;
    const int row = lane % 8 + lane / 16 * 8, column = (lane / 8 & 1) * 8;
#pragma unroll
    for (int m = 0; m < MT; m++)
#pragma unroll
        for (int j = 0; j < KEYS / 8; j++)
#pragma unroll
            for (int i = 0; i < 4; i++) s[m][j][i] = 0.0f;
#pragma unroll
    for (int k = 0; k < D / 16; k++)
#pragma unroll
        for (int j = 0; j < KEYS / 16; j++) {
            uint32_t b[4];
            load_matrices(b, keys + (j * 16 + row) * (D + PAD) + k * 16 + column);
#pragma unroll
            for (int m = 0; m < MT; m++) {
                multiply<T>(s[m][2 * j], q[m][k], b[0], b[1]);
                multiply<T>(s[m][2 * j + 1], q[m][k], b[2], b[3]);
            }
        }
}

// Brings logits to base 2, keeps the running maximum and sum, and turns logits into weights.
// Only a LAST tile has fewer than KEYS keys.
template <int D, int MT, bool LAST>
__device__ __forceinline__ void soften(float (&s)[MT][KEYS / 8][4], float (&out)[MT][D / 8][4],
                                       float (&top)[MT][2], float (&sum)[MT][2], float scale,
                                       float shift, int count) {
    const int column = threadIdx.x % 4 * 2;
#pragma unroll
    for (int m = 0; m < MT; m++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float most = top[m][half];
#pragma unroll
            for (int j = 0; j < KEYS / 8; j++)
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    float &x = s[m][j][half * 2 + i];
                    x = x * scale + shift;
                    if (LAST && j * 8 + column + i >= count) x = -INFINITY;
                    most = fmaxf(most, x);
                }
            most = fmaxf(most, __shfl_xor_sync(~0u, most, 1));
            most = fmaxf(most, __shfl_xor_sync(~0u, most, 2));
            const float keep = exp2_fast(top[m][half] - most);
            top[m][half] = most;
            float total = 0.0f;
#pragma unroll
            for (int j = 0; j < KEYS / 8; j++)
#pragma unroll
                for (int i = 0; i < 2; i++) {
                    float &x = s[m][j][half * 2 + i];
                    x = exp2_fast(x - most);
                    total += x;
                }
            sum[m][half] = sum[m][half] * keep + total;
#pragma unroll
            for (int j = 0; j < D / 8; j++) {
                out[m][j][half * 2] *= keep;
                out[m][j][half * 2 + 1] *= keep;
            }
        }
}

template <typename T, int D, int MT>
__device__ __forceinline__ void weigh(float (&out)[MT][D / 8][4], const float (&s)[MT][KEYS / 8][4],
                                      const T *values) {
    const int lane = threadIdx.x % 32;
    const int row = lane % 8 + (lane / 8 & 1) * 8, column = lane / 16 * 8;
#pragma unroll
    for (int k = 0; k < KEYS / 16; k++) {
        uint32_t a[MT][4];
#pragma unroll
        for (int m = 0; m < MT; m++) {
            a[m][0] = pair<T>(s[m][2 * k][0], s[m][2 * k][1]);
            a[m][1] = pair<T>(s[m][2 * k][2], s[m][2 * k][3]);
            a[m][2] = pair<T>(s[m][2 * k + 1][0], s[m][2 * k + 1][1]);
            a[m][3] = pair<T>(s[m][2 * k + 1][2], s[m][2 * k + 1][3]);
        }
#pragma unroll
        for (int j = 0; j < D / 16; j++) {
            uint32_t b[4];
            load_transposed(b, values + (k * 16 + row) * (D + PAD) + j * 16 + column);
#pragma unroll
            for (int m = 0; m < MT; m++) {
                multiply<T>(out[m][2 * j], a[m], b[0], b[1]);
                multiply<T>(out[m][2 * j + 1], a[m], b[2], b[3]);
            }
        }
    }
}

// Grid (blocks of queries, heads, rows of this launch); out (rows, n, heads * d).
template <typename T, int D, int MT>
__device__ __forceinline__ void attend(const T *q, const T *k, const T *v, T *out, int n, int keys,
                                       int d, const Strides &strides, float root, const Sources &sources) {
    extern __shared__ __align__(16) unsigned char memory[];
    constexpr int TILE = KEYS * (D + PAD), QUERIES = 64 * MT;
    T *shared = reinterpret_cast<T *>(memory);
    const int head = blockIdx.y, row = sources.first + blockIdx.z, start = blockIdx.x * QUERIES;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;

    fetch<T, D, QUERIES>(shared, q + row * strides.q_row + start * strides.q_token + head * d,
                         strides.q_token, n - start, d);
    copy_commit();
    copy_wait<0>();
    __syncthreads();
    uint32_t query[MT][D / 16][4];
    load_queries<T, D, MT>(query, shared);
    __syncthreads();

    float result[MT][D / 8][4], top[MT][2], sum[MT][2];
#pragma unroll
    for (int m = 0; m < MT; m++) {
        top[m][0] = top[m][1] = -INFINITY;
        sum[m][0] = sum[m][1] = 0.0f;
#pragma unroll
        for (int j = 0; j < D / 8; j++)
#pragma unroll
            for (int i = 0; i < 4; i++) result[m][j][i] = 0.0f;
    }
    const int tiles = (keys + KEYS - 1) / KEYS, first = sources.start[blockIdx.z];
    const int total = (sources.start[blockIdx.z + 1] - first) * tiles;
    // Stage i holds the keys and then the values of every second tile.
    auto fetch_tile = [&](int tile) {
        const int from = sources.row[first + tile / tiles], token = tile % tiles * KEYS;
        T *to = shared + (tile & 1) * 2 * TILE;
        fetch<T, D, KEYS>(to, k + from * strides.k_row + token * strides.k_token + head * d,
                          strides.k_token, keys - token, d);
        fetch<T, D, KEYS>(to + TILE, v + from * strides.v_row + token * strides.v_token + head * d,
                          strides.v_token, keys - token, d);
    };
    fetch_tile(0);
    copy_commit();
    for (int tile = 0; tile < total; tile++) {
        if (tile + 1 < total) fetch_tile(tile + 1);
        copy_commit();
        copy_wait<1>();
        __syncthreads();
        const T *stage = shared + (tile & 1) * 2 * TILE;
        const int source = first + tile / tiles;
        float s[MT][KEYS / 8][4];
        scores<T, D, MT>(s, query, stage);
        const float scale = sources.scale[source] * root;
        const float shift = sources.shift[source] * 1.4426950408889634f;
        const int count = keys - tile % tiles * KEYS;
        if (count < KEYS)
            soften<D, MT, true>(s, result, top, sum, scale, shift, count);
        else
            soften<D, MT, false>(s, result, top, sum, scale, shift, count);
        weigh<T, D, MT>(result, s, stage + TILE);
        __syncthreads();
    }

    const long long width = (long long)gridDim.y * d;
#pragma unroll
    for (int m = 0; m < MT; m++)
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float whole = sum[m][half];
            whole += __shfl_xor_sync(~0u, whole, 1);
            whole += __shfl_xor_sync(~0u, whole, 2);
            const float share = 1.0f / whole;
            const int token = start + (warp * MT + m) * 16 + half * 8 + lane / 4;
            if (token >= n) continue;
            T *to = out + ((long long)row * n + token) * width + head * d;
#pragma unroll
            for (int j = 0; j < D / 8; j++) {
                const int column = j * 8 + lane % 4 * 2;
                if (column < d)
                    *reinterpret_cast<uint32_t *>(to + column) =
                        pair<T>(result[m][j][half * 2] * share, result[m][j][half * 2 + 1] * share);
            }
        }
}

#define NAMED(T, S, D, MT)                                                                         \
    extern "C" __global__ void __launch_bounds__(THREADS)                                          \
        attend_##S##_##D(const T *q, const T *k, const T *v, T *out, int n, int keys, int d,       \
                         const __grid_constant__ Strides strides, float root,                      \
                         const __grid_constant__ Sources sources) {                                \
        attend<T, D, MT>(q, k, v, out, n, keys, d, strides, root, sources);                        \
    }
#define FOR_WIDTHS(T, S)                                                                           \
    NAMED(T, S, 32, 2)                                                                             \
    NAMED(T, S, 48, 2)                                                                             \
    NAMED(T, S, 64, 2)                                                                             \
    NAMED(T, S, 80, 2)                                                                             \
    NAMED(T, S, 128, 1)                                                                            \
    NAMED(T, S, 160, 1)
FOR_WIDTHS(__half, f16)
FOR_WIDTHS(__nv_bfloat16, bf16)
