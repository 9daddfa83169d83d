//! Planes and pictures to other sizes, through `fast_image_resize`'s SIMD convolutions.

use super::{RenderError, planes::Plane};
use fast_image_resize::{
    FilterType, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::U8,
};

/// A window in samples of a plane; may lie between samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

/// Keeps scratch memory between calls; one per thread.
#[derive(Default)]
pub(crate) struct Resampler {
    resizer: Resizer,
}

impl Resampler {
    /// The window of `plane` at `width` x `height`, antialiased, into `out`.
    pub fn window(
        &mut self,
        plane: &Plane,
        window: Window,
        (width, height): (u32, u32),
        out: &mut [u8],
    ) -> Result<(), RenderError> {
        // Typed: the untyped way compiles every pixel type of the library into this crate (4 MB).
        let source = TypedImageRef::<U8>::from_buffer(plane.width, plane.height, &plane.samples)
            .map_err(internal)?;
        let mut target = TypedImage::<U8>::from_buffer(width, height, out).map_err(internal)?;
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
            .crop(window.left, window.top, window.width, window.height);
        self.resizer.resize_typed(&source, &mut target, &options).map_err(internal)
    }

    /// A whole plane at another size.
    pub fn plane(&mut self, plane: &Plane, width: u32, height: u32) -> Result<Plane, RenderError> {
        let mut out = Plane::filled(width, height, 0);
        let window = Window {
            left: 0.0,
            top: 0.0,
            width: f64::from(plane.width),
            height: f64::from(plane.height),
        };
        self.window(plane, window, (out.width, out.height), &mut out.samples)?;
        Ok(out)
    }
}

fn internal(error: impl std::fmt::Display) -> RenderError {
    RenderError::Internal(error.to_string())
}
