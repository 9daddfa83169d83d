//! Fuzz targets: every reader of files that others made and that needs no child process.

use std::path::Path;

use kinora_film::BriefFormat;
use kinora_image::Limits;
use kinora_video::subtitles;

/// Shorter side that pictures are decoded for: what the vision towers take.
const SIDE: u32 = 224;

/// A reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Bytes to a picture.
    Picture,
    /// Bytes to the metadata of a picture's file.
    Metadata,
    /// Bytes to an XMP sidecar's or a Takeout file's contents.
    Sidecar,
    /// Subtitles to passages.
    Subtitles,
    /// Text, Markdown and TOML to a brief.
    Brief,
    /// JSON to a film's record, and the record to its tree of sources.
    Record,
}

impl Target {
    /// Every target.
    pub const ALL: [Self; 6] =
        [Self::Picture, Self::Metadata, Self::Sidecar, Self::Subtitles, Self::Brief, Self::Record];

    /// Its name, which is also the folder of its own seeds.
    pub fn name(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Metadata => "metadata",
            Self::Sidecar => "sidecar",
            Self::Subtitles => "subtitles",
            Self::Brief => "brief",
            Self::Record => "record",
        }
    }

    /// Reads `bytes`; errors are what is expected of most of them.
    pub fn feed(self, bytes: &[u8]) {
        match self {
            Self::Picture => drop(kinora_image::decode(bytes, SIDE, &Limits::default())),
            Self::Metadata => drop(kinora_image::metadata(bytes)),
            Self::Sidecar => {
                for is_json in [false, true] {
                    drop(kinora_image::sidecar_from(bytes, is_json, "x.jpg"));
                }
            }
            Self::Subtitles => drop(subtitles::read(bytes)),
            Self::Brief => {
                let text = String::from_utf8_lossy(bytes);
                for format in [BriefFormat::Text, BriefFormat::Markdown, BriefFormat::Toml] {
                    drop(kinora_film::parse(&text, format, 30.0));
                }
            }
            Self::Record => {
                let text = String::from_utf8_lossy(bytes);
                drop(kinora_provenance::from_json(&text, Path::new("film.json")));
            }
        }
    }
}
