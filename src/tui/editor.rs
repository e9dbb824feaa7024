//! A text in the person's own editor.

use std::io::Write;
use std::process::Command;

/// Opens `$VISUAL` or `$EDITOR` on a text and gives back what was saved.
///
/// # Errors
/// In words: no editor, it failed, or the file could not be read back.
pub fn edit(text: &str) -> Result<String, String> {
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok());
    let editor = editor.filter(|e| !e.trim().is_empty()).ok_or("set $EDITOR to edit there")?;
    let mut words = editor.split_whitespace();
    let program = words.next().ok_or("set $EDITOR to edit there")?;
    let mut file = tempfile::Builder::new()
        .prefix("predella-")
        .suffix(".txt")
        .tempfile()
        .map_err(|e| format!("no temporary file: {e}"))?;
    file.write_all(text.as_bytes()).map_err(|e| format!("no temporary file: {e}"))?;
    let status = Command::new(program).args(words).arg(file.path()).status();
    match status {
        Ok(status) if status.success() => std::fs::read_to_string(file.path())
            .map_err(|e| format!("what was saved cannot be read: {e}")),
        Ok(status) => Err(format!("{program} ended with {status}; nothing was changed")),
        Err(error) => Err(format!("{program}: {error}; set $EDITOR to an editor")),
    }
}
