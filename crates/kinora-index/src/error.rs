//! Errors of an index, with hints at what can be done about them.

use kinora_types::advice;
use std::{
    io,
    path::{Path, PathBuf},
};

/// An index could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A vector of another length: a fault of the caller.
    #[error("the index holds vectors of {expected} values, not {actual}")]
    Dimension {
        /// Dimension of the index.
        expected: usize,
        /// Length of the offending vector.
        actual: usize,
    },
    /// A vector with NaN or infinity: a fault of what made it.
    #[error("a vector holds a value that is not finite")]
    NotFinite,
    /// The index was made for another embedding space; it is never mixed.
    #[error("the index is of space `{found}`, not `{expected}`")]
    OtherSpace {
        /// Space asked for.
        expected: String,
        /// Space of the files.
        found: String,
    },
    /// The disk failed: full, read-only, no permission.
    #[error("cannot {action} the index: {source}: `{}`", path.display())]
    Io {
        /// What was tried: `read`, `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The graph library failed: out of memory, or a fault of ours.
    #[error("the search graph failed: {0}")]
    Graph(String),
}

impl IndexError {
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { action: "read", path, source }
    }

    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::Io { action: "write", path, source }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::OtherSpace { .. } => Some(advice::OTHER_LIBRARY),
            Self::Io { action: "write", .. } => {
                Some("free space on the disk or check the permissions of the library's folder")
            }
            Self::Io { .. } => Some("delete the library's `index` folder; it is rebuilt"),
            _ => None,
        }
    }
}
