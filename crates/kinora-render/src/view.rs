//! Views of one picture at sub-pixel precision: what the camera sees at one moment.
//!
//! The picture is brought once to the resolution that the closest view needs, as planes, and each
//! frame is a window of them. Memory: about `6 bytes x frame pixels x (longest / closest view)²`.

use std::borrow::Cow;

use kinora_types::{CameraMove, Framing, Picture, Rect, Size, YuvFrame};

use kinora_image::{
    Filter,
    frame::{
        matte,
        planes::{self, Plane},
        resample::{Resampler, Strips, Window},
    },
    resize,
};

use super::{RenderError, blend::mix};

/// Samples of repeated border around a picture that stands on a matte, so that its edge can be
/// cut between samples.
const PAD: u32 = 4;
/// A source is only shrunk beforehand if that saves this much; each resampling softens a little.
const WORTH_SHRINKING: f64 = 0.8;
/// A view may differ from the frame's shape by this much: rounding, not distortion.
const SHAPE_TOLERANCE: f64 = 0.01;

/// One plane of the picture, perhaps with a repeated border.
struct Layer {
    plane: Strips,
    pad: u32,
}

/// A picture made ready to be moved over. One thread at a time.
pub struct ShotView {
    size: Size,
    shape: f64,
    layers: [Layer; 3],
    backdrop: Option<YuvFrame>,
    resampler: Resampler,
    scratch: Vec<u8>,
}

impl ShotView {
    /// Prepares `picture` for frames of `size` and for every view between the two of `camera`.
    ///
    /// # Errors
    /// A view whose shape is not the frame's (it would distort), one that leaves the picture though the framing is
    /// [`Framing::Crop`], or a frame with an odd side.
    pub fn new(picture: &Picture, camera: &CameraMove, size: Size) -> Result<Self, RenderError> {
        let shape = f64::from(picture.width()) / f64::from(picture.height());
        for view in [camera.from, camera.to] {
            check_view(view, camera.framing, shape, size)?;
        }
        let closest = camera.from.width.min(camera.to.width);
        let needed = f64::from(size.width) / closest;
        let mut resampler = Resampler::default();
        let (pad, backdrop) = match camera.framing {
            Framing::Crop => (0, None),
            Framing::Matte => (PAD, Some(matte::backdrop(picture, size)?)),
        };
        let [y, u, v] = planes::split(&shrunk(picture, needed));
        let mut layer = |plane, needed| layer(&mut resampler, plane, needed, pad);
        let layers = [layer(y, needed)?, layer(u, needed / 2.0)?, layer(v, needed / 2.0)?];
        Ok(Self { size, shape, layers, backdrop, resampler, scratch: Vec::new() })
    }

    /// Paints the view into `frame`, which has the size given to [`ShotView::new`].
    ///
    /// # Errors
    /// [`RenderError::Distorts`] or [`RenderError::OutsidePicture`] as for [`ShotView::new`], [`RenderError::Internal`] for
    /// a frame of another size.
    pub fn paint(&mut self, view: Rect, frame: &mut YuvFrame) -> Result<(), RenderError> {
        if frame.size() != self.size {
            return Err(RenderError::Internal(format!(
                "a frame of `{}`, not `{}`",
                frame.size(),
                self.size
            )));
        }
        let framing = match &self.backdrop {
            Some(backdrop) => {
                frame.copy_from(backdrop);
                Framing::Matte
            }
            None => Framing::Crop,
        };
        check_view(view, framing, self.shape, self.size)?;
        let (width, height) = (self.size.width, self.size.height);
        let sizes = [(width, height), (width / 2, height / 2), (width / 2, height / 2)];
        for ((layer, out), size) in self.layers.iter().zip(frame.planes_mut()).zip(sizes) {
            let job = Job::new(layer, view, size);
            job.paint(&mut self.resampler, layer, &mut self.scratch, out)?;
        }
        Ok(())
    }
}

fn check_view(view: Rect, framing: Framing, shape: f64, size: Size) -> Result<(), RenderError> {
    let view_shape = view.width * shape / view.height;
    let positive = view.width > 0.0 && view.height > 0.0;
    if !positive || (view_shape / size.aspect() - 1.0).abs() > SHAPE_TOLERANCE {
        return Err(RenderError::Distorts { view, size });
    }
    let slack = 1e-9;
    let inside = |start: f64, length: f64| start >= -slack && start + length <= 1.0 + slack;
    let within = inside(view.x, view.width) && inside(view.y, view.height);
    if framing == Framing::Crop && !within {
        return Err(RenderError::OutsidePicture { view });
    }
    Ok(())
}

/// The picture at no more than `needed` pixels of width, if that is worth it.
fn shrunk(picture: &Picture, needed: f64) -> Cow<'_, Picture> {
    let scale = needed / f64::from(picture.width());
    if scale >= WORTH_SHRINKING {
        return Cow::Borrowed(picture);
    }
    Cow::Owned(resize(picture, planes::scaled(picture, scale), Filter::Bicubic))
}

fn layer(
    resampler: &mut Resampler,
    plane: Plane,
    needed: f64,
    pad: u32,
) -> Result<Layer, RenderError> {
    let scale = needed / f64::from(plane.width);
    let side = |length: u32| (f64::from(length) * scale).round().max(1.0) as u32;
    let plane = if scale < WORTH_SHRINKING {
        resampler.plane(&plane, side(plane.width), side(plane.height))?
    } else {
        plane
    };
    let plane = if pad > 0 { padded(&plane, pad) } else { plane };
    Ok(Layer { plane: Strips::new(&plane), pad })
}

/// Repeats the border samples `pad` times on every side.
fn padded(plane: &Plane, pad: u32) -> Plane {
    let mut out =
        Plane { width: plane.width + 2 * pad, height: plane.height + 2 * pad, samples: Vec::new() };
    out.samples.reserve(out.width as usize * out.height as usize);
    for y in 0..out.height {
        let row = plane.row(y.saturating_sub(pad).min(plane.height - 1));
        let repeat = |value| std::iter::repeat_n(value, pad as usize);
        out.samples.extend(repeat(row[0]));
        out.samples.extend_from_slice(row);
        out.samples.extend(repeat(row[row.len() - 1]));
    }
    out
}

/// Where the picture lies along one axis of the output, and what of it is seen there.
struct Span {
    /// First and one-past-last output sample that the picture touches.
    first: u32,
    end: u32,
    /// How much of the first and of the last sample it covers, of 256.
    cover: [u16; 2],
    /// Source window along this axis.
    start: f64,
    length: f64,
}

impl Span {
    /// `start` and `length` of the view in fractions; `out` and `source` in samples.
    fn new(start: f64, length: f64, out: u32, source: u32, pad: u32) -> Self {
        let per_view = f64::from(out) / length;
        let (low, high) = (-start * per_view, (1.0 - start) * per_view);
        let slack = 1e-6;
        let first = (low + slack).floor().max(0.0);
        let end = (high - slack).ceil().min(f64::from(out)).max(first + 1.0);
        let cover = |from: f64| {
            let overlap = high.min(from + 1.0) - low.max(from);
            (overlap.clamp(0.0, 1.0) * 256.0).round() as u16
        };
        let to_source = |at: f64| (start + at / per_view) * f64::from(source) + f64::from(pad);
        let limit = f64::from(source + 2 * pad);
        let from = to_source(first).clamp(0.0, limit - 1e-3);
        Self {
            first: first as u32,
            end: end as u32,
            cover: [cover(first), cover(end - 1.0)],
            start: from,
            length: (to_source(end).min(limit) - from).max(1e-3),
        }
    }

    fn len(&self) -> u32 {
        self.end - self.first
    }

    /// Coverage of the `i`th touched sample.
    fn cover_at(&self, i: u32) -> u16 {
        match i {
            0 => self.cover[0],
            i if i + 1 == self.len() => self.cover[1],
            _ => 256,
        }
    }
}

/// One plane of one frame.
struct Job {
    across: Span,
    down: Span,
    width: u32,
}

impl Job {
    fn new(layer: &Layer, view: Rect, (width, height): (u32, u32)) -> Self {
        let pad = layer.pad;
        let (w, h) = (layer.plane.width - 2 * pad, layer.plane.height - 2 * pad);
        Self {
            across: Span::new(view.x, view.width, width, w, pad),
            down: Span::new(view.y, view.height, height, h, pad),
            width,
        }
    }

    fn paint(
        &self,
        resampler: &mut Resampler,
        layer: &Layer,
        scratch: &mut Vec<u8>,
        out: &mut [u8],
    ) -> Result<(), RenderError> {
        let window = Window {
            left: self.across.start,
            top: self.down.start,
            width: self.across.length,
            height: self.down.length,
        };
        let touched = (self.across.len(), self.down.len());
        if layer.pad == 0 {
            return Ok(resampler.window(&layer.plane, window, touched, out)?);
        }
        scratch.resize(touched.0 as usize * touched.1 as usize, 0);
        resampler.window(&layer.plane, window, touched, scratch)?;
        for (i, row) in scratch.chunks_exact(touched.0 as usize).enumerate() {
            let start = (self.down.first as usize + i) * self.width as usize;
            let out = &mut out[start + self.across.first as usize..][..row.len()];
            self.lay_row(row, self.down.cover_at(i as u32), out);
        }
        Ok(())
    }

    /// Lays a row of the picture over the matte; samples at the picture's edge count in part.
    fn lay_row(&self, row: &[u8], cover: u16, out: &mut [u8]) {
        let last = row.len() - 1;
        for at in [0, last] {
            let edge = u32::from(self.across.cover_at(at as u32)) * u32::from(cover) / 256;
            mix(&mut out[at..=at], &row[at..=at], edge as u16);
        }
        if last > 1 {
            mix(&mut out[1..last], &row[1..last], cover);
        }
    }
}
