//! What a file is: the description that ffmpeg prints, corrected by its first frame.
//!
//! The description is of the container's claims; pixel shape, fields, size and colours are taken from
//! the first frame as it leaves the decoder, turned upright.

use std::{path::Path, process::ChildStderr, sync::mpsc, thread, time::Instant};

use kinora_types::Size;

use super::{
    Cancelled, Hdr, VideoError, VideoFacts, VideoLimits, VideoStream,
    child::Running,
    dump::{self, CodedVideo},
    head,
    log::{self, Level, Report, Shown},
    tags,
};
use crate::FFmpeg;

/// No more of what is said is kept.
const KEPT_LINES: usize = 4000;
/// Pixels further from square than this are taken for a lie of the file.
const ODDEST_PIXEL: f64 = 8.0;

/// Says what a file is; decodes no more than its first frame.
///
/// Files of sound alone are no error: [`VideoFacts::video`] is `None`. Takes about as long as starting
/// ffmpeg does; never longer than [`VideoLimits::floor`].
pub fn probe(
    ffmpeg: &FFmpeg,
    path: &Path,
    limits: &VideoLimits,
    cancelled: Cancelled,
) -> Result<VideoFacts, VideoError> {
    let after = "-map 0:V:0 -frames:v 1 -vf showinfo=checksum=0 -f null -".split(' ');
    let after: Vec<String> = after.map(str::to_owned).collect();
    facts(path, &ask(ffmpeg, path, limits, &after, cancelled)?, limits)
}

/// What ffmpeg says while it makes `after` of a file, never longer than [`VideoLimits::floor`].
pub(crate) fn ask(
    ffmpeg: &FFmpeg,
    path: &Path,
    limits: &VideoLimits,
    after: &[String],
    cancelled: Cancelled,
) -> Result<Vec<String>, VideoError> {
    let mut running = Running::start(ffmpeg, path, limits, (&[], after), false)?;
    let said = listen(&mut running)?;
    let begun = Instant::now();
    let status = running.wait(begun + limits.floor, cancelled);
    if cancelled() {
        return Err(VideoError::Cancelled);
    }
    let status = status.map_err(|e| VideoError::Internal(e.to_string()))?;
    let Some(status) = status else {
        return Err(VideoError::TooSlow { waited: begun.elapsed(), frames: 0 });
    };
    let lines = said.recv().map_err(|_| VideoError::Internal("nobody listened".into()))?;
    if status.code().is_none() {
        return Err(VideoError::Died { status: status.to_string(), said: last_words(&lines) });
    }
    Ok(lines)
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
    let video = match (dump.video, first.shown) {
        (Some(coded), Some(shown)) => Some(stream(coded, shown, first.colours)?),
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
        tags: tags::read(&head::mended(path, &dump.tags)),
        complaint,
    })
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
    colours: Option<(String, String)>,
}

impl FirstFrame {
    fn read(lines: &[String]) -> Self {
        let mut first = Self::default();
        for report in lines.iter().filter_map(|line| log::line(line).report()) {
            match report {
                Report::Frame(shown) if first.shown.is_none() => first.shown = Some(shown),
                Report::Colours(matrix, transfer) if first.colours.is_none() => {
                    first.colours = Some((matrix, transfer));
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
    colours: Option<(String, String)>,
) -> Result<VideoStream, VideoError> {
    let upright = shown.size.filter(|size| size.width > 0 && size.height > 0);
    let upright = upright.ok_or_else(|| VideoError::Internal("a frame without a size".into()))?;
    let believable = 1.0 / ODDEST_PIXEL..=ODDEST_PIXEL;
    let aspect = shown.pixel_aspect.filter(|a| believable.contains(a)).unwrap_or(1.0);
    let (matrix, transfer) = colours.unwrap_or_default();
    let contradiction =
        coded.fps.zip(coded.base_rate).is_some_and(|(a, b)| (a / b - 1.0).abs() > 0.02);
    // Turned by a quarter, the pixels lie on their side.
    let lying = matches!(coded.rotation, 90 | 270);
    Ok(VideoStream {
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
        matrix: if matrix.is_empty() { "unknown".to_owned() } else { matrix },
    })
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

/// One name out of the demuxer's many.
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
