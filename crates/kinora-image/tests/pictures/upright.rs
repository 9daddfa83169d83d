use image::{ImageFormat, RgbImage, imageops};
use kinora_image::{FULL_SIZE, Limits, decode};

use crate::{at, encoded, fixture, heif, near, quadrants, with_chunk};

/// EXIF with an orientation and nothing else.
fn exif(orientation: u8) -> Vec<u8> {
    let entry = [0x12, 1, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0];
    [&b"II*\0\x08\0\0\0\x01\0"[..], &entry, &[0; 4]].concat()
}

fn jpeg(orientation: u8) -> Vec<u8> {
    let jpeg = encoded(quadrants(), ImageFormat::Jpeg);
    let app1 = [&b"Exif\0\0"[..], &exif(orientation)].concat();
    let length = (app1.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &app1, &jpeg[2..]].concat()
}

fn png(orientation: u8) -> Vec<u8> {
    with_chunk(&encoded(quadrants(), ImageFormat::Png), b"eXIf", &exif(orientation))
}

fn webp(orientation: u8) -> Vec<u8> {
    let webp = encoded(quadrants(), ImageFormat::WebP);
    let head = [&b"VP8X\x0a\0\0\0\x08\0\0\0"[..], &[63, 0, 0, 47, 0, 0]].concat();
    let exif = exif(orientation);
    let tail = [&b"EXIF"[..], &(exif.len() as u32).to_le_bytes(), &exif].concat();
    let body = [&b"WEBP"[..], &head, &webp[12..], &tail].concat();
    [&b"RIFF"[..], &(body.len() as u32).to_le_bytes(), &body].concat()
}

/// Uncompressed, with the directory in front.
fn tiff(orientation: u8) -> Vec<u8> {
    let entries: [(u16, u16, u32); 10] = [
        (256, 3, 64),
        (257, 3, 48),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 2),
        (273, 4, 8 + 2 + 12 * 10 + 4),
        (274, 3, orientation.into()),
        (277, 3, 3),
        (278, 3, 48),
        (279, 4, 64 * 48 * 3),
    ];
    let mut bytes = b"II*\0\x08\0\0\0\x0a\0".to_vec();
    for (tag, kind, value) in entries {
        bytes.extend([tag.to_le_bytes(), kind.to_le_bytes(), [1, 0], [0, 0]].concat());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(quadrants().into_raw());
    bytes
}

/// Quarter turns against the clock, then a mirror: axis 0 changes top and bottom (ISO/IEC 23008-12, 6.5.12).
const HEIF: [(u8, Option<u8>); 8] = [
    (0, None),
    (0, Some(1)),
    (2, None),
    (0, Some(0)),
    (1, Some(0)),
    (3, None),
    (3, Some(0)),
    (1, None),
];

/// What stands upright, by what each value of the tag says to do.
fn upright(orientation: u8) -> RgbImage {
    let picture = quadrants();
    match orientation {
        2 => imageops::flip_horizontal(&picture),
        3 => imageops::rotate180(&picture),
        4 => imageops::flip_vertical(&picture),
        5 => imageops::flip_horizontal(&imageops::rotate90(&picture)),
        6 => imageops::rotate90(&picture),
        7 => imageops::flip_horizontal(&imageops::rotate270(&picture)),
        8 => imageops::rotate270(&picture),
        _ => picture,
    }
}

#[test]
fn eight_orientations_of_six_formats() {
    let (avif, heic) = (fixture("plain.avif"), fixture("plain.heic"));
    for orientation in 1..=8 {
        let (turns, mirror) = HEIF[usize::from(orientation) - 1];
        let expected = upright(orientation);
        for (name, bytes) in [
            ("jpeg", jpeg(orientation)),
            ("png", png(orientation)),
            ("webp", webp(orientation)),
            ("tiff", tiff(orientation)),
            ("avif", heif::turned(&avif, turns, mirror)),
            ("heic", heif::turned(&heic, turns, mirror)),
        ] {
            let decoded = decode(&bytes, FULL_SIZE, &Limits::default())
                .unwrap_or_else(|error| panic!("{name} {orientation}: {error}"));
            let picture = &decoded.picture;
            let size = (decoded.full_size.width, decoded.full_size.height);
            assert_eq!(size, expected.dimensions(), "{name} {orientation}");
            assert_eq!((picture.width(), picture.height()), size, "{name} {orientation}");
            for (x, y) in [(1, 1), (6, 1), (1, 6), (6, 6)] {
                let want = expected.get_pixel(x * size.0 / 8, y * size.1 / 8).0;
                let have = at(picture, x, y);
                assert!(near(have, want, 8), "{name} {orientation}: ({x}, {y}) is {have:?}");
            }
        }
    }
}
