//! Files into a library.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use kinora_inference::{Captioner, Sent};
use kinora_ingest::{
    Done, FileFailure, Ingest, IngestObserver, LeftOut, LivePhoto, Options,
    Progress as IngestProgress, Summary, check_patterns,
};
use kinora_language::ModelCaptioner;
use kinora_types::PassageKind;
use serde::{Deserialize, Serialize};

use crate::{EngineError, Event, Job, Library, Waiting, models::vision, perception::AtHand};

/// What is added.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AddRequest {
    /// Pictures, videos, recordings and folders of this machine. All must be there.
    pub paths: Vec<PathBuf>,
    /// Go on with all work that waits in the library, too: videos to look through, words to look for. Without it only
    /// what these paths bring in is worked on.
    pub resume: bool,
    /// Patterns of files and folders that this run leaves out, in the syntax of `.gitignore`, each below the folders
    /// that are given. What the library has of them stays.
    pub exclude: Vec<String>,
    /// A JSON list of `{file, title, author, licence, source, caption?, keywords?}`; what it says of a file name goes
    /// before what the file itself says.
    pub attributions: Option<PathBuf>,
    /// Whether words are indexed: names of files and folders, titles, captions, keywords.
    pub index_names: bool,
    /// Whether words are looked for again where another model did so before.
    pub again: bool,
    /// Kinds of words that are not looked for in this run.
    pub without: Vec<PassageKind>,
    /// Describe pictures and shots in which nobody has done so, with the vision model that is configured; without
    /// it they wait.
    pub captions: bool,
    /// Go on watching the folders until stopped.
    pub watch: bool,
}

impl Default for AddRequest {
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            resume: false,
            exclude: Vec::new(),
            attributions: None,
            index_names: true,
            again: false,
            without: Vec::new(),
            captions: false,
            watch: false,
        }
    }
}

impl AddRequest {
    /// Holds the request against this machine, as [`Library::add`] does before anything else: all paths must be there,
    /// all patterns have a meaning. For callers that make the library first.
    ///
    /// # Errors
    /// [`EngineError::NotThere`] with all paths that are not; [`kinora_ingest::IngestError::Pattern`].
    pub fn check(&self) -> Result<(), EngineError> {
        let gone = |path: &&PathBuf| {
            fs::metadata(path).is_err_and(|error| {
                matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
            })
        };
        let gone: Vec<PathBuf> = self.paths.iter().filter(gone).cloned().collect();
        if !gone.is_empty() {
            return Err(EngineError::NotThere(gone));
        }
        Ok(check_patterns(&self.exclude)?)
    }

    /// Whether there is nothing to do.
    fn is_empty(&self) -> bool {
        self.paths.is_empty() && !self.resume && self.attributions.is_none()
    }
}

/// What a run did and what it left.
#[derive(Clone, Debug, Serialize)]
pub struct Added {
    /// In numbers of files.
    #[serde(flatten)]
    pub summary: Summary,
    /// What waits for models or an ffmpeg that are not at hand.
    pub waiting: Vec<Waiting>,
    /// What was sent to another program.
    #[serde(skip)]
    pub sent: Option<Sent>,
}

impl Library {
    /// Adds pictures and videos and works on them: they are found by their looks within seconds, then videos are looked
    /// through, then words are looked for. Work of earlier runs waits ([`Summary::pending`]) unless the request goes
    /// on with it. What is told of as added is durable and found by the next search.
    ///
    /// # Errors
    /// As [`AddRequest::check`]; if a model or the library cannot be used. A file that cannot be taken is none: it is told of
    /// ([`Event::Failed`]), and so is a run that was stopped ([`Summary::cancelled`]).
    pub fn add(&self, request: &AddRequest, job: &Job) -> Result<Added, EngineError> {
        request.check()?;
        if request.is_empty() {
            let (summary, waiting) = (Summary::default(), Vec::new());
            return Ok(Added { summary, waiting, sent: None });
        }
        let _span = tracing::info_span!("add", library = self.name()).entered();
        job.run(|control| {
            let space = self.embedders()?;
            // Without ffmpeg pictures are added all the same, and every video says what is missing.
            let (ffmpeg, no_ffmpeg) = match self.shared.ffmpeg() {
                Ok(found) => (Some(found), None),
                Err(error) => (None, Some(error)),
            };
            let options = Options {
                attributions: request.attributions.clone(),
                index_names: request.index_names,
                again: request.again,
                resume: request.resume,
                exclude: request.exclude.clone(),
                ffmpeg,
                ..Options::default()
            };
            let captioner = request.captions.then(|| self.captioner()).transpose()?;
            let describes = captioner.as_ref().map(|captioner| captioner as &dyn Captioner);
            let at_hand = AtHand::load(&self.shared.models, &space, &request.without)?;
            let duplicates = space.text().score_model().duplicate_threshold;
            let ingest = Ingest::new(&self.catalog, space.image(), duplicates, options)?;
            let ingest = ingest.perceiving(at_hand.perception(describes));
            let mut heard = Progress(job);
            let summary = if request.watch {
                ingest.watch(&request.paths, &mut heard, control)
            } else {
                ingest.add(&request.paths, &mut heard, control)
            };
            let sent = captioner.and_then(|captioner| captioner.sent());
            // Also if the run ended early.
            if let Some(sent) = &sent {
                job.tell(Event::Sent(sent.clone()));
            }
            let mut summary = summary?;
            // Brought up here, so that the next search need not wait for it; whoever stops does not wait either.
            summary.cancelled |= !self.index.optimise(&self.catalog, control)?;
            let mut waiting = at_hand.waiting(&self.catalog)?;
            if let Some(error) = no_ffmpeg {
                waiting.extend(Waiting::without_ffmpeg(&summary, &error));
            }
            Ok(Added { summary, waiting, sent })
        })
    }

    /// What describes pictures, one for each run, so that each tells what it sent.
    fn captioner(&self) -> Result<ModelCaptioner, EngineError> {
        let model = self.shared.models.vision()?;
        Ok(ModelCaptioner::new(Box::new(model), vision::prompt(&self.shared.settings.config)))
    }
}

/// Tells a job of what is added.
struct Progress<'j>(&'j Job);

impl IngestObserver for Progress<'_> {
    fn found(&mut self, files: u64) {
        self.0.tell(Event::Found { files });
    }

    fn progress(&mut self, progress: &IngestProgress) {
        self.0.tell(Event::Progress(*progress));
    }

    fn taken_out(&mut self, path: &Path) {
        self.0.tell(Event::TakenOut { path: path.to_owned() });
    }

    fn done(&mut self, done: &Done) {
        self.0.tell(Event::Added(done.clone()));
    }

    fn failed(&mut self, failure: &FileFailure) {
        self.0.tell(Event::Failed(failure.clone()));
    }

    fn vanished(&mut self, path: &Path) {
        self.0.tell(Event::Vanished { path: path.to_owned() });
    }

    fn analysing(&mut self, path: &Path, at_ms: u64, duration_ms: u64) {
        self.0.tell(Event::Analysing { path: path.to_owned(), at_ms, duration_ms });
    }

    fn perceiving(&mut self, kind: PassageKind, path: &Path, at_ms: u64, duration_ms: u64) {
        self.0.tell(Event::Perceiving { kind, path: path.to_owned(), at_ms, duration_ms });
    }

    fn left_out(&mut self, left: &LeftOut) {
        self.0.tell(Event::LeftOut(left.clone()));
    }

    fn motion_photo(&mut self, path: &Path) {
        self.0.tell(Event::MotionPhoto { path: path.to_owned() });
    }

    fn live_photo(&mut self, pair: &LivePhoto) {
        self.0.tell(Event::LivePhoto(pair.clone()));
    }

    fn damaged(&mut self, damage: &FileFailure) {
        self.0.tell(Event::Damaged(damage.clone()));
    }

    fn watching(&mut self, folders: &[PathBuf]) {
        self.0.tell(Event::Watching { folders: folders.to_vec() });
    }
}
