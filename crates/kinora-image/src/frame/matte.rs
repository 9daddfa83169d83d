//! Matte for a picture of another shape: a blurred, darkened copy of itself around it.

use kinora_types::{Picture, Size, YuvFrame};

use super::{
    FrameError,
    cover::covering,
    planes::{self, Plane},
    resample::Resampler,
};
use crate::{Filter, resize};

/// Samples along the longer side of the small copy that is blurred.
const SMALL: f64 = 40.0;
/// Light that is left.
const LIGHT: f64 = 0.42;
/// Colour that is left.
const COLOUR: f64 = 0.75;
/// Enlargement beyond which a clip is visibly soft, and how much smaller than the frame it may stand then.
const SHARP: f64 = 1.5;
const SMALLEST: f64 = 1.6;

/// A frame filled by the picture's middle, blurred until no detail competes with what stands on it.
///
/// # Errors
/// If a side of `size` is odd.
pub fn backdrop(picture: &Picture, size: Size) -> Result<YuvFrame, FrameError> {
    let scale = SMALL / f64::from(picture.width().max(picture.height()));
    let small = resize(picture, planes::scaled(picture, scale), Filter::Bicubic);
    let mut frame = YuvFrame::black(size)?;
    toned(&planes::split(&small), &mut frame, &mut Resampler::default())?;
    Ok(frame)
}

/// Fills a frame with the middle of small planes of one size: blurred, darkened, paler.
fn toned(
    small: &[Plane; 3],
    frame: &mut YuvFrame,
    resampler: &mut Resampler,
) -> Result<(), FrameError> {
    let Size { width, height } = frame.size();
    let sizes = [(width, height), (width / 2, height / 2), (width / 2, height / 2)];
    let toned = [(16.0, LIGHT), (128.0, LIGHT * COLOUR), (128.0, LIGHT * COLOUR)];
    let outputs = frame.planes_mut().into_iter().zip(sizes).zip(toned);
    for (plane, ((out, size), (zero, gain))) in small.iter().zip(outputs) {
        let mut plane = blurred(&blurred(plane));
        for sample in &mut plane.samples {
            *sample = (zero + (f64::from(*sample) - zero) * gain).round() as u8;
        }
        let window = covering(&plane, f64::from(width) / f64::from(height));
        out.copy_from_slice(&resampler.part(&plane, window, size.0, size.1)?.samples);
    }
    Ok(())
}

/// Stands the frames of a clip whole in the middle of larger ones, on a blurred, darkened copy of
/// themselves. One thread at a time.
pub struct Matte {
    inner: Size,
    at: (usize, usize),
    frame: YuvFrame,
    resampler: Resampler,
}

impl Matte {
    /// For a clip of the given display size in frames of `size`.
    ///
    /// # Errors
    /// If a side of `size` is odd.
    pub fn new(display: Size, size: Size) -> Result<Self, FrameError> {
        let frame = YuvFrame::black(size)?;
        let across = f64::from(size.width) / f64::from(display.width.max(1));
        let down = f64::from(size.height) / f64::from(display.height.max(1));
        let fitting = across.min(down);
        // A coarse clip stands a little smaller instead of being blown up, as a coarse picture does.
        let scale = fitting / (fitting / SHARP).clamp(1.0, SMALLEST);
        // Even, and never larger than the frame by rounding.
        let side = |length: u32, limit: u32| {
            (((f64::from(length) * scale / 2.0).round() as u32) * 2).clamp(2, limit)
        };
        let inner = Size {
            width: side(display.width, size.width),
            height: side(display.height, size.height),
        };
        let middle = |outer: u32, inner: u32| ((outer - inner) / 4 * 2) as usize;
        let at = (middle(size.width, inner.width), middle(size.height, inner.height));
        Ok(Self { inner, at, frame, resampler: Resampler::default() })
    }

    /// Size at which the clip stands.
    pub fn inner(&self) -> Size {
        self.inner
    }

    /// The clip's frame, of the size [`Matte::inner`], on its ground.
    ///
    /// # Errors
    /// [`FrameError::Internal`] if it cannot be resampled.
    pub fn stand(&mut self, clip: &YuvFrame) -> Result<YuvFrame, FrameError> {
        let Size { width, height } = self.inner;
        let scale = SMALL / f64::from(width.max(height));
        let side = |length: u32| (f64::from(length) * scale).round().max(2.0) as u32;
        let (across, down) = (side(width), side(height));
        let mut small = [(); 3].map(|()| Plane::filled(across, down, 0));
        let sizes = [(width, height), (width / 2, height / 2), (width / 2, height / 2)];
        for ((small, samples), (width, height)) in small.iter_mut().zip(clip.planes()).zip(sizes) {
            let plane = Plane { width, height, samples: samples.to_vec() };
            *small = self.resampler.plane(&plane, across, down)?;
        }
        toned(&small, &mut self.frame, &mut self.resampler)?;
        let stride = self.frame.size().width as usize;
        let planes = self.frame.planes_mut().into_iter().zip(clip.planes()).zip([1, 2, 2]);
        for ((out, rows), part) in planes {
            let (width, stride) = (width as usize / part, stride / part);
            let (left, top) = (self.at.0 / part, self.at.1 / part);
            for (row, out) in rows.chunks_exact(width).zip(out.chunks_exact_mut(stride).skip(top)) {
                out[left..left + width].copy_from_slice(row);
            }
        }
        Ok(self.frame.clone())
    }
}

/// Box blur over 3 x 3 samples, border repeated.
fn blurred(plane: &Plane) -> Plane {
    let mut out = plane.clone();
    let (width, height) = (plane.width as i64, plane.height as i64);
    for y in 0..height {
        for x in 0..width {
            let near = |d: i64, at: i64, limit: i64| (at + d).clamp(0, limit - 1);
            let sum: u32 = (0..9)
                .map(|i| (near(i % 3 - 1, x, width), near(i / 3 - 1, y, height)))
                .map(|(x, y)| u32::from(plane.samples[(y * width + x) as usize]))
                .sum();
            out.samples[(y * width + x) as usize] = ((sum + 4) / 9) as u8;
        }
    }
    out
}
