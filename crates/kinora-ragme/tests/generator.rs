//! The generator on the tiny base and controller: the contract of all generators, and what the record says.
//!
//! Not covered: how the frames look, since the weights are random; library and files (`kinora-cli/tests/ragme.rs`).

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod tiny;

use std::{fs, path::Path};

use kinora_inference::{
    FrameSink, GenerateError, Reference, ReferenceClip, ReferenceContent, ReferenceRole,
    ShotGenerator, ShotRequest, SinkError,
};
use kinora_ragme::{CONTROLLER_FOLDER, GENERATION_FILE, GenerationConfig, RagmeGenerator};
use kinora_testing::suite::generator::{check_shot_generator, sample_source};
use kinora_types::{
    Control, Embedding, EmbeddingSpace, Picture, Scores, Size, SourceRecord, TimeRange, YuvFrame,
};
use tiny::{base, fixtures, normal};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target)
        } else {
            fs::copy(&path, target).map(drop).unwrap()
        }
    }
}

fn config() -> GenerationConfig {
    GenerationConfig {
        width: 16,
        height: 16,
        frames: 3,
        steps: 2,
        guidance_scale: 3.0,
        ..GenerationConfig::default()
    }
}

fn model(config: &GenerationConfig) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&base(), folder.path());
    let controller = folder.path().join(CONTROLLER_FOLDER);
    copy(&fixtures().join("controller"), &controller);
    let text = serde_json::to_string(config).unwrap();
    fs::write(controller.join(GENERATION_FILE), text).unwrap();
    folder
}

fn embeddings(frames: Vec<Vec<f32>>) -> Vec<Embedding> {
    let dimension = frames[0].len();
    let (name, revision) = ("test".into(), "1".into());
    let space = EmbeddingSpace { name, revision, dimension, normalised: false };
    frames.into_iter().map(|frame| space.embedding(frame)).collect()
}

fn clip_of(seed: u64, content: ReferenceClip) -> Reference {
    let source = SourceRecord {
        range: Some(TimeRange::new(1000, 1375).unwrap()),
        rank: Some(1),
        scores: Some(Scores { dense: Some(0.25), ..Scores::default() }),
        ..sample_source(&seed.to_le_bytes())
    };
    let content = ReferenceContent::Clip(content);
    Reference { source, role: ReferenceRole::Motion, content }
}

fn clip(seed: u64) -> Reference {
    let embeddings = embeddings(normal(seed, &[2, 32]).to_vec2::<f32>().unwrap());
    let frames = vec![Picture::filled(20, 10, [seed as u8; 3]); 3].into();
    clip_of(seed, ReferenceClip { embeddings, frames })
}

fn request(references: Vec<Reference>) -> ShotRequest {
    ShotRequest {
        prompt: "a dog is running".into(),
        references,
        camera: None,
        size: Size { width: 64, height: 36 },
        fps: 24,
        frames: 5,
        seed: 7,
    }
}

#[derive(Default)]
struct Kept(Vec<Vec<u8>>);

impl FrameSink for Kept {
    fn frame(&mut self, frame: &YuvFrame) -> Result<(), SinkError> {
        self.0.push(frame.bytes().to_vec());
        Ok(())
    }

    fn picture(&mut self, _: &Picture) -> Result<(), SinkError> {
        Err(SinkError("frames are expected".into()))
    }
}

fn made(
    generator: &mut RagmeGenerator,
    references: Vec<Reference>,
) -> (Vec<Vec<u8>>, serde_json::Value) {
    let mut kept = Kept::default();
    let record = generator.generate(&request(references), &mut kept, &Control::default()).unwrap();
    (kept.0, serde_json::to_value(record).unwrap())
}

fn refused(generator: &mut RagmeGenerator, references: Vec<Reference>) {
    let mut kept = Kept::default();
    let fault = generator.generate(&request(references), &mut kept, &Control::default());
    assert!(matches!(fault, Err(GenerateError::Request(_))), "{fault:?}");
    assert!(kept.0.is_empty());
}

#[test]
fn conforms() {
    let model = model(&config());
    let mut generator = RagmeGenerator::open(model.path(), &Control::default()).unwrap();
    check_shot_generator(&mut generator, &request(vec![clip(1), clip(2)]));
}

#[test]
fn the_record_names_the_clips_and_other_clips_give_other_frames() {
    let model = model(&config());
    let mut generator = RagmeGenerator::open(model.path(), &Control::default()).unwrap();
    let (frames, record) = made(&mut generator, vec![clip(1), clip(2)]);
    assert_eq!((&record["synthetic"], &record["name"]), (&true.into(), &"ragme".into()));
    assert_eq!(record["model"].as_str().map(str::len), Some(64));
    let retrieved = record["parameters"]["retrieved"].as_array().unwrap();
    let assets: Vec<_> = retrieved.iter().map(|clip| clip["asset"].clone()).collect();
    assert_eq!(assets, [1, 2].map(|seed| serde_json::to_value(clip(seed).source.asset).unwrap()));
    assert_eq!(retrieved[0]["similarity"], 0.25);
    assert_ne!(made(&mut generator, vec![clip(3)]).0, frames, "the clips have a say");
}

#[test]
fn references_of_other_kinds_change_nothing() {
    let model = model(&config());
    let mut generator = RagmeGenerator::open(model.path(), &Control::default()).unwrap();
    let still = ReferenceContent::Picture(Picture::filled(20, 10, [9; 3]));
    let still = Reference { content: still, ..clip(3) };
    let style = Reference { role: ReferenceRole::Style, ..clip(3) };
    let with_others = vec![still.clone(), clip(1), style.clone()];
    assert_eq!(made(&mut generator, with_others), made(&mut generator, vec![clip(1)]));
    refused(&mut generator, vec![still, style]);
}

#[test]
fn rag_init_starts_from_the_clips_frames() {
    let model = model(&GenerationConfig { rag_init: true, ..config() });
    let mut generator = RagmeGenerator::open(model.path(), &Control::default()).unwrap();
    let with_frames = |frames: Vec<Picture>| {
        let embeddings = clip(1).clip().unwrap().embeddings.clone();
        vec![clip_of(1, ReferenceClip { embeddings, frames: frames.into() })]
    };
    let (frames, _) = made(&mut generator, vec![clip(1)]);
    let brighter = with_frames(vec![Picture::filled(20, 10, [250; 3]); 3]);
    assert_ne!(made(&mut generator, brighter).0, frames);
    refused(&mut generator, with_frames(Vec::new()));
}

#[test]
fn a_cancelled_generator_does_not_open() {
    let (model, control) = (model(&config()), Control::default());
    control.cancel();
    let error = RagmeGenerator::open(model.path(), &control).unwrap_err();
    assert_eq!(error.to_string(), "cancelled");
}

#[test]
fn what_is_missing_is_named() {
    let model = model(&config());
    let mut generator = RagmeGenerator::open(model.path(), &Control::default()).unwrap();
    refused(&mut generator, Vec::new());
    let (embeddings, frames) = (embeddings(vec![vec![1.0; 16]]), [].into());
    refused(&mut generator, vec![clip_of(1, ReferenceClip { embeddings, frames })]);
    fs::remove_dir_all(model.path().join(CONTROLLER_FOLDER)).unwrap();
    let fault = RagmeGenerator::open(model.path(), &Control::default()).unwrap_err();
    assert!(fault.to_string().contains("config.json") && fault.hint().is_some(), "{fault}");
}
