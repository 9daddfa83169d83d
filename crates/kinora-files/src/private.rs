//! Files and folders that only their owner may read (0700, 0600); on other systems than Unix the folder
//! they lie in decides.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
};

/// Makes a folder and those above it that are missing, for the owner alone. One that is there stays as it is.
///
/// # Errors
/// As [`fs::create_dir_all`].
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Makes a new file for the owner alone; never one that is there, never through a link that was planted.
///
/// # Errors
/// `AlreadyExists` if anything has that name, a broken link too; else as [`OpenOptions::open`].
pub fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Writes a new file for the owner alone, as [`create_new`] makes it.
///
/// # Errors
/// As [`create_new`] and writing.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    create_new(path)?.write_all(bytes)
}

/// Takes from group and others what they may do with a file or folder; links are not followed.
///
/// # Errors
/// If the rights cannot be read or changed, as where somebody else owns it.
#[cfg(unix)]
pub fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let told = fs::symlink_metadata(path)?;
    let mode = told.permissions().mode();
    if told.is_symlink() || mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))
}

/// Takes from others what they may do with a file or folder: nothing to do on this system.
///
/// # Errors
/// None on this system.
#[cfg(not(unix))]
pub fn restrict(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_the_owners_alone() {
        let root = tempfile::TempDir::new().unwrap();
        let folder = root.path().join("a/b");
        create_folder(&folder).unwrap();
        assert_eq!((mode(&folder), mode(folder.parent().unwrap())), (0o700, 0o700));
        write_new(&folder.join("c"), b"x").unwrap();
        assert_eq!(mode(&folder.join("c")), 0o600);
    }

    #[test]
    fn a_planted_link_is_not_followed() {
        let root = tempfile::TempDir::new().unwrap();
        let (link, victim) = (root.path().join("link"), root.path().join("victim"));
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        assert_eq!(create_new(&link).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(!victim.exists());
    }

    #[test]
    fn what_is_there_is_restricted() {
        let root = tempfile::TempDir::new().unwrap();
        let path = root.path().join("open");
        fs::write(&path, b"x").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o754)).unwrap();
        restrict(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }
}
