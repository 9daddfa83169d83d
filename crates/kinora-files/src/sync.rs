//! Durable names: a rename or a new file survives a crash once its folder was synced.

use std::{io, path::Path};

/// Makes new names in a folder durable (fsync(2) of the folder). Windows cannot open folders and does not need it.
///
/// # Errors
/// If the folder cannot be opened or synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    #[expect(clippy::disallowed_methods, reason = "a folder is no regular file")]
    let folder = std::fs::File::open(folder)?;
    folder.sync_all()
}
