//! For every frame of a span, where to look so that what is shown moves smoothly.

use std::time::Duration;

use kinora_types::{OddSize, Size, YuvFrame};

use super::{MOST_MARGIN, smooth::smoothed};
use crate::{Frame, filter::Crop, motion::Step};
use kinora_image::{frame::Pose, frame::Warp};

/// A window is turned by at most so many radians and scaled by so much (natural logarithm): corrections beyond that
/// are errors of the estimate.
const MOST_TURN: f64 = 0.035;
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
    /// What `crop` keeps of a picture of the given size; without one, all of it.
    pub fn new(picture: Size, crop: Option<Crop>) -> Self {
        let down = 1.0 / picture.aspect();
        let Crop { width, height, x, y } =
            crop.unwrap_or(Crop { width: 1.0, height: 1.0, x: 0.5, y: 0.5 });
        let middle = |part: f64, place: f64| (1.0 - part) * (place - 0.5);
        Self {
            centre: [middle(width, x), middle(height, y) * down],
            half: [width / 2.0, height / 2.0 * down],
            picture: [0.5, 0.5 * down],
        }
    }

    /// Middle and half sides of the window, closer by `zoom`, as `look` sees it.
    fn seen(&self, zoom: f64, look: &Look) -> ([f64; 2], [f64; 2]) {
        let (sin, cos) = look.turn.sin_cos();
        let scale = look.growth.exp();
        let [x, y] = self.centre;
        let centre = [scale * (cos * x - sin * y), scale * (sin * x + cos * y)];
        let [w, h] = self.half.map(|half| half * zoom * scale);
        (centre, [w * cos + h * sin.abs(), w * sin.abs() + h * cos])
    }

    /// The least and the greatest shift with which the window, closer by `zoom`, stays in the picture.
    fn room(&self, zoom: f64, look: &Look) -> [[f64; 2]; 2] {
        let (centre, half) = self.seen(zoom, look);
        [0, 1].map(|axis| {
            let slack = (self.picture[axis] - half[axis]).max(0.0);
            [-slack - centre[axis], slack - centre[axis]]
        })
    }

    /// How close the window must come to stay in the picture; 1 is as close as it was.
    fn zoom(&self, look: &Look) -> f64 {
        let (centre, half) = self.seen(1.0, look);
        let fits = |axis: usize| {
            (self.picture[axis] - (centre[axis] + look.shift[axis]).abs()) / half[axis]
        };
        fits(0).min(fits(1)).min(1.0)
    }
}

/// What is added to a window: where it is shifted (widths; right, down), its turn (radians, clockwise) and growth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Look {
    shift: [f64; 2],
    turn: f64,
    growth: f64,
}

/// How to look at each frame of a span.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    window: Window,
    /// Share of the window's sides that is kept.
    zoom: f64,
    /// By the time of the frame.
    looks: Vec<(Duration, Look)>,
}

impl Plan {
    /// Smooths the way that the camera went by `steps`, one after the other and all known; `None` if there are
    /// too few, or the picture moves more than the crop can hide.
    pub fn new(steps: &[Step], window: Window) -> Option<Self> {
        let mut times = vec![steps.first()?.from];
        let mut places = [(); 4].map(|()| vec![0.0]);
        for step in steps {
            let [right, up, nearer, clockwise] = step.moved?.camera.map(f64::from);
            times.push(step.to);
            // As the picture goes, not the camera: right, down, clockwise, larger.
            let ways = [-right, up, -clockwise.to_radians(), nearer];
            for (places, way) in places.iter_mut().zip(ways) {
                places.push(places.last().copied().unwrap_or(0.0) + way);
            }
        }
        let looks = looks(&times, &places, &window);
        let zoom = looks.iter().map(|look| window.zoom(look)).fold(1.0, f64::min);
        let enough = zoom >= closest() - 1e-9;
        enough.then(|| Self { window, zoom, looks: times.into_iter().zip(looks).collect() })
    }

    /// What is cut away at each edge.
    pub fn margin(&self) -> f64 {
        (1.0 - self.zoom) / 2.0
    }

    /// Width of what is seen, in widths of the picture.
    pub fn widths(&self) -> f64 {
        2.0 * self.window.half[0] * self.zoom
    }

    /// Size at which the whole picture must be read to be seen at `size` without loss, never enlarged.
    pub fn reading(&self, picture: Size, size: Size) -> Size {
        let needed = f64::from(size.width) / self.widths();
        let scale = (needed / f64::from(picture.width)).min(1.0);
        let side = |length: u32| ((f64::from(length) * scale / 2.0).round() as u32 * 2).max(2);
        Size { width: side(picture.width), height: side(picture.height) }
    }

    /// A frame of the whole picture as it is to be seen, at `size`; `None` if the survey did not see this frame.
    pub fn show(
        &self,
        warp: &mut Warp,
        frame: &Frame,
        size: Size,
    ) -> Option<Result<YuvFrame, OddSize>> {
        let found = self.looks.binary_search_by_key(&frame.at, |(at, _)| *at).ok()?;
        let look = self.looks[found].1;
        let from = frame.image.size();
        let width = f64::from(from.width);
        // Growth and turn are about the picture's middle, and so carry the window's own middle along.
        let (centre, _) = self.window.seen(self.zoom, &look);
        let across = self.widths() * width / f64::from(size.width);
        let down = 2.0 * self.window.half[1] * self.zoom * width / f64::from(size.height);
        let pose = Pose {
            centre: [0, 1].map(|axis| (centre[axis] + look.shift[axis]) * width),
            scale: across.min(down) * look.growth.exp(),
            angle: look.turn,
        };
        Some(warp.frame(&frame.image, pose, size))
    }
}

#[cfg(test)]
impl Plan {
    /// What is added to each frame's window: right, down (widths), clockwise (radians).
    pub fn corrections(&self) -> impl Iterator<Item = [f64; 3]> + '_ {
        self.looks.iter().map(|(_, look)| [look.shift[0], look.shift[1], look.turn])
    }

    /// Where the corners of what is seen lie in the picture, in widths from its middle.
    pub fn corners(&self) -> Vec<[f64; 2]> {
        let signs = [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]];
        let corner = |look: &Look, sign: [f64; 2]| {
            let [x, y] =
                [0, 1].map(|a| self.window.centre[a] + sign[a] * self.zoom * self.window.half[a]);
            let ((sin, cos), scale) = (look.turn.sin_cos(), look.growth.exp());
            let [dx, dy] = look.shift;
            [scale * (cos * x - sin * y) + dx, scale * (sin * x + cos * y) + dy]
        };
        self.looks.iter().flat_map(|(_, look)| signs.map(|sign| corner(look, sign))).collect()
    }
}

/// The closest a window may come.
fn closest() -> f64 {
    1.0 - 2.0 * MOST_MARGIN
}

/// For each frame what to add to the window: where the picture is, less where it shall be.
fn looks(times: &[Duration], places: &[Vec<f64>; 4], window: &Window) -> Vec<Look> {
    let times: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    let off = |channel: usize, bounds: &[[f64; 2]]| {
        // What may be added to the picture's place is what may be taken from the window's.
        let bounds: Vec<[f64; 2]> = bounds.iter().map(|[low, high]| [-high, -low]).collect();
        let way = smoothed(&times, &places[channel], &bounds);
        places[channel].iter().zip(way).map(|(place, way)| place - way).collect::<Vec<f64>>()
    };
    let even = |most: f64| vec![[-most, most]; times.len()];
    let (turns, growths) = (off(2, &even(MOST_TURN)), off(3, &even(MOST_GROWTH)));
    let mut looks: Vec<Look> = turns
        .into_iter()
        .zip(growths)
        .map(|(turn, growth)| Look { shift: [0.0; 2], turn, growth })
        .collect();
    let rooms: Vec<[[f64; 2]; 2]> = looks.iter().map(|look| window.room(closest(), look)).collect();
    for axis in [0, 1] {
        let most = 2.0 * MOST_MARGIN * window.half[axis];
        let bounds: Vec<[f64; 2]> =
            rooms.iter().map(|room| [room[axis][0].max(-most), room[axis][1].min(most)]).collect();
        for (look, shift) in looks.iter_mut().zip(off(axis, &bounds)) {
            look.shift[axis] = shift;
        }
    }
    looks
}
