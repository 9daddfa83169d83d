//! Local time from a clock in UTC.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::NameDate;

/// Zones lie between -12:00 and +14:00; a clock is written at the end of a video, its name at the beginning, so
/// that some hours of filming come on top.
const WEST: i64 = 15 * 3600;
const EAST: i64 = 14 * 3600 + 120;

/// A count of seconds from 1970, as UTC.
pub fn from_unix(seconds: i64) -> Option<DateTime> {
    Some(TimeZone::UTC.to_datetime(Timestamp::from_second(seconds).ok()?))
}

/// The local time that a file's name has, if it may be the same moment as a clock in UTC.
pub fn agree(utc: DateTime, name: &NameDate) -> Option<DateTime> {
    if name.utc || !name.has_time {
        return None;
    }
    let ahead = name.at.duration_since(utc).as_secs();
    (-WEST..=EAST).contains(&ahead).then_some(name.at)
}
