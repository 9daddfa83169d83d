//! The reader of text in pictures against RapidOCR 3.10 on the same networks (`fixtures/make_text.py`).
//!
//! Needs `kinora models pull pp-ocrv6-det pp-ocrv6-rec` (as `cargo xtask test` runs it) and fails with that
//! hint without. Not covered: scripts that the fonts of the fixtures lack, such as Chinese and Cyrillic.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::path::{Path, PathBuf};

use kinora_inference::{TextLine, TextReader};
use kinora_models::{RuntimeOptions, open_reader};
use kinora_store::{Store, StoreConfig};
use kinora_testing::suite::reader::check_text_reader;
use kinora_types::Picture;
use serde_json::Value;

/// Pixels that a corner may be off: the reference rounds twice where ours rounds once.
const APART: f32 = 2.0;
/// Confidence from which every line of ours is one of the reference's and the other way round: between
/// here and the thresholds a hair decides.
const SURE: f32 = 0.91;

fn reader() -> Box<dyn TextReader> {
    let store = Store::open(StoreConfig::from_env()).unwrap();
    let opened = open_reader(&store, &RuntimeOptions::from_env());
    opened.unwrap_or_else(|error| panic!("{error}: {}", error.hint().unwrap_or_default()))
}

fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/text"))
}

fn picture(name: &str) -> Picture {
    let path: PathBuf = match name.strip_prefix("samples/") {
        Some(sample) => fixtures().join("../../../../samples/pictures").join(sample),
        None => fixtures().join(name),
    };
    let decoded = image::open(path).unwrap().to_rgb8();
    Picture::new(decoded.width(), decoded.height(), decoded.into_raw()).unwrap()
}

fn expected() -> Vec<Value> {
    let text = std::fs::read_to_string(fixtures().join("expected.json")).unwrap();
    let read: Value = serde_json::from_str(&text).unwrap();
    read["pictures"].as_array().unwrap().clone()
}

/// Corners in pixels, sorted: ours begin where reading begins, the reference's at the upper left.
fn sorted(mut corners: Vec<[f32; 2]>) -> Vec<[f32; 2]> {
    corners.sort_by(|a, b| (a[0] + 3.0 * a[1]).total_cmp(&(b[0] + 3.0 * b[1])));
    corners
}

fn fits(line: &TextLine, reference: &Value, picture: &Picture) -> bool {
    let size = [picture.width() as f32, picture.height() as f32];
    let ours = sorted(line.region.map(|[x, y]| [x * size[0], y * size[1]]).to_vec());
    let theirs = reference["corners"].as_array().unwrap().iter();
    let number = |v: &Value| v.as_f64().unwrap() as f32;
    let theirs = sorted(theirs.map(|point| [number(&point[0]), number(&point[1])]).collect());
    let pairs = ours.iter().flatten().zip(theirs.iter().flatten());
    pairs.into_iter().all(|(a, b)| (a - b).abs() <= APART)
        && line.text == reference["text"].as_str().unwrap().trim()
        && (line.confidence - number(&reference["confidence"])).abs() < 0.02
}

/// The lines on which the two differ.
fn differences(lines: &[TextLine], references: &[Value], picture: &Picture) -> Vec<String> {
    let sure = |line: &&TextLine| line.confidence >= SURE;
    let unknown =
        lines.iter().filter(sure).filter(|line| !references.iter().any(|r| fits(line, r, picture)));
    let mut all: Vec<String> = unknown.map(|line| format!("ours only: {line:?}")).collect();
    let sure = |line: &&Value| line["confidence"].as_f64().unwrap() as f32 >= SURE;
    let missed =
        references.iter().filter(sure).filter(|r| !lines.iter().any(|line| fits(line, r, picture)));
    all.extend(missed.map(|reference| format!("reference only: {reference}")));
    all
}

#[test]
fn pp_ocr_conforms() {
    let lines = ["Directed by Ada Example", "Music: The Nobodies", "(c) 2026 all wrongs reserved"];
    check_text_reader(&*reader(), &picture("dark.png"), &lines);
}

#[test]
fn lines_agree_with_rapidocr() {
    let reader = reader();
    let made = expected().into_iter().filter(|e| !e["name"].as_str().unwrap().contains('/'));
    for entry in made {
        let name = entry["name"].as_str().unwrap();
        let picture = picture(name);
        let lines = reader.read(&picture).unwrap();
        let apart = differences(&lines, entry["lines"].as_array().unwrap(), &picture);
        assert!(apart.is_empty(), "{name}: {apart:#?}\n{lines:#?}");
    }
}

#[test]
fn regions_begin_where_reading_begins() {
    let lines = reader().read(&picture("turned.png")).unwrap();
    let line = |text: &str| lines.iter().find(|line| line.text == text).unwrap();
    for (text, right, down) in [
        ("twelve degrees", 1, -1),
        ("downhill text", 1, 1),
        ("book spine", -1, 1),
        ("vertical axis", 1, -1),
        ("upside down", -1, 1),
    ] {
        let [from, to, ..] = line(text).region;
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        // Upright and level lines are found a little slanted.
        assert!(
            dx * right as f32 > -0.02 && dy * down as f32 > -0.02,
            "{text}: {:?}",
            line(text).region
        );
    }
}

#[test]
fn nothing_is_read_where_nothing_is_written() {
    let reader = reader();
    for name in [
        "gradient.png",
        "samples/eiffel-tower.webp",
        "samples/giant-panda.webp",
        "samples/sheep.webp",
    ] {
        assert_eq!(reader.read(&picture(name)).unwrap(), [], "{name}");
    }
    assert_eq!(reader.read(&Picture::filled(1, 1, [200; 3])).unwrap(), []);
    assert_eq!(reader.read(&Picture::filled(3, 3000, [0; 3])).unwrap(), []);
}
