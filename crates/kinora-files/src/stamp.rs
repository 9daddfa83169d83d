//! How a file looks from outside, to see whether what was learnt of it still holds.

use std::{
    fs, io,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

/// Size and times of a file. Two equal stamps of one path mean that nothing was written to it in between, but for
/// what happens within one tick of the file system's clock (some milliseconds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    bytes: u64,
    modified: SystemTime,
    /// Seconds and nanoseconds of the last change of anything, which no program can set back; 0 where the system
    /// keeps none.
    changed: (i64, i64),
}

impl Stamp {
    /// The stamp of what a path leads to.
    ///
    /// # Errors
    /// As [`fs::metadata`].
    pub fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self {
            bytes: metadata.len(),
            modified: metadata.modified().unwrap_or(UNIX_EPOCH),
            changed: changed(&metadata),
        })
    }
}

#[cfg(unix)]
fn changed(metadata: &fs::Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &fs::Metadata) -> (i64, i64) {
    (0, 0)
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use super::*;

    #[test]
    fn what_was_written_to_has_another_stamp() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"one").unwrap();
        let first = Stamp::of(&path).unwrap();
        assert_eq!(Stamp::of(&path).unwrap(), first);
        // Longer than a tick of any file system's clock that tests run on.
        thread::sleep(Duration::from_millis(50));
        fs::write(&path, b"two").unwrap();
        assert_ne!(Stamp::of(&path).unwrap(), first);
        assert!(Stamp::of(&folder.path().join("missing")).is_err());
    }
}
