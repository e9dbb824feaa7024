//! A set looked at picture by picture, so that looking can be broken off.

use super::score::{Judges, Panel, Reference, Seen, SetScores};
use crate::engine::error::Result;

/// What judges have seen of a set so far.
pub struct Looking<'a> {
    judges: &'a Judges,
    seen: Seen,
}

impl Judges {
    /// Begins to look at a set. `first` says that its first panel lends the style.
    pub fn begin(&self, first: bool) -> Looking<'_> {
        Looking { judges: self, seen: Seen { panels: Vec::new(), references: Vec::new(), first } }
    }
}

impl Looking<'_> {
    /// Looks at the next panel.
    ///
    /// # Errors
    /// When a judge fails.
    pub fn panel(&mut self, panel: &Panel) -> Result<()> {
        self.seen.panels.push(self.judges.sight(panel.picture, panel.texts)?);
        Ok(())
    }

    /// Looks at a picture that lends its style.
    ///
    /// # Errors
    /// When a judge fails.
    pub fn reference(&mut self, reference: &Reference) -> Result<()> {
        let texts = reference.caption.map(|caption| (caption, caption));
        let sight = self.judges.sight(reference.picture, texts)?;
        self.seen.references.push((sight, reference.weight));
        Ok(())
    }

    /// The numbers of what was seen.
    pub fn scores(&self) -> SetScores {
        self.seen.scores(self.judges.clip.who(), self.judges.style.who())
    }
}

#[cfg(test)]
mod tests {
    use super::super::score::Origin;
    use super::*;
    use candle_core::Device;
    use image::{Rgb, RgbImage};

    #[test]
    fn one_by_one_gives_the_same_numbers_as_all_at_once() {
        let (clip, style) = Judges::shipped().unwrap();
        let judges = Judges::load(&clip, &style, &Device::Cpu).unwrap();
        let picture = |shade: u8| {
            RgbImage::from_fn(64, 64, |x, y| Rgb([shade, (x * 3) as u8, (y * 3) as u8]))
        };
        let pictures = [picture(0), picture(120), picture(250)];
        let texts = Some(("a fox", "a fox, ink"));
        let panels = pictures.each_ref().map(|picture| Panel { picture, texts });
        let reference = Reference { picture: &pictures[1], caption: Some("a house"), weight: 1.0 };
        let mut looking = judges.begin(true);
        panels.iter().for_each(|panel| looking.panel(panel).unwrap());
        assert_eq!(looking.scores(), judges.measure(&panels, Origin::FirstPanel).unwrap());
        let mut looking = judges.begin(false);
        panels.iter().for_each(|panel| looking.panel(panel).unwrap());
        looking.reference(&reference).unwrap();
        let lent = Origin::Pictures(std::slice::from_ref(&reference));
        assert_eq!(looking.scores(), judges.measure(&panels, lent).unwrap());
    }
}
