//! Steadied clips: the trembling of a hand is taken out of a span, its pans stay.
//!
//! Way in: [`crate::VideoFile::survey`]. A first look reads the camera's way between
//! each two frames ([`super::motion`], at twice the usual size). Where it trembles visibly, its way is smoothed
//! (`smooth`: Whittaker 1923, with a cutoff of half a cycle a second) as far as the crop allows, at most [`MOST_MARGIN`]
//! at each edge. A second small look goes through the frames as they would be shown and measures what is left. Only
//! if that is clearly less is the plan kept; [`kinora_types::Steadiness`] says what was found.
//!
//! A clip is left as it is where a pair of frames inside of it shares too little (a cut, a flash, darkness), where
//! dark bars stand at the edges (they would begin to tremble), and where steadying would not help: nearness and
//! rolling shutters move parts of a picture differently, which one similarity a frame cannot undo. Not told apart: a
//! logo that stands still on a trembling picture trembles on a steadied one.
//!
//! Memory: 64 bytes a frame of the span, and two small frames.

mod plan;
mod smooth;
mod survey;
#[cfg(test)]
mod tests;

pub(super) use plan::{Plan, Window};
pub use survey::Survey;

/// Share of a side that is cut away at each edge at most.
pub const MOST_MARGIN: f64 = 0.06;
