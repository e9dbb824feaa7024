// What every kernel here uses: number types, vectors of them, and the names that Rust calls.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <stdint.h>

// Rows of a batch that one launch may name; the launching side splits larger batches.
#define MAX_ROWS 64
// Entries of a list that travels with a launch.
#define MAX_ENTRIES 128

// V numbers that are read and written by one instruction.
template <typename T, int V> struct alignas(sizeof(T) * V) Pack {
    T at[V];
};

__device__ __forceinline__ float wide(float x) { return x; }
__device__ __forceinline__ float wide(__half x) { return __half2float(x); }
__device__ __forceinline__ float wide(__nv_bfloat16 x) { return __bfloat162float(x); }

template <typename T> __device__ __forceinline__ T narrow(float x);
template <> __device__ __forceinline__ float narrow<float>(float x) { return x; }
template <> __device__ __forceinline__ __half narrow<__half>(float x) { return __float2half_rn(x); }
template <> __device__ __forceinline__ __nv_bfloat16 narrow<__nv_bfloat16>(float x) {
    return __float2bfloat16_rn(x);
}

template <typename T, int V> __device__ __forceinline__ Pack<T, V> load(const T *from) {
    return *reinterpret_cast<const Pack<T, V> *>(from);
}
template <typename T, int V> __device__ __forceinline__ void store(T *to, const Pack<T, V> &pack) {
    *reinterpret_cast<Pack<T, V> *>(to) = pack;
}

__device__ __forceinline__ float silu(float x) { return x / (1.0f + __expf(-x)); }
__device__ __forceinline__ float gelu_erf(float x) {
    return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
}

// One kernel for each type, by vectors of 16 bytes and by single numbers: NAME_f16_8, NAME_f16_1 ...
#define FOR_TYPES(MACRO)                                                                           \
    MACRO(__half, f16, 8)                                                                          \
    MACRO(__half, f16, 1)                                                                          \
    MACRO(__nv_bfloat16, bf16, 8)                                                                  \
    MACRO(__nv_bfloat16, bf16, 1)                                                                  \
    MACRO(float, f32, 4)                                                                           \
    MACRO(float, f32, 1)
