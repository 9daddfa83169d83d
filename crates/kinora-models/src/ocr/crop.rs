//! A quadrilateral of a picture made straight, as OpenCV's `warpPerspective` with cubic samples does it.

use kinora_types::Picture;

use super::rectangle::{Corners, distance};

/// Fractional steps between two pixels in OpenCV.
const STEPS: usize = 32;
/// Pixels of the longest side of a crop: more than any line of a picture within bounds has.
const LONGEST: f32 = 4096.0;

/// The part of `picture` inside `corners`, straight: as wide as the longer of its upper and lower
/// sides and as high as the longer of the others, in whole pixels. What lies outside repeats the edge.
pub(super) fn straighten(picture: &Picture, corners: &Corners) -> Picture {
    let [a, b, c, d] = *corners;
    let side = |one: f32, other: f32| one.max(other).clamp(1.0, LONGEST).trunc();
    let width = side(distance(a, b), distance(d, c));
    let height = side(distance(a, d), distance(b, c));
    let map = Homography::from_square(corners);
    let weights = cubic();
    let mut out = Picture::filled(width as u32, height as u32, [0; 3]);
    for (index, pixel) in out.rgb_mut().chunks_exact_mut(3).enumerate() {
        let (row, column) = (index / width as usize, index % width as usize);
        let at = map.apply(column as f64 / f64::from(width), row as f64 / f64::from(height));
        pixel.copy_from_slice(&sample(picture, &weights, at));
    }
    out
}

/// The projective map of the unit square onto a quadrilateral (Heckbert 1989, section 2.2.3).
struct Homography([f64; 8]);

impl Homography {
    fn from_square(corners: &Corners) -> Self {
        let [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = corners.map(|p| p.map(f64::from));
        let (dx1, dx2, sx) = (x1 - x2, x3 - x2, x0 - x1 + x2 - x3);
        let (dy1, dy2, sy) = (y1 - y2, y3 - y2, y0 - y1 + y2 - y3);
        let determinant = dx1 * dy2 - dx2 * dy1;
        let (g, h) = if determinant == 0.0 {
            (0.0, 0.0)
        } else {
            ((sx * dy2 - dx2 * sy) / determinant, (dx1 * sy - sx * dy1) / determinant)
        };
        Self([x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h])
    }

    fn apply(&self, u: f64, v: f64) -> [f64; 2] {
        let [a, b, c, d, e, f, g, h] = self.0;
        let w = g * u + h * v + 1.0;
        [(a * u + b * v + c) / w, (d * u + e * v + f) / w]
    }
}

/// Weights of four neighbours for each step (Keys 1981 with a = -0.75, as OpenCV has it).
fn cubic() -> [[f32; 4]; STEPS] {
    const A: f32 = -0.75;
    std::array::from_fn(|step| {
        let x = step as f32 / STEPS as f32;
        let outer = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
        let inner = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
        [outer(x + 1.0), inner(x), inner(1.0 - x), outer(2.0 - x)]
    })
}

fn sample(picture: &Picture, weights: &[[f32; 4]; STEPS], at: [f64; 2]) -> [u8; 3] {
    let [(x, across), (y, down)] = at.map(|v| {
        let fine = (v * STEPS as f64).round() as i64;
        let steps = STEPS as i64;
        (fine.div_euclid(steps), &weights[fine.rem_euclid(steps) as usize])
    });
    let inside = |v: i64, side: u32| v.clamp(0, i64::from(side) - 1) as usize;
    let mut sums = [0.0f32; 3];
    for (dy, down) in down.iter().enumerate() {
        let row = inside(y - 1 + dy as i64, picture.height()) * picture.width() as usize;
        for (dx, across) in across.iter().enumerate() {
            let from = (row + inside(x - 1 + dx as i64, picture.width())) * 3;
            for (sum, value) in sums.iter_mut().zip(&picture.rgb()[from..from + 3]) {
                *sum += f32::from(*value) * across * down;
            }
        }
    }
    sums.map(|sum| sum.round().clamp(0.0, 255.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: u32, height: u32) -> Picture {
        let pixel = |i: u32| [(i % width * 3) as u8, (i / width * 5) as u8, 7];
        Picture::new(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
    }

    #[test]
    fn an_upright_crop_copies_pixels() {
        let crop = straighten(&ramp(40, 30), &[[10., 5.], [30., 5.], [30., 15.], [10., 15.]]);
        assert_eq!((crop.width(), crop.height()), (20, 10));
        assert_eq!(crop.rgb()[..3], [30, 25, 7]);
        assert_eq!(crop.rgb()[(9 * 20 + 19) * 3..], [29 * 3, 14 * 5, 7]);
    }

    #[test]
    fn corners_go_to_corners_in_perspective() {
        let corners = [[3., 4.], [30., 2.], [33., 25.], [1., 20.]];
        let map = Homography::from_square(&corners);
        for (u, v, [x, y]) in
            [(0., 0., corners[0]), (1., 0., corners[1]), (1., 1., corners[2]), (0., 1., corners[3])]
        {
            let at = map.apply(u, v);
            assert!((at[0] - f64::from(x)).abs() < 1e-9 && (at[1] - f64::from(y)).abs() < 1e-9);
        }
    }

    #[test]
    fn weights_sum_to_one_and_nothing_is_read_outside() {
        for weights in cubic() {
            assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        let grey = Picture::filled(8, 8, [90; 3]);
        let crop = straighten(&grey, &[[-9., -9.], [20., -5.], [20., 20.], [-9., 20.]]);
        assert!(crop.rgb().iter().all(|v| *v == 90));
    }
}
