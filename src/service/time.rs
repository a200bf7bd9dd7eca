//! Points in time as HTTP and the records write them. A file system can hold any, from long before 1970 to long after
//! the year 9999; neither HTTP's dates nor the records' usual form can.

use std::time::{Duration, SystemTime};

/// The first second that an HTTP date of four digits a year can't name, since 1970.
const YEAR_10000: u64 = 253_402_300_800;

const SECOND: i128 = 1_000_000_000;

/// A time as HTTP writes it (RFC 9110 §5.6.7); `None` for one before 1970 or after 9999.
#[must_use]
pub fn http_date(time: SystemTime) -> Option<String> {
    has_http_date(time).then(|| httpdate::fmt_http_date(time))
}

/// True if there is an HTTP date of it.
pub(super) fn has_http_date(time: SystemTime) -> bool {
    time.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|since| since.as_secs() < YEAR_10000)
}

/// Nanoseconds since 1970, negative before it.
pub(super) fn nanos(time: SystemTime) -> i128 {
    let whole = |since: Duration| i128::try_from(since.as_nanos()).unwrap_or(i128::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => whole(since),
        Err(until) => -whole(until.duration()),
    }
}

/// Whole seconds since 1970, rounded down: HTTP's dates have no more, files' times do.
pub(super) fn whole_seconds(time: SystemTime) -> i128 {
    nanos(time).div_euclid(SECOND)
}

/// How a record holds a time: in serde's own form, with seconds that may be negative.
pub(super) mod stored {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    use super::{Duration, SECOND, SystemTime, nanos};

    #[derive(Serialize, Deserialize)]
    struct Form {
        secs_since_epoch: i64,
        nanos_since_epoch: u32,
    }

    impl Form {
        fn of(time: SystemTime) -> Self {
            let nanos = nanos(time);
            let seconds = nanos.div_euclid(SECOND).clamp(i64::MIN.into(), i64::MAX.into());
            Self { secs_since_epoch: seconds as i64, nanos_since_epoch: nanos.rem_euclid(SECOND) as u32 }
        }

        fn time(&self) -> Option<SystemTime> {
            let seconds = Duration::from_secs(self.secs_since_epoch.unsigned_abs());
            let second = match self.secs_since_epoch {
                0.. => SystemTime::UNIX_EPOCH.checked_add(seconds),
                _ => SystemTime::UNIX_EPOCH.checked_sub(seconds),
            };
            second?.checked_add(Duration::from_nanos(self.nanos_since_epoch.into()))
        }
    }

    pub fn serialize<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
        Form::of(*time).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SystemTime, D::Error> {
        let form = Form::deserialize(deserializer)?;
        form.time().ok_or_else(|| D::Error::custom("this machine has no such time"))
    }

    /// A time as it stands in a record, where there may be none.
    pub mod option {
        use super::{Deserialize, Deserializer, Form, Serialize, Serializer, SystemTime};

        pub fn serialize<S: Serializer>(time: &Option<SystemTime>, serializer: S) -> Result<S::Ok, S::Error> {
            time.map(Form::of).serialize(serializer)
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<SystemTime>, D::Error> {
            Ok(Option::<Form>::deserialize(deserializer)?.and_then(|form| form.time()))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    fn at(seconds: i64, nanos: u32) -> SystemTime {
        let far = Duration::from_secs(seconds.unsigned_abs());
        let epoch = SystemTime::UNIX_EPOCH;
        let second = if seconds < 0 { epoch.checked_sub(far) } else { epoch.checked_add(far) };
        second.and_then(|time| time.checked_add(Duration::from_nanos(nanos.into()))).expect("a time")
    }

    #[test]
    fn only_times_of_four_digit_years_since_1970_have_a_date() {
        assert_eq!(http_date(at(0, 0)).as_deref(), Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        assert_eq!(http_date(at(253_402_300_799, 5)).as_deref(), Some("Fri, 31 Dec 9999 23:59:59 GMT"));
        for seconds in [i64::MIN, -1, 253_402_300_800, i64::MAX] {
            assert_eq!(http_date(at(seconds, 0)), None, "{seconds}");
        }
        assert_eq!(http_date(at(-1, 999_999_999)), None);
    }

    #[test]
    fn times_are_told_apart_on_both_sides_of_1970() {
        assert_eq!(nanos(at(-2, 250_000_000)), -1_750_000_000);
        assert_eq!(whole_seconds(at(-2, 250_000_000)), -2);
        assert_eq!(whole_seconds(at(3, 250_000_000)), 3);
        assert_ne!(nanos(at(-2, 0)), nanos(at(-3, 0)));
    }

    #[test]
    fn every_time_that_a_file_can_have_comes_back_from_a_record() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Times {
            #[serde(with = "stored")]
            one: SystemTime,
            #[serde(default, with = "stored::option")]
            other: Option<SystemTime>,
        }
        for (seconds, nanos) in [(0, 0), (1_700_000_000, 7), (-1, 999_999_999), (i64::MIN, 3), (i64::MAX, 3)]
        {
            let time = at(seconds, nanos);
            let times = Times { one: time, other: Some(time) };
            let json = serde_json::to_string(&times).expect("written");
            assert_eq!(serde_json::from_str::<Times>(&json).expect("read"), times, "{json}");
        }
        // As older records have it.
        let old = r#"{"one":{"secs_since_epoch":5,"nanos_since_epoch":6}}"#;
        let times: Times = serde_json::from_str(old).expect("read");
        assert_eq!(times, Times { one: at(5, 6), other: None });
    }
}
