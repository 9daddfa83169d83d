//! What a run tells while it goes and when it ends.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use kinora_catalog::Problem;
use kinora_types::{AssetId, PassageKind};
use serde::{Deserialize, Serialize};

use crate::{LeftOut, meter::Progress, walk::VERSION};

/// One file that could not be taken; the others are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFailure {
    /// The file.
    #[serde(with = "kinora_types::lossy_path")]
    pub path: PathBuf,
    /// What is wrong, without the path.
    pub message: String,
    /// What the user can do about it.
    pub hint: Option<String>,
    /// Whether it stays so until the file changes; else the next run may fare better.
    pub lasting: bool,
}

impl FileFailure {
    /// As the catalogue remembers it, of a file of this size and time.
    pub(crate) fn problem(&self, (bytes, mtime_ns): (u64, i64), taken: bool) -> Problem {
        Problem {
            path: self.path.clone(),
            bytes,
            mtime_ns,
            message: self.message.clone(),
            hint: self.hint.clone(),
            since: Timestamp::now(),
            lasting: self.lasting,
            taken,
            version: VERSION.into(),
        }
    }
}

/// What became of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A picture that the library did not have.
    Added {
        /// The older asset that it nearly equals.
        duplicate_of: Option<AssetId>,
    },
    /// The file held another picture before, which is now superseded.
    Revised {
        /// The older asset.
        before: AssetId,
    },
    /// The library has this picture already, from another path or another time.
    Known,
    /// It had been taken out of the library, and was named to be brought back.
    Restored,
    /// Size and time are as they were; what lies beside the file (or, read anew, the file itself) says
    /// something else.
    Described,
    /// Size and time are as they were; the file was not even read.
    Unchanged,
}

/// A file that is in the library, durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The file.
    #[serde(with = "kinora_types::lossy_path")]
    pub path: PathBuf,
    /// What it holds.
    pub asset: AssetId,
    /// What became of it.
    pub outcome: Outcome,
}

/// A still picture and the few seconds around it, in two files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LivePhoto {
    /// The picture.
    #[serde(with = "kinora_types::lossy_path")]
    pub picture: PathBuf,
    /// The video.
    #[serde(with = "kinora_types::lossy_path")]
    pub video: PathBuf,
}

/// Hears of progress. All calls come from the thread that called [`crate::Ingest::add`], in between
/// commits: they should be quick.
pub trait IngestObserver {
    /// So many files to look at were found up to now; the walk may still go on.
    fn found(&mut self, files: u64) {
        let _ = files;
    }
    /// How far a stage is. Told for the first time when all there is to do in it is known.
    fn progress(&mut self, progress: &Progress) {
        let _ = progress;
    }
    /// A file is in the library; after a kill it still will be.
    fn done(&mut self, done: &Done) {
        let _ = done;
    }
    /// A file could not be taken.
    fn failed(&mut self, failure: &FileFailure) {
        let _ = failure;
    }
    /// A file that the library knew is no longer there.
    fn vanished(&mut self, path: &Path) {
        let _ = path;
    }
    /// A file of the library was left out by a `.kinoraignore` and is no longer found.
    fn taken_out(&mut self, path: &Path) {
        let _ = path;
    }
    /// A new video is looked through: where in it, and how long it is, in milliseconds.
    fn analysing(&mut self, path: &Path, at_ms: u64, duration_ms: u64) {
        let _ = (path, at_ms, duration_ms);
    }
    /// Words of this kind are looked for: where in a video or recording, and how long it is, in
    /// milliseconds; 0 and 0 for a picture.
    fn perceiving(&mut self, kind: PassageKind, path: &Path, at_ms: u64, duration_ms: u64) {
        let _ = (kind, path, at_ms, duration_ms);
    }
    /// A file in a folder that is neither seen nor heard.
    fn left_out(&mut self, left: &LeftOut) {
        let _ = left;
    }
    /// A new picture whose file holds a short video besides (motion photo), which is not looked at.
    fn motion_photo(&mut self, path: &Path) {
        let _ = path;
    }
    /// A new picture or video is half of a pair.
    fn live_photo(&mut self, pair: &LivePhoto) {
        let _ = pair;
    }
    /// A file is damaged; what can be read of it is in the library.
    fn damaged(&mut self, damage: &FileFailure) {
        let _ = damage;
    }
    /// [`crate::Ingest::watch`] has caught up with the folders and waits for changes.
    fn watching(&mut self, folders: &[PathBuf]) {
        let _ = folders;
    }
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl IngestObserver for Silent {}

/// Work that could be done now and is left to a run that goes on with the library's work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// Videos that were not looked through yet.
    pub videos: u64,
    /// Assets in which words were not looked for yet, by kind; only of models that are at hand.
    pub words: BTreeMap<PassageKind, u64>,
}

impl Pending {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.videos == 0 && self.words.values().all(|count| *count == 0)
    }
}

/// What a run did, in numbers of files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Files that are or should be pictures, videos or recordings. Each is also counted by what became of it.
    pub found: u64,
    /// New pictures.
    pub added: u64,
    /// Files that hold another picture than before.
    pub revised: u64,
    /// Files whose picture was known from elsewhere (copies, moves, returns).
    pub known: u64,
    /// Files passed over by size and time.
    pub unchanged: u64,
    /// Files in folders that are neither pictures, videos nor recordings; `found` leaves them out.
    pub ignored: u64,
    /// Files that could not be taken.
    pub failed: u64,
    /// Files that could not be taken before and have not changed since; they were told of then.
    pub known_problems: u64,
    /// Files and folders that patterns left out; `found` leaves them out. What is in such folders is not counted.
    pub excluded: u64,
    /// Files of the library that a `.kinoraignore` now leaves out; they are no longer found.
    pub taken_out: u64,
    /// Files whose picture a person took out of the library; they stay out.
    pub removed_before: u64,
    /// Files that had been taken out, and were named to be brought back.
    pub restored: u64,
    /// Files that are no longer there.
    pub vanished: u64,
    /// Added or revised pictures that nearly equal an older one.
    pub near_duplicates: u64,
    /// Videos that were looked through.
    pub analysed: u64,
    /// Assets in which words were looked for, by kind.
    pub perceived: BTreeMap<PassageKind, u64>,
    /// Assets whose words wait because there is no ffmpeg, by kind.
    pub without_ffmpeg: BTreeMap<PassageKind, u64>,
    /// Pictures and videos in the library of which a list of attributions or a sidecar says something new.
    pub described: u64,
    /// Thumbnails that were missing and were made again.
    pub thumbnails: u64,
    /// New pictures with a short video in their file, which is not looked at.
    pub motion_photos: u64,
    /// Live Photos with at least one new half.
    pub live_photos: u64,
    /// Work that waits in the library for a run that goes on with it.
    pub pending: Pending,
    /// Whether the user stopped the run before its end.
    pub cancelled: bool,
}

impl Summary {
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Added { .. } => self.added += 1,
            Outcome::Revised { .. } => self.revised += 1,
            Outcome::Known => self.known += 1,
            Outcome::Restored => self.restored += 1,
            Outcome::Described => self.described += 1,
            Outcome::Unchanged => self.unchanged += 1,
        }
    }

    /// Adds the numbers of a later run.
    pub(crate) fn join(&mut self, later: &Self) {
        self.found += later.found;
        self.added += later.added;
        self.revised += later.revised;
        self.known += later.known;
        self.unchanged += later.unchanged;
        self.ignored += later.ignored;
        self.failed += later.failed;
        self.known_problems += later.known_problems;
        self.excluded += later.excluded;
        self.taken_out += later.taken_out;
        self.removed_before += later.removed_before;
        self.restored += later.restored;
        self.vanished += later.vanished;
        self.near_duplicates += later.near_duplicates;
        self.analysed += later.analysed;
        for (kind, count) in &later.perceived {
            *self.perceived.entry(*kind).or_default() += count;
        }
        self.pending.clone_from(&later.pending);
        // Whatever waited before the later run is counted by it again.
        self.without_ffmpeg.clone_from(&later.without_ffmpeg);
        self.described += later.described;
        self.thumbnails += later.thumbnails;
        self.motion_photos += later.motion_photos;
        self.live_photos += later.live_photos;
        self.cancelled |= later.cancelled;
    }
}
