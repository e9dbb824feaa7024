//! Each kernel beside its plain form.

use super::*;
use crate::engine::kernels::plain as slow;

/// The sum of a result and what was to be added to it, where there was something.
fn plus(result: Tensor, inputs: &[Tensor]) -> Tensor {
    match inputs {
        [_] => result,
        [_, residual] => (result + residual).unwrap(),
        [_, shift, residual, ..] => {
            let shift = shift.unsqueeze(2).unwrap().unsqueeze(3).unwrap();
            (result.broadcast_add(&shift).unwrap() + residual).unwrap()
        }
        [] => unreachable!(),
    }
}

#[test]
fn convolutions() {
    for onto in [false, true] {
        for (case, [_, c, o, k, stride, padding, ..]) in convs(onto).into_iter().zip(CONVS) {
            let (weight, bias) = ((noise(7, (o, c, k, k)) * 0.1).unwrap(), noise(8, o));
            let x = &case.inputs[0];
            let plain = slow::conv2d(x, &weight, Some(&bias), stride, padding).unwrap();
            let plain = plus(plain, &case.inputs);
            for isa in Isa::all() {
                assert_near(&case.name, &(case.run)(isa, &case.inputs).unwrap(), &plain);
            }
            let plain = slow::conv2d(x, &weight, None, stride, padding).unwrap();
            let fast = conv::conv2d(Isa::best(), x, &weight, Plus::default(), stride, padding);
            assert_near(&case.name, &fast.unwrap(), &plain);
        }
    }
}

#[test]
fn linear_layers() {
    for onto in [false, true] {
        for (case, [_, _, inputs, outputs]) in linears(onto).into_iter().zip(LINEARS) {
            let (weight, bias) = (noise(3, (outputs, inputs)), noise(4, outputs));
            let plain = slow::linear(&case.inputs[0], &weight, Some(&bias)).unwrap();
            let plain = plus(plain, &case.inputs);
            for isa in Isa::all() {
                assert_near(&case.name, &(case.run)(isa, &case.inputs).unwrap(), &plain);
            }
            let plain = slow::linear(&case.inputs[0], &weight, None).unwrap();
            let fast = linear::linear(Isa::best(), &case.inputs[0], &weight, None, None).unwrap();
            assert_near(&case.name, &fast, &plain);
        }
    }
}

#[test]
fn what_is_added_must_fit() {
    let isa = Isa::best();
    let (x, weight) = (noise(1, (2, 3, 4, 4)), noise(2, (5, 3, 1, 1)));
    let (good, bad) = (noise(3, (2, 5, 4, 4)), noise(3, (2, 5, 4, 5)));
    let add = |plus: Plus| conv::conv2d(isa, &x, &weight, plus, 1, 0);
    assert!(add(Plus { residual: Some(&good), ..Plus::default() }).is_ok());
    assert!(add(Plus { residual: Some(&bad), ..Plus::default() }).is_err());
    assert!(add(Plus { shift: Some(&noise(4, (1, 5))), ..Plus::default() }).is_err());
    assert!(add(Plus { bias: Some(&noise(4, 4)), ..Plus::default() }).is_err());
    let (tokens, weight) = (noise(1, (2, 3, 4)), noise(2, (5, 4)));
    let residual = noise(3, (2, 3, 4));
    assert!(linear::linear(isa, &tokens, &weight, None, Some(&residual)).is_err());
    assert!(maps::add(isa, &good, &bad).is_err());
    assert!(maps::add_channels(isa, &good, &noise(4, (5, 2))).is_err());
    assert!(maps::concat_channels(&good, &bad).is_err());
    assert!(maps::feature_map(isa, &tokens, 2, 2).is_err());
}

#[test]
fn maps_as_wholes() {
    for (five, [_, _, h, w]) in maps().chunks(5).zip(MAPS) {
        let x = |case: usize, input: usize| &five[case].inputs[input];
        let shift = x(1, 1).unsqueeze(2).unwrap().unsqueeze(3).unwrap();
        let flipped = |x: &Tensor| x.transpose(1, 2).unwrap().contiguous().unwrap();
        let plain = [
            (x(0, 0) + x(0, 1)).unwrap(),
            x(1, 0).broadcast_add(&shift).unwrap(),
            Tensor::cat(&[x(2, 0), x(2, 1)], 1).unwrap(),
            flipped(&x(3, 0).flatten_from(2).unwrap()),
            flipped(x(4, 0)).unsqueeze(2).unwrap(),
        ];
        assert_eq!(plain[3].dim(1).unwrap(), h * w);
        for isa in Isa::all() {
            for (case, plain) in five.iter().zip(&plain) {
                let fast = (case.run)(isa, &case.inputs).unwrap();
                assert_eq!(fast.dims(), plain.dims(), "{}", case.name);
                assert_eq!(bytes(&fast), bytes(plain), "{} on {isa:?}", case.name);
            }
        }
    }
}

#[test]
fn attentions_with_own_keys() {
    for (case, [_, _, _, heads, _]) in attentions().into_iter().zip(ATTENTIONS) {
        let [q, k, v] = &case.inputs[..] else { unreachable!() };
        let own: Vec<_> = (0..q.dim(0).unwrap()).map(|row| vec![KeySource::own(row)]).collect();
        let plain = slow::attention(q, k, v, heads, &own).unwrap();
        for isa in Isa::all() {
            assert_near(&case.name, &(case.run)(isa, &case.inputs).unwrap(), &plain);
        }
    }
}

/// Lists of different lengths, keys of other rows, scales, shifts, and a source given twice.
fn mixed_sources(row: usize, key_rows: usize) -> Vec<KeySource> {
    (0..=row % 3)
        .map(|place| KeySource {
            row: (row + 2 * place) % key_rows,
            scale: [1.0, 0.5, 1.3][(row + place) % 3],
            shift: [0.0, 0.7, -1.5][place],
        })
        .collect()
}

#[test]
fn attentions_with_sources() {
    for [n, m, heads, d] in [[70, 70, 2, 32], [33, 48, 3, 40], [50, 1100, 1, 64]] {
        let q = noise(1, (5, n, heads * d));
        let (k, v) = (noise(2, (3, m, heads * d)), noise(3, (3, m, heads * d)));
        let sources: Vec<_> = (0..5).map(|row| mixed_sources(row, 3)).collect();
        let plain = slow::attention(&q, &k, &v, heads, &sources).unwrap();
        for isa in Isa::all() {
            let fast = attention::attention(isa, (&q, &k, &v), heads, &sources, false).unwrap();
            assert_near(&format!("sources {n} {m}"), &fast, &plain);
        }
    }
}

#[test]
fn causal_attentions() {
    for case in causals() {
        let [q, k, v] = &case.inputs[..] else { unreachable!() };
        let heads: usize =
            case.name.split([' ', 'x']).rev().nth(1).and_then(|n| n.parse().ok()).unwrap();
        let plain = slow::causal_attention(q, k, v, heads).unwrap();
        for isa in Isa::all() {
            assert_near(&case.name, &(case.run)(isa, &case.inputs).unwrap(), &plain);
        }
    }
}

#[test]
fn group_norms_and_layer_norms() {
    for (index, case) in group_norms().into_iter().enumerate() {
        let ([_, c, groups, ..], silu) = (GROUP_NORMS[index / 2], index % 2 == 1);
        let (weight, bias) = (noise(9, c), noise(10, c));
        let x = &case.inputs[0];
        let plain = slow::group_norm(x, groups, &weight, &bias, 1e-5, silu, None).unwrap();
        for isa in Isa::all() {
            assert_near(&case.name, &(case.run)(isa, &case.inputs).unwrap(), &plain);
        }
    }
    for case in layer_norms() {
        let c = case.inputs[0].dim(2).unwrap();
        let plain = slow::layer_norm(&case.inputs[0], &noise(12, c), &noise(13, c), 1e-5).unwrap();
        for isa in Isa::all() {
            assert_near(&case.name, &(case.run)(isa, &case.inputs).unwrap(), &plain);
        }
    }
}

#[test]
fn pooled_group_norm() {
    let x = (noise(1, (4, 12, 9, 7)) + 0.4).unwrap();
    let (weight, bias) = (noise(2, 12), noise(3, 12));
    let partners = [None, Some(0), Some(3), Some(3)];
    let plain = slow::group_norm(&x, 4, &weight, &bias, 1e-5, true, Some(&partners)).unwrap();
    for isa in Isa::all() {
        let norm = GroupNorm {
            groups: 4,
            weight: &weight,
            bias: &bias,
            eps: 1e-5,
            silu: true,
            partners: Some(&partners),
        };
        assert_near("pooled", &norm::group_norm(isa, &x, norm).unwrap(), &plain);
    }
    // Pooled means: of both rows' values in one group.
    let both = Tensor::cat(&[x.narrow(0, 1, 1).unwrap(), x.narrow(0, 0, 1).unwrap()], 2).unwrap();
    let joined = slow::group_norm(&both, 4, &weight, &bias, 1e-5, true, None).unwrap();
    let first = joined.narrow(2, 0, 9).unwrap().contiguous().unwrap();
    assert_near("joined", &plain.narrow(0, 1, 1).unwrap(), &first);
}

#[test]
fn activations() {
    for case in elementwise() {
        let x = &case.inputs[0];
        let plain = match case.name.split(' ').next().unwrap() {
            "Silu" => slow::silu(x),
            "GeluErf" => slow::gelu_erf(x),
            "QuickGelu" => slow::quick_gelu(x),
            _ => slow::geglu(x),
        };
        for isa in Isa::all() {
            let fast = (case.run)(isa, &case.inputs).unwrap();
            assert_near(&case.name, &fast, plain.as_ref().unwrap());
        }
    }
}

#[test]
fn statistics_of_anchors() {
    let x = (noise(1, (4, 133, 70)) * 1.5).unwrap();
    let anchors = vec![vec![], vec![(1, 1.0)], vec![(0, 1.0)], vec![(0, 0.3), (1, 0.7)]];
    let plain = slow::adain(&x, &anchors).unwrap();
    for isa in Isa::all() {
        assert_near("adain", &adain::adain(isa, &x, &anchors).unwrap(), &plain);
    }
}

#[test]
fn resizes() {
    for (case, [to_h, to_w]) in upsamples().into_iter().zip([[16, 16], [11, 9], [3, 4], [3, 2]]) {
        let plain = slow::upsample_nearest(&case.inputs[0], to_h, to_w).unwrap();
        let fast = (case.run)(Isa::best(), &case.inputs).unwrap();
        assert_eq!(bytes(&fast), bytes(&plain), "{}", case.name);
    }
}
