//! Language models: behind a configured address, and in this process.
//!
//! Way in: [`Endpoint::open`] for a server that speaks the chat completions API; with the feature `llama`
//! `Llama::open` for a GGUF file; [`ModelCaptioner`] for captions by a vision-language model. Memory: one
//! prompt and its answer, and the weights of a model in this process.

mod captioner;
mod endpoint;
mod fit;
#[cfg(feature = "llama")]
mod llama;

pub use captioner::{CAPTION_PROMPT, ModelCaptioner};
pub use endpoint::{Endpoint, EndpointConfig, EndpointError, SeeingEndpoint};
#[cfg(feature = "llama")]
pub use llama::{Llama, LlamaConfig, LlamaError, SeeingLlama};
