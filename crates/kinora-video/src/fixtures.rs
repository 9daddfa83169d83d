//! Fixtures for tests: the real ffmpeg, and one that counts its calls.
//!
//! Only built for tests (feature `fixtures`). A missing program is a failure with a hint.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

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

/// ffmpeg behind a script that writes down what it is asked, for tests that count children.
pub struct LoggedFFmpeg {
    /// The script, checked.
    pub ffmpeg: FFmpeg,
    log: PathBuf,
}

impl LoggedFFmpeg {
    /// Writes the script and its log into a folder.
    ///
    /// # Panics
    /// If there is no ffmpeg, or no shell that can make the script.
    pub fn new(folder: &Path) -> Self {
        let (script, log) = (folder.join("logged-ffmpeg"), folder.join("logged-ffmpeg.log"));
        let text = format!(
            "#!/bin/sh\necho \"$*\" >> '{}'\nexec '{}' \"$@\"\n",
            log.display(),
            ffmpeg().path.display()
        );
        // By another process: a script that a fork of ours holds open for writing cannot be run.
        let made = Command::new("sh")
            .args(["-c", "printf %s \"$1\" > \"$0\" && chmod 755 \"$0\""])
            .args([script.as_os_str(), text.as_ref()])
            .status();
        assert!(made.expect("a shell").success());
        Self { ffmpeg: FFmpeg::check(&script).expect("ffmpeg answers"), log }
    }

    /// The arguments of every run up to now, those of [`FFmpeg::check`] too.
    ///
    /// # Panics
    /// If the log cannot be read.
    pub fn runs(&self) -> Vec<String> {
        let log = std::fs::read_to_string(&self.log).expect("the log can be read");
        log.lines().map(str::to_owned).collect()
    }

    /// Runs that only looked at what a file is.
    ///
    /// # Panics
    /// As [`LoggedFFmpeg::runs`].
    pub fn probes(&self) -> usize {
        let looks = ["-frames:v 1 -vf showinfo=checksum=0 -f null -", "-c copy -t 0.1 -f null -"];
        self.runs().iter().filter(|run| looks.iter().any(|look| run.ends_with(look))).count()
    }
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
