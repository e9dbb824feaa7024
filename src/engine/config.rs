//! Reading configuration files strictly: what this engine does not know is
//! refused by name instead of being painted wrongly.

use super::error::{EngineError, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A configuration file's content with its name for errors.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    name: String,
    value: Value,
}

impl ConfigFile {
    /// Wraps a parsed file.
    pub fn new(name: impl Into<String>, value: Value) -> Self {
        Self { name: name.into(), value }
    }

    /// Turns the file into its type.
    ///
    /// # Errors
    /// When a field is missing or has the wrong type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_value(self.value.clone()).map_err(|e| self.fault(e.to_string()))
    }

    /// Refuses a field whose value is none of those accepted; a missing field
    /// counts as null.
    ///
    /// # Errors
    /// When the value is another one.
    pub fn accept(&self, field: &str, accepted: &[Value]) -> Result<()> {
        let value = self.value.get(field).unwrap_or(&Value::Null);
        if value.is_null() || accepted.contains(value) {
            return Ok(());
        }
        let mut shown = value.to_string();
        shown.truncate(shown.floor_char_boundary(80));
        Err(self.fault(format!("{field} = {shown} is not supported")))
    }

    /// An error about this file.
    pub fn fault(&self, message: impl Into<String>) -> EngineError {
        EngineError::Config { file: self.name.clone(), message: message.into() }
    }
}

/// A number for every block, or one for each.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(untagged)]
pub enum PerBlock {
    /// The same everywhere.
    One(usize),
    /// One for each block.
    Each(Vec<usize>),
}

impl PerBlock {
    /// The numbers for `blocks` blocks.
    ///
    /// # Errors
    /// When the list has another length or holds a zero.
    pub fn each(&self, blocks: usize, file: &ConfigFile, field: &str) -> Result<Vec<usize>> {
        let list = match self {
            Self::One(n) => vec![*n; blocks],
            Self::Each(list) if list.len() == blocks => list.clone(),
            Self::Each(list) => {
                let n = list.len();
                return Err(file.fault(format!("{field} has {n} entries for {blocks} blocks")));
            }
        };
        if list.contains(&0) {
            return Err(file.fault(format!("{field} holds a zero")));
        }
        Ok(list)
    }
}
