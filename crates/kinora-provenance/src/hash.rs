//! The identity of a film or a source: BLAKE3 over the bytes of its file.

use std::{io, path::Path};

use kinora_types::{Cancelled, ContentHash, Control};

/// A file was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Somebody asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The file cannot be opened or read, or is a pipe, a device or a folder.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// BLAKE3 of a regular file, streamed. `control` is polled before every megabyte.
///
/// # Errors
/// The file is no regular one or cannot be read; cancellation.
pub fn hash_file(path: &Path, control: &Control) -> Result<ContentHash, HashError> {
    let hashed = kinora_files::hash(path, &|| control.is_cancelled());
    hashed.map(ContentHash::from_bytes).map_err(|error| match control.check() {
        Err(cancelled) => cancelled.into(),
        Ok(()) => error.into(),
    })
}
