//! Where a lender's subject is: the tokens that look at its words.
//!
//! The map is taken from the attention over the text while the network runs, as
//! Only-Style does (arXiv 2506.09916): the mean over heads, and over all layers and
//! steps so far that see as many tokens. It is known from the second step on.

use candle_core::{D, DType, Result, Tensor};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Rounds in which the two groups of a map are found.
const ROUNDS: usize = 12;

/// A lender whose words are watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// Its row in the batch, in the half with the prompt.
    pub row: usize,
    /// Its row in a half.
    pub lender: usize,
    /// Places of its subject's words among the text's tokens.
    pub words: Vec<usize>,
}

/// Sums up where words are looked at.
#[derive(Debug, Default)]
pub struct Lookout {
    watched: Vec<Watched>,
    /// By the number of tokens, then by the lender.
    sums: Mutex<BTreeMap<(usize, usize), Vec<f32>>>,
}

/// For each number of tokens and lender, which tokens show the subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Masks(BTreeMap<(usize, usize), Vec<bool>>);

impl Masks {
    /// The mask for layers of so many tokens.
    pub fn of(&self, tokens: usize, lender: usize) -> Option<&[bool]> {
        self.0.get(&(tokens, lender)).map(Vec::as_slice)
    }
}

impl Lookout {
    /// Watches these rows.
    pub fn new(watched: Vec<Watched>) -> Self {
        Self { watched, sums: Mutex::default() }
    }

    /// Sees one layer's queries (rows, tokens, channels) and text keys.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn see(&self, q: &Tensor, k: &Tensor, heads: usize) -> Result<()> {
        let (_, tokens, width) = q.dims3()?;
        let depth = width / heads;
        for Watched { row, lender, words } in self.watched.iter().filter(|w| !w.words.is_empty()) {
            let split = |x: &Tensor| {
                let x = x.narrow(0, *row, 1)?.squeeze(0)?;
                x.reshape((x.dim(0)?, heads, depth))?.transpose(0, 1)?.contiguous()
            };
            let (q, k) = ((split(q)? / (depth as f64).sqrt())?, split(k)?);
            let logits = q.matmul(&k.t()?.contiguous()?)?.to_dtype(DType::F32)?;
            let shares = candle_nn::ops::softmax_last_dim(&logits)?.mean(0)?;
            let words: Vec<u32> = words.iter().map(|word| *word as u32).collect();
            let words = Tensor::new(words, shares.device())?;
            let seen = shares.index_select(&words, 1)?.mean(D::Minus1)?.to_vec1::<f32>()?;
            let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
            let sum = sums.entry((tokens, *lender)).or_insert_with(|| vec![0.0; tokens]);
            sum.iter_mut().zip(seen).for_each(|(sum, seen)| *sum += seen);
        }
        Ok(())
    }

    /// What was seen so far.
    pub fn masks(&self) -> Masks {
        let sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        Masks(sums.iter().map(|(key, map)| (*key, upper(map))).collect())
    }
}

/// The upper of two groups into which values fall by themselves.
fn upper(values: &[f32]) -> Vec<bool> {
    let ends = values.iter().fold((f32::MAX, f32::MIN), |(a, b), v| (a.min(*v), b.max(*v)));
    let (mut low, mut high) = ends;
    for _ in 0..ROUNDS {
        let middle = f32::midpoint(low, high);
        let mean = |above: bool| {
            let group = values.iter().filter(|value| (**value > middle) == above);
            let (sum, count) = group.fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
            if count == 0 { middle } else { sum / count as f32 }
        };
        (low, high) = (mean(false), mean(true));
    }
    let middle = f32::midpoint(low, high);
    values.iter().map(|value| *value > middle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    #[test]
    fn two_groups_are_found() {
        assert_eq!(upper(&[0.1, 0.2, 0.9, 0.15, 1.0]), [false, false, true, false, true]);
        assert_eq!(upper(&[0.5; 3]), [false; 3]);
    }

    #[test]
    fn tokens_that_look_at_the_words_are_the_subject() {
        let of = |values: Vec<f32>, shape: (usize, usize, usize)| {
            Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
        };
        // Two rows; the second is watched, and its first two tokens see word 2.
        let q = of([vec![0.0; 8], vec![0., 9., 0., 9., 9., 0., 9., 0.]].concat(), (2, 4, 2));
        let k = of([vec![0.0; 6], vec![1., 0., 1., 0., 0., 1.]].concat(), (2, 3, 2));
        let watch = Lookout::new(vec![Watched { row: 1, lender: 0, words: vec![2] }]);
        watch.see(&q, &k, 1).unwrap();
        assert_eq!(watch.masks().of(4, 0), Some(&[true, true, false, false][..]));
        assert_eq!(watch.masks().of(9, 0), None);
    }
}
