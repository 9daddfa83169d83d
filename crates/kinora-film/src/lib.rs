//! Briefs to films: storyboard, sources, time, camera, words, master, record.
//!
//! Way in: [`parse`] reads a brief, [`plan`] gives every shot its own source, its time and its
//! move, [`storyboard_html`] shows the plan, [`render`] makes the film and its record.
//!
//! Memory: a source is decoded when its shot is made and dropped after it; of frames only the
//! crossfade's tail and a handful in flight are held. No floor below knows of films but the encoder.

mod assign;
mod brief;
mod camera;
mod choose;
mod compose;
mod credits;
mod error;
mod generator;
mod overlays;
mod page;
mod plan;
mod render;
mod shots;
mod sound;
mod sources;
mod timeline;
mod videos;

pub use brief::{BriefError, BriefFormat, parse};
pub use camera::{MoveKind, Scene, plan_move};
pub use compose::FilmProgress;
pub use error::{FilmError, Refusal, RefusalReason};
pub use generator::{CAMERA_MOVE, CameraMoveGenerator};
pub use page::storyboard_html;
pub use plan::{PlanOptions, plan};
pub use render::{Origin, RenderContext, check_output, render};
pub use sources::{
    Found, LibrarySources, SourceError, SourceFinder, grouped, open_source, open_video,
    source_record, still, unreadable,
};
pub use timeline::{Parts, SHORTEST_SHOT, Timeline, TimelineError};
pub use videos::SourceVideos;
