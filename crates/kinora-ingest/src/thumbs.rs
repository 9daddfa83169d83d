//! Thumbnails on disk: `thumbs/ab/<id>.jpg` in the library's folder, whole or not at all.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use kinora_files::private;
use kinora_types::AssetId;

use crate::IngestError;

/// Where the thumbnail of an asset lies.
pub fn thumbnail_path(library: &Path, asset: &AssetId) -> PathBuf {
    let id = asset.to_string();
    library.join("thumbs").join(&id[..2]).join(format!("{id}.jpg"))
}

/// Writes aside and renames, so that a reader or a kill never meets half a file. Not synced: a power
/// cut may take it, and it can be made again.
pub(crate) fn store(library: &Path, asset: &AssetId, jpeg: &[u8]) -> Result<(), IngestError> {
    let path = thumbnail_path(library, asset);
    let aside = scratch(library).join(format!("{}-{asset}.jpg", std::process::id()));
    let write = || {
        if let Some(folder) = path.parent() {
            private::create_folder(folder)?;
        }
        private::create_folder(&scratch(library))?;
        // Left by a killed run whose number this process has now; a link that was planted goes too.
        let _ = fs::remove_file(&aside);
        private::write_new(&aside, jpeg)?;
        fs::rename(&aside, &path)
    };
    write().map_err(|source| {
        let _ = fs::remove_file(&aside);
        IngestError::Thumbnail { path: path.clone(), source }
    })
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
