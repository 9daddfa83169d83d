//! Finding files: sorted, without hidden ones, once around each loop of links.

use std::{
    collections::HashSet,
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use kinora_catalog::{Catalog, FileEntry, FileState};

use crate::{
    Done, FileFailure, IngestError, Outcome,
    kind::{looks_like_media, named_as_media},
    pipeline::Stop,
};

/// A file to be read.
pub(crate) struct Task {
    pub path: PathBuf,
    /// The folder that the user named: its own name and those below it are words.
    pub root: PathBuf,
    pub file: FileEntry,
    /// What the path held when it was last looked at.
    pub before: Option<FileState>,
}

/// What the walk comes upon.
pub(crate) enum Step {
    Task(Box<Task>),
    Unchanged(Done),
    /// Neither picture nor video, and nobody said that it was one.
    Ignored,
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
    visited: HashSet<PathBuf>,
    /// Takes each step; `false` ends the walk.
    emit: F,
}

impl<'a, F: FnMut(Step) -> bool> Walk<'a, F> {
    pub(crate) fn new(catalog: &'a Catalog, stop: &'a Stop, named: bool, emit: F) -> Self {
        let library =
            fs::canonicalize(catalog.folder()).unwrap_or_else(|_| catalog.folder().into());
        Self { catalog, library, stop, named, visited: HashSet::new(), emit }
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
        self.file(path, &root, self.named)
    }

    fn absent(&mut self, target: &Path, error: &io::Error) -> Result<(), Halt> {
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
        let names = match names(folder) {
            Ok(names) => names,
            Err(error) => {
                return self.fail(
                    folder,
                    io_message("cannot read the folder", &error),
                    permission(&error),
                );
            }
        };
        for path in names {
            if self.stop.asked() {
                return Err(Halt::Stopped);
            }
            match fs::metadata(&path) {
                Ok(told) if told.is_dir() => self.folder(&path, root)?,
                Ok(told) if told.is_file() => self.file(&path, root, false)?,
                // Sockets, pipes, devices: nobody's pictures.
                Ok(_) => {}
                Err(error) if named_as_media(&path) => self.unreadable(&path, &error)?,
                Err(_) => {}
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, root: &Path, named: bool) -> Result<(), Halt> {
        let told = match fs::metadata(path) {
            Ok(told) => told,
            Err(error) => return self.unreadable(path, &error),
        };
        // To open a pipe is to wait for whoever writes to it.
        if !told.is_file() {
            let hint = Some("save what it gives as a file");
            return self.fail(path, "it is not a file".into(), hint);
        }
        let Some(text) = path.to_str() else {
            let hint = Some("rename it");
            return self.fail(path, "its name is not valid Unicode".into(), hint);
        };
        let file = FileEntry { path: text.into(), bytes: told.len(), mtime_ns: mtime_ns(&told) };
        let before = self.catalog.file_state(path)?;
        let same =
            |b: &FileState| b.present && b.bytes == file.bytes && b.mtime_ns == file.mtime_ns;
        if let Some(state) = before.filter(same) {
            let done = Done { path: path.into(), asset: state.asset, outcome: Outcome::Unchanged };
            return self.emit(Step::Unchanged(done));
        }
        // What the user named, or what is named as a picture or video, must be one.
        if !named && !named_as_media(path) && !looks_like_media(path) {
            return self.emit(Step::Ignored);
        }
        let task = Task { path: path.into(), root: root.into(), file, before };
        self.emit(Step::Task(Box::new(task)))
    }

    fn vanished(&mut self, target: &Path) -> Result<(), Halt> {
        for path in self.catalog.paths_under(target)? {
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

/// Entries that are not hidden, in order of their bytes.
fn names(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
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

/// Nanoseconds since 1970, negative before; 0 where the file system keeps no time.
fn mtime_ns(told: &Metadata) -> i64 {
    let Ok(modified) = told.modified() else {
        return 0;
    };
    match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |n| -n),
    }
}
