//! What a picture's file tells of itself: EXIF, IPTC IIM, XMP, PNG texts, sidecars.
//!
//! Where two sources speak, XMP wins over IPTC and that over EXIF (Metadata Working Group 2.0),
//! except for the time, where the camera's EXIF wins. Broken metadata is passed over: a picture
//! whose pixels can be read is worth having without its caption.

pub(super) mod exif;
mod iptc;
mod rights;
mod time;
mod xmp;

use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use kinora_types::{DateBasis, GeoPoint, Rights};

use super::{
    Format, Orientation, ReadError, container,
    decode::{guarded, read_file},
    limits::Limits,
};

/// What a file says of its picture; every part may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// When it was taken, local time of the camera.
    pub taken_at: Option<DateTime>,
    /// How `taken_at` is known; `None` where there is no date.
    pub date_basis: Option<DateBasis>,
    /// Where it was taken.
    pub place: Option<GeoPoint>,
    /// Maker and model of the camera.
    pub camera: Option<String>,
    /// How its rows lie; [`super::decode`] has applied it already.
    pub orientation: Orientation,
    /// Title.
    pub title: Option<String>,
    /// Caption or description.
    pub caption: Option<String>,
    /// Keywords, in order, without repetition.
    pub keywords: Vec<String>,
    /// Licence, author, origin.
    pub rights: Rights,
}

impl Metadata {
    /// Fills what is missing here from `other`; keywords are joined.
    pub fn or(mut self, other: Self) -> Self {
        self.taken_at = self.taken_at.or(other.taken_at);
        self.place = self.place.or(other.place);
        self.camera = self.camera.or(other.camera);
        self.title = self.title.or(other.title);
        self.caption = self.caption.or(other.caption);
        for keyword in other.keywords {
            if !self.keywords.contains(&keyword) {
                self.keywords.push(keyword);
            }
        }
        self.rights.licence = self.rights.licence.or(other.rights.licence);
        self.rights.author = self.rights.author.or(other.rights.author);
        self.rights.source = self.rights.source.or(other.rights.source);
        if self.orientation == Orientation::default() {
            self.orientation = other.orientation;
        }
        self
    }
}

/// Reads what the file tells of itself; empty for an unknown format.
///
/// # Errors
/// Only [`ReadError::Internal`], if a parser panicked.
pub fn metadata(bytes: &[u8]) -> Result<Metadata, ReadError> {
    let Some(format) = Format::of(bytes) else {
        return Ok(Metadata::default());
    };
    guarded(format, || {
        let found = container::segments(bytes, format);
        let exif = found.exif.map(|e| exif::read(e.into_owned())).unwrap_or_default();
        let xmp = found.xmp.as_deref().or(exif.xmp.as_deref()).map(xmp::read).unwrap_or_default();
        let iptc =
            found.iptc.as_deref().or(exif.iptc.as_deref()).map(iptc::read).unwrap_or_default();
        let taken_at = exif.metadata.taken_at.or(xmp.taken_at).or(iptc.taken_at);
        let mut all = xmp.or(iptc).or(texts(&found.texts)).or(exif.metadata);
        all.taken_at = taken_at;
        Ok(all)
    })
}

/// PNG's registered keywords.
fn texts(texts: &[(String, String)]) -> Metadata {
    let get = |key: &str| texts.iter().find(|(k, _)| k == key).and_then(|(_, text)| clean(text));
    Metadata {
        title: get("Title"),
        caption: get("Description"),
        rights: Rights { licence: get("Copyright"), author: get("Author"), source: get("Source") },
        ..Metadata::default()
    }
}

/// Reads the XMP sidecar of a picture, `x.jpg.xmp` or else `x.xmp`; empty if there is none.
///
/// # Errors
/// If a sidecar is there but cannot be read, or a parser panicked.
pub fn sidecar(picture: &Path) -> Result<Metadata, ReadError> {
    let limits = Limits { bytes: 16 << 20, ..Limits::default() };
    let mut long = picture.as_os_str().to_owned();
    long.push(".xmp");
    for path in [PathBuf::from(long), picture.with_extension("xmp")] {
        if path != picture && path.is_file() {
            let bytes = read_file(&path, &limits)?;
            return guarded(Format::Tiff, || Ok(xmp::read(&bytes)));
        }
    }
    Ok(Metadata::default())
}

/// Trimmed, without control characters; `None` if nothing is left.
fn clean(text: &str) -> Option<String> {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let text: String =
        text.trim_matches(['\0', ' ', '\t', '\r', '\n']).chars().map(printable).collect();
    let text = text.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}
