//! Each kernel against its plain form, on every instruction set of the machine; and the law: a
//! row's bytes depend on nothing but the row.

mod laws;
mod plain;
mod values;

use candle_core::{Device, Result, Shape, Tensor};

use super::super::{KeySource, StatAnchors};
use super::activation::{self, Curve};
use super::conv::Plus;
use super::norm::{self, GroupNorm};
use super::simd::Isa;
use super::{adain, attention, conv, linear, maps, resize};

/// Numbers much like a normal distribution, the same for the same seed.
fn noise(seed: u64, shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let values: Vec<f32> = (0..shape.elem_count())
        .map(|_| 1.7 * (uniform() + uniform() + uniform() + uniform()))
        .collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn floats(x: &Tensor) -> Vec<f32> {
    x.flatten_all().unwrap().to_vec1().unwrap()
}

fn bytes(x: &Tensor) -> Vec<u32> {
    floats(x).into_iter().map(f32::to_bits).collect()
}

/// The length of the difference over the length of `right`.
fn distance(left: &Tensor, right: &Tensor) -> f64 {
    assert_eq!(left.dims(), right.dims());
    let (mut off, mut size) = (0.0, 0.0);
    for (left, right) in floats(left).into_iter().zip(floats(right)) {
        off += (f64::from(left) - f64::from(right)).powi(2);
        size += f64::from(right).powi(2);
    }
    (off / size.max(1e-30)).sqrt()
}

#[track_caller]
fn assert_near(what: &str, fast: &Tensor, plain: &Tensor) {
    let distance = distance(fast, plain);
    assert!(distance <= 2e-6, "{what}: {distance:e} from the plain form");
}

/// What a case calls.
type Run = Box<dyn Fn(Isa, &[Tensor]) -> Result<Tensor> + Sync>;

/// A kernel as a function of a batch, to be put to the tests that are the same for all.
struct Case {
    name: String,
    /// Its inputs; row by row they go together.
    inputs: Vec<Tensor>,
    /// The first argument is the instruction set, the second the inputs.
    run: Run,
}

fn case(
    name: String,
    inputs: Vec<Tensor>,
    run: impl Fn(Isa, &[Tensor]) -> Result<Tensor> + Sync + 'static,
) -> Case {
    Case { name, inputs, run: Box::new(run) }
}

/// Images, input channels, output channels, kernel, stride, padding, height, width.
const CONVS: [[usize; 8]; 22] = [
    [5, 96, 96, 3, 1, 1, 32, 32],
    [5, 33, 20, 3, 1, 1, 16, 16],
    [5, 160, 64, 3, 1, 1, 8, 8],
    [5, 12, 7, 3, 1, 1, 4, 4],
    [5, 4, 96, 3, 1, 1, 32, 32],
    [2, 8, 3, 3, 1, 1, 48, 80],
    [2, 3, 5, 3, 1, 1, 9, 112],
    [5, 20, 9, 1, 1, 0, 16, 16],
    [5, 17, 12, 1, 1, 0, 7, 5],
    [5, 96, 30, 3, 2, 1, 16, 16],
    [5, 24, 30, 3, 2, 1, 32, 32],
    [2, 5, 4, 3, 2, 0, 33, 33],
    [2, 5, 4, 5, 3, 2, 20, 48],
    [2, 5, 4, 1, 2, 0, 6, 32],
    [3, 9, 11, 3, 2, 0, 17, 13],
    [2, 6, 5, 5, 3, 4, 11, 13],
    [1, 700, 6, 3, 1, 1, 16, 16],
    [3, 40, 36, 3, 1, 1, 16, 16],
    [3, 33, 53, 3, 1, 1, 22, 18],
    [2, 32, 33, 3, 1, 1, 4, 140],
    [2, 34, 32, 3, 1, 0, 18, 34],
    [1, 1040, 32, 3, 1, 1, 128, 2],
];

/// With `onto`, shifts and residuals are added.
fn convs(onto: bool) -> Vec<Case> {
    CONVS
        .iter()
        .map(|&[n, c, o, k, stride, padding, h, w]| {
            let weight = (noise(7, (o, c, k, k)) * 0.1).unwrap();
            let bias = noise(8, o);
            let run = move |isa, x: &[Tensor]| {
                let plus = Plus { bias: Some(&bias), shift: x.get(1), residual: x.get(2) };
                conv::conv2d(isa, &x[0], &weight, plus, stride, padding)
            };
            let side = |size: usize| (size + 2 * padding - k) / stride + 1;
            let mut inputs = vec![noise(1, (n, c, h, w))];
            if onto {
                inputs.extend([noise(40, (n, o)), noise(41, (n, o, side(h), side(w)))]);
            }
            case(format!("conv {n} {c}>{o} {k}/{stride} {h}x{w}, onto {onto}"), inputs, run)
        })
        .collect()
}

/// Rows, tokens (0 for none at all), inputs, outputs.
const LINEARS: [[usize; 4]; 7] = [
    [5, 64, 160, 160],
    [5, 48, 320, 128],
    [3, 7, 33, 65],
    [5, 1, 50, 30],
    [5, 0, 384, 130],
    [2, 130, 1100, 70],
    [1, 2, 1, 1],
];

/// With `onto`, residuals are added.
fn linears(onto: bool) -> Vec<Case> {
    LINEARS
        .iter()
        .map(|&[b, n, inputs, outputs]| {
            let x = if n == 0 { noise(2, (b, inputs)) } else { noise(2, (b, n, inputs)) };
            let (weight, bias) = (noise(3, (outputs, inputs)), noise(4, outputs));
            let run =
                move |isa, x: &[Tensor]| linear::linear(isa, &x[0], &weight, Some(&bias), x.get(1));
            let residual = match n {
                _ if !onto => None,
                0 => Some(noise(42, (b, outputs))),
                n => Some(noise(42, (b, n, outputs))),
            };
            let x = std::iter::once(x).chain(residual).collect();
            case(format!("linear {b} {n} {inputs}>{outputs}, onto {onto}"), x, run)
        })
        .collect()
}

/// Rows, queries, keys, heads, head width.
const ATTENTIONS: [[usize; 5]; 6] = [
    [5, 256, 256, 4, 32],
    [5, 64, 48, 5, 32],
    [3, 65, 77, 2, 40],
    [2, 49, 1500, 1, 96],
    [5, 16, 5, 3, 7],
    [3, 1, 1, 1, 16],
];

fn attentions() -> Vec<Case> {
    ATTENTIONS
        .iter()
        .map(|&[b, n, m, heads, d]| {
            let q = noise(5, (b, n, heads * d));
            let (k, v) = (noise(6, (b, m, heads * d)), noise(7, (b, m, heads * d)));
            let run = move |isa, x: &[Tensor]| {
                let own: Vec<_> = (0..x[0].dim(0)?).map(|row| vec![KeySource::own(row)]).collect();
                attention::attention(isa, (&x[0], &x[1], &x[2]), heads, &own, false)
            };
            case(format!("attention {b} {n} {m} {heads}x{d}"), vec![q, k, v], run)
        })
        .collect()
}

fn causals() -> Vec<Case> {
    [[5, 48, 4, 32], [2, 77, 2, 64], [2, 5, 1, 3], [1, 1030, 1, 8]]
        .iter()
        .map(|&[b, n, heads, d]| {
            let inputs = (0..3).map(|seed| noise(seed + 20, (b, n, heads * d))).collect();
            let run = move |isa, x: &[Tensor]| {
                let own: Vec<_> = (0..x[0].dim(0)?).map(|row| vec![KeySource::own(row)]).collect();
                attention::attention(isa, (&x[0], &x[1], &x[2]), heads, &own, true)
            };
            case(format!("causal {b} {n} {heads}x{d}"), inputs, run)
        })
        .collect()
}

/// Rows, channels, groups, height, width.
const GROUP_NORMS: [[usize; 5]; 5] =
    [[5, 96, 32, 32, 32], [5, 160, 32, 8, 8], [2, 6, 2, 5, 7], [3, 4, 4, 1, 1], [2, 8, 2, 65, 40]];

fn group_norms() -> Vec<Case> {
    GROUP_NORMS
        .iter()
        .flat_map(|&[n, c, groups, h, w]| {
            [false, true].map(|silu| {
                let (weight, bias) = (noise(9, c), noise(10, c));
                let run = move |isa, x: &[Tensor]| {
                    let (weight, bias) = (&weight, &bias);
                    let norm = GroupNorm { groups, weight, bias, eps: 1e-5, silu, partners: None };
                    norm::group_norm(isa, &x[0], norm)
                };
                let x = ((noise(11, (n, c, h, w)) * 2.0).unwrap() + 0.7).unwrap();
                case(format!("group norm {n} {c}/{groups} {h}x{w} {silu}"), vec![x], run)
            })
        })
        .collect()
}

fn layer_norms() -> Vec<Case> {
    [[5, 64, 160], [3, 7, 33], [2, 100, 1280]]
        .iter()
        .map(|&[b, n, c]| {
            let (weight, bias) = (noise(12, c), noise(13, c));
            let run = move |isa, x: &[Tensor]| norm::layer_norm(isa, &x[0], &weight, &bias, 1e-5);
            let x = (noise(14, (b, n, c)) + 0.5).unwrap();
            case(format!("layer norm {b} {n} {c}"), vec![x], run)
        })
        .collect()
}

fn elementwise() -> Vec<Case> {
    let shapes = [(5, 64, 320), (3, 5, 14), (1, 1, 2), (5, 700, 96)];
    let curves = [Curve::Silu, Curve::GeluErf, Curve::QuickGelu];
    let wide = |shape| (noise(15, shape) * 3.0).unwrap();
    let mut cases = Vec::new();
    for shape in shapes {
        for curve in curves {
            let run = move |isa, x: &[Tensor]| activation::activate(isa, &x[0], curve);
            cases.push(case(format!("{curve:?} {shape:?}"), vec![wide(shape)], run));
        }
        let run = move |isa, x: &[Tensor]| activation::geglu(isa, &x[0]);
        cases.push(case(format!("geglu {shape:?}"), vec![wide(shape)], run));
    }
    cases
}

fn upsamples() -> Vec<Case> {
    [[5, 12, 8, 8, 16, 16], [2, 3, 5, 7, 11, 9], [2, 2, 6, 6, 3, 4], [1, 1, 1, 1, 3, 2]]
        .iter()
        .map(|&[n, c, h, w, to_h, to_w]| {
            let run = move |_: Isa, x: &[Tensor]| resize::upsample_nearest(&x[0], to_h, to_w);
            case(format!("upsample {h}x{w}>{to_h}x{to_w}"), vec![noise(16, (n, c, h, w))], run)
        })
        .collect()
}

/// Rows, channels, height, width.
const MAPS: [[usize; 4]; 4] = [[5, 96, 16, 16], [3, 70, 9, 7], [2, 1, 1, 1], [4, 33, 40, 65]];

fn maps() -> Vec<Case> {
    let mut cases = Vec::new();
    for [n, c, h, w] in MAPS {
        let map = |seed| noise(seed, (n, c, h, w));
        let mut add = |name: &str, inputs, run: fn(Isa, &[Tensor]) -> Result<Tensor>| {
            cases.push(case(format!("{name} {n} {c} {h}x{w}"), inputs, run));
        };
        add("add", vec![map(50), map(51)], |isa, x| maps::add(isa, &x[0], &x[1]));
        let shifted = vec![map(50), noise(52, (n, c))];
        add("add channels", shifted, |isa, x| maps::add_channels(isa, &x[0], &x[1]));
        let joined = vec![map(50), noise(53, (n, 2 * c + 1, h, w))];
        add("concat", joined, |_, x| maps::concat_channels(&x[0], &x[1]));
        add("tokens", vec![map(50)], |isa, x| maps::tokens(isa, &x[0]));
        let tokens = vec![noise(54, (n, c, h * w))];
        add("feature map", tokens, |isa, x| maps::feature_map(isa, &x[0], 1, x[0].dim(1)?));
    }
    cases
}

/// All kernels whose rows have nothing to do with each other.
fn independent() -> Vec<Case> {
    [
        convs(false),
        convs(true),
        linears(false),
        linears(true),
        maps(),
        attentions(),
        causals(),
        group_norms(),
        layer_norms(),
        elementwise(),
        upsamples(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Kernels whose rows look at others: 0 and 3 are anchors, of one half each.
fn sharing() -> Vec<Case> {
    let sources = |row: usize| match row {
        0 | 3 => vec![KeySource::own(row)],
        _ => {
            let anchor = KeySource { row: row / 3 * 3, scale: 0.8, shift: 0.7 };
            vec![KeySource::own(row), anchor]
        }
    };
    let inputs = |n, c| (0..3).map(|seed| noise(seed + 30, (6, n, c))).collect::<Vec<_>>();
    let share = move |isa, x: &[Tensor]| {
        let all: Vec<_> = (0..x[0].dim(0)?).map(sources).collect();
        attention::attention(isa, (&x[0], &x[1], &x[2]), 4, &all, false)
    };
    let pool = |isa, x: &[Tensor]| {
        let partners: Vec<_> =
            (0..x[0].dim(0)?).map(|row| (row % 3 != 0).then_some(row / 3 * 3)).collect();
        let (weight, bias) = (noise(9, 12), noise(10, 12));
        let norm = GroupNorm {
            groups: 4,
            weight: &weight,
            bias: &bias,
            eps: 1e-5,
            silu: true,
            partners: Some(&partners),
        };
        norm::group_norm(isa, &x[0], norm)
    };
    let style = |isa, x: &[Tensor]| {
        let rows = x[0].dim(0)?;
        let anchors: Vec<StatAnchors> = (0..rows).map(|row| vec![(row / 3 * 3, 1.0)]).collect();
        adain::adain(isa, &x[0], &anchors)
    };
    let pictures = (noise(33, (6, 12, 9, 9)) + 0.3).unwrap();
    vec![
        case("shared attention".into(), inputs(130, 128), share),
        case("shared attention, long".into(), inputs(1040, 64), share),
        case("pooled group norm".into(), vec![pictures], pool),
        case("adain".into(), vec![noise(34, (6, 200, 100))], style),
    ]
}
