//! For tests only: a deterministic fake and one conformance suite for every seam, and libraries to try things on.
//!
//! Way in: [`fake`] for tests of the floors above a seam, [`suite`] for its backends, [`library`] for what works on a
//! library, [`server`] for what downloads. Every crate may have this one among its `dev-dependencies`, none among its
//! dependencies, so no command reaches a fake.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

pub mod fake;
pub mod library;
pub mod server;
pub mod suite;
