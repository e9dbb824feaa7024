//! Values as people write them, and how they are read.

use super::{AdaIn, Curve, LayerGroup, Layers, Size, Window};
use std::fmt;

impl Size {
    /// Reads `768x512`, or `512` for a square.
    ///
    /// # Errors
    /// What the text should look like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (width, height) = text.split_once(['x', 'X', '×']).unwrap_or((text, text));
        let side =
            |s: &str| s.trim().parse::<u32>().map_err(|_| expected("a size", "768x512 or 512"));
        Ok(Self { width: side(width)?, height: side(height)? })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl AdaIn {
    /// Reads a list of `q`, `k` and `v`.
    ///
    /// # Errors
    /// What the text should look like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut adain = Self { queries: false, keys: false, values: false };
        for part in text.split(',').map(str::trim) {
            match part {
                "q" => adain.queries = true,
                "k" => adain.keys = true,
                "v" => adain.values = true,
                _ => return Err(expected("what AdaIN touches", "q,k or q,k,v")),
            }
        }
        Ok(adain)
    }
}

impl fmt::Display for AdaIn {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let flags = [(self.queries, "q"), (self.keys, "k"), (self.values, "v")];
        let on: Vec<&str> = flags.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
        f.write_str(&if on.is_empty() { "none".into() } else { on.join(",") })
    }
}

impl Curve {
    /// Every curve with its name.
    pub const ALL: [(Self, &str); 4] = [
        (Self::Constant, "constant"),
        (Self::Linear, "linear"),
        (Self::Cosine, "cosine"),
        (Self::Sigmoid, "sigmoid"),
    ];
}

impl Window {
    /// Reads a part of the steps, as `0..0.6` or `0..1:cosine-up`.
    ///
    /// # Errors
    /// What the text should look like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || expected("a part of the steps", "0..0.6, 0..1:linear or 0.2..1:cosine-up");
        let (ends, curve) = match text.split_once(':') {
            Some((ends, curve)) => (ends, curve.trim()),
            None => (text, "constant"),
        };
        let (start, end) = ends.split_once("..").ok_or_else(wrong)?;
        let share = |text: &str| text.trim().parse::<f64>().map_err(|_| wrong());
        let (name, rising) = match curve.strip_suffix("-up") {
            Some(name) => (name, true),
            None => (curve, false),
        };
        let curve = Curve::ALL.iter().find(|(_, known)| *known == name).map(|(curve, _)| *curve);
        let curve = curve.ok_or("curves are constant, linear, cosine and sigmoid, or linear-up")?;
        Ok(Self { start: share(start)?, end: share(end)?, curve, rising })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)?;
        let name = Curve::ALL.iter().find(|(curve, _)| *curve == self.curve);
        match name {
            Some((curve, name)) if *curve != Curve::Constant => {
                write!(f, ":{name}{}", if self.rising { "-up" } else { "" })
            }
            _ => Ok(()),
        }
    }
}

impl Layers {
    /// Reads `all`, the name of a group, a mask of 0 and 1, `plain 3` or `level 0.5`.
    ///
    /// # Errors
    /// What the text should look like.
    pub fn parse(text: &str) -> Result<Self, String> {
        let named = LayerGroup::ALL.iter().find(|(_, name)| *name == text.replace('_', "-"));
        let behind = |word: &str| text.strip_prefix(word).map(str::trim);
        let count = behind("plain ").and_then(|text| text.parse().ok());
        let level = behind("level ").and_then(|text| text.parse().ok());
        match (text, named) {
            ("all", _) => Ok(Self::All),
            (_, Some((group, _))) => Ok(Self::Group(*group)),
            _ if !text.is_empty() && text.chars().all(|c| matches!(c, '0' | '1')) => {
                Ok(Self::Mask(text.to_owned()))
            }
            _ => match (count, level) {
                (Some(count), _) => Ok(Self::PlainCount(count)),
                (_, Some(level)) => Ok(Self::OnlySelfLevel(level)),
                _ => {
                    let names = LayerGroup::ALL.map(|(_, name)| name).join(", ");
                    Err(format!("layers are all, {names}, or one 0 or 1 for each"))
                }
            },
        }
    }
}

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Group(group) => f.write_str(group.name()),
            Self::Mask(mask) => f.write_str(mask),
            Self::PlainCount(count) => write!(f, "plain {count}"),
            Self::OnlySelfLevel(level) => write!(f, "level {level}"),
        }
    }
}

fn expected(what: &str, example: &str) -> String {
    format!("{what} is written like {example}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["0..1", "0.2..0.6", "0..1:linear", "0.2..1:cosine-up", "0..0.5:sigmoid"] {
            assert_eq!(Window::parse(text).unwrap().to_string(), text);
        }
        for text in ["all", "up", "last-up", "0110", "plain 3", "level 0.5"] {
            assert_eq!(Layers::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(AdaIn::parse("v, q").unwrap().to_string(), "q,v");
        assert_eq!(Size::parse("1024×256").unwrap().to_string(), "1024x256");
        for bad in ["plain", "plain x", "level", "top", ""] {
            assert!(Layers::parse(bad).is_err(), "{bad:?}");
        }
    }
}
