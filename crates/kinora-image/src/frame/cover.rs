//! A picture cut to the shape of a frame.

use kinora_types::{Picture, Size, YuvFrame};

use super::{
    FrameError,
    planes::{self, Plane},
    resample::{Resampler, Window},
};

/// The middle of a picture in the shape of a frame, scaled to it.
///
/// # Errors
/// An odd side.
pub fn cover(picture: &Picture, size: Size) -> Result<YuvFrame, FrameError> {
    let mut frame = YuvFrame::black(size)?;
    let mut resampler = Resampler::default();
    let sizes = [(size.width, size.height), (size.width / 2, size.height / 2)];
    let sizes = [sizes[0], sizes[1], sizes[1]];
    let planes = planes::split(picture);
    for ((plane, (width, height)), out) in planes.iter().zip(sizes).zip(frame.planes_mut()) {
        let window = covering(plane, size.aspect());
        out.copy_from_slice(&resampler.part(plane, window, width, height)?.samples);
    }
    Ok(frame)
}

/// The largest window of the given shape in the middle of the plane.
pub(super) fn covering(plane: &Plane, aspect: f64) -> Window {
    let (width, height) = (f64::from(plane.width), f64::from(plane.height));
    let (w, h) =
        if width / height > aspect { (height * aspect, height) } else { (width, width / aspect) };
    Window { left: (width - w) / 2.0, top: (height - h) / 2.0, width: w, height: h }
}
