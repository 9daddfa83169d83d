//! The record as JSON: written beside the film, read back, held to its version.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use kinora_types::{FilmRecord, advice};
use serde::Deserialize;

/// Version of [`FilmRecord`] that this build writes. Version 1 held the whole of rejected candidates and the
/// folders of sources; it is read too, without them.
pub const RECORD_VERSION: u32 = 2;
/// The oldest version that is read.
const OLDEST_VERSION: u32 = 1;
/// A record larger than this is none: 10 000 shots take a few megabytes.
const LARGEST: u64 = 4 << 20;
/// How the temporary files of records begin; what a killed run left is known by it.
const ASIDE: &str = ".kinora-record-";
/// A temporary file of this age belongs to no run any more.
const STALE: Duration = Duration::from_secs(3600);

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
    #[error("record of version `{found}`, this Kinora knows up to `{RECORD_VERSION}`: {path}", path = path.display())]
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
                return Some(format!(
                    "keep the film's `.json` beside it, or {}",
                    advice::NAME_LIBRARY
                ));
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
///
/// # Errors
/// If the record cannot be serialised.
pub fn to_json(record: &FilmRecord) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(record).map(|text| text + "\n")
}

/// Reads a record from text; `path` is only for messages.
///
/// # Errors
/// [`RecordError`] if the text is no record, or one of a newer form.
pub fn from_json(text: &str, path: &Path) -> Result<FilmRecord, RecordError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let malformed = |error: serde_json::Error| RecordError::Malformed {
        message: unquoted(&error),
        path: path.to_owned(),
    };
    // The version first: the rest may have another form.
    let found = serde_json::from_str::<Versioned>(text).map_err(malformed)?.version;
    if !(OLDEST_VERSION..=RECORD_VERSION).contains(&found) {
        return Err(RecordError::Version { found, path: path.to_owned() });
    }
    serde_json::from_str(text).map_err(malformed)
}

/// What a parser says, without the text that it found: whoever made the file may have linked it to another.
fn unquoted(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Data => "a field is missing or of another kind",
        Category::Eof => "it ends too early",
        Category::Io | Category::Syntax => "it is no JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

/// Writes the record beside its film for its owner alone, in one step: the old one or the new one stands there, whole.
///
/// # Errors
/// [`RecordError`] if the file cannot be written.
pub fn write_beside(film: &Path, record: &FilmRecord) -> Result<PathBuf, RecordError> {
    let path = beside(film);
    let io = |source: io::Error| RecordError::Io { source, path: path.clone() };
    let text = to_json(record).map_err(|error| io(error.into()))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    sweep(folder);
    // Made anew under a name that nobody can foresee, and private from its first byte on.
    let mut file = tempfile::Builder::new().prefix(ASIDE).tempfile_in(folder).map_err(io)?;
    file.write_all(text.as_bytes()).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist(&path).map_err(|error| io(error.error))?;
    Ok(path)
}

/// Removes what killed runs left; an hour old, so that runs that still write are left alone.
fn sweep(folder: &Path) {
    let stale = |entry: &fs::DirEntry| {
        let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        SystemTime::now().duration_since(metadata.modified().ok()?).ok().filter(|age| *age > STALE)
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(ASIDE) && stale(&entry).is_some() {
            // Somebody else's in a shared folder stays.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Reads the record beside a film: a regular file of at most 4 MB.
///
/// # Errors
/// [`RecordError`] if there is none, or it is no record.
pub fn read_beside(film: &Path) -> Result<FilmRecord, RecordError> {
    let path = beside(film);
    let bytes = kinora_files::read(&path, LARGEST).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => RecordError::Missing(path.clone()),
        io::ErrorKind::FileTooLarge => {
            RecordError::Malformed { message: source.to_string(), path: path.clone() }
        }
        _ => RecordError::Io { source, path: path.clone() },
    })?;
    let text = String::from_utf8(bytes).map_err(|_| RecordError::Malformed {
        message: "it is no UTF-8".into(),
        path: path.clone(),
    })?;
    from_json(&text, &path)
}
