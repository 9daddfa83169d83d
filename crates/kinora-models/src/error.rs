//! Errors of opening and running models, by who can fix them.

use kinora_types::advice;
use std::path::PathBuf;

use kinora_inference::InferenceError;

use kinora_store::{Fault, StoreError};

/// A space could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file is missing or the name is wrong.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ONNX Runtime library does not load.
    #[error("ONNX Runtime does not load: {detail} at {}", path.display())]
    Library {
        /// Which one.
        path: PathBuf,
        /// The cause.
        detail: String,
    },
    /// A process has one ONNX Runtime; another one was asked for.
    #[error("ONNX Runtime is loaded already, from {}", .0.display())]
    OtherLibrary(PathBuf),
    /// The name of the execution provider is not known.
    #[error("no execution provider is called `{0}`")]
    UnknownProvider(String),
    /// The library was built without it, or what it needs is not installed.
    #[error("ONNX Runtime cannot use execution provider `{provider}`: {detail}")]
    NoProvider {
        /// Which one.
        provider: &'static str,
        /// The cause.
        detail: String,
    },
    /// Nobody measured how sure tags are in this space.
    #[error("there are no tags in space `{0}`: how sure they are was not measured there")]
    Uncalibrated(String),
    /// The graph or the tokenizer is not what the space needs.
    #[error("`{what}` cannot be used: {detail}")]
    Broken {
        /// Artifact or embedded file.
        what: String,
        /// The cause.
        detail: String,
    },
}

impl ModelError {
    /// Who can fix it.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Store(error) => error.fault(),
            Self::UnknownProvider(_) | Self::Uncalibrated(_) => Fault::User,
            Self::Library { .. } | Self::NoProvider { .. } => Fault::Environment,
            Self::OtherLibrary(_) | Self::Broken { .. } => Fault::Internal,
        }
    }

    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Library { .. } => Some(
                "set KINORA_ONNXRUNTIME to an ONNX Runtime library of version 1.22 or newer, or unset \
                 it and fetch `onnxruntime`"
                    .into(),
            ),
            Self::UnknownProvider(_) => {
                Some(format!("known providers: {}", crate::runtime::Provider::names().join(", ")))
            }
            Self::NoProvider { .. } => Some(
                "set KINORA_ONNXRUNTIME to a library built with it, or choose the provider `cpu`".into(),
            ),
            Self::Broken { .. } => Some(advice::VERIFY_MODELS.into()),
            Self::Uncalibrated(_) => {
                Some("tags need a library in the space `clip-vit-b-16-lite`, the default".into())
            }
            Self::OtherLibrary(_) => None,
        }
    }
}

impl From<ModelError> for InferenceError {
    fn from(error: ModelError) -> Self {
        match error.hint() {
            Some(hint) => Self::Missing { message: error.to_string(), hint },
            None => Self::Runtime(error.to_string()),
        }
    }
}
