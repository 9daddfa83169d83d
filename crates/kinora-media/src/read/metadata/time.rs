//! Dates as metadata standards write them.

use std::ops::Range;

use jiff::civil::DateTime;

/// EXIF's `2024:05:01 12:33:00`, ISO 8601 (`2024-05-01T12:33:00+02:00`, also cut after any part) or
/// IPTC's `20240501`; the local time as written, offsets aside. Impossible dates are `None`.
pub(super) fn parse(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let digits: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|p| !p.is_empty()).collect();
    let number = |at: usize, default: i8| match digits.get(at) {
        Some(part) => part.parse().ok(),
        None => Some(default),
    };
    let first = *digits.first()?;
    if first.len() == 8 && first.is_ascii() {
        let part = |range: Range<usize>| first.get(range).and_then(|p| p.parse::<i8>().ok());
        let year = first.get(..4)?.parse().ok()?;
        return date(year, part(4..6)?, part(6..8)?, [0, 0, 0]);
    }
    if first.len() != 4 {
        return None;
    }
    date(
        first.parse().ok()?,
        number(1, 1)?,
        number(2, 1)?,
        [number(3, 0)?, number(4, 0)?, number(5, 0)?.min(59)],
    )
}

/// IPTC's time of day, `123300` with or without an offset, put into a date.
pub(super) fn with_time(date: DateTime, text: &str) -> DateTime {
    let part = |range: Range<usize>| text.get(range).and_then(|p| p.parse::<i8>().ok());
    let (Some(hour), Some(minute), Some(second)) = (part(0..2), part(2..4), part(4..6)) else {
        return date;
    };
    date.with().hour(hour).minute(minute).second(second).build().unwrap_or(date)
}

fn date(year: i16, month: i8, day: i8, [hour, minute, second]: [i8; 3]) -> Option<DateTime> {
    // Cameras without a set clock write year 0.
    (year > 0).then_some(())?;
    DateTime::new(year, month, day, hour, minute, second, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_all_kinds() {
        for (text, expected) in [
            ("2024:05:01 12:33:07", Some("2024-05-01T12:33:07")),
            ("2024-05-01T12:33:07+02:00", Some("2024-05-01T12:33:07")),
            ("2024-05-01T12:33:07.25Z", Some("2024-05-01T12:33:07")),
            ("2024-05", Some("2024-05-01T00:00:00")),
            ("2024", Some("2024-01-01T00:00:00")),
            ("20240501", Some("2024-05-01T00:00:00")),
            ("0000:00:00 00:00:00", None),
            ("2024:13:01 00:00:00", None),
            ("    :  :     :  :  ", None),
            ("99999999999", None),
            ("", None),
        ] {
            let expected = expected.map(|t| t.parse::<DateTime>().unwrap());
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
