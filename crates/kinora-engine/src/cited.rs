//! How cited sources look.

use std::{fs, path::Path, time::Duration};

use kinora_media::{
    read::{Limits, decode, thumbnail},
    render::to_picture,
    video::{VideoFile, VideoLimits, never},
};
use kinora_types::{Citation, Picture};

use crate::Studio;

/// A cited source, small.
pub struct CitedPicture {
    /// Its pixels.
    pub picture: Picture,
    /// The same as a JPEG file.
    pub jpeg: Vec<u8>,
}

impl Studio {
    /// How a cited source looks, the longer side at most `side` pixels; of a video the middle of the cited
    /// stretch. `None` if there is nothing to see or it cannot be read now.
    pub fn cited_picture(
        &self,
        library: &str,
        citation: &Citation,
        side: u32,
    ) -> Option<CitedPicture> {
        let whole = || {
            let path = self.thumbnail(library, &citation.asset).ok().flatten()?;
            decoded(&fs::read(path).ok()?, side)
        };
        let seen = self.middle_of_stretch(library, citation, side).or_else(whole)?;
        let jpeg = thumbnail(&seen, side).ok()?;
        Some(CitedPicture { picture: decoded(&jpeg, side)?, jpeg })
    }

    fn middle_of_stretch(&self, library: &str, citation: &Citation, side: u32) -> Option<Picture> {
        let range = citation.range?;
        let asset = self.catalog(library).ok()?.asset(&citation.asset).ok().flatten()?;
        asset.size?;
        let path = asset.paths.iter().map(Path::new).find(|path| path.is_file())?;
        let limits = VideoLimits::default();
        let file = VideoFile::open(&self.ffmpeg().ok()?, path, &limits, &never).ok()?;
        let middle = u64::midpoint(range.start_ms(), range.end_ms());
        let frame = file.still(Duration::from_millis(middle), side, &never).ok()?;
        Some(to_picture(&frame.image))
    }
}

fn decoded(bytes: &[u8], side: u32) -> Option<Picture> {
    decode(bytes, side, &Limits::default()).ok().map(|decoded| decoded.picture)
}
