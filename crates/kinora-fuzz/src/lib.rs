//! Broken and hostile input for everything that reads the files of others: pictures, metadata, subtitles, briefs,
//! records.
//!
//! Way in: [`Target::ALL`] and [`Target::feed`]; [`Campaign::run`] feeds mutants of the seeds to a target and reports
//! what crashed, hung or took too much memory. `cargo xtask fuzz` runs it; where cargo-fuzz is installed, the targets
//! of the folder `fuzz` call the same [`Target::feed`] with libFuzzer's inputs.
//!
//! A mutant is made from a seed and a number alone, so two words reproduce a finding.
//! Memory: one mutant a thread, and what the target makes of it.

mod campaign;
mod mutate;
mod seeds;
mod target;

pub use campaign::{Campaign, Ended, Finding};
pub use mutate::mutant;
pub use seeds::{Seed, seeds};
pub use target::Target;
