//! Errors of running a model, by who can fix them.

use kinora_types::Cancelled;

/// A model could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// The model does not take this input, such as an empty text. The user can fix it.
    #[error("no input for the model: {0}")]
    Input(String),
    /// A model or library is missing; the hint says how to get it.
    #[error("{message}")]
    Missing {
        /// Message that names what is missing.
        message: String,
        /// Hint on how to fix it.
        hint: String,
    },
    /// The prompt leaves no room for an answer. The caller can shorten it.
    #[error("the prompt is too long for the model{}", room(.tokens, .limit))]
    TooLong {
        /// Tokens of the prompt, if they were counted.
        tokens: Option<u32>,
        /// Tokens of the context, if they are known.
        limit: Option<u32>,
    },
    /// A service that the user named refused, broke off or is not there.
    #[error("{message}")]
    Service {
        /// What happened, with its address.
        message: String,
        /// Hint on how to fix it.
        hint: String,
    },
    /// The runtime failed: a bug in Kinora or a fault of the environment.
    #[error("inference failed: {0}")]
    Runtime(String),
    /// Too many calls wait for the model already; a later one may succeed.
    #[error("the model is busy: too many wait for it already")]
    Busy,
    /// The work was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl InferenceError {
    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Missing { hint, .. } | Self::Service { hint, .. } => Some(hint),
            Self::TooLong { .. } => Some("ask for less, or take a model with a longer context"),
            Self::Busy => Some("try again in a moment"),
            Self::Input(_) | Self::Runtime(_) | Self::Cancelled(_) => None,
        }
    }
}

fn room(tokens: &Option<u32>, limit: &Option<u32>) -> String {
    let part = |what: &str, n: &Option<u32>| n.map(|n| format!("{what} {n} tokens"));
    let parts: Vec<String> =
        [part("it has", tokens), part("the context", limit)].into_iter().flatten().collect();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}
