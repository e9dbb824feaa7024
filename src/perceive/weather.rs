//! The weather in words: from a METAR, from a JSON report in the fields of
//! OpenWeatherMap, or from words that somebody wrote.

use serde_json::Value;

use super::words::plain;
use super::{PerceiveError, Result};

/// Longest report that is read, in bytes.
pub const MAX_REPORT: usize = 64 * 1024;
/// Most characters of the result.
const LONGEST_TEXT: usize = 200;
/// Metres a second in a knot.
const KNOT: f64 = 0.514_444;

/// Codes of a METAR that begin or are a group of weather.
const CODES: [(&str, &str); 20] = [
    ("TS", "thunderstorm"),
    ("SH", "showers"),
    ("FZ", "freezing"),
    ("BL", "blowing"),
    ("DR", "drifting"),
    ("DZ", "drizzle"),
    ("RA", "rain"),
    ("SN", "snow"),
    ("SG", "snow grains"),
    ("PL", "ice pellets"),
    ("GR", "hail"),
    ("GS", "small hail"),
    ("BR", "mist"),
    ("FG", "fog"),
    ("HZ", "haze"),
    ("FU", "smoke"),
    ("DU", "dust"),
    ("SA", "sand"),
    ("SQ", "squalls"),
    ("FC", "a tornado"),
];
/// Cover of the sky.
const SKIES: [(&str, &str); 7] = [
    ("CAVOK", "clear sky"),
    ("SKC", "clear sky"),
    ("CLR", "clear sky"),
    ("FEW", "few clouds"),
    ("SCT", "scattered clouds"),
    ("BKN", "broken clouds"),
    ("OVC", "overcast sky"),
];

/// The weather of a report in words for a prompt, such as `light rain, overcast
/// sky, cold, strong wind`.
///
/// # Errors
/// When the report is too long, or says nothing that is known here.
pub fn weather(report: &str) -> Result<String> {
    if report.len() > MAX_REPORT {
        let text = format!("the report has more than {} KB", MAX_REPORT >> 10);
        return Err(PerceiveError::Weather(text));
    }
    let report = report.trim();
    let words = if is_json(report) {
        from_json(report)?
    } else if is_metar(report) {
        from_metar(report)
    } else {
        vec![plain(report, LONGEST_TEXT)]
    };
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    match words.is_empty() {
        true => Err(PerceiveError::Weather("the report says nothing of the weather".into())),
        false => Ok(words.join(", ")),
    }
}

/// Whether a text is in a form that stations report in, rather than words.
pub(super) fn is_report(text: &str) -> bool {
    is_json(text.trim()) || is_metar(text)
}

fn is_json(report: &str) -> bool {
    report.starts_with(['{', '['])
}

fn from_json(report: &str) -> Result<Vec<String>> {
    let value: Value = serde_json::from_str(report)
        .map_err(|error| PerceiveError::Weather(format!("the report is no JSON: {error}")))?;
    let described = value["weather"].as_array().into_iter().flatten();
    let described = described.filter_map(|one| one["description"].as_str());
    let mut words: Vec<String> = described.map(|text| plain(text, LONGEST_TEXT)).collect();
    if words.is_empty()
        && let Some(clouds) = value["clouds"]["all"].as_f64()
    {
        words.push(cover(clouds).to_owned());
    }
    // Without a word on units, no air on earth has 150 degrees, and none is so cold in kelvin.
    let degrees = value["main"]["temp"].as_f64();
    words.extend(degrees.map(|t| warmth(if t > 150.0 { t - 273.15 } else { t }).to_owned()));
    words.extend(value["wind"]["speed"].as_f64().and_then(wind).map(str::to_owned));
    Ok(words)
}

/// Whether a report has a place and a time as METARs have them.
fn is_metar(report: &str) -> bool {
    let time = |word: &str| {
        word.len() == 7 && word.ends_with('Z') && word.bytes().take(6).all(|b| b.is_ascii_digit())
    };
    let place = |word: &str| {
        word.len() == 4 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let words: Vec<&str> = report.split_whitespace().take(6).collect();
    words.windows(2).any(|pair| matches!(pair, [a, b] if place(a) && time(b)))
}

fn from_metar(report: &str) -> Vec<String> {
    let (mut falls, mut sky, mut air, mut blow) = (Vec::new(), None, None, None);
    for word in report.split_whitespace().skip_while(|word| !word.ends_with('Z')).skip(1) {
        let word = word.trim_end_matches('=');
        if matches!(word, "RMK" | "TEMPO" | "BECMG" | "NOSIG") {
            break;
        }
        if let Some((_, name)) = SKIES.iter().find(|(code, _)| word.starts_with(code)) {
            // The layers come from below; the fullest of them is what is seen.
            sky = Some(*name);
        } else if let Some(text) = falling(word) {
            falls.push(text);
        } else if let Some(degrees) = degrees(word) {
            air = Some(warmth(degrees));
        } else if let Some(metres) = speed(word) {
            blow = wind(metres);
        }
    }
    falls.extend([sky, air, blow].into_iter().flatten().map(str::to_owned));
    falls
}

/// `-SHRA` is `light rain showers`.
fn falling(word: &str) -> Option<String> {
    let (strength, mut codes) = match word.chars().next()? {
        '-' => ("light ", &word[1..]),
        '+' => ("heavy ", &word[1..]),
        _ => ("", word.strip_prefix("VC").unwrap_or(word)),
    };
    let mut names = Vec::new();
    while !codes.is_empty() {
        let (code, name) = CODES.iter().find(|(code, _)| codes.starts_with(code))?;
        names.push(*name);
        codes = codes.get(code.len()..)?;
    }
    // Showers of something stand behind it, as one says them.
    if let ["showers", _, ..] = names.as_slice() {
        names.rotate_left(1);
    }
    (!names.is_empty()).then(|| format!("{strength}{}", names.join(" ")))
}

/// `M02/M05` is two degrees of frost.
fn degrees(word: &str) -> Option<f64> {
    let (air, dew) = word.split_once('/')?;
    let number = |text: &str| {
        let digits = text.strip_prefix('M').unwrap_or(text);
        let sign = if digits.len() == text.len() { 1.0 } else { -1.0 };
        let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<f64>().ok()).flatten().map(|n| n * sign)
    };
    (dew.is_empty() || number(dew).is_some()).then(|| number(air)).flatten()
}

/// `24015G25KT` blows with 15 knots, `05004MPS` with 4 metres a second.
fn speed(word: &str) -> Option<f64> {
    let (number, unit) = match (word.strip_suffix("KT"), word.strip_suffix("MPS")) {
        (Some(number), _) => (number, KNOT),
        (_, Some(number)) => (number, 1.0),
        _ => return None,
    };
    let number = number.split('G').next()?.get(3..)?;
    number.parse::<f64>().ok().map(|n| n * unit)
}

fn cover(percent: f64) -> &'static str {
    match percent {
        p if p < 10.0 => "clear sky",
        p if p < 50.0 => "scattered clouds",
        p if p < 90.0 => "broken clouds",
        _ => "overcast sky",
    }
}

fn warmth(degrees: f64) -> &'static str {
    match degrees {
        d if d < 0.0 => "freezing cold",
        d if d < 10.0 => "cold",
        d if d < 20.0 => "mild",
        d if d < 28.0 => "warm",
        _ => "hot",
    }
}

/// What is worth a word: a breeze is not.
fn wind(metres: f64) -> Option<&'static str> {
    match metres {
        m if m < 6.0 => None,
        m if m < 11.0 => Some("windy"),
        m if m < 17.0 => Some("strong wind"),
        _ => Some("storm"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metars_are_put_into_words() {
        for (report, words) in [
            (
                "METAR EDDB 281620Z 24025G38KT 4000 -SHRA BKN012 OVC030 07/05 Q1002 NOSIG",
                "light rain showers, overcast sky, cold, strong wind",
            ),
            ("LFPG 281630Z 05004MPS CAVOK M02/M05 Q1030=", "clear sky, freezing cold"),
            ("KJFK 281651Z 00000KT 1/4SM FG VV002 12/12 A2992 RMK AO2 RAB05", "fog, mild"),
            (
                "RJTT 281700Z 20040KT +TSRA SCT010 31/24 Q0990",
                "heavy thunderstorm rain, scattered clouds, hot, storm",
            ),
        ] {
            assert_eq!(weather(report).unwrap(), words, "{report}");
        }
    }

    #[test]
    fn json_is_put_into_words() {
        let report = r#"{"weather":[{"description":"light snow"}],"main":{"temp":268.4},
            "wind":{"speed":12.0},"name":"Oslo"}"#;
        assert_eq!(weather(report).unwrap(), "light snow, freezing cold, strong wind");
        assert_eq!(
            weather(r#"{"clouds":{"all":95},"main":{"temp":21}}"#).unwrap(),
            "overcast sky, warm"
        );
    }

    #[test]
    fn words_stay_words() {
        assert_eq!(
            weather(" a (storm) over\nthe sea\u{1b}[2J ").unwrap(),
            "a storm over the sea 2J"
        );
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for report in ["", "{}", "[]", "{\"weather\": 3}", "{broken", "\u{1b}"] {
            assert!(weather(report).is_err(), "{report:?}");
        }
        assert!(weather(&"rain ".repeat(MAX_REPORT)).is_err());
    }
}
