//! Temporary files beside a film while it is made, under unpredictable names and locked by the process that writes
//! them.
//!
//! Way in: [`Aside::create`]. Dropping it removes the file. A killed process leaves the file, but not its
//! lock: [`sweep`] removes unlocked files when the next film is written there. Memory: a handle.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// Times that a file is made anew because a sweep took it before it was locked.
const TRIES: usize = 16;
/// Random letters and digits of a name.
const RANDOM: usize = 12;
/// Most entries of a folder that are examined for leftovers.
const LOOKED_AT: usize = 100_000;

/// A temporary file beside a film. Removed when it is dropped, unless it was given the film's name.
#[derive(Debug)]
pub(crate) struct Aside {
    path: PathBuf,
    /// Holds the lock.
    file: File,
    kept: bool,
}

impl Aside {
    /// Makes `.FILM.RANDOM.KIND` in the film's folder: never a file that is there, never through a link.
    ///
    /// # Errors
    /// A folder that is missing or cannot be written.
    pub(crate) fn create(film: &Path, kind: Kind) -> io::Result<Self> {
        let folder = folder(film);
        for _ in 0..TRIES {
            let (file, path) = kind.make(&head(film), folder)?.keep().map_err(|e| e.error)?;
            let aside = Self { path, file, kept: false };
            if lock(&aside.file)? && is_there(&aside) {
                return Ok(aside);
            }
        }
        Err(io::Error::other("other programs take its files away"))
    }

    /// Path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// To be written to.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Brings it to disk and gives it the film's name, in place of what had that.
    ///
    /// # Errors
    /// As [`File::sync_all`] and [`fs::rename`].
    pub(crate) fn become_film(mut self, film: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, film)?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing is lost if it stays: it never had a film's name, and the next film sweeps it.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Content of a temporary file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The film as far as it is written.
    Part,
    /// Its sound.
    Sound,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Part, Self::Sound];

    fn suffix(self) -> &'static str {
        match self {
            Self::Part => ".part",
            Self::Sound => ".sound",
        }
    }

    fn make(self, head: &OsStr, folder: &Path) -> io::Result<tempfile::NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(head).suffix(self.suffix()).rand_bytes(RANDOM);
        // The film has the rights that any new file has.
        #[cfg(unix)]
        if self == Self::Part {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(folder)
    }
}

/// Removes the temporary files that killed processes left beside this film and returns their number. Locked files,
/// links and files of other names stay. Only on systems where locks are advisory.
pub fn sweep(film: &Path) -> usize {
    if !cfg!(unix) {
        return 0;
    }
    let Ok(entries) = fs::read_dir(folder(film)) else { return 0 };
    let ours = entries.take(LOOKED_AT).flatten().filter(|entry| is_ours(film, &entry.file_name()));
    ours.filter(|entry| remove_dead(&entry.path())).count()
}

/// Removes a file that no process has locked; whether it did. The lock is held until then, so that no process takes the
/// file for its own.
fn remove_dead(path: &Path) -> bool {
    let regular = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    let file = if regular { kinora_files::open(path).ok() } else { None };
    let Some(file) = file else { return false };
    lock(&file).unwrap_or(false) && fs::remove_file(path).is_ok()
}

fn is_ours(film: &Path, found: &OsStr) -> bool {
    let (head, found) = (head(film), found.as_encoded_bytes());
    let Some(rest) = found.strip_prefix(head.as_encoded_bytes()) else { return false };
    let random = |kind: Kind| rest.strip_suffix(kind.suffix().as_bytes());
    let form =
        |random: &[u8]| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric);
    Kind::ALL.into_iter().filter_map(random).any(form)
}

fn folder(film: &Path) -> &Path {
    let folder = film.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// `.FILM.`
fn head(film: &Path) -> OsString {
    let mut head = OsString::from(".");
    head.push(film.file_name().unwrap_or(OsStr::new("film")));
    head.push(".");
    head
}

/// Whether the file has its name still: a sweep may have come between making and locking.
#[cfg(unix)]
fn is_there(aside: &Aside) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |a: fs::Metadata, b: fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    let named = fs::symlink_metadata(&aside.path);
    named.is_ok_and(|named| aside.file.metadata().is_ok_and(|own| same(named, own)))
}

#[cfg(not(unix))]
fn is_there(_: &Aside) -> bool {
    true
}

/// Whether the lock is taken now. The owner of a lock is alive, as it ends with its process.
#[cfg(unix)]
fn lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(fs::TryLockError::WouldBlock) => Ok(false),
        Err(fs::TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
            // A file system without locks.
            Ok(true)
        }
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// A lock would keep ffmpeg from writing.
#[cfg(not(unix))]
fn lock(_: &File) -> io::Result<bool> {
    Ok(true)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("the folder is there").flatten();
        let mut names: Vec<_> =
            entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_nobody_holds_is_swept_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("film.mp4");
        let held = Aside::create(&film, Kind::Sound).unwrap();
        let dead = Aside::create(&film, Kind::Part).unwrap();
        let left = dead.path().to_owned();
        drop(dead);
        // As a killed process leaves it: there, and not locked.
        fs::write(&left, b"half a film").unwrap();
        let victim = folder.path().join("victim");
        fs::write(&victim, b"precious").unwrap();
        std::os::unix::fs::symlink(&victim, folder.path().join(".film.mp4.aaaaaaaaaaaa.part"))
            .unwrap();
        for name in
            [".film.mp4.short.part", ".film.mp4.aaaaaaaaaaa-.part", ".other.mp4.aaaaaaaaaaaa.part"]
        {
            fs::write(folder.path().join(name), b"theirs").unwrap();
        }
        assert_eq!(sweep(&film), 1);
        assert_eq!(names(folder.path()).len(), 6, "{:?}", names(folder.path()));
        assert!(!left.exists() && held.path().exists());
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        assert_eq!(sweep(&film), 0);
    }

    #[test]
    fn a_name_without_a_folder_lies_here() {
        assert_eq!(folder(Path::new("film.mp4")), Path::new("."));
        assert!(is_ours(Path::new("a/film.mp4"), OsStr::new(".film.mp4.Ab3dEf6hIj9l.sound")));
    }

    #[test]
    fn it_takes_the_films_place_and_rights() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("film.mp4");
        fs::write(&film, b"old").unwrap();
        let usual = fs::metadata(&film).unwrap().permissions().mode();
        let aside = Aside::create(&film, Kind::Part).unwrap();
        fs::write(aside.path(), b"new").unwrap();
        aside.become_film(&film).unwrap();
        assert_eq!(fs::read(&film).unwrap(), b"new");
        assert_eq!(fs::metadata(&film).unwrap().permissions().mode(), usual);
        assert_eq!(names(folder.path()), ["film.mp4"]);
    }
}
