//! The path of a camera through a shot: the intended motion and the shake on top of it.

use super::estimator::Step;

/// Half of the window over which a path is smoothed, in seconds: what is quicker is shake.
pub(super) const HALF_WINDOW: f64 = 0.4;
/// Channels: right, up, nearer, clockwise.
pub(super) const CHANNELS: usize = 4;

/// Position of the camera at each frame of an unbroken stretch, relative to its first frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Path {
    /// Seconds.
    pub times: Vec<f64>,
    pub positions: [Vec<f64>; CHANNELS],
}

impl Path {
    fn starting(at: f64) -> Self {
        Self { times: vec![at], positions: [(); CHANNELS].map(|()| vec![0.0]) }
    }

    /// The stretches in which every step is known.
    pub(super) fn stretches(steps: &[Step]) -> Vec<Self> {
        let mut stretches: Vec<Self> = Vec::new();
        let mut open = false;
        for step in steps {
            let Some(moved) = step.moved else {
                open = false;
                continue;
            };
            if !open {
                stretches.push(Self::starting(step.from.as_secs_f64()));
                open = true;
            }
            if let Some(path) = stretches.last_mut() {
                path.times.push(step.to.as_secs_f64());
                for (positions, displacement) in path.positions.iter_mut().zip(moved.camera) {
                    let last = positions.last().copied().unwrap_or(0.0);
                    positions.push(last + f64::from(displacement));
                }
            }
        }
        stretches
    }

    /// For each frame the smoothed position and speed (a second) of one channel.
    pub(super) fn smoothed(&self, channel: usize, half_window: f64) -> Vec<[f64; 2]> {
        let (times, positions) = (&self.times, &self.positions[channel]);
        let (mut low, mut high) = (0, 0);
        let mut out = Vec::with_capacity(times.len());
        for &at in times {
            while times[low] < at - half_window {
                low += 1;
            }
            while high < times.len() && times[high] <= at + half_window {
                high += 1;
            }
            out.push(parabola(&times[low..high], &positions[low..high], at));
        }
        out
    }

    /// Sum over the frames of the squared distance between the camera's position and its smoothed path.
    pub(super) fn squared_shake(&self) -> f64 {
        let squares = |channel: usize| {
            let smooth = self.smoothed(channel, HALF_WINDOW);
            let pairs = self.positions[channel].iter().zip(smooth);
            pairs.map(|(position, [smooth, _])| (position - smooth).powi(2)).sum::<f64>()
        };
        squares(0) + squares(1)
    }
}

/// Value and slope at `at` of the parabola that comes nearest to the points (Savitzky and Golay 1964, at
/// uneven times); of a line or a level if there are few points.
fn parabola(times: &[f64], values: &[f64], at: f64) -> [f64; 2] {
    let degree = match times.len() {
        0 | 1 => 0,
        2..=4 => 1,
        _ => 2,
    };
    let mut normal = [[0.0; 4]; 3];
    for (time, value) in times.iter().zip(values) {
        let t = time - at;
        let powers = [1.0, t, t * t];
        for i in 0..=degree {
            for j in 0..=degree {
                normal[i][j] += powers[i] * powers[j];
            }
            normal[i][3] += powers[i] * value;
        }
    }
    let solved = solve(normal, degree + 1);
    [solved[0], solved[1]]
}

/// Gaussian elimination of the first `count` rows; the matrix is positive definite but for rounding.
fn solve(mut rows: [[f64; 4]; 3], count: usize) -> [f64; 3] {
    for i in 0..count {
        for j in i + 1..count {
            let factor = if rows[i][i] == 0.0 { 0.0 } else { rows[j][i] / rows[i][i] };
            let pivot = rows[i];
            for (value, from) in rows[j].iter_mut().zip(pivot) {
                *value -= factor * from;
            }
        }
    }
    let mut out = [0.0; 3];
    for i in (0..count).rev() {
        let known: f64 = (i + 1..count).map(|j| rows[i][j] * out[j]).sum();
        out[i] = if rows[i][i] == 0.0 { 0.0 } else { (rows[i][3] - known) / rows[i][i] };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_is_followed_exactly_at_uneven_times() {
        let times = [0.0, 0.05, 0.11, 0.15, 0.3, 0.32];
        let values = times.map(|t: f64| 2.0 - 3.0 * t + 5.0 * t * t);
        let [value, slope] = parabola(&times, &values, 0.2);
        assert!((value - 1.6).abs() < 1e-9 && (slope + 1.0).abs() < 1e-9, "{value} {slope}");
        assert_eq!(parabola(&[1.0], &[7.0], 1.0), [7.0, 0.0]);
        assert_eq!(parabola(&[], &[], 1.0), [0.0, 0.0]);
    }
}
