//! Sound of real files, made by ffmpeg: every sample at its place, at its own level.
//!
//! Not covered: files whose clock of sound drifts against that of their pictures.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use kinora_types::{Framing, Size, TimeRange};

use super::*;
use crate::fixtures::ffmpeg;

/// A thousand hertz for 20 ms at every whole second, at half of full scale.
const BEEPS: &str = "aevalsrc='0.5*lt(mod(t,1),0.02)*sin(2*PI*1000*t)':d=6:s=48000";

fn made(folder: &tempfile::TempDir, words: &[&str], name: &str) -> PathBuf {
    let path = folder.path().join(name);
    let run =
        Command::new(ffmpeg().path).args(["-v", "error", "-y"]).args(words).arg(&path).output();
    let said = String::from_utf8_lossy(&run.unwrap().stderr).into_owned();
    assert!(path.is_file(), "{name}: {said}");
    path
}

fn heard(path: &std::path::Path, from_ms: u64, frames: usize) -> Vec<f32> {
    let file = VideoFile::open(&ffmpeg(), path, &VideoLimits::default(), &never).unwrap();
    let mut track = file.soundtrack(Duration::from_millis(from_ms), &never).unwrap();
    let mut samples = vec![9.0; frames * SOUND_CHANNELS];
    // In uneven pieces, as a mixer may ask.
    let (first, rest) = samples.split_at_mut(frames / 3 * SOUND_CHANNELS);
    track.read(first).unwrap();
    track.read(rest).unwrap();
    samples
}

/// Frame of sound at which each beep begins.
fn beeps(samples: &[f32]) -> Vec<usize> {
    let loud = |pair: &[f32]| pair[0].abs() > 0.1;
    let frames: Vec<bool> = samples.chunks_exact(2).map(loud).collect();
    let quiet = |i: usize| frames[i.saturating_sub(2400)..i].iter().all(|loud| !loud);
    (0..frames.len()).filter(|&i| frames[i] && quiet(i)).collect()
}

#[test]
fn sound_lies_at_its_place_to_the_sample() {
    let folder = tempfile::tempdir().unwrap();
    let picture = ["-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=6", "-f", "lavfi", "-i", BEEPS];
    // Codec, file, frames of sound by which an onset may be off: lossy ones ring before it, and what an
    // MPEG encoder puts before the first sample (481 and 1105) is written down in neither MPEG nor AVI.
    for (codec, name, blur) in [
        (&["-c:v", "libx264", "-c:a", "pcm_s16le"][..], "exact.mov", 1),
        (&["-c:v", "libx264", "-c:a", "pcm_s16le"], "clock.mkv", 30),
        (&["-c:v", "libx264", "-c:a", "aac", "-ar", "44100", "-ac", "1"], "mono.mp4", 60),
        (&["-c:v", "libx264", "-c:a", "libopus", "-ac", "2"], "opus.mkv", 60),
        (&["-c:v", "mpeg2video", "-c:a", "mp2"], "stream.mpg", 510),
        (&["-c:v", "mpeg4", "-c:a", "libmp3lame"], "old.avi", 1130),
    ] {
        let path = made(&folder, &[&picture[..], codec].concat(), name);
        for from in [0, 333, 2750, 4999] {
            let found = beeps(&heard(&path, from, 48_000));
            // The threshold is passed 2 frames after the onset.
            let expected = (1000 - from % 1000) as usize % 1000 * 48 + 2;
            let off = found.first().map(|first| first.abs_diff(expected));
            assert!(
                found.len() == 1 && off <= Some(blur),
                "{name} from {from}: {found:?} {expected}"
            );
        }
    }
}

#[test]
fn what_the_file_lacks_is_silence_and_levels_stay() {
    let folder = tempfile::tempdir().unwrap();
    let tone = "sine=frequency=997:sample_rate=44100:d=2,volume=4";
    // The sound begins 1.5 s after the picture and ends before it.
    let late = made(
        &folder,
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=64x48:r=25:d=6",
            "-itsoffset",
            "1.5",
            "-f",
            "lavfi",
            "-i",
            tone,
            "-c:v",
            "libx264",
            "-c:a",
            "pcm_s16le",
        ],
        "late.mov",
    );
    let samples = heard(&late, 1000, 3 * 48_000);
    let level = |from: usize, to: usize| {
        samples[from * 2..to * 2].iter().fold(0.0f32, |most, sample| most.max(sample.abs()))
    };
    assert_eq!((level(0, 23_990), level(120_100, 144_000)), (0.0, 0.0));
    // ffmpeg's sine is an eighth of full scale; one channel is as loud on both sides.
    assert!((level(24_200, 119_800) - 0.5).abs() < 0.01, "{}", level(24_200, 119_800));
    assert!(samples.chunks_exact(2).all(|pair| pair[0] == pair[1]));
    let silent = made(&folder, &["-f", "lavfi", "-i", "testsrc2=s=64x48:d=1"], "silent.mp4");
    let file = VideoFile::open(&ffmpeg(), &silent, &VideoLimits::default(), &never).unwrap();
    let error = file.soundtrack(Duration::ZERO, &never).err();
    assert!(matches!(error, Some(VideoError::NoSound)), "{error:?}");
}

#[test]
fn whoever_stops_is_heard_and_a_dropped_sound_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(&folder, &["-f", "lavfi", "-i", BEEPS], "beeps.wav");
    let file = VideoFile::open(&ffmpeg(), &path, &VideoLimits::default(), &never).unwrap();
    let stop = || true;
    let mut track = file.soundtrack(Duration::ZERO, &stop).unwrap();
    let error = track.read(&mut [0.0; 64]).err();
    assert!(matches!(error, Some(VideoError::Cancelled)), "{error:?}");
    let mut track = file.soundtrack(Duration::ZERO, &never).unwrap();
    track.read(&mut [0.0; 64]).unwrap();
    drop(track);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn an_upright_clip_stands_whole_on_a_matte() {
    let folder = tempfile::tempdir().unwrap();
    // Red above, green below.
    let words = [
        "-f",
        "lavfi",
        "-i",
        "color=red:s=360x320:r=10:d=1",
        "-f",
        "lavfi",
        "-i",
        "color=green:s=360x320:r=10:d=1",
        "-filter_complex",
        "vstack",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
    ];
    let path = made(&folder, &words, "upright.mp4");
    let file = VideoFile::open(&ffmpeg(), &path, &VideoLimits::default(), &never).unwrap();
    let (size, range) = (Size { width: 320, height: 180 }, TimeRange::new(0, 500).unwrap());
    let spec = ClipSpec { range, size, fps: 10, focus: (0.5, 0.5), framing: Framing::Matte };
    let frame = file.clip(&spec, &never).unwrap().next().unwrap().unwrap();
    assert_eq!(frame.size(), size);
    let [luma, _, red] = frame.planes();
    let at = |x: usize, y: usize| (luma[y * 320 + x], red[y / 2 * 160 + x / 2]);
    // 360x640 in 180 lines: 102 wide, from 109 on, made even.
    let (above, below) = (at(160, 2), at(160, 177));
    assert!(above.1 > 220 && below.1 < 120, "{above:?} {below:?}");
    for x in [109, 208] {
        assert!(at(x, 40).1.abs_diff(above.1) < 6, "{x}: {:?}", at(x, 40));
    }
    // The ground is the same colour, darker and paler.
    for x in [20, 100, 218, 300] {
        let ground = at(x, 20);
        assert!(ground.0 < above.0 - 15 && (135..200).contains(&ground.1), "{x}: {ground:?}");
    }
    let crop = ClipSpec { framing: Framing::Crop, ..spec };
    let frame = file.clip(&crop, &never).unwrap().next().unwrap().unwrap();
    assert!(frame.planes()[2].iter().any(|&v| v > 220));
}
