//! Seeded Gaussian noise: the same numbers for the same seed, on every machine and in every version.
//!
//! `SplitMix64` (Steele, Lea and Flood 2014) and the Box-Muller transform. Not torch's numbers: a seed names
//! another video there.

use candle_core::{DType, Device, Result, Shape, Tensor};

/// A stream of random numbers.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    state: u64,
}

impl Noise {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A stream as after `count` numbers of it were drawn.
    pub fn state(&self) -> u64 {
        self.state
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in 0..`bound`; `bound` at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        ((self.uniform() * bound as f64) as usize).min(bound.saturating_sub(1))
    }

    fn pair(&mut self) -> [f32; 2] {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        let angle = std::f64::consts::TAU * self.uniform();
        [(radius * angle.cos()) as f32, (radius * angle.sin()) as f32]
    }

    /// Standard normal numbers in `f32` of a shape, made on the CPU and moved to the device.
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn normal(&mut self, shape: impl Into<Shape>, device: &Device) -> Result<Tensor> {
        let shape = shape.into();
        let count = shape.elem_count();
        let numbers: Vec<f32> =
            (0..count.div_ceil(2)).flat_map(|_| self.pair()).take(count).collect();
        Tensor::from_vec(numbers, shape, device)
    }

    /// Uniform numbers in [-`bound`, `bound`).
    pub(crate) fn spread(
        &mut self,
        shape: &Shape,
        bound: f64,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        let mut draw = || ((self.uniform() * 2.0 - 1.0) * bound) as f32;
        let numbers: Vec<f32> = (0..shape.elem_count()).map(|_| draw()).collect();
        Tensor::from_vec(numbers, shape.clone(), device)?.to_dtype(dtype)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_names_its_numbers() {
        let draw = |seed: u64| {
            let drawn = Noise::new(seed).normal((1001,), &Device::Cpu).unwrap();
            drawn.to_vec1::<f32>().unwrap()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_eq!(Noise::new(0).bits(), 0xe220_a839_7b1d_cdaf, "the reference's first number");
        let numbers = draw(3);
        let mean = numbers.iter().sum::<f32>() / 1001.0;
        let square = numbers.iter().map(|n| n * n).sum::<f32>() / 1001.0;
        assert!(mean.abs() < 0.1 && (square - 1.0).abs() < 0.15, "{mean} {square}");
    }
}
