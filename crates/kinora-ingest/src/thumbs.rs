//! Thumbnails on disk: `thumbs/ab/<id>.jpg` in the library's folder, whole or not at all, the owner's alone.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use kinora_files::private;
use kinora_types::AssetId;

use crate::IngestError;

/// Path of an asset's thumbnail in a library's folder; the file need not be there.
pub fn thumbnail_path(library: &Path, asset: &AssetId) -> PathBuf {
    let id = asset.to_string();
    library.join("thumbs").join(&id[..2]).join(format!("{id}.jpg"))
}

/// Writes aside and renames, so that a reader or a kill never meets half a file. Not synced: a power
/// cut may take it, and it is made again.
pub(crate) fn store(library: &Path, asset: &AssetId, jpeg: &[u8]) -> Result<(), IngestError> {
    let path = thumbnail_path(library, asset);
    let aside = scratch(library).join(format!("{}-{asset}.jpg", std::process::id()));
    let write = || {
        // A library that was deleted or renamed meanwhile does not come back.
        fs::metadata(library)?;
        if let Some(folder) = path.parent() {
            private::create_folder(folder)?;
        }
        private::create_folder(&scratch(library))?;
        create(&aside)?.write_all(jpeg)?;
        fs::rename(&aside, &path)
    };
    write().map_err(|source| {
        let _ = fs::remove_file(&aside);
        IngestError::Thumbnail { path: path.clone(), source }
    })
}

/// A new file; what a killed process of our number left under its name, or somebody planted, goes first.
fn create(aside: &Path) -> io::Result<fs::File> {
    match private::create_new(aside) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(aside)?;
            private::create_new(aside)
        }
        other => other,
    }
}

/// Whether the thumbnail is there and begins and ends like a JPEG; reads four bytes.
pub(crate) fn is_whole(library: &Path, asset: &AssetId) -> bool {
    let ends = || -> io::Result<[u8; 4]> {
        let mut file = kinora_files::open(&thumbnail_path(library, asset))?;
        let mut ends = [0; 4];
        file.read_exact(&mut ends[..2])?;
        file.seek(SeekFrom::End(-2))?;
        file.read_exact(&mut ends[2..])?;
        Ok(ends)
    };
    ends().is_ok_and(|ends| ends == [0xff, 0xd8, 0xff, 0xd9])
}

fn scratch(library: &Path) -> PathBuf {
    library.join("thumbs").join("aside")
}

/// Removes what killed runs left; an hour old, so that runs that still write are left alone.
pub(crate) fn sweep(library: &Path) {
    let Ok(entries) = fs::read_dir(scratch(library)) else {
        return;
    };
    let old = |entry: &fs::DirEntry| -> io::Result<bool> {
        let age = SystemTime::now().duration_since(entry.metadata()?.modified()?);
        Ok(age.is_ok_and(|age| age > Duration::from_secs(3600)))
    };
    for entry in entries.flatten().filter(|e| old(e).unwrap_or(false)) {
        let _ = fs::remove_file(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use kinora_types::ContentHash;

    use super::*;

    #[test]
    fn what_is_stored_is_whole_and_the_owners() {
        let folder = tempfile::TempDir::new().unwrap();
        let id = AssetId(ContentHash::of(b"x"));
        assert!(!is_whole(folder.path(), &id));
        store(folder.path(), &id, &[0xff, 0xd8, 1, 2, 0xff, 0xd9]).unwrap();
        assert!(is_whole(folder.path(), &id));
        let path = thumbnail_path(folder.path(), &id);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        for broken in [&b""[..], &[0xff, 0xd8, 0, 0], &[0; 9]] {
            fs::write(&path, broken).unwrap();
            assert!(!is_whole(folder.path(), &id), "{broken:?}");
        }
        // Also over what is broken.
        store(folder.path(), &id, &[0xff, 0xd8, 0xff, 0xd9]).unwrap();
        assert!(is_whole(folder.path(), &id));
    }

    #[cfg(unix)]
    #[test]
    fn a_planted_link_is_not_followed() {
        let folder = tempfile::TempDir::new().unwrap();
        let (id, victim) = (AssetId(ContentHash::of(b"x")), folder.path().join("victim"));
        let scratch = scratch(folder.path());
        fs::create_dir_all(&scratch).unwrap();
        let aside = scratch.join(format!("{}-{id}.jpg", std::process::id()));
        std::os::unix::fs::symlink(&victim, &aside).unwrap();
        store(folder.path(), &id, &[0xff, 0xd8, 0xff, 0xd9]).unwrap();
        assert!(!victim.exists() && is_whole(folder.path(), &id));
    }
}
