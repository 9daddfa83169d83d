//! Tiny random CLIP and SigLIP models of `transformers` against our preprocessing and towers, to 1e-4.
//!
//! They come through the store from a hub on loopback, as the real ones do from the real hub; the
//! runtime is the store's (`kinora models pull onnxruntime`). Fixtures: `fixtures/make_fixtures.py`.
//! Not covered: the published weights themselves, which need a network.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{fs, path::PathBuf};

use kinora_models::{RuntimeOptions, Space, open_space};
use kinora_store::{Manifest, PullEvent, Store, StoreConfig, StoreError};
use kinora_testing::{
    server::{Behaviour, Server},
    suite::embedder::check_space,
};
use kinora_types::{Control, Embedding, Picture};
use serde_json::Value;

const SIDE: usize = 64;

fn fixtures(family: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).join(family)
}

fn manifest(family: &str, dimension: usize, length: usize) -> Manifest {
    let mut text = format!(
        "version = 1\ndefault_space = \"tiny\"\n[[space]]\nname = \"tiny\"\ndimension = {dimension}\n\
         side = {SIDE}\npreprocess = \"{family}\"\nbatching = \"batch\"\nimage = \"vision\"\n\
         text = {{ kind = \"{family}\", weights = \"text\", tokenizer = \"tokenizer\", length = {length} }}\n\
         duplicate_threshold = 0.9\n"
    );
    for (id, file) in
        [("vision", "vision.onnx"), ("text", "text.onnx"), ("tokenizer", "tokenizer.json")]
    {
        text += &format!(
            "[[artifact]]\nid = \"{id}\"\njob = \"test\"\nlicence = \"MIT\"\n[[artifact.file]]\n\
             name = \"{file}\"\nsources = [{{ hub = \"a/b\", revision = \"main\", path = \"{file}\" }}]\n"
        );
    }
    Manifest::parse(&text).unwrap()
}

/// The space `tiny` of a family, pulled from a hub on loopback into `folder`.
fn tiny(folder: &tempfile::TempDir, family: &str, dimension: usize, length: usize) -> Space {
    let server =
        Server::start(Behaviour { folder: Some(fixtures(family)), ..Behaviour::default() });
    let config = StoreConfig {
        cache_dir: Some(folder.path().into()),
        hub_endpoint: server.endpoint.clone(),
        ..StoreConfig::default()
    };
    let store = Store::with_manifest(config, manifest(family, dimension, length)).unwrap();
    let mut quiet = |_: &PullEvent<'_>| ();
    store.pull(&["vision", "text", "tokenizer"], &mut quiet, &Control::default()).unwrap();
    assert_eq!(server.seen.lock().unwrap().len(), 6, "a question and a transfer for each");
    open_space(&store, "tiny", &RuntimeOptions { library: Some(library()), provider: None })
        .unwrap()
}

/// The real runtime.
fn library() -> PathBuf {
    if let Some(library) = RuntimeOptions::from_env().library {
        return library;
    }
    let found = Store::open(StoreConfig::from_env()).unwrap().path("onnxruntime");
    found.unwrap_or_else(|e: StoreError| panic!("{e}: {}", e.hint().unwrap_or_default()))
}

fn picture(name: &Value) -> Picture {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/pictures");
    let decoded = image::open(PathBuf::from(samples).join(name.as_str().unwrap())).unwrap();
    let decoded = decoded.to_rgb8();
    Picture::new(decoded.width(), decoded.height(), decoded.into_raw()).unwrap()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

fn assert_close(vector: &Embedding, reference: &Value, what: &str) {
    let reference = reference.as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32);
    let apart = vector.values().iter().zip(reference).map(|(a, b)| (a - b).abs());
    let apart = apart.fold(0.0, f32::max);
    assert!(apart < 1e-4, "{what}: {apart} apart");
}

fn check_parity(family: &str, dimension: usize, length: usize) {
    let folder = tempfile::tempdir().unwrap();
    let space = tiny(&folder, family, dimension, length);
    let path = fixtures(family).join("expected.json");
    let expected: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let prepared = floats(&fs::read(fixtures(family).join("prepared.f32")).unwrap());
    let pictures = expected["pictures"].as_array().unwrap();
    for (entry, reference) in pictures.iter().zip(prepared.chunks_exact(3 * SIDE * SIDE)) {
        let ours = space.image().prepare(&picture(&entry["name"])).unwrap();
        let apart = ours.values.iter().zip(reference).map(|(a, b)| (a - b).abs());
        let apart = apart.fold(0.0, f32::max);
        assert!(apart < 1e-5, "{}: tensors are {apart} apart", entry["name"]);
        let vector = &space.image().embed(&[ours]).unwrap()[0];
        assert_close(vector, &entry["vector"], &entry["name"].to_string());
    }
    for entry in expected["texts"].as_array().unwrap() {
        let text = entry["text"].as_str().unwrap();
        assert_close(&space.text().embed(&[text]).unwrap()[0], &entry["vector"], text);
    }
    check_space(space.image(), space.text());
}

#[test]
fn clip_agrees_with_transformers() {
    check_parity("clip", 16, 77);
}

#[test]
fn siglip_agrees_with_transformers() {
    check_parity("siglip", 32, 64);
}
