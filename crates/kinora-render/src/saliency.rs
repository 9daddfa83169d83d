//! Where a picture's subject is: spectral residual saliency with a pull to the middle.
//!
//! Hou & Zhang, "Saliency Detection: A Spectral Residual Approach", CVPR 2007: what a picture's log
//! amplitude spectrum has over its local mean is what stands out. Here on luma and both colour
//! differences at 64 x 64, as colour often is what sets a subject apart. It finds what stands out,
//! which is not always what a person would call the subject.

use std::f64::consts::TAU;

use kinora_types::{Picture, Rect, Size};

use kinora_image::{
    Filter,
    frame::planes::{self, Plane},
    resize,
};

const SIDE: usize = 64;
/// Share of the saliency that may lie outside the subject on each of the four sides.
const TAIL: f64 = 0.14;
/// Spread of the pull to the middle, in fractions of the picture.
const CENTRE_SPREAD: f64 = 0.35;

/// The rectangle that holds most of what stands out, at least a fifth of each side.
pub fn subject(picture: &Picture) -> Rect {
    let side = SIDE as u32;
    let square = Size { width: side, height: side };
    let small = resize(picture, square, Filter::Bicubic);
    let mut map = vec![0f64; SIDE * SIDE];
    for plane in planes::split(&small) {
        add_normalised(&mut map, &residual(&plane));
    }
    let map = smoothed(&map);
    let (mut across, mut down) = (vec![0f64; SIDE], vec![0f64; SIDE]);
    let floor = map.iter().sum::<f64>() / map.len() as f64;
    for (i, value) in map.iter().enumerate() {
        let (x, y) = (i % SIDE, i / SIDE);
        // What is below average is ground, not subject.
        let weight = (value - floor).max(0.0) * pull(x) * pull(y);
        across[x] += weight;
        down[y] += weight;
    }
    let ((x, width), (y, height)) = (bulk(&across), bulk(&down));
    Rect { x, y, width, height }
}

fn pull(at: usize) -> f64 {
    let off = ((at as f64 + 0.5) / SIDE as f64 - 0.5) / CENTRE_SPREAD;
    (-off * off / 2.0).exp()
}

/// Start and length of the stretch that holds all but [`TAIL`] at either end.
fn bulk(weights: &[f64]) -> (f64, f64) {
    let total: f64 = weights.iter().sum();
    if total <= f64::EPSILON {
        // Nothing stands out: the middle.
        return (0.25, 0.5);
    }
    let quantile = |share: f64| {
        let mut rest = share * total;
        for (i, weight) in weights.iter().enumerate() {
            if rest <= *weight {
                return (i as f64 + rest / weight.max(f64::MIN_POSITIVE)) / weights.len() as f64;
            }
            rest -= weight;
        }
        1.0
    };
    let (low, high) = (quantile(TAIL), quantile(1.0 - TAIL));
    let length = (high - low).max(0.2);
    let start = ((low + high - length) / 2.0).clamp(0.0, 1.0 - length);
    (start, length)
}

fn add_normalised(map: &mut [f64], part: &[f64]) {
    let sum: f64 = part.iter().sum();
    if sum > f64::EPSILON {
        map.iter_mut().zip(part).for_each(|(m, p)| *m += p / sum);
    }
}

/// Squared magnitude of the inverse transform of the spectral residual.
fn residual(plane: &Plane) -> Vec<f64> {
    let low = plane.samples.iter().min().copied().unwrap_or(0);
    let high = plane.samples.iter().max().copied().unwrap_or(0);
    if high - low < 4 {
        // Rounding would be all that stands out.
        return vec![0.0; SIDE * SIDE];
    }
    let mut spectrum: Vec<Complex> = plane.samples.iter().map(|&v| (f64::from(v), 0.0)).collect();
    transform(&mut spectrum, -1.0);
    let magnitude = |c: &Complex| (c.0 * c.0 + c.1 * c.1).sqrt();
    let log: Vec<f64> = spectrum.iter().map(|c| (magnitude(c) + 1e-6).ln()).collect();
    let mean = box_mean(&log);
    for (c, (log, mean)) in spectrum.iter_mut().zip(log.iter().zip(mean)) {
        let scale = (log - mean).exp() / (magnitude(c) + 1e-6);
        *c = (c.0 * scale, c.1 * scale);
    }
    transform(&mut spectrum, 1.0);
    spectrum.iter().map(|c| c.0 * c.0 + c.1 * c.1).collect()
}

type Complex = (f64, f64);

/// Two-dimensional discrete Fourier transform, unscaled; `sign` -1 forwards, 1 back. Direct sums:
/// half a million products, a few milliseconds.
fn transform(values: &mut [Complex], sign: f64) {
    let roots: Vec<Complex> = (0..SIDE)
        .map(|k| (sign * TAU * k as f64 / SIDE as f64).sin_cos())
        .map(|(sin, cos)| (cos, sin))
        .collect();
    for line in 0..SIDE {
        transform_line(values, line * SIDE, 1, &roots);
    }
    for line in 0..SIDE {
        transform_line(values, line, SIDE, &roots);
    }
}

fn transform_line(values: &mut [Complex], start: usize, step: usize, roots: &[Complex]) {
    let line: Vec<Complex> = (0..SIDE).map(|i| values[start + i * step]).collect();
    for k in 0..SIDE {
        let mut sum = (0.0, 0.0);
        for (n, &(re, im)) in line.iter().enumerate() {
            let (cos, sin) = roots[k * n % SIDE];
            sum.0 += re * cos - im * sin;
            sum.1 += re * sin + im * cos;
        }
        values[start + k * step] = sum;
    }
}

/// Mean over 3 x 3 values; the spectrum wraps around.
fn box_mean(values: &[f64]) -> Vec<f64> {
    let at = |x: usize, y: usize| values[y % SIDE * SIDE + x % SIDE];
    let around = |i: usize| {
        let (x, y) = (i % SIDE + SIDE, i / SIDE + SIDE);
        (0..9).map(|d| at(x + d % 3 - 1, y + d / 3 - 1)).sum::<f64>() / 9.0
    };
    (0..values.len()).map(around).collect()
}

/// Gaussian of 2.5 cells in both directions, border left out.
fn smoothed(map: &[f64]) -> Vec<f64> {
    let kernel: Vec<f64> = (-7..=7).map(|d| (-f64::from(d * d) / 12.5).exp()).collect();
    let pass = |map: &[f64], step: usize| -> Vec<f64> {
        (0..map.len())
            .map(|i| {
                let at = (i / step % SIDE) as i32;
                let near = kernel.iter().zip(-7..=7).filter_map(|(k, d)| {
                    let inside = (0..SIDE as i32).contains(&(at + d));
                    inside.then(|| k * map[(i as i32 + d * step as i32) as usize])
                });
                near.sum()
            })
            .collect()
    };
    pass(&pass(map, 1), SIDE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::disc;

    #[test]
    fn finds_a_disc_wherever_it_is() {
        for (x, y) in [(0.3, 0.3), (0.7, 0.5), (0.5, 0.7), (0.25, 0.6)] {
            let picture = disc(600, 400, (x * 600.0, y * 400.0), 18.0);
            let found = subject(&picture);
            let inside = |start: f64, length: f64, at: f64| (start..start + length).contains(&at);
            assert!(
                inside(found.x, found.width, x) && inside(found.y, found.height, y),
                "{x} {y}: {found:?}"
            );
        }
    }

    #[test]
    fn a_picture_of_nothing_has_its_subject_in_the_middle() {
        let found = subject(&Picture::filled(300, 200, [90; 3]));
        assert_eq!(found.centre(), (0.5, 0.5));
    }

    #[test]
    fn the_transform_inverts_itself() {
        let original: Vec<Complex> =
            (0..SIDE * SIDE).map(|i| ((i * 37 % 101) as f64, 0.0)).collect();
        let mut values = original.clone();
        transform(&mut values, -1.0);
        transform(&mut values, 1.0);
        let scale = (SIDE * SIDE) as f64;
        for (a, b) in values.iter().zip(&original) {
            assert!((a.0 / scale - b.0).abs() < 1e-6 && (a.1 / scale).abs() < 1e-6);
        }
    }
}
