//! Video stabilisation: whether a clip's camera shake is smoothed, and the outcome.

use serde::{Deserialize, Serialize};

/// Whether the camera shake of a clip is smoothed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stabilisation {
    /// Shake is smoothed where it is visible and its measurement can be trusted.
    #[default]
    Auto,
    /// Shake is left as it is.
    Off,
}

/// The outcome of stabilising a clip.
///
/// Shake is measured as in [`crate::ShotMotion::shake`], in widths of the picture (RMS).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum StabilisationOutcome {
    /// The shake is below what is visible; the clip is shown as it is.
    Calm {
        /// Shake of the clip.
        shake: f32,
    },
    /// The shake was smoothed.
    #[serde(rename = "steadied")]
    Stabilised {
        /// Shake before.
        shake: f32,
        /// Shake after, measured in the stabilised frames.
        residual: f32,
        /// Share of each side that is cut away at each edge.
        margin: f32,
    },
    /// The clip is shown as it is, though it may shake.
    Left {
        /// Shake of the clip, where it could be measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shake: Option<f32>,
        /// Why the clip was left as it is.
        why: String,
    },
}
