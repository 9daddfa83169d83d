//! One picture: read once, hashed, decoded once; network input, thumbnail, perceptual hash and metadata
//! all come from that.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use kinora_catalog::{Catalog, FileEntry};
use kinora_inference::{ImageEmbedder, InferenceError, PreparedImage};
use kinora_media::read::{
    self, Budget, Decoded, Limits, Metadata, ReadError, perceptual_hash, thumbnail, words_of_path,
};
use kinora_types::{Asset, AssetId, ContentHash, Picture, Size};

use crate::{
    FileFailure, IngestError, Options,
    attribution::Attributions,
    flight::{Copy, Flights},
    kind::{Holds, holds},
    pipeline::Stop,
    thumbs,
    walk::Task,
};

/// A picture, some frames of a video, or a recording, ready for the embedder.
pub(crate) struct Ready {
    pub path: PathBuf,
    pub asset: Asset,
    pub file: FileEntry,
    pub names: Vec<String>,
    pub phash: u64,
    /// At least one, unless there is nothing to be seen.
    pub images: Vec<PreparedImage>,
    /// When each of them is shown, in milliseconds; empty for a picture.
    pub moments: Vec<u64>,
    /// What the path held before.
    pub before: Option<AssetId>,
}

/// What became of a task before the embedder.
pub(crate) enum Prepared {
    Ready(Box<Ready>),
    /// The library has the bytes of these files.
    Known {
        asset: AssetId,
        files: Vec<Copy>,
    },
    /// Another file with the same bytes is on its way; this one waits for it.
    Waiting,
    /// With the asset whose flight ends, if it had begun.
    Failed {
        failure: FileFailure,
        landed: Option<AssetId>,
    },
}

/// What all decoding threads share.
pub(crate) struct Preparer<'a> {
    pub catalog: &'a Catalog,
    pub embedder: &'a dyn ImageEmbedder,
    pub options: &'a Options,
    pub attributions: &'a Attributions,
    pub flights: &'a Flights,
    pub stop: &'a Stop,
    /// Limits of one thread among many.
    pub share: Limits,
    /// Held by the one thread that may go beyond its share.
    pub large: Mutex<()>,
}

impl Preparer<'_> {
    /// # Errors
    /// Only what stops the whole run: the catalogue, a full disk, a missing model.
    pub(crate) fn prepare(&self, task: Task) -> Result<Prepared, IngestError> {
        if holds(&task.path) == Holds::Time {
            return self.prepare_video(task);
        }
        // A file beyond a thread's share waits for its turn, so that memory stays bounded.
        let large = task.file.bytes > self.share.memory / 4;
        let _turn = large.then(|| self.large.lock().unwrap_or_else(PoisonError::into_inner));
        let bytes = match read::read_file(&task.path, &self.options.limits) {
            Ok(bytes) => bytes,
            Err(error) => return Ok(failed(task.path, &error, None)),
        };
        let id = AssetId(ContentHash::of(&bytes));
        if let Some(settled) = self.settled(id, &task)? {
            return Ok(settled);
        }
        let decoded = match self.decode(&bytes, large) {
            Ok(decoded) => decoded,
            Err(error) => return Ok(failed(task.path, &error, Some(id))),
        };
        self.finish(task, id, &bytes, decoded)
    }

    /// What there is to say of bytes that are in the library or on their way; else they take off.
    pub(crate) fn settled(
        &self,
        id: AssetId,
        task: &Task,
    ) -> Result<Option<Prepared>, IngestError> {
        let copy = || Copy { path: task.path.clone(), file: task.file.clone() };
        if self.catalog.is_whole(&id)? {
            return Ok(Some(Prepared::Known { asset: id, files: vec![copy()] }));
        }
        if !self.flights.take_off(id, copy) {
            return Ok(Some(Prepared::Waiting));
        }
        // The flight of a copy may have ended between the two looks.
        if self.catalog.is_whole(&id)? {
            let mut files = self.flights.land(&id);
            files.push(copy());
            return Ok(Some(Prepared::Known { asset: id, files }));
        }
        Ok(None)
    }

    fn decode(&self, bytes: &[u8], has_turn: bool) -> Result<Decoded, ReadError> {
        let target = self.embedder.input_side();
        let cancelled = || self.stop.asked();
        let within =
            |limits: &Limits| read::decode_within(bytes, target, &Budget::new(limits, &cancelled));
        match within(&self.share) {
            Err(ReadError::TooMuchMemory { .. }) => {
                let wait = || self.large.lock().unwrap_or_else(PoisonError::into_inner);
                let _turn = (!has_turn).then(wait);
                within(&self.options.limits)
            }
            other => other,
        }
    }

    fn finish(
        &self,
        task: Task,
        id: AssetId,
        bytes: &[u8],
        decoded: Decoded,
    ) -> Result<Prepared, IngestError> {
        let picture = &decoded.picture;
        let image = match self.embedder.prepare(picture) {
            Ok(image) => image,
            Err(error @ InferenceError::Missing { .. }) => return Err(error.into()),
            Err(error) => return Ok(unprepared(task.path, &error, id)),
        };
        let seen = Seen {
            size: Some(decoded.full_size),
            format: decoded.format.name().to_owned(),
            duration_ms: None,
            told: self.metadata(&task.path, bytes),
            face: Some(picture),
        };
        self.ready(task, id, seen, vec![image], Vec::new())
    }

    /// Stores the thumbnail and puts together what the embedder and the catalogue need.
    pub(crate) fn ready(
        &self,
        task: Task,
        id: AssetId,
        seen: Seen<'_>,
        images: Vec<PreparedImage>,
        moments: Vec<u64>,
    ) -> Result<Prepared, IngestError> {
        if let Some(face) = seen.face {
            match thumbnail(face, self.options.thumbnail_side) {
                Ok(jpeg) => thumbs::store(self.catalog.folder(), &id, &jpeg)?,
                Err(error) => {
                    let failure =
                        FileFailure { path: task.path, message: error.to_string(), hint: None };
                    return Ok(Prepared::Failed { failure, landed: Some(id) });
                }
            }
        }
        let names = if self.options.index_names {
            words_of_path(&task.path, &task.root)
        } else {
            Vec::new()
        };
        Ok(Prepared::Ready(Box::new(Ready {
            phash: seen.face.map_or(0, perceptual_hash),
            asset: asset(id, &task, seen),
            path: task.path,
            file: task.file,
            names,
            images,
            moments,
            before: task.before.map(|state| state.asset),
        })))
    }

    /// The list of attributions first, then the sidecar, then the file itself. Metadata that cannot
    /// be read is no reason to refuse a picture.
    fn metadata(&self, path: &Path, bytes: &[u8]) -> Metadata {
        let sidecar = read::sidecar(path).unwrap_or_default();
        let inside = read::metadata(bytes).unwrap_or_default();
        self.attributions.of(path).or(sidecar).or(inside).complete(path)
    }
}

/// What was seen of a file.
pub(crate) struct Seen<'p> {
    pub size: Option<Size>,
    pub format: String,
    pub duration_ms: Option<u64>,
    pub told: Metadata,
    /// The picture itself, or the frame that stands for a video; a recording has none.
    pub face: Option<&'p Picture>,
}

fn asset(id: AssetId, task: &Task, seen: Seen<'_>) -> Asset {
    let Seen { size, format, duration_ms, told, .. } = seen;
    Asset {
        id,
        size,
        bytes: task.file.bytes,
        format,
        duration_ms,
        paths: vec![task.file.path.clone()],
        taken_at: told.taken_at,
        date_basis: told.date_basis,
        place: told.place,
        camera: told.camera,
        title: told.title,
        caption: told.caption,
        keywords: told.keywords,
        rights: told.rights,
        added_at: Timestamp::now(),
    }
}

fn failed(path: PathBuf, error: &ReadError, landed: Option<AssetId>) -> Prepared {
    let message = match error {
        // The path is told already.
        ReadError::Io { source, .. } => format!("cannot read the file: {source}"),
        other => other.to_string(),
    };
    let hint = error.hint().map(Into::into);
    Prepared::Failed { failure: FileFailure { path, message, hint }, landed }
}

pub(crate) fn unprepared(path: PathBuf, error: &InferenceError, id: AssetId) -> Prepared {
    let failure = FileFailure { path, message: error.to_string(), hint: None };
    Prepared::Failed { failure, landed: Some(id) }
}
