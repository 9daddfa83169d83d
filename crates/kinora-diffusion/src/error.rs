//! Errors of opening and running a pipeline.

use std::path::PathBuf;

use kinora_types::Cancelled;

/// Result of this crate.
pub type Result<T> = std::result::Result<T, DiffusionError>;

/// A model cannot be read, built or run.
#[derive(Debug, thiserror::Error)]
pub enum DiffusionError {
    /// A file of the model's folder is not there or cannot be read.
    #[error("cannot read {}: {detail}", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// The cause.
        detail: String,
    },
    /// A configuration has an option that is not known, lacks one, or asks for what is not built.
    #[error("configuration `{what}`: {detail}")]
    Config {
        /// Class or file.
        what: String,
        /// The cause.
        detail: String,
    },
    /// Tensors and network do not fit together; all of them are named.
    #[error("tensors of `{what}` do not fit:{}", named(missing, extra, wrong))]
    Tensors {
        /// Which network.
        what: String,
        /// The network needs them.
        missing: Vec<String>,
        /// The network has no place for them.
        extra: Vec<String>,
        /// Name, and the two shapes.
        wrong: Vec<String>,
    },
    /// The text cannot be turned into tokens.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
    /// What was asked for cannot be made.
    #[error("cannot sample: {0}")]
    Request(String),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The tensor library failed.
    #[error("tensor operation failed: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl DiffusionError {
    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => Some(
                "give a folder as diffusers saves a text-to-video pipeline: `model_index.json`, `unet`, \
                 `vae`, `text_encoder`, `tokenizer`, `scheduler`, with weights as safetensors"
                    .into(),
            ),
            Self::Config { .. } => {
                Some("models of the ModelScope and ZeroScope family are supported".into())
            }
            Self::Tensors { .. } => {
                Some("the weights are of another model, or saved for another configuration".into())
            }
            Self::Tokenizer(_) | Self::Request(_) | Self::Cancelled(_) | Self::Tensor(_) => None,
        }
    }

    pub(crate) fn config(what: &str, detail: impl Into<String>) -> Self {
        Self::Config { what: what.to_owned(), detail: detail.into() }
    }
}

/// At most this many names of a kind are shown.
const SHOWN: usize = 8;

fn named(missing: &[String], extra: &[String], wrong: &[String]) -> String {
    let kinds = [("missing", missing), ("extra", extra), ("of another shape", wrong)];
    let some = kinds.into_iter().filter(|(_, names)| !names.is_empty());
    let parts = some.map(|(kind, names)| {
        let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
        let more = names.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!(" {kind}: {}{more}", shown.join(", "))
    });
    parts.collect::<Vec<_>>().join(";")
}
