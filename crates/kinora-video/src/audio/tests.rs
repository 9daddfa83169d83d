//! Real sound, made by ffmpeg itself, through the whole way.
//!
//! Not covered: MPEG transport and program streams whose sound and picture start apart (see
//! [`AudioFile::samples`]), limits on memory, recordings of many hours, and codecs that ffmpeg cannot encode.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::*;
use crate::{VideoError, VideoFile, VideoLimits, made::Made as Sounds, never};

impl Sounds {
    /// Two seconds, silent in the first: a tone of 440 Hz in both channels.
    fn tone(&self, more: &str) -> PathBuf {
        self.make(&format!("{TONE} -ac 2 {more}"))
    }

    fn hear(&self, path: &Path) -> Result<AudioFile, AudioError> {
        AudioFile::open(&self.ffmpeg, path, &VideoLimits::default(), &never)
    }

    fn read(&self, path: &Path) -> (Vec<f32>, Outcome) {
        let file = self.hear(path).unwrap();
        let mut samples = file.samples(0, &never).unwrap();
        let all = samples.by_ref().flat_map(Result::unwrap).collect();
        (all, samples.outcome())
    }
}

const TONE: &str = "-f lavfi -i sine=frequency=440:sample_rate=44100:duration=2,volume=8:enable='gte(t,1)',volume=0:enable='lt(t,1)'";

/// When the sound begins, in seconds.
fn onset(samples: &[f32]) -> f64 {
    let loud = samples.iter().position(|sample| sample.abs() > 0.2).expect("a tone");
    loud as f64 / f64::from(SAMPLE_RATE)
}

/// Zero crossings upwards in the last half second, twice: the frequency in Hz.
fn pitch(samples: &[f32]) -> usize {
    let end = &samples[SAMPLE_RATE as usize * 5 / 4..SAMPLE_RATE as usize * 7 / 4];
    2 * end.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
}

#[test]
fn recordings_are_told_by_content_and_heard_at_their_time() {
    let sounds = Sounds::new();
    for (more, container, codec) in [
        ("IN/a.wav", "wav", "pcm_s16le"),
        ("IN/a.flac", "flac", "flac"),
        ("-c:a libmp3lame IN/a.mp3", "mp3", "mp3"),
        ("-c:a aac IN/a.m4a", "mp4", "aac"),
        ("-c:a aac IN/a.aac", "aac", "aac"),
        ("-c:a libvorbis IN/a.ogg", "ogg", "vorbis"),
        ("-c:a libopus IN/a.opus", "ogg", "opus"),
        ("-c:a libmp3lame -id3v2_version 0 -write_xing 0 IN/b.mp3", "mp3", "mp3"),
        ("-c:a pcm_s16be IN/a.aiff", "aiff", "pcm_s16be"),
        ("-c:a pcm_f32le -f wav IN/photo.jpg", "wav", "pcm_f32le"),
    ] {
        let path = sounds.tone(more);
        let file = sounds.hear(&path).unwrap();
        let facts = file.facts();
        let stream = &facts.streams[0];
        assert_eq!((facts.container.as_str(), stream.codec.as_str()), (container, codec));
        assert_eq!((stream.channels, facts.has_video), (2, false), "{more}");
        assert!(begins_sound(&fs::read(&path).unwrap()[..64]), "{more}");
        let (samples, outcome) = sounds.read(&path);
        assert_eq!((outcome.samples, outcome.damage), (samples.len() as u64, None), "{more}");
        let seconds = samples.len() as f64 / f64::from(SAMPLE_RATE);
        assert!((seconds - 2.0).abs() < 0.1, "{more}: {seconds} s");
        // A lossy codec without an edit list starts with its own delay, about 50 ms.
        assert!((onset(&samples) - 1.0).abs() < 0.06, "{more}: {}", onset(&samples));
        assert!(pitch(&samples).abs_diff(440) < 8, "{more}: {} Hz", pitch(&samples));
    }
}

#[test]
fn sound_and_picture_keep_together() {
    let sounds = Sounds::new();
    for offset in [0.0, 0.7, -0.4] {
        for name in ["IN/a.mp4", "IN/a.mkv", "IN/a.mov", "IN/a.flv"] {
            let path = sounds.make(&format!(
                "-f lavfi -i color=black:s=64x48:r=25:d=2,drawbox=c=white:t=fill:enable='gte(t,1)' \
                 -itsoffset {offset} {TONE} -c:v libx264 -c:a aac {name}"
            ));
            let video =
                VideoFile::open(&sounds.ffmpeg, &path, &VideoLimits::default(), &never).unwrap();
            let mut frames = video.frames(16, &never).unwrap().map(Result::unwrap);
            let flash = frames.find(|frame| frame.image.planes()[0][0] > 128).unwrap();
            assert!(sounds.hear(&path).unwrap().facts().has_video);
            let (samples, _) = sounds.read(&path);
            let apart = onset(&samples) - flash.at.as_secs_f64();
            assert!((apart - offset).abs() < 0.05, "{name} by {offset}: {apart} s apart");
        }
    }
}

#[test]
fn a_stream_can_be_chosen_and_its_tags_are_read() {
    let sounds = Sounds::new();
    let path = sounds.make(
        "-f lavfi -i sine=frequency=300:duration=2 -f lavfi -i sine=frequency=600:duration=2 \
         -map 0 -map 1 -metadata:s:a:1 language=deu -metadata title=Two -af volume=6 IN/two.mkv",
    );
    let file = sounds.hear(&path).unwrap();
    assert_eq!(file.facts().streams[1].language.as_deref(), Some("deu"));
    assert_eq!(file.facts().tags.title.as_deref(), Some("Two"));
    for (stream, hertz) in [(0, 300), (1, 600)] {
        let samples: Vec<f32> =
            file.samples(stream, &never).unwrap().flat_map(Result::unwrap).collect();
        assert!(pitch(&samples).abs_diff(hertz) < 8, "{stream}: {} Hz", pitch(&samples));
    }
    let none = file.samples(2, &never).err().unwrap();
    assert!(matches!(none, AudioError::NoSuchStream { asked: 2, has: 2 }), "{none}");
    let ogg = sounds.tone("-metadata title=Stream -c:a libvorbis IN/t.ogg");
    assert_eq!(sounds.hear(&ogg).unwrap().facts().tags.title.as_deref(), Some("Stream"));
}

#[test]
fn what_cannot_be_heard_is_told_apart() {
    let sounds = Sounds::new();
    let silent = sounds.make("-f lavfi -i testsrc2=s=64x48:d=1 -c:v libx264 IN/silent.mp4");
    assert!(matches!(sounds.hear(&silent), Err(AudioError::NoAudio)));
    let empty = sounds.write("empty.wav", b"");
    assert!(matches!(sounds.hear(&empty), Err(AudioError::File(VideoError::Empty))));
    let text = sounds.write("text.mp3", &b"no sound at all, only words. ".repeat(50));
    let error = sounds.hear(&text).unwrap_err();
    assert!(matches!(error, AudioError::File(VideoError::UnknownFormat { .. })), "{error}");
    let none = sounds.folder.path().join("none.wav");
    assert!(matches!(sounds.hear(&none), Err(AudioError::File(VideoError::Io { .. }))));
}

#[test]
fn a_cut_off_file_gives_what_there_is() {
    let sounds = Sounds::new();
    for name in ["IN/a.mp3", "IN/a.wav", "IN/a.flac", "IN/a.ogg"] {
        let whole = fs::read(sounds.tone(name)).unwrap();
        let cut = sounds.write("cut", &whole[..whole.len() * 3 / 4]);
        let (samples, outcome) = sounds.read(&cut);
        let seconds = outcome.duration().as_secs_f64();
        assert!((0.9..1.95).contains(&seconds), "{name}: {seconds} s");
        // A page of Ogg that is not whole is lost, and the tone with it.
        assert!(seconds < 1.3 || onset(&samples) > 0.9, "{name}");
    }
    // The index of an m4a is at its end.
    let whole = fs::read(sounds.tone("IN/a.m4a")).unwrap();
    let error = sounds.hear(&sounds.write("cut", &whole[..whole.len() / 2])).unwrap_err();
    assert!(matches!(error, AudioError::File(VideoError::Undecodable { .. })), "{error}");
}

#[test]
fn damage_is_told_and_time_goes_on() {
    let sounds = Sounds::new();
    let mut bytes = fs::read(sounds.tone("-c:a aac IN/a.ts")).unwrap();
    let middle = bytes.len() / 4;
    bytes[middle..middle + 2000].iter_mut().for_each(|byte| *byte = 0x55);
    let (samples, outcome) = sounds.read(&sounds.write("spoilt.ts", &bytes));
    assert!(outcome.damage.is_some());
    assert!((onset(&samples) - 1.0).abs() < 0.12, "{}", onset(&samples));
}

#[test]
fn floats_of_any_kind_come_out_as_sound() {
    let sounds = Sounds::new();
    let mut bytes = fs::read(sounds.tone("-c:a pcm_f32le -ar 16000 IN/a.wav")).unwrap();
    let start = bytes.len() - 4 * 1000;
    for (i, four) in bytes[start..].chunks_exact_mut(4).enumerate() {
        let odd = [f32::NAN, f32::INFINITY, -1e30, 7.0][i % 4];
        four.copy_from_slice(&odd.to_le_bytes());
    }
    let (samples, _) = sounds.read(&sounds.write("odd.wav", &bytes));
    assert!(samples.iter().all(|sample| sample.abs() <= 1.0));
}

#[test]
fn whoever_stops_is_heard_and_silence_has_an_end() {
    let sounds = Sounds::new();
    let path = sounds.make("-f lavfi -i anoisesrc=d=300 -c:a pcm_s16le IN/long.wav");
    let file = sounds.hear(&path).unwrap();
    let asked = std::sync::atomic::AtomicU32::new(0);
    let stop = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 5;
    let last = file.samples(0, &stop).unwrap().last().unwrap();
    assert!(matches!(last, Err(AudioError::File(VideoError::Cancelled))));
    let mut samples = file.samples(0, &never).unwrap();
    samples.next().unwrap().unwrap();
    drop(samples);
    let hurried = VideoLimits { silence: Duration::ZERO, ..VideoLimits::default() };
    let file = AudioFile::open(&sounds.ffmpeg, &path, &hurried, &never).unwrap();
    let last = file.samples(0, &never).unwrap().last().unwrap();
    assert!(matches!(last, Err(AudioError::TooSlow { .. })));
}
