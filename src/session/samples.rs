//! Things to test with.

use crate::recipe::{Recipe, yaml};

/// A small valid recipe with two panels.
pub(super) fn sample() -> Recipe {
    let text = "version: 1\nengine: 0.1.0\nmodel: {name: mini}\nanchor: first_panel\n\
        panels: [{subject: a fox, seed: 7}, {subject: a bear, seed: 18446744073709551615}]\n\
        style_prompt: watercolour\nsize: {width: 64, height: 64}\nsteps: 2\n\
        guidance_scale: 5.0\nscheduler: {}\nstyle: {}\n";
    yaml::from_str(text).unwrap()
}
