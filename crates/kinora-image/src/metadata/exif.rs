//! EXIF (CIPA DC-008), also the tags that a TIFF file itself is made of.

mod clip;

use exif::{Context, Exif, In, Rational, Reader, SRational, Tag, Value};
use kinora_types::{GeoPoint, Rights};

use super::{super::Orientation, Found, Metadata, clean, comment, keywords::Keywords, rights};
use crate::dates::{Dated, Dates, dated};

const XMP: Tag = Tag(Context::Tiff, 700);
const IPTC: Tag = Tag(Context::Tiff, 33723);
const XP_TITLE: Tag = Tag(Context::Tiff, 0x9c9b);
const XP_COMMENT: Tag = Tag(Context::Tiff, 0x9c9c);
const XP_AUTHOR: Tag = Tag(Context::Tiff, 0x9c9d);
const XP_KEYWORDS: Tag = Tag(Context::Tiff, 0x9c9e);
const XP_SUBJECT: Tag = Tag(Context::Tiff, 0x9c9f);

/// Longest text that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// Descriptions that cameras write by default.
const NO_DESCRIPTION: [&str; 9] = [
    "olympus digital camera",
    "sony dsc",
    "samsung",
    "minolta digital camera",
    "digital camera",
    "konica minolta digital camera",
    "default",
    "untitled",
    "image description",
];

/// EXIF's metadata and, for TIFF, the blocks that it keeps as tags.
#[derive(Default)]
pub(super) struct Blocks {
    pub found: Found,
    pub xmp: Option<Vec<u8>>,
    pub iptc: Option<Vec<u8>>,
}

pub(super) fn read(bytes: Vec<u8>) -> Blocks {
    let Some(exif) = parse(bytes) else {
        return Blocks::default();
    };
    let text = |tag| text(&exif, tag);
    let metadata = Metadata {
        place: place(&exif),
        camera: camera(text(Tag::Make), text(Tag::Model)),
        orientation: orientation_of(&exif).unwrap_or_default(),
        title: wide_text(&exif, XP_TITLE),
        caption: caption(&exif),
        keywords: keywords(&exif),
        rights: Rights {
            licence: text(Tag::Copyright).map(|t| rights::name_of(&t)),
            author: text(Tag::Artist).or_else(|| wide_text(&exif, XP_AUTHOR)),
            source: None,
        }
        .meant(),
        ..Metadata::default()
    };
    let found = Found { metadata, dates: dates(&exif) };
    Blocks { found, xmp: raw(&exif, XMP), iptc: raw(&exif, IPTC) }
}

/// EXIF's times are local, whatever offset is written with them.
fn dates(exif: &Exif) -> Dates {
    let date = |tag| text(exif, tag).and_then(|text| dated(&text));
    Dates {
        original: date(Tag::DateTimeOriginal),
        digitized: date(Tag::DateTimeDigitized),
        satellites: satellites(exif),
        modified: date(Tag::DateTime),
    }
}

/// `GPSDateStamp` and `GPSTimeStamp`, which are in UTC.
fn satellites(exif: &Exif) -> Option<Dated> {
    let day = text(exif, Tag::GPSDateStamp)?;
    let parts = rationals(exif, Tag::GPSTimeStamp)?;
    let [hour, minute, second] = parts[..] else {
        return None;
    };
    let whole = |part: f64| (0.0..100.0).contains(&part).then_some(part as u8);
    let (hour, minute, second) = (whole(hour)?, whole(minute)?, whole(second)?);
    dated(&format!("{day} {hour:02}:{minute:02}:{second:02}")).map(Dated::in_utc)
}

/// Description of the picture by a person.
fn caption(exif: &Exif) -> Option<String> {
    let description = text(exif, Tag::ImageDescription);
    let comment = || {
        let bytes = raw(exif, Tag::UserComment)?;
        comment::read(&bytes[..bytes.len().min(LONGEST)], exif.little_endian())
    };
    description
        .filter(|t| !NO_DESCRIPTION.contains(&t.to_lowercase().as_str()))
        .or_else(|| wide_text(exif, XP_COMMENT))
        .or_else(comment)
        .or_else(|| wide_text(exif, XP_SUBJECT))
}

/// The orientation tag alone.
pub(crate) fn orientation(bytes: Vec<u8>) -> Option<Orientation> {
    parse(bytes).as_ref().and_then(orientation_of)
}

fn parse(mut bytes: Vec<u8>) -> Option<Exif> {
    clip::clip(&mut bytes);
    let mut reader = Reader::new();
    match reader.continue_on_error(true).read_raw(bytes) {
        Ok(exif) => Some(exif),
        Err(error) => error.distill_partial_result(|_| {}).ok(),
    }
}

fn orientation_of(exif: &Exif) -> Option<Orientation> {
    let value = exif.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)?;
    Some(Orientation::from_exif(value))
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(lines) => lines.iter().find_map(|line| clean(&decode(line))),
        _ => None,
    }
}

/// Written as ASCII by the standard, as UTF-8 or Latin-1 by the world.
fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}

fn raw(exif: &Exif, tag: Tag) -> Option<Vec<u8>> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Byte(bytes) | Value::Undefined(bytes, _) => Some(bytes.clone()),
        Value::Ascii(lines) => Some(lines.join(&0)),
        // IPTC is wrongly declared as 32-bit numbers by Photoshop; their order is the file's.
        Value::Long(words) if exif.little_endian() => {
            Some(words.iter().flat_map(|w| w.to_le_bytes()).collect())
        }
        Value::Long(words) => Some(words.iter().flat_map(|w| w.to_be_bytes()).collect()),
        _ => None,
    }
}

/// Windows' own tags: UTF-16, little end first.
fn wide_text(exif: &Exif, tag: Tag) -> Option<String> {
    let bytes = raw(exif, tag)?;
    let bytes = &bytes[..bytes.len().min(LONGEST)];
    let units = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair));
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(' ')).collect();
    clean(text.trim_end_matches('\0'))
}

fn keywords(exif: &Exif) -> Vec<String> {
    let all = wide_text(exif, XP_KEYWORDS).unwrap_or_default();
    all.split(';').collect::<Keywords>().into_list()
}

/// `NIKON CORPORATION` and `NIKON D90` are one `NIKON D90`.
fn camera(make: Option<String>, model: Option<String>) -> Option<String> {
    match (make, model) {
        (Some(make), Some(model)) => {
            let brand = make.split(' ').next().unwrap_or_default().to_lowercase();
            let names_brand = model.to_lowercase().starts_with(&brand);
            Some(if names_brand { model } else { format!("{make} {model}") })
        }
        (make, model) => model.or(make),
    }
}

fn place(exif: &Exif) -> Option<GeoPoint> {
    let latitude = degrees(exif, Tag::GPSLatitude, Tag::GPSLatitudeRef, b'S', 90.0)?;
    let longitude = degrees(exif, Tag::GPSLongitude, Tag::GPSLongitudeRef, b'W', 180.0)?;
    // Receivers without a fix write zeros.
    (latitude != 0.0 || longitude != 0.0).then_some(GeoPoint { latitude, longitude })
}

fn degrees(exif: &Exif, tag: Tag, reference: Tag, negative: u8, most: f64) -> Option<f64> {
    let parts = rationals(exif, tag)?;
    let sum: f64 = parts.iter().zip([1.0, 60.0, 3600.0]).map(|(part, unit)| part / unit).sum();
    let minus = match &exif.get_field(reference, In::PRIMARY)?.value {
        Value::Ascii(text) => text.first()?.first()?.to_ascii_uppercase() == negative,
        _ => return None,
    };
    let valid = !parts.is_empty() && sum.is_finite() && sum <= most;
    valid.then_some(if minus { -sum } else { sum })
}

/// Rational numbers of a tag; some cameras write 0/0 for a part that they do not have.
fn rationals(exif: &Exif, tag: Tag) -> Option<Vec<f64>> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Rational(parts) => {
            let number = |part: &Rational| if part.denom == 0 { 0.0 } else { part.to_f64() };
            Some(parts.iter().take(3).map(number).collect())
        }
        Value::SRational(parts) => {
            let number = |part: &SRational| if part.denom == 0 { 0.0 } else { part.to_f64() };
            Some(parts.iter().take(3).map(number).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_is_named_once() {
        for (make, model, name) in [
            (Some("NIKON CORPORATION"), Some("NIKON D90"), Some("NIKON D90")),
            (Some("Apple"), Some("iPhone 12"), Some("Apple iPhone 12")),
            (None, Some("X100"), Some("X100")),
            (Some("Leica"), None, Some("Leica")),
            (None, None, None),
        ] {
            assert_eq!(camera(make.map(Into::into), model.map(Into::into)).as_deref(), name);
        }
    }
}
