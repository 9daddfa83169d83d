//! A date as a text: EXIF, ISO 8601, RFC 2822 and 1123, `ctime`, IPTC, and what programs make of them.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime, Time};

use super::{month_names, numbers};

/// Longest text in bytes that may be a date.
const LONGEST: usize = 100;

/// Up to which part a date is written; what is not is its first day or midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// To the year.
    Year,
    /// To the month.
    Month,
    /// To the day.
    Day,
    /// A date with a time of day.
    Time,
}

/// The zone that is written behind a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// `Z`, `UTC` or `GMT`: a clock that knows no place.
    Utc,
    /// Seconds east of Greenwich.
    Offset(i32),
}

/// A date that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// As it is written, to the second, offsets aside.
    pub at: DateTime,
    /// Precision of the date.
    pub precision: Precision,
    /// Its zone, if one is written.
    pub zone: Option<Zone>,
}

impl Written {
    /// A date whose time of day may be missing.
    pub(super) fn new(date: (Date, Precision), time: Option<Time>, zone: Option<Zone>) -> Self {
        let (date, precision) = date;
        match time {
            Some(time) if precision == Precision::Day => {
                Self { at: date.to_datetime(time), precision: Precision::Time, zone }
            }
            _ => Self { at: date.to_datetime(Time::midnight()), precision, zone: None },
        }
    }
}

/// Reads a date in any form of the table. Impossible days are `None`; of an impossible or blank time of day
/// only the day counts.
pub fn parse(text: &str) -> Option<Written> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '"');
    if text.len() > LONGEST {
        return None;
    }
    let text = to_ascii(text);
    numbers::parse(&text).or_else(|| month_names::parse(&text))
}

/// An offset as tags write it alone: `+09:00`, `+0900`, `-7`, `Z`; in seconds.
pub fn offset(text: &str) -> Option<Zone> {
    numbers::zone(text.trim())
}

/// Digits, spaces and dashes of other scripts as ASCII; phones set to these scripts write them.
fn to_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let digit = |c: char| {
        // Arabic, Persian, Devanagari, Bengali, Thai, Myanmar, fullwidth.
        let zeros = [0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0x1040, 0xff10];
        let value = zeros
            .iter()
            .find_map(|zero| (u32::from(c)).checked_sub(*zero).filter(|value| *value < 10));
        value.and_then(|value| char::from_digit(value, 10))
    };
    let narrow = |c: char| match c {
        '\u{a0}' | '\u{202f}' | '\u{2009}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{200e}' | '\u{200f}' => ' ',
        other => digit(other).unwrap_or(other),
    };
    Cow::Owned(text.chars().map(narrow).collect::<String>().trim().to_owned())
}

/// A day from its parts; `None` for the 30th of February and for years before pictures or beyond reason.
pub(super) fn day(year: i16, month: i8, day: i8) -> Option<Date> {
    if !(1..=9998).contains(&year) {
        return None;
    }
    Date::new(year, month, day).ok()
}

/// A time of day. Hour 24 is the first hour of the day that is written, as of clocks that count from 1 to
/// 24 (Java's `kk`, which phones wrote into EXIF for years); second 60 is 59.
pub(super) fn time(hour: i8, minute: i8, second: i8, noon: Option<bool>) -> Option<Time> {
    let hour = match (noon, hour) {
        (_, 24) => 0,
        (Some(true), 1..=11) => hour + 12,
        (Some(false), 12) => 0,
        _ => hour,
    };
    Time::new(hour, minute, second.min(59), 0).ok().filter(|_| second <= 60)
}
