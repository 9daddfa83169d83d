//! What work is estimated to cost, so that short work comes before long and the time left of a mixture can be told.
//!
//! In milliseconds of two slow cores; only the ratios matter, since who shows a time left measures how fast it goes.
//! Measured with the default models on the videos and recordings of `bench`.

use std::path::Path;

use kinora_types::{Asset, Kind, PassageKind};

use crate::kind::{Holds, is_timed};

/// A picture: read, decoded, embedded, its thumbnail made.
const PICTURE: u64 = 300;
/// A video: opened, a dozen keyframes embedded.
const VIDEO: u64 = 3_000;
/// Looking after a file that holds what it did.
const MEND: u64 = 60;
/// Bytes that are read and hashed in a millisecond.
const BYTES_A_MS: u64 = 200_000;
/// A child process that decodes, from its start to its first frame.
const CHILD: u64 = 400;
/// What a caption takes.
const CAPTION: u64 = 15_000;

/// A new file.
pub(crate) fn of_file(path: &Path, bytes: u64, holds: Option<Holds>) -> u64 {
    let timed = holds.map_or_else(|| is_timed(path), |holds| holds == Holds::Time);
    (if timed { VIDEO } else { PICTURE }) + bytes / BYTES_A_MS
}

/// A file that holds what it did.
pub(crate) fn of_mending() -> u64 {
    MEND
}

/// Looking through a video.
pub(crate) fn of_looking(asset: &Asset) -> u64 {
    CHILD + asset.duration_ms.unwrap_or_default() / 2
}

/// Looking for words of these kinds in one asset.
pub(crate) fn of_words(asset: &Asset, kinds: &[PassageKind]) -> u64 {
    let length = asset.duration_ms.unwrap_or_default();
    let each = |kind: &PassageKind| match (kind, asset.kind()) {
        (PassageKind::Tag, Kind::Picture) => 40,
        (PassageKind::Tag, _) => length / 10,
        (PassageKind::Text, Kind::Picture) => 1_000,
        (PassageKind::Text, _) => length,
        (PassageKind::Speech, _) => length / 4,
        (PassageKind::Caption, Kind::Picture) => CAPTION,
        // A shot every five seconds.
        (PassageKind::Caption, _) => CAPTION * (1 + length / 5_000),
    };
    let start = if asset.kind() == Kind::Picture { PICTURE / 3 } else { CHILD };
    start + kinds.iter().map(each).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memo_costs_less_than_text_in_a_trailer_and_a_picture_less_than_a_video() {
        let asset = |format: &str, duration_ms, size| Asset {
            id: kinora_testing::library::id(format),
            size,
            bytes: 1,
            format: format.into(),
            duration_ms,
            paths: Vec::new(),
            taken_at: None,
            date_basis: None,
            place: None,
            camera: None,
            title: None,
            caption: None,
            keywords: Vec::new(),
            rights: kinora_types::Rights::default(),
            added_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let side = Some(kinora_types::Size { width: 4, height: 3 });
        let memo = of_words(&asset("wav", Some(10_000), None), &[PassageKind::Speech]);
        let trailer = asset("mp4", Some(140_000), side);
        assert!(memo < of_words(&trailer, &[PassageKind::Text, PassageKind::Tag]));
        assert!(memo < of_words(&trailer, &[PassageKind::Speech]));
        let picture = of_file(Path::new("a.jpg"), 5_000_000, None);
        assert!(picture < of_file(Path::new("a.mp4"), 5_000_000, None));
        assert!(of_mending() < picture);
    }
}
