//! Text files that the user names: briefs, queries, subtitles, the configuration.

use std::{io, path::Path};

use crate::EngineError;

/// A regular file of UTF-8, at most so many bytes.
///
/// # Errors
/// If it is a pipe, a device or a folder, is larger, cannot be read, or is no UTF-8.
pub(crate) fn read(path: &Path, limit: u64) -> Result<String, EngineError> {
    let failed = |source| EngineError::Io { path: path.to_owned(), source };
    let bytes = kinora_files::read(path, limit).map_err(failed)?;
    let no_text = |_| failed(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"));
    String::from_utf8(bytes).map_err(no_text)
}
