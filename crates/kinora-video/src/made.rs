//! A folder of media that tests make with ffmpeg, removed at the end.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{fs, path::PathBuf, process::Command};

use crate::{FFmpeg, fixtures::ffmpeg};

pub(crate) struct Made {
    pub folder: tempfile::TempDir,
    pub ffmpeg: FFmpeg,
}

impl Made {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), ffmpeg: ffmpeg() }
    }

    /// Runs ffmpeg with the words of `line`, `IN/` standing for the folder; gives the last one back.
    pub(crate) fn make(&self, line: &str) -> PathBuf {
        let inside =
            |word: &str| word.replace("IN/", &format!("{}/", self.folder.path().display()));
        let words: Vec<String> = line.split_whitespace().map(inside).collect();
        let made =
            Command::new(&self.ffmpeg.path).args(["-v", "error", "-y"]).args(&words).output();
        let said = String::from_utf8_lossy(&made.unwrap().stderr).into_owned();
        let path = PathBuf::from(words.last().unwrap());
        assert!(path.is_file(), "{line}: {said}");
        path
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}
