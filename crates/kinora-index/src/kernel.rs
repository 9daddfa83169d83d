//! Dot products: the inner loops of every search.
//!
//! One source for all machines, compiled twice on x86-64 (baseline and AVX2) and chosen at run time.
//! Lanes are summed in one fixed order without fused multiply-add, so that a score has the same bits
//! whichever of them ran.

const LANES: usize = 32;

#[inline(always)]
fn dot_lanes(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_chunks.remainder().iter().zip(b_chunks.remainder());
    let tail: f32 = rest.map(|(x, y)| x * y).sum();
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
        width /= 2;
    }
    sums[0] + tail
}

/// Integer sums do not depend on order. Fits 32 bits up to 8192 dimensions if |a| <= 2047, |b| <= 127.
#[inline(always)]
fn dot_wide_lanes(a: &[i16], b: &[i8]) -> i32 {
    a.iter()
        .zip(b)
        .map(|(x, y)| i32::from(*x) * i32::from(*y))
        .sum()
}

#[inline(always)]
fn dot_codes_lanes(a: &[i8], b: &[i8]) -> i32 {
    a.iter()
        .zip(b)
        .map(|(x, y)| i32::from(*x) * i32::from(*y))
        .sum()
}

macro_rules! dispatch {
    ($(#[$doc:meta])* $name:ident, $lanes:ident, $a:ty, $b:ty, $sum:ty) => {
        $(#[$doc])*
        pub(crate) fn $name(a: &[$a], b: &[$b]) -> $sum {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn wide(a: &[$a], b: &[$b]) -> $sum {
                    $lanes(a, b)
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has AVX2, as was just asked.
                    return unsafe { wide(a, b) };
                }
            }
            $lanes(a, b)
        }
    };
}

dispatch!(
    /// Dot product of two vectors of one length.
    dot, dot_lanes, f32, f32, f32
);
dispatch!(
    /// Dot product of a query of 12 bits with a code of 8.
    dot_wide, dot_wide_lanes, i16, i8, i32
);
dispatch!(
    /// Dot product of two codes.
    dot_codes, dot_codes_lanes, i8, i8, i32
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_path_gives_the_same_bits(a in prop::collection::vec(-1f32..1.0, 0..200)) {
            let b: Vec<f32> = a.iter().rev().copied().collect();
            prop_assert_eq!(dot(&a, &b).to_bits(), dot_lanes(&a, &b).to_bits());
            let plain: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
            prop_assert!((f64::from(dot(&a, &b)) - plain).abs() < 1e-4);
        }

        #[test]
        fn codes_agree(a in prop::collection::vec(-127i8..=127, 0..200)) {
            let wide: Vec<i16> = a.iter().map(|v| i16::from(*v) * 16).collect();
            let plain: i32 = a.iter().map(|v| i32::from(*v) * i32::from(*v)).sum();
            prop_assert_eq!(dot_codes(&a, &a), plain);
            prop_assert_eq!(dot_wide(&wide, &a), plain * 16);
        }
    }
}
