//! The nouns of Kinora and nothing else: no I/O, no threads, no network.
//!
//! Way in: [`AssetId`] names a source by what it contains, [`Embedding`] ties a vector to the
//! [`EmbeddingSpace`] it lives in, [`Hit`] is what a search returns, [`Storyboard`] is what a film
//! is made from, and [`FilmRecord`] is what it can be held to afterwards.
//!
//! Memory: only [`Picture`] (3 bytes a pixel) and [`YuvFrame`] (1.5 bytes) own pixels; everything else is small.

pub mod advice;
mod asset;
mod citation;
mod control;
mod film;
mod frame;
mod geometry;
mod hit;
mod id;
pub mod lossy_path;
mod markup;
mod motion;
mod passage;
mod picture;
mod printable;
mod record;
mod rights;
mod row;
mod shot;
mod space;
mod stabilisation;
mod time;

pub use asset::{Asset, DateBasis, GeoPoint, Kind};
pub use citation::Citation;
pub use control::{Cancelled, Control};
pub use film::{
    Brief, CameraMove, Captioning, ClipCut, FilmSpec, Framing, ShotBrief, ShotSound, Sound,
    Storyboard, Transition,
};
pub use frame::{OddSize, YuvFrame};
pub use geometry::{Rect, Size};
pub use hit::{Basis, Candidate, Fit, Hit, Moment, NoFit, RejectReason, Scores};
pub use id::{AssetId, ContentHash, ParseHashError};
pub use markup::{Markup, PAGE_HEAD};
pub use motion::{CameraMotion, MOTION_DIMENSIONS, MotionDescriptor, ShotMotion, SubjectMotion};
pub use passage::{Certainty, DOUBTFUL_BELOW, Origin, Passage, PassageKind, Quad, TimedWord};
pub use picture::{Picture, PictureError};
pub use printable::Printable;
pub use record::{FilmRecord, GeneratorRecord, RejectedRecord, ShotRecord, SourceRecord};
pub use rights::Rights;
pub use row::{AssetRow, FrameRow, Indexed, PassageRow, Point};
pub use shot::{Rating, Shot, ShotSource, Shown};
pub use space::{Embedding, EmbeddingSpace, SpaceMismatch};
pub use stabilisation::{Stabilisation, StabilisationOutcome};
pub use time::{BackwardRange, MONTHS, TimeRange};
