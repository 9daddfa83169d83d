//! Files that hold what they did: their sidecars are read again, thumbnails are made again.

use std::{fs::File, io};

use kinora_catalog::LayerMetadata;
use kinora_types::AssetId;

use crate::{
    FileFailure, IngestError,
    kind::{Holds, Inspected},
    prepare::{Mended, Prepared, Preparer, copy_of, failure, inside},
    video::{self, needs_ffmpeg, poster_frame, tags},
    walk::Task,
};

/// What a second reading of a file gave.
type Reread = (Option<LayerMetadata>, Result<(), FileFailure>);

impl Preparer<'_> {
    /// Reads the file only if something of it is needed.
    pub(crate) fn mend(
        &self,
        task: Task,
        asset: AssetId,
        metadata: bool,
        wants_poster: bool,
    ) -> Result<Prepared, IngestError> {
        let wants_inside = metadata && self.unknown(&asset)?;
        let inspected = (wants_inside || wants_poster).then(|| Inspected::open(&task.path));
        let (inside, outcome) = match inspected {
            None => (None, Ok(())),
            Some(Inspected { holds: Holds::Picture, file, .. }) => {
                self.reread_picture(&task, file, &asset, wants_poster)?
            }
            Some(_) => self.reread_video(&task, &asset, wants_poster)?,
        };
        let poster = wants_poster && outcome.is_ok();
        let what =
            if wants_poster { "its thumbnail cannot be made again" } else { "it says nothing" };
        let told_of = |damage: FileFailure| FileFailure {
            message: format!("{what}: {}", damage.message),
            ..damage
        };
        let (damage, copy) = (outcome.err().map(told_of), copy_of(&task));
        Ok(Prepared::Mended(Mended { asset, copy, metadata, inside, poster, damage }))
    }

    fn reread_picture(
        &self,
        task: &Task,
        file: io::Result<File>,
        asset: &AssetId,
        wants_poster: bool,
    ) -> Result<Reread, IngestError> {
        let bytes = match self.bytes(&task.path, file) {
            Ok(bytes) => bytes,
            Err(failure) => return Ok((None, Err(failure))),
        };
        let metadata = Some(inside(&bytes));
        if !wants_poster {
            return Ok((metadata, Ok(())));
        }
        match self.decode(&bytes, false) {
            Ok(decoded) => {
                Ok((metadata, self.keep_thumbnail(&task.path, asset, &decoded.picture)?))
            }
            Err(error) => Ok((metadata, Err(failure(&task.path, &error)))),
        }
    }

    fn reread_video(
        &self,
        task: &Task,
        asset: &AssetId,
        wants_poster: bool,
    ) -> Result<Reread, IngestError> {
        let Some(ffmpeg) = &self.options.ffmpeg else {
            return Ok((None, Err(needs_ffmpeg(task.path.clone()))));
        };
        let cancelled = || self.stop.asked();
        let failed = |error| Err(video::failure(task.path.clone(), &error));
        let limits = self.options.video_limits.clone();
        let file = match self.videos.open(ffmpeg, &task.path, limits, &cancelled) {
            Ok(file) => file,
            Err(error) => return Ok((None, failed(error))),
        };
        let metadata = Some(tags(&file));
        if !wants_poster {
            return Ok((metadata, Ok(())));
        }
        let kept = match self.first_look(&file) {
            Ok(keyframes) => match poster_frame(&keyframes.unwrap_or_default()) {
                Some(poster) => self.keep_thumbnail(&task.path, asset, &poster.picture)?,
                None => Ok(()),
            },
            Err(error) => failed(error),
        };
        Ok((metadata, kept))
    }
}
