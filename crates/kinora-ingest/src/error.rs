//! What stops a whole run; what is wrong with one file is a [`crate::FileFailure`] instead.

use std::{io, path::PathBuf};

use kinora_catalog::CatalogError;
use kinora_inference::InferenceError;
use kinora_types::{SpaceMismatch, advice};

/// An ingest could not go on.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The list of attributions cannot be used: the user's to mend.
    #[error("cannot use the attributions: {message}: `{}`", path.display())]
    Attributions {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// A pattern of what is left out has no meaning: the user's to mend.
    #[error("not a pattern of files: {message}: `{pattern}`")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why.
        message: String,
    },
    /// The library was made with another model: the user's to mend.
    #[error(transparent)]
    Space(#[from] SpaceMismatch),
    /// A thumbnail cannot be stored (disk full, permission): the environment's.
    #[error("cannot write the thumbnail: {source}: `{}`", path.display())]
    Thumbnail {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Folders cannot be watched: the environment's.
    #[error("cannot watch: {message}: `{}`", path.display())]
    Watch {
        /// What.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// The catalogue failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The embedder failed.
    #[error(transparent)]
    Embed(#[from] InferenceError),
    /// A thread cannot be started: the environment's.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// A stage died: ours.
    #[error("the stage `{stage}` failed: {message}")]
    Internal {
        /// Name of its thread.
        stage: &'static str,
        /// What it said.
        message: String,
    },
}

impl IngestError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Attributions { .. } => Some(
                "give a JSON list of objects with `file`, `title`, `author`, `licence`, `source`"
                    .into(),
            ),
            Self::Pattern { .. } => {
                Some("write it as in a `.gitignore`, such as `*.tmp.jpg` or `/raw/`".into())
            }
            Self::Space(_) => Some(advice::OTHER_LIBRARY.into()),
            Self::Thumbnail { source, .. } => disk_hint(source).map(Into::into),
            Self::Watch { .. } => Some(format!("{} from time to time instead", advice::ADD_AGAIN)),
            Self::Catalog(error) => error.hint().map(Into::into),
            Self::Embed(InferenceError::Missing { hint, .. }) => Some(hint.clone()),
            Self::Thread(_) => Some("close other programs and run the command again".into()),
            Self::Embed(_) | Self::Internal { .. } => None,
        }
    }
}

fn disk_hint(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            Some("free space on the disk and run the command again; what was done is kept")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some("check the permissions of the library's folder")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_has_a_hint() {
        for (kind, hint) in [
            (io::ErrorKind::StorageFull, Some("free space")),
            (io::ErrorKind::QuotaExceeded, Some("free space")),
            (io::ErrorKind::PermissionDenied, Some("check the permissions")),
            (io::ErrorKind::NotFound, None),
        ] {
            let error = IngestError::Thumbnail { path: "x".into(), source: kind.into() };
            let given = error.hint();
            assert_eq!(given.is_some(), hint.is_some(), "{kind}");
            assert!(given.unwrap_or_default().starts_with(hint.unwrap_or_default()), "{kind}");
        }
    }
}
