//! A whole file in memory, up to a limit, while nobody asks to stop.

use std::{
    fs::File,
    io::{self, Read},
};

/// Bytes between two looks at whether to stop.
const STEP: u64 = 4 << 20;

/// Why a file could not be read.
pub(crate) enum Unread {
    Io(io::Error),
    /// It has so many bytes, or more.
    TooLarge(u64),
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Reads a file from where it stands; one that grows meanwhile stays bounded.
pub(crate) fn whole(
    mut file: File,
    limit: u64,
    cancelled: &dyn Fn() -> bool,
) -> Result<Vec<u8>, Unread> {
    let length = file.metadata()?.len();
    if length > limit {
        return Err(Unread::TooLarge(length));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    loop {
        if cancelled() {
            return Err(Unread::Io(io::Error::other("cancelled")));
        }
        let read = file.by_ref().take(STEP).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(Unread::TooLarge(bytes.len() as u64));
        }
        if read == 0 {
            return Ok(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read(path: &Path, limit: u64, cancelled: bool) -> Option<Vec<u8>> {
        whole(kinora_files::open(path).ok()?, limit, &|| cancelled).ok()
    }

    #[test]
    fn a_file_is_read_whole_or_not_at_all() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a");
        let bytes: Vec<u8> = (0..STEP * 2 + 5).map(|i| (i % 251) as u8).collect();
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read(&path, bytes.len() as u64, false).unwrap(), bytes);
        assert!(read(&path, bytes.len() as u64 - 1, false).is_none());
        assert!(read(&path, u64::MAX, true).is_none());
    }

    /// What was a picture when it was found.
    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a.jpg");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        assert!(read(&path, u64::MAX, false).is_none());
        let inspected = crate::kind::Inspected::open(&path);
        assert!(inspected.file.is_err() && inspected.head.is_empty());
    }
}
