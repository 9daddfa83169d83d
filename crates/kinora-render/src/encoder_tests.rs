//! Films through the real ffmpeg, read back by it; failures of the disk and of the child.

use std::{fs, path::Path, process::Command};

use kinora_types::{Size, YuvFrame};

use kinora_video::{FFmpeg, FFmpegError, fixtures::ffmpeg};

use super::{EncodeSpec, FilmEncoder, RenderError, SoundFile};

fn never() -> bool {
    false
}

const SIZE: Size = Size { width: 320, height: 180 };
const SPEC: EncodeSpec = EncodeSpec { size: SIZE, fps: 24 };

fn grey(level: u8) -> YuvFrame {
    let mut frame = YuvFrame::black(SIZE).unwrap();
    frame.planes_mut()[0].fill(level);
    frame
}

fn encode(out: &Path, frames: u8) -> Result<(), RenderError> {
    let mut encoder = FilmEncoder::start(&ffmpeg(), SPEC, None, out)?;
    for i in 0..frames {
        encoder.push(grey(30 + i * 4), &never)?;
    }
    encoder.finish(&never)?.keep()
}

/// Frames as ffmpeg decodes them: raw planes.
fn decoded(film: &Path) -> Vec<u8> {
    let output = Command::new(ffmpeg().path)
        .args(["-loglevel", "error", "-i"])
        .arg(film)
        .args(["-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn frames_come_back_and_the_index_stands_first() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    encode(&film, 48).unwrap();
    let raw = decoded(&film);
    let frame_bytes = 320 * 180 * 3 / 2;
    assert_eq!(raw.len(), 48 * frame_bytes);
    for (i, frame) in raw.chunks_exact(frame_bytes).enumerate() {
        let mean = frame[..320 * 180].iter().map(|&v| u32::from(v)).sum::<u32>() / (320 * 180);
        assert!(mean.abs_diff(30 + i as u32 * 4) <= 2, "frame {i}: {mean}");
    }
    let bytes = fs::read(&film).unwrap();
    let at = |name: &[u8]| bytes.windows(4).position(|w| w == name).unwrap();
    assert!(at(b"moov") < at(b"mdat"));
    assert_eq!(names(folder.path()), ["film.mp4"]);
}

#[test]
fn the_same_frames_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let films = ["a.mp4", "b.mp4"].map(|name| folder.path().join(name));
    for film in &films {
        encode(film, 30).unwrap();
    }
    let [a, b] = films.map(|film| fs::read(film).unwrap());
    assert!(a == b);
    let text = String::from_utf8_lossy(&a);
    for version in ["x264 - core", "Lavf", "Lavc6"] {
        assert!(!text.contains(version), "a version in the file: {version}");
    }
}

#[test]
fn an_unfinished_film_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    let mut encoder = FilmEncoder::start(&ffmpeg(), SPEC, None, &film).unwrap();
    encoder.push(grey(80), &never).unwrap();
    drop(encoder);
    assert!(names(folder.path()).is_empty(), "{:?}", names(folder.path()));
}

#[test]
fn a_name_that_looks_like_an_option_or_an_address_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["-y.mp4", "http:x.mp4", "a%d'\".mp4"] {
        encode(&folder.path().join(name), 3).unwrap();
        assert!(folder.path().join(name).is_file(), "{name}");
    }
}

#[test]
fn a_missing_folder_and_a_missing_encoder_are_told() {
    let error = encode(Path::new("/nowhere/film.mp4"), 1).unwrap_err();
    assert!(error.to_string().ends_with(": /nowhere/film.mp4"), "{error}");
    let poor = FFmpeg { encoders: ["mpeg4".into()].into(), ..ffmpeg() };
    let folder = tempfile::tempdir().unwrap();
    let error = FilmEncoder::start(&poor, SPEC, None, &folder.path().join("f.mp4")).err().unwrap();
    assert!(matches!(error, RenderError::FFmpeg(FFmpegError::NoEncoder { .. })), "{error}");
    assert!(error.hint().unwrap().contains("fetch `ffmpeg`"));
}

#[test]
fn an_encoded_film_takes_its_name_only_when_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    fs::write(&film, b"older").unwrap();
    for keep in [false, true] {
        let mut encoder = FilmEncoder::start(&ffmpeg(), SPEC, None, &film).unwrap();
        encoder.push(grey(80), &never).unwrap();
        let encoded = encoder.finish(&never).unwrap();
        assert!(fs::metadata(encoded.path()).unwrap().len() > 100);
        if keep {
            encoded.keep().unwrap()
        } else {
            drop(encoded)
        }
        assert_eq!(fs::read(&film).unwrap() == b"older", !keep);
        assert_eq!(names(folder.path()), ["film.mp4"]);
    }
}

#[cfg(unix)]
#[test]
fn a_wait_for_the_encoder_ends_at_the_first_look_after_a_cancellation() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    // One never reads a frame, the other reads all of them and never ends.
    let scripts = ["exec sleep 600", "cat >/dev/null; exec sleep 600"];
    for (script, frames) in scripts.into_iter().zip([usize::MAX, 3]) {
        let ffmpeg = impostor(folder.path(), script);
        let mut encoder = FilmEncoder::start(&ffmpeg, SPEC, None, &film).unwrap();
        let (asked, waited) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
        let third_wait = || {
            asked.set(asked.get() + 1);
            // Frames that are taken at once ask once each.
            waited.set(waited.get() + 1);
            waited.get() > 3
        };
        let pushed = (0..frames).try_for_each(|_| {
            waited.set(0);
            encoder.push(grey(50), &third_wait)
        });
        let ended = pushed.and_then(|()| {
            waited.set(0);
            encoder.finish(&third_wait).map(drop)
        });
        assert!(matches!(ended, Err(RenderError::Cancelled)), "{script}: {ended:?}");
        assert_eq!(waited.get(), 4, "{script}: not asked again once it said stop");
        assert!(asked.get() < 30, "{script}");
        assert_eq!(names(folder.path()), ["ffmpeg"], "{script}");
    }
}

/// A program that answers like ffmpeg and then does what the script says.
#[cfg(unix)]
fn impostor(folder: &Path, script: &str) -> FFmpeg {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("ffmpeg");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    let encoders = vec!["libx264".into()];
    FFmpeg {
        path,
        version: "0".into(),
        encoders: encoders.into(),
        decoders: [].into(),
        filters: [].into(),
    }
}

#[cfg(unix)]
#[test]
fn a_child_that_dies_is_told_with_its_last_words() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    for (script, full) in [
        ("echo 'something broke' >&2; exit 3", false),
        ("echo 'av_write: No space left on device' >&2; exit 1", true),
        ("kill -9 $$", false),
    ] {
        let mut encoder =
            FilmEncoder::start(&impostor(folder.path(), script), SPEC, None, &film).unwrap();
        let pushed = (0..40).try_for_each(|_| encoder.push(grey(50), &never));
        let error = pushed.and_then(|()| encoder.finish(&never).map(drop)).unwrap_err();
        assert_eq!(matches!(error, RenderError::DiskFull(_)), full, "{script}: {error}");
        if script.contains("something") {
            assert!(error.to_string().contains("something broke"), "{error}");
        }
        assert_eq!(names(folder.path()), ["ffmpeg"], "{script}");
    }
}

#[test]
fn sound_comes_back_with_the_pictures_and_nothing_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    let make = || {
        let mut sound = SoundFile::create(&film).unwrap();
        // Two seconds: silence, then a tone from the first second on.
        let tone = |i: usize| if i < 48_000 { 0.0 } else { 0.4 * (i as f32 * 0.13).sin() };
        let samples: Vec<f32> = (0..96_000).flat_map(|i| [tone(i); 2]).collect();
        sound.push(&samples).unwrap();
        sound.finish().unwrap();
        let mut encoder = FilmEncoder::start(&ffmpeg(), SPEC, Some(sound), &film).unwrap();
        (0..48).for_each(|i| encoder.push(grey(30 + i * 4), &never).unwrap());
        encoder.finish(&never).unwrap().keep().unwrap();
        fs::read(&film).unwrap()
    };
    let first = make();
    assert!(first == make(), "the same sound gives the same bytes");
    assert_eq!(names(folder.path()), ["film.mp4"]);
    assert_eq!(decoded(&film).len(), 48 * 320 * 180 * 3 / 2);
    let output = Command::new(ffmpeg().path)
        .args(["-loglevel", "error", "-i"])
        .arg(&film)
        .args(["-map", "0:a", "-f", "s16le", "pipe:1"])
        .output()
        .unwrap();
    let samples: Vec<i16> =
        output.stdout.chunks_exact(4).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
    let onset = samples.iter().position(|s| s.unsigned_abs() > 4000).unwrap();
    assert!(onset.abs_diff(48_000) < 60, "{onset}");
    let peak = samples[60_000..90_000].iter().map(|s| s.unsigned_abs()).max().unwrap();
    assert!(peak.abs_diff(13_106) < 500, "{peak}");
}
