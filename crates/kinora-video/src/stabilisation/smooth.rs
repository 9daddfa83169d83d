//! Smoothing of a camera path.
//!
//! Whittaker smoothing (1923) as a spline at uneven times. It minimises the sum of the squared distance to the measured
//! path and the squared acceleration times the fourth power of a time constant: a low-pass filter of second order
//! without delay. A parabola, such as a pan that accelerates evenly, stays as it is.

/// Time constant in seconds: 1 over 2 pi times the cutoff frequency of 0.5 Hz, where the gain is one half.
const TIME: f64 = std::f64::consts::FRAC_1_PI;
/// Factor on the weight of a position where the path leaves its bounds, in each round until it does not.
const TIGHTER: f64 = 1.5;
/// Most rounds of tightening.
const ROUNDS: usize = 80;
/// Least seconds between frames, as two may carry the same time.
const LEAST_STEP: f64 = 1e-3;

/// Smooths `positions` at `times` (seconds, ascending). `bounds` are the least and the greatest deviation of the
/// smooth path from each position.
pub(super) fn smoothed(times: &[f64], positions: &[f64], bounds: &[[f64; 2]]) -> Vec<f64> {
    if times.len() < 3 {
        return positions.to_vec();
    }
    let steps: Vec<f64> =
        times.windows(2).map(|pair| (pair[1] - pair[0]).max(LEAST_STEP)).collect();
    let bending = bending(&steps);
    let own = |i: usize| {
        let before = if i > 0 { steps[i - 1] } else { 0.0 };
        f64::midpoint(before, steps.get(i).copied().unwrap_or(0.0))
    };
    let mut weights: Vec<f64> = (0..times.len()).map(own).collect();
    let mut path = solve(&bending, &weights, positions);
    for _ in 0..ROUNDS {
        let mut outside = false;
        for (i, &[low, high]) in bounds.iter().enumerate() {
            if !(low..=high).contains(&(path[i] - positions[i])) {
                weights[i] *= TIGHTER;
                outside = true;
            }
        }
        if !outside {
            break;
        }
        path = solve(&bending, &weights, positions);
    }
    let inside = path.iter().zip(positions).zip(bounds);
    inside
        .map(|((path, position), [low, high])| position + (path - position).max(*low).min(*high))
        .collect()
}

/// Rows of a symmetric matrix with two diagonals on either side: its own, the first and the second above.
type Rows = Vec<[f64; 3]>;

/// Matrix of the penalty on acceleration.
fn bending(steps: &[f64]) -> Rows {
    let mut rows = vec![[0.0; 3]; steps.len() + 1];
    for (i, pair) in steps.windows(2).enumerate() {
        let (h, k) = (pair[0], pair[1]);
        // Second difference at uneven times, over the time it stands for.
        let of = [2.0 / (h * (h + k)), -2.0 / (h * k), 2.0 / (k * (h + k))];
        let cost = TIME.powi(4) * (h + k) / 2.0;
        for a in 0..3 {
            for b in a..3 {
                rows[i + a][b - a] += cost * of[a] * of[b];
            }
        }
    }
    rows
}

/// Solves `(bending + weights) path = weights * positions` (Cholesky; positive definite as weights are positive).
fn solve(bending: &Rows, weights: &[f64], positions: &[f64]) -> Vec<f64> {
    let mut rows = bending.clone();
    rows.iter_mut().zip(weights).for_each(|(row, weight)| row[0] += weight);
    let mut path: Vec<f64> =
        positions.iter().zip(weights).map(|(position, weight)| position * weight).collect();
    for i in 0..rows.len() {
        let [pivot, first, second] = rows[i];
        for (ahead, factor) in [(1, first / pivot), (2, second / pivot)] {
            if i + ahead < rows.len() {
                rows[i + ahead][0] -= factor * [first, second][ahead - 1];
                if ahead == 1 {
                    rows[i + 1][1] -= factor * second;
                }
                path[i + ahead] -= factor * path[i];
            }
        }
    }
    for i in (0..rows.len()).rev() {
        let [pivot, first, second] = rows[i];
        let after = |ahead: usize| path.get(i + ahead).copied().unwrap_or(0.0);
        path[i] = (path[i] - first * after(1) - second * after(2)) / pivot;
    }
    path
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    const FREE: [f64; 2] = [f64::MIN, f64::MAX];

    fn times(count: usize) -> Vec<f64> {
        // Uneven, as containers that count in milliseconds have them.
        (0..count).map(|i| (i as f64 * 1000.0 / 30.0).round() / 1000.0).collect()
    }

    /// Greatest part of a wave that is left in the middle of ten seconds.
    fn left(frequency: f64) -> f64 {
        let times = times(300);
        let positions: Vec<f64> = times.iter().map(|t| (TAU * frequency * t).sin()).collect();
        let path = smoothed(&times, &positions, &[FREE; 300]);
        path[60..240].iter().fold(0.0, |most: f64, position| most.max(position.abs()))
    }

    #[test]
    fn shake_goes_and_slow_moves_stay() {
        assert!(left(4.0) < 0.001 && left(2.0) < 0.006, "{} {}", left(4.0), left(2.0));
        assert!((left(0.5) - 0.5).abs() < 0.03, "{}", left(0.5));
        assert!(left(0.1) > 0.99, "{}", left(0.1));
        let times = times(90);
        let pan: Vec<f64> = times.iter().map(|t| 3.0 - 7.0 * t).collect();
        let path = smoothed(&times, &pan, &[FREE; 90]);
        assert!(path.iter().zip(&pan).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn bounds_hold_and_bend_the_way_gently() {
        let times = times(120);
        let step: Vec<f64> = times.iter().map(|t| if *t < 2.0 { 0.0 } else { 1.0 }).collect();
        let path = smoothed(&times, &step, &[[-0.2, 0.2]; 120]);
        let off = path.iter().zip(&step).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(off <= 0.2 + 1e-9, "{off}");
        let free = smoothed(&times, &step, &[FREE; 120]);
        assert!((free[59] - 0.45).abs() < 0.1, "{}", free[59]);
        assert_eq!(smoothed(&times[..2], &[1.0, 5.0], &[FREE; 2]), [1.0, 5.0]);
    }
}
