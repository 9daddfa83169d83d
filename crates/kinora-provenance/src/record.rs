//! The record as JSON: written beside the film, read back, held to its version.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use kinora_types::FilmRecord;
use serde::Deserialize;

/// Version of [`FilmRecord`] that this build writes; it reads this one and none other.
pub const RECORD_VERSION: u32 = 1;
/// A record larger than this is none: 10 000 shots take a few megabytes.
const LARGEST: u64 = 64 << 20;

/// A record cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no record beside the film.
    #[error("no record beside the film: {}", .0.display())]
    Missing(PathBuf),
    /// The file is no record of a film.
    #[error("not the record of a film: {message}: {path}", path = path.display())]
    Malformed {
        /// What the parser says.
        message: String,
        /// The file.
        path: PathBuf,
    },
    /// A record of another version than this build knows.
    #[error("record of version `{found}`, this Kinora knows version `{RECORD_VERSION}`: {path}", path = path.display())]
    Version {
        /// The version it says.
        found: u32,
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("{source}: {path}", path = path.display())]
    Io {
        /// Why.
        source: io::Error,
        /// The file.
        path: PathBuf,
    },
}

impl RecordError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Missing(_) => {
                "a film is known by the `.json` beside it or by the library it was made from \
                 (`--library NAME`)"
            }
            Self::Malformed { .. } => {
                "was the file changed? the library keeps a copy of the record"
            }
            Self::Version { .. } => "use the version of Kinora that made the film, or a newer one",
            Self::Io { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// Where the record of a film stands: `film.mp4` has `film.json`.
pub fn beside(film: &Path) -> PathBuf {
    film.with_extension("json")
}

/// The record as text that people can read.
pub fn to_json(record: &FilmRecord) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(record).map(|text| text + "\n")
}

/// Reads a record from text; `path` is only for messages.
pub fn from_json(text: &str, path: &Path) -> Result<FilmRecord, RecordError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let malformed = |error: serde_json::Error| RecordError::Malformed {
        message: error.to_string(),
        path: path.to_owned(),
    };
    // The version first: the rest may have another form.
    let found = serde_json::from_str::<Versioned>(text).map_err(malformed)?.version;
    if found != RECORD_VERSION {
        return Err(RecordError::Version { found, path: path.to_owned() });
    }
    serde_json::from_str(text).map_err(malformed)
}

/// Writes the record beside its film, in one step: the old one or the new one stands there, whole.
pub fn write_beside(film: &Path, record: &FilmRecord) -> Result<PathBuf, RecordError> {
    let path = beside(film);
    let io = |source: io::Error| RecordError::Io { source, path: path.clone() };
    let text = to_json(record).map_err(|error| io(error.into()))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    file.write_all(text.as_bytes()).map_err(io)?;
    readable(file.as_file()).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist(&path).map_err(|error| io(error.error))?;
    Ok(path)
}

/// Temporary files are private; a record is as public as its film.
#[cfg(unix)]
fn readable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &fs::File) -> io::Result<()> {
    Ok(())
}

/// Reads the record beside a film.
pub fn read_beside(film: &Path) -> Result<FilmRecord, RecordError> {
    let path = beside(film);
    let io = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => RecordError::Missing(path.clone()),
        _ => RecordError::Io { source, path: path.clone() },
    };
    let size = fs::metadata(&path).map_err(io)?.len();
    if size > LARGEST {
        let message = format!("{size} bytes are too many");
        return Err(RecordError::Malformed { message, path });
    }
    let bytes = fs::read(&path).map_err(io)?;
    let text = String::from_utf8(bytes).map_err(|error| RecordError::Malformed {
        message: error.to_string(),
        path: path.clone(),
    })?;
    from_json(&text, &path)
}
