//! The engine on fakes: many threads, several libraries and spaces, processes beside it, stopping, idleness.
//!
//! Not covered: what real models make of pictures (see the tests of `kinora-models` and of the command line), Windows.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod fakes;
mod idle;
mod intake;
mod many;
mod requests;
mod stop;
mod whole;
