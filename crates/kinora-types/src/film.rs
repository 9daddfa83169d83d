//! From a brief to a storyboard: what a film shall show, in which order, for how long.

use serde::{Deserialize, Serialize};

use crate::{Asset, Rect, RejectedRecord, Scores, Size, Stabilisation, TimeRange};

/// What becomes of the sound that a clip brings along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// It is heard.
    #[default]
    Keep,
    /// It is not.
    Mute,
}

/// What is heard in a shot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShotSound {
    /// Nothing: its source has no sound.
    #[default]
    None,
    /// Its source's own sound.
    Kept,
    /// Nothing, though its source has sound.
    Muted,
}

impl ShotSound {
    /// Whether the source has no sound.
    pub fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// One wished-for shot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShotBrief {
    /// Name of the shot, for messages and `--pin`; `shot-1`, `shot-2`, … unless given.
    pub name: String,
    /// What it shall show: the query.
    pub prompt: String,
    /// Words on the screen, if any.
    pub caption: Option<String>,
    /// Length in seconds, else an even share of the film.
    pub seconds: Option<f64>,
    /// Short or full content hash, or file name, of the asset it must show; `@01:05-01:12` after it means that
    /// stretch of a video.
    pub pin: Option<String>,
    /// Whether the film may go without it when no picture fits.
    pub optional: bool,
    /// Whether its clip is heard, else as the film says.
    pub sound: Option<Sound>,
    /// Whether its clip is stabilised, else as the film says.
    #[serde(rename = "steady")]
    pub stabilisation: Option<Stabilisation>,
}

/// What the user asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Brief {
    /// Title card, if any.
    pub title: Option<String>,
    /// Whether clips are heard; they are unless this, or their own shot, says otherwise.
    pub sound: Option<Sound>,
    /// Whether clips are stabilised; they are unless this, or their own shot, says otherwise.
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
    /// None at all, the title and the attributions excepted.
    Off,
}

/// How one shot gives way to the next.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    /// A hard cut.
    Cut,
    /// A crossfade of so many seconds, taken from both shots.
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
    /// Between shots.
    pub transition: Transition,
    /// Words on the screen.
    pub captions: Captioning,
    /// Seed of every choice that is free.
    pub seed: u64,
    /// What was asked for beside the brief: `Mute` mutes every clip, `Keep` stands in for the brief's
    /// own word on the film; a shot's word stays.
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
    /// From when to when.
    #[serde(flatten)]
    pub range: TimeRange,
    /// What stays in view where the shapes differ, in fractions of the picture.
    pub focus: (f64, f64),
    /// How it is fitted.
    #[serde(default)]
    pub framing: Framing,
    /// What is heard of it.
    #[serde(default)]
    pub sound: ShotSound,
    /// Whether it is stabilised.
    #[serde(rename = "steady", default)]
    pub stabilisation: Stabilisation,
}

/// A planned shot with its source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shot {
    /// What was asked for.
    pub brief: ShotBrief,
    /// What it will show; `None` is a gap that the user allowed.
    pub source: Option<Asset>,
    /// How the source was rated; `None` if it was pinned or is missing.
    pub scores: Option<Scores>,
    /// 1-based rank of the source in its search; `None` if it was pinned or is missing.
    #[serde(default)]
    pub rank: Option<usize>,
    /// Why there is no source; `None` if there is one.
    #[serde(default)]
    pub gap: Option<String>,
    /// Whether the user pinned the source.
    pub pinned: bool,
    /// What else was considered.
    pub rejected: Vec<RejectedRecord>,
    /// Length in frames, the crossfade to what follows included; 0 for a gap.
    pub frames: u32,
    /// The camera's move over a picture; `None` for a video or a gap.
    pub camera: Option<CameraMove>,
    /// What is shown of a video; `None` for a picture or a gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<ClipCut>,
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
