//! The ffmpeg binary: which version it is and whether it can do what is asked.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::render::RenderError;

/// An ffmpeg binary that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FFmpeg {
    /// Where it is.
    pub path: PathBuf,
    /// Its version as it calls it, e.g. `7.0.2-static`.
    pub version: String,
    /// Names of its video encoders.
    pub encoders: Vec<String>,
}

impl FFmpeg {
    /// Runs the binary twice and reads what it says of itself.
    ///
    /// Errors: it cannot be started, or it is not ffmpeg.
    pub fn check(path: &Path) -> Result<Self, RenderError> {
        let banner = ask(path, &["-hide_banner", "-version"])?;
        let version = banner
            .strip_prefix("ffmpeg version ")
            .and_then(|rest| rest.split_whitespace().next())
            .ok_or_else(|| RenderError::NotFFmpeg(path.to_owned()))?;
        Ok(Self {
            path: path.to_owned(),
            version: version.to_owned(),
            encoders: encoders(&ask(path, &["-hide_banner", "-encoders"])?),
        })
    }

    /// Fails unless this binary has the encoder.
    pub fn require(&self, encoder: &'static str) -> Result<(), RenderError> {
        if self.encoders.iter().any(|name| name == encoder) {
            return Ok(());
        }
        Err(RenderError::NoEncoder { encoder, ffmpeg: self.path.clone() })
    }
}

fn ask(path: &Path, args: &[&str]) -> Result<String, RenderError> {
    let output = Command::new(path).args(args).stdin(Stdio::null()).output().map_err(|source| {
        RenderError::Io { action: "cannot start ffmpeg", source, path: path.to_owned() }
    })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Second words of the lines whose flags start with `V` or `A`, after the legend's dashes.
fn encoders(listing: &str) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_listing() {
        let listing = "Encoders:\n V..... = Video\n A..... = Audio\n ------\n V....D libx264 \
                       H.264 (codec h264)\n A....D aac AAC\n V.S..D mpeg4 MPEG-4\n";
        assert_eq!(encoders(listing), ["libx264", "aac", "mpeg4"]);
    }

    #[test]
    fn a_missing_binary_is_told_with_its_path() {
        let error = FFmpeg::check(Path::new("/nowhere/ffmpeg")).unwrap_err();
        assert!(error.to_string().ends_with(": /nowhere/ffmpeg"), "{error}");
        assert!(error.hint().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn another_program_is_not_taken_for_ffmpeg() {
        let error = FFmpeg::check(Path::new("/bin/true")).unwrap_err();
        assert!(matches!(error, RenderError::NotFFmpeg(_)), "{error}");
    }
}
