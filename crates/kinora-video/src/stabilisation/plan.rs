//! Stabilisation plan: the correction of every frame of a span that makes the shown picture move smoothly.

use std::time::Duration;

use kinora_types::{OddSize, Size, YuvFrame};

use super::{MOST_MARGIN, smooth::smoothed};
use crate::{Frame, filter::Crop, motion::Step};
use kinora_image::{frame::Pose, frame::Warp};

/// Largest turn of a window in radians; beyond that, the estimate is wrong.
const MOST_TURN: f64 = 0.035;
/// Largest growth of a window (natural logarithm); beyond that, the estimate is wrong.
const MOST_GROWTH: f64 = 0.02;

/// The part of the upright picture that a clip shows, in widths of the picture from its middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    centre: [f64; 2],
    half: [f64; 2],
    /// Half of the picture's sides.
    picture: [f64; 2],
}

impl Window {
    /// The part that `crop` keeps of a picture of the given size; without one, all of it.
    pub(crate) fn new(picture: Size, crop: Option<Crop>) -> Self {
        let down = 1.0 / picture.aspect();
        let Crop { width, height, x, y } =
            crop.unwrap_or(Crop { width: 1.0, height: 1.0, x: 0.5, y: 0.5 });
        let middle = |part: f64, position: f64| (1.0 - part) * (position - 0.5);
        Self {
            centre: [middle(width, x), middle(height, y) * down],
            half: [width / 2.0, height / 2.0 * down],
            picture: [0.5, 0.5 * down],
        }
    }

    /// Middle and half sides of the window, scaled by `zoom`, after `correction`.
    fn seen(&self, zoom: f64, correction: &Correction) -> ([f64; 2], [f64; 2]) {
        let (sin, cos) = correction.turn.sin_cos();
        let scale = correction.growth.exp();
        let [x, y] = self.centre;
        let centre = [scale * (cos * x - sin * y), scale * (sin * x + cos * y)];
        let [w, h] = self.half.map(|half| half * zoom * scale);
        (centre, [w * cos + h * sin.abs(), w * sin.abs() + h * cos])
    }

    /// The least and the greatest shift with which the window, scaled by `zoom`, stays in the picture.
    fn room(&self, zoom: f64, correction: &Correction) -> [[f64; 2]; 2] {
        let (centre, half) = self.seen(zoom, correction);
        [0, 1].map(|axis| {
            let slack = (self.picture[axis] - half[axis]).max(0.0);
            [-slack - centre[axis], slack - centre[axis]]
        })
    }

    /// Factor by which the window must shrink to stay in the picture; at most 1.
    fn zoom(&self, correction: &Correction) -> f64 {
        let (centre, half) = self.seen(1.0, correction);
        let fits = |axis: usize| {
            (self.picture[axis] - (centre[axis] + correction.shift[axis]).abs()) / half[axis]
        };
        fits(0).min(fits(1)).min(1.0)
    }
}

/// Correction of a window: shift (widths; right, down), turn (radians, clockwise) and growth (natural logarithm).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Correction {
    shift: [f64; 2],
    turn: f64,
    growth: f64,
}

/// Corrections of all frames of a span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    window: Window,
    /// Share of the window's sides that is kept.
    zoom: f64,
    /// Sorted by the time of the frame.
    corrections: Vec<(Duration, Correction)>,
}

impl Plan {
    /// Smooths the camera path that `steps` make up; they follow one another and all are known. `None` if there are too
    /// few, or the picture moves more than the crop can hide.
    pub(crate) fn new(steps: &[Step], window: Window) -> Option<Self> {
        let mut times = vec![steps.first()?.from];
        let mut positions = [(); 4].map(|()| vec![0.0]);
        for step in steps {
            let [right, up, nearer, clockwise] = step.moved?.camera.map(f64::from);
            times.push(step.to);
            // Displacement of the picture, not of the camera: right, down, clockwise, larger.
            let displacements = [-right, up, -clockwise.to_radians(), nearer];
            for (positions, displacement) in positions.iter_mut().zip(displacements) {
                positions.push(positions.last().copied().unwrap_or(0.0) + displacement);
            }
        }
        let corrections = corrections(&times, &positions, &window);
        let zoom = corrections.iter().map(|correction| window.zoom(correction)).fold(1.0, f64::min);
        let enough = zoom >= closest() - 1e-9;
        enough.then(|| Self {
            window,
            zoom,
            corrections: times.into_iter().zip(corrections).collect(),
        })
    }

    /// Share of a side that is cut away at each edge.
    pub(crate) fn margin(&self) -> f64 {
        (1.0 - self.zoom) / 2.0
    }

    /// Width of what is shown, in widths of the picture.
    pub(crate) fn widths(&self) -> f64 {
        2.0 * self.window.half[0] * self.zoom
    }

    /// Size at which the whole picture must be decoded to be shown at `size` without loss, never enlarged.
    pub(crate) fn reading(&self, picture: Size, size: Size) -> Size {
        let needed = f64::from(size.width) / self.widths();
        let scale = (needed / f64::from(picture.width)).min(1.0);
        let side = |length: u32| ((f64::from(length) * scale / 2.0).round() as u32 * 2).max(2);
        Size { width: side(picture.width), height: side(picture.height) }
    }

    /// A frame of the whole picture as it is to be shown, at `size`; `None` if the survey did not see this frame.
    pub(crate) fn show(
        &self,
        warp: &mut Warp,
        frame: &Frame,
        size: Size,
    ) -> Option<Result<YuvFrame, OddSize>> {
        let found = self.corrections.binary_search_by_key(&frame.at, |(at, _)| *at).ok()?;
        let correction = self.corrections[found].1;
        let from = frame.image.size();
        let width = f64::from(from.width);
        // Growth and turn are about the picture's middle, so they move the window's own middle too.
        let (centre, _) = self.window.seen(self.zoom, &correction);
        let across = self.widths() * width / f64::from(size.width);
        let down = 2.0 * self.window.half[1] * self.zoom * width / f64::from(size.height);
        let pose = Pose {
            centre: [0, 1].map(|axis| (centre[axis] + correction.shift[axis]) * width),
            scale: across.min(down) * correction.growth.exp(),
            angle: correction.turn,
        };
        Some(warp.frame(&frame.image, pose, size))
    }
}

#[cfg(test)]
impl Plan {
    /// Correction of each frame's window: right, down (widths), clockwise (radians).
    pub(crate) fn corrections(&self) -> impl Iterator<Item = [f64; 3]> + '_ {
        self.corrections
            .iter()
            .map(|(_, correction)| [correction.shift[0], correction.shift[1], correction.turn])
    }

    /// Corners of what is shown, in widths from the middle of the picture.
    pub(crate) fn corners(&self) -> Vec<[f64; 2]> {
        let signs = [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]];
        let corner = |correction: &Correction, sign: [f64; 2]| {
            let [x, y] =
                [0, 1].map(|a| self.window.centre[a] + sign[a] * self.zoom * self.window.half[a]);
            let ((sin, cos), scale) = (correction.turn.sin_cos(), correction.growth.exp());
            let [dx, dy] = correction.shift;
            [scale * (cos * x - sin * y) + dx, scale * (sin * x + cos * y) + dy]
        };
        self.corrections
            .iter()
            .flat_map(|(_, correction)| signs.map(|sign| corner(correction, sign)))
            .collect()
    }
}

/// Smallest factor by which a window may shrink.
fn closest() -> f64 {
    1.0 - 2.0 * MOST_MARGIN
}

/// Correction of each frame: the position of the picture minus its position on the smooth path.
fn corrections(times: &[Duration], positions: &[Vec<f64>; 4], window: &Window) -> Vec<Correction> {
    let times: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    let off = |channel: usize, bounds: &[[f64; 2]]| {
        // What may be added to the picture's position is what may be taken from the window's.
        let bounds: Vec<[f64; 2]> = bounds.iter().map(|[low, high]| [-high, -low]).collect();
        let path = smoothed(&times, &positions[channel], &bounds);
        positions[channel]
            .iter()
            .zip(path)
            .map(|(position, path)| position - path)
            .collect::<Vec<f64>>()
    };
    let even = |most: f64| vec![[-most, most]; times.len()];
    let (turns, growths) = (off(2, &even(MOST_TURN)), off(3, &even(MOST_GROWTH)));
    let mut corrections: Vec<Correction> = turns
        .into_iter()
        .zip(growths)
        .map(|(turn, growth)| Correction { shift: [0.0; 2], turn, growth })
        .collect();
    let rooms: Vec<[[f64; 2]; 2]> =
        corrections.iter().map(|correction| window.room(closest(), correction)).collect();
    for axis in [0, 1] {
        let most = 2.0 * MOST_MARGIN * window.half[axis];
        let bounds: Vec<[f64; 2]> =
            rooms.iter().map(|room| [room[axis][0].max(-most), room[axis][1].min(most)]).collect();
        for (correction, shift) in corrections.iter_mut().zip(off(axis, &bounds)) {
            correction.shift[axis] = shift;
        }
    }
    corrections
}
