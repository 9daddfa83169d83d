//! Videos and recordings that were opened in one run: each file is probed once, whatever is looked for in it.
//!
//! Memory: about 2 KB a file for at most [`MOST`] files; those beyond are probed again.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use kinora_files::Stamp;
use kinora_video::{Cancelled, FFmpeg, VideoError, VideoFile, VideoLimits};

/// Files that are kept.
const MOST: usize = 4096;

/// What was opened in a run.
#[derive(Default)]
pub(crate) struct OpenedVideos(Mutex<HashMap<PathBuf, (Stamp, VideoFile)>>);

impl OpenedVideos {
    /// The file as it was opened before, under these limits; opens it if it was not, or has changed since.
    pub(crate) fn open(
        &self,
        ffmpeg: &FFmpeg,
        path: &Path,
        limits: VideoLimits,
        cancelled: Cancelled,
    ) -> Result<VideoFile, VideoError> {
        let now = Stamp::of(path).ok();
        let opened = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some((_, file)) = opened.filter(|(then, _)| Some(*then) == now) {
            return Ok(file.within(limits));
        }
        let file = VideoFile::open(ffmpeg, path, &limits, cancelled)?;
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(now) = now.filter(|_| files.len() < MOST) {
            files.insert(path.to_owned(), (now, file.clone()));
        }
        Ok(file)
    }
}
