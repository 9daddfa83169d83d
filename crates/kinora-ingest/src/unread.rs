//! Files that are left out: what they are and what to do about it.

use kinora_types::advice;
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::kind::extension;

/// A file in a folder that was passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The file.
    #[serde(with = "kinora_types::lossy_path")]
    pub path: PathBuf,
    /// What it is: `SVG`, `camera raw`, `sidecar`, …; `other` for what nobody expects to be seen.
    pub format: Cow<'static, str>,
    /// What makes it a picture or video that Kinora reads.
    pub hint: Option<Cow<'static, str>>,
}

/// What is said of sidecars that were read with their pictures.
pub(crate) const SIDECAR: &str = "sidecar";

/// What is said of files that are neither seen nor heard.
const OTHER: &str = "other";

const AS_PICTURE: &str = "save them as JPEG or PNG and add those";
const AS_VIDEO: &str = "convert them to MP4 and add those";
const AS_SOUND: &str = "convert them to FLAC or MP3 and add those";
const DEVELOP: &str = "develop them, or let the camera write JPEG or HEIC beside them";

/// Camera raw files, by ending.
const RAW: [&str; 22] = [
    "dng", "nef", "nrw", "cr2", "cr3", "crw", "arw", "sr2", "srf", "orf", "rw2", "rwl", "pef",
    "srw", "raf", "erf", "3fr", "fff", "iiq", "mrw", "x3f", "gpr",
];

/// Endings of formats that are not read.
const KNOWN: [(&[&str], &str, Option<&str>); 19] = [
    (&["svg", "svgz"], "SVG", Some(AS_PICTURE)),
    (&["jxl"], "JPEG XL", Some(AS_PICTURE)),
    (&["jp2", "j2k", "jpf", "jpx", "jpm", "j2c"], "JPEG 2000", Some(AS_PICTURE)),
    (&["jxr", "hdp", "wdp"], "JPEG XR", Some(AS_PICTURE)),
    (&["psd", "psb"], "Photoshop", Some(AS_PICTURE)),
    (&["xcf"], "GIMP", Some(AS_PICTURE)),
    (&["kra", "ora", "afphoto", "clip"], "layered picture", Some(AS_PICTURE)),
    (&["exr", "hdr", "pfm"], "HDR raster", Some(AS_PICTURE)),
    (
        &["tga", "pcx", "ppm", "pgm", "pbm", "pnm", "pam", "qoi", "dds", "ff"],
        "raster",
        Some(AS_PICTURE),
    ),
    (&["ico", "cur", "icns"], "icon", None),
    (&["eps", "ai", "wmf", "emf", "cdr"], "vector drawing", Some(AS_PICTURE)),
    (&["pdf"], "PDF", Some("save its pages as pictures and add those")),
    (
        &[
            "rm", "rmvb", "vob", "dv", "divx", "asf", "f4v", "mxf", "ogm", "insv", "lrv", "braw",
            "r3d",
        ],
        "video",
        Some(AS_VIDEO),
    ),
    (
        &["aiff", "aif", "mid", "midi", "ape", "wv", "tta", "ra", "mka", "ac3", "dts", "au"],
        "sound",
        Some(AS_SOUND),
    ),
    (&["aae"], "Apple's list of edits", None),
    (&["xmp"], "XMP without its picture", None),
    (&["thm"], "camera's thumbnail", None),
    (&["srt", "vtt", "ass", "ssa", "sub"], "subtitles", Some(advice::TRANSCRIPT)),
    (
        &["zip", "tar", "gz", "tgz", "rar", "7z", "xz", "bz2"],
        "archive",
        Some("unpack them and add the folder"),
    ),
];

/// Formats that are not read, by their first bytes: where they begin and how.
const BEGIN: [(usize, &[u8], &str); 12] = [
    (0, b"\xff\x0a", "JPEG XL"),
    (0, b"\0\0\0\x0cJXL ", "JPEG XL"),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (0, b"\xff\x4f\xff\x51", "JPEG 2000"),
    (0, b"8BPS", "Photoshop"),
    (0, b"gimp xcf", "GIMP"),
    (0, b"v/1\x01", "HDR raster"),
    (0, b"#?RADIANCE", "HDR raster"),
    (0, b"qoif", "raster"),
    (0, b"%PDF-", "PDF"),
    (4, b"ftypcrx ", "camera raw"),
    (0, b"FUJIFILMCCD-RAW", "camera raw"),
];

pub(crate) fn is_raw(ending: &str) -> bool {
    RAW.contains(&ending)
}

/// What a file is that is neither named nor made like something that Kinora reads.
pub(crate) fn left_out(path: &Path, head: &[u8]) -> LeftOut {
    let (format, hint) = by_content(head).or_else(|| by_name(path)).unwrap_or((OTHER, None));
    LeftOut { path: path.to_owned(), format: format.into(), hint: hint.map(Cow::from) }
}

impl LeftOut {
    /// Whether it is of a format that has a name here.
    pub(crate) fn is_known(&self) -> bool {
        self.format != OTHER
    }
}

fn by_name(path: &Path) -> Option<(&'static str, Option<&'static str>)> {
    let ending = extension(path);
    if is_raw(&ending) {
        return Some(("camera raw", Some(DEVELOP)));
    }
    let known = KNOWN.iter().find(|(endings, ..)| endings.contains(&ending.as_str()));
    known.map(|(_, format, hint)| (*format, *hint))
}

fn by_content(head: &[u8]) -> Option<(&'static str, Option<&'static str>)> {
    let begins = |(start, bytes, _): &&(usize, &[u8], _)| {
        head.get(*start..start + bytes.len()) == Some(*bytes)
    };
    let format = match BEGIN.iter().find(begins) {
        Some((_, _, format)) => format,
        None if is_svg(head) => "SVG",
        None => return None,
    };
    let hint = KNOWN.iter().find(|(_, name, _)| *name == format).and_then(|(.., hint)| *hint);
    Some((format, hint.or(Some(DEVELOP).filter(|_| format == "camera raw"))))
}

/// An XML document whose first bytes name the element.
fn is_svg(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with("<svg") || (text.starts_with("<?xml") && text.contains("<svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_a_name() {
        for (name, head, format, has_hint) in [
            ("a.SVG", &b""[..], "SVG", true),
            ("a.txt", b"<?xml version='1.0'?>\n<svg xmlns='x'/>", "SVG", true),
            ("a", b"\xff\x0a..", "JPEG XL", true),
            ("a.jxl", b"", "JPEG XL", true),
            ("a.jp2", b"\0\0\0\x0cjP  \r\n", "JPEG 2000", true),
            ("IMG_1.CR2", b"II*\0", "camera raw", true),
            ("IMG_1.CR3", b"\0\0\0\x18ftypcrx ", "camera raw", true),
            ("a.dng", b"II*\0", "camera raw", true),
            ("a.pdf", b"%PDF-1.7", "PDF", true),
            ("a.xmp", b"<x:xmpmeta", "XMP without its picture", false),
            ("notes.txt", b"BMW is a maker of cars", "other", false),
            ("a", b"", "other", false),
        ] {
            let left = left_out(Path::new(name), head);
            assert_eq!((left.format.as_ref(), left.hint.is_some()), (format, has_hint), "{name}");
        }
    }
}
