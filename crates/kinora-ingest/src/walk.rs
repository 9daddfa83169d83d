//! Finding files: sorted, without hidden ones, once around each loop of links.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use kinora_catalog::{Catalog, FileEntry, FileState, Problem};
use kinora_image::sidecar_paths;
use kinora_types::AssetId;

use crate::{
    Done, FileFailure, IngestError, LeftOut, Outcome, beside, cost,
    exclude::{Exclusions, FILE_NAME, Verdict},
    kind::{Holds, Inspected, looks_like_media, named_as_media},
    pipeline::Stop,
    thumbs,
    times::modified_ns,
    unread::{self, left_out},
};

/// A file to be read.
pub(crate) struct Task {
    pub path: PathBuf,
    /// The folder that the user named: its own name and those below it are words.
    pub root: PathBuf,
    pub file: FileEntry,
    /// Its sidecars as they are now, see [`beside::state`].
    pub beside: String,
    /// What the path held when it was last looked at.
    pub before: Option<FileState>,
    pub errand: Errand,
    /// What it holds, if the walk had to find out.
    pub holds: Option<Holds>,
    /// Whether the user named the file itself.
    pub named: bool,
    /// What it is estimated to cost, see [`cost`].
    pub cost: u64,
}

/// Why a file is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errand {
    /// It may hold something else than before.
    Bring,
    /// It holds what it did.
    Mend {
        asset: AssetId,
        /// What lies beside it has changed.
        changed_beside: bool,
        /// Its thumbnail is gone.
        lost_thumbnail: bool,
    },
}

/// What the walk comes upon.
pub(crate) enum Step {
    Task(Box<Task>),
    Unchanged(Done),
    /// Neither picture nor video, and nobody said that it was one.
    Ignored(LeftOut),
    /// With size and time of the file when it was looked at, where they are known.
    Failed(FileFailure, Option<(u64, i64)>),
    /// It failed before and has not changed since.
    KnownProblem,
    /// Nothing is wrong any more with what failed before.
    Solved(PathBuf),
    /// A person took what it holds out of the library.
    Removed,
    /// Patterns leave it out.
    Excluded,
    Vanished(String),
    /// The library has it, and a file of patterns leaves it out now.
    TakenOut(String),
    /// Everything there is to do was found.
    End,
}

/// The walk ended early: nobody listens any more, or the catalogue failed.
pub(crate) enum Halt {
    Stopped,
    Failed(IngestError),
}

/// Problems that another version of this program found are looked at again.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

impl From<IngestError> for Halt {
    fn from(error: IngestError) -> Self {
        Self::Failed(error)
    }
}

impl From<kinora_catalog::CatalogError> for Halt {
    fn from(error: kinora_catalog::CatalogError) -> Self {
        Self::Failed(error.into())
    }
}

/// How a walk goes.
pub(crate) struct Walks {
    /// See [`Walk`].
    pub named: bool,
    /// See [`Walk`].
    pub again: bool,
    /// Folders and files that were given, or are watched.
    pub roots: Vec<PathBuf>,
    /// Patterns of what is left out.
    pub exclude: Vec<String>,
}

/// Walks files and folders for the catalogue. Memory: the entries of the folders it stands in, the
/// names of the folders it was in, the problems that are known.
pub(crate) struct Walk<'a, F> {
    catalog: &'a Catalog,
    /// The library's own folder, whose thumbnails are nobody's pictures.
    library: PathBuf,
    stop: &'a Stop,
    /// Whether the user named the targets, so that each must be there and be a picture or video.
    named: bool,
    /// Whether known files are described again, and known problems tried again.
    again: bool,
    exclusions: Exclusions,
    /// Folders that patterns of the run begin at: those that were given, or are watched.
    roots: Vec<PathBuf>,
    /// What files of patterns left out on the way.
    excluded: HashSet<PathBuf>,
    /// Problems of earlier runs that this one has not come upon yet.
    problems: HashMap<PathBuf, Problem>,
    visited: HashSet<PathBuf>,
    /// Takes each step; `false` ends the walk.
    emit: F,
}

/// What one folder holds besides pictures and videos.
#[derive(Default)]
struct Rest {
    left_out: Vec<LeftOut>,
    sidecars: HashSet<PathBuf>,
    /// [`beside::key`] of every sidecar in the folder, so that pictures without one cost no look at the disk;
    /// `None` where the folder was not listed.
    keys: Option<HashSet<String>>,
}

impl Rest {
    fn of(names: &[PathBuf]) -> Self {
        let sidecars = names.iter().filter(|path| beside::is_named_so(path));
        let keys = sidecars.map(|path| beside::key(path)).collect();
        Self { keys: Some(keys), ..Self::default() }
    }

    /// The sidecars of a file as they are now.
    fn beside(&mut self, path: &Path) -> String {
        if self.keys.as_ref().is_some_and(|keys| !keys.contains(&beside::key(path))) {
            return String::new();
        }
        let sidecars = sidecar_paths(path);
        let state = beside::state(&sidecars);
        self.sidecars.extend(sidecars);
        state
    }
}

impl<'a, F: FnMut(Step) -> bool> Walk<'a, F> {
    pub(crate) fn new(
        catalog: &'a Catalog,
        stop: &'a Stop,
        Walks { named, again, roots, exclude }: Walks,
        emit: F,
    ) -> Result<Self, IngestError> {
        let library =
            fs::canonicalize(catalog.folder()).unwrap_or_else(|_| catalog.folder().into());
        let problems = catalog.problems()?;
        Ok(Self {
            catalog,
            library,
            stop,
            named,
            again,
            exclusions: Exclusions::new(exclude),
            roots,
            excluded: HashSet::new(),
            problems: problems.into_iter().map(|problem| (problem.path.clone(), problem)).collect(),
            visited: HashSet::new(),
            emit,
        })
    }

    /// Everything was walked.
    pub(crate) fn end(mut self) -> Result<(), Halt> {
        self.emit(Step::End)
    }

    /// Walks one target, then looks for what was there before and is no longer.
    pub(crate) fn target(&mut self, target: &Path) -> Result<(), Halt> {
        match fs::canonicalize(target) {
            Ok(path) => {
                let root = self.roots.iter().find(|root| path.starts_with(root));
                let root = root.cloned().unwrap_or_else(|| path.clone());
                self.exclusions.below(if root.is_dir() { &root } else { parent(&root) })?;
                match self.exclusions.verdict_from_above(&path, path.is_dir()) {
                    Verdict::In => self.present(&path)?,
                    verdict => self.excluded_target(&path, verdict)?,
                }
                self.tell_faults()?;
                self.vanished(&path)?;
                self.solved(&path)
            }
            Err(error) => {
                let path = std::path::absolute(target).unwrap_or_else(|_| target.to_owned());
                self.absent(&path, &error)?;
                self.vanished(&path)?;
                self.solved(&path)
            }
        }
    }

    /// A target that patterns leave out; one that the user named is missed.
    fn excluded_target(&mut self, path: &Path, verdict: Verdict) -> Result<(), Halt> {
        self.exclude(path, verdict)?;
        if !self.named || verdict == Verdict::Out {
            return Ok(());
        }
        let message = format!("a `{FILE_NAME}` leaves it out");
        self.fail(
            path,
            message,
            Some("take the pattern out of that file, or write `!` and its name below it"),
        )
    }

    fn exclude(&mut self, path: &Path, verdict: Verdict) -> Result<(), Halt> {
        if verdict == Verdict::OutForGood {
            self.excluded.insert(path.to_owned());
        }
        self.emit(Step::Excluded)
    }

    /// What is wrong with files of patterns.
    fn tell_faults(&mut self) -> Result<(), Halt> {
        for (failure, look) in self.exclusions.faults() {
            self.failed(failure, Some(look))?;
        }
        Ok(())
    }

    fn present(&mut self, path: &Path) -> Result<(), Halt> {
        // Words begin at the named folder itself.
        let root = parent(path).to_owned();
        if path.is_dir() {
            return self.folder(path, &root);
        }
        if !self.named && beside::is_named_so(path) {
            return self.spoken_of(path);
        }
        let mut rest = Rest::default();
        self.file(path, &root, self.named, &mut rest)?;
        self.leave_out(rest)
    }

    /// The pictures and videos that a sidecar, there or gone, may speak of: those of them that the library has.
    fn spoken_of(&mut self, sidecar: &Path) -> Result<(), Halt> {
        let Some(folder) = sidecar.parent() else {
            return Ok(());
        };
        let names = names(folder, self.stop).unwrap_or_default();
        for path in names.iter().filter(|path| beside::may_speak_of(sidecar, path)) {
            let Ok(metadata) = fs::metadata(path) else { continue };
            let Some(file) = entry(path, &metadata).filter(|_| metadata.is_file()) else {
                continue;
            };
            let before = self.catalog.file_state(path)?;
            let Some(state) = before.filter(|state| is_same(state, &file)) else { continue };
            let beside = beside::state(&sidecar_paths(path));
            if let Some(task) = self.mend(path, folder, (file, beside), state)? {
                self.emit(Step::Task(Box::new(task)))?;
            }
        }
        Ok(())
    }

    fn absent(&mut self, target: &Path, error: &io::Error) -> Result<(), Halt> {
        if !self.named && beside::is_named_so(target) {
            return self.spoken_of(target);
        }
        if !self.named || !self.catalog.paths_under(target)?.is_empty() {
            return Ok(());
        }
        self.fail(target, io_message("cannot find it", error), Some("check the path"))
    }

    fn folder(&mut self, folder: &Path, root: &Path) -> Result<(), Halt> {
        let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        if real == self.library || !self.visited.insert(real) {
            return Ok(());
        }
        let names = match names(folder, self.stop) {
            Ok(names) => names,
            Err(_) if self.stop.asked() => return Err(Halt::Stopped),
            Err(error) => {
                let message = io_message("cannot read the folder", &error);
                let (path, hint) = (folder.to_owned(), permission(&error).map(Into::into));
                let failure = FileFailure { path, message, hint, lasting: false };
                return self.failed(failure, look(folder));
            }
        };
        let mut rest = Rest::of(&names);
        // Also of a folder without any file.
        self.exclusions.verdict(&folder.join(FILE_NAME), false);
        self.tell_faults()?;
        for path in names {
            if self.stop.asked() {
                return Err(Halt::Stopped);
            }
            let metadata = fs::metadata(&path);
            let is_folder = metadata.as_ref().is_ok_and(fs::Metadata::is_dir);
            let verdict = self.exclusions.verdict(&path, is_folder);
            if verdict != Verdict::In {
                self.exclude(&path, verdict)?;
                continue;
            }
            match metadata {
                Ok(metadata) if metadata.is_dir() => self.folder(&path, root)?,
                Ok(metadata) if metadata.is_file() => self.file(&path, root, false, &mut rest)?,
                // Sockets, pipes, devices: nobody's pictures.
                Ok(_) => {}
                Err(error) if named_as_media(&path) => self.unreadable(&path, &error)?,
                Err(_) => {}
            }
        }
        self.leave_out(rest)
    }

    /// Reported last, when it is known which sidecars were read with their pictures.
    fn leave_out(&mut self, rest: Rest) -> Result<(), Halt> {
        for mut left in rest.left_out {
            if rest.sidecars.contains(&left.path) {
                (left.format, left.hint) = (unread::SIDECAR.into(), None);
            }
            self.emit(Step::Ignored(left))?;
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, root: &Path, named: bool, rest: &mut Rest) -> Result<(), Halt> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return self.unreadable(path, &error),
        };
        // To open a pipe is to wait for whoever writes to it.
        if !metadata.is_file() {
            let hint = Some("save what it gives as a file");
            return self.fail(path, "it is not a file".into(), hint);
        }
        let Some(file) = entry(path, &metadata) else {
            let (message, hint) =
                ("its name is not valid Unicode".into(), Some("rename it".into()));
            let failure = FileFailure { path: path.into(), message, hint, lasting: true };
            let look = look(path).filter(|_| !named);
            return self.failed(failure, look);
        };
        let before = self.catalog.file_state(path)?;
        if before.as_ref().is_some_and(|state| state.removed && is_same(state, &file)) && !named {
            return self.emit(Step::Removed);
        }
        if !named && self.is_known_problem(path, (file.bytes, file.mtime_ns)) {
            self.problems.remove(path);
            return self.emit(Step::KnownProblem);
        }
        let same = |state: &&FileState| !state.removed && is_same(state, &file);
        if let Some(state) = before.as_ref().filter(same) {
            let beside = rest.beside(path);
            let done = Done { path: path.into(), asset: state.asset, outcome: Outcome::Unchanged };
            let step = match self.mend(path, root, (file, beside), state.clone())? {
                Some(task) => Step::Task(Box::new(task)),
                None => Step::Unchanged(done),
            };
            // It is in the library whole, whatever was in the way of it meanwhile.
            if self.problems.get(path).is_some_and(|problem| !problem.taken) {
                self.emit(Step::Solved(path.into()))?;
            }
            self.problems.remove(path);
            return self.emit(step);
        }
        // What is named as a picture or video must be one.
        let mut holds = None;
        if !named_as_media(path) {
            let Inspected { head, holds: found, .. } = Inspected::open(path);
            holds = Some(found);
            let left = left_out(path, &head);
            if !looks_like_media(path, &head) && (!named || left.is_known()) {
                if named {
                    return self.refuse(&left);
                }
                rest.left_out.push(left);
                return Ok(());
            }
        }
        let beside = rest.beside(path);
        self.problems.remove(path);
        let cost = cost::of_file(path, file.bytes, holds);
        let (path, root, errand) = (path.into(), root.into(), Errand::Bring);
        let task = Task { path, root, file, beside, before, errand, holds, named, cost };
        self.emit(Step::Task(Box::new(task)))
    }

    /// What the user named is of a format that is not read.
    fn refuse(&mut self, left: &LeftOut) -> Result<(), Halt> {
        let sidecar = beside::is_named_so(&left.path);
        let message = match sidecar {
            true => "a sidecar is read with its picture".to_owned(),
            false => format!("{} is a format that Kinora does not read", left.format),
        };
        let hint = if sidecar { Some("add the picture".into()) } else { left.hint.clone() };
        self.fail(&left.path, message, hint.as_deref())
    }

    /// What there is to do for a file that holds what it did; `None` for nothing.
    fn mend(
        &self,
        path: &Path,
        root: &Path,
        (file, beside): (FileEntry, String),
        state: FileState,
    ) -> Result<Option<Task>, Halt> {
        let changed_beside = self.again || beside != state.beside;
        let lost_thumbnail =
            !thumbs::is_whole(&self.library, &state.asset) && self.has_thumbnail(&state.asset)?;
        let errand = Errand::Mend { asset: state.asset, changed_beside, lost_thumbnail };
        let (path, root, before) = (path.into(), root.into(), Some(state));
        Ok((changed_beside || lost_thumbnail).then_some(Task {
            path,
            root,
            file,
            beside,
            before,
            errand,
            holds: None,
            named: false,
            cost: cost::of_mending(),
        }))
    }

    /// Whether the asset can be seen: a recording has no thumbnail.
    fn has_thumbnail(&self, asset: &AssetId) -> Result<bool, Halt> {
        Ok(self.catalog.asset(asset)?.is_some_and(|asset| asset.size.is_some()))
    }

    fn vanished(&mut self, target: &Path) -> Result<(), Halt> {
        for path in self.catalog.paths_under(target)? {
            if self.stop.asked() {
                return Err(Halt::Stopped);
            }
            let gone = fs::metadata(&path).is_err_and(|error| {
                matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
            });
            let mut ways = Path::new(&path).ancestors();
            if gone {
                self.emit(Step::Vanished(path))?;
            } else if !self.excluded.is_empty() && ways.any(|way| self.excluded.contains(way)) {
                self.emit(Step::TakenOut(path))?;
            }
        }
        Ok(())
    }

    /// Problems below a target that were not come upon again.
    fn solved(&mut self, target: &Path) -> Result<(), Halt> {
        let gone = self.problems.keys().filter(|path| path.starts_with(target));
        let gone: Vec<PathBuf> = gone.cloned().collect();
        for path in gone {
            self.problems.remove(&path);
            self.emit(Step::Solved(path))?;
        }
        Ok(())
    }

    /// Whether a file failed before, was told of then, and is as it was.
    fn is_known_problem(&self, path: &Path, (bytes, mtime_ns): (u64, i64)) -> bool {
        let same = |problem: &Problem| {
            (problem.lasting && !problem.taken)
                && (problem.bytes, problem.mtime_ns) == (bytes, mtime_ns)
                && problem.version == VERSION
        };
        !self.again && self.problems.get(path).is_some_and(same)
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) -> Result<(), Halt> {
        let link = || path.is_symlink().then_some("mend the link or remove it");
        let message = io_message("cannot read the file", error);
        let hint = permission(error).or_else(link).map(Into::into);
        // A link that leads nowhere, or in a circle, stays so; a file that may not be read is read once it may be.
        let lasting = path.is_symlink() && error.kind() != io::ErrorKind::PermissionDenied;
        let look = look(path);
        self.failed(FileFailure { path: path.into(), message, hint, lasting }, look)
    }

    fn fail(&mut self, path: &Path, message: String, hint: Option<&str>) -> Result<(), Halt> {
        let (path, hint) = (path.to_owned(), hint.map(Into::into));
        self.failed(FileFailure { path, message, hint, lasting: false }, None)
    }

    /// A failure; one that was told of before is passed over.
    fn failed(&mut self, failure: FileFailure, look: Option<(u64, i64)>) -> Result<(), Halt> {
        let known = look.is_some_and(|look| self.is_known_problem(&failure.path, look));
        self.problems.remove(&failure.path);
        self.emit(if known { Step::KnownProblem } else { Step::Failed(failure, look) })
    }

    fn emit(&mut self, step: Step) -> Result<(), Halt> {
        if (self.emit)(step) && !self.stop.asked() { Ok(()) } else { Err(Halt::Stopped) }
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

/// Size and time of a file or link, to see later whether it has changed.
fn look(path: &Path) -> Option<(u64, i64)> {
    let metadata = fs::symlink_metadata(path).ok()?;
    Some((metadata.len(), modified_ns(&metadata)))
}

/// A file as the catalogue keeps it; `None` if its name is not Unicode.
fn entry(path: &Path, metadata: &fs::Metadata) -> Option<FileEntry> {
    let (bytes, mtime_ns) = (metadata.len(), modified_ns(metadata));
    path.to_str().map(|path| FileEntry { path: path.into(), bytes, mtime_ns })
}

/// Whether a file looks as it did when it was read.
fn is_same(state: &FileState, file: &FileEntry) -> bool {
    state.present && state.bytes == file.bytes && state.mtime_ns == file.mtime_ns
}

/// Entries that are not hidden, in order of their bytes. An error also if somebody asks to stop.
fn names(folder: &Path, stop: &Stop) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        if stop.asked() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

fn io_message(what: &str, error: &io::Error) -> String {
    format!("{what}: {error}")
}

fn permission(error: &io::Error) -> Option<&'static str> {
    (error.kind() == io::ErrorKind::PermissionDenied)
        .then_some("give yourself permission to read it")
}
