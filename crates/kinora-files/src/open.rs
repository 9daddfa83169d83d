//! Opening regular files without blocking.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Read},
    path::Path,
};

/// A file has more bytes than its reader allows; the inner error of an [`io::Error`] of kind `FileTooLarge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge {
    /// The most that the reader takes, in bytes.
    pub limit: u64,
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it has more than {} bytes", self.limit)
    }
}

impl std::error::Error for TooLarge {}

/// Opens a regular file for reading; symbolic links are followed.
///
/// A pipe without a writer does not block, and a terminal does not become the controlling one: the file is opened
/// without waiting, and what it is gets checked on the open file, so that it cannot be swapped in between.
///
/// # Errors
/// As [`File::open`], and `InvalidInput` for a folder, a pipe, a socket or a device.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Both flags mean nothing to a regular file (open(2)).
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    Ok(file)
}

/// The bytes of a regular file, at most `limit` of them.
///
/// # Errors
/// As [`open`], and `FileTooLarge` with [`TooLarge`] inside if there are more, also when the file grows
/// while it is read.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let length = file.metadata()?.len();
    let too_large = || io::Error::new(io::ErrorKind::FileTooLarge, TooLarge { limit });
    if length > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        let error = read(&path, 4).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert!(error.get_ref().is_some_and(|inner| inner.is::<TooLarge>()));
    }

    #[test]
    fn a_folder_is_no_file() {
        let folder = tempfile::TempDir::new().unwrap();
        assert!(open(folder.path()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn pipes_devices_and_links_to_them_are_refused_at_once() {
        let folder = tempfile::TempDir::new().unwrap();
        let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
        for path in [&pipe, &link, Path::new("/dev/zero"), Path::new("/dev/tty")] {
            let error = read(path, 10).unwrap_err();
            let refused = error.kind() == io::ErrorKind::InvalidInput;
            // A process without a terminal has no `/dev/tty` to open.
            let no_terminal = error.raw_os_error() == Some(libc::ENXIO);
            assert!(no_terminal || refused, "{}: {error}", path.display());
        }
    }
}
