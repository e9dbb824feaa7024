//! Values as people write them on a command line.

use crate::recipe::{AdaIn, Size, Window};

/// Reads `768x512`, or `512` for a square.
///
/// # Errors
/// What the text should look like.
pub fn size(text: &str) -> Result<Size, String> {
    Size::parse(text)
}

/// Reads a number of bytes: `8G` and `900MB` in powers of 1,000, `1.5GiB` in
/// powers of 1,024.
///
/// # Errors
/// What the text should look like.
pub fn bytes(text: &str) -> Result<u64, String> {
    let wrong = || expected("a size in memory", "8G, 900M or 1.5GiB");
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = unit.trim().to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let (unit, base) = match unit.strip_suffix('i') {
        Some(unit) => (unit, 1024_f64),
        None => (unit, 1000.0),
    };
    let power = match unit {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(wrong()),
    };
    let bytes = number.parse::<f64>().map_err(|_| wrong())? * base.powi(power);
    // Above 2^53 a float no longer holds every byte, and no machine has as much.
    if !(1.0..=9e15).contains(&bytes) {
        return Err(wrong());
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = bytes as u64;
    Ok(whole)
}

/// Reads a list of `q`, `k` and `v`.
///
/// # Errors
/// What the text should look like.
pub fn adain(text: &str) -> Result<AdaIn, String> {
    AdaIn::parse(text)
}

/// Reads a part of the steps, as `0..0.6` or `0..1:cosine-up`.
///
/// # Errors
/// What the text should look like.
pub fn window(text: &str) -> Result<Window, String> {
    Window::parse(text)
}

fn expected(what: &str, example: &str) -> String {
    format!("{what} is written like {example}")
}

/// A span of time for people: `0.8 s`, `42 s`, `3 min 05 s`, `2 h 10 min`.
pub fn show_seconds(seconds: f64) -> String {
    let whole = seconds.round().max(0.0);
    if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if whole < 60.0 {
        format!("{whole:.0} s")
    } else if whole < 3600.0 {
        format!("{:.0} min {:02.0} s", (whole / 60.0).floor(), whole % 60.0)
    } else {
        let minutes = (whole / 60.0).round();
        format!("{:.0} h {:02.0} min", (minutes / 60.0).floor(), minutes % 60.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Curve;

    #[test]
    fn sizes_are_pairs_or_squares() {
        assert_eq!(size("768x512"), Ok(Size { width: 768, height: 512 }));
        assert_eq!(size("256"), Ok(Size { width: 256, height: 256 }));
        for bad in ["", "x", "12x", "-8x8", "8x8x8", "1e3"] {
            assert!(size(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn memory_takes_the_usual_units() {
        assert_eq!(bytes("8G"), Ok(8_000_000_000));
        assert_eq!(bytes("900M"), Ok(900_000_000));
        assert_eq!(bytes("1.5GiB"), Ok(3 << 29));
        assert_eq!(bytes("64kb"), Ok(64_000));
        assert_eq!(bytes("4096"), Ok(4096));
        for bad in ["", "G", "8X", "-1G", "0", "1e99T", "NaN", "8 G G"] {
            assert!(bytes(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn adain_lists_are_letters() {
        assert_eq!(adain("q, v"), Ok(AdaIn { queries: true, keys: false, values: true }));
        assert!(adain("q,x").is_err());
        assert!(adain("").is_err());
    }

    #[test]
    fn parts_of_the_steps_have_curves() {
        let plain = Window { end: 0.6, ..Window::default() };
        assert_eq!(window("0..0.6"), Ok(plain));
        let rising = Window { curve: Curve::Cosine, rising: true, ..plain };
        assert_eq!(window("0..0.6:cosine-up"), Ok(rising));
        for bad in ["", "0.5", "a..b", "0..1:wild", "0..1:"] {
            assert!(window(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn amounts_read_well() {
        assert_eq!(show_seconds(0.84), "0.8 s");
        assert_eq!(show_seconds(41.6), "42 s");
        assert_eq!(show_seconds(185.0), "3 min 05 s");
        assert_eq!(show_seconds(7_800.0), "2 h 10 min");
    }
}
