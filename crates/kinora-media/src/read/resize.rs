//! Resizing with SIMD (`fast_image_resize`: AVX2, SSE4.1, NEON, chosen at run time).

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use kinora_types::{Picture, Size};

use super::raster::{Layout, Raster};

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

/// Resizes to exactly `size`; the shape is the caller's business. Sides of 0 become 1.
pub fn resize(picture: &Picture, size: Size, filter: Filter) -> Picture {
    let size = Size {
        width: size.width.max(1),
        height: size.height.max(1),
    };
    let from = Size {
        width: picture.width(),
        height: picture.height(),
    };
    if from == size {
        return picture.clone();
    }
    samples(picture.rgb(), from, size, PixelType::U8x3, filter)
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
    Size {
        width: scale(size.width),
        height: scale(size.height),
    }
}

/// Takes a whole-number mean while the shorter side stays at twice `target` or more.
pub(super) fn shrink(raster: Raster, target: u32) -> Raster {
    let size = raster.size;
    let wanted = (2 * u64::from(target)).max(1);
    let factor = (u64::from(size.width.min(size.height)) / wanted) as u32;
    let pixel = match raster.layout {
        Layout::Grey => PixelType::U8,
        Layout::Rgb => PixelType::U8x3,
        // Four channels are resized as they are: opacity is gone by now, ink mixes like light.
        Layout::Rgba | Layout::Cmyk => PixelType::U8x4,
    };
    if factor < 2 {
        return raster;
    }
    let smaller = Size {
        width: size.width.div_ceil(factor),
        height: size.height.div_ceil(factor),
    };
    match samples(&raster.samples, size, smaller, pixel, Filter::Box) {
        Some(samples) => Raster {
            size: smaller,
            samples,
            ..raster
        },
        None => raster,
    }
}

/// `None` only if the buffer is not as long as the size says.
fn samples(
    bytes: &[u8],
    from: Size,
    to: Size,
    pixel: PixelType,
    filter: Filter,
) -> Option<Vec<u8>> {
    let source = ImageRef::new(from.width, from.height, bytes, pixel).ok()?;
    let mut target = Image::new(to.width, to.height, pixel);
    let options = ResizeOptions::new()
        .resize_alg(filter.algorithm())
        .use_alpha(false);
    Resizer::new().resize(&source, &mut target, &options).ok()?;
    Some(target.into_vec())
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
            let size = Size {
                width: from.0,
                height: from.1,
            };
            assert_eq!(
                fit(size, side),
                Size {
                    width: to.0,
                    height: to.1
                }
            );
        }
    }

    #[test]
    fn a_flat_picture_stays_flat() {
        let flat = Picture::filled(37, 21, [10, 200, 90]);
        for filter in [
            Filter::Box,
            Filter::Bilinear,
            Filter::Bicubic,
            Filter::Lanczos,
        ] {
            let out = resize(
                &flat,
                Size {
                    width: 13,
                    height: 40,
                },
                filter,
            );
            assert_eq!(out, Picture::filled(13, 40, [10, 200, 90]), "{filter:?}");
        }
    }
}
