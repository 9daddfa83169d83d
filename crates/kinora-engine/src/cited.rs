//! How cited sources look.

use std::{path::Path, time::Duration};

use kinora_image::{Limits, decode, frame::to_picture, thumbnail};
use kinora_types::{Citation, Control, Picture};
use kinora_video::{VideoFile, VideoLimits};

use crate::{Job, Library};

/// Bytes; ours are some ten kilobytes.
const LARGEST_THUMBNAIL: u64 = 16 << 20;

/// A cited source, small.
pub struct CitedPicture {
    /// Its pixels.
    pub picture: Picture,
    /// The same as a JPEG file.
    pub jpeg: Vec<u8>,
}

impl Library {
    /// How a cited source looks, the longer side at most `side` pixels; of a video the middle of the cited
    /// stretch. `None` if there is nothing to see, it cannot be read now, or the work was stopped.
    pub fn cited_picture(&self, citation: &Citation, side: u32, job: &Job) -> Option<CitedPicture> {
        let whole = || {
            let path = self.thumbnail(&citation.asset)?;
            decoded(&kinora_files::read(&path, LARGEST_THUMBNAIL).ok()?, side)
        };
        let seen = self.middle_of_stretch(citation, side, job.control()).or_else(whole)?;
        let jpeg = thumbnail(&seen, side).ok()?;
        Some(CitedPicture { picture: decoded(&jpeg, side)?, jpeg })
    }

    fn middle_of_stretch(
        &self,
        citation: &Citation,
        side: u32,
        control: &Control,
    ) -> Option<Picture> {
        let range = citation.range?;
        let asset = self.catalog.asset(&citation.asset).ok().flatten()?;
        asset.size?;
        let path = asset.paths.iter().map(Path::new).find(|path| path.is_file())?;
        let (limits, cancelled) = (VideoLimits::default(), || control.is_cancelled());
        let file = VideoFile::open(&self.shared.ffmpeg().ok()?, path, &limits, &cancelled).ok()?;
        let middle = u64::midpoint(range.start_ms(), range.end_ms());
        let frame = file.still(Duration::from_millis(middle), side, &cancelled).ok()?;
        Some(to_picture(&frame.image))
    }
}

fn decoded(bytes: &[u8], side: u32) -> Option<Picture> {
    decode(bytes, side, &Limits::default()).ok().map(|decoded| decoded.picture)
}
