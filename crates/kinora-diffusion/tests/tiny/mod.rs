//! The fixtures of `fixtures/make_diffusion.py`.

#![allow(dead_code, clippy::unwrap_used, reason = "helpers of several tests, which may panic")]

use std::{collections::HashMap, path::PathBuf};

use candle_core::{DType, Device, Tensor};
use kinora_diffusion::Weights;
use serde_json::Value;

/// Largest difference to the reference that is let pass, in `f32`.
pub(crate) const TOLERANCE: f32 = 1e-4;

pub(crate) fn fixtures() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"))
}

pub(crate) fn folder() -> PathBuf {
    fixtures().join("tiny")
}

pub(crate) fn expected() -> Value {
    let text = std::fs::read_to_string(fixtures().join("expected.json")).unwrap();
    serde_json::from_str(&text.replace(": -Infinity", ": null")).unwrap()
}

/// Inputs and outputs of the reference by name.
pub(crate) struct Activations(HashMap<String, Tensor>);

impl Activations {
    pub(crate) fn open() -> Self {
        let file = fixtures().join("activations.safetensors");
        Self(candle_core::safetensors::load(file, &Device::Cpu).unwrap())
    }

    pub(crate) fn get(&self, name: &str) -> &Tensor {
        self.0.get(name).unwrap_or_else(|| panic!("no `{name}`"))
    }
}

/// The UNet's tensors below a name.
pub(crate) fn unet_weights(prefix: &str) -> Weights {
    let file = folder().join("unet/diffusion_pytorch_model.safetensors");
    let all = candle_core::safetensors::load(file, &Device::Cpu).unwrap();
    let below = all.into_iter().filter_map(|(name, t)| {
        Some((name.strip_prefix(prefix)?.strip_prefix('.')?.to_owned(), t))
    });
    Weights::from_tensors(below.collect::<Vec<_>>(), DType::F32, &Device::Cpu).unwrap()
}

pub(crate) fn difference(a: &Tensor, b: &Tensor) -> f32 {
    assert_eq!(a.dims(), b.dims());
    let a = a.to_dtype(DType::F32).unwrap();
    (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar().unwrap()
}

/// Fails when two tensors differ by more than [`TOLERANCE`] anywhere.
pub(crate) fn agree(what: &str, ours: &Tensor, reference: &Tensor) {
    let worst = difference(ours, reference);
    println!("{what}: {worst:.1e}");
    assert!(worst <= TOLERANCE, "{what}: {worst:e}");
}
