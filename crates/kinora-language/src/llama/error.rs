//! Why a GGUF model does not run.

use std::path::PathBuf;

use kinora_inference::InferenceError;

/// A GGUF model could not be opened or run.
#[derive(Debug, thiserror::Error)]
pub enum LlamaError {
    /// The file cannot be read.
    #[error("{source}: {}", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not a model that can be talked to.
    #[error("the language model cannot be used: {detail}: {}", path.display())]
    Broken {
        /// The path.
        path: PathBuf,
        /// The cause.
        detail: String,
    },
    /// The processor lacks AVX2, FMA, F16C or BMI2.
    #[error("language models in this process need a processor with AVX2")]
    Processor,
    /// llama.cpp failed.
    #[error("llama.cpp failed: {0}")]
    Run(String),
}

impl LlamaError {
    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io { .. } => {
                Some("mend the path in config.toml, or look at the list of models and fetch one")
            }
            Self::Broken { .. } => {
                Some("take a GGUF file of an instruction-tuned model; for ours, verify the models")
            }
            Self::Processor => {
                Some("name a server with `endpoint` under [language] in config.toml instead")
            }
            Self::Run(_) => None,
        }
    }
}

impl From<LlamaError> for InferenceError {
    fn from(error: LlamaError) -> Self {
        match error.hint() {
            Some(hint) => Self::Missing { message: error.to_string(), hint: hint.into() },
            None => Self::Runtime(error.to_string()),
        }
    }
}
