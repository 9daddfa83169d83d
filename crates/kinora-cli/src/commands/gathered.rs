//! What a run of `kinora add` met on its way besides pictures and videos.

use std::{collections::BTreeMap, path::PathBuf};

use crate::output;
use kinora_engine::{LeftOut, LivePhoto};
use serde::Serialize;

/// Names that are shown of each format; `--json` lists all files.
const MOST_NAMES: usize = 3;

/// Gathered while the run goes on. Memory: one entry a file.
#[derive(Default, Serialize)]
pub(crate) struct Gathered {
    /// Files in folders that are neither seen nor heard.
    #[serde(rename = "left_out_files")]
    pub left_out: Vec<LeftOut>,
    /// New pictures with a short video in their file, which is not looked at.
    #[serde(rename = "motion_photo_files")]
    pub motion_photos: Vec<PathBuf>,
    /// Pairs with a new half.
    #[serde(rename = "live_photo_files")]
    pub live_photos: Vec<LivePhoto>,
}

impl Gathered {
    /// What people read below the numbers of a run.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = self.left_out_lines();
        let plural = |count: usize, one: &str| match count {
            1 => format!("1 {one}"),
            many => format!("{many} {one}s"),
        };
        if !self.live_photos.is_empty() {
            let pairs = plural(self.live_photos.len(), "Live Photo pair");
            lines.push(format!("{pairs}: `kinora show` names the other half"));
        }
        if !self.motion_photos.is_empty() {
            let photos = plural(self.motion_photos.len(), "motion photo");
            lines.push(format!("{photos}: the moving part is not looked at"));
        }
        lines
    }

    fn left_out_lines(&self) -> Vec<String> {
        let mut formats: BTreeMap<&str, Vec<&LeftOut>> = BTreeMap::new();
        for left in &self.left_out {
            formats.entry(&left.format).or_default().push(left);
        }
        if formats.is_empty() {
            return Vec::new();
        }
        let groups: Vec<String> = formats.iter().map(|(name, files)| group(name, files)).collect();
        let mut lines = vec![format!("left out: {}", groups.join(", "))];
        for (format, files) in formats {
            if let Some(hint) = files.first().and_then(|left| left.hint.as_deref()) {
                lines.push(format!("  hint: {format}: {}", output::hint(hint)));
            }
        }
        lines
    }
}

/// `14 camera raw (IMG_1.CR2, IMG_2.CR2, IMG_3.CR2, …)`.
fn group(format: &str, files: &[&LeftOut]) -> String {
    let count = files.len();
    match format {
        "sidecar" if count == 1 => return "1 sidecar (read with its picture)".into(),
        "sidecar" => return format!("{count} sidecars (read with their pictures)"),
        _ => {}
    }
    let name =
        |left: &&LeftOut| left.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut names: Vec<String> = files.iter().take(MOST_NAMES).map(name).collect();
    if count > MOST_NAMES {
        names.push("…".into());
    }
    let format = match format {
        "other" if count == 1 => "other file",
        "other" => "other files",
        named => named,
    };
    format!("{count} {format} ({})", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_counted_by_format() {
        let left = |name: &str, format: &'static str, hint: Option<&'static str>| {
            let (format, hint) = (format.into(), hint.map(Into::into));
            LeftOut { path: name.into(), format, hint }
        };
        let mut gathered = Gathered::default();
        for number in 1..=4 {
            let name = format!("/a/IMG_{number}.CR2");
            gathered.left_out.push(left(&name, "camera raw", Some("develop them")));
        }
        gathered.left_out.push(left("/a/x.xmp", "sidecar", None));
        gathered.left_out.push(left("/a/n.txt", "other", None));
        let pair = LivePhoto { picture: "/a/1.heic".into(), video: "/a/1.mov".into() };
        gathered.live_photos = vec![pair.clone(), pair];
        gathered.motion_photos = vec!["/a/2.jpg".into()];
        assert_eq!(
            gathered.lines(),
            [
                "left out: 4 camera raw (IMG_1.CR2, IMG_2.CR2, IMG_3.CR2, …), 1 other file (n.txt), \
                 1 sidecar (read with its picture)",
                "  hint: camera raw: develop them",
                "2 Live Photo pairs: `kinora show` names the other half",
                "1 motion photo: the moving part is not looked at",
            ]
        );
        assert!(Gathered::default().lines().is_empty());
    }
}
