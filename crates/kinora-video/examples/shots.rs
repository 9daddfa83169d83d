//! Prints the joints of a video, one a line: `KIND LAST_OLD FIRST_NEW`, then `frames N`. For `bench/shots`.
//!
//! `shots FFMPEG VIDEO`

use std::path::Path;

use kinora_video::{FFmpeg, VideoFile, VideoLimits, never, shots::ShotDetector};

/// Shorter side of the frames that are looked at, as ingest has them.
const SHORT_SIDE: u32 = 256;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(ffmpeg), Some(path)) = (args.next(), args.next()) else {
        return Err("usage: shots FFMPEG VIDEO".into());
    };
    let ffmpeg = FFmpeg::check(Path::new(&ffmpeg))?;
    let file = VideoFile::open(&ffmpeg, Path::new(&path), &VideoLimits::default(), &never)?;
    let mut frames = file.frames(SHORT_SIDE, &never)?;
    let mut detector = ShotDetector::new();
    for frame in frames.by_ref() {
        detector.push(&frame?);
    }
    for boundary in detector.finish(frames.outcome().end).iter().filter_map(|s| s.ended_by) {
        println!("{:?} {} {}", boundary.kind, boundary.last_old, boundary.first_new);
    }
    println!("frames {}", frames.outcome().frames);
    Ok(())
}
