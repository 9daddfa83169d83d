//! Pictures, videos, recordings, and what is none of them: by name for what ought to be one, by
//! content for what is.

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::Path,
};

use kinora_image::Format;
use kinora_video::audio::begins_sound;

use crate::unread::is_raw;

/// Names of videos.
const VIDEO_EXTENSIONS: [&str; 17] = [
    "mp4", "m4v", "mov", "qt", "mkv", "webm", "avi", "mpg", "mpeg", "m2v", "ts", "mts", "m2ts",
    "wmv", "flv", "3gp", "ogv",
];

/// Names of recordings.
const AUDIO_EXTENSIONS: [&str; 12] =
    ["mp3", "m4a", "m4b", "aac", "wav", "flac", "ogg", "oga", "opus", "wma", "caf", "amr"];

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// A still picture, or what should be one.
    Picture,
    /// A video or a recording, or what should be one: what ffmpeg reads.
    Time,
}

/// Whether the name promises a picture, a video or a recording.
pub(crate) fn named_as_media(path: &Path) -> bool {
    let extension = extension(path);
    kinora_image::EXTENSIONS.contains(&extension.as_str()) || is_timed_name(&extension)
}

/// Whether a file without an honest name begins like one of them.
pub(crate) fn looks_like_media(path: &Path, head: &[u8]) -> bool {
    // Camera raw files are TIFF by their first bytes, but hold no finished picture.
    !is_raw(&extension(path)) && (Format::of(head).is_some() || begins_timed(head))
}

/// Bytes that tell a format.
const HEAD: u64 = 512;

/// A file that was opened to see what it holds.
pub(crate) struct Inspected {
    /// At its start, to be read on; or why it cannot be.
    pub file: io::Result<File>,
    /// The first bytes; fewer, or none, where the file does not give them at once.
    pub head: Vec<u8>,
    /// Content decides, the name only where the content says nothing.
    pub holds: Holds,
}

impl Inspected {
    /// Opens a file once and reads as much of it as tells what it holds.
    pub(crate) fn open(path: &Path) -> Self {
        let mut head = Vec::new();
        let mut animated = false;
        let file = kinora_files::open(path).and_then(|mut file| {
            file.by_ref().take(HEAD).read_to_end(&mut head)?;
            if Format::of(&head).is_some() {
                file.rewind()?;
                animated = kinora_image::is_animated(&mut file);
            }
            file.rewind()?;
            Ok(file)
        });
        let timed = match Format::of(&head) {
            Some(_) => animated,
            None => begins_timed(&head) || is_timed_name(&extension(path)),
        };
        Self { file, head, holds: if timed { Holds::Time } else { Holds::Picture } }
    }
}

/// Whether the name promises a video or a recording.
pub(crate) fn is_timed(path: &Path) -> bool {
    is_timed_name(&extension(path))
}

fn is_timed_name(extension: &str) -> bool {
    VIDEO_EXTENSIONS.contains(&extension) || AUDIO_EXTENSIONS.contains(&extension)
}

pub(crate) fn extension(path: &Path) -> String {
    path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase()
}

/// ISO media other than pictures, Matroska, AVI, MPEG program streams and video, ASF, Flash; recordings.
fn begins_timed(head: &[u8]) -> bool {
    let at = |start: usize, bytes: &[u8]| head.get(start..start + bytes.len()) == Some(bytes);
    at(4, b"ftyp")
        || at(4, b"moov")
        || at(0, &[0x1A, 0x45, 0xDF, 0xA3])
        || (at(0, b"RIFF") && at(8, b"AVI "))
        || at(0, &[0, 0, 1, 0xBA])
        || at(0, &[0, 0, 1, 0xB3])
        || at(0, &[0x30, 0x26, 0xB2, 0x75])
        || at(0, b"FLV\x01")
        || at(0, b"OggS")
        || begins_sound(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_before_the_name() {
        let folder = tempfile::TempDir::new().unwrap();
        for (name, content, expected) in [
            ("a.mp4", &b"\x89PNG\r\n\x1a\n"[..], Holds::Picture),
            ("b.jpg", b"\x00\x00\x00\x18ftypisom", Holds::Time),
            ("c.mov", b"", Holds::Time),
            ("d.jpg", b"no picture", Holds::Picture),
            ("e", b"\x1a\x45\xdf\xa3", Holds::Time),
            ("f.mp3", b"", Holds::Time),
            ("g.txt", b"fLaC", Holds::Time),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            let inspected = Inspected::open(&path);
            assert_eq!(inspected.holds, expected, "{name}");
            // The bytes that were examined are still to be read.
            let mut read = Vec::new();
            inspected.file.unwrap().read_to_end(&mut read).unwrap();
            assert_eq!(read, content, "{name}");
        }
        assert!(
            named_as_media(Path::new("x.MKV"))
                && named_as_media(Path::new("x.Opus"))
                && !named_as_media(Path::new("x.txt"))
        );
        assert!(looks_like_media(Path::new("e"), b"\x1a\x45\xdf\xa3"));
        assert!(!looks_like_media(Path::new("a.nef"), b"II*\0"));
    }
}
