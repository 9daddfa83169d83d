//! Prints how a video moves, as JSON: what measuring costs, then
//! each shot. For `bench/motion`.
//!
//! `motion FFMPEG VIDEO [--whole]`: with `--whole`, the video is taken for one shot.

use std::{path::Path, time::Instant};

use kinora_media::{
    FFmpeg,
    video::{Frame, VideoFile, VideoLimits, motion::MotionEstimator, never, shots::ShotDetector},
};
use kinora_types::TimeRange;

/// Shorter side of the frames that are looked at, as ingest has them.
const SHORT_SIDE: u32 = 224;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [ffmpeg, path, more @ ..] = args.as_slice() else {
        return Err("usage: motion FFMPEG VIDEO [--whole]".into());
    };
    let ffmpeg = FFmpeg::check(Path::new(ffmpeg))?;
    let file = VideoFile::open(&ffmpeg, Path::new(path), &VideoLimits::default(), &never)?;
    let mut frames = file.frames(SHORT_SIDE, &never)?;
    let (mut detector, mut motion) = (ShotDetector::new(), MotionEstimator::new());
    let (mut spent, mut count) = (0.0, 0u64);
    for frame in frames.by_ref() {
        let frame: Frame = frame?;
        detector.push(&frame);
        let begun = Instant::now();
        motion.push(&frame);
        spent += begun.elapsed().as_secs_f64();
        count += 1;
    }
    let end = frames.outcome().end;
    let shots: Vec<TimeRange> = if more.iter().any(|word| word == "--whole") {
        vec![TimeRange::between(std::time::Duration::ZERO, end)]
    } else {
        detector.finish(end).iter().map(|shot| shot.range).collect()
    };
    println!("{count} frames, {:.3} ms each for motion", spent * 1000.0 / count.max(1) as f64);
    for range in shots {
        match motion.over(range) {
            Some(motion) => println!("{range} {}", serde_json::to_string(&motion)?),
            None => println!("{range} null"),
        }
    }
    Ok(())
}
