//! What the sets are painted with: plain, aligned, and aligned otherwise.

use crate::recipe::{AdaIn, LayerGroup, Layers, Style, Window};

/// One way to paint a set.
#[derive(Debug)]
pub struct Arm {
    /// Its name in reports and on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    style: fn() -> Style,
    /// Whether the first panel must come out as it does plain.
    pub keeps_first: bool,
}

/// The arms in the order of reports. Scale, shift and every way to hold the style
/// back are swept one at a time.
pub const ARMS: [Arm; 19] = [
    arm("plain", "every picture on its own", Style::none),
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
];

const fn arm(name: &'static str, about: &'static str, style: fn() -> Style) -> Arm {
    Arm { name, about, style, keeps_first: true }
}

impl Arm {
    /// The options that make it.
    pub fn style(&self) -> Style {
        (self.style)()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arm_has_a_name_and_options_of_its_own() {
        for (i, arm) in ARMS.iter().enumerate() {
            assert_eq!(Arm::find(arm.name).unwrap().about, arm.about);
            assert!(
                ARMS.iter().skip(i + 1).all(|other| other.style() != arm.style()),
                "{}",
                arm.name
            );
        }
        assert!(Arm::find("alinged").err().unwrap().contains("aligned"));
    }
}
