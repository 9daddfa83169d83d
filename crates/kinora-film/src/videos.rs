//! Videos of a film's sources: each is hashed and probed once, however many shots, sounds and sketches it gives.
//!
//! Memory: about 2 KB a video.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use kinora_files::Stamp;
use kinora_types::{Asset, AssetId, Control};
use kinora_video::{FFmpeg, VideoFile};

use crate::{SourceError, open_video};

/// The videos that were opened for one film.
#[derive(Debug, Default)]
pub struct SourceVideos(Mutex<HashMap<AssetId, (Stamp, VideoFile)>>);

impl SourceVideos {
    /// The video of an asset, as [`open_video`] gives it. A file that was opened before is hashed and probed again
    /// only if its size or times have changed since.
    ///
    /// # Errors
    /// As [`open_video`].
    pub fn open(
        &self,
        ffmpeg: &FFmpeg,
        asset: &Asset,
        control: &Control,
    ) -> Result<VideoFile, SourceError> {
        let opened = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&asset.id).cloned();
        let as_it_was = |(then, file): &(Stamp, VideoFile)| {
            Stamp::of(file.path()).is_ok_and(|now| now == *then)
        };
        if let Some((_, file)) = opened.filter(as_it_was) {
            return Ok(file);
        }
        // Before the hash: what is written while it is made shows later.
        let stamps = asset.paths.iter().map(|path| (path, Stamp::of(path.as_ref()).ok()));
        let stamps: Vec<_> = stamps.collect();
        let file = open_video(ffmpeg, asset, control)?;
        let own = |(path, _): &&(&String, Option<Stamp>)| file.path().as_os_str() == path.as_str();
        if let Some((_, Some(stamp))) = stamps.iter().find(own) {
            let mut videos = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            videos.insert(asset.id, (*stamp, file.clone()));
        }
        Ok(file)
    }
}
