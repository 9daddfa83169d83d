//! Motion: what the camera does in a shot, and what moves against it.
//!
//! Way in: [`MotionEstimator::push`] every frame of [`crate::Frames`], then
//! [`MotionEstimator::over`] for each shot. Between two frames about 200 features are followed
//! (Lucas and Kanade 1981, on a pyramid, invariant to brightness), a similarity is fitted to their
//! displacements (RANSAC, Fischler and Bolles 1981; then least squares with Tukey's weights), and
//! its outliers are the subject. A pair of frames that share too little (a cut, a flash, darkness)
//! counts as unknown, not as rest.
//!
//! Not told apart: a zoom and a move forward, a turn and a move aside; a subject that fills most of the
//! picture is taken for the scene. Where near and far things pass at different speeds, the minority counts
//! as moving.
//!
//! Memory: two planes of at most 160 samples across, 40 bytes a frame.

mod estimator;
mod fit;
mod path;
mod plane;
mod summary;
#[cfg(test)]
mod tests;
mod track;

pub use estimator::MotionEstimator;
pub(crate) use estimator::Step;
pub(crate) use summary::SHAKY;
