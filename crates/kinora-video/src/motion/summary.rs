//! Summary of the motion of one shot from the motion between its frames.

use std::time::Duration;

use kinora_types::{
    CameraMotion, MOTION_DIMENSIONS, MotionDescriptor, ShotMotion, SubjectMotion, TimeRange,
};

use super::{
    estimator::{Moved, Step},
    path::{CHANNELS, HALF_WINDOW, Path},
};

/// Least pairs of frames for a summary.
const LEAST_STEPS: usize = 3;
/// Half of a millisecond: ranges are whole ones, frames are not.
const ROUNDING: Duration = Duration::from_micros(600);
/// Least speed of a pan or tilt in widths a second, of a zoom as logarithm a second, of a roll in
/// degrees a second.
const LEAST_SPEED: [f64; CHANNELS] = [0.01, 0.01, 0.008, 0.5];
/// A shaking hand also drifts: each width of shake raises the least speed by this a second.
const DRIFT: [f64; CHANNELS] = [4.0, 4.0, 2.0, 120.0];
/// The lesser of two opposite speeds counts from this share of the greater.
const LESSER: f64 = 0.25;
/// Shake that is visible, in widths (RMS): 2.3 pixels in 1920.
pub(crate) const SHAKY: f64 = 0.0012;
/// Least moving share of the picture for a speed and a direction of the subject.
const LEAST_AREA: f32 = 0.001;
/// A main direction holds at least this share of all that moves.
const ONE_WAY: f32 = 0.4;
/// Scales of the descriptor: pan and tilt, zoom, roll.
const SCALE: [f32; CHANNELS] = [0.01, 0.01, 0.01, 0.5];
/// Scale of the shake in the descriptor.
const SHAKE_SCALE: f32 = 0.001;
/// Scale of the subject in the descriptor.
const SUBJECT_SCALE: f32 = 0.002;

pub(super) fn summary(steps: &[Step], range: TimeRange) -> Option<ShotMotion> {
    let inside = |step: &&Step| {
        step.from + ROUNDING >= range.start() && step.to + ROUNDING < range.end().max(ROUNDING)
    };
    let steps: Vec<Step> = steps.iter().filter(inside).copied().collect();
    if steps.iter().filter(|step| step.moved.is_some()).count() < LEAST_STEPS {
        return None;
    }
    let paths = Path::stretches(&steps);
    let whole = Means::of(&steps);
    let speeds = Speeds::of(&paths);
    let frames: usize = paths.iter().map(|path| path.times.len()).sum();
    let shake = (paths.iter().map(Path::squared_shake).sum::<f64>() / frames.max(1) as f64).sqrt();
    let all: f64 = steps.iter().map(seconds).sum();
    let subject = whole.subject();
    let middle = steps.len() / 2;
    let halves = [Means::of(&steps[..middle]), Means::of(&steps[middle..])];
    Some(ShotMotion {
        camera: kinds(&speeds, shake),
        pan: whole.camera[0] as f32,
        tilt: whole.camera[1] as f32,
        zoom: whole.camera[2].exp() as f32,
        roll: whole.camera[3] as f32,
        shake: shake as f32,
        subject,
        known: (whole.seconds / all.max(1e-9)) as f32,
        descriptor: descriptor(&whole, &speeds, shake as f32, &halves),
    })
}

fn seconds(step: &Step) -> f64 {
    (step.to - step.from).as_secs_f64()
}

/// Means over time, a second.
#[derive(Default)]
struct Means {
    seconds: f64,
    camera: [f64; CHANNELS],
    area: f64,
    amount: f64,
    drift: [f64; 2],
}

impl Means {
    fn of(steps: &[Step]) -> Self {
        let mut sum = Self::default();
        for step in steps {
            if let Some(moved) = &step.moved {
                sum.add(moved, seconds(step));
            }
        }
        let share = |value: f64| value / sum.seconds.max(1e-9);
        Self {
            seconds: sum.seconds,
            camera: sum.camera.map(share),
            area: share(sum.area),
            amount: share(sum.amount),
            drift: sum.drift.map(share),
        }
    }

    fn add(&mut self, moved: &Moved, seconds: f64) {
        self.seconds += seconds;
        for (sum, displacement) in self.camera.iter_mut().zip(moved.camera) {
            *sum += f64::from(displacement);
        }
        // An area is no displacement: it lasts.
        self.area += f64::from(moved.area) * seconds;
        self.amount += f64::from(moved.amount);
        for (sum, displacement) in self.drift.iter_mut().zip(moved.drift) {
            *sum += f64::from(displacement);
        }
    }

    fn subject(&self) -> SubjectMotion {
        let (area, amount) = (self.area as f32, self.amount as f32);
        let [right, up] = self.drift.map(|value| value as f32);
        let seen = area >= LEAST_AREA;
        let one_way = seen && right.hypot(up) >= ONE_WAY * amount;
        SubjectMotion {
            amount,
            area,
            speed: if seen { amount / area } else { 0.0 },
            direction: one_way.then(|| up.atan2(right).to_degrees().rem_euclid(360.0)),
        }
    }
}

/// Mean speed of the intended motion per channel in either direction, as `[right, left]`; none is below 0.
struct Speeds([[f64; 2]; CHANNELS]);

impl Speeds {
    fn of(paths: &[Path]) -> Self {
        let mut speeds = [[0.0; 2]; CHANNELS];
        let frames: usize = paths.iter().map(|path| path.times.len()).sum();
        for path in paths {
            for (channel, both) in speeds.iter_mut().enumerate() {
                for [_, speed] in path.smoothed(channel, HALF_WINDOW) {
                    both[usize::from(speed < 0.0)] += speed.abs() / frames as f64;
                }
            }
        }
        Self(speeds)
    }
}

fn kinds(speeds: &Speeds, shake: f64) -> Vec<CameraMotion> {
    use CameraMotion::{
        PanLeft, PanRight, RollClockwise, RollCounterclockwise, Shaky, Static, TiltDown, TiltUp,
        ZoomIn, ZoomOut,
    };
    let names = [
        [PanRight, PanLeft],
        [TiltUp, TiltDown],
        [ZoomIn, ZoomOut],
        [RollClockwise, RollCounterclockwise],
    ];
    let mut found: Vec<(f64, CameraMotion)> = Vec::new();
    for (channel, both) in speeds.0.iter().enumerate() {
        let least = LEAST_SPEED[channel] + DRIFT[channel] * shake;
        let lesser = both[0].max(both[1]) * LESSER;
        for (speed, name) in both.iter().zip(names[channel]) {
            if *speed >= least && *speed >= lesser {
                found.push((speed / LEAST_SPEED[channel], name));
            }
        }
    }
    if shake >= SHAKY {
        found.push((shake / SHAKY, Shaky));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    if found.is_empty() { vec![Static] } else { found.into_iter().map(|(_, name)| name).collect() }
}

fn descriptor(whole: &Means, speeds: &Speeds, shake: f32, halves: &[Means; 2]) -> MotionDescriptor {
    let bent = |value: f32, scale: f32| (value / scale).asinh();
    let mut out = [0.0; MOTION_DIMENSIONS];
    for (channel, scale) in SCALE.into_iter().enumerate() {
        let [forth, back] = speeds.0[channel];
        out[channel] = bent(whole.camera[channel] as f32, scale);
        out[4 + channel] = bent((forth + back) as f32, scale) / 2.0;
    }
    let subject = |value: f64| bent(value as f32, SUBJECT_SCALE);
    out[8] = bent(shake, SHAKE_SCALE);
    out[9] = subject(whole.amount);
    out[10] = subject(whole.drift[0]);
    out[11] = subject(whole.drift[1]);
    let [first, second] = halves;
    for (i, scale) in SCALE.into_iter().take(3).enumerate() {
        out[12 + i] = bent((second.camera[i] - first.camera[i]) as f32, scale) / 2.0;
    }
    out[15] = subject(second.amount - first.amount) / 2.0;
    MotionDescriptor(out)
}
