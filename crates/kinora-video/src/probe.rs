//! Probing a file: the description that ffmpeg prints, corrected by the first frame.
//!
//! The description is of the container's claims; pixel shape, fields, size and colours are taken from
//! the first frame as it leaves the decoder, turned upright.

use std::{path::Path, process::ChildStderr, sync::mpsc, thread, time::Instant};

use kinora_types::Size;

use super::{
    Cancelled, Hdr, VideoError, VideoFacts, VideoLimits, VideoStream,
    child::{Input, Running},
    dump::{self, CodedVideo, Dump},
    head,
    log::{self, Colours, Level, ShowInfo, Shown},
    tags,
};
use crate::FFmpeg;

/// Most log lines that are kept.
const KEPT_LINES: usize = 4000;
/// Pixel aspect ratios beyond this count as unknown.
const ODDEST_PIXEL: f64 = 8.0;
/// Containers of pictures that move: every frame is drawn on top of those before it.
pub(super) const DRAWN: [&str; 3] = ["gif", "webp", "apng"];

/// Probes a file: container, streams, first frame. Decodes no more than that frame.
///
/// Files of sound alone are no error: [`VideoFacts::video`] is `None`. Takes about as long as starting
/// ffmpeg does; never longer than [`VideoLimits::floor`].
///
/// # Errors
/// If the file is missing, empty or no media file, ffmpeg cannot be started or takes too long, or the work was
/// cancelled.
pub fn probe(
    ffmpeg: &FFmpeg,
    path: &Path,
    limits: &VideoLimits,
    cancelled: Cancelled,
) -> Result<VideoFacts, VideoError> {
    let input = Input { ffmpeg, path, limits, drawn: false };
    let look = |map: &str, before: &[String]| {
        let after = format!("-map {map} -frames:v 1 -vf showinfo=checksum=0 -f null -");
        let after: Vec<String> = after.split(' ').map(str::to_owned).collect();
        ask(input, (before, &after), cancelled)
    };
    let mut lines = look("0:V:0", &[])?;
    let dump = dump::read(lines.iter().map(|line| log::line(line)));
    let mut by = None;
    if let Some(video) = dump.video() {
        by = seeing_alpha(ffmpeg, video);
        if by.is_some() || dump.videos.first().is_some_and(|first| first.index != video.index) {
            lines = look(&format!("0:{}", video.index), &decoder(video.index, by))?;
        }
    }
    let mut facts = facts(path, &lines, limits)?;
    if let Some(video) = &mut facts.video {
        video.decoder = by;
        video.transparent |= DRAWN.contains(&facts.container.as_str());
    }
    Ok(facts)
}

/// ffmpeg's own decoders of VP8 and VP9 leave the alpha channel out; those of libvpx decode it.
/// Without libvpx the colours under the transparency show; [`VideoStream::transparent`] says so.
fn seeing_alpha(ffmpeg: &FFmpeg, video: &CodedVideo) -> Option<&'static str> {
    let decoder = match video.codec.as_str() {
        "vp8" => "libvpx",
        "vp9" => "libvpx-vp9",
        _ => return None,
    };
    (video.has_alpha_beside() && ffmpeg.decodes_by(decoder)).then_some(decoder)
}

/// Options of the input.
pub(super) fn decoder(index: usize, name: Option<&str>) -> Vec<String> {
    name.map(|name| vec![format!("-c:{index}"), name.to_owned()]).unwrap_or_default()
}

/// Messages of ffmpeg while it makes `after` of a file, never longer than [`VideoLimits::floor`].
pub(crate) fn ask(
    input: Input,
    words: (&[String], &[String]),
    cancelled: Cancelled,
) -> Result<Vec<String>, VideoError> {
    let mut running = Running::start(input, words, false)?;
    let said = listen(&mut running)?;
    let begun = Instant::now();
    let status = running.wait(begun + input.limits.floor, cancelled);
    if cancelled() {
        return Err(VideoError::Cancelled);
    }
    let status = status.map_err(|e| VideoError::Internal(e.to_string()))?;
    let Some(status) = status else {
        return Err(VideoError::TooSlow { waited: begun.elapsed(), frames: 0 });
    };
    let lines = said.recv().map_err(|_| VideoError::Internal("nobody listened".into()))?;
    let signal = lines.iter().find_map(|line| log::line(line).signal());
    let end = (signal, last_words(&lines));
    match running.untimely(status, (end.0, &end.1), cancelled) {
        Some(error) => Err(error),
        None => Ok(lines),
    }
}

/// Keeps what the child says; sent once it is silent.
fn listen(running: &mut Running) -> Result<mpsc::Receiver<Vec<String>>, VideoError> {
    let pipe = running.child.stderr.take();
    let pipe: ChildStderr = pipe.ok_or_else(|| VideoError::Internal("no error stream".into()))?;
    let (sender, said) = mpsc::sync_channel(1);
    let work = move || {
        let mut lines = Vec::new();
        log::read_lines(pipe, |line| {
            if lines.len() < KEPT_LINES {
                lines.push(line.to_owned());
            }
        });
        // Nobody waits any more if the probe was given up.
        let _ = sender.send(lines);
    };
    let spawned = thread::Builder::new().name("video-probe".into()).spawn(work);
    spawned.map_err(|e| VideoError::Internal(e.to_string()))?;
    Ok(said)
}

fn last_words(lines: &[String]) -> String {
    let spoken = lines.iter().rev().find(|line| !line.trim().is_empty());
    spoken.map_or("it said nothing", |line| log::line(line).text).to_owned()
}

fn facts(path: &Path, lines: &[String], limits: &VideoLimits) -> Result<VideoFacts, VideoError> {
    let dump = dump::read(lines.iter().map(|line| log::line(line)));
    let complaint = first_complaint(lines);
    if dump.demuxer.is_empty() {
        return Err(unopened(lines, complaint));
    }
    let first = FirstFrame::read(lines);
    let pairs = pairs(&dump);
    let alpha = dump.video().and_then(|video| dump.alpha_of(video));
    let video = match (dump.video().cloned(), first.shown) {
        (Some(coded), Some(shown)) => Some(stream(coded, shown, first.colours, alpha)?),
        (Some(_), None) => return Err(undecodable(lines, complaint, limits)),
        (None, _) => None,
    };
    if video.is_none() && dump.audio.is_empty() {
        return Err(VideoError::NoVideo);
    }
    // Without a video, what ffmpeg complains of is that there is none.
    let complaint = complaint.filter(|_| video.is_some());
    Ok(VideoFacts {
        container: container(&dump.demuxer, &dump.tags),
        duration: dump.duration,
        video,
        audio: dump.audio,
        streams: dump.streams,
        tags: tags::read(&head::mended(path, &pairs)),
        complaint,
    })
}

/// Tags of the file and of its video, the file's first. Of a recording those of its sound: Ogg has none of the file.
fn pairs(dump: &Dump) -> Vec<(String, String)> {
    let own = dump.video().map_or(&dump.audio_tags, |video| &video.tags);
    dump.tags.iter().chain(own).cloned().collect()
}

pub(crate) fn first_complaint(lines: &[String]) -> Option<String> {
    let line = lines.iter().map(|line| log::line(line)).find(log::Line::is_damage)?;
    Some(line.text.trim().to_owned())
}

/// The demuxer could make nothing of the file.
pub(crate) fn unopened(lines: &[String], complaint: Option<String>) -> VideoError {
    let said = complaint.unwrap_or_else(|| last_words(lines));
    let guessed = lines.iter().any(|line| line.contains("detected only with low score"));
    // A film's index is at its end: cut off, nothing is left to be decoded.
    if said.contains("moov atom not found") && !guessed {
        return VideoError::Undecodable { said };
    }
    VideoError::UnknownFormat { said }
}

/// There is a video, but not one frame came out of it.
pub(super) fn undecodable(
    lines: &[String],
    complaint: Option<String>,
    limits: &VideoLimits,
) -> VideoError {
    let said = complaint.unwrap_or_else(|| last_words(lines));
    let any = |words: &[&str]| lines.iter().any(|line| words.iter().any(|w| line.contains(w)));
    if any(&["max pixel count", "Picture size"]) {
        return VideoError::TooManyPixels { limit: limits.pixels };
    }
    if any(&["no decoder found", "Decoder not found", "Decoding requested, but"]) {
        return VideoError::NoDecoder { said };
    }
    VideoError::Undecodable { said }
}

/// The first frame and its colours.
#[derive(Default)]
struct FirstFrame {
    shown: Option<Shown>,
    colours: Option<Colours>,
}

impl FirstFrame {
    fn read(lines: &[String]) -> Self {
        let mut first = Self::default();
        for report in lines.iter().filter_map(|line| log::line(line).showinfo()) {
            match report {
                ShowInfo::Frame(shown) if first.shown.is_none() => first.shown = Some(shown),
                ShowInfo::Colours(colours) if first.colours.is_none() => {
                    first.colours = Some(colours);
                }
                _ => {}
            }
        }
        first
    }
}

fn stream(
    coded: CodedVideo,
    shown: Shown,
    colours: Option<Colours>,
    alpha: Option<usize>,
) -> Result<VideoStream, VideoError> {
    let upright = shown.size.filter(|size| size.width > 0 && size.height > 0);
    let sizeless = || VideoError::Undecodable { said: "a frame without a size".into() };
    let upright = upright.ok_or_else(sizeless)?;
    let believable = 1.0 / ODDEST_PIXEL..=ODDEST_PIXEL;
    let aspect = shown.pixel_aspect.filter(|a| believable.contains(a)).unwrap_or(1.0);
    let Colours { matrix, primaries, transfer } = colours.unwrap_or_default();
    let named = |name: String| if name.is_empty() { "unknown".to_owned() } else { name };
    let contradiction =
        coded.fps.zip(coded.base_rate).is_some_and(|(a, b)| (a / b - 1.0).abs() > 0.02);
    // Turned by a quarter, the pixels lie on their side.
    let lying = matches!(coded.rotation, 90 | 270);
    Ok(VideoStream {
        index: coded.index,
        transparent: alpha.is_some() || has_alpha(&shown.pixel_format),
        alpha,
        decoder: None,
        codec: coded.codec,
        coded: coded.size.unwrap_or(upright),
        display: square(upright, aspect),
        rotation: coded.rotation,
        fps: coded.fps,
        maybe_variable: contradiction,
        interlaced: shown.interlaced || coded.field_order,
        hdr: match transfer.as_str() {
            "smpte2084" => Some(Hdr::Pq),
            "arib-std-b67" => Some(Hdr::Hlg),
            _ => None,
        },
        pixel_format: shown.pixel_format,
        pixel_aspect: if lying { 1.0 / aspect } else { aspect },
        matrix: named(matrix),
        primaries: named(primaries),
    })
}

/// Whether pixels of that format, as ffmpeg names it, may be transparent; those of a palette may.
fn has_alpha(format: &str) -> bool {
    ["rgba", "bgra", "argb", "abgr", "gbrap", "yuva", "ya8", "ya16", "yaf", "pal8", "ayuv", "vuya"]
        .iter()
        .any(|name| format.starts_with(name))
}

/// The size with square pixels; a side is stretched, none is shrunk.
fn square(size: Size, aspect: f64) -> Size {
    let stretch = |side: u32, by: f64| (f64::from(side) * by).round().max(1.0) as u32;
    if aspect >= 1.0 {
        Size { width: stretch(size.width, aspect), height: size.height }
    } else {
        Size { width: size.width, height: stretch(size.height, 1.0 / aspect) }
    }
}

/// The container's name, out of the several names of a demuxer.
pub(crate) fn container(demuxer: &str, tags: &[(String, String)]) -> String {
    let brand = tags.iter().find(|(key, _)| key == "major_brand").map(|(_, value)| value.as_str());
    match demuxer {
        "webp_anim" => "webp".to_owned(),
        "matroska,webm" => "matroska".to_owned(),
        names if names.starts_with("mov,") => {
            if brand.is_none_or(|b| b.starts_with("qt")) { "mov" } else { "mp4" }.to_owned()
        }
        names => names.split(',').next().unwrap_or(names).to_owned(),
    }
}

/// Whether a line is grave enough to be the reason of an end.
pub(super) fn is_grave(line: &log::Line) -> bool {
    line.level >= Level::Error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_has_the_tags_of_its_sound() {
        let date = |text: &str| vec![("date".to_owned(), text.to_owned())];
        let ogg = Dump { audio_tags: date("2021-04-05"), ..Dump::default() };
        assert_eq!(pairs(&ogg), date("2021-04-05"));
        let film = Dump { videos: vec![CodedVideo::default()], ..ogg };
        assert_eq!(pairs(&film), []);
    }

    #[test]
    fn odd_pixels_are_made_square_by_stretching() {
        let size = |width, height| Size { width, height };
        for (from, aspect, to) in [
            ((720, 576), 16.0 / 15.0, (768, 576)),
            ((720, 480), 8.0 / 9.0, (720, 540)),
            ((1, 1), 1.0, (1, 1)),
        ] {
            assert_eq!(square(size(from.0, from.1), aspect), size(to.0, to.1));
        }
    }

    #[test]
    fn containers_have_one_name() {
        let quicktime = [("major_brand".to_owned(), "qt  ".to_owned())];
        let iso = [("major_brand".to_owned(), "isom".to_owned())];
        let mov = "mov,mp4,m4a,3gp,3g2,mj2";
        for (demuxer, tags, name) in [
            (mov, &quicktime[..], "mov"),
            (mov, &iso[..], "mp4"),
            (mov, &[], "mov"),
            ("matroska,webm", &[], "matroska"),
            ("webp_anim", &[], "webp"),
            ("avi", &[], "avi"),
        ] {
            assert_eq!(container(demuxer, tags), name);
        }
    }
}
