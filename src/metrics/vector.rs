//! Directions, and how close they are.

/// A vector of length one; of length zero if it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit(Vec<f32>);

impl Unit {
    /// The direction of a vector.
    pub fn new(mut values: Vec<f32>) -> Self {
        let length = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        if length > 0.0 {
            values.iter_mut().for_each(|v| *v = (f64::from(*v) / length) as f32);
        }
        Self(values)
    }

    /// The cosine of the angle between two.
    pub fn cosine(&self, other: &Self) -> f64 {
        self.0.iter().zip(&other.0).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    }
}

/// The mean of some numbers, how far they spread, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Measure {
    /// The mean.
    pub mean: f64,
    /// The deviation with n - 1; zero of a single number.
    pub std: f64,
    /// How many.
    pub n: usize,
}

impl Measure {
    /// Of some numbers; `None` of none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let std = if n > 1 { (squares / (n - 1) as f64).sqrt() } else { 0.0 };
        (n > 0).then_some(Self { mean, std, n })
    }

    /// The standard error of the mean.
    pub fn error(&self) -> f64 {
        self.std / (self.n.max(1) as f64).sqrt()
    }
}

/// Spearman's rank correlation of pairs, equal values sharing their rank;
/// `None` where one side does not vary.
pub fn rank_correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    let (xs, ys): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (xs, ys) = (ranks(&xs), ranks(&ys));
    let (mx, my) = (Measure::of(&xs)?.mean, Measure::of(&ys)?.mean);
    let sum = |a: &[f64], ma: f64, b: &[f64], mb: f64| -> f64 {
        a.iter().zip(b).map(|(x, y)| (x - ma) * (y - mb)).sum()
    };
    let spread = (sum(&xs, mx, &xs, mx) * sum(&ys, my, &ys, my)).sqrt();
    (spread > 0.0).then(|| sum(&xs, mx, &ys, my) / spread)
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count();
        let equal = values.iter().filter(|other| *other == value).count();
        below as f64 + (equal as f64 + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_what_they_are() {
        let [right, up] = [[3.0, 0.0], [0.0, 0.5]].map(|v| Unit::new(v.to_vec()));
        let between = Unit::new(vec![7.0, 7.0]);
        assert!((right.cosine(&right) - 1.0).abs() < 1e-7);
        assert_eq!(right.cosine(&up), 0.0);
        assert!((between.cosine(&up) - 0.5f64.sqrt()).abs() < 1e-7);
        assert_eq!(Unit::new(vec![0.0; 2]).cosine(&up), 0.0);
    }

    #[test]
    fn means_say_their_spread_and_number() {
        let measure = Measure::of(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!((measure.mean, measure.n), (2.5, 4));
        assert!((measure.std - 1.290_994).abs() < 1e-6);
        assert_eq!(Measure::of(&[7.0]).unwrap().std, 0.0);
        assert_eq!(Measure::of(&[]), None);
    }

    #[test]
    fn ranks_alone_decide_the_correlation() {
        let rising = [(0.1, -5.0), (0.2, 0.0), (0.7, 1000.0)];
        assert!((rank_correlation(&rising).unwrap() - 1.0).abs() < 1e-12);
        let falling = rising.map(|(x, y)| (x, -y));
        assert!((rank_correlation(&falling).unwrap() + 1.0).abs() < 1e-12);
        // Two of four equal: by hand, ranks 1, 2.5, 2.5, 4 against 1, 3, 2, 4.
        let tied = [(1.0, 1.0), (2.0, 3.0), (2.0, 2.0), (3.0, 4.0)];
        assert!((rank_correlation(&tied).unwrap() - 4.5 / (4.5f64 * 5.0).sqrt()).abs() < 1e-12);
        assert_eq!(rank_correlation(&[(1.0, 1.0), (1.0, 2.0)]), None);
        assert_eq!(rank_correlation(&[]), None);
    }
}
