//! Fixtures for tests: the real ffmpeg.
//!
//! Only built for tests (feature `fixtures`). A missing program is a failure with a hint.

use std::path::{Path, PathBuf};

use crate::FFmpeg;

/// ffmpeg from `KINORA_FFMPEG`, `PATH` or Kinora's cache.
///
/// # Panics
/// If there is none: the message says how to get it.
pub fn ffmpeg() -> FFmpeg {
    let named = std::env::var_os("KINORA_FFMPEG").map(PathBuf::from);
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join("ffmpeg")).find(|file| file.is_file())
    };
    let found = named.or_else(on_path).or_else(|| cached("ffmpeg", "ffmpeg"));
    let path = found.expect("no ffmpeg: `kinora models pull ffmpeg`, or set KINORA_FFMPEG");
    FFmpeg::check(&path).expect("ffmpeg answers")
}

/// A file of an artifact in Kinora's cache (`KINORA_CACHE`, else the usual place), if it is there.
pub fn cached(artifact: &str, name: &str) -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let cache = std::env::var_os("KINORA_CACHE")
        .map(PathBuf::from)
        .or_else(|| Some(home()?.join(".cache/kinora")))?;
    let inside = |folder: &Path| folder.join(name).is_file().then(|| folder.join(name));
    let versions = std::fs::read_dir(cache.join(artifact)).ok()?;
    versions.flatten().find_map(|entry| inside(&entry.path()))
}
