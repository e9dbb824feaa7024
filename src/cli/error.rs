//! What went wrong, as the command line says it: a kind, a message, a hint.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::output::Output;
use crate::engine::{EngineError, ErrorKind};
use crate::models::ModelError;
use crate::prompt::PromptError;
use crate::recipe::RecipeError;
use crate::util::fs::FsError;

/// What kind of failure it was; each has its own exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The machine or this program failed: 1.
    Failed,
    /// Some panels or files failed and the others are done: 1.
    Partial,
    /// The command line asks for something that cannot be: 2.
    Usage,
    /// The model is missing, or was refused: 3.
    Model,
    /// Out of memory after every fallback: 4.
    Memory,
    /// The session is damaged or cannot be opened; nothing was written: 5.
    Session,
    /// A verification found a difference: 6.
    Difference,
    /// A signal stopped it; what was finished is kept: 128 and the signal's number.
    Interrupted(u8),
}

impl Kind {
    /// The exit code of this kind.
    pub fn code(self) -> u8 {
        match self {
            Self::Failed | Self::Partial => 1,
            Self::Usage => 2,
            Self::Model => 3,
            Self::Memory => 4,
            Self::Session => 5,
            Self::Difference => 6,
            Self::Interrupted(signal) => signal.saturating_add(128),
        }
    }
}

/// A failure that ends a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliError {
    /// Decides the exit code.
    pub kind: Kind,
    /// What happened, in one line; with the causes after colons.
    pub message: String,
    /// What to do about it, in one line.
    pub hint: Option<String>,
}

impl CliError {
    /// A failure without a hint.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// The command line asks for something that cannot be.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// The machine or this program failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The same failure with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The failures of `count` files as one: a single one is itself, several are
    /// said one by one and counted.
    ///
    /// # Errors
    /// When there is any failure.
    pub fn together(mut failures: Vec<Self>, count: usize, out: &Output) -> Result<(), Self> {
        let Some(last) = failures.pop() else { return Ok(()) };
        if failures.is_empty() && count == 1 {
            return Err(last);
        }
        let kind =
            if failures.iter().all(|f| f.kind == last.kind) { last.kind } else { Kind::Partial };
        failures.push(last);
        failures.iter().for_each(|failure| out.warn(&failure.message));
        Err(Self::new(kind, format!("{} of {count} failed", failures.len())))
    }

    /// The failure for programs.
    pub fn document(&self) -> Value {
        json!({ "message": self.message, "hint": self.hint, "exit_code": self.kind.code() })
    }

    /// What the process returns.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.kind.code())
    }
}

impl From<RecipeError> for CliError {
    fn from(error: RecipeError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<PromptError> for CliError {
    fn from(error: PromptError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<ModelError> for CliError {
    fn from(error: ModelError) -> Self {
        Self::new(Kind::Model, chain(&error)).hint(error.hint())
    }
}

impl From<EngineError> for CliError {
    fn from(error: EngineError) -> Self {
        let kind = match error.kind() {
            ErrorKind::Usage => Kind::Usage,
            ErrorKind::Model => Kind::Model,
            ErrorKind::Memory => Kind::Memory,
            ErrorKind::Stopped | ErrorKind::Internal => Kind::Failed,
        };
        Self { kind, message: chain(&error), hint: error.hint() }
    }
}

impl From<FsError> for CliError {
    fn from(error: FsError) -> Self {
        Self::failed(chain(&error)).hint(error.hint())
    }
}

/// An error and its causes in one line, each cause once.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_published_ones() {
        let kinds = [
            (Kind::Failed, 1),
            (Kind::Partial, 1),
            (Kind::Usage, 2),
            (Kind::Model, 3),
            (Kind::Memory, 4),
            (Kind::Difference, 6),
            (Kind::Interrupted(2), 130),
            (Kind::Interrupted(15), 143),
        ];
        for (kind, code) in kinds {
            assert_eq!(kind.code(), code, "{kind:?}");
        }
    }

    #[test]
    fn a_chain_names_each_cause_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot read it")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("disk on fire"));
        assert_eq!(chain(&error), "cannot read it: disk on fire");
    }
}
