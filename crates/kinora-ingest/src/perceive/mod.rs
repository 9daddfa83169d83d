//! After everything can be found by what it looks like: words. What is written in pictures, what they
//! show, what is said.
//!
//! The catalogue remembers which model looked at which asset, so that a run that was stopped or killed
//! goes on with the next; one transaction an asset and kind. A model that is not at hand is not missed:
//! its work waits. Pictures and videos are decoded once for the models that look at all of them, once more
//! for the one that describes them, recordings once for the one that listens. Memory: a picture or frame, the words of one asset.

mod describe;
mod hear;
mod look;
mod tags;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

pub use hear::{HearError, hear};
use kinora_catalog::Change;
use kinora_image::ReadError;
use kinora_inference::{Captioner, InferenceError, SpeechRecognizer, Tagger, TextReader};
use kinora_types::{Asset, AssetId, Control, Kind, Origin, Passage, PassageKind};
use kinora_video::{VideoError, VideoFile, audio::AudioError};

use crate::{
    FileFailure, Ingest, IngestError, IngestObserver, Summary,
    analyse::{is_passing, present},
    cost,
    meter::{Meter, Stage},
    opened::OpenedVideos,
    pipeline::Stop,
    scope::WorkScope,
    video::failure,
};

/// Failures of the models, one after the other, before they are taken to be at fault and not the files.
const MOST_FAILURES: usize = 8;

/// Models that turn what is seen and heard into words; those that are `None` wait for another run.
#[derive(Clone, Copy, Default)]
pub struct Perception<'a> {
    /// Hears what is said in videos and recordings.
    pub speech: Option<&'a dyn SpeechRecognizer>,
    /// Reads what is written in pictures and videos.
    pub text: Option<&'a dyn TextReader>,
    /// Names what pictures and videos show.
    pub tags: Option<&'a dyn Tagger>,
    /// Says in a sentence what pictures and shots show.
    pub captions: Option<&'a dyn Captioner>,
}

impl Perception<'_> {
    /// The model for a kind of passage.
    pub(crate) fn model(&self, kind: PassageKind) -> Option<&str> {
        match kind {
            PassageKind::Speech => self.speech.map(|model| model.model()),
            PassageKind::Text => self.text.map(|model| model.model()),
            PassageKind::Tag => self.tags.map(|model| model.model()),
            PassageKind::Caption => self.captions.map(|model| model.model()),
        }
    }
}

/// Why an asset gave nothing.
enum Halt {
    /// The file is at fault and will stay so.
    File(String),
    /// The machine is, and the next run may fare better.
    Passing(FileFailure),
    /// A model failed on it.
    Model(InferenceError),
    /// Somebody asked to stop.
    Cancelled,
    /// The run cannot go on.
    Run(IngestError),
}

impl From<InferenceError> for Halt {
    fn from(error: InferenceError) -> Self {
        match error {
            InferenceError::Input(_) | InferenceError::TooLong { .. } => {
                Self::File(error.to_string())
            }
            InferenceError::Runtime(_) | InferenceError::Service { .. } | InferenceError::Busy => {
                Self::Model(error)
            }
            InferenceError::Cancelled(_) => Self::Cancelled,
            InferenceError::Missing { .. } => Self::Run(error.into()),
        }
    }
}

impl<E: Into<IngestError>> From<(E,)> for Halt {
    fn from((error,): (E,)) -> Self {
        Self::Run(error.into())
    }
}

impl Halt {
    fn video(path: &Path, error: &VideoError) -> Self {
        match error {
            VideoError::Cancelled => Self::Cancelled,
            error if is_passing(error) => Self::Passing(failure(path.into(), error)),
            error => Self::File(error.to_string()),
        }
    }

    fn audio(path: &Path, error: &AudioError) -> Self {
        match error {
            AudioError::File(error) => Self::video(path, error),
            error => Self::File(error.to_string()),
        }
    }

    fn picture(path: &Path, error: &ReadError) -> Self {
        match error {
            ReadError::Cancelled => Self::Cancelled,
            ReadError::Io { source, .. } => Self::Passing(FileFailure {
                path: path.into(),
                message: format!("cannot read the file: {source}"),
                hint: error.hint().map(Into::into),
                lasting: false,
            }),
            error => Self::File(error.to_string()),
        }
    }
}

/// What is to be found in one asset, with its file.
struct Job {
    asset: Asset,
    path: PathBuf,
    kinds: Vec<PassageKind>,
    /// What it is estimated to cost.
    cost: u64,
}

/// Passages by kind.
type Found = HashMap<PassageKind, Vec<Passage>>;

/// What looks and listens while it tells how far it is.
struct Perceiver<'p, 'a> {
    ingest: &'p Ingest<'a>,
    models: Perception<'a>,
    observer: &'p mut dyn IngestObserver,
    meter: Meter,
    videos: &'p OpenedVideos,
    stop: &'p Stop,
}

impl Ingest<'_> {
    /// Does what waits for the models at hand.
    pub(crate) fn perceive(
        &self,
        observer: &mut dyn IngestObserver,
        (videos, stop): (&OpenedVideos, &Stop),
        scope: &WorkScope,
        summary: &mut Summary,
    ) -> Result<(), IngestError> {
        let models = self.perception();
        let jobs = self.jobs(&models, scope, summary)?;
        let meter = Meter::new(Stage::Words, jobs.iter().map(|job| job.cost));
        let mut perceiver = Perceiver { ingest: self, models, observer, meter, videos, stop };
        // Each model by itself: another that does well says nothing of it.
        let mut failures: HashMap<Vec<PassageKind>, usize> = HashMap::new();
        for job in jobs {
            perceiver.meter.tell(perceiver.observer);
            if stop.asked() {
                break;
            }
            let result = match job.kinds[..] {
                [PassageKind::Speech] => perceiver.listen(&job),
                [PassageKind::Caption] => perceiver.describe(&job),
                _ => perceiver.look(&job),
            };
            perceiver.meter.step(job.cost);
            let failures = failures.entry(job.kinds.clone()).or_default();
            let found = match result {
                Ok(found) => Ok(found),
                Err(Halt::File(message)) => Err(message),
                Err(Halt::Cancelled) => break,
                Err(Halt::Run(error)) => return Err(error),
                Err(Halt::Passing(failure)) => {
                    perceiver.observer.damaged(&failure);
                    continue;
                }
                Err(Halt::Model(error)) => {
                    *failures += 1;
                    if *failures >= MOST_FAILURES {
                        return Err(error.into());
                    }
                    let hint = error.hint().map(str::to_owned);
                    let failure = FileFailure {
                        path: job.path,
                        message: error.to_string(),
                        hint,
                        lasting: false,
                    };
                    perceiver.observer.damaged(&failure);
                    continue;
                }
            };
            *failures = 0;
            self.keep_words(&job, &models, found, summary)?;
        }
        perceiver.meter.tell(perceiver.observer);
        Ok(())
    }

    /// What costs least comes first; what costs the same in order of entry. What needs ffmpeg waits where there is none, and is counted.
    fn jobs(
        &self,
        models: &Perception<'_>,
        scope: &WorkScope,
        summary: &mut Summary,
    ) -> Result<Vec<Job>, IngestError> {
        let mut jobs: Vec<Job> = Vec::new();
        let mut places: HashMap<AssetId, usize> = HashMap::new();
        for kind in [PassageKind::Tag, PassageKind::Text, PassageKind::Speech, PassageKind::Caption]
        {
            let Some(model) = models.model(kind) else {
                continue;
            };
            let again = self.options().again.then_some(model);
            let waiting = self.catalog().unperceived(kind, again)?.into_iter();
            for asset in waiting.filter(|asset| scope.perceives(&asset.id, kind)) {
                if asset.kind() != Kind::Picture && self.options().ffmpeg.is_none() {
                    if present(&asset).is_some() {
                        *summary.without_ffmpeg.entry(kind).or_default() += 1;
                    }
                    continue;
                }
                let looks = [PassageKind::Tag, PassageKind::Text].contains(&kind);
                let known = places.get(&asset.id).filter(|_| looks);
                if let Some(job) = known.and_then(|place| jobs.get_mut(*place)) {
                    job.kinds.push(kind);
                } else if let Some(path) = present(&asset) {
                    places.insert(asset.id, jobs.len());
                    jobs.push(Job { asset, path, kinds: vec![kind], cost: 0 });
                }
            }
        }
        for job in &mut jobs {
            job.cost = cost::of_words(&job.asset, &job.kinds);
        }
        jobs.sort_by_key(|job| job.cost);
        Ok(jobs)
    }

    fn keep_words(
        &self,
        job: &Job,
        models: &Perception<'_>,
        found: Result<Found, String>,
        summary: &mut Summary,
    ) -> Result<(), IngestError> {
        let mut found = found;
        let mut changes = Vec::new();
        for kind in &job.kinds {
            let passages = match &mut found {
                Ok(found) => Ok(found.remove(kind).unwrap_or_default()),
                Err(message) => Err(message.clone()),
            };
            changes.push(Change::Perceived {
                asset: job.asset.id,
                kind: *kind,
                model: models.model(*kind).unwrap_or_default().to_owned(),
                found: passages,
            });
            *summary.perceived.entry(*kind).or_default() += 1;
        }
        self.catalog().commit(&changes)?;
        Ok(())
    }
}

impl Perceiver<'_, '_> {
    /// The video or recording of a job, as it was opened before in this run.
    fn video(&self, job: &Job) -> Result<VideoFile, Halt> {
        let Some(ffmpeg) = &self.ingest.options().ffmpeg else {
            return Err(Halt::Run(unplanned("a video without ffmpeg")));
        };
        let (stop, limits) = (self.stop, self.ingest.background_limits());
        let opened = self.videos.open(ffmpeg, &job.path, limits, &|| stop.asked());
        opened.map_err(|error| Halt::video(&job.path, &error))
    }

    /// Tells where in a job it is.
    fn tell(&mut self, kind: PassageKind, job: &Job, at_ms: u64) {
        let length = job.asset.duration_ms.unwrap_or_default();
        self.observer.perceiving(kind, &job.path, at_ms, length);
        self.meter.tell_within(self.observer, job.cost, (at_ms, length));
    }

    fn control(&self) -> &Control {
        self.stop.control()
    }
}

/// What no job asks for.
fn unplanned(what: &str) -> IngestError {
    IngestError::Internal { stage: "words", message: format!("it was given {what}") }
}

/// A machine's words.
fn passage(
    kind: PassageKind,
    text: String,
    model: &str,
    confidence: impl Into<Option<f32>>,
) -> Passage {
    Passage {
        kind,
        text,
        range: None,
        region: None,
        language: None,
        words: Vec::new(),
        origin: Origin::Machine { model: model.to_owned(), confidence: confidence.into() },
    }
}
