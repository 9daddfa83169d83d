//! The file of the log: private, of limited size, written line by line.
//!
//! Several processes write to it at once: each line is one write at the end of the file.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use kinora_files::private;

/// Bytes after which the file gives way to a new one.
const LARGEST: u64 = 1 << 20;
/// Older files that stay.
const KEPT: u32 = 2;
/// Bytes of lines that wait for the home folder to be made.
const MOST_WAITING: usize = 64 << 10;

/// A log's file, opened at its first line.
pub(crate) struct LogFile {
    path: PathBuf,
    /// The home folder, if this is its log: that folder is not made for a log, and old files make room there.
    home: Option<PathBuf>,
    open: Option<File>,
    /// Lines from before there was a home.
    waiting: Vec<u8>,
    broken: bool,
}

impl LogFile {
    /// The log of a home folder.
    pub(crate) fn of_home(home: &Path) -> Self {
        Self { home: Some(home.to_owned()), ..Self::named(&home.join("logs/kinora.log")) }
    }

    /// A file that the user named; it grows as it will.
    pub(crate) fn named(path: &Path) -> Self {
        Self { path: path.to_owned(), home: None, open: None, waiting: Vec::new(), broken: false }
    }

    /// Appends a line. After a failure, which is given once, lines are dropped.
    ///
    /// # Errors
    /// If the file cannot be opened or written, the first time.
    pub(crate) fn append(&mut self, line: &str) -> io::Result<()> {
        if self.broken {
            return Ok(());
        }
        let appended = self.try_append(line);
        self.broken = appended.is_err();
        appended
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn try_append(&mut self, line: &str) -> io::Result<()> {
        // As elsewhere, a folder is a home once it holds libraries.
        if self.open.is_none()
            && self.home.as_ref().is_some_and(|home| !home.join("libraries").is_dir())
        {
            if self.waiting.len() + line.len() <= MOST_WAITING {
                self.waiting.extend_from_slice(line.as_bytes());
            }
            return Ok(());
        }
        // Other processes write to it too.
        let told = self.open.as_ref().map(File::metadata).transpose()?;
        if self.home.is_some() && told.is_some_and(|told| told.len() >= LARGEST) {
            self.make_room()?;
        }
        let waited = std::mem::take(&mut self.waiting);
        let bytes = [&waited, line.as_bytes()].concat();
        self.opened()?.write_all(&bytes)
    }

    fn opened(&mut self) -> io::Result<&mut File> {
        if self.open.is_none() {
            if self.home.is_some() {
                folder(self.path.parent().unwrap_or(Path::new(".")))?;
            }
            let mut file = private::append(&self.path)?;
            if self.home.is_some() && file.metadata()?.len() >= LARGEST {
                self.shift()?;
                file = private::append(&self.path)?;
            }
            self.open = Some(file);
        }
        self.open.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Begins a new file, unless another process did.
    fn make_room(&mut self) -> io::Result<()> {
        let full = self.open.take();
        // Who has it locked is at it.
        let alone = full.as_ref().is_none_or(|file| file.try_lock().is_ok());
        if alone && fs::metadata(&self.path).is_ok_and(|told| told.len() >= LARGEST) {
            self.shift()?;
        }
        Ok(())
    }

    /// `kinora.log` becomes `kinora.1.log`, that `kinora.2.log`, and the oldest goes.
    fn shift(&self) -> io::Result<()> {
        for number in (1..KEPT).rev() {
            drop(fs::rename(self.older(number), self.older(number + 1)));
        }
        fs::rename(&self.path, self.older(1))
    }

    fn older(&self, number: u32) -> PathBuf {
        self.path.with_extension(format!("{number}.log"))
    }
}

/// The folder of the logs, for the owner alone; a link that was planted in its place is refused.
fn folder(path: &Path) -> io::Result<()> {
    private::create_folder(path)?;
    if !fs::symlink_metadata(path)?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is a link, not a folder"));
    }
    private::restrict(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> tempfile::TempDir {
        let home = tempfile::TempDir::new().unwrap();
        fs::create_dir(home.path().join("libraries")).unwrap();
        home
    }

    #[test]
    fn a_line_waits_for_the_home_and_makes_none() {
        let root = tempfile::TempDir::new().unwrap();
        let home = root.path().join("home");
        let mut log = LogFile::of_home(&home);
        log.append("first\n").unwrap();
        assert!(!home.exists());
        fs::create_dir_all(home.join("libraries")).unwrap();
        log.append("second\n").unwrap();
        assert_eq!(fs::read_to_string(home.join("logs/kinora.log")).unwrap(), "first\nsecond\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |name| fs::metadata(home.join(name)).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode("logs"), mode("logs/kinora.log")), (0o700, 0o600));
        }
    }

    #[test]
    fn old_files_make_room_also_for_another_process() {
        let home = home();
        let (mut one, mut other) = (LogFile::of_home(home.path()), LogFile::of_home(home.path()));
        let line = "x".repeat(1 << 18);
        for _ in 0..14 {
            one.append(&line).unwrap();
            other.append(&line).unwrap();
        }
        let logs: Vec<_> = fs::read_dir(home.path().join("logs")).unwrap().flatten().collect();
        assert_eq!(logs.len(), 3, "{logs:?}");
        let bytes: u64 = logs.iter().map(|log| log.metadata().unwrap().len()).sum();
        assert!(bytes <= 3 * (LARGEST + 2 * (1 << 18)), "{bytes}");
    }

    #[cfg(unix)]
    #[test]
    fn what_was_planted_is_refused_once_and_then_left_alone() {
        let home = home();
        let elsewhere = tempfile::TempDir::new().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), home.path().join("logs")).unwrap();
        let mut log = LogFile::of_home(home.path());
        assert!(log.append("x\n").is_err());
        assert!(log.append("x\n").is_ok());
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }
}
