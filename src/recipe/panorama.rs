//! A picture larger than a model paints, as data (MultiDiffusion, arXiv 2302.08113).

use super::limits::{RecipeError, integer};
use super::{Recipe, Size};
use serde::{Deserialize, Serialize};

/// Most pixels of a panorama.
pub const MAX_PANORAMA: u64 = 1 << 26;
/// Most windows of a panorama.
pub const MAX_WINDOWS: u64 = 2000;

/// A wide picture that is painted through overlapping windows, which agree on
/// what they share in each step.
///
/// The recipe's size is that of a window. The anchor of an aligned set is a
/// picture of that size; all other panels are panoramas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Panorama {
    /// Size of the whole picture.
    pub size: Size,
    /// Pixels from one window to the next.
    pub stride: u32,
    /// The right edge goes on at the left one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub wrap: bool,
    /// References lend their style one after another from left to right; between
    /// two of them it passes over. Else each lends its share everywhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub along: bool,
}

impl Panorama {
    /// The usual one for windows of a size: they overlap by three quarters.
    pub fn new(size: Size, window: Size) -> Self {
        // Every known autoencoder divides by 8 or less.
        let stride = (window.width.min(window.height) / 4 / 8 * 8).max(8);
        Self { size, stride, wrap: false, along: false }
    }

    pub(super) fn check(&self, recipe: &Recipe) -> Result<(), RecipeError> {
        let window = recipe.size;
        self.size.check()?;
        integer("the panorama's width", self.size.width, window.width, u32::MAX)?;
        integer("the panorama's height", self.size.height, window.height, u32::MAX)?;
        let pixels = u64::from(self.size.width) * u64::from(self.size.height);
        if pixels > MAX_PANORAMA {
            let text = format!("a panorama of {pixels} pixels; there may be {MAX_PANORAMA}");
            return Err(RecipeError::Panorama(text));
        }
        integer("the panorama's stride", self.stride, 1, window.width.min(window.height))?;
        let count = |whole: u32, part: u32| u64::from((whole - part).div_ceil(self.stride)) + 1;
        let windows = count(self.size.width, if self.wrap { 0 } else { window.width })
            * count(self.size.height, window.height);
        if windows > MAX_WINDOWS {
            let text = format!(
                "the panorama takes {windows} windows, more than {MAX_WINDOWS}; a larger stride takes fewer"
            );
            return Err(RecipeError::Panorama(text));
        }
        if self.along && recipe.anchor.rows() < 2 {
            let text = "styles along a panorama need two references or more, blended in attention";
            return Err(RecipeError::Together(text));
        }
        if recipe.style.full_share && !recipe.style.is_plain() {
            let text = "full sharing needs whole pictures; a panorama is painted in windows";
            return Err(RecipeError::Together(text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Draft, tests::sample, yaml};
    use super::*;

    fn wide() -> Recipe {
        let size = Size { width: 1024, height: 256 };
        let recipe = sample();
        Recipe { panorama: Some(Panorama::new(size, recipe.size)), ..recipe }
    }

    /// A change to a good recipe and the words that its refusal must hold.
    type Case = (fn(&mut Recipe, &mut Panorama), &'static str);

    #[test]
    fn each_range_is_held() {
        let cases: [Case; 8] = [
            (|_, p| p.size.width = 255, "panorama's width is 255; it must be 256"),
            (|_, p| p.size.height = 0, "height is 0"),
            (|_, p| p.size.width = 9000, "width is 9000"),
            (|r, p| (r.size, p.size) = (p.size, Size { width: 8192, height: 8193 }), "8193"),
            (|_, p| p.stride = 0, "stride is 0"),
            (|_, p| p.stride = 257, "stride is 257"),
            (|_, p| (p.size.width, p.size.height, p.stride) = (4096, 4096, 8), "windows, more"),
            (|_, p| p.along = true, "two references"),
        ];
        assert_eq!(wide().check(), Ok(()));
        for (change, words) in cases {
            let mut recipe = wide();
            let mut panorama = recipe.panorama.unwrap();
            change(&mut recipe, &mut panorama);
            recipe.panorama = Some(panorama);
            let text = recipe.check().unwrap_err().to_string();
            assert!(text.contains(words), "{text:?} does not say {words:?}");
        }
        let mut full = wide();
        full.style.full_share = true;
        assert!(full.check().unwrap_err().to_string().contains("full sharing"));
    }

    #[test]
    fn the_anchor_keeps_the_windows_size() {
        let mut recipe = wide();
        let whole = recipe.panorama.unwrap().size;
        assert_eq!((recipe.size_of(0), recipe.size_of(1)), (recipe.size, whole));
        recipe.style = crate::recipe::Style::none();
        assert_eq!((recipe.size_of(0), recipe.size_of(1)), (whole, whole));
    }

    #[test]
    fn old_recipes_have_none_and_drafts_keep_it() {
        let text = yaml::to_string(&sample()).unwrap();
        assert!(!text.contains("panorama"));
        let full = wide();
        let text = yaml::to_string(&full).unwrap();
        assert!(!text.contains("wrap") && !text.contains("along"), "{text}");
        assert_eq!(yaml::from_str::<Recipe>(&text).unwrap(), full);
        assert_eq!(Draft::from_recipe(&full).freeze("0.1.0").panorama, full.panorama);
        let error = yaml::from_str::<Recipe>(&text.replace("stride", "strife")).unwrap_err();
        assert!(error.message.contains("strife") && error.line.is_some(), "{error:?}");
    }
}
