//! Pictures as cameras, phones and enemies write them: colours by code points, all eight orientations,
//! files that want a thread for hours. Not covered: HEIC grids (no encoder at hand writes them small).
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod colours;
mod heif;
mod hostile;
mod upright;

use std::{fs, io::Cursor, path::PathBuf};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use kinora_types::Picture;

pub(crate) const RED: [u8; 3] = [220, 30, 30];
pub(crate) const GREEN: [u8; 3] = [30, 180, 40];
pub(crate) const BLUE: [u8; 3] = [30, 50, 200];
pub(crate) const YELLOW: [u8; 3] = [230, 210, 40];

pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/read").join(name)
}

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

/// 64x48: red and green above blue and yellow.
pub(crate) fn quadrants() -> RgbImage {
    RgbImage::from_fn(64, 48, |x, y| {
        Rgb(match (x < 32, y < 24) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => YELLOW,
        })
    })
}

pub(crate) fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A PNG with a chunk put in behind its header.
pub(crate) fn with_chunk(png: &[u8], kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_be_bytes();
    let checked = [&kind[..], content].concat();
    [&png[..33], &length, &checked, &crc32(&checked).to_be_bytes(), &png[33..]].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |c: u32| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 };
    !bytes.iter().fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| step(c)))
}

/// The pixel at these eighths of width and height.
pub(crate) fn at(picture: &Picture, x: u32, y: u32) -> [u8; 3] {
    let (w, h) = (picture.width(), picture.height());
    let start = ((y * h / 8 * w + x * w / 8) * 3) as usize;
    picture.rgb()[start..start + 3].try_into().unwrap()
}

pub(crate) fn near(have: [u8; 3], want: [u8; 3], by: u8) -> bool {
    have.iter().zip(want).all(|(a, b)| a.abs_diff(b) <= by)
}
