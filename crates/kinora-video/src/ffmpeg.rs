//! The ffmpeg binary: which version it is and whether it can do what is asked.

use std::{
    io,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use kinora_types::advice;

use crate::spawn::{Bounds, spawn};

/// An ffmpeg binary that answered. Clones share what it said of itself, so that each costs two strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FFmpeg {
    /// Path of the file.
    pub path: PathBuf,
    /// Its version as it calls it, e.g. `7.0.2-static`.
    pub version: String,
    /// Names of its encoders.
    pub encoders: Arc<[String]>,
    /// Names of its decoders.
    pub decoders: Arc<[String]>,
    /// Names of its filters.
    pub filters: Arc<[String]>,
}

/// An ffmpeg binary cannot be used (environment).
#[derive(Debug, thiserror::Error)]
pub enum FFmpegError {
    /// It cannot be started.
    #[error("cannot start ffmpeg: {source}: {path}", path = path.display())]
    NotStarted {
        /// The cause.
        source: io::Error,
        /// The binary.
        path: PathBuf,
    },
    /// The program that was given is not ffmpeg.
    #[error("this program is not ffmpeg: {}", .0.display())]
    NotFFmpeg(PathBuf),
    /// It was built without an encoder.
    #[error("ffmpeg was built without `{encoder}`: {path}", path = ffmpeg.display())]
    NoEncoder {
        /// The encoder that is needed.
        encoder: &'static str,
        /// The binary.
        ffmpeg: PathBuf,
    },
}

impl FFmpegError {
    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> &'static str {
        advice::GET_FFMPEG
    }
}

impl FFmpeg {
    /// Runs the binary four times for its version, encoders, decoders and filters, so that no file needs to ask again.
    ///
    /// # Errors
    /// If it cannot be started, or it is not ffmpeg.
    pub fn check(path: &Path) -> Result<Self, FFmpegError> {
        let banner = ask(path, &["-hide_banner", "-version"])?;
        let version = banner
            .strip_prefix("ffmpeg version ")
            .and_then(|rest| rest.split_whitespace().next())
            .ok_or_else(|| FFmpegError::NotFFmpeg(path.to_owned()))?;
        Ok(Self {
            path: path.to_owned(),
            version: version.to_owned(),
            encoders: codecs(&ask(path, &["-hide_banner", "-encoders"])?).into(),
            decoders: codecs(&ask(path, &["-hide_banner", "-decoders"])?).into(),
            filters: filters(&ask(path, &["-hide_banner", "-filters"])?).into(),
        })
    }

    /// Checks that this binary has an encoder.
    ///
    /// # Errors
    /// [`FFmpegError::NoEncoder`] if it has not.
    pub fn require(&self, encoder: &'static str) -> Result<(), FFmpegError> {
        if self.encoders.iter().any(|name| name == encoder) {
            return Ok(());
        }
        Err(FFmpegError::NoEncoder { encoder, ffmpeg: self.path.clone() })
    }

    /// Whether it can bring light of high dynamic range to SDR.
    pub(crate) fn maps_tones(&self) -> bool {
        let has = |wanted: &str| self.filters.iter().any(|name| name == wanted);
        has("zscale") && has("tonemap")
    }

    /// Whether it has a decoder.
    pub(crate) fn decodes_by(&self, decoder: &str) -> bool {
        self.decoders.iter().any(|name| name == decoder)
    }
}

fn ask(path: &Path, args: &[&str]) -> Result<String, FFmpegError> {
    let mut command = Command::new(path);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let answered = spawn(command, Bounds::default(), None).and_then(Child::wait_with_output);
    let output =
        answered.map_err(|source| FFmpegError::NotStarted { source, path: path.to_owned() })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Second words of the lines whose flags start with `V` or `A`, after the legend's dashes.
fn codecs(listing: &str) -> Vec<String> {
    let lines = listing.lines().skip_while(|line| !line.trim_start().starts_with("---"));
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let flags = words.next()?;
            flags.starts_with(['V', 'A']).then(|| words.next())?
        })
        .map(str::to_owned)
        .collect()
}

/// Words before what a filter takes and gives, as in `V->V`: flags, a name, the pads.
fn filters(listing: &str) -> Vec<String> {
    let lines = listing.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let named = lines.filter(|words| words.get(2).is_some_and(|pads| pads.contains("->")));
    named.map(|words| words[1].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_listing() {
        let listing = "Encoders:\n V..... = Video\n A..... = Audio\n ------\n V....D libx264 \
                       H.264 (codec h264)\n A....D aac AAC\n V.S..D mpeg4 MPEG-4\n";
        assert_eq!(codecs(listing), ["libx264", "aac", "mpeg4"]);
        let listing = "Filters:\n  T.. = Timeline support\n  | = Source or sink filter\n ------\n \
                       TS tonemap  V->V  Conversion\n .. zscale            V->V   Apply z\n .S a3dscope A->V x\n";
        assert_eq!(filters(listing), ["tonemap", "zscale", "a3dscope"]);
    }

    #[test]
    fn a_missing_binary_is_told_with_its_path() {
        let error = FFmpeg::check(Path::new("/nowhere/ffmpeg")).unwrap_err();
        assert!(error.to_string().ends_with(": /nowhere/ffmpeg"), "{error}");
        assert!(!error.hint().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn another_program_is_not_taken_for_ffmpeg() {
        let error = FFmpeg::check(Path::new("/bin/true")).unwrap_err();
        assert!(matches!(error, FFmpegError::NotFFmpeg(_)), "{error}");
    }
}
