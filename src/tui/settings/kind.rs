//! Kinds of values: how each is shown, stepped, read, and laid out in a row.

use crate::recipe::{Axis, Draft, Window};

/// A value of a draft, of the picture of a number where it belongs to one.
pub enum Kind {
    /// A number in a range.
    Number(Number),
    /// On or off.
    Flag {
        /// Reads it.
        get: fn(&Draft, usize) -> bool,
        /// Writes it.
        put: fn(&mut Draft, usize, bool),
    },
    /// One of a few words, or a text where there are none.
    Words {
        /// The usual words.
        of: &'static [&'static str],
        /// Reads it.
        get: fn(&Draft, usize) -> String,
        /// Writes it, if it can be.
        put: fn(&mut Draft, usize, &str) -> Result<(), String>,
    },
    /// A part of the steps; `None` is off.
    Steps {
        /// Reads it.
        get: fn(&Draft, usize) -> Option<Window>,
        /// Writes it.
        put: fn(&mut Draft, usize, Window),
        /// Turns it off, where that can be.
        off: Option<fn(&mut Draft, usize)>,
    },
    /// A value with steps of its own.
    Own {
        /// Its value as text.
        show: fn(&Draft, usize) -> String,
        /// Steps it up (1) or down (−1).
        step: fn(&mut Draft, usize, i32),
        /// Takes a typed value.
        put: fn(&mut Draft, usize, &str) -> Result<(), String>,
    },
}

/// A number in a range.
pub struct Number {
    /// Reads it; `None` where it is not set.
    pub get: fn(&Draft, usize) -> Option<f64>,
    /// Writes it.
    pub put: fn(&mut Draft, usize, Option<f64>),
    /// The word for one that is not set, if it need not be.
    pub unset: Option<&'static str>,
    /// Smallest and largest.
    pub range: (f64, f64),
    /// What a step is.
    pub by: f64,
    /// Decimals that are shown; `None` for whole numbers.
    pub decimals: Option<usize>,
    /// The ends of a row of values worth looking at.
    pub row: (f64, f64),
}

/// Seeds that can be set: up to here a float holds every whole number.
pub const SEEDS: (f64, f64) = (0.0, 9_007_199_254_740_992.0);

/// Values in a row.
const ROW: usize = 5;

impl Number {
    fn text(&self, n: f64) -> String {
        let short = format!("{n:.*}", self.decimals.unwrap_or(0));
        let rounded = (n * 1e4).round() / 1e4;
        if short.parse() == Ok(rounded) { short } else { rounded.to_string() }
    }

    fn show(&self, draft: &Draft, at: usize) -> String {
        (self.get)(draft, at)
            .map_or_else(|| self.unset.unwrap_or_default().into(), |n| self.text(n))
    }

    fn step(&self, draft: &mut Draft, at: usize, by: i32) {
        let now = (self.get)(draft, at).unwrap_or(1.0);
        let to = ((now + self.by * f64::from(by)) * 1e6).round() / 1e6;
        (self.put)(draft, at, Some(to.clamp(self.range.0, self.range.1)));
    }

    fn read(&self, text: &str) -> Result<Option<f64>, String> {
        if self.unset.is_some_and(|word| word == text || text.is_empty()) {
            return Ok(None);
        }
        let (low, high) = self.range;
        let whole = |n: &f64| self.decimals.is_some() || n.fract() == 0.0;
        match text.parse::<f64>() {
            Ok(n) if (low..=high).contains(&n) && whole(&n) => Ok(Some(n)),
            _ => {
                let kind = if self.decimals.is_none() { "a whole number" } else { "a number" };
                let or = self.unset.map(|word| format!(", or {word}")).unwrap_or_default();
                Err(format!("takes {kind} from {low} to {high}{or}"))
            }
        }
    }

    /// Values from one end to the other, each once.
    fn row(&self) -> Vec<String> {
        let (from, to) = self.row;
        let whole = |n: f64| if self.decimals.is_none() { n.round() } else { n };
        let numbers = Axis::between(from, to, ROW).map(whole);
        let mut values: Vec<String> = numbers.map(|n| n.to_string()).collect();
        values.dedup();
        values
    }
}

impl Kind {
    /// Whether it is a text of one's own, which is added to rather than replaced.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Words { of: [], .. })
    }

    /// The value as text.
    pub fn show(&self, draft: &Draft, at: usize) -> String {
        match self {
            Self::Number(number) => number.show(draft, at),
            Self::Flag { get, .. } => flag_text(get(draft, at)),
            Self::Words { get, .. } => get(draft, at),
            Self::Steps { get, .. } => get(draft, at).map_or("off".into(), |w| w.to_string()),
            Self::Own { show, .. } => show(draft, at),
        }
    }

    /// Steps it up (1) or down (−1).
    pub fn step(&self, draft: &mut Draft, at: usize, by: i32) {
        match self {
            Self::Number(number) => number.step(draft, at, by),
            Self::Flag { get, put } => put(draft, at, !get(draft, at)),
            Self::Words { of, get, put } if !of.is_empty() => {
                // A word of the table is always taken, or the value stays.
                let _ = put(draft, at, cycle(of, &get(draft, at), by));
            }
            Self::Words { .. } => {}
            Self::Steps { get, put, off } => {
                let now = get(draft, at);
                let end = |w: Window| ((w.end + 0.1 * f64::from(by)) * 1e6).round() / 1e6;
                match (now, off) {
                    (None, _) if by > 0 => put(draft, at, Window::default()),
                    (None, _) => {}
                    (Some(w), Some(off)) if end(w) <= w.start => off(draft, at),
                    (Some(w), _) => {
                        put(draft, at, Window { end: end(w).clamp(w.start, 1.0), ..w });
                    }
                }
            }
            Self::Own { step, .. } => step(draft, at, by),
        }
    }

    /// Takes a typed value.
    ///
    /// # Errors
    /// What it takes instead.
    pub fn set(&self, draft: &mut Draft, at: usize, text: &str) -> Result<(), String> {
        let text = text.trim();
        match self {
            Self::Number(number) => number.read(text).map(|value| (number.put)(draft, at, value)),
            Self::Flag { put, .. } => flag(text).map(|on| put(draft, at, on)),
            Self::Words { put, .. } => put(draft, at, text),
            Self::Steps { put, off, .. } => match (off, text) {
                (Some(off), "off" | "none" | "") => {
                    off(draft, at);
                    Ok(())
                }
                _ => window(text).map(|window| put(draft, at, window)),
            },
            Self::Own { put, .. } => put(draft, at, text),
        }
    }

    /// The values of that row as they are typed.
    pub fn row_text(&self) -> String {
        match self {
            Self::Number(Number { row: (from, to), .. }) => format!("{from}..{to}:{ROW}"),
            // Words that hold commas are divided otherwise.
            Self::Words { of, .. } if of.iter().any(|word| word.contains(',')) => of.join("; "),
            _ => self.row().join(", "),
        }
    }

    /// The values of a row that shows what it does; none where nothing can be laid
    /// out.
    pub fn row(&self) -> Vec<String> {
        match self {
            Self::Number(number) => number.row(),
            Self::Flag { .. } => ["off", "on"].map(String::from).to_vec(),
            Self::Words { of, .. } => of.iter().map(|word| (*word).to_owned()).collect(),
            Self::Steps { .. } => {
                (1..=ROW).map(|i| format!("0..{}", i as f64 / ROW as f64)).collect()
            }
            Self::Own { .. } => Vec::new(),
        }
    }
}

/// A part of the steps, with its ends in order.
fn window(text: &str) -> Result<Window, String> {
    let window = Window::parse(text)?;
    let Window { start, end, .. } = window;
    match (0.0..=1.0).contains(&start) && (start..=1.0).contains(&end) {
        true => Ok(window),
        false => Err("a part of the steps goes from 0 or more to 1 or less, as 0..0.6".into()),
    }
}

/// A flag as it is shown and typed.
pub fn flag_text(flag: bool) -> String {
    if flag { "on".into() } else { "off".into() }
}

/// Reads a typed flag.
///
/// # Errors
/// When it is neither on nor off.
pub fn flag(text: &str) -> Result<bool, String> {
    match text.trim() {
        "on" | "yes" | "true" | "1" => Ok(true),
        "off" | "no" | "false" | "0" => Ok(false),
        other => Err(format!("{other:?} is neither on nor off")),
    }
}

/// Where a step from `at` leads among `len`.
pub fn wrap(at: usize, by: i32, len: usize) -> usize {
    (at as i64 + i64::from(by)).rem_euclid(len as i64) as usize
}

/// The word behind or before one.
pub fn cycle<'a>(options: &[&'a str], now: &str, by: i32) -> &'a str {
    let at = options.iter().position(|o| *o == now);
    let to = at.map_or(0, |at| wrap(at, by, options.len()));
    options.get(to).copied().unwrap_or_default()
}

/// The value that goes by a word.
///
/// # Errors
/// Which words there are.
pub fn named<T: Copy>(all: &[(T, &'static str)], what: &str, word: &str) -> Result<T, String> {
    let found = all.iter().find(|(_, name)| *name == word).map(|(value, _)| *value);
    found.ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(_, name)| *name).collect();
        format!("{what} takes {}", names.join(", "))
    })
}

/// The word for a value.
pub fn name_of<T: PartialEq>(all: &[(T, &'static str)], value: &T) -> String {
    let found = all.iter().find(|(known, _)| known == value);
    found.map(|(_, name)| (*name).to_owned()).unwrap_or_default()
}
