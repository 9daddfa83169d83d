//! Words, times and places from the tags of a container.

use jiff::{Timestamp, civil::DateTime};
use kinora_types::GeoPoint;

use super::Tags;

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
    let local = find(&["com.apple.quicktime.creationdate", "DateTimeOriginal", "date"]);
    let place = find(&["com.apple.quicktime.location.ISO6709", "location", "location-eng"]);
    let maker = find(&["com.apple.quicktime.make", "make", "com.android.manufacturer"]);
    let model = find(&["com.apple.quicktime.model", "model", "com.android.model"]);
    Tags {
        created,
        taken_at: local.as_deref().and_then(local_time).or_else(|| utc(created?)),
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

/// A container's clock; the epochs of QuickTime and Unix mean that it was never set.
fn timestamp(text: &str) -> Option<Timestamp> {
    let first = text.split(';').next()?.trim();
    let parsed = first.parse::<Timestamp>().ok();
    parsed.filter(|t| t.as_second() > 86_400)
}

fn utc(at: Timestamp) -> Option<DateTime> {
    Some(at.to_zoned(jiff::tz::TimeZone::UTC).datetime())
}

/// `2024-05-06T09:08:09+0200` and its like: the local part. A bare year is no moment.
fn local_time(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let head = text.get(..19)?;
    let parsed: DateTime = head.parse().ok()?;
    let has_time = matches!(head.as_bytes()[10], b'T' | b' ');
    (has_time && parsed.year() > 1970).then_some(parsed)
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
        for text in ["1904-01-01T00:00:00.000000Z", "1970-01-01T00:00:00Z", "2024", "no"] {
            let tags = tags(&[("creation_time", text), ("date", text)]);
            assert_eq!((tags.created, tags.taken_at), (None, None), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_tag_can_panic(key in "creation_time|date|location", value in ".*") {
            tags(&[(key.as_str(), value.as_str())]);
        }

        #[test]
        fn no_place_can_panic(value in "[+-][0-9.+/é-]{0,20}") {
            let _ = iso_6709(&value);
        }
    }
}
