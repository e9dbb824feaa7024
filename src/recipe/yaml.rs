//! The one door to YAML.
//!
//! Errors keep the line and column of the fault wherever the parser knows them.

#![allow(clippy::disallowed_methods)]

use serde::{Serialize, de::DeserializeOwned};

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
    Ok(serde_yaml::from_str(text)?)
}

/// Writes one document, without the leading `---`.
///
/// # Errors
/// When a value cannot be written as YAML.
pub fn to_string<T: Serialize>(value: &T) -> Result<String, YamlError> {
    Ok(serde_yaml::to_string(value)?)
}
