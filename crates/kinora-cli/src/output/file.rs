//! Files that the user named for us to write.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    thread,
    time::Duration,
};

use kinora_engine::Control;

/// Between two tries to write to a pipe whose reader is slow.
const PAUSE: Duration = Duration::from_millis(10);

/// Writes a file in one step: the old one or the new one stands there, whole, and a link gives way to the file. A pipe
/// or a device (`/dev/stdout`) is written to as it is.
///
/// # Errors
/// If it cannot be written, also a pipe that nobody reads; `Interrupted` once cancelled.
pub(crate) fn write(path: &Path, bytes: &[u8], control: &Control) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(known) if known.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(known) if !known.is_file() => pour(path, bytes, control),
        _ => replace(path, bytes),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".kinora-").suffix(".part");
    // As any program makes a file: the user's mask decides who may read it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Opened without waiting for a reader, and cancellable while it is slow.
fn pour(path: &Path, mut bytes: &[u8], control: &Control) -> io::Result<()> {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        libc::O_NONBLOCK | libc::O_NOCTTY,
    );
    let mut file = options.open(path)?;
    while !bytes.is_empty() {
        if control.is_cancelled() {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "cancelled"));
        }
        match file.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => thread::sleep(PAUSE),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_planted_link_gives_way_and_its_target_stays() {
        let folder = tempfile::TempDir::new().unwrap();
        let (victim, link) = (folder.path().join("victim"), folder.path().join("sheet.html"));
        fs::write(&victim, "kept").unwrap();
        symlink(&victim, &link).unwrap();
        write(&link, b"new", &Control::default()).unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"kept");
        assert_eq!(fs::read(&link).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_file());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left over");
        let mode = fs::metadata(&link).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0);
    }

    #[test]
    fn a_pipe_that_nobody_reads_is_an_error_at_once() {
        let folder = tempfile::TempDir::new().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let error = write(&pipe, b"new", &Control::default()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENXIO));
        assert!(write(folder.path(), b"new", &Control::default()).is_err());
        write(Path::new("/dev/null"), b"new", &Control::default()).unwrap();
    }
}
