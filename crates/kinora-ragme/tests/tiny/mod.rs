//! The fixtures of `fixtures/make_ragme.py` and the tiny base of `kinora-diffusion`.

#![allow(dead_code, clippy::unwrap_used, reason = "helpers of several tests, which may panic")]

use std::{collections::HashMap, path::PathBuf};

use candle_core::{DType, Device, Tensor};
use kinora_diffusion::{Noise, UNet3DConditionModel, Weights};
use kinora_ragme::{RagmeConfig, Retrieved};

/// Largest difference to the reference that is let pass, in `f32`.
pub(crate) const TOLERANCE: f32 = 1e-4;
pub(crate) const CPU: Device = Device::Cpu;

pub(crate) fn fixtures() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

pub(crate) fn base() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../kinora-diffusion/fixtures/tiny"))
}

pub(crate) fn unet() -> UNet3DConditionModel {
    UNet3DConditionModel::open(&base().join("unet"), DType::F32, &CPU).unwrap()
}

pub(crate) fn config() -> RagmeConfig {
    RagmeConfig {
        embed_dim: 32,
        enhancer_layers: 2,
        enhancer_heads: 2,
        heads: 4,
        ..RagmeConfig::default()
    }
}

pub(crate) struct Kept(HashMap<String, Tensor>);

impl Kept {
    pub(crate) fn open(file: &str) -> Self {
        Self(candle_core::safetensors::load(fixtures().join(file), &CPU).unwrap())
    }

    pub(crate) fn get(&self, name: &str) -> &Tensor {
        self.0.get(name).unwrap_or_else(|| panic!("no `{name}`"))
    }

    pub(crate) fn retrieved(&self, prefix: &str) -> Retrieved {
        let get = |name: &str| self.get(&format!("{prefix}{name}")).clone();
        Retrieved { embeddings: get("embeddings"), mask: get("mask") }
    }

    /// The tensors below a name, with the rows of the timestep embedding where they belong.
    pub(crate) fn weights(&self, prefix: &str) -> Weights {
        let below = self.0.iter().filter_map(|(name, t)| {
            let name = name.strip_prefix(prefix)?.strip_prefix('.')?.to_owned();
            let t = if name.ends_with("emb.weight") { spread(t) } else { t.clone() };
            (!name.ends_with("out")).then_some((name, t))
        });
        Weights::from_tensors(below.collect::<Vec<_>>(), DType::F32, &CPU).unwrap()
    }
}

/// Rows 3 and 999 of a table of 1000.
fn spread(rows: &Tensor) -> Tensor {
    let width = rows.dim(1).unwrap();
    let zeros = |n: usize| Tensor::zeros((n, width), DType::F32, &CPU).unwrap();
    let (first, last) = (rows.narrow(0, 0, 1).unwrap(), rows.narrow(0, 1, 1).unwrap());
    Tensor::cat(&[zeros(3), first, zeros(995), last], 0).unwrap()
}

pub(crate) fn normal(seed: u64, shape: &[usize]) -> Tensor {
    Noise::new(seed).normal(shape, &CPU).unwrap()
}

pub(crate) fn difference(a: &Tensor, b: &Tensor) -> f32 {
    assert_eq!(a.dims(), b.dims());
    (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
}

/// Fails when two tensors differ by more than [`TOLERANCE`] anywhere.
pub(crate) fn agree(what: &str, ours: &Tensor, reference: &Tensor) {
    let worst = difference(ours, reference);
    println!("{what}: {worst:.1e}");
    assert!(worst <= TOLERANCE, "{what}: {worst:e}");
}

/// The bits of every number.
pub(crate) fn bits(x: &Tensor) -> Vec<u32> {
    let numbers = x.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    numbers.into_iter().map(f32::to_bits).collect()
}
