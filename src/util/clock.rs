//! The time of day, as a value that tests can set.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> SystemTime;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A clock that stands still, for tests and replays.
#[derive(Debug, Clone, Copy)]
pub struct StoppedClock(pub SystemTime);

impl Clock for StoppedClock {
    fn now(&self) -> SystemTime {
        self.0
    }
}

/// A time as RFC 3339 in UTC with milliseconds: `2026-02-28T09:05:07.250Z`.
///
/// Times before 1970 are shown as 1970 and times after 9999 as its last
/// millisecond, the last that the format can hold.
pub fn rfc3339(time: SystemTime) -> String {
    const LAST: Duration = Duration::from_millis(253_402_300_799_999);
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default().min(LAST);
    let seconds = since.as_secs();
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let milli = since.subsec_millis();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

/// The time that [`rfc3339`] wrote; `None` for any other text, other zones and
/// spellings of the format included.
pub fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let seconds = (days(year, month, day)? * 24 + hour) * 3600 + minute * 60 + second;
    let time = UNIX_EPOCH + Duration::from_millis(seconds * 1000 + number(20, 23)?);
    // Whatever is out of its range or not in its place is written otherwise.
    (rfc3339(time) == text).then_some(time)
}

/// Days from 1970-01-01 to a date, the inverse of [`civil`].
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let (era, in_era) = (year / 400, year % 400);
    let shifted = (month + 9) % 12;
    let in_year = (153 * shifted + 2) / 5 + day.checked_sub(1)?;
    (era * 146_097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year).checked_sub(719_468)
}

/// Days since 1970-01-01 as year, month and day.
///
/// Howard Hinnant's `civil_from_days`: years start in March, so that the leap
/// day is the last of the year and months follow one linear rule.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, in_era) = (days / 146_097, days % 146_097);
    let year_in_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_in_era + year_in_era / 4 - year_in_era / 100);
    let shifted = (5 * in_year + 2) / 153;
    let day = in_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_in_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments() {
        // Seconds from GNU date.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (1_772_269_507, "2026-02-28T09:05:07.000Z"),
            (u64::MAX / 4, "9999-12-31T23:59:59.999Z"),
        ] {
            let clock = StoppedClock(UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(rfc3339(clock.now()), text);
            assert_eq!(parse_rfc3339(text).map(rfc3339).as_deref(), Some(text));
        }
        for wrong in [
            "",
            "2026-02-30T09:05:07.000Z",
            "2026-02-28T09:05:07Z",
            "2026-13-01T00:00:00.000Z",
            "1969-12-31T23:59:59.000Z",
            "2026-02-28T09:05:07.000+",
            "+026-02-28T09:05:07.000Z",
            "2026-02-28T24:00:00.000Z",
            "0000-00-00T00:00:00.000Z",
        ] {
            assert_eq!(parse_rfc3339(wrong), None, "{wrong}");
        }
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(rfc3339(before), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for n in 0..200_000 {
            assert_eq!(civil(n), (year, month, day));
            assert_eq!(days(year, month, day), Some(n));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                2 => 28 + u64::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (year, month, day) = match (day == last, month) {
                (false, _) => (year, month, day + 1),
                (true, 12) => (year + 1, 1, 1),
                (true, _) => (year, month + 1, 1),
            };
        }
    }
}
