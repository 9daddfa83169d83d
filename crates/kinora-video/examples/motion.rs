//! Prints how a video moves, as JSON: first what measuring cost, then a line a shot. For `bench/motion`.
//!
//! `motion FFMPEG VIDEO [--whole]`: with `--whole`, the video is taken for one shot.

use std::{fs, path::Path, time::Duration};

use kinora_types::TimeRange;
use kinora_video::{
    FFmpeg, VideoFile, VideoLimits, motion::MotionEstimator, never, shots::ShotDetector,
};

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
    let mut spent = 0.0;
    for frame in frames.by_ref() {
        let frame = frame?;
        detector.push(&frame);
        let before = cpu_seconds()?;
        motion.push(&frame);
        spent += cpu_seconds()? - before;
    }
    let outcome = frames.outcome();
    let cost = serde_json::json!({ "frames": outcome.frames, "motion_cpu_s": spent });
    println!("{cost}");
    let shots: Vec<TimeRange> = if more.iter().any(|word| word == "--whole") {
        vec![TimeRange::between(Duration::ZERO, outcome.end)]
    } else {
        detector.finish(outcome.end).iter().map(|shot| shot.range).collect()
    };
    for range in shots {
        println!("{range} {}", serde_json::to_string(&motion.over(range))?);
    }
    Ok(())
}

/// CPU seconds of this thread, as Linux counts them.
fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let stats = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos: f64 = stats.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanos / 1e9)
}
