//! Videos through the whole ingest, made by the real ffmpeg. Not covered: every format (see
//! `kinora-video`), a real embedder.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{fs, path::Path, process::Command};

use common::{Bench, write};
use kinora_types::{Control, Kind, Size};
use kinora_video::fixtures::ffmpeg;

/// Three seconds of a moving test picture, two of colour bars, with a hard cut.
fn film(path: &Path) {
    let made = Command::new(ffmpeg().path)
        .args(["-y", "-loglevel", "error", "-f", "lavfi", "-i"])
        .arg("testsrc2=s=160x120:r=25:d=3[a];smptebars=s=160x120:r=25:d=2[b];[a][b]concat")
        .args(["-c:v", "libx264", "-pix_fmt", "yuv420p", "-metadata", "title=Two pictures"])
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success());
}

fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.options.ffmpeg = Some(ffmpeg());
    bench
}

#[test]
fn a_video_is_found_by_keyframes_and_then_looked_through() {
    let bench = bench();
    film(&bench.input().join("colours.mp4"));
    // A picture's name does not make a picture of it.
    fs::copy(bench.input().join("colours.mp4"), bench.input().join("copy.jpg")).unwrap();
    write(&bench.input().join("still.png"), 1);
    let (summary, notes) = bench.add();
    assert_eq!((summary.added, summary.known, summary.analysed), (2, 1, 1), "{notes:?}");
    let catalog = bench.catalog();
    let video = catalog.resolve("colours.mp4").unwrap();
    assert_eq!(video.duration_ms, Some(5000));
    assert_eq!(video.size, Some(Size { width: 160, height: 120 }));
    assert_eq!(video.title.as_deref(), Some("Two pictures"));
    let row = catalog.row(&video.id).unwrap();
    let moments: Vec<u64> = catalog.frames(row).unwrap().iter().map(|f| f.at_ms).collect();
    for second in [0, 1000, 2000, 3000, 4000] {
        assert!(moments.contains(&second), "{moments:?}");
    }
    let shots: Vec<_> =
        catalog.shots(row).unwrap().iter().map(|s| (s.start_ms(), s.end_ms())).collect();
    assert_eq!(shots, [(0, 3000), (3000, 5000)]);
    assert!(kinora_ingest::thumbnail_path(catalog.folder(), &video.id).is_file());

    let (again, _) = bench.add();
    assert_eq!((again.unchanged, again.added, again.analysed), (3, 0, 0));
}

/// Runs ffmpeg on two seconds of a generated input.
fn make(input: &str, path: &Path) {
    let made = Command::new(ffmpeg().path)
        .args(["-y", "-loglevel", "error", "-f", "lavfi", "-t", "2", "-i", input])
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success());
}

#[test]
fn recordings_and_animations_come_in_as_what_they_are() {
    let bench = bench();
    for name in ["tone.mp3", "tone.m4a", "tone.wav", "tone.opus"] {
        make("sine=frequency=440", &bench.input().join(name));
    }
    for name in ["moving.gif", "moving.webp"] {
        make("testsrc2=s=64x48:r=5", &bench.input().join(name));
    }
    let (summary, notes) = bench.add();
    assert_eq!((summary.added, summary.analysed, summary.failed), (6, 2, 0), "{notes:?}");
    let catalog = bench.catalog();
    let count = |kind| {
        let filter = kinora_catalog::Filter { kind: Some(kind), ..Default::default() };
        catalog.filter(&filter).unwrap().unwrap().len()
    };
    assert_eq!([Kind::Picture, Kind::Video, Kind::Audio].map(count), [0, 2, 4]);
    let tone = catalog.resolve("tone.mp3").unwrap();
    assert!((1900..2200).contains(&tone.duration_ms.unwrap()), "{:?}", tone.duration_ms);
    assert!(!kinora_ingest::thumbnail_path(catalog.folder(), &tone.id).exists());
}

#[test]
fn every_shot_gets_its_frames_however_fast_they_are_cut() {
    let bench = bench();
    let input = "testsrc2=s=160x120:r=25:d=0.8[a];smptebars=s=160x120:r=25:d=0.8[b];\
                 testsrc=s=160x120:r=25:d=0.8[c];yuvtestsrc=s=160x120:r=25:d=0.8,format=yuv420p[d];\
                 [a][b][c][d]concat=4";
    make(input, &bench.input().join("fast.mp4"));
    bench.add();
    let catalog = bench.catalog();
    let fast = catalog.resolve("fast.mp4").unwrap();
    let row = catalog.row(&fast.id).unwrap();
    let shots = catalog.shots(row).unwrap();
    assert!(shots.len() >= 3, "{shots:?}");
    let frames = catalog.frames(row).unwrap();
    for shot in shots.iter().filter(|shot| shot.length().as_millis() >= 300) {
        let seen = frames.iter().filter(|frame| shot.contains(frame.at_ms)).count();
        assert!(seen >= 3, "{shot}: {seen} of {frames:?}");
    }
}

#[test]
fn a_broken_video_costs_one_line_and_a_damaged_one_is_told() {
    let bench = bench();
    film(&bench.input().join("whole.mkv"));
    let bytes = fs::read(bench.input().join("whole.mkv")).unwrap();
    fs::write(bench.input().join("cut-off.mkv"), &bytes[..bytes.len() * 4 / 5]).unwrap();
    fs::write(bench.input().join("empty.mp4"), b"").unwrap();
    fs::write(bench.input().join("letter.mov"), b"Dear Sir, this is no film at all.").unwrap();
    let (summary, notes) = bench.add();
    assert_eq!((summary.added, summary.failed), (2, 2), "{notes:?}");
    let mut failed: Vec<_> = notes.failed.iter().map(|f| f.path.file_name().unwrap()).collect();
    failed.sort_unstable();
    assert_eq!(failed, ["empty.mp4", "letter.mov"]);
    assert!(notes.failed.iter().all(|failure| failure.hint.is_some()));
}

#[test]
fn without_ffmpeg_a_video_says_what_it_needs_and_pictures_come_in() {
    let bench = Bench::new();
    fs::write(bench.input().join("film.mp4"), b"\0\0\0\x18ftypisom").unwrap();
    write(&bench.input().join("still.png"), 1);
    let (summary, notes) = bench.add();
    assert_eq!((summary.added, summary.failed), (1, 1));
    assert!(notes.failed[0].hint.as_ref().unwrap().contains("fetch `ffmpeg`"));
}

#[test]
fn a_run_that_was_stopped_goes_on_with_the_next() {
    let bench = bench();
    film(&bench.input().join("colours.mp4"));
    let catalog = bench.catalog();
    let ingest =
        kinora_ingest::Ingest::new(&catalog, &bench.embedder, 0.99, bench.options.clone()).unwrap();
    let control = Control::default();
    let mut notes =
        common::Notes { cancel_after: Some((1, control.clone())), ..common::Notes::default() };
    let summary = ingest.add(&[bench.input()], &mut notes, &control).unwrap();
    assert!(summary.cancelled && summary.analysed == 0);
    assert_eq!(catalog.unanalysed().unwrap().len(), 1);
    let (summary, _) = bench.add();
    assert_eq!((summary.unchanged, summary.analysed), (1, 1));
    assert!(catalog.unanalysed().unwrap().is_empty());
}
