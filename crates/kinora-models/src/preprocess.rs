//! From a picture to a network's input tensor, bit-close to the reference implementations.
//!
//! CLIP: OpenAI's `clip.py` `_transform` (torchvision on PIL): shorter side to the input's, bicubic with
//! antialias on u8, the long side truncated, centre crop rounded half to even, then mean and deviation.
//! SigLIP2: `transformers` `SiglipImageProcessor` with the hub's settings: squeezed to the square, bilinear
//! with antialias, mean and deviation 0.5.
//!
//! Memory: the resized picture (3 bytes a pixel) and the tensor (12 bytes a pixel of the square).

use kinora_inference::PreparedImage;
use kinora_types::Picture;

use kinora_image::pil::{Filter, resize};
use kinora_store::Preprocess;

/// OpenAI's mean of the training pictures, RGB.
const CLIP_MEAN: [f32; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
/// OpenAI's standard deviation.
const CLIP_STD: [f32; 3] = [0.268_629_54, 0.261_302_6, 0.275_777_1];

/// Prepares `picture` for a square input of `side` pixels.
pub(crate) fn prepare(kind: Preprocess, side: u32, picture: &Picture) -> PreparedImage {
    let size = (picture.width(), picture.height());
    match kind {
        Preprocess::Clip => {
            let (width, height) = shorter_to(side, picture);
            let pixels = resize(picture.rgb(), size, (width, height), Filter::Bicubic);
            let corner = (half_even(width - side), half_even(height - side));
            tensor(&pixels, width, corner, side, CLIP_MEAN, CLIP_STD)
        }
        Preprocess::Siglip => {
            let pixels = resize(picture.rgb(), size, (side, side), Filter::Bilinear);
            tensor(&pixels, side, (0, 0), side, [0.5; 3], [0.5; 3])
        }
    }
}

/// Size with the shorter side at `side`, the longer one truncated.
fn shorter_to(side: u32, picture: &Picture) -> (u32, u32) {
    let (width, height) = (u64::from(picture.width()), u64::from(picture.height()));
    let short = width.min(height);
    let scaled = |length: u64| (u64::from(side) * length / short) as u32;
    (scaled(width), scaled(height))
}

/// Half of `surplus`, rounded half to even, as Python's `round` does.
fn half_even(surplus: u32) -> u32 {
    (f64::from(surplus) / 2.0).round_ties_even() as u32
}

/// Crops the square at `corner` and normalises it, channel first.
fn tensor(
    pixels: &[u8],
    width: u32,
    corner: (u32, u32),
    side: u32,
    mean: [f32; 3],
    std: [f32; 3],
) -> PreparedImage {
    let side = side as usize;
    let mut values = Vec::with_capacity(3 * side * side);
    for channel in 0..3 {
        // One lookup a pixel instead of a division; the order of operations is the reference's.
        let table: Vec<f32> =
            (0..=255u8).map(|v| (f32::from(v) / 255.0 - mean[channel]) / std[channel]).collect();
        for row in 0..side {
            let start = ((corner.1 as usize + row) * width as usize + corner.0 as usize) * 3;
            let row = pixels[start..start + side * 3].chunks_exact(3);
            values.extend(row.map(|pixel| table[usize::from(pixel[channel])]));
        }
    }
    PreparedImage { values, side }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_corners_are_the_references() {
        let size = |w, h| shorter_to(224, &Picture::filled(w, h, [0; 3]));
        assert_eq!(size(500, 333), (336, 224));
        assert_eq!(size(333, 500), (224, 336));
        assert_eq!(size(224, 224), (224, 224));
        assert_eq!(size(1, 10), (224, 2240));
        assert_eq!([0, 1, 2, 3, 5].map(half_even), [0, 0, 1, 2, 2]);
    }

    #[test]
    fn one_colour_gives_one_value_a_channel() {
        let picture = Picture::filled(40, 30, [255, 0, 128]);
        for kind in [Preprocess::Clip, Preprocess::Siglip] {
            let image = prepare(kind, 16, &picture);
            assert_eq!(image.values.len(), 3 * 16 * 16);
            for channel in image.values.chunks_exact(256) {
                assert!(channel.iter().all(|v| v == &channel[0]));
            }
        }
        let image = prepare(Preprocess::Siglip, 16, &picture);
        assert_eq!([image.values[0], image.values[256]], [1.0, -1.0]);
    }
}
