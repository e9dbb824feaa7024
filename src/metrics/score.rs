//! From what judges see to numbers about a set.

use super::judge::{ClipJudge, JudgeName, StyleJudge};
use super::vector::{Measure, Unit, rank_correlation};
use crate::engine::error::Result;
use crate::imaging::RgbImage;
use crate::models::{ModelError, NetFolder};
use candle_core::Device;
use serde::Serialize;

/// How far below the others a panel must be to stand out: cosines, and their deviations.
const OUTLIER: (f64, f64) = (0.05, 2.0);

/// A judge of pictures and texts, and one of style.
pub struct Judges {
    /// How well a picture fits a text.
    pub clip: ClipJudge,
    /// How alike pictures are.
    pub style: StyleJudge,
}

/// What is measured of one panel.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// The picture.
    pub picture: &'a RgbImage,
    /// What is in it and its whole prompt with the style; `None` where no recipe says.
    pub texts: Option<(&'a str, &'a str)>,
}

/// A reference picture that is no panel.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// The picture.
    pub picture: &'a RgbImage,
    /// What is in it; `None` where nothing says.
    pub caption: Option<&'a str>,
    /// Its share of the style.
    pub weight: f64,
}

/// Where the style of a set comes from.
#[derive(Debug, Clone, Copy)]
pub enum Origin<'a> {
    /// Its first panel.
    FirstPanel,
    /// Pictures of their own.
    Pictures(&'a [Reference<'a>]),
    /// Nobody knows.
    Unknown,
}

/// A set as the judges see it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub(super) panels: Vec<Sight>,
    pub(super) references: Vec<(Sight, f64)>,
    /// Whether the only reference is the first panel.
    pub(super) first: bool,
}

/// One picture as the judges see it, and where its texts lie.
#[derive(Debug, Clone)]
pub(super) struct Sight {
    clip: Unit,
    style: Unit,
    subject: Option<(String, Unit)>,
    prompt: Option<Unit>,
}

/// The numbers of one panel.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct PanelScores {
    /// CLIP's cosine with the text of what is in it.
    pub object: Option<f64>,
    /// CLIP's cosine with the whole prompt, style included.
    pub prompt: Option<f64>,
    /// Mean cosine of its style with the other panels.
    pub set: Option<f64>,
    /// Cosine of its style with the reference, by weight; `None` for the reference itself.
    pub reference: Option<f64>,
    /// CLIP's cosine with what is in the reference, less the mean of those with
    /// what is in the other panels; `None` for the reference itself.
    pub leakage: Option<f64>,
}

/// The numbers of one set, and who judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SetScores {
    /// The judge of pictures and texts.
    pub clip: JudgeName,
    /// The judge of style.
    pub style: JudgeName,
    /// Each panel's.
    pub panels: Vec<PanelScores>,
    /// Over the panels: see [`PanelScores::object`].
    pub object: Option<Measure>,
    /// Over the panels: see [`PanelScores::prompt`].
    pub prompt: Option<Measure>,
    /// Cosine of style over all unordered pairs, references among them.
    pub set: Option<Measure>,
    /// The same without the reference.
    pub without_reference: Option<Measure>,
    /// Over the panels but the reference: see [`PanelScores::reference`].
    pub reference: Option<Measure>,
    /// Of each reference its weight and the panels' mean cosine of style with it.
    pub references: Vec<(f64, f64)>,
    /// Over the panels but the reference: see [`PanelScores::leakage`].
    pub leakage: Option<Measure>,
    /// One less CLIP's cosine, over the pairs of panels but the reference: how
    /// much they differ in what is in them.
    pub diversity: Option<Measure>,
    /// Cosine of style of each panel with each.
    pub pairs: Vec<Vec<f64>>,
    /// The panel, from 0, that is farthest from the others, if one stands out.
    pub outlier: Option<usize>,
}

impl Judges {
    /// Loads both.
    ///
    /// # Errors
    /// When one is missing or is of another kind.
    pub fn load(clip: &NetFolder, style: &NetFolder, device: &Device) -> Result<Self> {
        Ok(Self { clip: ClipJudge::load(clip, device)?, style: StyleJudge::load(style, device)? })
    }

    /// The folders of the judges that come with the program.
    ///
    /// # Errors
    /// When they are not installed.
    pub fn shipped() -> Result<(NetFolder, NetFolder), ModelError> {
        use crate::models::{JUDGE_CLIP, JUDGE_STYLE};
        Ok((NetFolder::judge(JUDGE_CLIP)?, NetFolder::judge(JUDGE_STYLE)?))
    }

    /// Looks at a set.
    ///
    /// # Errors
    /// When a judge fails.
    pub fn see(&self, panels: &[Panel], origin: Origin) -> Result<Seen> {
        let panels = panels.iter().map(|panel| self.sight(panel.picture, panel.texts));
        let pictures = if let Origin::Pictures(pictures) = origin { pictures } else { &[] };
        let references = pictures.iter().map(|reference| {
            let texts = reference.caption.map(|caption| (caption, caption));
            Ok((self.sight(reference.picture, texts)?, reference.weight))
        });
        Ok(Seen {
            panels: panels.collect::<Result<_>>()?,
            references: references.collect::<Result<_>>()?,
            first: matches!(origin, Origin::FirstPanel),
        })
    }

    /// Looks at a set and measures it.
    ///
    /// # Errors
    /// When a judge fails.
    pub fn measure(&self, panels: &[Panel], origin: Origin) -> Result<SetScores> {
        Ok(self.see(panels, origin)?.scores(self.clip.who(), self.style.who()))
    }

    pub(super) fn sight(&self, picture: &RgbImage, texts: Option<(&str, &str)>) -> Result<Sight> {
        let subject = texts.map(|(subject, _)| subject).filter(|text| !text.trim().is_empty());
        let place = |text: &str| self.clip.text(text);
        Ok(Sight {
            clip: self.clip.picture(picture)?,
            style: self.style.picture(picture)?,
            subject: subject
                .map(|text| Ok::<_, crate::engine::EngineError>((text.to_owned(), place(text)?)))
                .transpose()?,
            prompt: texts.map(|(_, prompt)| place(prompt)).transpose()?,
        })
    }
}

impl Seen {
    /// The numbers.
    pub fn scores(&self, clip: &JudgeName, style: &JudgeName) -> SetScores {
        let panels: Vec<PanelScores> = (0..self.panels.len()).map(|i| self.panel(i)).collect();
        let over = |of: fn(&PanelScores) -> Option<f64>| {
            Measure::of(&panels.iter().filter_map(of).collect::<Vec<_>>())
        };
        let own: Vec<&Sight> = self.panels.iter().skip(usize::from(self.first)).collect();
        let outside = self.references.iter().map(|(sight, _)| sight);
        let all: Vec<&Sight> = self.panels.iter().chain(outside).collect();
        let alike = |a: &Sight, b: &Sight| a.style.cosine(&b.style);
        let unlike = |a: &Sight, b: &Sight| 1.0 - a.clip.cosine(&b.clip);
        let row = |a: &Sight| self.panels.iter().map(|b| alike(a, b)).collect();
        SetScores {
            clip: clip.clone(),
            style: style.clone(),
            object: over(|panel| panel.object),
            prompt: over(|panel| panel.prompt),
            set: Measure::of(&pairs(&all, alike)),
            without_reference: Measure::of(&pairs(&own, alike)),
            reference: over(|panel| panel.reference),
            references: self.references(),
            leakage: over(|panel| panel.leakage),
            diversity: Measure::of(&pairs(&own, unlike)),
            pairs: self.panels.iter().map(row).collect(),
            outlier: outlier(&panels),
            panels,
        }
    }

    fn panel(&self, i: usize) -> PanelScores {
        let Some(sight) = self.panels.get(i) else { return PanelScores::default() };
        let text = |place: &Unit| sight.clip.cosine(place);
        let others = self.panels.iter().enumerate().filter(|(j, _)| *j != i);
        let others: Vec<f64> = others.map(|(_, o)| sight.style.cosine(&o.style)).collect();
        let is_reference = self.first && i == 0;
        let anchors = if is_reference { Vec::new() } else { self.anchors() };
        let total: f64 = anchors.iter().map(|(_, weight)| weight).sum();
        let near: f64 = anchors.iter().map(|(a, w)| w * sight.style.cosine(&a.style)).sum();
        PanelScores {
            object: sight.subject.as_ref().map(|(_, place)| text(place)),
            prompt: sight.prompt.as_ref().map(text),
            set: Measure::of(&others).map(|measure| measure.mean),
            reference: (total > 0.0).then(|| near / total),
            leakage: self.leakage(sight, &anchors),
        }
    }

    /// What lends the style, each with its share.
    fn anchors(&self) -> Vec<(&Sight, f64)> {
        match self.panels.first() {
            Some(first) if self.first => vec![(first, 1.0)],
            _ => self.references.iter().map(|(sight, weight)| (sight, *weight)).collect(),
        }
    }

    /// How much more a picture fits what is in the references than what is in
    /// the other panels, which it has as little to do with.
    fn leakage(&self, sight: &Sight, anchors: &[(&Sight, f64)]) -> Option<f64> {
        let (own, _) = sight.subject.as_ref()?;
        let lent: Vec<&(String, Unit)> =
            anchors.iter().filter_map(|(anchor, _)| anchor.subject.as_ref()).collect();
        let is_lent = |text: &str| lent.iter().any(|(subject, _)| subject == text);
        let fits = |(_, place): &(String, Unit)| sight.clip.cosine(place);
        let foreign = self.panels.iter().filter_map(|panel| panel.subject.as_ref());
        let foreign: Vec<f64> =
            foreign.filter(|(text, _)| text != own && !is_lent(text)).map(fits).collect();
        let lent: Vec<f64> =
            lent.iter().filter(|(text, _)| text != own).map(|subject| fits(subject)).collect();
        Some(Measure::of(&lent)?.mean - Measure::of(&foreign)?.mean)
    }

    /// Of each reference its weight and the panels' mean cosine with it.
    fn references(&self) -> Vec<(f64, f64)> {
        let mean = |anchor: &Sight| {
            let near: Vec<f64> =
                self.panels.iter().map(|panel| panel.style.cosine(&anchor.style)).collect();
            Measure::of(&near).map(|measure| measure.mean)
        };
        let each = self.references.iter();
        each.filter_map(|(anchor, weight)| Some((*weight, mean(anchor)?))).collect()
    }
}

impl SetScores {
    /// Σ w · mean cosine with each reference (WMS-DINO); `None` without references.
    pub fn weighted_similarity(&self) -> Option<f64> {
        let sum = self.references.iter().map(|(weight, near)| weight * near).sum();
        (!self.references.is_empty()).then_some(sum)
    }
}

/// How well similarities follow the weights that were asked for: rank
/// correlation of each reference's weight with its similarity, less what it is
/// in the same set painted without alignment. `None` where weights do not vary.
pub fn weight_response(sets: &[(&SetScores, &SetScores)]) -> Option<f64> {
    let pairs = sets.iter().flat_map(|(aligned, plain)| {
        let both = aligned.references.iter().zip(&plain.references);
        both.map(|((weight, near), (_, base))| (*weight, near - base))
    });
    rank_correlation(&pairs.collect::<Vec<_>>())
}

fn pairs(sights: &[&Sight], of: impl Fn(&Sight, &Sight) -> f64) -> Vec<f64> {
    let from = |i: usize| sights.iter().skip(i + 1);
    sights.iter().enumerate().flat_map(|(i, a)| from(i).map(|b| of(a, b))).collect()
}

/// The panel that is farthest from the others, if it is far from them.
fn outlier(panels: &[PanelScores]) -> Option<usize> {
    let set: Vec<(usize, f64)> =
        panels.iter().enumerate().filter_map(|(i, panel)| Some((i, panel.set?))).collect();
    let (worst, low) = set.iter().copied().min_by(|a, b| a.1.total_cmp(&b.1))?;
    let others: Vec<f64> = set.iter().filter(|(i, _)| *i != worst).map(|(_, s)| *s).collect();
    let others = Measure::of(&others).filter(|others| others.n > 1)?;
    let (cosine, deviations) = OUTLIER;
    (others.mean - low > cosine.max(deviations * others.std)).then_some(worst)
}

#[cfg(test)]
#[path = "score_tests.rs"]
mod tests;
