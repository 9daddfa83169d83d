//! What tests of this floor and the ones above need: the real ffmpeg, a font, pictures to look at.
//!
//! Only built for tests (feature `fixtures`). A missing program or font is a failure with a hint.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use kinora_types::Picture;

use super::{FFmpeg, Typesetter};

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

/// A typesetter over the caption font, from `KINORA_FONT` or Kinora's cache.
///
/// # Panics
/// If there is none: the message says how to get it.
pub fn typesetter() -> Typesetter {
    let named = std::env::var_os("KINORA_FONT").map(PathBuf::from);
    let found = named.or_else(|| cached("caption-font", "DejaVuSans.ttf"));
    let path = found.expect("no font: `kinora models pull caption-font`, or set KINORA_FONT");
    let bytes = std::fs::read(&path).expect("the font can be read");
    Typesetter::new(vec![bytes]).expect("the font is a font")
}

/// A picture with a bright disc on a slowly changing ground; the disc's middle is at (`x`, `y`) in
/// pixels and its edge is soft, so that its place can be measured far below a pixel.
pub fn disc(width: u32, height: u32, (x, y): (f64, f64), radius: f64) -> Picture {
    let mut picture = Picture::filled(width, height, [0; 3]);
    for (i, pixel) in picture.rgb_mut().chunks_exact_mut(3).enumerate() {
        let (px, py) = (i as u32 % width, i as u32 / width);
        let (dx, dy) = (f64::from(px) + 0.5 - x, f64::from(py) + 0.5 - y);
        let light = 200.0 * (-(dx * dx + dy * dy) / (2.0 * radius * radius)).exp();
        pixel.copy_from_slice(&[light as u8 + 20, light as u8 + 20, light as u8 / 2 + 40]);
    }
    picture
}

fn cached(artifact: &str, name: &str) -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    let cache = std::env::var_os("KINORA_CACHE")
        .map(PathBuf::from)
        .or_else(|| Some(home()?.join(".cache/kinora")))?;
    let inside = |folder: &Path| folder.join(name).is_file().then(|| folder.join(name));
    let versions = std::fs::read_dir(cache.join(artifact)).ok()?;
    versions.flatten().find_map(|entry| inside(&entry.path()))
}
