//! The vector index: a seam and its backends.
//!
//! An index is a cache of the catalogue's vectors: whatever happens to its files, it can be rebuilt
//! from there, and a damaged one is thrown away rather than believed.
//!
//! Way in: [`IndexRead`] and [`IndexWrite`] are the seam; [`Embedded`] is the backend of a library on
//! this machine, [`BruteForce`] the oracle that it is held against.
//!
//! Memory, for 512 dimensions: [`BruteForce`] 2 kB a vector; [`Embedded`] maps its files, 2.6 kB a
//! vector (2048 bytes of floats, 524 of code, 8 of id) and 0.7 kB more with a graph; what was
//! written since the last [`IndexWrite::optimise`] is held in memory, 2.6 kB a vector.

mod brute;
mod check;
mod codec;
#[doc(hidden)]
mod embedded;
mod error;
mod file;
mod kernel;
mod seam;
mod wire;

pub use brute::BruteForce;
pub use embedded::{Condition, Embedded, Plan, Settings};
pub use error::IndexError;
pub use kernel::dot;
pub use kinora_types::Point;
pub use seam::{Entry, Filter, IndexRead, IndexWrite, Scored, SearchRequest};
