//! Values that follow from the definitions, and the edges of the ranges.

use super::*;

/// `f` of many numbers, at once.
fn curve(isa: Isa, curve: Curve, x: &[f32]) -> Vec<f32> {
    let x = Tensor::new(x, &Device::Cpu).unwrap();
    floats(&activation::activate(isa, &x, curve).unwrap())
}

/// Greatest relative error against `truth` where that is not tiny.
fn worst(isa: Isa, shape: Curve, truth: impl Fn(f64) -> f64) -> f64 {
    let x: Vec<f32> = (-8000..8000).map(|step| step as f32 * 1.01e-3).collect();
    let y = curve(isa, shape, &x);
    x.iter()
        .zip(y)
        .map(|(&x, y)| (truth(f64::from(x)), f64::from(y)))
        .filter(|(truth, _)| truth.abs() > 1e-6)
        .map(|(truth, y)| ((y - truth) / truth).abs())
        .fold(0.0, f64::max)
}

/// `erfc(z)` for `z >= 0` by its continued fraction or its series.
fn erfc(z: f64) -> f64 {
    if z < 0.0 {
        return 2.0 - erfc(-z);
    }
    if z > 2.5 {
        let fraction = (1..200).rev().fold(z, |rest, n| z + f64::from(n) / 2.0 / rest);
        return (-z * z).exp() / fraction / std::f64::consts::PI.sqrt();
    }
    let (mut term, mut sum) = (z, z);
    for n in 1..200 {
        term *= -z * z / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    1.0 - 2.0 / std::f64::consts::PI.sqrt() * sum
}

#[test]
fn activations_keep_relative_precision() {
    for isa in Isa::all() {
        let silu = worst(isa, Curve::Silu, |x| x / (1.0 + (-x).exp()));
        let quick = worst(isa, Curve::QuickGelu, |x| x / (1.0 + (-1.702 * x).exp()));
        let gelu = worst(isa, Curve::GeluErf, |x| x * 0.5 * erfc(-x / std::f64::consts::SQRT_2));
        assert!(silu < 5e-7, "silu {silu:e}");
        assert!(quick < 1.5e-6, "quick gelu {quick:e}");
        assert!(gelu < 2e-6, "gelu {gelu:e}");
    }
}

#[test]
fn activations_at_the_edges() {
    let x = [0.0, -0.0, 1e-30, 100.0, -100.0, 1e30, -1e30, f32::NAN, f32::INFINITY];
    for isa in Isa::all() {
        for shape in [Curve::Silu, Curve::GeluErf, Curve::QuickGelu] {
            let y = curve(isa, shape, &x);
            assert!(y[0] == 0.0 && y[1] == 0.0, "{shape:?}");
            assert!((y[2] - 0.5e-30).abs() < 1e-36, "{shape:?} {}", y[2]);
            assert_eq!(y[3], 100.0, "{shape:?}");
            assert!(y[4].abs() < 1e-30, "{shape:?} {}", y[4]);
            assert_eq!(y[5], 1e30, "{shape:?}");
            assert!(y[6].abs() < 1e-6, "{shape:?} {}", y[6]);
            assert!(y[7].is_nan(), "{shape:?} hides a NaN");
            assert!(y[8].is_nan() || y[8] >= 1e30, "{shape:?} {}", y[8]);
        }
    }
}

#[test]
fn a_shift_is_a_weight() {
    // A source shifted by ln 2 counts as if it were there twice.
    let (q, k, v) = (noise(1, (2, 40, 32)), noise(2, (2, 30, 32)), noise(3, (2, 30, 32)));
    let shifted = KeySource { row: 1, scale: 1.0, shift: 2.0f32.ln() };
    let (own, other) = (KeySource::own(0), KeySource::own(1));
    let run = |first: Vec<KeySource>| {
        let sources = [first, vec![other]];
        attention::attention(Isa::best(), (&q, &k, &v), 1, &sources, false).unwrap()
    };
    assert_near("ln 2", &run(vec![own, shifted]), &run(vec![own, other, other]));
    assert!(distance(&run(vec![own, shifted]), &run(vec![own, other])) > 1e-3);
}

#[test]
fn weights_of_one_add_up_to_one() {
    let (q, k) = (noise(1, (1, 50, 64)), noise(2, (1, 1500, 64)));
    let v = k.ones_like().unwrap();
    let sources = [vec![KeySource::own(0), KeySource { row: 0, scale: 0.3, shift: 3.0 }]];
    let y = attention::attention(Isa::best(), (&q, &k, &v), 2, &sources, false).unwrap();
    assert!(floats(&y).iter().all(|y| (y - 1.0).abs() < 1e-5));
}

#[test]
fn large_logits_do_not_overflow() {
    let q = (noise(1, (1, 20, 16)) * 1e3).unwrap();
    let k = (noise(2, (1, 2100, 16)) * 1e3).unwrap();
    let v = noise(3, (1, 2100, 16));
    let y = attention::attention(Isa::best(), (&q, &k, &v), 1, &[vec![KeySource::own(0)]], false);
    assert!(floats(&y.unwrap()).iter().all(|y| y.is_finite()));
}

#[test]
fn rows_that_are_their_own_anchor_stay_as_they_are() {
    let x = noise(1, (4, 50, 20));
    let anchors = vec![vec![(0, 1.0)], vec![], vec![(0, 1.0)], vec![(3, 0.5), (3, 0.5)]];
    let y = adain::adain(Isa::best(), &x, &anchors).unwrap();
    for row in [0, 1, 3] {
        let (before, after) = (x.narrow(0, row, 1).unwrap(), y.narrow(0, row, 1).unwrap());
        assert_eq!(bytes(&before), bytes(&after), "row {row}");
    }
    assert!(distance(&y.narrow(0, 2, 1).unwrap(), &x.narrow(0, 2, 1).unwrap()) > 1e-2);
}

#[test]
fn means_of_large_values_are_kept() {
    // 1000 + noise: the variance is that of the noise, though squares of 1000 would drown it.
    let noise = noise(1, (1, 2, 64, 64));
    let (weight, bias) =
        (Tensor::new(&[1f32, 1.0], &Device::Cpu), Tensor::new(&[0f32, 0.0], &Device::Cpu));
    let (weight, bias) = (&weight.unwrap(), &bias.unwrap());
    let norm = GroupNorm { groups: 1, weight, bias, eps: 1e-5, silu: false, partners: None };
    let far = norm::group_norm(Isa::best(), &(&noise + 1000.0).unwrap(), norm).unwrap();
    let near = norm::group_norm(Isa::best(), &noise, norm).unwrap();
    assert!(distance(&far, &near) < 2e-4, "{:e}", distance(&far, &near));
}

#[test]
fn strided_inputs_are_read_right() {
    let x = noise(1, (2, 40, 64));
    let (k, v) = (noise(2, (2, 40, 64)), noise(3, (2, 40, 64)));
    let own = [vec![KeySource::own(0)], vec![KeySource::own(1)]];
    let run = |q: &Tensor| attention::attention(Isa::best(), (q, &k, &v), 2, &own, false).unwrap();
    let turned = x.transpose(1, 2).unwrap().contiguous().unwrap().transpose(1, 2).unwrap();
    assert_eq!(bytes(&run(&x)), bytes(&run(&turned)));
    let picture = noise(4, (2, 8, 16, 16));
    let weight = noise(5, (3, 4, 3, 3));
    let part = picture.narrow(1, 2, 4).unwrap();
    let run = |x: &Tensor| conv::conv2d(Isa::best(), x, &weight, Plus::default(), 1, 1).unwrap();
    assert_eq!(bytes(&run(&part)), bytes(&run(&part.contiguous().unwrap())));
}
