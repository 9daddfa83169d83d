//! The stages put together.

use std::{
    any::Any,
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, Scope, ScopedJoinHandle},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use kinora_catalog::Catalog;
use kinora_image::Limits;
use kinora_inference::ImageEmbedder;
use kinora_types::{AssetId, Control, Kind};

use crate::{
    IngestError, IngestObserver, Options, Perception, Summary,
    attribution::Attributions,
    commit::{Committer, Event},
    descriptions::Descriptions,
    duplicates::Duplicates,
    embed,
    in_flight::InFlight,
    observe::LivePhoto,
    opened::OpenedVideos,
    prepare::{Prepared, Preparer, Ready},
    thumbs,
    walk::{Halt, Step, Task, Walk},
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
        self.run(targets, true, observer, control)
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        self.catalog
    }

    /// One run; `named` as in [`Walk`].
    pub(crate) fn run(
        &self,
        targets: &[PathBuf],
        named: bool,
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
            let started = self.start(scope, targets, named, &preparer, events, &stop);
            let committed = match &started {
                Ok(_) => committer.run(&heard),
                Err(_) => Ok((Summary::default(), BTreeSet::new())),
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
        self.pair(&met, observer, &stop, &mut summary)?;
        self.compare(&stop)?;
        self.analyse(observer, (&videos, &stop), &mut summary)?;
        self.perceive(observer, (&videos, &stop), &mut summary)?;
        summary.cancelled = control.is_cancelled();
        summary.described += described;
        Ok(summary)
    }

    /// Tells of the Live Photos that new files belong to.
    fn pair(
        &self,
        met: &BTreeSet<AssetId>,
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

    pub(crate) fn duplicate_threshold(&self) -> f32 {
        self.duplicate_threshold
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
        named: bool,
        preparer: &'env Preparer<'env>,
        events: Sender<Event>,
        stop: &'env Stop,
    ) -> Result<Vec<Handle<'scope>>, IngestError> {
        let threads = self.options.decoding_threads();
        let batch = self.options.batch.max(1);
        let (tasks, todo) = bounded::<Box<Task>>(2 * threads);
        let (ready, prepared) = bounded::<Box<Ready>>(batch);
        let mut handles = Vec::new();
        let heard = events.clone();
        handles.push(spawn(scope, "kinora-walk", stop, move || {
            let walks = (named, self.options.again);
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
    walks: (bool, bool),
    tasks: &Sender<Box<Task>>,
    events: &Sender<Event>,
    stop: &Stop,
) -> Result<(), IngestError> {
    let emit = |step| match step {
        Step::Task(task) => events.send(Event::Found).is_ok() && tasks.send(task).is_ok(),
        Step::Unchanged(done) => {
            events.send(Event::Found).is_ok() && events.send(Event::Unchanged(done)).is_ok()
        }
        Step::Ignored(left) => events.send(Event::Ignored(left)).is_ok(),
        Step::Failed(failure) => {
            let claimed = None;
            let event = Event::Failed { failure, claimed };
            events.send(Event::Found).is_ok() && events.send(event).is_ok()
        }
        Step::Vanished(path) => events.send(Event::Vanished(path)).is_ok(),
    };
    let mut walk = Walk::new(catalog, stop, walks, emit);
    for target in targets {
        match walk.target(target) {
            Ok(()) => {}
            Err(Halt::Stopped) => return Ok(()),
            Err(Halt::Failed(error)) => return Err(error),
        }
    }
    Ok(())
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
        let heard = match preparer.prepare(*task)? {
            Prepared::Ready(picture) => ready.send(picture).is_ok(),
            Prepared::Known { asset, files, inside } => {
                let event = |file| Event::Known { asset, file, inside: inside.clone() };
                files.into_iter().all(|file| events.send(event(file)).is_ok())
            }
            Prepared::Mended(mended) => events.send(Event::Mended(mended)).is_ok(),
            Prepared::Waiting => true,
            // It failed because it was left.
            Prepared::Failed { .. } if stop.asked() => break,
            Prepared::Failed { failure, claimed } => {
                events.send(Event::Failed { failure, claimed }).is_ok()
            }
        };
        if !heard {
            break;
        }
    }
    Ok(())
}
