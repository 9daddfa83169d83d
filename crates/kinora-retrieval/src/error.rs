//! Errors of a search, by who can fix them.

use kinora_catalog::CatalogError;
use kinora_index::IndexError;
use kinora_inference::InferenceError;
use kinora_types::{Cancelled, SpaceMismatch, advice};

/// A search could not be answered. Finding nothing is no error.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The question cannot be asked so: the user's to mend.
    #[error("{0}")]
    Query(String),
    /// A vector of another space than the library's.
    #[error(transparent)]
    Space(#[from] SpaceMismatch),
    /// Somebody asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The words could not be embedded. Never [`InferenceError::Cancelled`].
    #[error(transparent)]
    Embed(InferenceError),
    /// The catalogue could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The index could not be read or written.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A fault of the program.
    #[error("search: {0}")]
    Internal(String),
    /// Judgements that cannot be used.
    #[error("{message}")]
    Judgements {
        /// What is wrong with them.
        message: String,
        /// What to do.
        hint: String,
    },
}

impl From<InferenceError> for SearchError {
    fn from(error: InferenceError) -> Self {
        match error {
            InferenceError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            error => Self::Embed(error),
        }
    }
}

impl SearchError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Query(_) => Some("give words, or give an example picture, or both"),
            Self::Space(_) => Some(advice::OTHER_LIBRARY),
            Self::Embed(InferenceError::Missing { hint, .. }) | Self::Judgements { hint, .. } => {
                Some(hint)
            }
            Self::Embed(_) | Self::Internal(_) | Self::Cancelled(_) => None,
            Self::Catalog(error) => error.hint(),
            Self::Index(error) => error.hint(),
        }
    }
}
