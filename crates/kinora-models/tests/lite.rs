//! The default space end to end, on the real weights: the references are those of its training.
//!
//! Needs `kinora models pull` (as `cargo xtask test` runs it) and fails with that hint without. Not
//! covered: how well it finds; that is `kinora eval`'s.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{fs, path::Path};

use kinora_models::{RuntimeOptions, Space, open_space};
use kinora_store::{Store, StoreConfig};
use kinora_testing::suite::embedder::check_space;
use kinora_types::{Embedding, Picture};
use serde_json::Value;

const NAME: &str = "clip-vit-b-16-lite";

/// Pictures of `parity.json` under their names in `samples/`.
const SAMPLES: [(&str, &str); 2] = [
    ("world_animals_animals_giraffe.webp", "giraffes.webp"),
    ("farm_animals_animals_horse.webp", "horses-on-a-ridge.webp"),
];

fn space() -> Space {
    let store = Store::open(StoreConfig::from_env()).unwrap();
    let opened = open_space(&store, NAME, &RuntimeOptions::from_env());
    opened.unwrap_or_else(|error| panic!("{error}: {}", error.hint().unwrap_or_default()))
}

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn parity() -> Value {
    let path = repository().join("models").join(NAME).join("parity.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect()
}

fn calibrated_mean() -> Vec<f32> {
    let path = repository().join("models").join(NAME).join("calibration.json");
    let calibration: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    match &calibration["image_mean"] {
        Value::Null => vec![0.0; 512],
        mean => numbers(mean),
    }
}

fn picture(name: &str) -> Picture {
    let decoded = image::open(repository().join("samples/pictures").join(name)).unwrap().to_rgb8();
    Picture::new(decoded.width(), decoded.height(), decoded.into_raw()).unwrap()
}

/// Cosine of a vector with unnormalised numbers.
fn cosine(a: &Embedding, b: &[f32]) -> f32 {
    let dot: f32 = a.values().iter().zip(b).map(|(a, b)| a * b).sum();
    dot / b.iter().map(|b| b * b).sum::<f32>().sqrt()
}

#[test]
fn words_agree_with_the_training() {
    let (space, parity) = (space(), parity());
    for (text, reference) in parity["texts"].as_object().unwrap() {
        let vector = &space.text().embed(&[text]).unwrap()[0];
        let reference = numbers(&reference["vector"]);
        let apart = vector.values().iter().zip(&reference).map(|(a, b)| (a - b).abs());
        let apart = apart.fold(0.0, f32::max);
        assert!(apart < 1e-4, "`{text}`: {apart} apart");
    }
}

#[test]
fn pictures_agree_with_the_training() {
    let (space, parity, mean) = (space(), parity(), calibrated_mean());
    for (theirs, ours) in SAMPLES {
        let prepared = space.image().prepare(&picture(ours)).unwrap();
        let side = prepared.side;
        for pixel in parity["pixels"][theirs].as_array().unwrap() {
            let at = numbers(&pixel["at"]);
            let index = (at[0] as usize * side + at[1] as usize) * side + at[2] as usize;
            let apart = prepared.values[index] - pixel["value"].as_f64().unwrap() as f32;
            assert!(apart.abs() < 1e-5, "{theirs} at {at:?}: {apart}");
        }
        let vector = &space.image().embed(&[prepared]).unwrap()[0];
        let reference = numbers(&parity["images"][theirs]["vector"]);
        let centred: Vec<f32> = reference.iter().zip(&mean).map(|(v, m)| v - m).collect();
        let cosine = cosine(vector, &centred);
        // Another processor may add the f32 parts in another order; int8 rounding makes much of it.
        assert!(cosine > 0.98, "{theirs}: {cosine}");
    }
}

#[test]
fn the_space_conforms() {
    let space = space();
    assert_eq!(space.space().name, NAME);
    check_space(space.image(), space.text());
    let scores = space.text().score_model();
    assert!(scores.duplicate_threshold > 0.5 && scores.duplicate_threshold < 1.0);
}

#[test]
fn a_provider_that_the_library_lacks_is_an_error() {
    let store = Store::open(StoreConfig::from_env()).unwrap();
    // The store's library for Linux is built for the CPU.
    let provider = if cfg!(target_os = "macos") { "cuda" } else { "coreml" };
    let options = RuntimeOptions { provider: Some(provider.into()), ..RuntimeOptions::from_env() };
    let space = open_space(&store, NAME, &options).unwrap();
    let error = space.text().embed(&["cat"]).unwrap_err();
    let kinora_inference::InferenceError::Missing { message, hint } = error else {
        panic!("{error}");
    };
    assert!(message.contains(provider) && hint.contains("KINORA_ONNXRUNTIME"), "{message}: {hint}");
}
