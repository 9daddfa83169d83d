//! Files whose content is unchanged: changed sidecars are read again, lost thumbnails are made again.

use std::{fs::File, io};

use kinora_catalog::Told;
use kinora_types::AssetId;

use crate::{
    FileFailure, IngestError,
    kind::{Holds, Inspected},
    prepare::{Mended, Prepared, Preparer, copy_of, failure, inside},
    video::{self, needs_ffmpeg, poster_frame, tags},
    walk::Task,
};

/// What a second reading of a file gave.
type Reread = (Option<Told>, Result<(), FileFailure>);

impl Preparer<'_> {
    /// Reads the file only if something of it is needed.
    pub(crate) fn mend(
        &self,
        task: Task,
        asset: AssetId,
        changed_beside: bool,
        wants_thumbnail: bool,
    ) -> Result<Prepared, IngestError> {
        let wants_inside = changed_beside && self.unknown(&asset)?;
        let inspected = (wants_inside || wants_thumbnail).then(|| Inspected::open(&task.path));
        let (inside, outcome) = match inspected {
            None => (None, Ok(())),
            Some(Inspected { holds: Holds::Picture, file, .. }) => {
                self.reread_picture(&task, file, &asset, wants_thumbnail)?
            }
            Some(_) => self.reread_video(&task, &asset, wants_thumbnail)?,
        };
        let thumbnail = wants_thumbnail && outcome.is_ok();
        let what =
            if wants_thumbnail { "its thumbnail cannot be made again" } else { "it says nothing" };
        let told_of = |damage: FileFailure| FileFailure {
            message: format!("{what}: {}", damage.message),
            ..damage
        };
        let (damage, copy) = (outcome.err().map(told_of), copy_of(&task));
        Ok(Prepared::Mended(Mended { asset, copy, changed_beside, inside, thumbnail, damage }))
    }

    fn reread_picture(
        &self,
        task: &Task,
        file: io::Result<File>,
        asset: &AssetId,
        wants_thumbnail: bool,
    ) -> Result<Reread, IngestError> {
        let bytes = match self.bytes(&task.path, file) {
            Ok(bytes) => bytes,
            Err(failure) => return Ok((None, Err(failure))),
        };
        let description = Some(inside(&bytes));
        if !wants_thumbnail {
            return Ok((description, Ok(())));
        }
        match self.decode(&bytes, false) {
            Ok(decoded) => {
                Ok((description, self.keep_thumbnail(&task.path, asset, &decoded.picture)?))
            }
            Err(error) => Ok((description, Err(failure(&task.path, &error)))),
        }
    }

    fn reread_video(
        &self,
        task: &Task,
        asset: &AssetId,
        wants_thumbnail: bool,
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
        let description = Some(tags(&file));
        if !wants_thumbnail {
            return Ok((description, Ok(())));
        }
        let kept = match self.first_look(&file) {
            Ok(keyframes) => match poster_frame(&keyframes.unwrap_or_default()) {
                Some(poster) => self.keep_thumbnail(&task.path, asset, &poster.picture)?,
                None => Ok(()),
            },
            Err(error) => failed(error),
        };
        Ok((description, kept))
    }
}
