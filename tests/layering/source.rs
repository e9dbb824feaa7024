//! Source files as the rules see them.

use std::collections::BTreeSet;
use std::path::Path;

/// A file below `src`.
pub struct Source {
    /// Its path below `src`, with forward slashes.
    pub name: String,
    text: String,
}

/// Every file of the program that is not a test alone.
pub fn rust_files() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                files.push(Source::new(name, &std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let tests: BTreeSet<String> = files.iter().flat_map(Source::test_modules).collect();
    files.retain(|file| {
        !tests.iter().any(|t| {
            file.name == *t || file.name.starts_with(&format!("{}/", t.trim_end_matches(".rs")))
        })
    });
    assert!(files.len() > 20, "the source was not found");
    files
}

impl Source {
    pub fn new(name: String, text: &str) -> Self {
        Self { name, text: text.to_owned() }
    }

    /// The first folder or file name; the two files at the top are none.
    pub fn room(&self) -> Option<String> {
        let first = self.name.split('/').next()?.trim_end_matches(".rs");
        (!matches!(first, "lib" | "main")).then(|| first.to_owned())
    }

    /// The text up to the test module at its end.
    pub fn without_tests(&self) -> &str {
        let end = self.text.match_indices("#[cfg(test)]").find(|(at, _)| {
            self.text[*at..].lines().take(4).any(|l| {
                l.trim_start().starts_with("mod ") && l.ends_with('{') || l.contains("mod tests {")
            })
        });
        end.map_or(&self.text, |(at, _)| &self.text[..at])
    }

    /// The text without comments and the insides of strings.
    pub fn code(&self) -> String {
        strip(&self.text)
    }

    /// [`Self::code`] of [`Self::without_tests`].
    pub fn code_without_tests(&self) -> String {
        strip(self.without_tests())
    }

    /// Every room that stands after `crate::` or `predella::`, in groups too.
    pub fn named_rooms(&self) -> BTreeSet<String> {
        let code: String = self.code();
        let mut rooms = BTreeSet::new();
        for start in ["crate::", "predella::"] {
            for (at, _) in code.match_indices(start) {
                let rest = &code[at + start.len()..];
                match rest.strip_prefix('{') {
                    Some(group) => rooms.extend(group_heads(group)),
                    None => rooms.extend(word(rest)),
                }
            }
        }
        rooms
    }

    /// Files that this one declares as test modules.
    fn test_modules(&self) -> Vec<String> {
        let folder = match self.name.rsplit_once('/') {
            Some((folder, "mod.rs")) => format!("{folder}/"),
            Some((folder, file)) => format!("{folder}/{}/", file.trim_end_matches(".rs")),
            None => String::new(),
        };
        let lines: Vec<&str> = self.text.lines().map(str::trim).collect();
        let mut found = Vec::new();
        for (i, line) in lines.iter().enumerate().filter(|(_, l)| **l == "#[cfg(test)]") {
            let _ = line;
            let mut path = None;
            for next in &lines[i + 1..] {
                if let Some(named) = next.strip_prefix("#[path = \"") {
                    let beside = self.name.rsplit_once('/').map_or("", |(folder, _)| folder);
                    path = Some(format!("{beside}/{}", named.trim_end_matches("\"]")));
                } else if let Some((_, name)) =
                    next.split_once("mod ").filter(|_| next.ends_with(';'))
                {
                    let usual = format!("{folder}{}.rs", name.trim_end_matches(';'));
                    found.push(path.take().unwrap_or(usual));
                    break;
                } else if !next.starts_with("#[") {
                    break;
                }
            }
        }
        found
    }
}

/// The first word of each path in `a::b, c::{d, e}, f}`.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let mut depth = 0;
    let mut piece = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => heads.extend(word(&std::mem::take(&mut piece))),
            c if depth == 0 => piece.push(c),
            _ => {}
        }
    }
    heads.extend(word(&piece));
    heads
}

fn word(text: &str) -> Option<String> {
    let word: String =
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// Takes line comments, block comments and the insides of strings out.
fn strip(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let raw = ["r#\"", "r\""].into_iter().find(|open| rest.starts_with(open));
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if let Some(open) =
            raw.filter(|_| !code.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        {
            let close = if open.len() == 3 { "\"#" } else { "\"" };
            let at = rest[open.len()..].find(close);
            at.map_or(rest.len(), |at| open.len() + at + close.len())
        } else if c == '"' {
            string_end(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with("'\\\"'") {
            4
        } else {
            0
        };
        if skipped > 0 {
            code.push(' ');
            rest = &rest[skipped..];
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    code
}

/// The length of the string literal at the start of the text.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}
