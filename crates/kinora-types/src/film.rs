//! Briefs and storyboards: what a film shall show, in which order, for how long.

use serde::{Deserialize, Serialize};

use crate::{Rect, Shot, Size, Stabilisation, TimeRange};

/// What becomes of the sound that a clip brings along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// The clip is heard.
    #[default]
    Keep,
    /// The clip is silent.
    Mute,
}

/// What is heard in a shot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShotSound {
    /// Nothing: the source has no sound.
    #[default]
    None,
    /// The sound of the source.
    Kept,
    /// Nothing, though the source has sound.
    Muted,
}

impl ShotSound {
    /// Whether the source has no sound.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// One shot as the brief asks for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShotBrief {
    /// Name of the shot, for messages and `--pin`; `shot-1`, `shot-2`, … unless given.
    pub name: String,
    /// What the shot shall show; this is the query of its search.
    pub prompt: String,
    /// Words on the screen, if any.
    pub caption: Option<String>,
    /// Length in seconds; unset, an even share of the film.
    pub seconds: Option<f64>,
    /// Short or full content hash, or file name, of the asset that the shot must show; a suffix `@01:05-01:12` means
    /// that stretch of a video.
    pub pin: Option<String>,
    /// Whether the film may go without the shot when no source fits.
    pub optional: bool,
    /// Whether the clip is heard; unset, as the film says.
    pub sound: Option<Sound>,
    /// Whether the clip is stabilised; unset, as the film says.
    #[serde(rename = "steady")]
    pub stabilisation: Option<Stabilisation>,
}

/// What the user asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Brief {
    /// Title card, if any.
    pub title: Option<String>,
    /// Whether clips are heard; unset, they are. A shot may say otherwise for itself.
    pub sound: Option<Sound>,
    /// Whether clips are stabilised; unset, they are. A shot may say otherwise for itself.
    #[serde(rename = "steady")]
    pub stabilisation: Option<Stabilisation>,
    /// The shots in order; never empty once parsed.
    pub shots: Vec<ShotBrief>,
}

/// Whether and how words are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Captioning {
    /// Captions that the brief gives.
    #[default]
    FromBrief,
    /// No captions; the title and the attributions stay.
    Off,
}

/// How one shot gives way to the next.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    /// A hard cut.
    Cut,
    /// A crossfade of this many seconds, taken from both shots.
    Crossfade(f64),
}

/// The technical form of a film.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilmSpec {
    /// Frame size; both sides even.
    pub size: Size,
    /// Frames a second.
    pub fps: u32,
    /// Wanted length in seconds, title and end card included.
    pub seconds: f64,
    /// How shots give way to each other.
    pub transition: Transition,
    /// Words on the screen.
    pub captions: Captioning,
    /// Seed of every choice that is free.
    pub seed: u64,
    /// What was asked for beside the brief about sound: `Mute` mutes every clip, `Keep` stands in for the brief's own
    /// word on the film; a shot's word stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<Sound>,
    /// Stabilisation asked for beside the brief: `Off` leaves every clip as it is, `Auto` stands in for the
    /// brief's setting for the film; a shot's own setting stays.
    #[serde(rename = "steady", default, skip_serializing_if = "Option::is_none")]
    pub stabilisation: Option<Stabilisation>,
}

/// How a picture whose shape is not the film's is fitted. It is never distorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// The view is cut out of the picture.
    #[default]
    Crop,
    /// The whole picture stands on a blurred, darkened copy of itself.
    Matte,
}

/// A move from one view of the picture to another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CameraMove {
    /// How the picture is fitted.
    pub framing: Framing,
    /// View at the first frame, in fractions of the picture.
    pub from: Rect,
    /// View at the last frame.
    pub to: Rect,
}

/// A stretch of a video at its own speed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClipCut {
    /// The stretch.
    #[serde(flatten)]
    pub range: TimeRange,
    /// The point that stays in view where the shapes differ, in fractions of the picture.
    pub focus: (f64, f64),
    /// How the stretch is fitted into the frame.
    #[serde(default)]
    pub framing: Framing,
    /// What is heard of the stretch.
    #[serde(default)]
    pub sound: ShotSound,
    /// Whether the stretch is stabilised.
    #[serde(rename = "steady", default)]
    pub stabilisation: Stabilisation,
}

/// A whole film, planned but not rendered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Storyboard {
    /// Title card, if any.
    pub title: Option<String>,
    /// Form of the film.
    pub spec: FilmSpec,
    /// Frames of the title card, its outgoing crossfade included; 0 without a title.
    #[serde(default)]
    pub title_frames: u32,
    /// Frames of the end card; 0 without credits.
    #[serde(default)]
    pub credits_frames: u32,
    /// The shots in order.
    pub shots: Vec<Shot>,
    /// Lines of the end card: the attributions that the licences ask for.
    pub credits: Vec<String>,
}
