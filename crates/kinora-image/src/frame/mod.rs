//! Frames in YUV 4:2:0: planes, resampling, warps, a ground for frames of another shape.
//!
//! Memory: one frame at a time; [`Resampler`], [`Warp`] and [`Matte`] keep scratch memory between frames.

mod cover;
mod error;
pub mod matte;
pub mod planes;
pub mod resample;
mod warp;

pub use cover::cover;
pub use error::FrameError;
pub use matte::Matte;
pub use planes::{to_frame, to_picture};
pub use resample::Resampler;
pub use warp::{Pose, Warp};
