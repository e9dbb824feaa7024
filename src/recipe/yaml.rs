//! The one door to YAML.
//!
//! Errors keep the line and column of the fault wherever the parser knows them.

#![allow(clippy::disallowed_methods)]

use serde::{Serialize, de::DeserializeOwned};

/// Parts of a document whose shape this version does not know or care about.
pub use serde_yaml::{Mapping, Value};

use crate::util::metered;

/// A fault in a YAML document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", line.map(|l| format!("line {l}: ")).unwrap_or_default())]
pub struct YamlError {
    /// What was wrong, without a position.
    pub message: String,
    /// Line of the fault, from 1.
    pub line: Option<usize>,
    /// Column of the fault, from 1.
    pub column: Option<usize>,
}

impl From<serde_yaml::Error> for YamlError {
    fn from(error: serde_yaml::Error) -> Self {
        let at = error.location();
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        Self {
            message,
            line: at.as_ref().map(|l| l.line()),
            column: at.as_ref().map(|l| l.column()),
        }
    }
}

/// Reads one document.
///
/// # Errors
/// When the text is not YAML, does not have the shape of `T`, or would keep the
/// parser busy for longer than any honest document.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, YamlError> {
    if !crate::util::yaml_cost::is_affordable(text) {
        let message = "it has too many nested brackets".to_owned();
        return Err(YamlError { message, line: None, column: None });
    }
    // Without both marks there is no alias, and nothing can come out bigger
    // than it went in.
    if !(text.contains('&') && text.contains('*')) {
        return Ok(serde_yaml::from_str(text)?);
    }
    let limit = text.len().saturating_mul(4).saturating_add(1024);
    Ok(metered(serde_yaml::Deserializer::from_str(text), limit)?)
}

/// A value as the plain part of a document that it would be written as.
///
/// # Errors
/// When it cannot be written as YAML.
pub fn to_value<T: Serialize>(value: &T) -> Result<Value, YamlError> {
    Ok(serde_yaml::to_value(value)?)
}

/// What a part of a document means. Its place in the text is no longer known.
///
/// # Errors
/// When it does not have the shape of `T`.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, YamlError> {
    Ok(serde_yaml::from_value(value)?)
}

/// Writes one document, without the leading `---`.
///
/// # Errors
/// When a value cannot be written as YAML.
pub fn to_string<T: Serialize>(value: &T) -> Result<String, YamlError> {
    Ok(serde_yaml::to_string(value)?)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::tests::sample;
    use super::super::{Layers, Recipe};
    use super::*;

    /// Nine levels of nine aliases each, padded to make the parser's own limit large.
    fn bomb(pad: usize) -> String {
        let mut text = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
        for pair in ["ab", "bc", "cd", "de", "ef", "fg", "gh", "hi"] {
            let (from, to) = pair.split_at(1);
            let aliases = vec![format!("*{from}"); 9].join(", ");
            text.push_str(&format!("{to}: &{to} [{aliases}]\n"));
        }
        text + "pad:\n" + &"- x\n".repeat(pad)
    }

    #[test]
    fn aliases_cannot_stand_for_more_than_the_text_holds() {
        let start = Instant::now();
        for pad in [0, 1000, 100_000] {
            let error = from_str::<Value>(&bomb(pad)).unwrap_err();
            assert!(error.message.contains("aliases"), "{error:?}");
        }
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(500_000), "*a, ".repeat(100_000));
        let error = from_str::<std::collections::BTreeMap<String, Value>>(&long).unwrap_err();
        assert!(error.message.contains("aliases"), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    }

    #[test]
    fn the_marks_of_aliases_are_harmless_in_a_prompt() {
        let mut recipe = sample();
        recipe.panels[0].subject = "*stars* & &stripes, *stripes".into();
        recipe.panels[1].subject = "&a\n*a\n".into();
        recipe.negative_prompt = Some("*".into());
        for layers in [Layers::All, Layers::Mask("01".into()), Layers::OnlySelfLevel(0.5)] {
            recipe.style.layers = layers;
            let text = to_string(&recipe).unwrap();
            assert!(text.contains('&') && text.contains('*'));
            assert_eq!(from_str::<Recipe>(&text).unwrap(), recipe);
        }
        let text = to_string(&recipe).unwrap().replace("steps:", "stepz:");
        let error = from_str::<Recipe>(&text).unwrap_err();
        assert!(error.message.contains("stepz") && error.line.is_some(), "{error:?}");
    }

    #[test]
    fn a_modest_alias_is_still_understood() {
        let value: Vec<String> = from_str("[&a fox, *a]").unwrap();
        assert_eq!(value, ["fox", "fox"]);
    }
}
