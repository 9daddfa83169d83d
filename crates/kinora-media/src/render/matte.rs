//! What a picture of another shape stands on: a blurred, darkened copy of itself.

use kinora_types::{Picture, Size, YuvFrame};

use super::{
    RenderError,
    planes::{self, Plane},
    resample::{Resampler, Window},
    view::scaled,
};
use crate::read::{Filter, resize};

/// Samples along the longer side of the small copy that is blurred.
const SMALL: f64 = 40.0;
/// Light that is left.
const LIGHT: f64 = 0.42;
/// Colour that is left.
const COLOUR: f64 = 0.75;

/// A frame filled by the picture's middle, blurred until no detail competes with what stands on it.
pub(crate) fn backdrop(picture: &Picture, size: Size) -> Result<YuvFrame, RenderError> {
    let scale = SMALL / f64::from(picture.width().max(picture.height()));
    let small = resize(picture, scaled(picture, scale), Filter::Bicubic);
    let mut frame = YuvFrame::black(size)?;
    let mut resampler = Resampler::default();
    let (width, height) = (size.width, size.height);
    let sizes = [(width, height), (width / 2, height / 2), (width / 2, height / 2)];
    let toned = [(16.0, LIGHT), (128.0, LIGHT * COLOUR), (128.0, LIGHT * COLOUR)];
    let outputs = frame.planes_mut().into_iter().zip(sizes).zip(toned);
    for (plane, ((out, size), (zero, gain))) in planes::split(&small).iter().zip(outputs) {
        let mut plane = blurred(&blurred(plane));
        for sample in &mut plane.samples {
            *sample = (zero + (f64::from(*sample) - zero) * gain).round() as u8;
        }
        let window = covering(&plane, f64::from(width) / f64::from(height));
        out.copy_from_slice(&resampler.part(&plane, window, size.0, size.1)?.samples);
    }
    Ok(frame)
}

/// The largest window of the given shape in the middle of the plane.
fn covering(plane: &Plane, aspect: f64) -> Window {
    let (width, height) = (f64::from(plane.width), f64::from(plane.height));
    let (w, h) =
        if width / height > aspect { (height * aspect, height) } else { (width, width / aspect) };
    Window { left: (width - w) / 2.0, top: (height - h) / 2.0, width: w, height: h }
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
