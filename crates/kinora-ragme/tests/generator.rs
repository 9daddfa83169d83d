//! The generator on the tiny base and controller: the contract of all generators, and what the record says.
//!
//! Not covered: how the frames look, since the weights are random; library and files (`kinora-cli/tests/ragme.rs`).

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod tiny;

use std::{fs, path::Path};

use kinora_inference::{FrameSink, GenerateError, ShotGenerator, ShotRequest, SinkError};
use kinora_ragme::{
    CONTROLLER_FOLDER, GENERATION_FILE, GenerationConfig, MotionClip, RagmeGenerator,
};
use kinora_testing::suite::generator::check_shot_generator;
use kinora_types::{
    AssetId, ContentHash, Control, Picture, Rights, Scores, Size, SourceRecord, TimeRange, YuvFrame,
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

fn clip(seed: u64) -> MotionClip {
    MotionClip {
        source: SourceRecord {
            asset: AssetId(ContentHash::of(&seed.to_le_bytes())),
            label: format!("clip {seed}"),
            path: format!("{seed}.mp4"),
            bytes: None,
            rights: Rights::default(),
            range: Some(TimeRange::new(1000, 1375).unwrap()),
            rank: Some(1),
            scores: Some(Scores { dense: Some(0.25), ..Scores::default() }),
        },
        embeddings: normal(seed, &[2, 32]).to_vec2::<f32>().unwrap(),
        pictures: vec![Picture::filled(20, 10, [seed as u8; 3]); 3],
    }
}

fn request() -> ShotRequest {
    ShotRequest {
        prompt: "a dog is running".into(),
        references: Vec::new(),
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

fn made(generator: &mut RagmeGenerator) -> (Vec<Vec<u8>>, serde_json::Value) {
    let mut kept = Kept::default();
    let record = generator.generate(&request(), &mut kept, &Control::default()).unwrap();
    (kept.0, serde_json::to_value(record).unwrap())
}

#[test]
fn conforms() {
    let model = model(&config());
    let mut generator = RagmeGenerator::open(model.path()).unwrap();
    generator.set_clips(&request().prompt, vec![clip(1), clip(2)]).unwrap();
    check_shot_generator(&mut generator, &request());
}

#[test]
fn the_record_names_the_clips_and_other_clips_give_other_frames() {
    let model = model(&config());
    let mut generator = RagmeGenerator::open(model.path()).unwrap();
    generator.set_clips(&request().prompt, vec![clip(1), clip(2)]).unwrap();
    let (frames, record) = made(&mut generator);
    assert_eq!((&record["synthetic"], &record["name"]), (&true.into(), &"ragme".into()));
    assert_eq!(record["model"].as_str().map(str::len), Some(64));
    let retrieved = record["parameters"]["retrieved"].as_array().unwrap();
    let assets: Vec<_> = retrieved.iter().map(|clip| clip["asset"].clone()).collect();
    assert_eq!(assets, [1, 2].map(|seed| serde_json::to_value(clip(seed).source.asset).unwrap()));
    assert_eq!(retrieved[0]["similarity"], 0.25);
    let followed = &generator.followed()[&request().prompt];
    assert_eq!(*followed, [clip(1).source, clip(2).source], "as the trail will name them");
    generator.set_clips(&request().prompt, vec![clip(3)]).unwrap();
    assert_ne!(made(&mut generator).0, frames, "the clips have a say");
}

#[test]
fn rag_init_starts_from_the_clips_pictures() {
    let model = model(&GenerationConfig { rag_init: true, ..config() });
    let mut generator = RagmeGenerator::open(model.path()).unwrap();
    generator.set_clips(&request().prompt, vec![clip(1)]).unwrap();
    let (frames, _) = made(&mut generator);
    let brighter = MotionClip { pictures: vec![Picture::filled(20, 10, [250; 3]); 3], ..clip(1) };
    generator.set_clips(&request().prompt, vec![brighter]).unwrap();
    assert_ne!(made(&mut generator).0, frames);
    let blind = MotionClip { pictures: Vec::new(), ..clip(1) };
    generator.set_clips(&request().prompt, vec![blind]).unwrap();
    let fault = generator.generate(&request(), &mut Kept::default(), &Control::default());
    assert!(matches!(fault, Err(GenerateError::Request(_))), "{fault:?}");
}

#[test]
fn what_is_missing_is_named() {
    let model = model(&config());
    let mut generator = RagmeGenerator::open(model.path()).unwrap();
    let fault = generator.generate(&request(), &mut Kept::default(), &Control::default());
    assert!(matches!(fault, Err(GenerateError::Request(_))), "no clips: {fault:?}");
    assert!(generator.set_clips("a dog", Vec::new()).is_err());
    let narrow = MotionClip { embeddings: vec![vec![1.0; 16]], ..clip(1) };
    assert!(generator.set_clips("a dog", vec![narrow]).is_err(), "another space");
    fs::remove_dir_all(model.path().join(CONTROLLER_FOLDER)).unwrap();
    let fault = RagmeGenerator::open(model.path()).unwrap_err();
    assert!(fault.to_string().contains("config.json") && fault.hint().is_some(), "{fault}");
}
