//! Progress, one form for everything that takes long.

use std::path::PathBuf;

use kinora_chat::Sentence;
use kinora_inference::Sent;
use kinora_ingest::{Done, FileFailure, LeftOut, LivePhoto, Progress};
use kinora_ragme::Metrics;
use kinora_store::Stage;
use kinora_types::PassageKind;
use serde::{Deserialize, Serialize};

/// Something that a caller may want to show while a request runs.
///
/// As JSON an object whose `event` names it. Names of files that are not Unicode are told as near as can be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// Adding: files to look at were found; the walk may still go on.
    Found {
        /// Up to now.
        files: u64,
    },
    /// Adding: how far a stage is. Told once it is known how much there is to do in it: the walk is over.
    Progress(Progress),
    /// Adding: a file is in the library, durably.
    Added(Done),
    /// Adding: a file could not be taken; the others are.
    Failed(FileFailure),
    /// Adding: a file is damaged; what can be read of it is in the library.
    Damaged(FileFailure),
    /// Adding: a file that the library knew is no longer there.
    Vanished {
        /// The file.
        #[serde(with = "kinora_types::lossy_path")]
        path: PathBuf,
    },
    /// Adding: a file of the library is left out by a `.kinoraignore` now and no longer found.
    TakenOut {
        /// The file.
        #[serde(with = "kinora_types::lossy_path")]
        path: PathBuf,
    },
    /// Adding: a file in a folder that is neither seen nor heard.
    LeftOut(LeftOut),
    /// Adding: a new picture whose file holds a short video besides, which is not looked at.
    MotionPhoto {
        /// The file.
        #[serde(with = "kinora_types::lossy_path")]
        path: PathBuf,
    },
    /// Adding: a new picture or video is half of a pair.
    LivePhoto(LivePhoto),
    /// Adding: a new video is looked through.
    Analysing {
        /// The file.
        #[serde(with = "kinora_types::lossy_path")]
        path: PathBuf,
        /// Where in it, in milliseconds.
        at_ms: u64,
        /// How long it is, in milliseconds.
        duration_ms: u64,
    },
    /// Adding: words are looked for.
    Perceiving {
        /// Of which kind.
        kind: PassageKind,
        /// The file.
        #[serde(with = "kinora_types::lossy_path")]
        path: PathBuf,
        /// Where in a video or recording, in milliseconds.
        at_ms: u64,
        /// How long it is, in milliseconds; 0 for a picture.
        duration_ms: u64,
    },
    /// Adding: all folders are up to date; it waits for changes.
    Watching {
        /// The folders.
        #[serde(with = "kinora_types::lossy_path::list")]
        folders: Vec<PathBuf>,
    },
    /// Something was sent to another program; all of this request together.
    Sent(Sent),
    /// A transcript: a recording was listened to so far.
    Listened {
        /// Milliseconds.
        ms: u64,
    },
    /// An answer: who reads what was found; nobody does if the evidence speaks for itself.
    Answering {
        /// Name and revision of the language model.
        model: Option<String>,
    },
    /// An answer: a sentence that was checked.
    Sentence(Sentence),
    /// A film: frames that the encoder has taken.
    Frames {
        /// Done.
        done: u64,
        /// In all.
        total: u64,
    },
    /// Training: videos that were read.
    Videos {
        /// Done.
        done: u64,
        /// In all.
        total: u64,
    },
    /// Training: a video gives no clip.
    VideoSkipped {
        /// Its label.
        video: String,
        /// Why.
        why: String,
    },
    /// Training: a step was done.
    Step(Metrics),
    /// Fetching: one step of one model or program.
    Pull {
        /// Which one.
        id: String,
        /// What is being done.
        stage: Stage,
        /// Source in use; empty where none is.
        source: String,
        /// Bytes so far; 0 where not counted.
        done: u64,
        /// Bytes in all, where known.
        total: Option<u64>,
    },
}
