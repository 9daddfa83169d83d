//! Language models: in this process (llama.cpp, feature `llama`) or behind an address of the user's.
//!
//! Way in: [`Endpoint::open`] for a server that speaks the chat completions API, `Llama::open` for a
//! GGUF file. Without the feature there is no `Llama`, and nothing else changes.
//!
//! Memory: a GGUF file is mapped, not read; the cache of keys and values grows with the context asked for.

mod endpoint;
mod fit;
#[cfg(feature = "llama")]
mod llama;

pub use endpoint::{Endpoint, EndpointConfig, EndpointError, SeeingEndpoint};
#[cfg(feature = "llama")]
pub use llama::{Llama, LlamaConfig, LlamaError, SeeingLlama};
