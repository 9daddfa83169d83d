//! Language models behind an address of the user's.
//!
//! Way in: [`Endpoint::open`] for a server that speaks the chat completions API. Memory: one prompt and
//! its answer.

mod endpoint;
mod fit;

pub use endpoint::{Endpoint, EndpointConfig, EndpointError, SeeingEndpoint};
