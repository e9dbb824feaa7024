//! Each kernel against its plain form on the CPU, from the same rounded inputs. They need a
//! card: `cargo test --release --features cuda --lib cuda -- --ignored`.

use super::super::{self as kernels, KeySource, StatAnchors, plain};
use candle_core::{DType, Device, Result, Tensor};

const TYPES: [DType; 3] = [DType::F16, DType::BF16, DType::F32];

fn card() -> Device {
    Device::new_cuda(0).expect("these tests need a CUDA device")
}

/// Numbers much like a normal distribution, rounded to `dtype`, in single precision on the CPU.
fn noise(seed: u64, shape: &[usize], dtype: DType) -> Tensor {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|_| 1.7 * (uniform() + uniform() + uniform() + uniform()))
        .collect();
    let exact = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
    exact.to_dtype(dtype).unwrap().to_dtype(DType::F32).unwrap()
}

fn floats(x: &Tensor) -> Vec<f32> {
    let x = x.to_dtype(DType::F32).unwrap().to_device(&Device::Cpu).unwrap();
    x.flatten_all().unwrap().to_vec1().unwrap()
}

/// Runs a kernel on both sides in every type and compares lengths of differences.
fn agree(
    what: &str,
    single: f64,
    inputs: impl Fn(DType) -> Vec<Tensor>,
    fast: impl Fn(&[Tensor]) -> Result<Tensor>,
    slow: impl Fn(&[Tensor]) -> Result<Tensor>,
) {
    let device = card();
    for dtype in TYPES {
        let inputs = inputs(dtype);
        let move_in = |x: &Tensor| x.to_dtype(dtype).unwrap().to_device(&device).unwrap();
        let there: Vec<Tensor> = inputs.iter().map(move_in).collect();
        let (ours, plain) = (fast(&there).unwrap(), slow(&inputs).unwrap());
        assert_eq!((ours.dims(), ours.dtype()), (plain.dims(), dtype), "{what}");
        let (ours, plain) = (floats(&ours), floats(&plain));
        let pairs = || ours.iter().zip(&plain);
        let off: f64 = pairs().map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        let size: f64 = plain.iter().map(|b| f64::from(*b).powi(2)).sum();
        let distance = (off / size).sqrt();
        let bound = match dtype {
            DType::F16 => 1e-3,
            DType::BF16 => 8e-3,
            _ => single,
        };
        println!("{what:<44} {dtype:?} {distance:.1e}");
        assert!(distance <= bound, "{what} in {dtype:?}: {distance:e} from the plain form");
    }
}

#[test]
#[ignore = "needs a CUDA device"]
fn convolutions() {
    let shapes = [
        [2, 4, 64, 3, 1, 1, 16, 16],
        [2, 64, 4, 3, 1, 1, 16, 16],
        [3, 64, 128, 3, 1, 1, 24, 20],
        [2, 64, 64, 3, 2, 1, 16, 16],
        [2, 32, 32, 3, 2, 0, 17, 17],
        [2, 96, 40, 1, 1, 0, 9, 7],
        [1, 20, 12, 3, 1, 1, 8, 8],
    ];
    for [n, c, o, k, stride, padding, h, w] in shapes {
        let inputs = move |dtype| {
            let (height, width) =
                ((h + 2 * padding - k) / stride + 1, (w + 2 * padding - k) / stride + 1);
            let weight = (noise(2, &[o, c, k, k], dtype) * 0.125).unwrap();
            let residual = noise(4, &[n, o, height, width], dtype);
            vec![noise(1, &[n, c, h, w], dtype), weight, noise(3, &[o], dtype), residual]
        };
        let what = format!("conv {n} {c}>{o} {k}/{stride} {h}x{w}");
        let slow = |x: &[Tensor]| plain::conv2d(&x[0], &x[1], Some(&x[2]), stride, padding);
        agree(
            &what,
            2e-3,
            inputs,
            |x| kernels::conv2d(&x[0], &x[1], Some(&x[2]), stride, padding),
            slow,
        );
        agree(
            &format!("{what} onto"),
            2e-3,
            inputs,
            |x| kernels::conv2d_add(&x[0], &x[1], &x[2], &x[3], stride, padding),
            |x| slow(x)? + &x[3],
        );
    }
}

#[test]
#[ignore = "needs a CUDA device"]
fn linear_layers() {
    for [b, n, i, o] in [[2, 77, 64, 128], [3, 5, 30, 14], [1, 1000, 640, 320], [2, 3, 8, 8]] {
        let inputs = move |dtype| {
            let weight = (noise(2, &[o, i], dtype) * 0.125).unwrap();
            vec![
                noise(1, &[b, n, i], dtype),
                weight,
                noise(3, &[o], dtype),
                noise(4, &[b, n, o], dtype),
            ]
        };
        let what = format!("linear {b} {n} {i}>{o}");
        let bare = |x: &[Tensor]| plain::linear(&x[0], &x[1], None);
        agree(&what, 1e-5, inputs, |x| kernels::linear(&x[0], &x[1], None), bare);
        agree(
            &format!("{what} onto"),
            1e-5,
            inputs,
            |x| kernels::linear_add(&x[0], &x[1], Some(&x[2]), &x[3]),
            |x| plain::linear(&x[0], &x[1], Some(&x[2]))? + &x[3],
        );
    }
}

#[test]
#[ignore = "needs a CUDA device"]
fn attention_with_sources() {
    let shared = |rows: usize| -> Vec<Vec<KeySource>> {
        let anchor = |row: usize| KeySource { row: row / 3 * 3, scale: 0.8, shift: 0.7 };
        (0..rows)
            .map(|row| match row % 3 {
                0 => vec![KeySource::own(row)],
                _ => vec![KeySource::own(row), anchor(row)],
            })
            .collect()
    };
    let shapes = [
        [3, 256, 256, 4, 32],
        [6, 200, 200, 2, 64],
        [3, 65, 77, 5, 40],
        [3, 130, 70, 2, 80],
        [3, 64, 64, 2, 128],
        [3, 33, 90, 1, 160],
        [3, 50, 50, 3, 48],
        [3, 16, 16, 2, 6],
        [70, 16, 16, 1, 16],
    ];
    for [rows, n, m, heads, d] in shapes {
        let inputs = move |dtype| {
            let long = |seed, count| noise(seed, &[rows, count, heads * d], dtype);
            vec![long(1, n), long(2, m), long(3, m)]
        };
        let run = |x: &[Tensor]| kernels::attention(&x[0], &x[1], &x[2], heads, &shared(rows));
        let slow = |x: &[Tensor]| plain::attention(&x[0], &x[1], &x[2], heads, &shared(rows));
        agree(&format!("attention {rows} {n} {m} {heads}x{d}"), 1e-5, inputs, run, slow);
    }
}

#[test]
#[ignore = "needs a CUDA device"]
fn norms() {
    for [n, c, groups, h, w] in
        [[4, 64, 32, 16, 16], [3, 320, 32, 9, 7], [4, 6, 3, 5, 5], [4, 2560, 32, 8, 8]]
    {
        let partners = [None, Some(0), None, Some(2)];
        let inputs = move |dtype| {
            let x = ((noise(1, &[n, c, h, w], dtype) * 2.0).unwrap() + 4.0).unwrap();
            let x = x.to_dtype(dtype).unwrap().to_dtype(DType::F32).unwrap();
            vec![x, noise(2, &[c], dtype), noise(3, &[c], dtype)]
        };
        for (silu, pooled) in [(false, false), (true, true)] {
            let partners = pooled.then_some(&partners[..n]);
            agree(
                &format!("group norm {n} {c}/{groups} {h}x{w} {silu}"),
                1e-5,
                inputs,
                |x| kernels::group_norm(&x[0], groups, &x[1], &x[2], 1e-5, silu, partners),
                |x| plain::group_norm(&x[0], groups, &x[1], &x[2], 1e-5, silu, partners),
            );
        }
    }
    for [b, n, c] in [[2, 50, 640], [3, 7, 33], [2, 9, 1280]] {
        agree(
            &format!("layer norm {b} {n} {c}"),
            1e-5,
            move |dtype| {
                vec![noise(1, &[b, n, c], dtype), noise(2, &[c], dtype), noise(3, &[c], dtype)]
            },
            |x| kernels::layer_norm(&x[0], &x[1], &x[2], 1e-5),
            |x| plain::layer_norm(&x[0], &x[1], &x[2], 1e-5),
        );
    }
}

#[test]
#[ignore = "needs a CUDA device"]
fn adain() {
    let anchors: Vec<StatAnchors> =
        vec![vec![], vec![(0, 1.0)], vec![(0, 0.25), (1, 0.75)], vec![(3, 1.0)]];
    for [n, c] in [[64, 64], [100, 33], [1000, 640]] {
        agree(
            &format!("adain {n} {c}"),
            1e-5,
            move |dtype| vec![noise(1, &[4, n, c], dtype)],
            |x| kernels::adain(&x[0], &anchors),
            |x| plain::adain(&x[0], &anchors),
        );
    }
}

#[test]
#[ignore = "needs a CUDA device"]
fn feature_maps() {
    let map = |seed, c| move |dtype| vec![noise(seed, &[2, c, 6, 5], dtype)];
    for c in [16, 7] {
        agree(
            &format!("upsample {c}"),
            1e-6,
            map(1, c),
            |x| kernels::upsample_nearest(&x[0], 12, 11),
            |x| plain::upsample_nearest(&x[0], 12, 11),
        );
        let two =
            move |dtype| vec![noise(1, &[2, c, 6, 5], dtype), noise(2, &[2, c + 8, 6, 5], dtype)];
        agree(
            &format!("concat {c}"),
            1e-6,
            two,
            |x| kernels::concat_channels(&x[0], &x[1]),
            |x| Tensor::cat(&[&x[0], &x[1]], 1),
        );
        let shifted = move |dtype| vec![noise(1, &[2, c, 6, 5], dtype), noise(2, &[2, c], dtype)];
        agree(
            &format!("add channels {c}"),
            1e-6,
            shifted,
            |x| kernels::add_channels(&x[0], &x[1]),
            |x| x[0].broadcast_add(&x[1].reshape((2, c, 1, 1))?),
        );
        agree(
            &format!("tokens and back {c}"),
            1e-6,
            map(3, c),
            |x| kernels::feature_map(&kernels::tokens(&kernels::add(&x[0], &x[0])?)?, 6, 5),
            |x| &x[0] + &x[0],
        );
        let gated = move |dtype| vec![noise(1, &[2, 9, 2 * c], dtype)];
        agree(
            &format!("geglu {c}"),
            1e-6,
            gated,
            |x| kernels::geglu(&x[0]),
            |x| plain::geglu(&x[0]),
        );
    }
}
