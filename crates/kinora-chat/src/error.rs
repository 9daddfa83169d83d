//! Errors of an answer, by who can fix them.

use kinora_catalog::CatalogError;
use kinora_inference::InferenceError;
use kinora_retrieval::SearchError;
use kinora_types::Cancelled;

/// A question could not be answered. Not knowing the answer is no error.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// There is no question.
    #[error("there is nothing to answer")]
    Empty,
    /// Something was meant that the last answer did not cite.
    #[error("the last answer cited nothing of the kind")]
    NotCited,
    /// Nothing can look like what has no picture.
    #[error("`{0}` has no picture that another could be like")]
    NoPicture(String),
    /// Somebody asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The search failed. Never [`SearchError::Cancelled`].
    #[error(transparent)]
    Search(SearchError),
    /// The catalogue could not be read or written.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The language model failed. Never [`InferenceError::Cancelled`].
    #[error(transparent)]
    Model(InferenceError),
}

impl From<SearchError> for ChatError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            error => Self::Search(error),
        }
    }
}

impl From<InferenceError> for ChatError {
    fn from(error: InferenceError) -> Self {
        match error {
            InferenceError::Cancelled(cancelled) => Self::Cancelled(cancelled),
            error => Self::Model(error),
        }
    }
}

impl ChatError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Empty => Some("ask something, such as \"who speaks at the wedding?\""),
            Self::NotCited => {
                Some("name a source by its number, such as [2], after an answer that has it")
            }
            Self::NoPicture(_) => Some("name a picture or a video"),
            Self::Cancelled(_) => None,
            Self::Search(error) => error.hint(),
            Self::Catalog(error) => error.hint(),
            Self::Model(error) => error.hint(),
        }
    }
}
