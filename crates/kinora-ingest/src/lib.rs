//! Files to searchable assets: walk, hash, decode, embed, commit, all at the same time.
//!
//! Way in: [`Ingest::new`] on an open catalogue and an embedder, then [`Ingest::add`] for a run or
//! [`Ingest::watch`] to follow folders. Progress goes to an [`IngestObserver`] on the caller's thread.
//!
//! Stages are named threads joined by bounded channels: `kinora-walk` finds files and passes over
//! those whose size and time are known and whose sidecars (`beside`) are as they were; what changed beside a file is
//! read again (`layers`) without the file being embedded again, and a lost thumbnail made again (`mend`);
//! `kinora-decode-N` hash, decode, prepare, make thumbnail and perceptual hash from one decode; `kinora-embed`
//! batches; the caller's thread commits. An asset is reported done only after the transaction that holds it is
//! durable, and its thumbnail is in place before. A video goes the same way with a dozen of its keyframes, so that it
//! can be found within seconds; after all files every new video is looked through once (`analyse`): a frame a second,
//! its shots. Last come words (`perceive`): what is written, shown and said, as far as models are at hand. The
//! process may be killed at any moment; the next run goes on from there.
//!
//! Memory: a few batches of network inputs (600 kB each at 224 px, a dozen for a video), one picture per decoding
//! thread, at most one picture at a time beyond the threads' share of [`Options::limits`], and 48 bytes per live
//! asset of the library for the search of near-duplicates.

mod analyse;
mod attribution;
mod beside;
mod bytes;
mod commit;
mod duplicates;
mod embed;
mod error;
mod in_flight;
mod kind;
mod layers;
mod mend;
mod observe;
mod opened;
mod options;
mod perceive;
mod pipeline;
mod prepare;
mod sample;
mod spans;
mod thumbs;
mod times;
mod unread;
mod video;
mod walk;
mod watch;

pub use error::IngestError;
pub use observe::{Done, FileFailure, IngestObserver, LivePhoto, Outcome, Silent, Summary};
pub use options::Options;
pub use perceive::{HearError, Perception, hear};
pub use pipeline::Ingest;
pub use spans::TextSpans;
pub use thumbs::thumbnail_path;
pub use unread::LeftOut;
