//! How far two pictures are apart, and what might be the cause.

use serde::Serialize;

use crate::imaging::RgbImage;

/// Mean difference of a channel, in steps of 255, that rounding may cause.
const TOLERANCE: f64 = 1.0;

/// What became of a panel that was painted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// Every pixel is the same.
    Identical,
    /// Apart by no more than rounding.
    WithinTolerance,
    /// Another picture.
    Different,
    /// It could not be painted or read.
    Missing,
}

impl Match {
    /// It in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::WithinTolerance => "within tolerance",
            Self::Different => "different",
            Self::Missing => "missing",
        }
    }
}

/// How far two pictures are apart.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Apart {
    /// Mean over all channels, in steps of 255.
    pub mean: f64,
    /// The largest of any channel.
    pub most: u8,
}

/// Compares two pictures; of unequal size they are as far apart as can be.
pub fn compare(a: &RgbImage, b: &RgbImage) -> (Match, Apart) {
    if a.dimensions() != b.dimensions() || a.as_raw().is_empty() {
        return (Match::Different, Apart { mean: 255.0, most: u8::MAX });
    }
    let steps = || a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| a.abs_diff(*b));
    let most = steps().max().unwrap_or(0);
    let mean = steps().map(f64::from).sum::<f64>() / a.as_raw().len() as f64;
    let found = match (most, mean) {
        (0, _) => Match::Identical,
        (_, mean) if mean <= TOLERANCE => Match::WithinTolerance,
        _ => Match::Different,
    };
    (found, Apart { mean, most })
}

/// With what a set was painted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Surroundings {
    /// Hash of the model's files.
    pub model: Option<String>,
    /// Version of the engine.
    pub engine: Option<String>,
    /// The device.
    pub device: Option<String>,
}

impl Surroundings {
    /// What is not as it was, in words.
    pub fn causes(&self, now: &Self) -> Vec<String> {
        let short = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or("unknown");
            text.chars().take(12).collect::<String>()
        };
        let pairs = [
            ("model", &self.model, &now.model),
            ("engine", &self.engine, &now.engine),
            ("device", &self.device, &now.device),
        ];
        let changed = pairs.into_iter().filter(|(_, then, now)| then != now);
        changed
            .map(|(what, then, now)| format!("{what} was {}, is {}", short(then), short(now)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_told_from_another_picture() {
        let a = RgbImage::from_pixel(8, 8, image::Rgb([100, 100, 100]));
        assert_eq!(compare(&a, &a).0, Match::Identical);
        let mut b = a.clone();
        b.put_pixel(0, 0, image::Rgb([103, 100, 100]));
        assert_eq!(compare(&a, &b), (Match::WithinTolerance, Apart { mean: 3.0 / 192.0, most: 3 }));
        let c = RgbImage::from_pixel(8, 8, image::Rgb([102, 102, 102]));
        assert_eq!(compare(&a, &c).0, Match::Different);
        assert_eq!(compare(&a, &RgbImage::new(8, 9)).0, Match::Different);
    }

    #[test]
    fn what_changed_is_named_and_nothing_else() {
        let of = |model: &str| Surroundings {
            model: Some(model.into()),
            engine: Some("0.1.0".into()),
            device: None,
        };
        assert_eq!(of("a").causes(&of("a")), Vec::<String>::new());
        assert_eq!(of("a").causes(&of("b")), ["model was a, is b"]);
        let old = Surroundings { engine: None, ..of("a") };
        assert_eq!(old.causes(&of("a")), ["engine was unknown, is 0.1.0"]);
    }
}
