//! Planes to other sizes, through `fast_image_resize`'s SIMD convolutions.
//!
//! Its horizontal pass over one channel is slow for the short kernels of a camera move (measured at
//! 60 % of all compositing), over four it is not: so a plane that is moved over is kept as
//! [`Strips`], four rows side by side as the channels of one pixel.

use fast_image_resize::{
    FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::{U8, U8x4},
};

use super::{FrameError, planes::Plane};

/// Rows and columns around a window that its kernels may reach, as a multiple of its scale.
const REACH: f64 = 3.0;

/// A window in samples of a plane; may lie between samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Samples from the left edge.
    pub left: f64,
    /// Samples from the top edge.
    pub top: f64,
    /// Samples.
    pub width: f64,
    /// Samples.
    pub height: f64,
}

/// A plane with every four rows interleaved; the last rows are repeated to fill the last strip.
pub struct Strips {
    /// Samples in a row.
    pub width: u32,
    /// Rows before the last strip was filled.
    pub height: u32,
    bytes: Vec<u8>,
}

impl Strips {
    /// Interleaves a plane.
    pub fn new(plane: &Plane) -> Self {
        let mut bytes = vec![0; plane.height.div_ceil(4) as usize * 4 * plane.width as usize];
        for (i, strip) in bytes.chunks_exact_mut(plane.width as usize * 4).enumerate() {
            for lane in 0..4 {
                let row = plane.row((i as u32 * 4 + lane).min(plane.height - 1));
                for (pixel, sample) in strip.chunks_exact_mut(4).zip(row) {
                    pixel[lane as usize] = *sample;
                }
            }
        }
        Self { width: plane.width, height: plane.height, bytes }
    }
}

/// Keeps scratch memory between calls; one per thread.
#[derive(Default)]
pub struct Resampler {
    resizer: Resizer,
    strips: Vec<u8>,
    rows: Vec<u8>,
}

impl Resampler {
    /// The window of `source` at `width` x `height`, antialiased, into `out`.
    ///
    /// # Errors
    /// [`FrameError::Internal`] if the window leaves the plane, or `out` has another length.
    pub fn window(
        &mut self,
        source: &Strips,
        window: Window,
        (width, height): (u32, u32),
        out: &mut [u8],
    ) -> Result<(), FrameError> {
        let reach = REACH * (window.height / f64::from(height)).max(1.0);
        let strips = source.height.div_ceil(4);
        let first = ((window.top - reach).max(0.0) / 4.0) as u32;
        let end =
            (((window.top + window.height + reach) / 4.0).ceil() as u32).clamp(first + 1, strips);
        self.across(source, window, width, (first, end))?;
        let rows = (end * 4).min(source.height) - first * 4;
        let samples = &self.rows[..rows as usize * width as usize];
        let down = Window {
            left: 0.0,
            top: window.top - f64::from(first * 4),
            width: f64::from(width),
            height: window.height.min(f64::from(rows) - window.top + f64::from(first * 4)),
        };
        resize::<U8>(&mut self.resizer, samples, (width, rows), down, (width, height), out)
    }

    /// The strips `first..end` in the columns of the window at the new width, as plain rows.
    fn across(
        &mut self,
        source: &Strips,
        window: Window,
        width: u32,
        (first, end): (u32, u32),
    ) -> Result<(), FrameError> {
        let stride = source.width as usize * 4;
        let strips = &source.bytes[first as usize * stride..end as usize * stride];
        let count = end - first;
        let columns = Window { top: 0.0, height: f64::from(count), ..window };
        let size = width as usize * count as usize * 4;
        self.strips.resize(size, 0);
        self.rows.resize(size, 0);
        let (from, to) = ((source.width, count), (width, count));
        resize::<U8x4>(&mut self.resizer, strips, from, columns, to, &mut self.strips)?;
        let quads = self.rows.chunks_exact_mut(width as usize * 4);
        for (strip, rows) in self.strips.chunks_exact(width as usize * 4).zip(quads) {
            apart(strip, rows, width as usize);
        }
        Ok(())
    }

    /// A whole plane at another size.
    ///
    /// # Errors
    /// [`FrameError::Internal`] if a side is zero.
    pub fn plane(&mut self, plane: &Plane, width: u32, height: u32) -> Result<Plane, FrameError> {
        let whole = Window {
            left: 0.0,
            top: 0.0,
            width: f64::from(plane.width),
            height: f64::from(plane.height),
        };
        self.part(plane, whole, width, height)
    }

    /// A window of a plane at another size, for planes that are not moved over.
    ///
    /// # Errors
    /// [`FrameError::Internal`] if the window leaves the plane, or a side is zero.
    pub fn part(
        &mut self,
        plane: &Plane,
        window: Window,
        width: u32,
        height: u32,
    ) -> Result<Plane, FrameError> {
        let mut out = Plane::filled(width, height, 0);
        let (from, to) = ((plane.width, plane.height), (out.width, out.height));
        resize::<U8>(&mut self.resizer, &plane.samples, from, window, to, &mut out.samples)?;
        Ok(out)
    }
}

/// One strip as four rows.
fn apart(strip: &[u8], rows: &mut [u8], width: usize) {
    let (a, rest) = rows.split_at_mut(width);
    let (b, rest) = rest.split_at_mut(width);
    let (c, d) = rest.split_at_mut(width);
    let lanes = a.iter_mut().zip(b).zip(c.iter_mut().zip(d));
    for (pixel, ((a, b), (c, d))) in strip.chunks_exact(4).zip(lanes) {
        (*a, *b, *c, *d) = (pixel[0], pixel[1], pixel[2], pixel[3]);
    }
}

/// Typed: the untyped way compiles every pixel type of the library into this crate (4 MB, a minute).
fn resize<P: PixelTrait>(
    resizer: &mut Resizer,
    samples: &[u8],
    from: (u32, u32),
    window: Window,
    to: (u32, u32),
    out: &mut [u8],
) -> Result<(), FrameError> {
    let source = TypedImageRef::<P>::from_buffer(from.0, from.1, samples).map_err(internal)?;
    let mut target = TypedImage::<P>::from_buffer(to.0, to.1, out).map_err(internal)?;
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
        .use_alpha(false)
        .crop(window.left, window.top, window.width, window.height);
    resizer.resize_typed(&source, &mut target, &options).map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> FrameError {
    FrameError::Internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Strips and the plain two passes give the same samples, but for the rounding between passes.
    #[test]
    fn strips_agree_with_plain_planes() {
        let mut plane = Plane::filled(101, 67, 0);
        for (i, sample) in plane.samples.iter_mut().enumerate() {
            // Away from black and white: clamping between passes depends on their order.
            *sample = (70 + i * 7919 % 113) as u8;
        }
        let strips = Strips::new(&plane);
        let mut resampler = Resampler::default();
        for (left, top, width, height, out) in [
            (0.0, 0.0, 101.0, 67.0, (80, 50)),
            (3.3, 2.7, 60.5, 40.25, (121, 80)),
            (40.0, 50.1, 61.0, 16.9, (61, 17)),
            (0.4, 0.0, 9.5, 3.5, (19, 7)),
        ] {
            let window = Window { left, top, width, height };
            let plain = resampler.part(&plane, window, out.0, out.1).unwrap();
            let mut samples = vec![0; plain.samples.len()];
            resampler.window(&strips, window, out, &mut samples).unwrap();
            let off = samples.iter().zip(&plain.samples).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(off <= Some(2), "{window:?}: {off:?}");
        }
    }
}
