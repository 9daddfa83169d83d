//! Video stabilisation: removes camera shake from a span and keeps its pans.
//!
//! Way in: [`crate::VideoFile::survey`]. A first pass estimates the camera's motion between each two frames
//! ([`super::motion`], at twice the usual resolution). Where the shake is visible, the camera path is smoothed
//! (`smooth`: Whittaker 1923, with a cutoff of half a cycle a second) as far as the crop allows, at most [`MOST_MARGIN`]
//! at each edge. A second pass at low resolution measures the shake of the corrected frames. The plan is kept only if
//! that is clearly less; [`kinora_types::StabilisationOutcome`] says what was found.
//!
//! A clip is left as it is where a pair of frames inside of it shares too little (a cut, a flash, darkness), where
//! dark bars stand at the edges (they would begin to shake), and where stabilising would not help: parallax and
//! rolling shutters move parts of a picture differently, which one similarity a frame cannot undo. Not detected: a
//! logo that stands still on a shaking picture shakes on a stabilised one.
//!
//! Memory: 64 bytes a frame of the span, and two small frames.

mod plan;
mod smooth;
mod survey;
#[cfg(test)]
mod tests;

pub(super) use plan::{Plan, Window};
pub use survey::Survey;

/// Largest share of a side that is cut away at each edge.
pub const MOST_MARGIN: f64 = 0.06;
