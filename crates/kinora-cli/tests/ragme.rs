//! `kinora make --generator ragme` from videos to a verified film, with the real embedder and encoder.
//!
//! The text-to-video model is tiny and its weights are random, its gates shut: this covers that model, library, frames,
//! record and verification fit together, not how anything looks (`bench/ragme` does).

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use candle_core::{DType, Device};
use common::{Home, samples};
use kinora_diffusion::{SchedulerConfig, UNet3DConditionModel, config};
use kinora_ragme::{GenerationConfig, RagmeConfig, TrainConfig, Trainer};

/// A video that moves over a sample picture.
fn video(home: &Home, picture: &str) {
    let ffmpeg = home.run(&["models", "path", "ffmpeg"]).done().stdout;
    let source = samples().join("pictures").join(format!("{picture}.webp"));
    let target = home.path().join("videos").join(format!("{picture}.mp4"));
    let pan = "scale=360:240:force_original_aspect_ratio=increase,crop=320:180:n:n/2";
    let mut command = Command::new(ffmpeg.trim());
    command.args(["-v", "error", "-loop", "1", "-framerate", "12", "-t", "3", "-i"]).arg(source);
    let done = command.args(["-vf", pan, "-pix_fmt", "yuv420p"]).arg(target).status().unwrap();
    assert!(done.success());
}

/// A library of three videos.
fn library() -> Home {
    let home = Home::new();
    fs::create_dir(home.path().join("videos")).unwrap();
    for picture in ["scarlet-macaw", "hedgehog", "colosseum"] {
        video(&home, picture);
    }
    home.run(&["add", "videos"]).done();
    home
}

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

/// The tiny base.
fn base(home: &Home) -> PathBuf {
    let tiny = concat!(env!("CARGO_MANIFEST_DIR"), "/../kinora-diffusion/fixtures/tiny");
    let folder = home.path().join("model");
    copy(Path::new(tiny), &folder);
    folder
}

/// The tiny base with an untrained controller for the default space.
fn model(home: &Home) -> PathBuf {
    let folder = base(home);
    let unet = UNet3DConditionModel::open(&folder.join("unet"), DType::F32, &Device::Cpu).unwrap();
    let scheduler: SchedulerConfig =
        config::read(&folder.join("scheduler/scheduler_config.json")).unwrap();
    let ragme = RagmeConfig { enhancer_layers: 1, heads: 4, ..RagmeConfig::default() };
    let options = TrainConfig { ragme, ..TrainConfig::default() };
    let trainer = Trainer::new(&unet, &scheduler, options, &Device::Cpu).unwrap();
    trainer.save(&folder.join("ragme")).unwrap();
    let sampling = GenerationConfig {
        width: 32,
        height: 16,
        frames: 4,
        steps: 2,
        clips: 2,
        ..GenerationConfig::default()
    };
    let text = serde_json::to_string(&sampling).unwrap();
    fs::write(folder.join("ragme/generation.json"), text).unwrap();
    folder
}

/// The base alone, and a run of few small steps on the library's own videos.
#[test]
fn a_controller_is_trained_on_the_librarys_videos_and_makes_a_film() {
    let home = library();
    let folder = base(&home);
    fs::write(
        home.path().join("run.json"),
        r#"{"ragme": {"enhancer_layers": 1, "heads": 4}, "accumulate": 1}"#,
    )
    .unwrap();
    let model = folder.to_string_lossy().into_owned();
    let train = |steps: &str| {
        let args =
            ["train", "--model", &model, "--size", "32x16", "--frames", "4", "--per-video", "2"];
        home.run(&[&args[..], &["--steps", steps, "--config", "run.json", "--json"]].concat())
    };
    let first = train("2").done().json();
    // Three seconds have room for two clips of half a second each.
    assert_eq!((&first["clips"], &first["steps"]), (&6.into(), &2.into()));
    let made = fs::read_dir(folder.join("ragme")).unwrap().map(|e| e.unwrap().path());
    let clips = made.into_iter().find(|path| path.is_dir()).unwrap();
    let written = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
    let one = fs::read_dir(&clips).unwrap().map(|e| e.unwrap().path());
    let one =
        one.into_iter().find(|path| path.extension().is_some_and(|e| e == "safetensors")).unwrap();
    let before = written(&one);
    let second = train("3").done().json();
    assert_eq!(second["steps"], 3, "it goes on");
    assert_eq!(written(&one), before, "clips are made once");
    let metrics = fs::read_to_string(folder.join("ragme/metrics.jsonl")).unwrap();
    assert_eq!(metrics.lines().count(), 3, "{metrics}");
    assert!(folder.join("ragme/metrics.svg").is_file());

    let args =
        ["make", "-o", "film.mp4", "--size", "160x90", "--seconds", "2", "--generator", "ragme"];
    fs::write(home.path().join("brief.md"), "- a red parrot\n").unwrap();
    home.run(&[&args[..], &["brief.md", "--model", &model]].concat()).done();
    assert!(home.run(&["verify", "film.mp4"]).done().stdout.contains("intact"));

    // One video cannot learn from another that is not there.
    let lonely = ["train", "--model", &model, "-o", "other", "--licence", "CC0"];
    let ended = home.run(&lonely);
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    assert!(ended.stderr.contains("two are the least"), "{}", ended.stderr);
}

#[test]
fn a_film_is_generated_and_its_record_names_the_clips() {
    let home = library();
    fs::write(home.path().join("brief.md"), "- a red parrot\n- a hedgehog in the grass\n").unwrap();
    let args = ["make", "brief.md", "-o", "film.mp4", "--size", "160x90", "--generator", "ragme"];
    let short = ["--seconds", "4", "--fps", "12", "--json"];

    let ended = home.run(&[&args[..], &short].concat());
    assert_eq!(ended.code, 2, "no model: {}", ended.stdout);
    assert!(ended.stderr.contains("--model DIR"), "{}", ended.stderr);

    let model = model(&home).to_string_lossy().into_owned();
    let made = home.run(&[&args[..], &short, &["--model", &model]].concat()).done().json();
    let shots = made["record"]["shots"].as_array().unwrap();
    assert_eq!(shots.len(), 2);
    for shot in shots {
        let generator = &shot["generator"];
        assert_eq!((&generator["name"], &generator["synthetic"]), (&"ragme".into(), &true.into()));
        assert_eq!(generator["parameters"]["retrieved"].as_array().unwrap().len(), 2);
        assert_eq!(
            generator["parameters"]["retrieved"][0]["asset"], shot["sources"][0]["asset"],
            "the video that the shot was planned on is the one whose motion it follows first"
        );
        let sources = shot["sources"].as_array().unwrap();
        assert_eq!(sources.len(), 3, "the planned video, then both clips");
        assert_eq!(sources[1]["asset"], generator["parameters"]["retrieved"][0]["asset"]);
        assert!(sources[1]["range"].is_object() && shot["sound"].as_str() != Some("kept"));
        assert!(shot["frames_hash"].is_string());
    }
    let verified = home.run(&["verify", "film.mp4"]).done();
    assert!(verified.stdout.contains("intact"), "{}", verified.stdout);
    assert!(verified.stdout.contains("synthetic"), "{}", verified.stdout);
    assert_eq!(verified.stdout.matches(": present").count(), 6, "{}", verified.stdout);

    let moved = ["make", "brief.md", "-o", "other.mp4", "--model", &model];
    assert_eq!(home.run(&moved).code, 2, "a model without its generator");
}
