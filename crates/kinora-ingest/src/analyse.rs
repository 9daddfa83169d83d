//! The second look at a video: one decode, a frame a second embedded, shots found, their motion measured.
//!
//! Videos that wait for it are remembered by the catalogue, so that a run that was stopped or killed goes
//! on with the next. One transaction a video. Memory: a batch of network inputs and the vectors of
//! one video.

use std::path::PathBuf;

use kinora_catalog::{Change, NewFrame, NewShot};
use kinora_types::Asset;
use kinora_video::{
    VideoError, VideoFile, VideoLimits,
    motion::MotionEstimator,
    shots::{Shot, ShotDetector},
};

use crate::{
    FileFailure, Ingest, IngestError, IngestObserver, Summary, cost,
    embed::mean,
    meter::{Meter, Stage},
    opened::OpenedVideos,
    pipeline::Stop,
    sample::{PER_SHOT, Sampler},
    scope::WorkScope,
    video::failure,
};

/// Shots with too few frames of their own that are gone back for; more of them are no film but noise.
const MOST_LACKING: usize = 300;

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
    duration_ms: Option<u64>,
}

impl Ingest<'_> {
    /// Looks through the videos that wait for it, the shortest first. A video that cannot be read is reported and not
    /// tried again, unless the fault is not its own; its keyframes stay.
    pub(crate) fn analyse(
        &self,
        observer: &mut dyn IngestObserver,
        (videos, stop): (&OpenedVideos, &Stop),
        scope: &WorkScope,
        summary: &mut Summary,
    ) -> Result<(), IngestError> {
        let Some(ffmpeg) = &self.options().ffmpeg else {
            return Ok(());
        };
        let waiting = self.catalog().unanalysed()?.into_iter();
        let waiting = waiting.filter(|asset| scope.looks_through(&asset.id));
        let mut waiting: Vec<_> =
            waiting.filter_map(|asset| present(&asset).map(|path| (asset, path))).collect();
        waiting.sort_by_key(|(asset, _)| cost::of_looking(asset));
        let costs = waiting.iter().map(|(asset, _)| cost::of_looking(asset));
        let mut meter = Meter::new(Stage::Videos, costs);
        for (asset, path) in waiting {
            meter.tell(observer);
            if stop.asked() {
                break;
            }
            let cancelled = || stop.asked();
            let opened = videos.open(ffmpeg, &path, self.background_limits(), &cancelled);
            let found = opened.map_err(Halt::from);
            let found =
                found.and_then(|file| self.look_through(&file, &asset, (observer, &meter), stop));
            meter.step(cost::of_looking(&asset));
            let found = match found {
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
                let failure = FileFailure { path, message, hint: None, lasting: true };
                observer.damaged(&failure);
                self.remember(&failure)?;
            }
            self.keep(&asset, found)?;
            summary.analysed += 1;
        }
        meter.tell(observer);
        Ok(())
    }

    /// What one file may cost that nobody waits for.
    pub(crate) fn background_limits(&self) -> VideoLimits {
        VideoLimits { background: true, ..self.options().video_limits.clone() }
    }

    /// A video that is damaged is listed among the problems.
    fn remember(&self, damage: &FileFailure) -> Result<(), IngestError> {
        if let Some(state) = self.catalog().file_state(&damage.path)? {
            let problem = damage.problem((state.bytes, state.mtime_ns), true);
            self.catalog().commit(&[Change::Problem(problem)])?;
        }
        Ok(())
    }

    fn keep(&self, asset: &Asset, found: Found) -> Result<(), IngestError> {
        let own = match mean(found.frames.iter().map(|frame| &frame.embedding))? {
            Some(own) => Some(own),
            None => self.catalog().embedding(&asset.id)?,
        };
        let Some(embedding) = own else {
            return Ok(());
        };
        let Found { frames, shots, duration_ms, .. } = found;
        let asset = asset.id;
        let change = Change::Analysed { asset, frames, shots, embedding, duration_ms };
        self.catalog().commit(&[change])?;
        Ok(())
    }

    fn look_through(
        &self,
        file: &VideoFile,
        asset: &Asset,
        (observer, meter): (&mut dyn IngestObserver, &Meter),
        stop: &Stop,
    ) -> Result<Found, Halt> {
        let cancelled = || stop.asked();
        let mut frames = file.frames(self.embedder().input_side(), &cancelled)?;
        let mut sampler = Sampler::new(self.embedder());
        let (mut detector, mut motion) = (ShotDetector::new(), MotionEstimator::new());
        let length = asset.duration_ms.unwrap_or_default();
        for frame in frames.by_ref() {
            let frame = frame?;
            detector.push(&frame);
            motion.push(&frame);
            if sampler.take(&frame)? {
                let at_ms = frame.at.as_millis() as u64;
                observer.analysing(file.path(), at_ms, length);
                meter.tell_within(observer, cost::of_looking(asset), (at_ms, length));
            }
        }
        sampler.finish()?;
        let outcome = frames.outcome();
        let shots = detector.finish(outcome.end);
        self.show_all(file, &shots, &mut sampler, stop)?;
        let moving = |shot: &Shot| NewShot { range: shot.range, motion: motion.over(shot.range) };
        let shots = shots.iter().map(moving).collect();
        let end_ms = outcome.end.as_millis() as u64;
        let duration_ms = match file.facts().duration {
            // Recorders that write as it comes (browsers) leave the length out.
            None => Some(end_ms.max(length)),
            // A truncated file still claims the length that it had.
            Some(_) => outcome.damage.is_some().then_some(end_ms.min(length)),
        };
        Ok(Found { frames: sampler.frames, shots, damage: outcome.damage, duration_ms })
    }

    /// Goes back for shots of which too few frames were taken: behind dissolves, mostly.
    fn show_all(
        &self,
        file: &VideoFile,
        shots: &[Shot],
        sampler: &mut Sampler<'_>,
        stop: &Stop,
    ) -> Result<(), Halt> {
        let cancelled = || stop.asked();
        let side = self.embedder().input_side();
        let lacking = shots.iter().filter(|shot| sampler.lacks(shot.range));
        let lacking: Vec<&Shot> = lacking.take(MOST_LACKING).collect();
        for shot in lacking {
            let frames = match file.spread(shot.range, PER_SHOT, side, &cancelled) {
                // Behind a gap in the time of a stream nothing can be sought; the shot has what it has.
                Err(VideoError::OutsideVideo { .. } | VideoError::BreaksOff { .. }) => continue,
                frames => frames?,
            };
            for frame in frames {
                sampler.wait(&frame)?;
            }
        }
        Ok(sampler.finish()?)
    }
}

/// Whether the machine is at fault rather than the video, so that the next run may fare better.
pub(crate) fn is_passing(error: &VideoError) -> bool {
    use VideoError::{Died, Internal, Io, NotStarted};
    matches!(error, Io { .. } | NotStarted { .. } | Died { .. } | Internal(_))
}

pub(crate) fn present(asset: &Asset) -> Option<PathBuf> {
    let whole =
        |path: &PathBuf| path.metadata().is_ok_and(|metadata| metadata.len() == asset.bytes);
    asset.paths.iter().map(PathBuf::from).find(whole)
}
