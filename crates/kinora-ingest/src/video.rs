//! One video or recording: looked at before it is hashed as a stream; of a video a dozen keyframes for the
//! first look.

use std::path::PathBuf;

use kinora_catalog::LayerMetadata;
use kinora_image::Metadata;
use kinora_inference::InferenceError;
use kinora_types::{AssetId, ContentHash, Rights, Size, advice};
use kinora_video::{Keyframe, KeyframeSpec, VideoError, VideoFile};

use crate::{
    FileFailure, IngestError,
    analyse::is_passing,
    beside,
    prepare::{Prepared, Preparer, Seen, unprepared},
    walk::Task,
};

/// Keyframes of the first look: enough to find a video by, few enough to have it found in seconds.
const FIRST_LOOK: KeyframeSpec = KeyframeSpec { most: 12, long_side: 512 };

/// What is said of a video where no ffmpeg is at hand.
pub(crate) fn needs_ffmpeg(path: PathBuf) -> FileFailure {
    FileFailure {
        path,
        message: "a video or recording needs ffmpeg to be read".into(),
        hint: Some(format!("{}, then add it again", advice::fetch("ffmpeg"))),
        lasting: false,
    }
}

/// A failure of one video.
pub(crate) fn failure(path: PathBuf, error: &VideoError) -> FileFailure {
    let message = match error {
        // The error has the path already.
        VideoError::Io { source, .. } => format!("cannot read the file: {source}"),
        other => other.to_string(),
    };
    let lasting = !is_passing(error);
    FileFailure { path, message, hint: error.hint().map(Into::into), lasting }
}

impl Preparer<'_> {
    /// # Errors
    /// As [`Preparer::prepare`].
    pub(crate) fn prepare_video(&self, task: Task) -> Result<Prepared, IngestError> {
        let failed = |failure, claimed| Ok(Prepared::Failed { failure, claimed });
        let Some(ffmpeg) = &self.options.ffmpeg else {
            return failed(needs_ffmpeg(task.path), None);
        };
        let cancelled = || self.stop.asked();
        // What is no video is reported before a hundred gigabytes of it are hashed.
        let limits = self.options.video_limits.clone();
        let file = match self.videos.open(ffmpeg, &task.path, limits, &cancelled) {
            Ok(file) => file,
            Err(error) => return failed(failure(task.path, &error), None),
        };
        let id = match kinora_files::hash(&task.path, &cancelled) {
            Ok(hash) => AssetId(ContentHash::from_bytes(hash)),
            Err(source) => {
                let error = VideoError::Io { source, path: task.path.clone() };
                return failed(failure(task.path, &error), None);
            }
        };
        if let Some(settled) = self.settled(id, &task, &|| tags(&file))? {
            return Ok(settled);
        }
        match self.first_look(&file) {
            Ok(Some(keyframes)) => self.finish_video(task, id, &file, keyframes),
            Ok(None) => self.finish_recording(task, id, &file),
            Err(error) => failed(failure(task.path, &error), Some(id)),
        }
    }

    /// Keyframes of a video, none of a recording.
    pub(crate) fn first_look(&self, file: &VideoFile) -> Result<Option<Vec<Keyframe>>, VideoError> {
        let cancelled = || self.stop.asked();
        if file.facts().video.is_none() && !file.facts().audio.is_empty() {
            return Ok(None);
        }
        file.keyframes(FIRST_LOOK, &cancelled)?.collect::<Result<Vec<_>, _>>().map(Some)
    }

    fn finish_recording(
        &self,
        task: Task,
        id: AssetId,
        file: &VideoFile,
    ) -> Result<Prepared, IngestError> {
        let seen = Seen {
            size: None,
            format: file.facts().container.clone(),
            duration_ms: file.facts().duration.map(|length| length.as_millis() as u64),
            description: tags(file),
            poster: None,
        };
        self.ready(task, id, seen, Vec::new(), Vec::new())
    }

    fn finish_video(
        &self,
        task: Task,
        id: AssetId,
        file: &VideoFile,
        keyframes: Vec<Keyframe>,
    ) -> Result<Prepared, IngestError> {
        let (Some(poster), Some(last)) = (poster_frame(&keyframes), keyframes.last()) else {
            let error = VideoError::Undecodable { said: "no keyframe came".into() };
            let failure = failure(task.path, &error);
            return Ok(Prepared::Failed { failure, claimed: Some(id) });
        };
        let prepared = keyframes.iter().map(|keyframe| self.embedder.prepare(&keyframe.picture));
        let images = match prepared.collect() {
            Ok(images) => images,
            Err(error @ InferenceError::Missing { .. }) => return Err(error.into()),
            Err(error) => return Ok(unprepared(task.path, &error, id)),
        };
        let facts = file.facts();
        let display = facts.video.as_ref().map(|video| video.display);
        let duration = facts.duration.unwrap_or(last.at).max(last.at);
        let seen = Seen {
            size: Some(display.unwrap_or(Size {
                width: poster.picture.width(),
                height: poster.picture.height(),
            })),
            format: facts.container.clone(),
            duration_ms: Some(duration.as_millis() as u64),
            description: tags(file),
            poster: Some(&poster.picture),
        };
        let moments = keyframes.iter().map(|keyframe| keyframe.at.as_millis() as u64).collect();
        self.ready(task, id, seen, images, moments)
    }
}

/// The frame that stands for a video.
pub(crate) fn poster_frame(keyframes: &[Keyframe]) -> Option<&Keyframe> {
    keyframes.get(keyframes.len() / 2)
}

/// What the file says of itself, in the words of pictures.
pub(crate) fn tags(file: &VideoFile) -> LayerMetadata {
    let tags = file.facts().tags.clone();
    beside::description(Metadata {
        taken_at: tags.taken_at,
        date_basis: tags.date_basis,
        place: tags.place,
        camera: tags.camera,
        title: tags.title,
        caption: tags.comment,
        rights: Rights { licence: tags.copyright, author: tags.artist, source: None }.meant(),
        ..Metadata::default()
    })
}
