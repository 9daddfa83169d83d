//! The last stage: many changes in one durable transaction, then the good news.

use std::{
    mem,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use kinora_catalog::{Catalog, Change, NewAsset, NewFrame};
use kinora_types::{AssetId, Embedding};

use crate::{
    Done, FileFailure, IngestError, IngestObserver, Outcome, Summary,
    duplicates::Duplicates,
    flight::{Copy, Flights},
    prepare::Ready,
};

/// Changes of one transaction at most.
const MOST: usize = 64;

/// How long a change waits for others before it is made.
const PATIENCE: Duration = Duration::from_millis(400);

/// What the other stages tell the caller's thread.
pub(crate) enum Event {
    /// One more file was found.
    Found,
    Unchanged(Done),
    Ignored,
    Known {
        asset: AssetId,
        file: Copy,
    },
    Embedded {
        ready: Box<Ready>,
        /// `None` of a recording.
        embedding: Option<Embedding>,
        frames: Vec<NewFrame>,
    },
    Failed {
        failure: FileFailure,
        landed: Option<AssetId>,
    },
    Vanished(String),
}

/// Makes the changes and tells of them.
pub(crate) struct Committer<'a> {
    catalog: &'a Catalog,
    duplicates: Duplicates<'a>,
    flights: &'a Flights,
    index_words: bool,
    observer: &'a mut dyn IngestObserver,
    summary: Summary,
    changes: Vec<Change>,
    /// What to tell once the changes are durable.
    news: Vec<News>,
    /// Flights that end with the next commit.
    landing: Vec<AssetId>,
    /// When the oldest waiting change came.
    since: Option<Instant>,
}

enum News {
    Done(Done),
    Vanished(PathBuf),
}

impl<'a> Committer<'a> {
    pub(crate) fn new(
        catalog: &'a Catalog,
        duplicates: Duplicates<'a>,
        flights: &'a Flights,
        index_words: bool,
        observer: &'a mut dyn IngestObserver,
    ) -> Self {
        Self {
            catalog,
            duplicates,
            flights,
            index_words,
            observer,
            summary: Summary::default(),
            changes: Vec::new(),
            news: Vec::new(),
            landing: Vec::new(),
            since: None,
        }
    }

    /// Works until every sender is gone; what was embedded by then is committed.
    pub(crate) fn run(mut self, events: &Receiver<Event>) -> Result<Summary, IngestError> {
        loop {
            let until = self.since.map_or(PATIENCE, |s| PATIENCE.saturating_sub(s.elapsed()));
            match events.recv_timeout(until) {
                Ok(event) => self.take(event)?,
                Err(RecvTimeoutError::Timeout) => self.commit()?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let waited = self.since.is_some_and(|since| since.elapsed() >= PATIENCE);
            if self.changes.len() >= MOST || waited {
                self.commit()?;
            }
        }
        // A commit may let waiting copies land, which are then to be committed themselves.
        while !self.changes.is_empty() {
            self.commit()?;
        }
        Ok(self.summary)
    }

    fn take(&mut self, event: Event) -> Result<(), IngestError> {
        match event {
            Event::Found => {
                self.summary.found += 1;
                self.observer.found(self.summary.found);
            }
            Event::Ignored => self.summary.ignored += 1,
            Event::Unchanged(done) => self.tell(done),
            Event::Failed { failure, landed } => self.fail(failure, landed),
            Event::Known { asset, file } => self.seen(asset, file),
            Event::Embedded { ready, embedding, frames } => self.add(*ready, embedding, frames)?,
            Event::Vanished(path) => {
                self.news.push(News::Vanished(PathBuf::from(&path)));
                self.change(Change::Vanished { path });
            }
        }
        Ok(())
    }

    fn change(&mut self, change: Change) {
        self.changes.push(change);
        self.since.get_or_insert_with(Instant::now);
    }

    fn add(
        &mut self,
        ready: Ready,
        embedding: Option<Embedding>,
        frames: Vec<NewFrame>,
    ) -> Result<(), IngestError> {
        let id = ready.asset.id;
        let duplicate_of = match &embedding {
            Some(seen) => self.duplicates.meet(id, ready.phash, seen, ready.before)?,
            None => None,
        };
        self.summary.near_duplicates += u64::from(duplicate_of.is_some());
        let outcome = match ready.before {
            Some(before) => Outcome::Revised { before },
            None => Outcome::Added { duplicate_of },
        };
        self.change(Change::Add(Box::new(NewAsset {
            asset: ready.asset,
            file: ready.file,
            names: ready.names,
            index_words: self.index_words,
            embedding,
            frames,
            phash: ready.phash,
            duplicate_of,
        })));
        self.news.push(News::Done(Done { path: ready.path, asset: id, outcome }));
        self.landing.push(id);
        Ok(())
    }

    fn seen(&mut self, asset: AssetId, Copy { path, file }: Copy) {
        self.change(Change::Seen { asset, file });
        self.news.push(News::Done(Done { path, asset, outcome: Outcome::Known }));
    }

    fn fail(&mut self, failure: FileFailure, landed: Option<AssetId>) {
        let copies = landed.map(|id| self.flights.land(&id)).unwrap_or_default();
        for copy in copies {
            self.fail(FileFailure { path: copy.path, ..failure.clone() }, None);
        }
        self.summary.failed += 1;
        self.observer.failed(&failure);
    }

    fn commit(&mut self) -> Result<(), IngestError> {
        self.since = None;
        if self.changes.is_empty() {
            return Ok(());
        }
        self.catalog.commit(&mem::take(&mut self.changes))?;
        self.duplicates.committed();
        for news in mem::take(&mut self.news) {
            match news {
                News::Done(done) => self.tell(done),
                News::Vanished(path) => self.vanish(&path),
            }
        }
        // From here on a copy finds the asset in the catalogue; those that waited come along now.
        for id in mem::take(&mut self.landing) {
            for copy in self.flights.land(&id) {
                self.seen(id, copy);
            }
        }
        Ok(())
    }

    fn tell(&mut self, done: Done) {
        self.summary.count(&done.outcome);
        self.observer.done(&done);
    }

    fn vanish(&mut self, path: &Path) {
        self.summary.vanished += 1;
        self.observer.vanished(path);
    }
}
