//! What can go wrong with a catalogue, and whose it is to mend.

use std::{io, path::PathBuf};

use kinora_types::SpaceMismatch;

/// A catalogue could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// There is no library here.
    #[error("no library here: `{}`", path.display())]
    NoLibrary {
        /// The folder looked in.
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
    /// Stored rows cannot be read: the file is damaged.
    #[error("the catalogue is damaged: {0}")]
    Damaged(String),
    /// SQLite failed: disk full, locked for long, I/O error.
    #[error("catalogue: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl CatalogError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoLibrary { .. } => Some("make one with `kinora add PATH…`"),
            Self::TooNew { .. } => Some("update Kinora"),
            Self::Space(_) => Some("make a new library for the other space: `--library NAME`"),
            Self::Damaged(_) => {
                Some("restore the folder from a backup, or add the pictures to a new library")
            }
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
