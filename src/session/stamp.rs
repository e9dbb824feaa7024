//! When something happened, for people; never for order.

use std::fmt;
use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::parsed::parsed;
use crate::util::clock::{parse_rfc3339, rfc3339};

/// A moment to the millisecond, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(SystemTime);

impl Stamp {
    /// The moment, as far as it can be written: to the millisecond, between
    /// 1970 and 9999.
    pub fn new(time: SystemTime) -> Self {
        Self(parse_rfc3339(&rfc3339(time)).unwrap_or(SystemTime::UNIX_EPOCH))
    }

    /// The moment, as a time of the system.
    pub fn time(self) -> SystemTime {
        self.0
    }

    /// For the name of a file: `20260228T090507Z`.
    pub(super) fn compact(self) -> String {
        let text = rfc3339(self.0);
        let whole: String = text.chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
        whole + "Z"
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&rfc3339(self.0))
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        parsed(from, "time such as 2026-02-28T09:05:07.250Z", parse_rfc3339).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::recipe::yaml;

    #[test]
    fn a_stamp_keeps_its_millisecond() {
        let stamp = Stamp(UNIX_EPOCH + Duration::from_millis(4_102_444_800_123));
        let text = yaml::to_string(&stamp).unwrap();
        assert_eq!(text, "2100-01-01T00:00:00.123Z\n");
        assert_eq!(yaml::from_str::<Stamp>(&text).unwrap(), stamp);
        assert_eq!(stamp.compact(), "21000101T000000Z");
        assert!(yaml::from_str::<Stamp>("yesterday").is_err());
        assert_eq!(Stamp::new(stamp.time() + Duration::from_micros(999)), stamp);
        assert_eq!(Stamp::new(UNIX_EPOCH - Duration::from_secs(9)), Stamp(UNIX_EPOCH));
    }
}
