//! Writes a stabilised video as raw planar frames of its own size and rate, and prints the outcome as JSON.
//! For `bench/stabilisation`.
//!
//! `stabilise FFMPEG VIDEO OUT FPS`

use std::{fs::File, io::Write, path::Path};

use kinora_types::{Framing, TimeRange};
use kinora_video::{ClipSpec, FFmpeg, VideoFile, VideoLimits, never};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [ffmpeg, path, out, fps] = args.as_slice() else {
        return Err("usage: stabilise FFMPEG VIDEO OUT FPS".into());
    };
    let ffmpeg = FFmpeg::check(Path::new(ffmpeg))?;
    let file = VideoFile::open(&ffmpeg, Path::new(path), &VideoLimits::default(), &never)?;
    let facts = file.facts();
    let size = facts.video.as_ref().ok_or("no video")?.display;
    let end = facts.duration.ok_or("no length")?.as_millis() as u64;
    let range = TimeRange::new(0, end)?;
    let (focus, framing) = ((0.5, 0.5), Framing::Crop);
    let spec = ClipSpec { range, size, fps: fps.parse()?, focus, framing };
    let survey = file.survey(&spec, &never)?;
    let mut out = File::create(out)?;
    for frame in file.stabilised(&spec, &survey, &never)? {
        out.write_all(frame?.bytes())?;
    }
    println!("{}", serde_json::to_string(&survey.outcome)?);
    Ok(())
}
