//! Fixtures for tests: a font and pictures.
//!
//! Only built for tests (feature `fixtures`). A missing font is a failure with a hint.

use std::path::PathBuf;

use kinora_types::Picture;

use kinora_video::fixtures::cached;

use super::Typesetter;

/// A typesetter over the caption font, from `KINORA_FONT` or Kinora's cache.
///
/// # Panics
/// If there is none: the message says how to get it.
pub fn typesetter() -> Typesetter {
    let named = std::env::var_os("KINORA_FONT").map(PathBuf::from);
    let found = named.or_else(|| cached("caption-font", "DejaVuSans.ttf"));
    let path = found.expect("no font: `kinora models pull caption-font`, or set KINORA_FONT");
    let bytes = std::fs::read(&path).expect("the font can be read");
    Typesetter::new(vec![bytes]).expect("the font is a font")
}

/// A picture with a bright disc on a slowly changing ground; the disc's middle is at (`x`, `y`) in
/// pixels and its edge is soft, so that its place can be measured far below a pixel.
pub fn disc(width: u32, height: u32, (x, y): (f64, f64), radius: f64) -> Picture {
    let mut picture = Picture::filled(width, height, [0; 3]);
    for (i, pixel) in picture.rgb_mut().chunks_exact_mut(3).enumerate() {
        let (px, py) = (i as u32 % width, i as u32 / width);
        let (dx, dy) = (f64::from(px) + 0.5 - x, f64::from(py) + 0.5 - y);
        let light = 200.0 * (-(dx * dx + dy * dy) / (2.0 * radius * radius)).exp();
        pixel.copy_from_slice(&[light as u8 + 20, light as u8 + 20, light as u8 / 2 + 40]);
    }
    picture
}
