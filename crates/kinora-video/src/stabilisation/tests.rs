//! Clips of a real photo looked at by a camera whose path is known to a hundredth of a pixel.
//!
//! Not covered: real hands and real rolling shutters; `bench/stabilisation` measures more paths and other tools.

#![allow(clippy::disallowed_methods, reason = "children of tests end with them")]

use std::{
    f64::consts::TAU,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use kinora_types::{Framing, Size, StabilisationOutcome, TimeRange, YuvFrame};
use proptest::prelude::*;

use super::{plan::Plan, survey::window, *};
use crate::{ClipSpec, VideoFile, VideoLimits, fixtures::ffmpeg, motion::Step, never};
use kinora_image as read;
use kinora_image::{frame::Pose, frame::Warp, frame::to_frame};

const SIZE: Size = Size { width: 480, height: 270 };
const FPS: usize = 25;
const SECONDS: usize = 3;

/// Middle in samples of the photo, and turn in degrees.
type Camera = fn(f64) -> ([f64; 2], f64);

fn wave(t: f64, frequency: f64, phase: f64) -> f64 {
    (TAU * frequency * t + phase).sin()
}

/// A hand: 6 pixels of 480 at its worst, half a degree.
fn hand(t: f64) -> ([f64; 2], f64) {
    let x = 2.0 * wave(t, 2.1, 0.0) + 1.1 * wave(t, 4.7, 1.0) + 0.6 * wave(t, 8.3, 2.0);
    let y = 1.7 * wave(t, 2.6, 4.0) + 0.9 * wave(t, 5.3, 3.0) + 0.7 * wave(t, 7.1, 0.5);
    ([x, y], 0.3 * wave(t, 1.9, 0.3) + 0.15 * wave(t, 4.1, 2.2))
}

fn photo() -> YuvFrame {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/pictures");
    let mut names: Vec<PathBuf> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let bytes = read::read_file(&names[0], &read::Limits::default()).unwrap();
    let picture = read::decode(&bytes, read::FULL_SIZE, &read::Limits::default()).unwrap().picture;
    let size = Size { width: 720, height: 480 };
    to_frame(&read::resize(&picture, size, read::Filter::Bicubic)).unwrap()
}

/// Writes what the camera sees; a second scene, if any, comes after half of the time.
fn film(
    folder: &Path,
    name: &str,
    camera: Camera,
    change: impl Fn(f64, &mut YuvFrame),
) -> VideoFile {
    let (ffmpeg, path, photo) = (ffmpeg(), folder.join(name), photo());
    let mut encoder = Command::new(&ffmpeg.path)
        .args(["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "480x270"])
        .args(["-r", "25", "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18"])
        .arg(&path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = encoder.stdin.take().unwrap();
    let mut warp = Warp::default();
    for i in 0..FPS * SECONDS {
        let t = i as f64 / FPS as f64;
        let (centre, degrees) = camera(t);
        let pose = Pose { centre, scale: 1.0, angle: degrees.to_radians() };
        let mut frame = warp.frame(&photo, pose, SIZE).unwrap();
        change(t, &mut frame);
        pipe.write_all(frame.bytes()).unwrap();
    }
    drop(pipe);
    assert!(encoder.wait().unwrap().success());
    VideoFile::open(&ffmpeg, &path, &VideoLimits::default(), &never).unwrap()
}

fn spec() -> ClipSpec {
    ClipSpec {
        range: TimeRange::new(0, SECONDS as u64 * 1000).unwrap(),
        size: SIZE,
        fps: FPS as u32,
        focus: (0.5, 0.5),
        framing: Framing::Crop,
    }
}

fn survey(camera: Camera) -> Survey {
    let folder = tempfile::tempdir().unwrap();
    film(folder.path(), "film.mp4", camera, |_, _| ()).survey(&spec(), &never).unwrap()
}

/// Where the camera truly looks in each frame, before and after stabilisation: samples of the photo, degrees.
fn paths(camera: Camera, plan: &Plan) -> [Vec<[f64; 3]>; 2] {
    let times = (0..FPS * SECONDS).map(|i| i as f64 / FPS as f64);
    let before = times.map(|t| {
        let ([x, y], turn) = camera(t);
        [x, y, turn]
    });
    let before: Vec<[f64; 3]> = before.collect();
    let after = before.iter().zip(plan.corrections()).map(|([x, y, turn], [dx, dy, more])| {
        let (sin, cos) = turn.to_radians().sin_cos();
        let [dx, dy] = [dx, dy].map(|d| d * f64::from(SIZE.width));
        [x + cos * dx - sin * dy, y + sin * dx + cos * dy, turn + more.to_degrees()]
    });
    let after = after.collect();
    [before, after]
}

/// RMS of what is quicker than half a second: off the mean of the frames around.
fn jitter(path: &[[f64; 3]], channel: usize) -> f64 {
    let squares: Vec<f64> = (6..path.len() - 6)
        .map(|i| {
            let mean = path[i - 6..=i + 6].iter().map(|w| w[channel]).sum::<f64>() / 13.0;
            (path[i][channel] - mean).powi(2)
        })
        .collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

/// PSNR between frames that follow each other (ITF, inter-frame transformation fidelity), in the middle.
fn fidelity(frames: &[YuvFrame]) -> f64 {
    let mut sum = 0.0;
    for pair in frames.windows(2) {
        let squares = pair[0].planes()[0].iter().zip(pair[1].planes()[0]);
        let squares: f64 = squares.map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
        sum += 10.0 * (255.0f64.powi(2) * pair[0].planes()[0].len() as f64 / squares).log10();
    }
    sum / (frames.len() - 1) as f64
}

#[test]
fn a_hand_is_stabilised_to_a_fraction_and_a_pan_in_it_stays() {
    fn pan(t: f64) -> ([f64; 2], f64) {
        let ([x, y], turn) = hand(t);
        ([x - 60.0 + 40.0 * t, y], turn)
    }
    for (name, camera) in [("held", hand as Camera), ("panned", pan as Camera)] {
        let survey = survey(camera);
        let StabilisationOutcome::Stabilised { shake, residual, margin } = survey.outcome else {
            panic!("{name}: {:?}", survey.outcome)
        };
        let [before, after] = paths(camera, survey.plan.as_ref().unwrap());
        for channel in 0..3 {
            let (had, has) = (jitter(&before, channel), jitter(&after, channel));
            println!("{name} {channel}: {had:.4} -> {has:.4}, {shake} -> {residual}, {margin}");
            assert!(has < 0.12 * had, "{name}, channel {channel}: {had} -> {has}");
        }
        assert!(residual < 0.2 * shake && shake > 0.003, "{name}: {shake} -> {residual}");
        assert!((0.005..MOST_MARGIN as f32).contains(&margin), "{name}: {margin}");
        let path = |path: &[[f64; 3]]| path[70][0] - path[5][0];
        let off = (path(&after) - path(&before)).abs();
        assert!(off < 5.0, "{name}: the path is off by {off} of {}", path(&before));
    }
}

#[test]
fn frames_come_stable_in_their_number_and_the_same_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = film(folder.path(), "film.mp4", hand, |_, _| ());
    for framing in [Framing::Crop, Framing::Matte] {
        let size = match framing {
            Framing::Crop => SIZE,
            Framing::Matte => Size { width: 270, height: 480 },
        };
        let spec = ClipSpec { framing, size, range: TimeRange::new(400, 2400).unwrap(), ..spec() };
        let survey = file.survey(&spec, &never).unwrap();
        let frames = |survey: &Survey| {
            let clip = file.stabilised(&spec, survey, &never).unwrap();
            clip.map(Result::unwrap).collect::<Vec<_>>()
        };
        let plain: Vec<_> = file.clip(&spec, &never).unwrap().map(Result::unwrap).collect();
        let stable = frames(&survey);
        assert_eq!(stable.len(), 50);
        assert!(stable.iter().all(|frame| frame.size() == size));
        assert!(stable == frames(&file.survey(&spec, &never).unwrap()));
        let (had, has) = (fidelity(&plain), fidelity(&stable));
        println!("{framing:?}: {had:.1} dB -> {has:.1} dB");
        assert!(has > had + 4.0, "{framing:?}: {had} -> {has} dB");
    }
}

#[test]
fn what_does_not_shake_is_left_alone() {
    let still: Camera = |_| ([0.3, -0.7], 0.0);
    let smooth: Camera = |t| ([-70.0 + 25.0 * t * t / 1.5, 5.0 * t], 2.0 * t);
    for camera in [still, smooth] {
        let survey = survey(camera);
        assert!(
            matches!(survey.outcome, StabilisationOutcome::Calm { .. }),
            "{:?}",
            survey.outcome
        );
        assert_eq!(survey.plan, None);
    }
}

#[test]
fn what_cannot_be_trusted_is_left_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let cut = |t: f64, frame: &mut YuvFrame| {
        if t > 1.5 {
            frame.planes_mut()[0].reverse();
        }
    };
    let bars = |_: f64, frame: &mut YuvFrame| {
        let planes =
            frame.planes_mut().into_iter().zip([(480, 1, 16), (240, 2, 128), (240, 2, 128)]);
        for (plane, (width, part, black)) in planes {
            let rows = plane.chunks_exact_mut(width).enumerate();
            let dark = rows.filter(|(y, _)| !(30..240).contains(&(y * part)));
            dark.for_each(|(_, row)| row.fill(black));
        }
    };
    // Each band of rows goes its own path, as a bad rolling shutter has it.
    let jelly = |t: f64, frame: &mut YuvFrame| {
        frame.planes_mut()[0].chunks_exact_mut(480).enumerate().for_each(|(y, row)| {
            let off = (5.0 * wave(t, 6.0, y as f64 / 30.0)).round() as i64;
            row.rotate_left(off.rem_euclid(480) as usize);
        });
    };
    let still: Camera = |_| ([0.0, 0.0], 0.0);
    let wild: Camera = |t| ([100.0 * wave(t, 1.2, 0.0), 0.0], 0.0);
    let plain = |_: f64, _: &mut YuvFrame| ();
    type Change<'a> = &'a dyn Fn(f64, &mut YuvFrame);
    let cases: [(&str, Camera, Change, &str); 4] = [
        ("cut", hand, &cut, "too little in common"),
        ("bars", hand, &bars, "bars"),
        ("jelly", still, &jelly, ""),
        ("wild", wild, &plain, ""),
    ];
    for (name, camera, change, why) in cases {
        let file = film(folder.path(), "film.mp4", camera, change);
        let survey = file.survey(&spec(), &never).unwrap();
        match &survey.outcome {
            StabilisationOutcome::Left { why: said, .. } => {
                assert!(said.contains(why), "{name}: {said}")
            }
            // It may also be seen through; then what is left was measured.
            StabilisationOutcome::Stabilised { shake, residual, .. } if why.is_empty() => {
                assert!(*residual < 0.7 * shake, "{name}: {:?}", survey.outcome);
            }
            StabilisationOutcome::Calm { .. } if name == "jelly" => {}
            other => panic!("{name}: {other:?}"),
        }
        println!("{name}: {:?}", survey.outcome);
        let clip = file.stabilised(&spec(), &survey, &never).unwrap();
        assert_eq!(clip.map(Result::unwrap).count(), FPS * SECONDS, "{name}");
        // Before the cut it can be stabilised.
        if name == "cut" {
            let first = ClipSpec { range: TimeRange::new(0, 1400).unwrap(), ..spec() };
            let survey = file.survey(&first, &never).unwrap();
            let stabilised = matches!(survey.outcome, StabilisationOutcome::Stabilised { .. });
            assert!(stabilised, "{:?}", survey.outcome);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever the camera does, no corner of the window leaves the picture.
    #[test]
    fn no_border_is_ever_seen(
        ways in prop::collection::vec((-0.05f64..0.05, -0.05f64..0.05, -2f64..2.0, -0.03f64..0.03), 4..80),
        shape in 0.4f64..2.5, focus in (0f64..1.0, 0f64..1.0),
    ) {
        let steps: Vec<Step> = ways.iter().enumerate().map(|(i, &(x, y, turn, zoom))| {
            let at = |i: usize| Duration::from_millis(i as u64 * 40);
            Step::known(at(i), at(i + 1), [x, y, zoom, turn].map(|v| v as f32))
        }).collect();
        let (picture, target) = (Size { width: 1600, height: 900 }, Size { width: (900.0 * shape) as u32, height: 900 });
        let crop = crate::filter::Crop::fill(picture, target, focus);
        let window = Window::new(picture, Some(crop));
        if let Some(plan) = Plan::new(&steps, window) {
            prop_assert!(plan.margin() <= MOST_MARGIN + 1e-9);
            for corner in plan.corners() {
                prop_assert!(corner[0].abs() <= 0.5 + 1e-9 && corner[1].abs() <= 0.5 * 9.0 / 16.0 + 1e-9);
            }
        }
    }
}

#[test]
fn the_window_is_what_the_crop_shows() {
    let folder = tempfile::tempdir().unwrap();
    let file = film(folder.path(), "film.mp4", |_| ([0.0; 2], 0.0), |_, _| ());
    let narrow = ClipSpec { size: Size { width: 180, height: 270 }, focus: (0.9, 0.5), ..spec() };
    let seen = window(&file, &narrow).unwrap();
    let expected = crate::filter::Crop { width: 0.375, height: 1.0, x: 1.0, y: 0.5 };
    assert_eq!(seen, Window::new(SIZE, Some(expected)));
    let whole = ClipSpec { framing: Framing::Matte, ..narrow };
    assert_eq!(window(&file, &whole).unwrap(), Window::new(SIZE, None));
}
