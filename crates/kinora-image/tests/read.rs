//! Real files of every format, and files that lie. Not covered: colour accuracy of CMYK with a
//! profile, HEIC and AVIF grids (no encoder at hand writes them small).
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{fs, io::Cursor, path::PathBuf, time::Duration};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use kinora_image::{
    FULL_SIZE, Format, Limits, ReadError, decode, decode_file, metadata, read_file, sidecar,
};
use kinora_types::Size;

const RED: [u8; 3] = [220, 30, 30];
const GREEN: [u8; 3] = [30, 180, 40];
const BLUE: [u8; 3] = [30, 50, 200];
const YELLOW: [u8; 3] = [230, 210, 40];
const WHITE: [u8; 3] = [255; 3];

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/read").join(name);
    fs::read(path).unwrap()
}

fn quadrants() -> RgbImage {
    RgbImage::from_fn(64, 48, |x, y| {
        Rgb(match (x < 32, y < 24) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => YELLOW,
        })
    })
}

fn encoded(image: DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Decodes and compares the middles of the four quadrants.
fn check(name: &str, bytes: &[u8], format: Format, size: (u32, u32), corners: [[u8; 3]; 4]) {
    let decoded =
        decode(bytes, FULL_SIZE, &Limits::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let picture = &decoded.picture;
    assert_eq!(decoded.format, format, "{name}");
    assert_eq!((picture.width(), picture.height()), size, "{name}");
    assert_eq!(decoded.full_size, Size { width: size.0, height: size.1 }, "{name}");
    let (w, h) = (picture.width(), picture.height());
    for ((x, y), want) in [(1, 1), (3, 1), (1, 3), (3, 3)].into_iter().zip(corners) {
        let at = ((y * h / 4 * w + x * w / 4) * 3) as usize;
        let have = &picture.rgb()[at..at + 3];
        let near = have.iter().zip(want).all(|(a, b)| a.abs_diff(b) <= 6);
        assert!(near, "{name}: ({x}, {y}) is {have:?}, not {want:?}");
    }
}

#[test]
fn every_format_shows_its_colours() {
    let plain = [RED, GREEN, BLUE, YELLOW];
    let rgb = || DynamicImage::ImageRgb8(quadrants());
    for (name, bytes, format) in [
        ("png", encoded(rgb(), ImageFormat::Png), Format::Png),
        ("png 16 bit", encoded(rgb().into_rgb16().into(), ImageFormat::Png), Format::Png),
        ("webp", encoded(rgb(), ImageFormat::WebP), Format::WebP),
        ("gif", encoded(rgb(), ImageFormat::Gif), Format::Gif),
        ("tiff", encoded(rgb(), ImageFormat::Tiff), Format::Tiff),
        ("tiff 16 bit", encoded(rgb().into_rgb16().into(), ImageFormat::Tiff), Format::Tiff),
        ("jpeg", encoded(rgb(), ImageFormat::Jpeg), Format::Jpeg),
        ("gif, two frames", fixture("two.gif"), Format::Gif),
        ("cmyk jpeg", fixture("cmyk.jpg"), Format::Jpeg),
        ("heic", fixture("plain.heic"), Format::Heic),
        ("heic 10 bit", fixture("ten.heic"), Format::Heic),
        ("avif", fixture("plain.avif"), Format::Avif),
        ("webp with profile", fixture("meta.webp"), Format::WebP),
    ] {
        check(name, &bytes, format, (64, 48), plain);
    }
}

#[test]
fn grey_stays_grey() {
    let luma = DynamicImage::ImageRgb8(quadrants()).into_luma16();
    let bytes = encoded(luma.into(), ImageFormat::Png);
    for bytes in [bytes, fixture("grey.jpg")] {
        let decoded = decode(&bytes, FULL_SIZE, &Limits::default()).unwrap();
        assert!(decoded.picture.rgb().chunks(3).all(|p| p[0] == p[1] && p[1] == p[2]));
    }
}

#[test]
fn transparency_becomes_white() {
    let corners = [WHITE, GREEN, BLUE, YELLOW];
    check("webp", &fixture("alpha.webp"), Format::WebP, (64, 48), corners);
    check("avif", &fixture("alpha.avif"), Format::Avif, (64, 48), corners);
}

#[test]
fn pictures_stand_upright() {
    let turned = [BLUE, RED, YELLOW, GREEN];
    check("jpeg", &fixture("progressive.jpg"), Format::Jpeg, (48, 64), turned);
    check("heic", &fixture("meta.heic"), Format::Heic, (48, 64), turned);
    check("avif", &fixture("full444.avif"), Format::Avif, (48, 64), turned);
}

#[test]
fn a_target_saves_pixels_but_not_too_many() {
    let jpeg = fixture("large.jpg");
    let png = encoded(image::load_from_memory(&jpeg).unwrap(), ImageFormat::Png);
    for (target, least) in [(10, 20), (50, 100), (100, 200), (224, 448), (1000, 480)] {
        for bytes in [&jpeg, &png] {
            let decoded = decode(bytes, target, &Limits::default()).unwrap();
            let shorter = decoded.picture.height();
            assert!(shorter >= least, "{target}: {shorter}");
            assert!(shorter < 2 * least.max(60) || shorter == 480, "{target}: {shorter}");
            assert_eq!(decoded.full_size, Size { width: 640, height: 480 });
        }
    }
}

#[test]
fn metadata_of_exif() {
    for name in ["progressive.jpg", "meta.webp", "meta.heic", "full444.avif"] {
        let found = metadata(&fixture(name)).unwrap();
        assert_eq!(found.camera.as_deref(), Some("Kinora Testcam 1"), "{name}");
        assert_eq!(found.taken_at, "2024-05-01T12:33:07".parse().ok(), "{name}");
        assert_eq!(found.caption.as_deref(), Some("four colours"), "{name}");
        let place = found.place.unwrap();
        assert!((place.latitude - 48.85667).abs() < 1e-4, "{name}");
        assert!((place.longitude + 2.351).abs() < 1e-4, "{name}");
    }
}

const XMP: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" photoshop:DateCreated="2023-07-09T10:00:00+02:00"
  xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
  xmpRights:WebStatement="https://creativecommons.org/licenses/by-sa/4.0/">
  <dc:title><rdf:Alt><rdf:li xml:lang="de">Brücke</rdf:li><rdf:li xml:lang="x-default">Bridge</rdf:li></rdf:Alt></dc:title>
  <dc:description><rdf:Alt><rdf:li xml:lang="en-GB">A bridge &amp; a river</rdf:li></rdf:Alt></dc:description>
  <dc:subject><rdf:Bag><rdf:li>bridge</rdf:li><rdf:li>river</rdf:li><rdf:li>bridge</rdf:li></rdf:Bag></dc:subject>
  <dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Grace</rdf:li></rdf:Seq></dc:creator>
  <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">(c) Ada</rdf:li></rdf:Alt></dc:rights>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#;

fn check_xmp(name: &str, found: &kinora_image::Metadata) {
    assert_eq!(found.title.as_deref(), Some("Bridge"), "{name}");
    assert_eq!(found.caption.as_deref(), Some("A bridge & a river"), "{name}");
    assert_eq!(found.keywords, ["bridge", "river"], "{name}");
    assert_eq!(found.rights.author.as_deref(), Some("Ada, Grace"), "{name}");
    assert_eq!(found.rights.licence.as_deref(), Some("CC-BY-SA 4.0"), "{name}");
    assert_eq!(found.taken_at, "2023-07-09T10:00:00".parse().ok(), "{name}");
}

/// A JPEG with a segment put in behind its first two bytes.
fn with_segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let jpeg = encoded(DynamicImage::ImageRgb8(quadrants()), ImageFormat::Jpeg);
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}

fn png_with_chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let png = encoded(DynamicImage::ImageRgb8(quadrants()), ImageFormat::Png);
    // Behind the header, with a wrong checksum: nobody checks it in ancillary chunks that are skipped.
    let length = (content.len() as u32).to_be_bytes();
    [&png[..33], &length, kind, content, &[0; 4], &png[33..]].concat()
}

#[test]
fn metadata_of_xmp_and_iptc() {
    let app1 = [b"http://ns.adobe.com/xap/1.0/\0", XMP.as_bytes()].concat();
    check_xmp("jpeg", &metadata(&with_segment(0xe1, &app1)).unwrap());
    let itxt = [b"XML:com.adobe.xmp\0\0\0\0\0", XMP.as_bytes()].concat();
    check_xmp("png", &metadata(&png_with_chunk(b"iTXt", &itxt)).unwrap());
    let iim = b"\x1c\x02\x05\x00\x03Sea\x1c\x02\x19\x00\x05waves";
    let app13 =
        [b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0".as_slice(), &[iim.len() as u8], iim].concat();
    let found = metadata(&with_segment(0xed, &app13)).unwrap();
    assert_eq!((found.title.as_deref(), found.keywords), (Some("Sea"), vec!["waves".to_owned()]));
    let found = metadata(&png_with_chunk(b"tEXt", b"Author\0Ada")).unwrap();
    assert_eq!(found.rights.author.as_deref(), Some("Ada"));
}

#[test]
fn sidecars_of_both_names() {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("x.jpg");
    assert_eq!(sidecar(&picture).unwrap(), Default::default());
    for name in ["x.xmp", "x.jpg.xmp"] {
        let path = folder.path().join(name);
        fs::write(&path, XMP).unwrap();
        check_xmp(name, &sidecar(&picture).unwrap());
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn an_entity_bomb_in_xmp_is_passed_over() {
    let bomb = r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>"#;
    let app1 = [b"http://ns.adobe.com/xap/1.0/\0", bomb.as_bytes()].concat();
    assert_eq!(metadata(&with_segment(0xe1, &app1)).unwrap(), Default::default());
}

#[test]
fn cut_off_files_say_so() {
    let rgb = || {
        DynamicImage::ImageRgb8(RgbImage::from_fn(200, 200, |x, y| {
            Rgb([(x * y) as u8, (x * 7 + y * 3) as u8, (x ^ y) as u8])
        }))
    };
    for (name, bytes) in [
        ("png", encoded(rgb(), ImageFormat::Png)),
        ("jpeg", encoded(rgb(), ImageFormat::Jpeg)),
        ("progressive", fixture("progressive.jpg")),
        ("gif", encoded(rgb(), ImageFormat::Gif)),
        ("tiff", encoded(rgb(), ImageFormat::Tiff)),
        ("webp", encoded(rgb(), ImageFormat::WebP)),
        ("heic", fixture("plain.heic")),
        ("avif", fixture("plain.avif")),
    ] {
        for part in [bytes.len() * 2 / 3, bytes.len() / 2, 40] {
            let error = decode(&bytes[..part], FULL_SIZE, &Limits::default()).expect_err(name);
            let fair = matches!(error, ReadError::Truncated { .. } | ReadError::Damaged { .. });
            assert!(fair, "{name} at {part}: {error:?}");
            assert!(error.hint().is_some());
        }
    }
}

#[test]
fn a_jpeg_that_lacks_only_its_end_mark_is_taken() {
    let bytes = encoded(DynamicImage::ImageRgb8(quadrants()), ImageFormat::Jpeg);
    decode(&bytes[..bytes.len() - 2], FULL_SIZE, &Limits::default()).unwrap();
}

/// A PNG header that claims 60000x60000.
fn bomb() -> Vec<u8> {
    let mut png = encoded(DynamicImage::ImageRgb8(quadrants()), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |c, _| {
                if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 }
            },
        )
    })
}

#[test]
fn bombs_are_refused_by_their_header() {
    let error = decode(&bomb(), 224, &Limits::default()).unwrap_err();
    assert!(matches!(error, ReadError::TooManyPixels { .. }), "{error:?}");
    let mut jpeg = encoded(DynamicImage::ImageRgb8(quadrants()), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    let error = decode(&jpeg, 224, &Limits::default()).unwrap_err();
    assert!(matches!(error, ReadError::TooManyPixels { .. }), "{error:?}");
    let tight = Limits { memory: 1000, ..Limits::default() };
    for name in ["plain.heic", "plain.avif", "large.jpg", "two.gif"] {
        let error = decode(&fixture(name), FULL_SIZE, &tight).unwrap_err();
        assert!(matches!(error, ReadError::TooMuchMemory { .. }), "{name}: {error:?}");
    }
}

#[test]
fn what_is_no_picture_says_so() {
    let limits = Limits::default();
    assert!(matches!(decode(b"", 224, &limits), Err(ReadError::Empty)));
    assert!(matches!(decode(b"hello", 224, &limits), Err(ReadError::UnknownFormat)));
    let folder = tempfile::tempdir().unwrap();
    let named = folder.path().join("x.jpg");
    fs::create_dir(&named).unwrap();
    assert!(matches!(decode_file(&named, 224, &limits), Err(ReadError::Io { .. })));
    assert!(matches!(read_file(&folder.path().join("no"), &limits), Err(ReadError::Io { .. })));
    let wrong = folder.path().join("really-a-gif.png");
    fs::write(&wrong, fixture("two.gif")).unwrap();
    assert_eq!(decode_file(&wrong, 224, &limits).unwrap().format, Format::Gif);
    let small = Limits { bytes: 10, ..limits };
    assert!(matches!(read_file(&wrong, &small), Err(ReadError::TooManyBytes { .. })));
}

#[test]
fn endless_scans_are_refused() {
    let jpeg = fixture("progressive.jpg");
    // Repeats the last scan many times over: cheap to send, dear to decode.
    let scans: Vec<usize> =
        jpeg.windows(2).enumerate().filter(|(_, w)| *w == [0xff, 0xda]).map(|(at, _)| at).collect();
    let last = &jpeg[*scans.last().unwrap()..jpeg.len() - 2];
    let mut attack = jpeg[..jpeg.len() - 2].to_vec();
    (0..2000).for_each(|_| attack.extend(last));
    attack.extend([0xff, 0xd9]);
    let error = decode(&attack, FULL_SIZE, &Limits::default()).unwrap_err();
    assert!(matches!(error, ReadError::TooMuchWork { .. }), "{error:?}");
}

mod hostile {
    use proptest::prelude::*;

    use super::*;

    const SMALL: Limits =
        Limits { pixels: 1 << 22, bytes: 1 << 20, memory: 64 << 20, time: Duration::from_secs(60) };

    fn seeds() -> Vec<Vec<u8>> {
        let names = [
            "plain.heic",
            "meta.heic",
            "plain.avif",
            "alpha.avif",
            "full444.avif",
            "cmyk.jpg",
            "progressive.jpg",
            "two.gif",
            "palette.png",
            "meta.webp",
            "alpha.webp",
        ];
        let mut all: Vec<Vec<u8>> = names.iter().map(|name| fixture(name)).collect();
        all.push(encoded(DynamicImage::ImageRgb8(quadrants()), ImageFormat::Tiff));
        let app1 = [b"http://ns.adobe.com/xap/1.0/\0", XMP.as_bytes()].concat();
        all.push(with_segment(0xe1, &app1));
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        /// Flipped, cut and doubled bytes may give any result but a panic that gets through.
        #[test]
        fn mutated_files_never_panic(
            seed in 0usize..13,
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
            cut in any::<prop::sample::Index>(),
            whole in any::<bool>(),
        ) {
            let mut bytes = seeds().swap_remove(seed);
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if !whole {
                bytes.truncate(cut.index(bytes.len()));
            }
            let _ = metadata(&bytes).unwrap();
            let outcome = decode(&bytes, 16, &SMALL);
            prop_assert!(!matches!(outcome, Err(ReadError::Internal { .. })), "{outcome:?}");
        }

        #[test]
        fn random_bytes_never_panic(
            head in prop::sample::select(vec![
                &b"\xff\xd8\xff\xe1"[..], b"\x89PNG\r\n\x1a\n", b"RIFF\x20\0\0\0WEBP", b"GIF89a", b"II*\0",
                b"MM\0*", b"\0\0\0\x14ftypheic\0\0\0\0heic", b"\0\0\0\x14ftypavif\0\0\0\0avif",
            ]),
            tail in prop::collection::vec(any::<u8>(), 0..400),
        ) {
            let bytes = [head, &tail].concat();
            let _ = metadata(&bytes).unwrap();
            let _ = decode(&bytes, 16, &SMALL);
        }
    }
}
