//! Small JPEG copies, to be shown in lists.

use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};
use kinora_types::{Picture, Size};

use super::resize::{Filter, fit, resize};

const QUALITY: u8 = 82;

/// A thumbnail could not be encoded: a side beyond JPEG's 65535.
#[derive(Debug, thiserror::Error)]
#[error("cannot encode the thumbnail: {0}")]
pub struct ThumbnailError(String);

/// JPEG bytes of the picture with a longer side of `long_side` pixels or, if it is smaller, its own.
///
/// # Errors
/// If a side is beyond JPEG's 65535 pixels.
pub fn thumbnail(picture: &Picture, long_side: u32) -> Result<Vec<u8>, ThumbnailError> {
    let full = Size { width: picture.width(), height: picture.height() };
    let small = resize(picture, fit(full, long_side), Filter::Bilinear);
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .encode(small.rgb(), small.width(), small.height(), ExtendedColorType::Rgb8)
        .map_err(|e| ThumbnailError(e.to_string()))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FULL_SIZE, Limits, decode};

    #[test]
    fn a_thumbnail_can_be_read_again() {
        let bytes = thumbnail(&Picture::filled(400, 300, [200, 30, 60]), 128).unwrap();
        let again = decode(&bytes, FULL_SIZE, &Limits::default()).unwrap();
        assert_eq!(again.full_size, Size { width: 128, height: 96 });
        let near = |(a, b): (&u8, u8)| a.abs_diff(b) < 6;
        assert!(again.picture.rgb()[..3].iter().zip([200, 30, 60]).all(near));
    }
}
