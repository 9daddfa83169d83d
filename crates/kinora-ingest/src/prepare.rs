//! One picture: read once, hashed, decoded once; network input, thumbnail, perceptual hash and metadata
//! all come from that.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use kinora_catalog::{Catalog, FileEntry, Layer, LayerMetadata, composed};
use kinora_image::{Budget, Decoded, Limits, ReadError, perceptual_hash, thumbnail, words_of_path};
use kinora_inference::{ImageEmbedder, InferenceError, PreparedImage};
use kinora_types::{Asset, AssetId, ContentHash, Picture, Size};

use crate::{
    FileFailure, IngestError, Options, beside,
    bytes::{self, Unread},
    descriptions::{Descriptions, together},
    in_flight::{Copy, InFlight},
    kind::{Holds, Inspected},
    opened::OpenedVideos,
    pipeline::Stop,
    thumbs,
    walk::{Errand, Task},
};

/// A picture, some frames of a video, or a recording, ready for the embedder.
pub(crate) struct Ready {
    pub path: PathBuf,
    pub asset: Asset,
    pub file: FileEntry,
    /// Its sidecars, as [`crate::beside::state`] tells them.
    pub beside: String,
    /// Who says what of it.
    pub layers: Vec<(Layer, Option<LayerMetadata>)>,
    /// Why its sidecars say nothing.
    pub unread: Option<FileFailure>,
    pub names: Vec<String>,
    pub phash: u64,
    /// At least one, unless there is nothing to be seen.
    pub images: Vec<PreparedImage>,
    /// When each of them is shown, in milliseconds; empty for a picture.
    pub moments: Vec<u64>,
    /// What the path held before.
    pub before: Option<AssetId>,
    /// Whether the user named the file itself.
    pub named: bool,
    /// See [`Task::cost`].
    pub cost: u64,
}

/// What became of a task before the embedder.
pub(crate) enum Prepared {
    Ready(Box<Ready>),
    /// The library has the bytes of these files.
    Known {
        asset: AssetId,
        files: Vec<Copy>,
        /// What the file says of itself, if the library does not know.
        inside: Option<LayerMetadata>,
        /// Whether it had been taken out and is brought back.
        restored: bool,
    },
    /// The library had the bytes of this file until a person took them out.
    Removed {
        asset: AssetId,
        file: Copy,
    },
    /// The file holds what it did.
    Mended(Mended),
    /// Another file with the same bytes is on its way; this one waits for it.
    Waiting,
    /// With the asset whose claim ends, if it had one.
    Failed {
        failure: FileFailure,
        claimed: Option<AssetId>,
    },
}

/// What was made good of a file that holds what it did.
pub(crate) struct Mended {
    pub asset: AssetId,
    pub copy: Copy,
    /// Whether its sidecars have changed.
    pub changed_beside: bool,
    /// What the file says of itself, if the library did not know.
    pub inside: Option<LayerMetadata>,
    /// Whether its thumbnail was made again.
    pub thumbnail: bool,
    /// Why something could not be made good.
    pub damage: Option<FileFailure>,
}

/// What all decoding threads share.
pub(crate) struct Preparer<'a> {
    pub catalog: &'a Catalog,
    pub embedder: &'a dyn ImageEmbedder,
    pub options: &'a Options,
    pub descriptions: Descriptions<'a>,
    pub in_flight: &'a InFlight,
    pub videos: &'a OpenedVideos,
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
        if let Errand::Mend { asset, changed_beside, lost_thumbnail } = task.errand {
            return self.mend(task, asset, changed_beside, lost_thumbnail);
        }
        let (holds, file) = match task.holds {
            Some(holds) => (holds, None),
            None => {
                let Inspected { holds, file, .. } = Inspected::open(&task.path);
                (holds, Some(file))
            }
        };
        if holds == Holds::Time {
            return self.prepare_video(task);
        }
        // A file beyond a thread's share waits for its turn, so that memory stays bounded.
        let large = task.file.bytes > self.share.memory / 4;
        let _turn = large.then(|| self.large.lock().unwrap_or_else(PoisonError::into_inner));
        let file = file.unwrap_or_else(|| kinora_files::open(&task.path));
        let bytes = match self.bytes(&task.path, file) {
            Ok(bytes) => bytes,
            Err(failure) => return Ok(Prepared::Failed { failure, claimed: None }),
        };
        let id = AssetId(ContentHash::of(&bytes));
        if let Some(settled) = self.settled(id, &task, &|| inside(&bytes))? {
            return Ok(settled);
        }
        let decoded = match self.decode(&bytes, large) {
            Ok(decoded) => decoded,
            Err(error) => return Ok(failed(task.path, &error, Some(id))),
        };
        self.finish(task, id, &bytes, decoded)
    }

    /// The whole file, while nobody asks to stop.
    pub(crate) fn bytes(
        &self,
        path: &Path,
        file: io::Result<File>,
    ) -> Result<Vec<u8>, FileFailure> {
        let limit = self.options.limits.bytes;
        let read = file.map_err(Unread::from);
        let read = read.and_then(|file| bytes::whole(file, limit, &|| self.stop.asked()));
        read.map_err(|error| {
            let error = match error {
                Unread::Io(source) => ReadError::Io { path: path.to_owned(), source },
                Unread::TooLarge(bytes) => ReadError::TooManyBytes { bytes, limit },
            };
            failure(path, &error)
        })
    }

    /// What there is to say of bytes that are in the library or in flight; else they are claimed.
    pub(crate) fn settled(
        &self,
        id: AssetId,
        task: &Task,
        inside: &dyn Fn() -> LayerMetadata,
    ) -> Result<Option<Prepared>, IngestError> {
        let copy = || copy_of(task);
        let restored = self.catalog.is_removed(&id)? == Some(true);
        if restored && !task.named {
            return Ok(Some(Prepared::Removed { asset: id, file: copy() }));
        }
        if self.catalog.is_whole(&id)? {
            let inside = self.unknown(&id)?.then(inside);
            return Ok(Some(Prepared::Known { asset: id, files: vec![copy()], inside, restored }));
        }
        if !self.in_flight.claim(id, copy) {
            return Ok(Some(Prepared::Waiting));
        }
        // The claim of a copy may have ended between the two looks.
        if self.catalog.is_whole(&id)? {
            let mut files = self.in_flight.release(&id);
            files.push(copy());
            return Ok(Some(Prepared::Known { asset: id, files, inside: None, restored }));
        }
        Ok(None)
    }

    /// Whether the library does not know, or shall learn anew, what an asset's file says of itself.
    pub(crate) fn unknown(&self, id: &AssetId) -> Result<bool, IngestError> {
        Ok(self.options.again || !self.catalog.layers(id)?.contains_key(&Layer::File))
    }

    pub(crate) fn decode(&self, bytes: &[u8], has_turn: bool) -> Result<Decoded, ReadError> {
        let target = self.embedder.input_side();
        let cancelled = || self.stop.asked();
        let within = |limits: &Limits| {
            kinora_image::decode_within(bytes, target, &Budget::new(limits, &cancelled))
        };
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
            description: inside(bytes),
            poster: Some(picture),
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
        if let Some(poster) = seen.poster
            && let Err(failure) = self.keep_thumbnail(&task.path, &id, poster)?
        {
            return Ok(Prepared::Failed { failure, claimed: Some(id) });
        }
        let names = if self.options.index_names {
            let text = |path: &Path| PathBuf::from(&*composed(&path.to_string_lossy()));
            words_of_path(&text(&task.path), &text(&task.root))
        } else {
            Vec::new()
        };
        let first = self.descriptions.first(&task.path, &task.beside, seen.description.clone());
        let beside =
            if first.unread.is_none() { task.beside.clone() } else { beside::UNREAD.into() };
        Ok(Prepared::Ready(Box::new(Ready {
            phash: seen.poster.map_or(0, perceptual_hash),
            asset: asset(id, &task, seen, together(&first.layers)),
            path: task.path,
            file: task.file,
            beside,
            layers: first.layers,
            unread: first.unread,
            names,
            images,
            moments,
            before: task.before.map(|state| state.asset),
            named: task.named,
            cost: task.cost,
        })))
    }

    /// Makes and stores the thumbnail; a poster frame that gives none is a failure of the file.
    pub(crate) fn keep_thumbnail(
        &self,
        path: &Path,
        id: &AssetId,
        poster: &Picture,
    ) -> Result<Result<(), FileFailure>, IngestError> {
        match thumbnail(poster, self.options.thumbnail_side) {
            Ok(jpeg) => thumbs::store(self.catalog.folder(), id, &jpeg).map(Ok),
            Err(error) => {
                let (path, message) = (path.to_owned(), error.to_string());
                Ok(Err(FileFailure { path, message, hint: None, lasting: true }))
            }
        }
    }
}

/// What a picture's file says of itself. What cannot be read is no reason to refuse the picture.
pub(crate) fn inside(bytes: &[u8]) -> LayerMetadata {
    let description = beside::description(kinora_image::metadata(bytes).unwrap_or_default());
    LayerMetadata { moving_part: kinora_image::motion_photo(bytes).is_some(), ..description }
}

pub(crate) fn copy_of(task: &Task) -> Copy {
    let (path, file, beside) = (task.path.clone(), task.file.clone(), task.beside.clone());
    Copy { path, file, beside, cost: task.cost }
}

/// What was seen of a file.
pub(crate) struct Seen<'p> {
    pub size: Option<Size>,
    pub format: String,
    pub duration_ms: Option<u64>,
    /// What the file says of itself.
    pub description: LayerMetadata,
    /// The picture itself, or the frame that stands for a video; a recording has none.
    pub poster: Option<&'p Picture>,
}

fn asset(id: AssetId, task: &Task, seen: Seen<'_>, description: LayerMetadata) -> Asset {
    let Seen { size, format, duration_ms, .. } = seen;
    Asset {
        id,
        size,
        bytes: task.file.bytes,
        format,
        duration_ms,
        paths: vec![task.file.path.clone()],
        taken_at: description.taken_at,
        date_basis: description.date_basis,
        place: description.place,
        camera: description.camera,
        title: description.title,
        caption: description.caption,
        keywords: description.keywords,
        rights: description.rights,
        added_at: Timestamp::now(),
    }
}

fn failed(path: PathBuf, error: &ReadError, claimed: Option<AssetId>) -> Prepared {
    Prepared::Failed { failure: failure(&path, error), claimed }
}

/// A failure of one picture.
pub(crate) fn failure(path: &Path, error: &ReadError) -> FileFailure {
    let message = match error {
        // The error has the path already.
        ReadError::Io { source, .. } => format!("cannot read the file: {source}"),
        other => other.to_string(),
    };
    let (path, hint) = (path.to_owned(), error.hint().map(Into::into));
    let lasting = !matches!(error, ReadError::Io { .. } | ReadError::Cancelled);
    FileFailure { path, message, hint, lasting }
}

pub(crate) fn unprepared(path: PathBuf, error: &InferenceError, id: AssetId) -> Prepared {
    let message = error.to_string();
    let failure = FileFailure { path, message, hint: None, lasting: false };
    Prepared::Failed { failure, claimed: Some(id) }
}
