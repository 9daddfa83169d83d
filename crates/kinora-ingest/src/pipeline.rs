//! The stages put together.

use std::{
    any::Any,
    fs,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, Scope, ScopedJoinHandle},
};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use kinora_catalog::Catalog;
use kinora_image::Limits;
use kinora_inference::ImageEmbedder;
use kinora_types::{AssetId, Control, Kind};

use crate::{
    IngestError, IngestObserver, Options, Perception, Summary,
    attribution::Attributions,
    check_patterns,
    commit::{Committer, Event, Met},
    descriptions::Descriptions,
    duplicates::Duplicates,
    embed,
    in_flight::InFlight,
    observe::LivePhoto,
    opened::OpenedVideos,
    prepare::{Prepared, Preparer, Ready},
    scope::WorkScope,
    thumbs,
    walk::{Halt, Step, Task, Walk, Walks},
};

/// Brings files into one library. See the crate's documentation for how.
pub struct Ingest<'a> {
    catalog: &'a Catalog,
    embedder: &'a dyn ImageEmbedder,
    duplicate_threshold: f32,
    options: Options,
    attributions: Attributions,
    perception: Perception<'a>,
}

/// The user asked to stop, or a stage failed.
pub(crate) struct Stop {
    control: Control,
    failed: AtomicBool,
}

impl Stop {
    pub(crate) fn control(&self) -> &Control {
        &self.control
    }

    pub(crate) fn asked(&self) -> bool {
        self.control.is_cancelled() || self.failed.load(Ordering::Relaxed)
    }
}

type Handle<'scope> = (&'static str, ScopedJoinHandle<'scope, Result<(), IngestError>>);

impl<'a> Ingest<'a> {
    /// `duplicate_threshold` is the space's
    /// [`ScoreModel::duplicate_threshold`](kinora_inference::ScoreModel::duplicate_threshold).
    ///
    /// # Errors
    /// If the embedder's space is not the library's, or the attributions cannot be read.
    pub fn new(
        catalog: &'a Catalog,
        embedder: &'a dyn ImageEmbedder,
        duplicate_threshold: f32,
        options: Options,
    ) -> Result<Self, IngestError> {
        catalog.space().check_same(embedder.space())?;
        check_patterns(&options.exclude)?;
        let attributions = Attributions::read(options.attributions.as_deref())?;
        let perception = Perception::default();
        Ok(Self { catalog, embedder, duplicate_threshold, options, attributions, perception })
    }

    /// With models that turn what is seen and heard into words.
    pub fn perceiving(self, perception: Perception<'a>) -> Self {
        Self { perception, ..self }
    }

    /// Brings in files and all that lies in folders; blocks until done or cancelled.
    ///
    /// Every target must be there; a named file must be a picture or video, whatever its name; in
    /// folders, files that are neither named nor made like one are passed over. What the library knew
    /// below the targets and is no longer there is marked as vanished.
    ///
    /// # Errors
    /// What concerns all files; what was reported done stays. A broken file is only reported.
    pub fn add(
        &self,
        targets: &[PathBuf],
        observer: &mut dyn IngestObserver,
        control: &Control,
    ) -> Result<Summary, IngestError> {
        let roots = targets.iter().map(|t| fs::canonicalize(t).unwrap_or_else(|_| t.clone()));
        let roots: Vec<PathBuf> = roots.collect();
        self.run(targets, (true, &roots), observer, control)
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        self.catalog
    }

    /// One run; `named` and `roots` as in [`Walk`].
    pub(crate) fn run(
        &self,
        targets: &[PathBuf],
        (named, roots): (bool, &[PathBuf]),
        observer: &mut dyn IngestObserver,
        control: &Control,
    ) -> Result<Summary, IngestError> {
        thumbs::sweep(self.catalog.folder());
        let (news, described) = self.attributions.news(self.catalog, self.options.index_names)?;
        if !news.is_empty() {
            self.catalog.commit(&news)?;
        }
        let stop = Stop { control: control.clone(), failed: AtomicBool::new(false) };
        let (in_flight, videos) = (InFlight::default(), OpenedVideos::default());
        let preparer = self.preparer(&in_flight, &videos, &stop);
        let (events, heard) = bounded(256);
        let duplicates = Duplicates::new(self.catalog, self.duplicate_threshold)?;
        let committer = Committer::new(
            self.catalog,
            duplicates,
            &in_flight,
            self.descriptions(),
            &mut *observer,
        );
        let (committed, failures) = thread::scope(|scope| {
            let started = self.start(scope, targets, (named, roots), &preparer, events, &stop);
            let committed = match &started {
                Ok(_) => committer.run(&heard),
                Err(_) => Ok((Summary::default(), Met::default())),
            };
            // Stages that still send find nobody and end.
            drop(heard);
            if committed.is_err() || started.is_err() {
                stop.failed.store(true, Ordering::Relaxed);
            }
            let failures = started.map(|handles| handles.into_iter().filter_map(join).collect());
            (committed, failures)
        });
        let failures: Vec<IngestError> = failures?;
        let (mut summary, met) = committed?;
        if let Some(error) = failures.into_iter().next() {
            return Err(error);
        }
        self.pair(&met.news, observer, &stop, &mut summary)?;
        let scope = WorkScope::new(&self.options, met);
        self.analyse(observer, (&videos, &stop), &scope, &mut summary)?;
        self.perceive(observer, (&videos, &stop), &scope, &mut summary)?;
        summary.pending = self.pending()?;
        summary.cancelled = control.is_cancelled();
        summary.described += described;
        Ok(summary)
    }

    /// Tells of the Live Photos that new files belong to.
    fn pair(
        &self,
        met: &std::collections::BTreeSet<AssetId>,
        observer: &mut dyn IngestObserver,
        stop: &Stop,
        summary: &mut Summary,
    ) -> Result<(), IngestError> {
        for id in met.iter().take_while(|_| !stop.asked()) {
            let Some(one) = self.catalog.asset(id)? else { continue };
            let Some(other) = self.catalog.live_partner(&one)? else { continue };
            let (picture, video) =
                if one.kind() == Kind::Picture { (&one, &other) } else { (&other, &one) };
            // Both halves met: reported once, by the picture.
            if one.id == video.id && met.contains(&picture.id) {
                continue;
            }
            if let (Some(picture), Some(video)) = (picture.paths.first(), video.paths.first()) {
                summary.live_photos += 1;
                observer.live_photo(&LivePhoto { picture: picture.into(), video: video.into() });
            }
        }
        Ok(())
    }

    fn descriptions(&self) -> Descriptions<'_> {
        let (catalog, index_words) = (self.catalog, self.options.index_names);
        Descriptions { catalog, attributions: &self.attributions, index_words }
    }

    pub(crate) fn perception(&self) -> Perception<'a> {
        self.perception
    }

    pub(crate) fn embedder(&self) -> &dyn ImageEmbedder {
        self.embedder
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    fn preparer<'s>(
        &'s self,
        in_flight: &'s InFlight,
        videos: &'s OpenedVideos,
        stop: &'s Stop,
    ) -> Preparer<'s> {
        let whole = self.options.limits;
        let threads = self.options.decoding_threads() as u64;
        Preparer {
            catalog: self.catalog,
            embedder: self.embedder,
            options: &self.options,
            descriptions: self.descriptions(),
            in_flight,
            videos,
            stop,
            share: Limits {
                memory: (whole.memory / threads).max(64 << 20).min(whole.memory),
                ..whole
            },
            large: Mutex::new(()),
        }
    }

    fn start<'scope, 'env: 'scope>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        targets: &'env [PathBuf],
        (named, roots): (bool, &'env [PathBuf]),
        preparer: &'env Preparer<'env>,
        events: Sender<Event>,
        stop: &'env Stop,
    ) -> Result<Vec<Handle<'scope>>, IngestError> {
        let threads = self.options.decoding_threads();
        let batch = self.options.batch.max(1);
        // Unbounded, so that how much there is to do is known long before it is done. Memory: half a kilobyte a new file.
        let (tasks, todo) = unbounded::<Box<Task>>();
        let (ready, prepared) = bounded::<Box<Ready>>(batch);
        let mut handles = Vec::new();
        let heard = events.clone();
        handles.push(spawn(scope, "kinora-walk", stop, move || {
            let (again, exclude) = (self.options.again, self.options.exclude.clone());
            let walks = Walks { named, again, roots: roots.to_vec(), exclude };
            walk(self.catalog, targets, walks, &tasks, &heard, stop)
        })?);
        for _ in 0..threads {
            let (todo, ready, events) = (todo.clone(), ready.clone(), events.clone());
            handles.push(spawn(scope, "kinora-decode", stop, move || {
                prepare_all(preparer, &todo, &ready, &events, stop)
            })?);
        }
        handles.push(spawn(scope, "kinora-embed", stop, move || {
            embed::run(self.embedder, batch, &prepared, &events, stop)
        })?);
        Ok(handles)
    }
}

fn spawn<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &'static str,
    stop: &'scope Stop,
    work: impl FnOnce() -> Result<(), IngestError> + Send + 'scope,
) -> Result<Handle<'scope>, IngestError> {
    let guarded = move || {
        let result = work();
        if result.is_err() {
            stop.failed.store(true, Ordering::Relaxed);
        }
        result
    };
    let handle = thread::Builder::new().name(name.into()).spawn_scoped(scope, guarded);
    handle.map(|handle| (name, handle)).map_err(IngestError::Thread)
}

fn join((stage, handle): Handle<'_>) -> Option<IngestError> {
    match handle.join() {
        Ok(result) => result.err(),
        Err(panic) => Some(IngestError::Internal { stage, message: message(&*panic) }),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".into())
}

fn walk(
    catalog: &Catalog,
    targets: &[PathBuf],
    walks: Walks,
    tasks: &Sender<Box<Task>>,
    events: &Sender<Event>,
    stop: &Stop,
) -> Result<(), IngestError> {
    let found = |event| events.send(Event::Found(0)).is_ok() && events.send(event).is_ok();
    let emit = |step| match step {
        Step::Task(task) => {
            events.send(Event::Found(task.cost)).is_ok() && tasks.send(task).is_ok()
        }
        Step::Unchanged(done) => found(Event::Unchanged(done)),
        Step::Failed(failure, look) => {
            found(Event::Failed { failure, claimed: None, look, cost: 0 })
        }
        Step::KnownProblem => found(Event::KnownProblem),
        Step::Removed => found(Event::Removed(None)),
        Step::Ignored(left) => events.send(Event::Ignored(left)).is_ok(),
        Step::Solved(path) => events.send(Event::Solved(path)).is_ok(),
        Step::Excluded => events.send(Event::Excluded).is_ok(),
        Step::Vanished(path) => events.send(Event::Vanished(path)).is_ok(),
        Step::TakenOut(path) => events.send(Event::TakenOut(path)).is_ok(),
        Step::End => events.send(Event::AllFound).is_ok(),
    };
    let mut walk = Walk::new(catalog, stop, walks, emit)?;
    let walked = targets.iter().try_for_each(|target| walk.target(target));
    match walked.and_then(|()| walk.end()) {
        Err(Halt::Failed(error)) => Err(error),
        Ok(()) | Err(Halt::Stopped) => Ok(()),
    }
}

fn prepare_all(
    preparer: &Preparer<'_>,
    tasks: &Receiver<Box<Task>>,
    ready: &Sender<Box<Ready>>,
    events: &Sender<Event>,
    stop: &Stop,
) -> Result<(), IngestError> {
    for task in tasks {
        if stop.asked() {
            break;
        }
        let (look, cost) = (Some((task.file.bytes, task.file.mtime_ns)), task.cost);
        let heard = match preparer.prepare(*task)? {
            Prepared::Ready(picture) => ready.send(picture).is_ok(),
            Prepared::Known { asset, files, inside, restored } => {
                let event = |file| Event::Known { asset, file, inside: inside.clone(), restored };
                files.into_iter().all(|file| events.send(event(file)).is_ok())
            }
            Prepared::Removed { asset, file } => {
                events.send(Event::Removed(Some((asset, file)))).is_ok()
            }
            Prepared::Mended(mended) => events.send(Event::Mended(mended)).is_ok(),
            Prepared::Waiting => true,
            // It failed because it was left.
            Prepared::Failed { .. } if stop.asked() => break,
            Prepared::Failed { failure, claimed } => {
                events.send(Event::Failed { failure, claimed, look, cost }).is_ok()
            }
        };
        if !heard {
            break;
        }
    }
    Ok(())
}
