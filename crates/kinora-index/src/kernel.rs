//! Dot products: the inner loops of every search.
//!
//! On x86-64 there is a second version of each for AVX2, chosen at run time. Floats are summed in one
//! fixed order of lanes without fused multiply-add, and integer sums are exact, so that a score has the
//! same bits whichever version ran.

#![allow(unsafe_code, reason = "instructions of the processor")]

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

macro_rules! dispatch {
    ($(#[$doc:meta])* $vis:vis $name:ident, $portable:path, $wide:path, $a:ty, $b:ty, $sum:ty) => {
        $(#[$doc])*
        $vis fn $name(a: &[$a], b: &[$b]) -> $sum {
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has AVX2, as was just asked.
                return unsafe { $wide(a, b) };
            }
            $portable(a, b)
        }
    };
}

dispatch!(
    /// Dot product of two vectors of one length; same bits on every machine; 6 times a plain loop.
    pub dot, dot_lanes, avx2::dot, f32, f32, f32
);
dispatch!(
    /// Dot product of a query of 12 bits with a code of 8. Fits 32 bits up to 8192 dimensions.
    pub(crate) dot_wide, dot_integers, avx2::dot_wide, i16, i8, i32
);
dispatch!(
    /// Dot product of two codes.
    pub(crate) dot_codes, dot_integers, avx2::dot_codes, i8, i8, i32
);

/// Asks for the cache lines of a code that is needed soon. A filter's points lie scattered, and waiting
/// for each of them costs more than comparing it.
pub(crate) fn prefetch(code: &[i8]) {
    #[cfg(target_arch = "x86_64")]
    for line in code.chunks(64) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: SSE is part of x86-64, and a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = code;
}

/// Integer sums do not depend on order.
fn dot_integers<A: Copy + Into<i32>, B: Copy + Into<i32>>(a: &[A], b: &[B]) -> i32 {
    a.iter().zip(b).map(|(x, y)| (*x).into() * (*y).into()).sum()
}

/// The compiler finds `vpmaddwd` by itself, but only for half registers: these use whole ones.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_loadu_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16,
        _mm256_loadu_si256, _mm256_madd_epi16, _mm256_setzero_si256, _mm256_storeu_si256,
    };

    const STEP: usize = 16;

    #[target_feature(enable = "avx2")]
    pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
        super::dot_lanes(a, b)
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn dot_wide(a: &[i16], b: &[i8]) -> i32 {
        sum(a, b, |a| {
            // SAFETY: `sum` hands over 16 values, 32 bytes.
            unsafe { _mm256_loadu_si256(a.as_ptr().cast::<__m256i>()) }
        })
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn dot_codes(a: &[i8], b: &[i8]) -> i32 {
        sum(a, b, |a| widen(a))
    }

    /// 16 bytes as 16-bit integers.
    #[target_feature(enable = "avx2")]
    fn widen(bytes: &[i8]) -> __m256i {
        debug_assert_eq!(bytes.len(), STEP);
        // SAFETY: callers hand over 16 values, 16 bytes.
        _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(bytes.as_ptr().cast::<__m128i>()) })
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    fn sum<A: Copy + Into<i32>>(a: &[A], b: &[i8], load: impl Fn(&[A]) -> __m256i) -> i32 {
        let (a_steps, b_steps) = (a.chunks_exact(STEP), b.chunks_exact(STEP));
        let rest = super::dot_integers(a_steps.remainder(), b_steps.remainder());
        let mut sums = _mm256_setzero_si256();
        for (x, y) in a_steps.zip(b_steps) {
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(load(x), widen(y)));
        }
        let mut lanes = [0i32; 8];
        // SAFETY: 8 lanes of 4 bytes are the register's 32 bytes.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast::<__m256i>(), sums) };
        lanes.iter().sum::<i32>() + rest
    }
}

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
