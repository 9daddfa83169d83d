//! Files to searchable assets: walk, hash, decode, embed, commit, all at the same time.
//!
//! Way in: [`Ingest::new`] on an open catalogue and an embedder, then [`Ingest::add`] for one run or
//! [`Ingest::watch`] to follow folders. Progress goes to an [`IngestObserver`] on the caller's thread.
//!
//! The stages are threads joined by bounded channels:
//! - `kinora-walk` (one) finds files. It passes over those whose size, time and sidecars (`beside`) are as the
//!   catalogue knows them.
//! - `kinora-decode` (as many as [`Options::threads`] says, all of this name) hash and decode. One decode gives the
//!   network's input, the thumbnail and the perceptual hash (`prepare`, `video`). Metadata that changed beside a file
//!   (`descriptions`) and lost thumbnails (`mend`) are brought up to date without embedding.
//! - `kinora-embed` (one) runs the vision network in batches.
//! - The caller's thread commits (`commit`). An asset is reported done once its transaction is durable.
//!
//! Then, on the caller's thread: every new video is decoded once at one frame a second, with its shots and their
//! motion (`analyse`); then text, tags, speech and captions are looked for (`perceive`) as far as models and ffmpeg are
//! at hand. What a file holds is found once, when it is first opened (`kind`); a video is probed once a run (`opened`).
//! The process may be killed at any moment; the next run goes on from the last commit.
//!
//! Memory: a few batches of network inputs (600 kB each at 224 px, a dozen for a video), one picture per decoding
//! thread, at most one picture beyond the threads' share of [`Options::limits`], 48 bytes per live asset of the library
//! for the search of near-duplicates, and 2 kB per video of the run.

mod analyse;
mod attribution;
mod beside;
mod bytes;
mod commit;
mod cost;
mod descriptions;
mod duplicates;
mod embed;
mod error;
mod exclude;
mod in_flight;
mod kind;
mod mend;
mod meter;
mod observe;
mod opened;
mod options;
mod perceive;
mod pipeline;
mod prepare;
mod sample;
mod scope;
mod spans;
mod thumbs;
mod times;
mod unread;
mod video;
mod walk;
mod watch;

pub use error::IngestError;
pub use exclude::check_patterns;
pub use meter::{Progress, Stage};
pub use observe::{
    Done, FileFailure, IngestObserver, LivePhoto, Outcome, Pending, Silent, Summary,
};
pub use options::Options;
pub use perceive::{HearError, Perception, hear};
pub use pipeline::Ingest;
pub use spans::TextSpans;
pub use thumbs::thumbnail_path;
pub use unread::LeftOut;
