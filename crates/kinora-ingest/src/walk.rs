//! Finding files: sorted, without hidden ones, once around each loop of links.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
};

use kinora_catalog::{Catalog, FileEntry, FileState};
use kinora_image::sidecar_paths;
use kinora_types::AssetId;

use crate::{
    Done, FileFailure, IngestError, LeftOut, Outcome, beside,
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
    Failed(FileFailure),
    Vanished(String),
}

/// The walk ended early: nobody listens any more, or the catalogue failed.
pub(crate) enum Halt {
    Stopped,
    Failed(IngestError),
}

impl From<kinora_catalog::CatalogError> for Halt {
    fn from(error: kinora_catalog::CatalogError) -> Self {
        Self::Failed(error.into())
    }
}

/// Walks files and folders for the catalogue. Memory: the entries of the folders it stands in, and
/// the names of the folders it was in.
pub(crate) struct Walk<'a, F> {
    catalog: &'a Catalog,
    /// The library's own folder, whose thumbnails are nobody's pictures.
    library: PathBuf,
    stop: &'a Stop,
    /// Whether the user named the targets, so that each must be there and be a picture or video.
    named: bool,
    /// Whether what is known is told anew.
    again: bool,
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
        (named, again): (bool, bool),
        emit: F,
    ) -> Self {
        let library =
            fs::canonicalize(catalog.folder()).unwrap_or_else(|_| catalog.folder().into());
        Self { catalog, library, stop, named, again, visited: HashSet::new(), emit }
    }

    /// Walks one target, then looks for what was there before and is no longer.
    pub(crate) fn target(&mut self, target: &Path) -> Result<(), Halt> {
        match fs::canonicalize(target) {
            Ok(path) => {
                self.present(&path)?;
                self.vanished(&path)
            }
            Err(error) => {
                let path = std::path::absolute(target).unwrap_or_else(|_| target.to_owned());
                self.absent(&path, &error)?;
                self.vanished(&path)
            }
        }
    }

    fn present(&mut self, path: &Path) -> Result<(), Halt> {
        // Words begin at the named folder itself.
        let root = path.parent().unwrap_or(path).to_owned();
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
                return self.fail(
                    folder,
                    io_message("cannot read the folder", &error),
                    permission(&error),
                );
            }
        };
        let mut rest = Rest::of(&names);
        for path in names {
            if self.stop.asked() {
                return Err(Halt::Stopped);
            }
            match fs::metadata(&path) {
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

    /// Told last, when it is known which sidecars were read with their pictures.
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
            let hint = Some("rename it");
            return self.fail(path, "its name is not valid Unicode".into(), hint);
        };
        let before = self.catalog.file_state(path)?;
        if let Some(state) = before.as_ref().filter(|state| is_same(state, &file)) {
            let beside = rest.beside(path);
            let done = Done { path: path.into(), asset: state.asset, outcome: Outcome::Unchanged };
            let step = match self.mend(path, root, (file, beside), state.clone())? {
                Some(task) => Step::Task(Box::new(task)),
                None => Step::Unchanged(done),
            };
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
        let (path, root, errand) = (path.into(), root.into(), Errand::Bring);
        self.emit(Step::Task(Box::new(Task { path, root, file, beside, before, errand, holds })))
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
            if gone {
                self.emit(Step::Vanished(path))?;
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, path: &Path, error: &io::Error) -> Result<(), Halt> {
        let link = || path.is_symlink().then_some("mend the link or remove it");
        self.fail(path, io_message("cannot read the file", error), permission(error).or_else(link))
    }

    fn fail(&mut self, path: &Path, message: String, hint: Option<&str>) -> Result<(), Halt> {
        let hint = hint.map(Into::into);
        self.emit(Step::Failed(FileFailure { path: path.into(), message, hint }))
    }

    fn emit(&mut self, step: Step) -> Result<(), Halt> {
        if (self.emit)(step) && !self.stop.asked() { Ok(()) } else { Err(Halt::Stopped) }
    }
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
