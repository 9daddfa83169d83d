//! PIL's `Image.resize` for 8-bit RGB, bit for bit (Pillow `src/libImaging/Resample.c`).
//!
//! Two passes, columns first, each in fixed point with 22 fractional bits and rounded to u8, with the
//! filter stretched when it shrinks (antialias). `fast_image_resize` is faster but up to 5 of
//! 255 steps away, which int8 networks turn into a cosine of 0.97; this costs some ms against a
//! network's hundred. Memory: the picture between the passes, 3 bytes a pixel.

/// The filter of a resize.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Triangle, PIL's `BILINEAR`.
    Bilinear,
    /// Keys with a = -0.5, PIL's `BICUBIC`.
    Bicubic,
}

const PRECISION: u32 = 32 - 8 - 2;
const HALF: i32 = 1 << (PRECISION - 1);

impl Filter {
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        const A: f64 = -0.5;
        let x = x.abs();
        match self {
            Self::Bilinear if x < 1.0 => 1.0 - x,
            Self::Bicubic if x < 1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
            _ => 0.0,
        }
    }
}

/// The inputs of one output: where they start, and their weights.
struct Taps {
    start: usize,
    weights: Vec<i32>,
}

fn taps(filter: Filter, from: u32, to: u32) -> Vec<Taps> {
    let scale = f64::from(from) / f64::from(to);
    let stretch = scale.max(1.0);
    let support = filter.support() * stretch;
    let one = |index: u32| {
        let centre = (f64::from(index) + 0.5) * scale;
        let start = (centre - support + 0.5).max(0.0) as usize;
        let end = ((centre + support + 0.5) as usize).min(from as usize);
        let weight = |x: usize| filter.weight((x as f64 - centre + 0.5) * (1.0 / stretch));
        let weights: Vec<f64> = (start..end).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        let fixed = |w: &f64| (w / sum * f64::from(1 << PRECISION)).round() as i32;
        Taps { start, weights: weights.iter().map(fixed).collect() }
    };
    (0..to).map(one).collect()
}

/// Resizes `rgb` of `width` x `height` to `to`.
pub fn resize(rgb: &[u8], (width, height): (u32, u32), to: (u32, u32), filter: Filter) -> Vec<u8> {
    let columns = if width == to.0 { rgb.to_vec() } else { across(rgb, width, to.0, filter) };
    if height == to.1 {
        return columns;
    }
    down(&columns, height, to, filter)
}

fn across(rgb: &[u8], width: u32, to: u32, filter: Filter) -> Vec<u8> {
    let taps = taps(filter, width, to);
    let mut out = Vec::with_capacity(rgb.len() / width as usize * to as usize);
    for row in rgb.chunks_exact(width as usize * 3) {
        for tap in &taps {
            let mut sum = [HALF; 3];
            let pixels = row[tap.start * 3..].chunks_exact(3);
            for (pixel, weight) in pixels.zip(&tap.weights) {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += i32::from(*value) * weight;
                }
            }
            out.extend(sum.map(clip));
        }
    }
    out
}

fn down(rgb: &[u8], height: u32, to: (u32, u32), filter: Filter) -> Vec<u8> {
    let stride = to.0 as usize * 3;
    let mut out = Vec::with_capacity(stride * to.1 as usize);
    let mut sums = vec![HALF; stride];
    for tap in taps(filter, height, to.1) {
        sums.fill(HALF);
        let rows = rgb[tap.start * stride..].chunks_exact(stride);
        for (row, weight) in rows.zip(&tap.weights) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += i32::from(*value) * weight);
        }
        out.extend(sums.iter().map(|sum| clip(*sum)));
    }
    out
}

fn clip(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one() {
        for filter in [Filter::Bilinear, Filter::Bicubic] {
            for (from, to) in [(500, 224), (224, 500), (3, 1), (1, 3), (1000, 7)] {
                for tap in taps(filter, from, to) {
                    let sum: i32 = tap.weights.iter().sum();
                    assert!((sum - (1 << PRECISION)).abs() <= tap.weights.len() as i32);
                    assert!(tap.start + tap.weights.len() <= from as usize);
                }
            }
        }
    }
}
