//! Instants, as tokens contain them (RFC 7519 section 2, `NumericDate`).

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MICROS_PER_SECOND: i64 = 1_000_000;
/// 0001-01-01 to 9999-12-31: the range of Python's `datetime`.
const EARLIEST_SECOND: i64 = -62_135_596_800;
const LATEST_SECOND: i64 = 253_402_300_799;

/// An instant, in microseconds since the Unix epoch, between the years 1 and 9999.
///
/// The engine never reads a clock: its caller passes in the current time.
///
/// ```
/// use authx::Timestamp;
/// use std::time::{Duration, SystemTime};
///
/// let now = Timestamp::from(SystemTime::now());
/// assert!(now + Duration::from_secs(900) > now);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    micros: i64,
}

impl Timestamp {
    /// The earliest instant that a token can contain.
    pub const MIN: Self = Self { micros: EARLIEST_SECOND * MICROS_PER_SECOND };
    /// The latest instant that a token can contain.
    pub const MAX: Self = Self { micros: LATEST_SECOND * MICROS_PER_SECOND };

    /// An instant of whole seconds since the Unix epoch, or `None` outside the years 1 to 9999.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Option<Self> {
        (EARLIEST_SECOND..=LATEST_SECOND)
            .contains(&seconds)
            .then(|| Self { micros: seconds * MICROS_PER_SECOND })
    }

    /// An instant of seconds with a fraction since the Unix epoch, or `None` where it is not a number
    /// or outside the years 1 to 9999.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
    pub fn from_seconds_f64(seconds: f64) -> Option<Self> {
        (EARLIEST_SECOND as f64..=LATEST_SECOND as f64)
            .contains(&seconds)
            .then(|| Self { micros: (seconds * MICROS_PER_SECOND as f64).round() as i64 })
    }

    /// An instant of whole microseconds since the Unix epoch, as [`as_micros`](Self::as_micros) returns them; `None`
    /// outside the years 1 to 9999.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        (Self::MIN.micros..=Self::MAX.micros).contains(&micros).then_some(Self { micros })
    }

    /// Microseconds since the Unix epoch, for stores that keep an instant as a number.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.micros
    }

    /// Seconds since the Unix epoch, with the fraction.
    #[must_use]
    pub fn as_seconds_f64(self) -> f64 {
        self.micros as f64 / MICROS_PER_SECOND as f64
    }

    /// Whole seconds since the Unix epoch when there is no fraction.
    #[must_use]
    pub fn as_whole_seconds(self) -> Option<i64> {
        (self.micros % MICROS_PER_SECOND == 0).then(|| self.micros.div_euclid(MICROS_PER_SECOND))
    }

    /// The instant without the fraction of its second.
    #[must_use]
    pub fn floor_to_second(self) -> Self {
        Self { micros: self.micros - self.micros.rem_euclid(MICROS_PER_SECOND) }
    }

    /// The time from `earlier` to this instant, zero where `earlier` is later.
    #[must_use]
    pub fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.micros - earlier.micros).unwrap_or(0))
    }

    /// The instant after `duration`, or `None` past the year 9999.
    #[must_use]
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let micros = self.micros.checked_add(i64::try_from(duration.as_micros()).ok()?)?;
        (micros <= Self::MAX.micros).then_some(Self { micros })
    }
}

/// Saturates at [`Timestamp::MAX`].
impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        self.checked_add(duration).unwrap_or(Self::MAX)
    }
}

/// Saturates at [`Timestamp::MIN`].
impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros())
            .ok()
            .and_then(|micros| self.micros.checked_sub(micros))
            .unwrap_or(i64::MIN);
        Self { micros: micros.max(Self::MIN.micros) }
    }
}

/// Saturates at the ends of the range.
impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let epoch = Self { micros: 0 };
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => epoch + since,
            Err(before) => epoch - before.duration(),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_whole_seconds() {
            Some(seconds) => serializer.serialize_i64(seconds),
            None => serializer.serialize_f64(self.as_seconds_f64()),
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumericDate;

        impl Visitor<'_> for NumericDate {
            type Value = Timestamp;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number of seconds since 1970 between the years 1 and 9999")
            }

            fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Timestamp, E> {
                Timestamp::from_seconds(seconds)
                    .ok_or_else(|| E::invalid_value(Unexpected::Signed(seconds), &self))
            }

            fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<Timestamp, E> {
                i64::try_from(seconds)
                    .ok()
                    .and_then(Timestamp::from_seconds)
                    .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(seconds), &self))
            }

            fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<Timestamp, E> {
                Timestamp::from_seconds_f64(seconds)
                    .ok_or_else(|| E::invalid_value(Unexpected::Float(seconds), &self))
            }
        }

        deserializer.deserialize_any(NumericDate).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numeric_date_is_a_json_number_in_range() {
        for json in ["0", "-1", "1.5", "253402300799", "1e9", "1795473710.919101"] {
            assert!(serde_json::from_str::<Timestamp>(json).is_ok(), "{json}");
        }
        for json in [
            "\"1\"",
            "true",
            "null",
            "[]",
            "{}",
            "253402300800",
            "1e400",
            "NaN",
            "1e12",
            "999999999999999999999999999999",
            "-62135596801",
        ] {
            assert!(serde_json::from_str::<Timestamp>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn whole_seconds_are_written_as_integers() {
        let whole = Timestamp::from_seconds(1_795_473_710).expect("in range");
        assert_eq!(serde_json::to_string(&whole).expect("a number"), "1795473710");
        let fraction = Timestamp::from_seconds_f64(1.25).expect("in range");
        assert_eq!(serde_json::to_string(&fraction).expect("a number"), "1.25");
    }

    #[test]
    fn arithmetic_saturates_instead_of_wrapping() {
        assert_eq!(Timestamp::MAX + Duration::MAX, Timestamp::MAX);
        assert_eq!(Timestamp::MIN - Duration::MAX, Timestamp::MIN);
        assert_eq!(Timestamp::MAX.checked_add(Duration::from_secs(1)), None);
        assert_eq!(Timestamp::MIN.saturating_since(Timestamp::MAX), Duration::ZERO);
    }
}
