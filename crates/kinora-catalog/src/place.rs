//! A library's folder: what lies there, and whose eyes it is for.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use kinora_files::private;

use crate::{CatalogError, FILE_NAME, backup};

/// How a catalogue is called until it is whole.
pub(crate) const NEW: &str = "catalog.new-";
/// A temporary file of this age belongs to no run any more.
const STALE: Duration = Duration::from_secs(3600);

/// Says what is wrong with a folder before anything in it is opened as a database. Nothing is opened here:
/// closing a file that SQLite has open too would end SQLite's locks on it (POSIX).
///
/// # Errors
/// [`CatalogError::NoLibrary`] if there never was one; [`CatalogError::Lost`] if there was;
/// [`CatalogError::Foreign`] if the file cannot be a catalogue; [`CatalogError::Damaged`] if it is empty.
pub(crate) fn look(folder: &Path) -> Result<(), CatalogError> {
    let path = folder.join(FILE_NAME);
    match fs::metadata(&path) {
        Ok(metadata) if !metadata.is_file() => {
            Err(CatalogError::foreign(&path, "it is not a regular file"))
        }
        Ok(metadata) if metadata.len() == 0 => {
            Err(CatalogError::Damaged("its file is empty".into()))
        }
        Ok(_) => Ok(()),
        Err(error) if is_absent(&error) => Err(absent(folder)),
        Err(source) => Err(CatalogError::Folder { path: folder.to_owned(), source }),
    }
}

/// Which file it is: the same as long as it is not removed, whatever becomes of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
}

/// The file at a path; `None` if there is none. Where there are no inodes an open database can be neither removed
/// nor replaced, so that one file there is the other.
pub(crate) fn file_id(path: &Path) -> Option<FileId> {
    let metadata = fs::metadata(path).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some(FileId { device: metadata.dev(), inode: metadata.ino() })
    }
    #[cfg(not(unix))]
    metadata.is_file().then_some(FileId {})
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(error.kind(), Kind::NotFound | Kind::NotADirectory)
}

/// A folder with thumbnails, an index, a log or a backup had a catalogue.
fn absent(folder: &Path) -> CatalogError {
    let filled = |name: &str| {
        fs::read_dir(folder.join(name)).is_ok_and(|mut entries| entries.next().is_some())
    };
    let logged = folder.join(format!("{FILE_NAME}-wal")).exists();
    let path = folder.to_owned();
    if logged || filled("thumbs") || filled("index") || !backup::list(folder).is_empty() {
        return CatalogError::Lost { path };
    }
    CatalogError::NoLibrary { path }
}

/// Takes from group and others what an older version let them see: everything in the folder if the folder was
/// open, and the database always. Where that is not ours to do, as on a read-only disk, it stays as it is.
pub(crate) fn close_to_others(folder: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = private::restrict(&folder.join(format!("{FILE_NAME}{suffix}")));
    }
    let _ = private::restrict_all(folder);
}

/// Removes what killed runs left; an hour old, so that runs that still write are left alone.
pub(crate) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        let age = age.and_then(|made| SystemTime::now().duration_since(made).ok());
        let ours = name.starts_with(NEW) || name.starts_with(backup::PART);
        if ours && age.is_some_and(|age| age > STALE) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
