//! What the sets are painted with: plain, aligned, and aligned otherwise.

use serde::{Deserialize, Serialize};

use crate::recipe::{
    AdaIn, Anchor, Encoding, LayerGroup, Layers, Preset, Reference, References, Style, Window,
};

/// Where the style of all sets comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The first picture of each set lends it.
    #[default]
    FirstPanel,
    /// A picture lends it that is none of the set.
    Picture,
}

/// One way to paint a set.
#[derive(Debug)]
pub struct Arm {
    /// Its name in reports and on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    style: fn() -> Style,
    lends: Lends,
    /// Whether the first panel must come out as it does plain.
    pub keeps_first: bool,
}

/// What lends the style in an arm.
#[derive(Debug, Clone, Copy)]
enum Lends {
    /// Nothing, in either mode.
    Nothing,
    /// The first panel.
    FirstPanel,
    /// A picture, in this way and with these values.
    Picture(Way, Option<Preset>),
}

/// How a picture is brought to the noise of each step.
#[derive(Debug, Clone, Copy)]
enum Way {
    /// By inversion, with this offset.
    Ddim(u32),
    /// By inversion, shown cleaner for half of the steps.
    DdimHalf,
    /// By added noise.
    Noise,
}

/// The arms in the order of reports. Scale, shift and every way to hold the style
/// back are swept one at a time; behind them those whose style a picture lends.
pub const ARMS: [Arm; 27] = [
    Arm { lends: Lends::Nothing, ..arm("plain", "every picture on its own", Style::none) },
    arm("aligned", "as published", Style::default),
    arm("no-adain", "aligned without AdaIN", without_adain),
    Arm {
        keeps_first: false,
        ..arm("full-share", "every picture attends to every picture", full_share)
    },
    arm("scale-0.75", "the reference's keys by 0.75", || scale(0.75)),
    arm("scale-0.5", "the reference's keys by 0.5", || scale(0.5)),
    arm("weight-0.5", "the reference weighs half (shift ln 0.5)", || weight(0.5)),
    arm("weight-2", "the reference weighs double (shift ln 2)", || weight(2.0)),
    arm("half-layers", "every other layer stays plain", half_layers),
    arm("group-norm", "aligned, group norms shared too", group_norm),
    arm("layers-up", "shared on the way up alone", layers_up),
    arm("steps-0.6", "shared in the first six tenths of the steps", first_steps),
    arm("prompted-only", "shared in the prompted half alone", prompted_only),
    arm("strength-0.5", "half of the plain attention stays", half_strength),
    arm("dropout-0.5", "half of the reference's tokens left out by chance", half_dropped),
    arm("subject-keys-0", "the reference's subject is not looked at", without_subject),
    arm("recolour", "the reference's colours brought over besides", recoloured),
    arm("swap-last-up", "late layers look at the reference alone, no AdaIN", swapped),
    arm("pool-8", "the reference's tokens as eight by eight means", pooled),
    arm("query-guidance-1", "moved away from what the reference's queries make", guided),
    lent("ddim-0", "inverted, as it is at every step", Way::Ddim(0), None),
    lent("ddim-5", "inverted, five steps cleaner to begin with", Way::Ddim(5), None),
    lent("ddim-10", "inverted, ten steps cleaner to begin with", Way::Ddim(10), None),
    lent("ddim-half", "inverted, cleaner for half of the steps", Way::DdimHalf, None),
    lent("noise", "noise is added, nothing inverted", Way::Noise, None),
    lent("famous-ddim-5", "as ddim-5, by the preset famous", Way::Ddim(5), FAMOUS),
    lent("famous-noise", "as noise, by the preset famous", Way::Noise, FAMOUS),
];

const FAMOUS: Option<Preset> = Some(Preset::Famous);

const fn arm(name: &'static str, about: &'static str, style: fn() -> Style) -> Arm {
    Arm { name, about, style, lends: Lends::FirstPanel, keeps_first: true }
}

/// The style as published, lent by a picture.
const fn lent(name: &'static str, about: &'static str, way: Way, preset: Option<Preset>) -> Arm {
    let lends = Lends::Picture(way, preset);
    Arm { name, about, style: Style::default, lends, keeps_first: false }
}

impl Mode {
    /// Whether the first panels lend the style.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub fn is_first_panel(&self) -> bool {
        *self == Self::FirstPanel
    }

    /// Its arms, in the order of reports.
    pub fn arms(self) -> impl Iterator<Item = &'static Arm> {
        ARMS.iter().filter(move |arm| arm.fits(self))
    }

    /// The arm that aligns as `paint` does without options.
    pub fn usual(self) -> Option<&'static Arm> {
        self.arms().nth(1)
    }
}

impl Arm {
    /// The options that make it.
    pub fn style(&self) -> Style {
        (self.style)()
    }

    /// Whether it is one of this mode.
    pub fn fits(&self, mode: Mode) -> bool {
        match self.lends {
            Lends::Nothing => true,
            Lends::FirstPanel => mode == Mode::FirstPanel,
            Lends::Picture(..) => mode == Mode::Picture,
        }
    }

    /// What lends the style, where there is this picture beside the set; `seed` is that of
    /// the noise that is added to it.
    pub fn anchor(&self, picture: Option<Reference>, steps: u32, seed: u64) -> Anchor {
        let (Lends::Picture(way, preset), Some(mut picture)) = (self.lends, picture) else {
            return Anchor::FirstPanel;
        };
        picture.lend_by(preset);
        let encoding = match way {
            Way::Ddim(offset) => Encoding::Inversion { guidance_scale: 2.0, offset },
            Way::DdimHalf => Encoding::Inversion { guidance_scale: 2.0, offset: steps / 2 },
            Way::Noise => Encoding::Noise { seed },
        };
        Anchor::References(References { encoding, ..References::new(vec![picture]) })
    }

    /// The arm of a name.
    ///
    /// # Errors
    /// The names that there are.
    pub fn find(name: &str) -> Result<&'static Self, String> {
        let known = || ARMS.iter().map(|arm| arm.name).collect::<Vec<_>>().join(", ");
        ARMS.iter().find(|arm| arm.name == name).ok_or_else(|| format!("there are {}", known()))
    }
}

fn without_adain() -> Style {
    Style { adain: AdaIn { queries: false, keys: false, values: false }, ..Style::default() }
}

fn full_share() -> Style {
    Style { full_share: true, ..Style::default() }
}

fn scale(score_scale: f64) -> Style {
    Style { score_scale, ..Style::default() }
}

fn weight(reference_weight: f64) -> Style {
    Style { reference_weight, ..Style::default() }
}

fn half_layers() -> Style {
    Style { layers: Layers::OnlySelfLevel(0.5), ..Style::default() }
}

fn group_norm() -> Style {
    Style { share_group_norm: true, ..Style::default() }
}

fn layers_up() -> Style {
    Style { layers: Layers::Group(LayerGroup::Up), ..Style::default() }
}

fn first_steps() -> Style {
    Style { window: Window { end: 0.6, ..Window::default() }, ..Style::default() }
}

fn prompted_only() -> Style {
    Style { prompted_only: true, ..Style::default() }
}

fn half_strength() -> Style {
    Style { strength: 0.5, ..Style::default() }
}

fn half_dropped() -> Style {
    Style { dropout: 0.5, ..Style::default() }
}

fn without_subject() -> Style {
    Style { subject_keys: 0.0, ..Style::default() }
}

fn recoloured() -> Style {
    Style {
        recolour: Some(Window { start: 0.8, end: 0.9, ..Window::default() }),
        ..Style::default()
    }
}

fn swapped() -> Style {
    Style { swap: Some(Layers::Group(LayerGroup::LastUp)), ..without_adain() }
}

fn pooled() -> Style {
    Style { pool: 8, ..Style::default() }
}

fn guided() -> Style {
    Style { query_guidance: 1.0, ..Style::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arm_has_a_name_and_options_of_its_own() {
        let picture = || Some(Reference::new("a.png", "hash", "a house", 1.0));
        let made = |arm: &Arm| (arm.style(), arm.anchor(picture(), 50, 7));
        for (i, arm) in ARMS.iter().enumerate() {
            assert_eq!(Arm::find(arm.name).unwrap().about, arm.about);
            assert!(ARMS.iter().skip(i + 1).all(|other| made(other) != made(arm)), "{}", arm.name);
        }
        assert!(Arm::find("alinged").err().unwrap().contains("aligned"));
    }

    #[test]
    fn an_arm_is_for_the_mode_that_it_names() {
        let count = |mode: Mode| mode.arms().count();
        assert_eq!((count(Mode::FirstPanel), count(Mode::Picture)), (20, 8));
        let usual = [Mode::FirstPanel, Mode::Picture].map(|mode| mode.usual().unwrap().name);
        assert_eq!(usual, ["aligned", "ddim-0"]);
        let anchor = |name: &str, steps| {
            let picture = Reference::new("a.png", "hash", "a house", 1.0);
            Arm::find(name).unwrap().anchor(Some(picture), steps, 7)
        };
        for name in ["plain", "aligned"] {
            assert_eq!(anchor(name, 25), Anchor::FirstPanel, "{name}");
        }
        let offset = |name: &str, steps| match anchor(name, steps) {
            Anchor::References(References {
                encoding: Encoding::Inversion { offset, .. }, ..
            }) => offset,
            other => panic!("{other:?}"),
        };
        assert_eq!((offset("ddim-5", 25), offset("ddim-5", 50)), (5, 5));
        assert_eq!((offset("ddim-half", 25), offset("ddim-half", 50)), (12, 25));
        let Anchor::References(noise) = anchor("famous-noise", 25) else { panic!() };
        assert_eq!(noise.encoding, Encoding::Noise { seed: 7 });
        let lent = &noise.pictures[0];
        assert_eq!((lent.reference_weight, lent.score_scale), (Some(1.0), Some(0.5)));
    }
}
