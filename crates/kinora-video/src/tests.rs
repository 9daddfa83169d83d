//! Real clips, made by ffmpeg itself, through the whole way.
//!
//! Not covered: limits on memory (they need a file made for it), builds of ffmpeg without tone
//! mapping, and files too long to be made here (keyframes by seeking).

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use kinora_types::{Size, TimeRange};

use super::*;
use crate::{
    audio::{AudioError, AudioFile},
    fixtures::LoggedFFmpeg,
    made::Made as Clips,
};
use kinora_image::frame::to_picture;

impl Clips {
    fn source(&self, size: &str, more: &str) -> PathBuf {
        self.make(&format!("-f lavfi -i testsrc2=s={size}:r=25:d=2 {more}"))
    }

    fn open(&self, path: &Path) -> Result<VideoFile, VideoError> {
        VideoFile::open(&self.ffmpeg, path, &VideoLimits::default(), &never)
    }
}

/// Times in milliseconds, and how it ended.
fn run(file: &VideoFile) -> (Vec<u64>, Outcome) {
    let mut frames = file.frames(64, &never).unwrap();
    let times = frames.by_ref().map(|f| f.unwrap().at.as_millis() as u64).collect();
    (times, frames.outcome())
}

fn size(width: u32, height: u32) -> Size {
    Size { width, height }
}

fn mean(rgb: &[u8]) -> [f64; 3] {
    let sum = |c: usize| rgb.iter().skip(c).step_by(3).map(|&v| f64::from(v)).sum::<f64>();
    [0, 1, 2].map(|c| sum(c) / (rgb.len() / 3) as f64)
}

#[test]
fn containers_and_codecs_give_all_their_frames() {
    let clips = Clips::new();
    for (more, container, codec) in [
        ("-c:v libx264 IN/a.mp4", "mp4", "h264"),
        ("-c:v libx264 IN/a.mov", "mov", "h264"),
        ("-c:v libx264 IN/a.mkv", "matroska", "h264"),
        ("-c:v libvpx -deadline realtime IN/a.webm", "matroska", "vp8"),
        ("-c:v mpeg4 IN/a.avi", "avi", "mpeg4"),
        ("-c:v mpeg2video IN/a.mpg", "mpeg", "mpeg2video"),
        ("-c:v libx264 IN/a.ts", "mpegts", "h264"),
        ("IN/a.gif", "gif", "gif"),
        ("-loop 0 IN/a.webp", "webp", "webp_anim"),
    ] {
        let file = clips.open(&clips.source("96x64", more)).unwrap();
        let video = file.facts().video.as_ref().unwrap();
        assert_eq!((file.facts().container.as_str(), video.codec.as_str()), (container, codec));
        assert_eq!(video.display, size(96, 64));
        let (times, outcome) = run(&file);
        let expected: Vec<u64> = (0..50).map(|i| i * 40).collect();
        assert_eq!(times, expected, "{more}");
        assert_eq!((outcome.variable, outcome.damage), (false, None), "{more}");
        let first = file.keyframes(KeyframeSpec::default(), &never).unwrap().next();
        assert_eq!(first.unwrap().unwrap().at, Duration::ZERO, "{more}");
    }
}

#[test]
fn frames_are_upright_with_square_pixels() {
    let clips = Clips::new();
    // Left half red, right half blue; pixels twice as wide as high.
    let plain = clips.make(
        "-f lavfi -i color=red:s=32x64:r=10:d=1 -f lavfi -i color=blue:s=32x64:r=10:d=1 \
         -filter_complex hstack,setsar=2/1 -c:v libx264 IN/plain.mp4",
    );
    let turned = "-display_rotation -90 -i IN/plain.mp4 -c copy IN/turned.mp4";
    let turned = clips.make(turned);
    let plain = clips.open(&plain).unwrap();
    assert_eq!(plain.facts().video.as_ref().unwrap().display, size(128, 64));
    let file = clips.open(&turned).unwrap();
    let video = file.facts().video.as_ref().unwrap();
    assert_eq!((video.rotation, video.display, video.coded), (90, size(64, 128), size(64, 64)));
    assert_eq!(video.pixel_aspect, 2.0);
    let frame = file.frames(64, &never).unwrap().next().unwrap().unwrap();
    let picture = to_picture(&frame.image);
    assert_eq!((picture.width(), picture.height()), (64, 128));
    let (top, bottom) = picture.rgb().split_at(64 * 64 * 3);
    // Turned clockwise, what was on the left is above.
    assert!(mean(top)[0] > 200.0 && mean(bottom)[2] > 200.0, "{:?} {:?}", mean(top), mean(bottom));
}

#[test]
fn times_are_exact_where_the_rate_varies() {
    let clips = Clips::new();
    let path = clips.make(
        "-f lavfi -i testsrc2=s=64x64:r=25:d=1 -vf settb=1/1000,setpts=(N*40+gt(N\\,9)*N*N+0.5)/1000/TB \
         -fps_mode passthrough -enc_time_base 1/1000 -c:v libx264 -video_track_timescale 1000 IN/v.mp4",
    );
    let (times, outcome) = run(&clips.open(&path).unwrap());
    let expected: Vec<u64> = (0..25).map(|n| n * 40 + if n > 9 { n * n } else { 0 }).collect();
    assert_eq!(times, expected);
    assert!(outcome.variable);
}

#[test]
fn fields_are_woven_apart() {
    let clips = Clips::new();
    let path = clips.make(
        "-f lavfi -i testsrc2=s=320x240:r=50:d=1 -vf interlace=scan=tff -c:v mpeg2video \
         -flags +ilme+ildct IN/i.mpg",
    );
    let file = clips.open(&path).unwrap();
    assert!(file.facts().video.as_ref().unwrap().interlaced);
    assert_eq!(run(&file).0.len(), 25);
}

#[test]
fn high_dynamic_range_is_mapped() {
    let clips = Clips::new();
    let path = clips.source(
        "96x64",
        "-pix_fmt yuv420p10le -c:v libx265 -x265-params \
         log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc IN/h.mp4",
    );
    let file = clips.open(&path).unwrap();
    let video = file.facts().video.as_ref().unwrap();
    assert_eq!((video.hdr, file.tone()), (Some(Hdr::Pq), Tone::Mapped));
    assert_eq!(video.pixel_format, "yuv420p10le");
    assert_eq!(run(&file).0.len(), 50);
}

#[test]
fn several_streams_and_cover_art() {
    let clips = Clips::new();
    let both = clips.make(
        "-f lavfi -i testsrc2=s=64x48:r=25:d=1 -f lavfi -i sine=d=1 -f lavfi -i sine=d=1 -map 0 -map 1 \
         -map 2 -c:v libx264 -metadata:s:a:0 language=deu -metadata title=Two_words \
         -metadata creation_time=2024-05-06T07:08:09Z -metadata location=+40.5-074.1/ IN/b.mp4",
    );
    let facts = clips.open(&both).unwrap().facts().clone();
    assert_eq!((facts.streams, facts.audio.len()), (3, 2));
    assert_eq!(facts.audio[0].language.as_deref(), Some("deu"));
    assert_eq!((facts.audio[0].rate, facts.audio[0].channels), (44100, 1));
    assert_eq!(facts.tags.title.as_deref(), Some("Two_words"));
    assert_eq!(facts.tags.created.unwrap().to_string(), "2024-05-06T07:08:09Z");
    assert_eq!(facts.tags.place.unwrap().latitude, 40.5);

    let song = clips.make(
        "-f lavfi -i sine=d=1 -f lavfi -i testsrc2=s=64x64:d=0.04 -map 0 -map 1 -c:v mjpeg \
         -disposition:v:0 attached_pic IN/song.mp3",
    );
    let file = clips.open(&song).unwrap();
    assert_eq!((file.facts().video.clone(), file.facts().audio.len()), (None, 1));
    assert!(matches!(file.frames(64, &never), Err(VideoError::NoVideo)));
}

#[test]
fn broken_tails_give_what_there_is_and_say_so() {
    let clips = Clips::new();
    // The same bytes on every machine: a cut that falls between two packets could not be told.
    for (more, name) in [
        ("-c:v libx264 -threads 1 -bitexact -movflags +faststart IN/a.mp4", "cut.mp4"),
        ("-c:v libx264 -threads 1 -bitexact IN/a.mkv", "cut.mkv"),
        ("-c:v libvpx -deadline good -threads 1 -bitexact IN/a.webm", "cut.webm"),
        ("-c:v mpeg4 -threads 1 -bitexact IN/a.avi", "cut.avi"),
    ] {
        let whole = fs::read(clips.source("160x120", more)).unwrap();
        let cut = clips.write(name, &whole[..whole.len() * 6 / 10]);
        let (times, outcome) = run(&clips.open(&cut).unwrap());
        assert!((5..50).contains(&times.len()), "{name}: {}", times.len());
        assert!(outcome.damage.is_some(), "{name}");
    }
}

#[test]
fn what_is_no_video_is_told_in_words() {
    let clips = Clips::new();
    let whole = fs::read(clips.source("160x120", "-c:v libx264 IN/a.mp4")).unwrap();
    let other = clips.source("64x48", "-frames:v 1 IN/still.png");
    let list = "#EXTM3U\n#EXTINF:2,\nfile:a.mp4\n#EXT-X-ENDLIST\n";
    let error = |name: &str, bytes: &[u8]| clips.open(&clips.write(name, bytes)).unwrap_err();
    assert!(matches!(error("empty.mp4", b""), VideoError::Empty));
    assert!(matches!(error("text.mp4", b"hello"), VideoError::UnknownFormat { .. }));
    assert!(matches!(error("index.mp4", &whole[..9000]), VideoError::Undecodable { .. }));
    let list = error("list.mp4", list.as_bytes());
    assert!(matches!(list, VideoError::UnknownFormat { .. }), "{list}");
    assert!(matches!(clips.open(&other), Err(VideoError::UnknownFormat { .. })));
    assert!(matches!(clips.open(clips.folder.path()), Err(VideoError::Io { .. })));
    assert!(matches!(clips.open(Path::new("/nowhere.mp4")), Err(VideoError::Io { .. })));
}

#[test]
fn names_are_only_names() {
    let clips = Clips::new();
    let bytes = fs::read(clips.source("2x2", "IN/a.gif")).unwrap();
    for name in ["-i.mp4", "http:evil.mp4", "a%03d 'q' \"$x\".mkv", "pipe:0", "ünïcode|.gif"] {
        let file = clips.open(&clips.write(name, &bytes)).unwrap();
        assert_eq!(file.facts().container, "gif", "{name}");
    }
}

#[test]
fn sizes_at_the_edges() {
    let clips = Clips::new();
    for (input, more, expected) in [
        ("2x2", "-vf scale=1:1 -c:v ffv1 IN/one.mkv", size(2, 2)),
        ("16384x16", "-frames:v 2 -c:v mjpeg IN/wide.avi", size(128, 16)),
    ] {
        let file = clips.open(&clips.source(input, more)).unwrap();
        let frame = file.frames(16, &never).unwrap().next().unwrap().unwrap();
        assert_eq!(frame.image.size(), expected, "{input}");
    }
    let path = clips.source("640x480", "-c:v libx264 IN/big.mp4");
    let limits = VideoLimits { pixels: 1000, ..VideoLimits::default() };
    let error = VideoFile::open(&clips.ffmpeg, &path, &limits, &never).unwrap_err();
    assert!(matches!(error, VideoError::TooManyPixels { .. }), "{error}");
}

#[test]
fn keyframes_are_few_and_spread() {
    let clips = Clips::new();
    let path = clips.source("320x240", "-c:v libx264 -g 5 IN/k.mp4");
    let file = clips.open(&path).unwrap();
    let spec = KeyframeSpec { most: 4, long_side: 100 };
    let found: Vec<_> = file.keyframes(spec, &never).unwrap().map(Result::unwrap).collect();
    let times: Vec<u128> = found.iter().map(|k| k.at.as_millis()).collect();
    assert_eq!(times, [0, 600, 1200, 1800]);
    assert_eq!((found[0].picture.width(), found[0].picture.height()), (100, 75));
}

#[test]
fn a_clip_has_the_films_rate_and_shape() {
    let clips = Clips::new();
    // Every frame has its own grey: 8 levels a frame, 10 frames a second.
    let path = clips.make(
        "-f lavfi -i color=black:s=64x32:r=10:d=3 -vf format=gray,geq=lum=N*8 -c:v libx264 -qp 0 \
         -pix_fmt yuv420p -g 30 IN/g.mp4",
    );
    let file = clips.open(&path).unwrap();
    let range = TimeRange::new(1000, 2000).unwrap();
    let spec = ClipSpec {
        range,
        size: size(16, 16),
        fps: 24,
        focus: (0.5, 0.5),
        framing: kinora_types::Framing::Crop,
    };
    let mut clip = file.clip(&spec, &never).unwrap();
    let lumas: Vec<u8> = clip.by_ref().map(|frame| frame.unwrap().planes()[0][100]).collect();
    assert_eq!((lumas.len(), clip.held()), (24, 0));
    let step = |luma: u8| (f64::from(luma) - f64::from(lumas[0])) * 255.0 / 219.0 / 8.0;
    for (i, &luma) in lumas.iter().enumerate() {
        let nearest = (i as f64 / 2.4).round();
        let tie = (i as f64 / 2.4).fract() == 0.5;
        assert!(tie || (step(luma) - nearest).abs() < 0.3, "frame {i}: {}", step(luma));
    }
    let over = ClipSpec { range: TimeRange::new(2500, 3500).unwrap(), ..spec };
    let mut clip = file.clip(&over, &never).unwrap();
    assert_eq!((clip.by_ref().count(), clip.held()), (24, 12));
    let outside = ClipSpec { range: TimeRange::new(9000, 9500).unwrap(), ..spec };
    assert!(matches!(file.clip(&outside, &never), Err(VideoError::OutsideVideo { .. })));
    let odd = ClipSpec { size: size(15, 16), ..spec };
    assert!(matches!(file.clip(&odd, &never), Err(VideoError::OddSize(_))));
}

#[test]
fn whoever_stops_is_heard_and_a_dropped_stream_ends() {
    let clips = Clips::new();
    let file = clips.open(&clips.source("320x240", "-c:v libx264 IN/s.mp4")).unwrap();
    let asked = AtomicU32::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) > 3;
    let last = file.frames(64, &stop).unwrap().last().unwrap();
    assert!(matches!(last, Err(VideoError::Cancelled)));
    let mut frames = file.frames(64, &never).unwrap();
    frames.next().unwrap().unwrap();
    drop(frames);
}

#[test]
fn a_stream_is_bounded_in_frames_and_in_silence() {
    let clips = Clips::new();
    let path = clips.source("64x48", "-c:v libx264 IN/s.mp4");
    let limited = |limits| VideoFile::open(&clips.ffmpeg, &path, &limits, &never).unwrap();
    let file = limited(VideoLimits { frames: 10, ..VideoLimits::default() });
    let last = file.frames(64, &never).unwrap().last().unwrap();
    assert!(matches!(last, Err(VideoError::TooManyFrames { limit: 10 })));
    // Of a child that says nothing; a real one may be too quick to be caught at it.
    let limits = VideoLimits { silence: Duration::ZERO, ..VideoLimits::default() };
    let (_silent, channel) = crossbeam_channel::bounded::<()>(0);
    let waited = timeouts::Timeouts::new(&limits, (None, Duration::MAX / 4), &never).wait(&channel);
    assert!(matches!(waited, Err(timeouts::GivenUp::TooSlow(_))));
}

/// The filters of an ffmpeg are asked for once, whatever is opened by it and its clones.
#[test]
fn an_ffmpeg_is_asked_once_what_it_can_do() {
    let clips = Clips::new();
    let path = clips.source(
        "96x64",
        "-pix_fmt yuv420p10le -c:v libx265 -x265-params \
         log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc IN/h.mp4",
    );
    let logged = LoggedFFmpeg::new(clips.folder.path());
    for _ in 0..3 {
        let ffmpeg = logged.ffmpeg.clone();
        let file = VideoFile::open(&ffmpeg, &path, &VideoLimits::default(), &never).unwrap();
        assert_eq!(file.tone(), Tone::Mapped);
        assert_eq!(run(&file).0.len(), 50);
    }
    let listings = ["-version", "-encoders", "-decoders", "-filters"];
    for listing in listings {
        let asked = logged.runs().iter().filter(|run| run.ends_with(listing)).count();
        assert_eq!(asked, 1, "{listing}");
    }
    // Three probes, three decodes.
    assert_eq!((logged.probes(), logged.runs().len()), (3, listings.len() + 6));
}

#[test]
fn the_sound_of_an_opened_video_is_not_looked_for_again() {
    let clips = Clips::new();
    let both = clips
        .make("-f lavfi -i testsrc2=s=64x48:r=25:d=1 -f lavfi -i sine=d=1 -c:v libx264 IN/b.mp4");
    let logged = LoggedFFmpeg::new(clips.folder.path());
    let limits = VideoLimits::default();
    let film = VideoFile::open(&logged.ffmpeg, &both, &limits, &never).unwrap();
    let sound = AudioFile::of(&film.clone().within(limits.clone())).unwrap();
    assert_eq!(logged.probes(), 1);
    let alone = AudioFile::open(&logged.ffmpeg, &both, &limits, &never).unwrap();
    assert_eq!(
        (&sound.facts().streams, sound.facts().duration, sound.facts().has_video),
        (&alone.facts().streams, alone.facts().duration, true)
    );
    assert_eq!(logged.probes(), 2);
    let heard: usize = sound.samples(0, &never).unwrap().map(|piece| piece.unwrap().len()).sum();
    assert!((15_000..=18_000).contains(&heard), "{heard}");
    let silent = clips.source("64x48", "-c:v libx264 IN/s.mp4");
    let silent = VideoFile::open(&logged.ffmpeg, &silent, &limits, &never).unwrap();
    assert!(matches!(AudioFile::of(&silent), Err(AudioError::NoAudio)));
}
