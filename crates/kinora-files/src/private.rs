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

/// Opens a file of ours to append to it, made for the owner alone where it is missing. Every write goes to its end, also
/// where several processes write. Never through a link, never to a pipe or a device.
///
/// # Errors
/// As [`OpenOptions::open`], and `InvalidInput` for what is not a regular file.
pub fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    restrict(path)?;
    Ok(file)
}

/// Writes a new file for the owner alone, as [`create_new`] makes it.
///
/// # Errors
/// As [`create_new`] and writing.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    create_new(path)?.write_all(bytes)
}

/// Removes the permissions of group and others on a file or folder; links are not followed.
///
/// # Errors
/// If the rights cannot be read or changed, as for a file of another owner.
#[cfg(unix)]
pub fn restrict(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::symlink_metadata(path)?;
    let mode = metadata.permissions().mode();
    if metadata.is_symlink() || mode & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))
}

/// Removes the permissions of others: nothing to do on this system.
///
/// # Errors
/// None on this system.
#[cfg(not(unix))]
pub fn restrict(_: &Path) -> io::Result<()> {
    Ok(())
}

/// As [`restrict`] for a folder and, if group or others could look into it, for everything in it; links are not
/// followed. The folder itself comes last, so that an interrupted run is repeated. A shared folder, such as one for
/// temporary files, stays as it is.
///
/// # Errors
/// As [`restrict`], and if the folder cannot be listed.
#[cfg(unix)]
pub fn restrict_all(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let metadata = fs::symlink_metadata(folder)?;
    let mode = metadata.permissions().mode();
    if mode & 0o077 == 0 || mode & 0o1000 != 0 || !metadata.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Files of another owner must not keep the rest open.
        let _ = restrict_all(&path).and_then(|()| restrict(&path));
    }
    restrict(folder)
}

/// As [`restrict`].
///
/// # Errors
/// None on this system.
#[cfg(not(unix))]
pub fn restrict_all(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
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
    fn what_is_appended_to_is_a_private_file_and_no_link() {
        let root = tempfile::TempDir::new().unwrap();
        let (path, link) = (root.path().join("log"), root.path().join("link"));
        for word in ["a", "b"] {
            append(&path).unwrap().write_all(word.as_bytes()).unwrap();
        }
        assert_eq!((fs::read(&path).unwrap(), mode(&path)), (b"ab".to_vec(), 0o600));
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(append(&link).is_err() && append(root.path()).is_err());
        let pipe = root.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        assert!(append(&pipe).is_err());
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

    #[test]
    fn a_folder_that_was_open_is_restricted_with_all_that_is_in_it() {
        let root = tempfile::TempDir::new().unwrap();
        let set = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        let (folder, outside) = (root.path().join("a"), root.path().join("outside"));
        fs::create_dir_all(folder.join("b")).unwrap();
        fs::write(folder.join("b/c"), b"x").unwrap();
        fs::write(&outside, b"x").unwrap();
        std::os::unix::fs::symlink(&outside, folder.join("link")).unwrap();
        set(&folder.join("b/c"), 0o644);
        set(&folder.join("b"), 0o755);
        set(&folder, 0o755);
        set(&outside, 0o644);
        restrict_all(&folder).unwrap();
        let modes = ["", "b", "b/c"].map(|name| mode(&folder.join(name)));
        assert_eq!((modes, mode(&outside)), ([0o700, 0o700, 0o600], 0o644));
        let shared = root.path().join("shared");
        fs::create_dir(&shared).unwrap();
        set(&shared, 0o1777);
        restrict_all(&shared).unwrap();
        assert_eq!(mode(&shared), 0o777, "a shared folder stays");
    }
}
