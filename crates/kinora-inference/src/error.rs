//! Why a model could not do its work.

use kinora_types::Cancelled;

/// A model could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum InferenceError {
    /// The input is not what the model works on (empty text, say): the user's to mend.
    #[error("no input for the model: {0}")]
    Input(String),
    /// A model or library is missing; the hint says how to get it.
    #[error("{message}")]
    Missing {
        /// What is missing.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The prompt leaves no room for an answer: the caller's to shorten.
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
        /// What to do.
        hint: String,
    },
    /// The runtime failed: ours or the environment's fault.
    #[error("inference failed: {0}")]
    Runtime(String),
    /// Too many wait for the model already; later it may have time.
    #[error("the model is busy: too many wait for it already")]
    Busy,
    /// Somebody asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl InferenceError {
    /// What to do about it.
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
