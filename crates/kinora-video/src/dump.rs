//! The description of an input that ffmpeg prints when it opens one.
//!
//! Not a stable format: what is not understood is left out, never guessed.

use std::time::Duration;

use kinora_types::Size;

use super::{
    AudioStream,
    log::{Level, Line},
};

/// Durations from here on count as unknown.
const UNBELIEVABLE: Duration = Duration::from_secs(1000 * 3600);

/// What could be parsed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Dump {
    /// Names of the demuxer, e.g. `mov,mp4,m4a,3gp,3g2,mj2`; empty if no input was opened.
    pub demuxer: String,
    pub duration: Option<Duration>,
    /// Tags of the file.
    pub tags: Vec<(String, String)>,
    /// Tags of the first audio stream, where Ogg keeps those of the whole file. Tags of other streams are left out.
    pub audio_tags: Vec<(String, String)>,
    /// All video streams except cover pictures.
    pub videos: Vec<CodedVideo>,
    pub audio: Vec<AudioStream>,
    pub streams: usize,
}

/// A video as it is coded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct CodedVideo {
    /// Number of its stream.
    pub index: usize,
    pub codec: String,
    pub pixel_format: String,
    pub size: Option<Size>,
    /// Mean frames a second.
    pub fps: Option<f64>,
    /// ffmpeg's guess at the rate of a stream of constant rate.
    pub base_rate: Option<f64>,
    pub field_order: bool,
    /// Degrees clockwise to turn by.
    pub rotation: u16,
    /// Units of its clock in a second.
    pub clock: Option<f64>,
    /// Tags of the stream, such as its time of recording.
    pub tags: Vec<(String, String)>,
}

impl CodedVideo {
    /// Whether it is a single picture: ffmpeg lists the pictures of an image file (ISO 23008-12) as videos of
    /// one frame a second before it lists the sequence that moves.
    fn is_item(&self) -> bool {
        self.fps == Some(1.0) && self.clock == Some(1.0)
    }

    /// Whether an alpha channel lies beside the pictures of VP8 or VP9 (WebM's `AlphaMode`).
    pub(crate) fn has_alpha_beside(&self) -> bool {
        self.tags.iter().any(|(key, value)| key == "alpha_mode" && value.trim() == "1")
    }
}

/// Part of the description that a line belongs to.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Before,
    File,
    AVideo,
    TheAudio,
    OtherStream,
    After,
}

/// Reads the description of the first input; other lines are passed over.
pub(crate) fn read<'a>(lines: impl Iterator<Item = Line<'a>>) -> Dump {
    let (mut dump, mut at) = (Dump::default(), At::Before);
    let plain = |line: &Line| line.source.is_empty() && line.level <= Level::Info;
    for line in lines.filter(plain) {
        if line.level == Level::Continued {
            match at {
                At::File => continue_tag(&mut dump.tags, line.text),
                At::TheAudio => continue_tag(&mut dump.audio_tags, line.text),
                At::AVideo => {
                    if let Some(video) = dump.videos.last_mut() {
                        continue_tag(&mut video.tags, line.text);
                    }
                }
                _ => {}
            }
            continue;
        }
        at = dump.take(at, line.text);
        if at == At::After {
            break;
        }
    }
    dump
}

impl Dump {
    fn take(&mut self, at: At, text: &str) -> At {
        let inner = text.trim_start();
        if let Some(rest) = text.strip_prefix("Input #0, ") {
            self.demuxer = rest.split(", from '").next().unwrap_or_default().to_owned();
            return At::File;
        }
        if at == At::Before {
            return at;
        }
        if !text.starts_with(' ') {
            return At::After;
        }
        if inner.starts_with("Stream #0:") {
            return self.stream(inner);
        }
        match at {
            At::File => self.file(inner),
            At::AVideo => self.of_video(inner),
            At::TheAudio => self.audio_tags.extend(tag(inner)),
            _ => {}
        }
        at
    }

    fn file(&mut self, text: &str) {
        if let Some(rest) = text.strip_prefix("Duration: ") {
            self.duration = rest.split(',').next().and_then(clock).filter(|d| *d < UNBELIEVABLE);
        } else {
            self.tags.extend(tag(text));
        }
    }

    /// The first video; of an image sequence that which moves, not the picture that stands for it.
    pub(crate) fn video(&self) -> Option<&CodedVideo> {
        let moving = self.videos.iter().find(|video| self.is_quicktime() && !video.is_item());
        moving.or(self.videos.first())
    }

    /// The grey track that holds the alpha channel of an animated AVIF.
    pub(crate) fn alpha_of(&self, video: &CodedVideo) -> Option<usize> {
        let brands = ["major_brand", "compatible_brands"];
        let of =
            |(key, value): &(String, String)| brands.contains(&&**key) && value.contains("avis");
        let beside = |other: &&CodedVideo| {
            let grey = other.pixel_format.starts_with("gray");
            other.index > video.index && !other.is_item() && grey && other.size == video.size
        };
        let sequence = self.is_quicktime() && self.tags.iter().any(of) && !video.is_item();
        self.videos.iter().filter(|_| sequence).find(beside).map(|other| other.index)
    }

    fn is_quicktime(&self) -> bool {
        self.demuxer.starts_with("mov,")
    }

    fn of_video(&mut self, text: &str) {
        let prefixes = ["Display Matrix: rotation of ", "displaymatrix: rotation of "];
        let angle = prefixes.iter().find_map(|head| text.strip_prefix(head));
        let angle = angle.and_then(|rest| rest.split(' ').next()?.parse::<f64>().ok());
        let Some(video) = self.videos.last_mut() else { return };
        match angle.filter(|a| a.is_finite()) {
            // ffmpeg counts counterclockwise.
            Some(angle) => video.rotation = (-angle).rem_euclid(360.0).round() as u16 % 360,
            None => video.tags.extend(tag(text)),
        }
    }

    fn stream(&mut self, text: &str) -> At {
        self.streams += 1;
        let cover = ["(attached pic)", "(timed thumbnails)", "(still image)"];
        if let Some((_, rest)) = text.split_once(": Video: ") {
            if !cover.iter().any(|mark| rest.contains(mark)) {
                self.videos.push(CodedVideo { index: index(text), ..video(rest) });
                return At::AVideo;
            }
        } else if let Some((head, rest)) = text.split_once(": Audio: ") {
            self.audio.push(audio(head, rest));
            if self.audio.len() == 1 {
                return At::TheAudio;
            }
        }
        At::OtherStream
    }
}

/// Number in `Stream #0:3[0x4](und): …`.
fn index(text: &str) -> usize {
    let digits = text.strip_prefix("Stream #0:").unwrap_or_default();
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().unwrap_or(0)
}

fn tag(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once(": ")?;
    Some((key.trim().to_owned(), value.to_owned()))
}

/// A value of several lines goes on in lines with an empty key.
fn continue_tag(tags: &mut [(String, String)], text: &str) {
    if let (Some(last), Some(more)) = (tags.last_mut(), text.trim_start().strip_prefix(": ")) {
        last.1.push('\n');
        last.1.push_str(more);
    }
}

fn video(text: &str) -> CodedVideo {
    let parts = parts(text);
    let rate = |unit: &str| {
        let word = |part: &str| rate(part.split(" (").next()?.strip_suffix(unit)?);
        parts.iter().find_map(|part| word(part))
    };
    CodedVideo {
        index: 0,
        codec: first_word(&parts),
        pixel_format: parts.get(1).map_or("", |p| p.split('(').next().unwrap_or(p)).to_owned(),
        clock: rate(" tbn"),
        tags: Vec::new(),
        size: parts.iter().skip(1).find_map(|part| size(part)),
        fps: rate(" fps"),
        base_rate: rate(" tbr"),
        field_order: ["top first", "bottom first", "top coded", "bottom coded"]
            .iter()
            .any(|order| parts.get(1).is_some_and(|format| format.contains(order))),
        rotation: 0,
    }
}

fn audio(head: &str, text: &str) -> AudioStream {
    let parts = parts(text);
    let rate = parts.iter().find_map(|part| part.strip_suffix(" Hz")?.parse().ok());
    let language = head.rsplit_once('(').map(|(_, code)| code.trim_end_matches(')').to_owned());
    AudioStream {
        codec: first_word(&parts),
        rate: rate.unwrap_or(0),
        channels: parts.get(2).map_or(0, |layout| channels(layout)),
        language: language.filter(|code| code != "und" && !code.is_empty()),
        default: parts.last().is_some_and(|last| last.contains("(default)")),
    }
}

/// Splits at commas outside of brackets.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0i32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth <= 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

fn first_word(parts: &[&str]) -> String {
    parts.first().and_then(|p| p.split_whitespace().next()).unwrap_or_default().to_owned()
}

fn size(part: &str) -> Option<Size> {
    let (width, height) = part.split_whitespace().next()?.split_once('x')?;
    Some(Size { width: width.parse().ok()?, height: height.parse().ok()? })
}

/// `23.98`, `24`, `1k`.
fn rate(text: &str) -> Option<f64> {
    let (digits, scale) = text.strip_suffix('k').map_or((text, 1.0), |d| (d, 1000.0));
    let rate = digits.trim().parse::<f64>().ok()? * scale;
    (rate > 0.0 && rate.is_finite()).then_some(rate)
}

/// `mono`, `stereo`, `5.1(side)`, `3 channels`; 0 if it is none of them.
fn channels(layout: &str) -> u32 {
    let name = layout.split(['(', ' ']).next().unwrap_or_default();
    match name {
        "mono" => 1,
        "stereo" | "downmix" => 2,
        "quad" => 4,
        "hexagonal" => 6,
        "octagonal" | "cube" => 8,
        _ => name.split('.').map_while(|part| part.parse::<u32>().ok()).sum(),
    }
}

/// `01:02:03.45`; `N/A` is none.
fn clock(text: &str) -> Option<Duration> {
    let mut fields = text.trim().split(':');
    let mut next = || fields.next()?.parse::<f64>().ok();
    let seconds = next()? * 3600.0 + next()? * 60.0 + next()?;
    Duration::try_from_secs_f64(seconds).ok().filter(|d| !d.is_zero())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{super::log::line, *};

    fn dump(text: &str) -> Dump {
        read(text.lines().map(line))
    }

    const PHONE: &str = "\
[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:rot.mov':
[info]   Metadata:
[info]     major_brand     : qt
[info]     title           : x=y;z
                    : second
[info]     location        : +40.5000-074.1000/
[info]   Duration: 00:01:02.50, start: 0.000000, bitrate: 270 kb/s
[info]   Stream #0:0[0x1](eng): Video: hevc (Main 10) (hvc1 / 0x31637668), \
yuv420p10le(tv, bt2020nc/bt2020/arib-std-b67, progressive), 1920x1080 [SAR 1:1 DAR 16:9], 263 kb/s, \
29.98 fps, 30 tbr, 600 tbn (default)
[info]     Metadata:
[info]       title           : not the file's
[info]     Side data:
[info]       Display Matrix: rotation of -90.00 degrees
[info]   Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 48000 Hz, 5.1(side), fltp, 192 kb/s
[info]   Stream #0:2[0x3](deu): Audio: mp3 (mp3float), 44100 Hz, stereo, fltp, 127 kb/s (default)
[info]   Stream #0:3[0x0]: Video: mjpeg (Baseline), yuvj420p(pc), 100x100, 90k tbr (attached pic)
[info]     Side data:
[info]       displaymatrix: rotation of 45.00 degrees
[info] Stream mapping:
[info]   Stream #0:0 -> #0:0 (hevc (native) -> wrapped_avframe (native))
[info]   Stream #0:0: Video: wrapped_avframe, yuv420p, 5x5
";

    #[test]
    fn a_phones_film() {
        let dump = dump(PHONE);
        assert_eq!(dump.demuxer, "mov,mp4,m4a,3gp,3g2,mj2");
        assert_eq!(dump.duration, Some(Duration::from_millis(62_500)));
        let title = ("title".to_owned(), "x=y;z\nsecond".to_owned());
        assert!(dump.tags.contains(&title), "{:?}", dump.tags);
        assert_eq!(dump.streams, 4);
        let video = dump.video().unwrap();
        assert_eq!((video.codec.as_str(), video.rotation), ("hevc", 90));
        assert_eq!(video.size, Some(Size { width: 1920, height: 1080 }));
        assert_eq!((video.fps, video.base_rate), (Some(29.98), Some(30.0)));
        let sound = |a: &AudioStream| (a.codec.clone(), a.rate, a.channels, a.language.clone());
        assert_eq!(sound(&dump.audio[0]), ("aac".into(), 48000, 6, None));
        assert_eq!(sound(&dump.audio[1]), ("mp3".into(), 44100, 2, Some("deu".into())));
        assert_eq!(dump.audio.iter().map(|a| a.default).collect::<Vec<_>>(), [false, true]);
        assert_eq!(
            (video.index, video.pixel_format.as_str(), dump.videos.len()),
            (0, "yuv420p10le", 1)
        );
        assert_eq!(video.tags, [("title".to_owned(), "not the file's".to_owned())]);
    }

    const SEQUENCE: &str = "\
[info] Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:a.avif':
[info]   Metadata:
[info]     major_brand     : avis
[info]   Duration: 00:00:01.00, start: 0.000000, bitrate: 19 kb/s
[info]   Stream #0:0[0x1]: Video: av1 (libdav1d) (Main) (av01 / 0x31307661), yuv420p(tv), 64x48 [SAR 1:1 \
DAR 4:3], 1 fps, 1 tbr, 1 tbn (default)
[info]   Stream #0:1[0x2]: Video: av1 (libdav1d) (Main) (av01 / 0x31307661), gray(pc), 64x48, 1 fps, 1 tbr, 1 tbn
[info]   Stream #0:2[0x1](und): Video: av1 (libdav1d) (Main) (av01 / 0x31307661), yuv420p(tv, progressive), \
64x48 [SAR 1:1 DAR 4:3], 1 kb/s, 10 fps, 10 tbr, 10240 tbn (default)
[info]   Stream #0:3[0x2](und): Video: av1 (libdav1d) (Main) (av01 / 0x31307661), gray(pc, progressive), \
64x48 [SAR 1:1 DAR 4:3], 1 kb/s, 10 fps, 10 tbr, 10240 tbn
";

    #[test]
    fn of_an_image_sequence_that_which_moves() {
        let dump = dump(SEQUENCE);
        let video = dump.video().unwrap();
        assert_eq!((video.index, dump.alpha_of(video)), (2, Some(3)));
        assert_eq!(dump.alpha_of(&dump.videos[0]), None);
    }

    #[test]
    fn streams_of_other_builds_and_containers() {
        for (line, codec, size, fps, woven) in [
            (
                "mpeg2video (Main), yuv420p(tv, top first), 720x576 [SAR 16:15 DAR 4:3], 25 fps, 25 tbr",
                "mpeg2video",
                (720, 576),
                Some(25.0),
                true,
            ),
            (
                "h264 (High) (H264 / 0x34363248), yuvj420p(pc, bt709), 8x6, 1k fps, 1k tbn",
                "h264",
                (8, 6),
                Some(1000.0),
                false,
            ),
            (
                "vp8, yuv420p(tv, progressive), 320x180, SAR 1:1 DAR 16:9, 24 fps, 24 tbr",
                "vp8",
                (320, 180),
                Some(24.0),
                false,
            ),
            (
                "gif, bgra, 64x48 [SAR 64:64 DAR 4:3], 10 fps, 100 tbn",
                "gif",
                (64, 48),
                Some(10.0),
                false,
            ),
            (
                "rawvideo (RGB[24] / 0x18424752), rgb24, 2x3, 90k tbn",
                "rawvideo",
                (2, 3),
                None,
                false,
            ),
        ] {
            let video = super::video(line);
            let seen = (video.codec.as_str(), video.size, video.fps, video.field_order);
            assert_eq!(seen, (codec, Some(Size { width: size.0, height: size.1 }), fps, woven));
        }
    }

    #[test]
    fn sound_layouts() {
        let layouts =
            [("mono", 1), ("5.1(side)", 6), ("7.1.4", 12), ("3 channels", 3), ("fltp", 0)];
        for (layout, count) in layouts {
            assert_eq!(channels(layout), count, "{layout}");
        }
    }

    #[test]
    fn nothing_was_opened() {
        assert_eq!(dump("[in#0 @ 0x1] [error] moov atom not found\n"), Dump::default());
        assert_eq!(clock("N/A"), None);
    }

    proptest! {
        #[test]
        fn no_description_can_panic(lines in proptest::collection::vec(
            r"\[info\] (Input #0, |  Duration: |  Stream #0:0: (Video|Audio): |    )[\PC]{0,60}", 0..6
        )) {
            dump(&lines.join("\n"));
        }
    }
}
