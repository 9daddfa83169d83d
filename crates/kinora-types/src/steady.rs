//! Whether a clip's trembling is taken out, and what came of it.

use serde::{Deserialize, Serialize};

/// What becomes of the trembling of a hand that held the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steady {
    /// It is smoothed where it is seen and where its measure can be trusted.
    #[default]
    Auto,
    /// It stays.
    Off,
}

/// What was found, and done, where a clip was to be steadied.
///
/// Trembling is measured as in [`crate::ShotMotion::shake`], in widths of the picture (RMS).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Steadiness {
    /// It trembles less than is seen, and is shown as it is.
    Calm {
        /// How much it trembles.
        shake: f32,
    },
    /// Its trembling was smoothed.
    Steadied {
        /// How much it trembled.
        shake: f32,
        /// How much is left, measured in the steadied frames.
        residual: f32,
        /// What was cut away at each edge, in shares of the side.
        margin: f32,
    },
    /// It is shown as it is, though it may tremble.
    Left {
        /// How much it trembles, where that could be measured.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shake: Option<f32>,
        /// Why it was left.
        why: String,
    },
}
