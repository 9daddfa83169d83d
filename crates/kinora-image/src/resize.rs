//! Resizing with SIMD (`fast_image_resize`: AVX2, SSE4.1, NEON, chosen at run time).

use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8x3,
};
use kinora_types::{Picture, Size};

/// A resampling kernel, as PIL names them; all are widened when shrinking (antialias).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Mean of the covered area.
    Box,
    /// Triangle.
    Bilinear,
    /// Cubic with a = -0.5.
    Bicubic,
    /// Windowed sinc of three lobes.
    Lanczos,
}

impl Filter {
    fn algorithm(self) -> ResizeAlg {
        ResizeAlg::Convolution(match self {
            Self::Box => FilterType::Box,
            Self::Bilinear => FilterType::Bilinear,
            Self::Bicubic => FilterType::CatmullRom,
            Self::Lanczos => FilterType::Lanczos3,
        })
    }
}

/// Resizes to exactly `size`; the aspect ratio may change. Sides of 0 become 1.
pub fn resize(picture: &Picture, size: Size, filter: Filter) -> Picture {
    let size = Size { width: size.width.max(1), height: size.height.max(1) };
    let from = Size { width: picture.width(), height: picture.height() };
    if from == size {
        return picture.clone();
    }
    samples(picture.rgb(), from, size, filter)
        .and_then(|rgb| Picture::new(size.width, size.height, rgb).ok())
        .unwrap_or_else(|| Picture::filled(size.width, size.height, [0; 3]))
}

/// Largest size of the same shape whose longer side is `long_side`; never enlarges.
pub fn fit(size: Size, long_side: u32) -> Size {
    let longer = size.width.max(size.height).max(1);
    if longer <= long_side {
        return size;
    }
    let scale = |side: u32| {
        let exact = f64::from(side) * f64::from(long_side) / f64::from(longer);
        (exact.round() as u32).max(1)
    };
    Size { width: scale(size.width), height: scale(size.height) }
}

/// Takes a whole-number mean of an RGB picture while the shorter side stays at twice `target` or more.
pub(super) fn shrink(rgb: Vec<u8>, size: Size, target: u32) -> (Size, Vec<u8>) {
    let wanted = (2 * u64::from(target)).max(1);
    let factor = (u64::from(size.width.min(size.height)) / wanted) as u32;
    if factor < 2 {
        return (size, rgb);
    }
    let smaller = Size { width: size.width.div_ceil(factor), height: size.height.div_ceil(factor) };
    match samples(&rgb, size, smaller, Filter::Box) {
        Some(samples) => (smaller, samples),
        None => (size, rgb),
    }
}

/// `None` only if the buffer is not as long as the size says.
///
/// Typed, as the untyped way compiles every pixel type of `fast_image_resize` into this crate.
fn samples(rgb: &[u8], from: Size, to: Size, filter: Filter) -> Option<Vec<u8>> {
    let source = TypedImageRef::<U8x3>::from_buffer(from.width, from.height, rgb).ok()?;
    let mut bytes = vec![0; to.width as usize * to.height as usize * 3];
    let mut target = TypedImage::<U8x3>::from_buffer(to.width, to.height, &mut bytes).ok()?;
    let options = ResizeOptions::new().resize_alg(filter.algorithm()).use_alpha(false);
    Resizer::new().resize_typed(&source, &mut target, &options).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fitting_keeps_the_shape() {
        for (from, side, to) in [
            ((4000, 3000), 512, (512, 384)),
            ((3000, 4000), 512, (384, 512)),
            ((100, 50), 512, (100, 50)),
            ((10_000, 1), 512, (512, 1)),
        ] {
            let size = Size { width: from.0, height: from.1 };
            assert_eq!(fit(size, side), Size { width: to.0, height: to.1 });
        }
    }

    #[test]
    fn a_flat_picture_stays_flat() {
        let flat = Picture::filled(37, 21, [10, 200, 90]);
        for filter in [Filter::Box, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
            let out = resize(&flat, Size { width: 13, height: 40 }, filter);
            assert_eq!(out, Picture::filled(13, 40, [10, 200, 90]), "{filter:?}");
        }
    }
}
