//! The second look at a video: one decode, a frame a second embedded, shots found, their motion measured.
//!
//! Videos that wait for it are remembered by the catalogue, so that a run that was stopped or killed goes
//! on with the next. One transaction a video. Memory: a batch of network inputs and the vectors of
//! one video.

use std::{
    mem,
    path::{Path, PathBuf},
};

use kinora_catalog::{Change, NewFrame, NewShot};
use kinora_inference::PreparedImage;
use kinora_media::{
    FFmpeg,
    render::to_picture,
    video::{
        Frame, VideoError, VideoFile, VideoLimits,
        motion::MotionEstimator,
        shots::{Shot, ShotDetector},
    },
};
use kinora_types::Asset;

use crate::{
    Ingest, IngestError, IngestObserver, Summary,
    embed::{mean, whole},
    pipeline::Stop,
    video::failure,
};

/// Between two frames that are embedded, in milliseconds (RAGME: about one a second).
const STEP_MS: u64 = 1000;
/// Shots without a frame of their own that are gone back for; more of them are no film but noise.
const MOST_UNSEEN: usize = 300;
/// Frames embedded at once.
const BATCH: usize = 8;

/// Either the video cannot be read, or the whole run cannot go on.
enum Halt {
    Video(VideoError),
    Run(IngestError),
}

impl From<VideoError> for Halt {
    fn from(error: VideoError) -> Self {
        Self::Video(error)
    }
}

impl From<IngestError> for Halt {
    fn from(error: IngestError) -> Self {
        Self::Run(error)
    }
}

/// What a video gave.
#[derive(Default)]
struct Found {
    frames: Vec<NewFrame>,
    shots: Vec<NewShot>,
    damage: Option<String>,
}

impl Ingest<'_> {
    /// Looks through every video that waits for it. A video that cannot be read is reported and not
    /// tried again, unless the fault is not its own; its keyframes stay.
    pub(crate) fn analyse(
        &self,
        observer: &mut dyn IngestObserver,
        stop: &Stop,
        summary: &mut Summary,
    ) -> Result<(), IngestError> {
        let Some(ffmpeg) = &self.options().ffmpeg else {
            return Ok(());
        };
        for asset in self.catalog().unanalysed()? {
            if stop.asked() {
                break;
            }
            let Some(path) = present(&asset) else {
                continue;
            };
            let found = match self.look_through(ffmpeg, &path, &asset, observer, stop) {
                Ok(found) => found,
                Err(Halt::Video(VideoError::Cancelled)) => break,
                Err(Halt::Video(error)) if is_passing(&error) => {
                    observer.failed(&failure(path, &error));
                    summary.failed += 1;
                    continue;
                }
                Err(Halt::Video(error)) => {
                    let damage = failure(path.clone(), &error);
                    Found { damage: Some(damage.message), ..Found::default() }
                }
                Err(Halt::Run(error)) => return Err(error),
            };
            if let Some(message) = &found.damage {
                let message = format!("the video is damaged: {message}");
                observer.damaged(&crate::FileFailure { path, message, hint: None });
            }
            self.keep(&asset, found)?;
            summary.analysed += 1;
        }
        Ok(())
    }

    /// What one file may cost that nobody waits for.
    pub(crate) fn background_limits(&self) -> VideoLimits {
        VideoLimits { background: true, ..self.options().video_limits.clone() }
    }

    fn keep(&self, asset: &Asset, found: Found) -> Result<(), IngestError> {
        let own = match mean(found.frames.iter().map(|frame| &frame.embedding))? {
            Some(own) => Some(own),
            None => self.catalog().embedding(&asset.id)?,
        };
        let Some(embedding) = own else {
            return Ok(());
        };
        let Found { frames, shots, .. } = found;
        self.catalog().commit(&[Change::Analysed { asset: asset.id, frames, shots, embedding }])?;
        Ok(())
    }

    fn look_through(
        &self,
        ffmpeg: &FFmpeg,
        path: &Path,
        asset: &Asset,
        observer: &mut dyn IngestObserver,
        stop: &Stop,
    ) -> Result<Found, Halt> {
        let cancelled = || stop.asked();
        let file = VideoFile::open(ffmpeg, path, &self.background_limits(), &cancelled)?;
        let mut frames = file.frames(self.embedder().input_side(), &cancelled)?;
        let mut sampler =
            Sampler { ingest: self, waiting: Vec::new(), next_ms: 0, frames: Vec::new() };
        let (mut detector, mut motion) = (ShotDetector::new(), MotionEstimator::new());
        let length = asset.duration_ms.unwrap_or_default();
        for frame in frames.by_ref() {
            let frame = frame?;
            detector.push(&frame);
            motion.push(&frame);
            if sampler.take(&frame)? {
                observer.analysing(path, frame.at.as_millis() as u64, length);
            }
        }
        sampler.embed()?;
        let outcome = frames.outcome();
        let shots = detector.finish(outcome.end);
        self.show_all(&file, &shots, &mut sampler, stop)?;
        let moving = |shot: &Shot| NewShot { range: shot.range, motion: motion.over(shot.range) };
        let shots = shots.iter().map(moving).collect();
        Ok(Found { frames: sampler.frames, shots, damage: outcome.damage })
    }

    /// Goes back for shots so short that no frame of the sample fell into them.
    fn show_all(
        &self,
        file: &VideoFile,
        shots: &[Shot],
        sampler: &mut Sampler<'_>,
        stop: &Stop,
    ) -> Result<(), Halt> {
        let cancelled = || stop.asked();
        let seen = |shot: &&Shot| sampler.frames.iter().any(|f| shot.range.contains(f.at_ms));
        let unseen: Vec<&Shot> =
            shots.iter().filter(|shot| !seen(shot)).take(MOST_UNSEEN).collect();
        for shot in unseen {
            let at_ms = shot.key.as_millis() as u64;
            let side = self.embedder().input_side();
            sampler.wait(at_ms, &file.still(shot.key, side, &cancelled)?)?;
        }
        Ok(sampler.embed()?)
    }
}

/// Whether the machine is at fault rather than the video, so that the next run may fare better.
pub(crate) fn is_passing(error: &VideoError) -> bool {
    use VideoError::{Died, Internal, Io, NotStarted};
    matches!(error, Io { .. } | NotStarted { .. } | Died { .. } | Internal(_))
}

pub(crate) fn present(asset: &Asset) -> Option<PathBuf> {
    let whole = |path: &PathBuf| path.metadata().is_ok_and(|told| told.len() == asset.bytes);
    asset.paths.iter().map(PathBuf::from).find(whole)
}

/// Takes a frame a second and embeds them in batches.
struct Sampler<'a> {
    ingest: &'a Ingest<'a>,
    waiting: Vec<(u64, PreparedImage)>,
    next_ms: u64,
    frames: Vec<NewFrame>,
}

impl Sampler<'_> {
    /// Whether this frame is one of the sample.
    fn take(&mut self, frame: &Frame) -> Result<bool, IngestError> {
        let at_ms = frame.at.as_millis() as u64;
        if at_ms < self.next_ms {
            return Ok(false);
        }
        self.next_ms = at_ms - at_ms % STEP_MS + STEP_MS;
        self.wait(at_ms, frame)?;
        Ok(true)
    }

    fn wait(&mut self, at_ms: u64, frame: &Frame) -> Result<(), IngestError> {
        let image = self.ingest.embedder().prepare(&to_picture(&frame.image))?;
        self.waiting.push((at_ms, image));
        if self.waiting.len() >= BATCH { self.embed() } else { Ok(()) }
    }

    fn embed(&mut self) -> Result<(), IngestError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let (moments, images): (Vec<u64>, Vec<PreparedImage>) =
            mem::take(&mut self.waiting).into_iter().unzip();
        let embeddings = whole(self.ingest.embedder(), &images)?;
        let new = moments.into_iter().zip(embeddings);
        self.frames.extend(new.map(|(at_ms, embedding)| NewFrame { at_ms, embedding }));
        Ok(())
    }
}
