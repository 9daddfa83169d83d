//! Errors of a catalogue, with hints at what can be done about them.

use std::{
    io,
    path::{Path, PathBuf},
};

use kinora_types::{SpaceMismatch, advice};

use crate::pages;

/// A catalogue could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// There is no library here.
    #[error("no library here: `{}`", path.display())]
    NoLibrary {
        /// The folder looked in.
        path: PathBuf,
    },
    /// There was a library here: what can be made again is left, the catalogue is gone.
    #[error("the library's catalogue is missing: `{}`", path.display())]
    Lost {
        /// The library's folder.
        path: PathBuf,
    },
    /// The file that was opened is no longer the one in the library's folder.
    #[error("the library was removed or replaced while it was open: `{}`", path.display())]
    Moved {
        /// Where the file was.
        path: PathBuf,
    },
    /// What stands in the catalogue's place is none.
    #[error("not a catalogue of Kinora, {what}: `{}`", path.display())]
    Foreign {
        /// What it is instead.
        what: String,
        /// The file.
        path: PathBuf,
    },
    /// The folder cannot be made or read.
    #[error("cannot use the library's folder: {source}: `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A newer Kinora wrote this library.
    #[error("the library has format {found}, this Kinora knows up to {known}")]
    TooNew {
        /// Format of the file.
        found: u32,
        /// Newest known format.
        known: u32,
    },
    /// An older Kinora wrote this library, and it was only to be looked at.
    #[error("the library has the older format {found}")]
    TooOld {
        /// Format of the file.
        found: u32,
    },
    /// The library exists already.
    #[error("the library exists already: `{name}`")]
    Exists {
        /// Its name.
        name: String,
    },
    /// A vector of another space was offered.
    #[error(transparent)]
    Space(#[from] SpaceMismatch),
    /// No asset, or more than one, is meant by a reference.
    #[error("{0}")]
    Reference(String),
    /// No file is called so, nor any asset.
    #[error("no such picture in this library: `{reference}`")]
    NoAsset {
        /// What was looked for.
        reference: String,
        /// Names of files that are spelled much the same.
        near: Vec<String>,
    },
    /// Stored rows cannot be read: the file is damaged.
    #[error("the catalogue is damaged: {0}")]
    Damaged(String),
    /// SQLite failed: disk full, locked for long, I/O error.
    #[error("catalogue: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for CatalogError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::{Error as E, ErrorCode as Code, ffi};
        match &error {
            E::SqliteFailure(failure, _) if failure.extended_code == ffi::SQLITE_IOERR_DATA => {
                let page = pages::refused().map(|page| format!("page {page} of its file"));
                Self::Damaged(page.unwrap_or_else(|| error.to_string()))
            }
            E::SqliteFailure(failure, _)
                if matches!(failure.code, Code::DatabaseCorrupt | Code::NotADatabase) =>
            {
                Self::Damaged(error.to_string())
            }
            // What no version of ours wrote.
            E::FromSqlConversionFailure(..)
            | E::IntegralValueOutOfRange(..)
            | E::InvalidColumnType(..)
            | E::Utf8Error(..) => Self::Damaged(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

impl CatalogError {
    /// Whether somebody else held the catalogue for too long; later it may work.
    pub fn is_busy(&self) -> bool {
        use rusqlite::{Error as E, ErrorCode as Code};
        let Self::Sqlite(E::SqliteFailure(failure, _)) = self else { return false };
        matches!(failure.code, Code::DatabaseBusy | Code::DatabaseLocked)
    }

    pub(crate) fn foreign(path: &Path, what: &str) -> Self {
        Self::Foreign { what: what.to_owned(), path: path.to_owned() }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoLibrary { .. } => Some("make one by adding files to it"),
            Self::TooNew { .. } => Some("update Kinora"),
            Self::TooOld { .. } => Some("the next command that uses it brings it up"),
            Self::Space(_) => Some(advice::OTHER_LIBRARY),
            Self::Lost { .. } => Some(
                "put `catalog.sqlite` back from a backup of the folder or from a `catalog.before-N.sqlite` in it, or \
                 move the folder away",
            ),
            Self::Moved { .. } => Some("open the library again"),
            Self::Foreign { .. } => Some("move the file away, or restore the folder from a backup"),
            Self::Damaged(_) => Some(
                "check the library to see what is damaged, repair the library to have made again what can be; else restore the \
                 folder from a backup",
            ),
            Self::Sqlite(rusqlite::Error::SqliteFailure(failure, _)) => sqlite_hint(failure.code),
            _ => None,
        }
    }
}

fn sqlite_hint(code: rusqlite::ErrorCode) -> Option<&'static str> {
    use rusqlite::ErrorCode as Code;
    match code {
        Code::DiskFull => Some("free space on the disk and run the command again"),
        Code::DatabaseBusy | Code::DatabaseLocked => Some("another process is writing; try again"),
        Code::ReadOnly | Code::CannotOpen | Code::PermissionDenied => {
            Some("check the permissions of the library's folder")
        }
        _ => None,
    }
}
