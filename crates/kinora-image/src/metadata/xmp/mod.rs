//! XMP (ISO 16684-1): an RDF/XML packet in the file or beside it.
//!
//! Documents that would take their parser long are passed over, see [`bounds`]: reading one takes some
//! hundredths of a second at most, and memory of some times its 4 MB.

mod bounds;
mod keywords;
mod packet;
mod place;

use std::borrow::Cow;

use kinora_types::{GeoPoint, Rights};
use roxmltree::{Document, ParsingOptions};

use self::packet::{Packet, Property};
use super::{Found, Metadata, clean, keywords::Keywords, rights};
use crate::dates::{Dated, Dates, dated};

const DC: &str = "http://purl.org/dc/elements/1.1/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const XMP_RIGHTS: &str = "http://ns.adobe.com/xap/1.0/rights/";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
const CC: &str = "http://creativecommons.org/ns#";

/// Empty for what is no XMP, or is too much of it.
pub(super) fn read(packet: &[u8]) -> Found {
    let text = text(packet);
    let text = text.trim_matches(['\0', '\u{feff}']).trim();
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: bounds::MOST_NODES,
        ..ParsingOptions::default()
    };
    if !bounds::is_bounded(text) {
        return Found::default();
    }
    match Document::parse_with_options(text, options) {
        Ok(document) => found(&Packet::new(&document)),
        Err(_) => Found::default(),
    }
}

/// UTF-8, or UTF-16 as its mark or its first `<` tells (ISO 16684-1, 7.3.2).
fn text(packet: &[u8]) -> Cow<'_, str> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let packet = &packet[..packet.len().min(2 * bounds::MOST_BYTES)];
        let units = packet.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
        Cow::Owned(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect())
    };
    match packet {
        [0xfe, 0xff, ..] | [0, b'<', ..] => wide(u16::from_be_bytes),
        [0xff, 0xfe, ..] | [b'<', 0, ..] => wide(u16::from_le_bytes),
        _ => String::from_utf8_lossy(&packet[..packet.len().min(bounds::MOST_BYTES + 1)]),
    }
}

fn found(packet: &Packet) -> Found {
    let captions = [(DC, "description"), (TIFF, "ImageDescription"), (EXIF, "UserComment")];
    let metadata = Metadata {
        place: place(packet),
        camera: packet.one((TIFF, "Model")),
        title: packet.one((DC, "title")).or_else(|| packet.one((PHOTOSHOP, "Headline"))),
        caption: captions.iter().find_map(|property| packet.one(*property)),
        keywords: keywords::read(packet),
        rights: rights(packet),
        ..Metadata::default()
    };
    Found { metadata, dates: dates(packet) }
}

fn dates(packet: &Packet) -> Dates {
    let first = |of: &[Property]| -> Option<Dated> {
        of.iter().find_map(|property| dated(&packet.one(*property)?))
    };
    Dates {
        original: first(&[(EXIF, "DateTimeOriginal"), (PHOTOSHOP, "DateCreated")]),
        digitized: first(&[(EXIF, "DateTimeDigitized"), (XMP, "CreateDate"), (DC, "date")]),
        satellites: first(&[(EXIF, "GPSTimeStamp")]).map(Dated::in_utc),
        modified: first(&[(XMP, "ModifyDate"), (TIFF, "DateTime")]),
    }
}

fn place(packet: &Packet) -> Option<GeoPoint> {
    let one = |name| packet.one((EXIF, name));
    let (latitude, longitude) = (one("GPSLatitude")?, one("GPSLongitude")?);
    let (north, east) = (one("GPSLatitudeRef"), one("GPSLongitudeRef"));
    place::point((&latitude, north.as_deref()), (&longitude, east.as_deref()))
}

fn rights(packet: &Packet) -> Rights {
    // An address that names a licence is surer than prose.
    let licence =
        [(CC, "license"), (XMP_RIGHTS, "WebStatement"), (XMP_RIGHTS, "UsageTerms"), (DC, "rights")];
    let stated = |property: &Property| {
        let licence = packet.one(*property);
        Rights { licence, ..Rights::default() }.meant().licence
    };
    let found: Vec<String> = licence.iter().filter_map(stated).collect();
    let named = found.iter().map(|t| rights::name_of(t)).zip(&found).find(|(n, t)| n != *t);
    // A web statement that names no licence is only a place to read on.
    let prose = || found.iter().find(|t| !t.starts_with("http")).or(found.first()).cloned();
    let source =
        [(DC, "source"), (CC, "attributionURL"), (PHOTOSHOP, "Source"), (PHOTOSHOP, "Credit")];
    Rights {
        licence: named.map(|(name, _)| name).or_else(prose),
        author: authors(packet).or_else(|| packet.one((CC, "attributionName"))),
        source: source.iter().find_map(|property| packet.one(*property)),
    }
    .meant()
}

/// Authors, each once.
fn authors(packet: &Packet) -> Option<String> {
    let authors: Keywords = packet.all((DC, "creator"), 50).into_iter().collect();
    clean(&authors.into_list().join(", "))
}

#[cfg(test)]
mod tests;
