//! What a caller may choose.

use std::{num::NonZero, path::PathBuf, thread};

use kinora_image::Limits;
use kinora_video::{FFmpeg, VideoLimits};

/// Choices of a run; [`Options::default`] suits people's own pictures.
#[derive(Clone, Debug)]
pub struct Options {
    /// A JSON list of `{file, title, author, licence, source, caption?, keywords?}`; what it says of a
    /// file name goes before what the file itself says.
    pub attributions: Option<PathBuf>,
    /// Whether words are indexed: names of files and folders, titles, captions, keywords. `false`
    /// indexes none of them, so that an evaluation rests on vision alone; they are stored all the same.
    pub index_names: bool,
    /// Decoding threads; the number of cores by default.
    pub threads: Option<NonZero<usize>>,
    /// Pictures embedded at once, at most; fewer on a machine that is slow at it.
    pub batch: usize,
    /// What one file may cost.
    pub limits: Limits,
    /// Decodes videos; without it, each video is a failure that says so.
    pub ffmpeg: Option<FFmpeg>,
    /// What one video may cost.
    pub video_limits: VideoLimits,
    /// Whether words are looked for again where another model did so before, and known problems are tried again.
    pub again: bool,
    /// Whether work that earlier runs left is done too; else only that of the files that this run brings in.
    pub resume: bool,
    /// Patterns of what this run leaves out, in the syntax of `.gitignore`, each below the folders that are given.
    pub exclude: Vec<String>,
    /// Longer side of thumbnails in pixels.
    pub thumbnail_side: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            attributions: None,
            index_names: true,
            threads: None,
            batch: 16,
            limits: Limits::default(),
            ffmpeg: None,
            video_limits: VideoLimits::default(),
            again: false,
            resume: true,
            exclude: Vec::new(),
            thumbnail_side: 512,
        }
    }
}

impl Options {
    pub(crate) fn decoding_threads(&self) -> usize {
        let chosen = self.threads.or_else(|| thread::available_parallelism().ok());
        chosen.map_or(1, NonZero::get).min(64)
    }
}
