//! What the sets are painted with: plain, aligned, and aligned otherwise.

use crate::recipe::{AdaIn, Layers, Style};

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

/// The arms in the order of reports. Scale and shift are swept one at a time.
pub const ARMS: [Arm; 10] = [
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
