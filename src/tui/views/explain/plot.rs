//! Numbers as glyphs that need no colour.

/// Eighths of a cell, from below.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Shades, and the shares from which on they are used: equal keys, which share by
/// halves, are well within one.
const SHADES: [(&str, f64); 4] = [("█", 0.65), ("▓", 0.4), ("▒", 0.15), ("░", 0.0)];

/// A share from 0 to 1 as a shade.
pub fn shade(share: f64) -> &'static str {
    SHADES.iter().find(|(_, from)| share >= *from).map_or("░", |(shade, _)| shade)
}

/// A share in so many cells: tenths in one, hundredths in more.
pub fn digits(share: f64, cells: usize) -> String {
    let (most, scale) = if cells < 2 { (9.0, 10.0) } else { (99.0, 100.0) };
    let number = (share.clamp(0.0, 1.0) * scale).round().min(most);
    format!("{:<cells$}", format!("{number:>width$}", width = cells.min(2)))
}

/// A number from 0 to 1 as a bar of so many cells: what is in cell `row` from below.
pub fn bar(value: f64, row: usize, high: usize) -> &'static str {
    // The last eighth stays free, so that one plot is told from that above.
    let full = value.clamp(0.0, 1.0) * (high * 8 - 1) as f64 - (row * 8) as f64;
    // What is there at all is seen.
    let least = if row == 0 && value > 0.0 { 1.0 } else { 0.0 };
    EIGHTHS[full.round().clamp(least, 8.0) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_four_shades() {
        let all: String = [0.0, 0.2, 0.26, 0.51, 0.76, 1.0, 2.0].map(shade).concat();
        assert_eq!(all, "░▒▒▓███");
    }

    #[test]
    fn digits_fill_their_cells() {
        let of = |share, cells| digits(share, cells);
        assert_eq!([of(0.04, 1), of(0.55, 1), of(1.0, 1)], ["0", "6", "9"]);
        assert_eq!([of(0.04, 2), of(0.554, 3), of(1.0, 4)], [" 4", "55 ", "99  "]);
    }

    #[test]
    fn bars_fill_from_below() {
        let of = |value| [0, 1].map(|row| bar(value, row, 2)).concat();
        assert_eq!(of(0.0), "  ");
        assert_eq!(of(0.001), "▁ ");
        assert_eq!(of(0.25), "▄ ");
        assert_eq!(of(0.8), "█▄");
        assert_eq!(of(1.0), "█▇");
        assert_eq!(bar(f64::NAN, 0, 1), " ");
    }
}
