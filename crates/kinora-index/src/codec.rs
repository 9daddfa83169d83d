//! Vectors as bytes, with a proven bound of the error that this brings.
//!
//! A code is `dimension` signed bytes followed by three little-endian `f32`: the scale, the norm of
//! what the code decodes to, and the norm of what was lost. With query q = q' + dq and vector
//! x = x' + dx, Cauchy-Schwarz gives |q·x - q'·x'| <= |q| |dx| + |dq| |x'|, so a scan over codes can
//! name every point that may be among the best, and only those are rescored: the result is exact.
//!
//! Memory: `dimension + 12` bytes a code, 524 for 512 dimensions.

use crate::kernel;

const TRAILER: usize = 12;
/// 12 bits and a sign: sums stay within 32 bits, and the query's own loss hardly counts.
const QUERY_LEVELS: f32 = 2047.0;
const CODE_LEVELS: f32 = 127.0;
/// What 32-bit sums of products can be off by, relative to the norms; far above the true rounding.
const ROUNDING: f32 = 1e-5;

/// Bytes of one code.
pub(crate) fn stride(dimension: usize) -> usize {
    dimension + TRAILER
}

/// Appends the code of a vector.
pub(crate) fn encode(vector: &[f32], out: &mut Vec<i8>) {
    let scale = largest(vector) / CODE_LEVELS;
    let level = |v: f32| {
        if scale > 0.0 { (v / scale).round() } else { 0.0 }
    };
    let start = out.len();
    out.extend(vector.iter().map(|v| level(*v) as i8));
    let code = &out[start..];
    let lost = vector.iter().zip(code).map(|(v, c)| (v - f32::from(*c) * scale).powi(2));
    let lost = lost.sum::<f32>().sqrt();
    let norm = scale * (kernel::dot_codes(code, code) as f32).sqrt();
    for value in [scale, norm, lost] {
        out.extend(value.to_le_bytes().map(|byte| byte as i8));
    }
}

fn largest(vector: &[f32]) -> f32 {
    vector.iter().fold(0f32, |most, v| most.max(v.abs()))
}

fn trailer(code: &[i8], field: usize) -> f32 {
    let at = code.len() - TRAILER + 4 * field;
    f32::from_le_bytes([code[at] as u8, code[at + 1] as u8, code[at + 2] as u8, code[at + 3] as u8])
}

/// Estimated dot product of two codes.
pub(crate) fn estimate(a: &[i8], b: &[i8]) -> f32 {
    let dimension = a.len() - TRAILER;
    kernel::dot_codes(&a[..dimension], &b[..dimension]) as f32 * trailer(a, 0) * trailer(b, 0)
}

/// A query made ready to be compared with many codes.
pub(crate) struct WideQuery {
    levels: Vec<i16>,
    scale: f32,
    norm: f32,
    lost: f32,
}

impl WideQuery {
    pub(crate) fn new(vector: &[f32]) -> Self {
        let scale = largest(vector) / QUERY_LEVELS;
        let level = |v: f32| {
            if scale > 0.0 { (v / scale).round() as i16 } else { 0 }
        };
        let levels: Vec<i16> = vector.iter().map(|v| level(*v)).collect();
        let lost = vector.iter().zip(&levels).map(|(v, l)| (v - f32::from(*l) * scale).powi(2));
        Self {
            lost: lost.sum::<f32>().sqrt(),
            norm: kernel::dot(vector, vector).sqrt(),
            scale,
            levels,
        }
    }

    /// Lower and upper bound of the true dot product.
    pub(crate) fn bounds(&self, code: &[i8]) -> (f32, f32) {
        let dimension = self.levels.len();
        let dot = kernel::dot_wide(&self.levels, &code[..dimension]) as f32;
        let (scale, norm, lost) = (trailer(code, 0), trailer(code, 1), trailer(code, 2));
        let estimate = dot * self.scale * scale;
        let error = self.norm * lost + self.lost * norm + ROUNDING * self.norm * (norm + lost);
        (estimate - error, estimate + error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vector() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-3f32..3.0, 96)
    }

    proptest! {
        #[test]
        fn bounds_hold(query in vector(), x in vector(), zero in 0usize..20) {
            let mut x = x;
            if zero == 0 {
                x.fill(0.0);
            }
            let mut code = Vec::new();
            encode(&x, &mut code);
            prop_assert_eq!(code.len(), stride(x.len()));
            let (low, high) = WideQuery::new(&query).bounds(&code);
            let truth = kernel::dot(&query, &x);
            prop_assert!(low <= truth && truth <= high, "{} {} {}", low, truth, high);
            prop_assert!(high - low < 3.0, "{} {}", low, high);
        }
    }
}
