//! Words, times and places from the tags of a container.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use kinora_types::{DateBasis, GeoPoint};

use super::Tags;
use kinora_image::dates::{self, Dated, Precision, Written, Zone};

/// A tag longer than this is cut.
const LONGEST: usize = 2000;

/// Reads what Kinora knows out of pairs of key and value; the first key of a kind wins.
pub(crate) fn read(pairs: &[(String, String)]) -> Tags {
    let find = |keys: &[&str]| {
        let value = |key: &&str| pairs.iter().find(|(k, _)| k.eq_ignore_ascii_case(key));
        let value = keys.iter().find_map(value)?.1.trim();
        (!value.is_empty()).then(|| value.chars().take(LONGEST).collect::<String>())
    };
    let created = find(&["creation_time"]).as_deref().and_then(timestamp);
    let (taken_at, date_basis) = taken(pairs).map(|date| (date.at, date.basis)).unzip();
    let place = find(&["com.apple.quicktime.location.ISO6709", "location", "location-eng"]);
    let maker = find(&["com.apple.quicktime.make", "make", "com.android.manufacturer"]);
    let model = find(&["com.apple.quicktime.model", "model", "com.android.model"]);
    Tags {
        created,
        taken_at,
        date_basis,
        place: place.as_deref().and_then(iso_6709),
        title: find(&["title", "com.apple.quicktime.title"]),
        comment: find(&["comment", "description", "com.apple.quicktime.description", "synopsis"]),
        artist: find(&["artist", "author", "com.apple.quicktime.author", "album_artist"]),
        copyright: find(&["copyright", "com.apple.quicktime.copyright", "license"]),
        camera: match (maker, model) {
            (Some(maker), Some(model)) if !model.starts_with(&maker) => {
                Some(format!("{maker} {model}"))
            }
            (maker, model) => model.or(maker),
        },
    }
}

/// Tags with a time of recording, the most reliable first: QuickTime, EXIF's name, AVI,
/// and the tag of any container.
const LOCAL: [&str; 5] =
    ["com.apple.quicktime.creationdate", "DateTimeOriginal", "IDIT", "DATE_RECORDED", "date"];

/// A time that was written as local; else the container's clock, brought to local time where its offset is
/// written too; else a day without a time. A year alone is that of a publication, not of a recording.
fn taken(pairs: &[(String, String)]) -> Option<Dated> {
    let value = |key: &str| {
        let found = pairs.iter().find(|(k, _)| k.eq_ignore_ascii_case(key))?;
        found.1.split(';').next()
    };
    let read = |key: &str| value(key).and_then(dates::parse).filter(is_set);
    let local = |precision| {
        let exact = move |w: &Written| w.precision == precision;
        move |key: &&str| read(key).filter(exact)
    };
    let timed = LOCAL.iter().find_map(local(Precision::Time));
    let clock = || read("creation_time").filter(|w| w.precision == Precision::Time);
    let offset = pairs.iter().filter(|(key, _)| key.to_ascii_lowercase().ends_with("utc_offset"));
    let offset = offset.map(|(_, value)| value.as_str()).find_map(dates::offset);
    // Broadcast wave files keep the day and the time of day apart.
    let joined = || {
        let text = format!("{} {}", value("date")?, value("creation_time")?);
        dates::parse(&text).filter(|w| is_set(w) && w.precision == Precision::Time)
    };
    let local_time = timed.filter(|w| w.zone != Some(Zone::Utc));
    let any = local_time.or_else(|| clock().or(timed)).or_else(joined);
    let any = any.or_else(|| LOCAL.iter().find_map(local(Precision::Day)));
    any.map(|written| moved(written, offset))
}

/// A clock in UTC becomes local time by an offset.
fn moved(written: Written, offset: Option<Zone>) -> Dated {
    let date = Dated::from(written);
    match (written.zone, offset) {
        (Some(Zone::Utc), Some(Zone::Offset(seconds))) => {
            let at = date.at.checked_add(jiff::Span::new().seconds(seconds)).unwrap_or(date.at);
            Dated { at, basis: DateBasis::Written }
        }
        _ => date,
    }
}

/// Whether a clock was ever set: those of QuickTime, Unix and Matroska begin in 1904, 1970 and 2001, and end
/// in 2040.
fn is_set(written: &Written) -> bool {
    let at = written.at;
    let begins = [jiff::civil::date(1904, 1, 1), jiff::civil::date(1970, 1, 1)];
    let exactly: [DateTime; 2] = [
        jiff::civil::date(2001, 1, 1).at(0, 0, 0, 0),
        jiff::civil::date(2040, 2, 6).at(6, 28, 15, 0),
    ];
    !(begins.contains(&at.date()) || written.zone.is_some() && exactly.contains(&at))
}

/// A container's clock in UTC, if it was ever set.
fn timestamp(text: &str) -> Option<Timestamp> {
    let first = text.split(';').next()?.trim();
    let parsed = first.parse::<Timestamp>().ok()?;
    let at = TimeZone::UTC.to_datetime(parsed);
    let written = Written { at, precision: Precision::Time, zone: Some(Zone::Utc) };
    is_set(&written).then_some(parsed)
}

/// ISO 6709 as cameras write it: `+40.5000-074.1000+012.3/`; degrees, or degrees with minutes and
/// seconds by the number of digits before the point.
fn iso_6709(text: &str) -> Option<GeoPoint> {
    let text = text.split(';').next()?.trim().trim_end_matches('/');
    let text = text.split("CRS").next().filter(|text| text.is_ascii())?;
    let second = text.get(1..)?.find(['+', '-'])? + 1;
    let third = text.get(second + 1..)?.find(['+', '-']).map_or(text.len(), |at| second + 1 + at);
    let latitude = angle(text.get(..second)?, 2)?;
    let longitude = angle(text.get(second..third)?, 3)?;
    // Cameras without a fix write zeroes; nobody films at sea off Ghana by exactly that much.
    let set = latitude != 0.0 || longitude != 0.0;
    let valid = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    (set && valid).then_some(GeoPoint { latitude, longitude })
}

/// `degrees` is the number of digits that degrees take.
fn angle(text: &str, degrees: usize) -> Option<f64> {
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let digits = text.get(1..)?;
    let whole = digits.find('.').unwrap_or(digits.len());
    let number = |text: &str| text.parse::<f64>().ok();
    let value = match whole.checked_sub(degrees)? {
        2 => number(&digits[..degrees])? + number(&digits[degrees..])? / 60.0,
        4 => {
            let minutes = number(&digits[degrees..degrees + 2])?;
            number(&digits[..degrees])? + minutes / 60.0 + number(&digits[degrees + 2..])? / 3600.0
        }
        _ => number(digits)?,
    };
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        read(&pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect::<Vec<_>>())
    }

    #[test]
    fn places_in_their_three_forms() {
        for (text, expected) in [
            ("+40.5000-074.1000/", Some((40.5, -74.1))),
            ("-33.8675+151.2070+012.345/", Some((-33.8675, 151.207))),
            ("+4030-07406/", Some((40.5, -74.1))),
            ("+403000-0740600/", Some((40.5, -74.1))),
            ("+40.5000-074.1000/;+40.5000-074.1000/", Some((40.5, -74.1))),
            ("+00.0000+000.0000/", None),
            ("+91.0000+000.0000/", None),
            ("New York", None),
            ("", None),
            ("+", None),
            ("+é-é", None),
        ] {
            let place = iso_6709(text).map(|p| (p.latitude, p.longitude));
            let close = match (place, expected) {
                (Some(a), Some(b)) => (a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9,
                (a, b) => a == b,
            };
            assert!(close, "{text}: {place:?}");
        }
    }

    #[test]
    fn the_cameras_local_time_wins_over_the_containers() {
        let tags = tags(&[
            ("creation_time", "2024-05-06T07:08:09.000000Z;2024-05-06T07:08:09Z"),
            ("com.apple.quicktime.creationdate", "2024-05-06T09:08:09+0200"),
            ("com.apple.quicktime.make", "Apple"),
            ("com.apple.quicktime.model", "iPhone 15"),
        ]);
        assert_eq!(tags.created.unwrap().to_string(), "2024-05-06T07:08:09Z");
        assert_eq!(tags.taken_at.unwrap().to_string(), "2024-05-06T09:08:09");
        assert_eq!(tags.camera.as_deref(), Some("Apple iPhone 15"));
    }

    #[test]
    fn clocks_that_were_never_set_are_no_dates() {
        for text in [
            "1904-01-01T00:00:00.000000Z",
            "1970-01-01T00:00:00Z",
            "2001-01-01T00:00:00.000000Z",
            "2040-02-06T06:28:15Z",
            "2024",
            "no",
        ] {
            let tags = tags(&[("creation_time", text), ("date", text)]);
            assert_eq!((tags.created, tags.taken_at), (None, None), "{text}");
            assert_eq!(tags.date_basis, None, "{text}");
        }
    }

    #[test]
    fn times_of_videos() {
        use DateBasis::{Utc, Written};
        const CREATED: (&str, &str) = ("creation_time", "2024-07-01T14:30:00.000000Z");
        const APPLE: &str = "com.apple.quicktime.creationdate";
        const SAMSUNG: &str = "com.samsung.android.utc_offset";
        for (pairs, at, basis) in [
            (&[CREATED][..], "2024-07-01T14:30:00", Utc),
            (&[CREATED, (SAMSUNG, "+0900")], "2024-07-01T23:30:00", Written),
            (&[CREATED, (SAMSUNG, "-0330")], "2024-07-01T11:00:00", Written),
            (&[CREATED, (SAMSUNG, "+0000")], "2024-07-01T14:30:00", Written),
            (&[CREATED, (SAMSUNG, "nine")], "2024-07-01T14:30:00", Utc),
            (&[CREATED, (APPLE, "2024-07-01T16:30:00+0200")], "2024-07-01T16:30:00", Written),
            (&[CREATED, (APPLE, "2024-07-01T14:30:00Z")], "2024-07-01T14:30:00", Utc),
            (
                &[CREATED, (APPLE, "2024-07-01T14:30:00Z"), (SAMSUNG, "+0100")],
                "2024-07-01T15:30:00",
                Written,
            ),
            (&[(APPLE, "1965-06-07T12:00:00+0100")], "1965-06-07T12:00:00", Written),
            (&[("creation_time", "1965-06-07T11:00:00.000000Z")], "1965-06-07T11:00:00", Utc),
            (&[("creation_time", "2006-06-15 10:50:22")], "2006-06-15T10:50:22", Written),
            (&[("creation_time", "2006-06-15T10:50:22+02:00")], "2006-06-15T10:50:22", Written),
            (&[("IDIT", "Thu Jun 15 10:50:22 2006")], "2006-06-15T10:50:22", Written),
            (&[("IDIT", "2006:06:15 10:50:22")], "2006-06-15T10:50:22", Written),
            (&[("IDIT", "2006/06/15 10:50")], "2006-06-15T10:50:00", Written),
            (&[("date", "2023-05-06")], "2023-05-06T00:00:00", Written),
            (&[("DATE", "20230506")], "2023-05-06T00:00:00", Written),
            (&[("date", "2023-05-06T07:08:09")], "2023-05-06T07:08:09", Written),
            (&[CREATED, ("date", "2023-05-06")], "2024-07-01T14:30:00", Utc),
            (
                &[("date", "2023-05-06"), ("creation_time", "10:11:12")],
                "2023-05-06T10:11:12",
                Written,
            ),
            (&[("date", "2023"), CREATED], "2024-07-01T14:30:00", Utc),
        ] {
            let tags = tags(pairs);
            assert_eq!(tags.taken_at.map(|t| t.to_string()).as_deref(), Some(at), "{pairs:?}");
            assert_eq!(tags.date_basis, Some(basis), "{pairs:?}");
        }
        for pairs in
            [&[("date", "2023")][..], &[("date", "2023-05")], &[("creation_time", "10:11:12")], &[]]
        {
            assert_eq!(tags(pairs).taken_at, None, "{pairs:?}");
        }
    }

    proptest! {
        #[test]
        fn no_tag_can_panic(key in "creation_time|date|location|utc_offset", value in ".*") {
            tags(&[(key.as_str(), value.as_str())]);
        }

        #[test]
        fn no_place_can_panic(value in "[+-][0-9.+/é-]{0,20}") {
            let _ = iso_6709(&value);
        }
    }
}
