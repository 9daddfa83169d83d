//! What real files and the files beside them tell: dates, places, words. Videos are in `video::head`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{fs, path::PathBuf};

use kinora_image::{Metadata, metadata, sidecar, sidecar_paths};
use kinora_types::DateBasis;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/metadata").join(name)
}

/// All metadata of a file, as read when it is added to a library.
fn metadata_of(name: &str) -> Metadata {
    let path = path(name);
    let inside = metadata(&fs::read(&path).unwrap()).unwrap();
    sidecar(&path).unwrap().or(inside).complete(&path)
}

#[test]
fn dates_and_how_they_are_known() {
    use DateBasis::{Guessed, Written};
    for (name, at, basis) in [
        ("d03_only_modify.jpg", None, Some(Guessed)),
        ("d06_hour24.jpg", Some("2015-01-01T00:10:05"), Some(Written)),
        ("d08_pm.jpg", Some("2012-08-07T17:22:04"), Some(Written)),
        ("m4_png_creation_time.png", Some("2015-06-07T08:09:10"), Some(Written)),
        ("m7_usercomment.jpg", Some("2019-01-01T00:00:00"), Some(Written)),
        ("s1_refs.jpg", Some("2020-01-02T03:04:05"), Some(Written)),
        ("s8_UPPER.JPG", Some("2011-01-01T01:01:01"), Some(Written)),
        // A clock in UTC at a place in China.
        ("s5_takeout.jpg", Some("2009-11-16T20:51:58"), Some(Guessed)),
        ("IMG_20190721_230638.jpg", Some("2019-07-21T23:06:38"), Some(Guessed)),
        ("IMG-20210405-WA0007.jpg", Some("2021-04-05T00:00:00"), Some(Guessed)),
        ("s9_tags.jpg", None, None),
    ] {
        let metadata = metadata_of(name);
        if let Some(at) = at {
            assert_eq!(metadata.taken_at, at.parse().ok(), "{name}");
        }
        assert_eq!(metadata.taken_at.is_some(), basis.is_some(), "{name}");
        assert_eq!(metadata.date_basis, basis, "{name}");
    }
}

#[test]
fn places_and_words() {
    let orlando = metadata_of("s1_refs.jpg").place.unwrap();
    assert_eq!((orlando.latitude, orlando.longitude), (28.5383, -81.3792));
    let lake = metadata_of("s5_takeout.jpg");
    assert_eq!((lake.title, lake.caption.as_deref()), (None, Some("Grandma at the lake")));
    assert_eq!(lake.place.map(|p| (p.latitude, p.longitude)), Some((30.6578, 104.0739)));
    assert_eq!(metadata_of("m7_usercomment.jpg").caption.as_deref(), Some("Tante Käthe am See"));
    assert_eq!(metadata_of("s9_tags.jpg").keywords, ["Animals", "Birds", "Puffin"]);
}

#[test]
fn sidecars_are_named() {
    let beside = |name: &str| sidecar_paths(&path(name));
    assert_eq!(beside("s8_UPPER.JPG"), [path("s8_UPPER.JPG.XMP")]);
    assert_eq!(beside("s5_takeout.jpg"), [path("s5_takeout.jpg.supplemental-metadata.json")]);
    assert!(beside("d08_pm.jpg").is_empty());
}

/// 4000 declarations inside each other, for which a parser may take minutes: the picture counts without.
#[test]
fn a_packet_that_is_too_dear_is_passed_over() {
    assert_eq!(metadata_of("xmp-ns.png"), Metadata::default());
}

/// A JPEG of markers alone, which is all that metadata needs.
fn jpeg(segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    for (marker, content) in segments {
        bytes.extend([0xff, *marker]);
        bytes.extend((content.len() as u16 + 2).to_be_bytes());
        bytes.extend(content);
    }
    [bytes, vec![0xff, 0xd9]].concat()
}

fn xmp(inside: &str) -> String {
    format!(
        r#"<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
        {inside}/></rdf:RDF></x:xmpmeta>"#
    )
}

#[test]
fn extended_xmp_is_joined_by_its_offsets() {
    let main = xmp(r#"dc:title="Sea""#);
    let more = xmp(r#"dc:description="At the sea""#);
    let part = |range: std::ops::Range<usize>| {
        let head = b"http://ns.adobe.com/xmp/extension/\0";
        let length = (more.len() as u32).to_be_bytes();
        let offset = (range.start as u32).to_be_bytes();
        let digest = [b'A'; 32];
        let text = &more.as_bytes()[range];
        (0xe1, [head.as_slice(), &digest, &length, &offset, text].concat())
    };
    let packet = (0xe1, [b"http://ns.adobe.com/xap/1.0/\0", main.as_bytes()].concat());
    let whole = [packet.clone(), part(100..more.len()), part(0..100)];
    let found = metadata(&jpeg(&whole)).unwrap();
    assert_eq!(
        (found.title.as_deref(), found.caption.as_deref()),
        (Some("Sea"), Some("At the sea"))
    );
    let found = metadata(&jpeg(&[packet, part(0..100)])).unwrap();
    assert_eq!((found.title.as_deref(), found.caption), (Some("Sea"), None));
}

/// One entry of an IFD: tag, type, count and what is in it, big end first.
type Entry = (u16, u16, u32, Vec<u8>);

/// EXIF with IFD0 and the two IFDs that it points to.
fn exif(zeroth: &[Entry], inner: &[Entry], satellites: &[Entry]) -> (u8, Vec<u8>) {
    let length = |entries: usize| 2 + 12 * entries + 4;
    let at_inner = 8 + length(zeroth.len() + 2);
    let at_satellites = at_inner + length(inner.len());
    let data_at = at_satellites + length(satellites.len());
    let pointer = |tag, at: usize| (tag, 4, 1, (at as u32).to_be_bytes().to_vec());
    let mut zeroth = zeroth.to_vec();
    zeroth.extend([pointer(0x8769, at_inner), pointer(0x8825, at_satellites)]);
    let (mut heads, mut data) = (Vec::new(), Vec::new());
    for entries in [&zeroth[..], inner, satellites] {
        heads.extend((entries.len() as u16).to_be_bytes());
        for (tag, kind, count, content) in entries {
            heads.extend([tag.to_be_bytes(), kind.to_be_bytes()].concat());
            heads.extend(count.to_be_bytes());
            if content.len() <= 4 {
                heads.extend([content.clone(), vec![0; 4 - content.len()]].concat());
            } else {
                heads.extend(((data_at + data.len()) as u32).to_be_bytes());
                data.extend(content);
            }
        }
        heads.extend([0; 4]);
    }
    (0xe1, [b"Exif\0\0MM\0\x2a\0\0\0\x08".as_slice(), &heads, &data].concat())
}

fn ascii(tag: u16, text: &str) -> Entry {
    (tag, 2, text.len() as u32 + 1, [text.as_bytes(), b"\0"].concat())
}

fn rationals(tag: u16, parts: &[(u32, u32)]) -> Entry {
    let bytes = parts.iter().flat_map(|(a, b)| [a.to_be_bytes(), b.to_be_bytes()].concat());
    (tag, 5, parts.len() as u32, bytes.collect())
}

const ORIGINAL: u16 = 0x9003;
const DIGITIZED: u16 = 0x9004;
const CHANGED: u16 = 0x0132;

#[test]
fn of_several_dates_the_one_that_was_meant() {
    use DateBasis::{Guessed, Utc, Written};
    let stamp = [ascii(0x1d, "2018:03:04"), rationals(7, &[(5, 1), (6, 1), (7, 1)])];
    let scanned = "dc:format=\"image/jpeg\" exif:DateTimeOriginal=\"1965-06\"";
    for (zeroth, inner, satellites, packet, at, basis) in [
        (
            vec![ascii(CHANGED, "2020:01:01 00:00:00")],
            vec![],
            vec![],
            "",
            "2020-01-01T00:00:00",
            Guessed,
        ),
        (
            vec![ascii(CHANGED, "2020:01:01 00:00:00")],
            vec![],
            stamp.to_vec(),
            "",
            "2018-03-04T05:06:07",
            Utc,
        ),
        (
            vec![],
            vec![ascii(DIGITIZED, "2019:01:02 03:04:05")],
            stamp.to_vec(),
            "",
            "2019-01-02T03:04:05",
            Written,
        ),
        (
            vec![],
            vec![ascii(DIGITIZED, "2019:01:02 03:04:05")],
            vec![],
            scanned,
            "1965-06-01T00:00:00",
            Written,
        ),
        (
            vec![],
            vec![ascii(ORIGINAL, "2019:01:02 03:04:05")],
            vec![],
            scanned,
            "2019-01-02T03:04:05",
            Written,
        ),
        (
            vec![],
            vec![ascii(ORIGINAL, "0000:00:00 00:00:00")],
            vec![],
            scanned,
            "1965-06-01T00:00:00",
            Written,
        ),
        (
            vec![],
            vec![
                ascii(ORIGINAL, "2019:01:02 03:04:05"),
                ascii(0x9011, "+09:00"),
                ascii(0x9291, "123"),
            ],
            vec![],
            "",
            "2019-01-02T03:04:05",
            Written,
        ),
    ] {
        let packet = [b"http://ns.adobe.com/xap/1.0/\0", xmp(packet).as_bytes()].concat();
        let found = metadata(&jpeg(&[exif(&zeroth, &inner, &satellites), (0xe1, packet)])).unwrap();
        assert_eq!(found.taken_at, at.parse().ok());
        assert_eq!(found.date_basis, Some(basis), "{at}");
    }
}

#[test]
fn windows_tags_and_seconds_that_are_missing() {
    let wide = |tag, text: &str| -> Entry {
        let bytes: Vec<u8> = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        (tag, 1, bytes.len() as u32, bytes)
    };
    let words = [wide(0x9c9c, "Am See"), wide(0x9c9e, "sea; lake;sea"), wide(0x9c9f, "Subject")];
    let place = [
        ascii(1, "N"),
        rationals(2, &[(28, 1), (32, 1), (0, 0)]),
        ascii(3, "W"),
        rationals(4, &[(81, 1), (30, 1), (0, 1)]),
    ];
    let found = metadata(&jpeg(&[exif(&words, &[], &place)])).unwrap();
    assert_eq!(found.caption.as_deref(), Some("Am See"));
    assert_eq!(found.keywords, ["sea", "lake"]);
    let place = found.place.unwrap();
    assert!((place.latitude - 28.533_333).abs() < 1e-5 && place.longitude == -81.5);
    let found = metadata(&jpeg(&[exif(&words[2..], &[], &[])])).unwrap();
    assert_eq!(found.caption.as_deref(), Some("Subject"));
}
