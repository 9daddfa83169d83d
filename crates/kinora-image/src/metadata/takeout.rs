//! Google Takeout's JSON beside a picture or video.
//!
//! Source: files of exports of 2019 to 2025; there is no published description.

use kinora_types::{DateBasis, GeoPoint};
use serde_json::Value;

use super::{Metadata, clean, keywords::Keywords};
use crate::dates::{Dated, from_unix};

/// Reads a file of that kind; empty if it is none.
pub(super) fn read(bytes: &[u8], picture: &str) -> Metadata {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let Ok(Value::Object(json)) = serde_json::from_slice(bytes) else {
        return Metadata::default();
    };
    // Other programs keep JSON beside pictures too.
    if !["photoTakenTime", "geoData", "geoDataExif"].iter().any(|key| json.contains_key(*key)) {
        return Metadata::default();
    }
    let text = |key: &str| json.get(key).and_then(Value::as_str).and_then(clean);
    let empty = Vec::new();
    let people = json.get("people").and_then(Value::as_array).unwrap_or(&empty);
    let names = people.iter().filter_map(|person| person.get("name")?.as_str());
    Metadata {
        place: ["geoData", "geoDataExif"].iter().find_map(|key| place(json.get(*key)?)),
        title: text("title").filter(|title| !is_file_name(title, picture)),
        caption: text("description"),
        keywords: names.collect::<Keywords>().into_list(),
        ..Metadata::default()
    }
    .dated(json.get("photoTakenTime").and_then(date))
}

/// Seconds since 1970 in UTC, as text or number; 0 is that of pictures without a date.
fn date(time: &Value) -> Option<Dated> {
    let timestamp = time.get("timestamp")?;
    let seconds: i64 = timestamp.as_i64().or_else(|| timestamp.as_str()?.trim().parse().ok())?;
    let at = from_unix(seconds).filter(|_| seconds != 0)?;
    Some(Dated { at, basis: DateBasis::Utc })
}

fn place(data: &Value) -> Option<GeoPoint> {
    let number = |key: &str, most: f64| data.get(key)?.as_f64().filter(|n| n.abs() <= most);
    let (latitude, longitude) = (number("latitude", 90.0)?, number("longitude", 180.0)?);
    // Zeros stand for no place.
    (latitude != 0.0 || longitude != 0.0).then_some(GeoPoint { latitude, longitude })
}

/// The title is nearly always the name that the file had.
fn is_file_name(title: &str, picture: &str) -> bool {
    let ending = |name: &str| name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    title == picture || ending(title).is_some_and(|e| e.len() <= 4 && Some(e) == ending(picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export() {
        let json = r#"{"title": "a.jpg", "description": "Grandma at the lake",
            "photoTakenTime": {"timestamp": "1258375918", "formatted": "16 Nov 2009, 12:51:58 UTC"},
            "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0},
            "geoDataExif": {"latitude": 30.6578, "longitude": 104.0739},
            "people": [{"name": "Ada"}, {"name": "Grace"}, {"name": "Ada"}, {}]}"#;
        let found = read(json.as_bytes(), "a.JPG");
        assert_eq!(found.taken_at, "2009-11-16T12:51:58".parse().ok());
        assert_eq!(found.date_basis, Some(DateBasis::Utc));
        assert_eq!(found.place, Some(GeoPoint { latitude: 30.6578, longitude: 104.0739 }));
        assert_eq!((found.title, found.caption.as_deref()), (None, Some("Grandma at the lake")));
        assert_eq!(found.keywords, ["Ada", "Grace"]);
    }

    #[test]
    fn timestamps_and_titles() {
        let date = |stamp: &str| {
            let json = format!(r#"{{"photoTakenTime": {{"timestamp": {stamp}}}}}"#);
            read(json.as_bytes(), "a.jpg").taken_at.map(|at| at.to_string())
        };
        for (stamp, at) in [
            ("\"-143812800\"", Some("1965-06-11T12:00:00")),
            ("1258375918", Some("2009-11-16T12:51:58")),
            ("\"0\"", None),
            ("\"\"", None),
            ("\"99999999999999\"", None),
            ("null", None),
        ] {
            assert_eq!(date(stamp).as_deref(), at, "{stamp}");
        }
        let titled = |title: &str| {
            let json = format!(r#"{{"title": "{title}", "geoData": {{}}}}"#);
            read(json.as_bytes(), "a(1).jpg").title
        };
        assert_eq!(titled("Our holidays").as_deref(), Some("Our holidays"));
        assert_eq!(titled("a.JPG"), None);
    }

    #[test]
    fn other_json_is_none_of_ours() {
        for json in
            ["{\"title\": \"a\", \"description\": \"b\"}", "[]", "3", "{", "", "{\"geoData\": 3}"]
        {
            assert_eq!(read(json.as_bytes(), "a.jpg"), Metadata::default(), "{json}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(read(deep.as_bytes(), "a.jpg"), Metadata::default());
    }
}
