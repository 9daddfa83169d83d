//! How a shot moves: its camera, and what moves against the camera.

use serde::{Deserialize, Serialize};

/// What a camera does, seen from behind it. A camera may do several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraMotion {
    /// It stands still.
    Static,
    /// It turns or moves left: what is shown goes right.
    PanLeft,
    /// It turns or moves right.
    PanRight,
    /// It looks or moves up: what is shown goes down.
    TiltUp,
    /// It looks or moves down.
    TiltDown,
    /// It comes nearer, by its lens or on its way.
    ZoomIn,
    /// It draws back.
    ZoomOut,
    /// It turns about the line of sight, clockwise: what is shown turns counterclockwise.
    RollClockwise,
    /// It turns about the line of sight, counterclockwise.
    RollCounterclockwise,
    /// It shakes, as in a hand.
    Shaky,
}

impl CameraMotion {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Static,
        Self::PanLeft,
        Self::PanRight,
        Self::TiltUp,
        Self::TiltDown,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::RollClockwise,
        Self::RollCounterclockwise,
        Self::Shaky,
    ];

    /// Its name, as it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::PanLeft => "pan-left",
            Self::PanRight => "pan-right",
            Self::TiltUp => "tilt-up",
            Self::TiltDown => "tilt-down",
            Self::ZoomIn => "zoom-in",
            Self::ZoomOut => "zoom-out",
            Self::RollClockwise => "roll-clockwise",
            Self::RollCounterclockwise => "roll-counterclockwise",
            Self::Shaky => "shaky",
        }
    }
}

/// What moves against the camera.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SubjectMotion {
    /// Mean over the picture of how fast each place moves against the camera, in widths of the picture
    /// per second; nothing moves: 0. A twentieth of the picture at half a width a second: 0.025.
    pub amount: f32,
    /// Mean share of the picture that moves, 0 to 1, in cells of a twentieth of the width: what is small
    /// counts up to twice.
    pub area: f32,
    /// Mean speed of what moves, in widths of the picture per second.
    pub speed: f32,
    /// Where most of it goes on the screen, in degrees: 0 is right, 90 up, up to 360; `None` if there is
    /// no main direction.
    pub direction: Option<f32>,
}

/// Numbers in a [`MotionDescriptor`].
pub const MOTION_DIMENSIONS: usize = 16;

/// A shot's motion as a vector: near vectors are shots that move alike, whatever they show.
///
/// In order: mean pan, tilt, zoom, roll; then how fast the camera pans, tilts, zooms and rolls either
/// way; shake; subject amount, its part to the right and its part upwards; and how much pan, tilt, zoom
/// and subject amount grow from the first half to the second. Each is `asinh(value / scale)`, the scale
/// being about the least that people notice: small differences between slow motions count as much as
/// large ones between fast motions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MotionDescriptor(pub [f32; MOTION_DIMENSIONS]);

impl MotionDescriptor {
    /// Euclidean distance: 0 for the same motion; below about 1 people call it alike; 4 and more for
    /// opposite pans.
    pub fn distance(&self, other: &Self) -> f32 {
        let squares = self.0.iter().zip(&other.0).map(|(a, b)| (a - b).powi(2));
        squares.sum::<f32>().sqrt()
    }
}

/// How a shot moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShotMotion {
    /// What the camera does, what shows most first; never empty.
    pub camera: Vec<CameraMotion>,
    /// Mean speed to the right, in widths of the picture per second.
    pub pan: f32,
    /// Mean speed upwards, in widths (not heights) of the picture per second.
    pub tilt: f32,
    /// Factor per second by which what is shown grows: 1 is none, below 1 it shrinks.
    pub zoom: f32,
    /// Degrees per second, clockwise as seen from behind the camera.
    pub roll: f32,
    /// Root mean square of how far the camera is off its own smoothed path, in widths of the picture.
    pub shake: f32,
    /// What moves against the camera.
    pub subject: SubjectMotion,
    /// Share of the shot's time in which motion could be measured; dark, plain or flashing frames hide it.
    pub known: f32,
    /// All of it as a vector.
    pub descriptor: MotionDescriptor,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_is_euclidean() {
        let mut other = [0.0; MOTION_DIMENSIONS];
        (other[0], other[15]) = (3.0, -4.0);
        let (a, b) = (MotionDescriptor([0.0; MOTION_DIMENSIONS]), MotionDescriptor(other));
        assert_eq!((a.distance(&b), b.distance(&a), b.distance(&b)), (5.0, 5.0, 0.0));
        let text = serde_json::to_string(&b).unwrap();
        assert_eq!(serde_json::from_str::<MotionDescriptor>(&text).unwrap(), b);
    }

    #[test]
    fn kinds_have_names_of_their_own() {
        let names: std::collections::HashSet<_> =
            CameraMotion::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), CameraMotion::ALL.len());
    }
}
