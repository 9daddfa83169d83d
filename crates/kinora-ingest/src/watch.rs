//! Following folders: what changes is brought in once it has come to rest.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use kinora_types::Control;
use notify::{Event, EventKind, RecursiveMode, Watcher, recommended_watcher};

use crate::{Ingest, IngestError, IngestObserver, Summary, exclude::FILE_NAME};

/// A file must have kept its size and time this long: cameras, browsers and `cp` write in pieces.
const REST: Duration = Duration::from_millis(1200);

/// How often the control and the files that are coming to rest are looked at.
const TICK: Duration = Duration::from_millis(200);

impl Ingest<'_> {
    /// Brings in the targets as [`Ingest::add`] does, then follows them until cancelled: new and
    /// changed files once they are at rest, renamed ones as the same asset, removed ones as vanished.
    ///
    /// # Errors
    /// As [`Ingest::add`], or if the system cannot watch (limits on inotify watches, say).
    pub fn watch(
        &self,
        targets: &[PathBuf],
        observer: &mut dyn IngestObserver,
        control: &Control,
    ) -> Result<Summary, IngestError> {
        let roots: Vec<PathBuf> =
            targets.iter().map(|t| fs::canonicalize(t).unwrap_or_else(|_| t.clone())).collect();
        // Watching begins before the first walk, so that nothing falls between the two.
        let (sender, events) = bounded(4096);
        let lost = Arc::new(AtomicBool::new(false));
        let overflow = Arc::clone(&lost);
        let hear = move |event| {
            if sender.try_send(event).is_err() {
                overflow.store(true, Ordering::Relaxed);
            }
        };
        let failed = |path: &Path, error: notify::Error| IngestError::Watch {
            path: path.to_owned(),
            message: error.to_string(),
        };
        let mut watcher = recommended_watcher(hear).map_err(|e| failed(Path::new("."), e))?;
        for root in &roots {
            watcher.watch(root, RecursiveMode::Recursive).map_err(|e| failed(root, e))?;
        }
        let mut total = self.add(targets, observer, control)?;
        observer.watching(&roots);
        let mut restless = Restless::new(self.catalog().folder(), roots.clone());
        while !control.is_cancelled() {
            restless.listen(&events);
            if lost.swap(false, Ordering::Relaxed) {
                restless.note_roots();
            }
            let ready = restless.at_rest();
            if !ready.is_empty() {
                total.join(&self.run(&ready, (false, &roots), observer, control)?);
            }
        }
        total.cancelled = false;
        Ok(total)
    }
}

/// What a path looked like; two equal looks apart in time mean that it is at rest.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Look {
    bytes: u64,
    modified: Option<SystemTime>,
    there: bool,
}

impl Look {
    fn at(path: &Path) -> Self {
        match fs::metadata(path) {
            Ok(metadata) => {
                Self { bytes: metadata.len(), modified: metadata.modified().ok(), there: true }
            }
            Err(_) => Self { bytes: 0, modified: None, there: false },
        }
    }
}

/// Paths that changed lately. Memory: one entry a path until it is at rest.
struct Restless {
    library: PathBuf,
    roots: Vec<PathBuf>,
    paths: BTreeMap<PathBuf, (Instant, Look)>,
}

impl Restless {
    fn new(library: &Path, roots: Vec<PathBuf>) -> Self {
        let library = fs::canonicalize(library).unwrap_or_else(|_| library.to_owned());
        Self { library, roots, paths: BTreeMap::new() }
    }

    /// Takes in the events of a tick.
    fn listen(&mut self, events: &Receiver<notify::Result<Event>>) {
        let until = Instant::now() + TICK;
        loop {
            match events.recv_deadline(until) {
                Ok(Ok(event)) => self.note(&event),
                // The system lost count: everything may have changed.
                Ok(Err(_)) => self.note_roots(),
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => {
                    std::thread::sleep(TICK);
                    return;
                }
            }
        }
    }

    fn note(&mut self, event: &Event) {
        if event.need_rescan() {
            self.note_roots();
        }
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        for path in &event.paths {
            // What a file of patterns leaves out lies in its folder.
            let patterns = path.file_name().is_some_and(|name| name == FILE_NAME);
            let path = path.parent().filter(|_| patterns).unwrap_or(path);
            if !self.is_hidden(path) {
                self.paths.insert(path.to_owned(), (Instant::now(), Look::at(path)));
            }
        }
    }

    fn note_roots(&mut self) {
        for root in self.roots.clone() {
            let look = Look::at(&root);
            self.paths.insert(root, (Instant::now(), look));
        }
    }

    /// Hidden below its root, or in the library itself.
    fn is_hidden(&self, path: &Path) -> bool {
        let below = self.roots.iter().find_map(|root| path.strip_prefix(root).ok());
        let dotted = below.is_some_and(|below| {
            below.components().any(|c| c.as_os_str().as_encoded_bytes().starts_with(b"."))
        });
        dotted || path.starts_with(&self.library)
    }

    /// Paths that have not changed for [`REST`]; what is gone needs no rest.
    fn at_rest(&mut self) -> Vec<PathBuf> {
        let mut ready = BTreeSet::new();
        for (path, (since, look)) in &mut self.paths {
            let now = Look::at(path);
            if now != *look {
                (*since, *look) = (Instant::now(), now);
            }
            if since.elapsed() >= REST {
                ready.insert(path.clone());
            }
        }
        self.paths.retain(|path, _| !ready.contains(path));
        // A folder brings in what lies below it.
        let covered = |path: &PathBuf| path.ancestors().skip(1).any(|a| ready.contains(a));
        ready.iter().filter(|path| !covered(path)).cloned().collect()
    }
}
