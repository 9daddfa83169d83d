//! Language models behind an address of the user's.
//!
//! Way in: [`Endpoint::open`] for a server that speaks the chat completions API; [`ModelCaptioner`] for a model
//! with eyes that writes captions. Memory: one prompt and its answer.

mod captioner;
mod endpoint;
mod fit;

pub use captioner::{CAPTION_PROMPT, ModelCaptioner};
pub use endpoint::{Endpoint, EndpointConfig, EndpointError, SeeingEndpoint};
