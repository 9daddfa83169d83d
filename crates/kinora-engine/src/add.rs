//! Files into a library.

use std::{
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use kinora_catalog::Catalog;
use kinora_index::{Embedded, IndexWrite};
use kinora_ingest::{Ingest, IngestObserver, Options, Summary};
use kinora_language::ModelCaptioner;
use kinora_types::{Control, PassageKind};
use serde::Serialize;

use crate::{EngineError, Studio, Waiting};

/// What is added where.
#[derive(Clone, Debug, Default)]
pub struct AddRequest {
    /// Pictures, videos and folders.
    pub paths: Vec<PathBuf>,
    /// Space of a library that has to be made; an existing one must be pinned to it.
    pub space: Option<String>,
    /// Choices of the run.
    pub options: Options,
    /// Kinds of words that are not looked for in this run.
    pub without: Vec<PassageKind>,
    /// Describes pictures and shots in which nobody has done so; without it they wait. It tells what it sent.
    pub captions: Option<Arc<ModelCaptioner>>,
    /// Go on watching the folders until cancelled.
    pub watch: bool,
}

/// What a run did and what it left.
#[derive(Clone, Debug, Serialize)]
pub struct Added {
    /// In numbers of files.
    #[serde(flatten)]
    pub summary: Summary,
    /// What waits for models or an ffmpeg that are not at hand.
    pub waiting: Vec<Waiting>,
}

impl Studio {
    /// Adds pictures and videos; what the observer hears of as done is durable and found by the next search.
    pub fn add(
        &self,
        library: &str,
        request: &AddRequest,
        observer: &mut dyn IngestObserver,
        control: &Control,
    ) -> Result<Added, EngineError> {
        let catalog = self.catalog_or_new(library, request.space.as_deref())?;
        let space = self.space_of(&catalog)?;
        let duplicates = space.text().score_model().duplicate_threshold;
        // Without ffmpeg pictures are added all the same, and every video says what is missing.
        let (ffmpeg, no_ffmpeg) = match self.ffmpeg() {
            Ok(found) => (Some(found), None),
            Err(error) => (None, Some(error)),
        };
        let options = Options { ffmpeg, ..request.options.clone() };
        let senses = self.senses(space, &request.without)?;
        let ingest = Ingest::new(&catalog, space.image(), duplicates, options)?;
        let ingest = ingest.perceiving(senses.perception(request.captions.as_deref()));
        let mut summary = if request.watch {
            ingest.watch(&request.paths, observer, control)?
        } else {
            ingest.add(&request.paths, observer, control)?
        };
        // Brought up here, so that the next search need not wait for it; whoever stops does not wait either.
        summary.cancelled |= !index(&catalog, control)?;
        let mut waiting = senses.waiting(&catalog)?;
        if let Some(error) = no_ffmpeg {
            waiting.extend(Waiting::without_ffmpeg(&summary, &error));
        }
        Ok(Added { summary, waiting })
    }
}

/// Between two looks at whether somebody waits no longer.
const TICK: Duration = Duration::from_millis(50);

/// Brings the vector index up to the catalogue and makes it fast, in a thread of its own that is left behind once
/// somebody asks to stop: until it is done nobody sees what it writes, and the next run begins again. Gives
/// whether it was done.
fn index(catalog: &Catalog, control: &Control) -> Result<bool, EngineError> {
    if control.is_cancelled() {
        return Ok(false);
    }
    let (folder, (done, outcome)) = (catalog.folder().to_owned(), mpsc::channel());
    let work = move || -> Result<(), EngineError> {
        let catalog = Catalog::open(&folder)?;
        let space = catalog.space();
        let mut index = Embedded::open(&folder.join("index"), &space.id(), space.dimension)?;
        kinora_retrieval::sync(&catalog, &mut index)?;
        Ok(index.optimise()?)
    };
    let failed = |source| EngineError::Io { path: catalog.folder().to_owned(), source };
    // Nobody listens any more if we were stopped.
    let started = thread::Builder::new().name("kinora-index".into());
    started.spawn(move || drop(done.send(work()))).map_err(failed)?;
    loop {
        match outcome.recv_timeout(TICK) {
            Ok(result) => return result.map(|()| true),
            Err(mpsc::RecvTimeoutError::Timeout) if control.is_cancelled() => return Ok(false),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let died = std::io::Error::other("the indexing thread died");
                return Err(failed(died));
            }
        }
    }
}
