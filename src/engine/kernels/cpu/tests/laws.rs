//! A row's bytes depend neither on its batch, nor on the threads, nor on the instruction set.

use candle_core::Tensor;

use super::*;

#[test]
fn a_row_alone_is_the_row_in_its_batch() {
    for case in independent() {
        for isa in Isa::all() {
            let whole = (case.run)(isa, &case.inputs).unwrap();
            for row in 0..whole.dim(0).unwrap() {
                let alone: Vec<Tensor> =
                    case.inputs.iter().map(|x| x.narrow(0, row, 1).unwrap()).collect();
                let alone = (case.run)(isa, &alone).unwrap();
                let same = bytes(&alone) == bytes(&whole.narrow(0, row, 1).unwrap());
                assert!(same, "{} on {isa:?}, row {row}", case.name);
            }
        }
    }
}

#[test]
fn a_half_alone_is_the_half_in_its_batch() {
    for case in sharing() {
        for isa in Isa::all() {
            let whole = (case.run)(isa, &case.inputs).unwrap();
            // Only the first half's rows name anchors that are there when it is alone.
            for rows in 1..=3 {
                let alone: Vec<Tensor> =
                    case.inputs.iter().map(|x| x.narrow(0, 0, rows).unwrap()).collect();
                let alone = (case.run)(isa, &alone).unwrap();
                let same = bytes(&alone) == bytes(&whole.narrow(0, 0, rows).unwrap());
                assert!(same, "{} on {isa:?}, {rows} rows", case.name);
            }
        }
    }
}

#[test]
fn threads_do_not_show() {
    let pools = [1, 2, 7]
        .map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    for case in independent().into_iter().chain(sharing()) {
        let results: Vec<_> = pools
            .iter()
            .map(|pool| bytes(&pool.install(|| (case.run)(Isa::best(), &case.inputs)).unwrap()))
            .collect();
        assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{}", case.name);
    }
}

#[test]
fn instruction_sets_agree_to_the_byte() {
    let fused: Vec<Isa> = Isa::all().into_iter().filter(|isa| isa.is_fused()).collect();
    for case in independent().into_iter().chain(sharing()) {
        let results: Vec<_> =
            fused.iter().map(|&isa| bytes(&(case.run)(isa, &case.inputs).unwrap())).collect();
        assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{}", case.name);
    }
}

#[test]
fn memory_does_not_show() {
    // The same numbers at another address and with other neighbours.
    for case in independent() {
        let moved: Vec<Tensor> = case
            .inputs
            .iter()
            .map(|x| {
                let far = (x.ones_like().unwrap() * 1e30).unwrap();
                Tensor::cat(&[&far, x, &far], 0)
                    .unwrap()
                    .narrow(0, x.dim(0).unwrap(), x.dim(0).unwrap())
                    .unwrap()
            })
            .collect();
        let (here, there) = (
            (case.run)(Isa::best(), &case.inputs).unwrap(),
            (case.run)(Isa::best(), &moved).unwrap(),
        );
        assert!(bytes(&here) == bytes(&there), "{}", case.name);
    }
}
