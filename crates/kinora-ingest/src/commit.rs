//! The last stage: many changes in one durable transaction, then the good news.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use kinora_catalog::{Catalog, Change, Layer, LayerMetadata, NewAsset, NewFrame, Problem};
use kinora_types::{AssetId, Embedding};

use crate::{
    Done, FileFailure, IngestError, IngestObserver, LeftOut, Outcome, Summary, beside,
    descriptions::Descriptions,
    duplicates::Duplicates,
    in_flight::{Copy, InFlight},
    meter::{Meter, Stage},
    prepare::{Mended, Ready},
};

/// Changes of one transaction at most.
const MOST: usize = 64;

/// How long a change waits for others before it is made.
const BATCH_TIME: Duration = Duration::from_millis(400);

/// What the other stages tell the caller's thread.
pub(crate) enum Event {
    /// One more file was found, of this cost.
    Found(u64),
    /// All files were found.
    AllFound,
    Unchanged(Done),
    Ignored(LeftOut),
    Known {
        asset: AssetId,
        file: Copy,
        /// What the file says of itself, if the library does not know.
        inside: Option<LayerMetadata>,
        /// Whether it had been taken out and is brought back.
        restored: bool,
    },
    /// A person took what the file holds out of the library; if it is read for the first time, which file.
    Removed(Option<(AssetId, Copy)>),
    KnownProblem,
    Solved(PathBuf),
    Excluded,
    TakenOut(String),
    Mended(Mended),
    Embedded {
        ready: Box<Ready>,
        /// `None` of a recording.
        embedding: Option<Embedding>,
        frames: Vec<NewFrame>,
    },
    Failed {
        failure: FileFailure,
        claimed: Option<AssetId>,
        /// Size and time of the file when it was looked at; `None`: the failure is not remembered.
        look: Option<(u64, i64)>,
        cost: u64,
    },
    Vanished(String),
}

/// Makes the changes and tells of them.
pub(crate) struct Committer<'a> {
    catalog: &'a Catalog,
    duplicates: Duplicates<'a>,
    in_flight: &'a InFlight,
    descriptions: Descriptions<'a>,
    observer: &'a mut dyn IngestObserver,
    summary: Summary,
    meter: Meter,
    /// Whether all files were found, so that it can be told how far the run is.
    all_found: bool,
    met: Met,
    /// Assets of which a file came or went, to be described again once that is committed, with what the file says of
    /// itself if the library does not know.
    redescribe: BTreeMap<AssetId, Option<LayerMetadata>>,
    changes: Vec<Change>,
    /// What to tell once the changes are durable.
    news: Vec<News>,
    /// Claims that end with the next commit.
    releasing: Vec<AssetId>,
    /// When the oldest waiting change came.
    since: Option<Instant>,
}

/// Assets of the files that a run came upon.
#[derive(Default)]
pub(crate) struct Met {
    /// They came in or were met again.
    pub news: BTreeSet<AssetId>,
    /// Those whose work is part of the run.
    pub brought: BTreeSet<AssetId>,
    /// All of them. Memory: 40 bytes a file.
    pub all: BTreeSet<AssetId>,
}

enum News {
    Done(Done, u64),
    Vanished(PathBuf),
    TakenOut(PathBuf),
}

impl<'a> Committer<'a> {
    pub(crate) fn new(
        catalog: &'a Catalog,
        duplicates: Duplicates<'a>,
        in_flight: &'a InFlight,
        descriptions: Descriptions<'a>,
        observer: &'a mut dyn IngestObserver,
    ) -> Self {
        Self {
            catalog,
            duplicates,
            in_flight,
            descriptions,
            observer,
            summary: Summary::default(),
            meter: Meter::new(Stage::Files, []),
            all_found: false,
            met: Met::default(),
            redescribe: BTreeMap::new(),
            changes: Vec::new(),
            news: Vec::new(),
            releasing: Vec::new(),
            since: None,
        }
    }

    /// Works until every sender is gone; what was embedded by then is committed. Gives the assets that
    /// came in or were met again, too.
    pub(crate) fn run(mut self, events: &Receiver<Event>) -> Result<(Summary, Met), IngestError> {
        loop {
            let until = self.since.map_or(BATCH_TIME, |s| BATCH_TIME.saturating_sub(s.elapsed()));
            match events.recv_timeout(until) {
                Ok(event) => self.take(event)?,
                Err(RecvTimeoutError::Timeout) => self.commit()?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let waited = self.since.is_some_and(|since| since.elapsed() >= BATCH_TIME);
            if self.changes.len() >= MOST || waited {
                self.commit()?;
            }
        }
        // A commit may let waiting copies go, which are then to be committed themselves.
        while !self.changes.is_empty() {
            self.commit()?;
        }
        Ok((self.summary, self.met))
    }

    fn take(&mut self, event: Event) -> Result<(), IngestError> {
        match event {
            Event::Found(cost) => {
                self.summary.found += 1;
                self.meter.grow(cost);
                self.observer.found(self.summary.found);
            }
            Event::AllFound => {
                self.all_found = true;
                self.meter.tell(self.observer);
            }
            Event::Ignored(left) => {
                self.summary.ignored += 1;
                self.observer.left_out(&left);
            }
            Event::Unchanged(done) => self.tell(done, 0),
            Event::Failed { failure, claimed, look, cost } => {
                self.fail(failure, claimed, look, cost)?;
            }
            Event::Known { asset, file, inside, restored } => {
                self.seen(asset, file, inside, restored)
            }
            Event::Removed(file) => self.removed(file),
            Event::KnownProblem => {
                self.summary.known_problems += 1;
                self.step(0);
            }
            Event::Solved(path) => self.change(Change::Solved { path }),
            Event::Excluded => self.summary.excluded += 1,
            Event::Mended(mended) => self.mended(mended)?,
            Event::Embedded { ready, embedding, frames } => self.add(*ready, embedding, frames)?,
            Event::Vanished(path) => {
                self.news.push(News::Vanished(PathBuf::from(&path)));
                self.leave(path)?;
            }
            Event::TakenOut(path) => {
                self.news.push(News::TakenOut(PathBuf::from(&path)));
                self.leave(path)?;
            }
        }
        Ok(())
    }

    /// A file of the library is there no longer, or not for it.
    fn leave(&mut self, path: String) -> Result<(), IngestError> {
        let before = self.catalog.file_state(path.as_ref())?;
        before.into_iter().for_each(|state| self.redescribe_later(state.asset, None));
        self.change(Change::Vanished { path });
        Ok(())
    }

    fn removed(&mut self, file: Option<(AssetId, Copy)>) {
        self.summary.removed_before += 1;
        self.step(file.as_ref().map_or(0, |(_, copy)| copy.cost));
        // So that it need not be read again.
        if let Some((asset, Copy { file, .. })) = file {
            self.change(Change::Seen { asset, file });
        }
    }

    /// One file more is done with.
    fn step(&mut self, cost: u64) {
        self.meter.step(cost);
        if self.all_found {
            self.meter.tell(self.observer);
        }
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
        if let Some(unread) = &ready.unread {
            self.observer.damaged(unread);
        }
        let moving = |(layer, description): &(Layer, Option<LayerMetadata>)| {
            *layer == Layer::File
                && description.as_ref().is_some_and(|description| description.moving_part)
        };
        if ready.layers.iter().any(moving) {
            self.summary.motion_photos += 1;
            self.observer.motion_photo(&ready.path);
        }
        // What the path held may have other files, whose turn it is to speak.
        ready.before.into_iter().for_each(|before| self.redescribe_later(before, None));
        let path = ready.file.path.clone();
        self.change(Change::Add(Box::new(NewAsset {
            asset: ready.asset,
            file: ready.file,
            names: ready.names,
            index_words: self.descriptions.index_words,
            embedding,
            frames,
            phash: ready.phash,
            duplicate_of,
        })));
        if ready.named {
            self.change(Change::Restore { asset: id });
        }
        self.change(self.descriptions.change(id, ready.layers));
        self.remember(path, ready.beside);
        self.news.push(News::Done(Done { path: ready.path, asset: id, outcome }, ready.cost));
        self.releasing.push(id);
        Ok(())
    }

    /// The sidecars of a file as they were read.
    fn remember(&mut self, path: String, beside: String) {
        if !beside.is_empty() {
            self.change(Change::Beside { path, beside });
        }
    }

    fn seen(&mut self, asset: AssetId, copy: Copy, inside: Option<LayerMetadata>, restored: bool) {
        let Copy { path, file, beside, cost } = copy;
        if restored {
            self.change(Change::Restore { asset });
        }
        let name = file.path.clone();
        self.change(Change::Seen { asset, file });
        // Also where it is empty: an older state may stand there.
        self.change(Change::Beside { path: name, beside });
        self.redescribe_later(asset, inside);
        let outcome = if restored { Outcome::Restored } else { Outcome::Known };
        self.news.push(News::Done(Done { path, asset, outcome }, cost));
    }

    fn mended(&mut self, mended: Mended) -> Result<(), IngestError> {
        let Mended { asset, copy, changed_beside, inside, thumbnail, damage } = mended;
        self.summary.thumbnails += u64::from(thumbnail);
        if let Some(damage) = &damage {
            self.observer.damaged(damage);
        }
        let mut outcome = Outcome::Unchanged;
        if changed_beside {
            let redescribed = self.descriptions.again(asset, inside)?;
            let beside =
                if redescribed.unread.is_some() { beside::UNREAD.into() } else { copy.beside };
            if let Some(unread) = &redescribed.unread {
                self.observer.damaged(unread);
            }
            if !redescribed.changes.is_empty() {
                outcome = Outcome::Described;
            }
            redescribed.changes.into_iter().for_each(|change| self.change(change));
            self.change(Change::Beside { path: copy.file.path, beside });
        }
        let done = Done { path: copy.path, asset, outcome };
        if changed_beside {
            self.news.push(News::Done(done, copy.cost))
        } else {
            self.tell(done, copy.cost)
        }
        Ok(())
    }

    fn redescribe_later(&mut self, asset: AssetId, inside: Option<LayerMetadata>) {
        let waiting = self.redescribe.entry(asset).or_default();
        if inside.is_some() {
            *waiting = inside;
        }
    }

    /// Files came or went: others may speak of these assets now.
    fn redescribe_all(&mut self) -> Result<(), IngestError> {
        for (asset, inside) in mem::take(&mut self.redescribe) {
            let redescribed = self.descriptions.again(asset, inside)?;
            if let Some(unread) = redescribed.unread {
                self.observer.damaged(&unread);
                let path = unread.path.to_string_lossy().into_owned();
                self.change(Change::Beside { path, beside: beside::UNREAD.into() });
            }
            redescribed.changes.into_iter().for_each(|change| self.change(change));
        }
        Ok(())
    }

    fn fail(
        &mut self,
        failure: FileFailure,
        claimed: Option<AssetId>,
        look: Option<(u64, i64)>,
        cost: u64,
    ) -> Result<(), IngestError> {
        let copies = claimed.map(|id| self.in_flight.release(&id)).unwrap_or_default();
        for Copy { path, file, cost, .. } in copies {
            let failure = FileFailure { path, ..failure.clone() };
            self.fail(failure, None, Some((file.bytes, file.mtime_ns)), cost)?;
        }
        if let Some(look) = look {
            let problem = failure.problem(look, false);
            let known = self.catalog.problem(&failure.path)?;
            // What is told of at every run changes nothing by that.
            if known.is_none_or(|known| Problem { since: known.since, ..problem.clone() } != known)
            {
                self.change(Change::Problem(problem));
            }
        }
        self.summary.failed += 1;
        self.observer.failed(&failure);
        self.step(cost);
        Ok(())
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
                News::Done(done, cost) => self.tell(done, cost),
                News::Vanished(path) => self.vanish(&path),
                News::TakenOut(path) => {
                    self.summary.taken_out += 1;
                    self.observer.taken_out(&path);
                }
            }
        }
        self.redescribe_all()?;
        // From here on a copy finds the asset in the catalogue; those that waited come along now.
        for id in mem::take(&mut self.releasing) {
            for copy in self.in_flight.release(&id) {
                self.seen(id, copy, None, false);
            }
        }
        Ok(())
    }

    fn tell(&mut self, done: Done, cost: u64) {
        self.met.all.insert(done.asset);
        if done.outcome != Outcome::Unchanged {
            self.met.news.insert(done.asset);
        }
        if !matches!(done.outcome, Outcome::Unchanged | Outcome::Described) {
            self.met.brought.insert(done.asset);
        }
        self.summary.count(&done.outcome);
        self.observer.done(&done);
        self.step(cost);
    }

    fn vanish(&mut self, path: &Path) {
        self.summary.vanished += 1;
        self.observer.vanished(path);
    }
}
