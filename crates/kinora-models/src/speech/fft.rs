//! Discrete Fourier transform of short real frames, of any length with small prime factors.
//!
//! Whisper's frames have 400 samples, no power of two. Cooley and Tukey 1965, decimation in time.

use std::f64::consts::TAU;

/// Re and im.
type Complex = (f32, f32);

/// The transform of one length.
pub(super) struct Fft {
    /// `exp(-2 pi i k / n)`.
    roots: Vec<Complex>,
    scratch: usize,
}

impl Fft {
    pub(super) fn new(length: usize) -> Self {
        let root = |k: usize| {
            let angle = -TAU * k as f64 / length as f64;
            (angle.cos() as f32, angle.sin() as f32)
        };
        let largest = std::iter::successors(Some(length), |n| Some(n / factor(*n)));
        let largest = largest.take_while(|n| *n > 1).map(factor).max().unwrap_or(1);
        Self { roots: (0..length).map(root).collect(), scratch: largest }
    }

    /// |X_k|^2 for k up to half of the length.
    pub(super) fn power(&self, frame: &[f32], power: &mut [f32]) {
        let mut out = vec![(0.0, 0.0); self.roots.len()];
        let mut scratch = vec![(0.0, 0.0); self.scratch];
        self.transform(frame, 1, &mut out, &mut scratch);
        for (power, (re, im)) in power.iter_mut().zip(&out) {
            *power = re * re + im * im;
        }
    }

    /// Transforms every `stride`th value of `input` into `out`.
    fn transform(
        &self,
        input: &[f32],
        stride: usize,
        out: &mut [Complex],
        scratch: &mut [Complex],
    ) {
        let n = out.len();
        if n == 1 {
            out[0] = (input[0], 0.0);
            return;
        }
        let radix = factor(n);
        let part = n / radix;
        for (q, out) in out.chunks_exact_mut(part).enumerate() {
            self.transform(&input[q * stride..], stride * radix, out, scratch);
        }
        for k in 0..part {
            for q in 0..radix {
                scratch[q] = times(out[q * part + k], self.root(q * k, n));
            }
            for r in 0..radix {
                let terms = scratch[..radix].iter().enumerate();
                out[r * part + k] = terms.fold((0.0, 0.0), |(re, im), (q, value)| {
                    let term = times(*value, self.root(q * r, radix));
                    (re + term.0, im + term.1)
                });
            }
        }
    }

    /// `exp(-2 pi i k / n)` for an `n` that divides the length.
    fn root(&self, k: usize, n: usize) -> Complex {
        self.roots[k % n * (self.roots.len() / n)]
    }
}

fn times(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// The smallest prime factor.
fn factor(n: usize) -> usize {
    (2..).take_while(|p| p * p <= n).find(|p| n.is_multiple_of(*p)).unwrap_or(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_the_definition() {
        for n in [1usize, 2, 5, 12, 49, 400] {
            let frame: Vec<f32> =
                (0..n).map(|i| ((i * i * 7 + 3) % 23) as f32 / 23.0 - 0.4).collect();
            let mut power = vec![0.0; n / 2 + 1];
            Fft::new(n).power(&frame, &mut power);
            for (k, power) in power.iter().enumerate() {
                let part = |f: fn(f64) -> f64| -> f64 {
                    let term =
                        |(i, v): (usize, &f32)| f64::from(*v) * f(TAU * (i * k) as f64 / n as f64);
                    frame.iter().enumerate().map(term).sum()
                };
                let expected = part(f64::cos).powi(2) + part(f64::sin).powi(2);
                assert!((f64::from(*power) - expected).abs() < 1e-4 * (1.0 + expected), "{n}, {k}");
            }
        }
    }
}
