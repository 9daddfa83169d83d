//! Metadata of pictures: EXIF, IPTC IIM, XMP and PNG texts in the file, and sidecar files beside it.
//!
//! Where two sources differ, XMP wins over IPTC and that over EXIF (Metadata Working Group 2.0). Of dates,
//! when the picture was taken wins over when it became a file, that over the satellites' time, the date in
//! the file's name and when a program changed the file; of two such dates, the camera's EXIF wins. Broken
//! metadata is passed over: a picture whose pixels can be read is worth having without its caption.
//!
//! Memory and time are bounded by what the blocks may have: see `xmp::bounds`, `keywords`, and the PNG texts.

mod beside;
mod comment;
pub(super) mod exif;
mod iptc;
mod keywords;
mod rights;
mod takeout;
mod xmp;

use std::path::Path;

use jiff::civil::DateTime;
use kinora_types::{DateBasis, GeoPoint, Rights};

pub use self::beside::{sidecar, sidecar_from, sidecar_paths};
use self::keywords::Keywords;
use super::{Format, Orientation, ReadError, container, decode::guarded};
use crate::dates::{self, Dated, Dates, date_in_name, dated};

/// Metadata of a picture; every part may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata {
    /// When the picture was taken, local time of the camera, unless `date_basis` says otherwise.
    pub taken_at: Option<DateTime>,
    /// Basis of `taken_at`; `None` where there is no date.
    pub date_basis: Option<DateBasis>,
    /// Place where the picture was taken.
    pub place: Option<GeoPoint>,
    /// Maker and model of the camera.
    pub camera: Option<String>,
    /// Orientation of the stored rows; [`super::decode`] has applied it already.
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
    /// Fills what is missing here from `other`; keywords are joined, and the surer date is taken.
    pub fn or(mut self, other: Self) -> Self {
        let surer = dates::weight(other.date_basis) > dates::weight(self.date_basis);
        if self.taken_at.is_none() || surer && self.date_basis.is_some() {
            (self.taken_at, self.date_basis) = (other.taken_at, other.date_basis);
        }
        self.place = self.place.or(other.place);
        self.camera = self.camera.or(other.camera);
        self.title = self.title.or(other.title);
        self.caption = self.caption.or(other.caption);
        let keywords: Keywords = self.keywords.iter().chain(&other.keywords).collect();
        self.keywords = keywords.into_list();
        self.rights.licence = self.rights.licence.or(other.rights.licence);
        self.rights.author = self.rights.author.or(other.rights.author);
        self.rights.source = self.rights.source.or(other.rights.source);
        if self.orientation == Orientation::default() {
            self.orientation = other.orientation;
        }
        self
    }

    /// The metadata with what its file name and its zone imply, once everything else has been read. Its name adds
    /// local time to a clock in UTC if both may be the same moment, and a date where there is none or only that of a
    /// change. A clock that is still in UTC becomes a guess at local time by the zone of the place, if that is known.
    pub fn complete(self, path: &Path) -> Self {
        self.named(path).placed()
    }

    fn placed(self) -> Self {
        let (Some(utc), Some(DateBasis::Utc), Some(place)) =
            (self.taken_at, self.date_basis, self.place)
        else {
            return self;
        };
        match dates::at_place(utc, place) {
            Some(at) => self.dated(Some(Dated { at, basis: DateBasis::Guessed })),
            None => self,
        }
    }

    fn named(mut self, path: &Path) -> Self {
        let name = path.file_name().and_then(|name| date_in_name(&name.to_string_lossy()));
        let Some(name) = name else {
            return self;
        };
        match (self.taken_at, self.date_basis) {
            (Some(utc), Some(DateBasis::Utc)) => match dates::agree(utc, &name) {
                Some(at) => self.dated(Some(Dated { at, basis: DateBasis::Written })),
                None => self,
            },
            // A time of change on the day of a name without a time is as good a guess.
            (Some(at), Some(DateBasis::Guessed))
                if !name.has_time && at.date() == name.at.date() =>
            {
                self
            }
            (None, _) | (_, Some(DateBasis::Guessed)) => {
                (self.taken_at, self.date_basis) = (Some(name.at), Some(DateBasis::Guessed));
                self
            }
            _ => self,
        }
    }

    fn dated(self, date: Option<Dated>) -> Self {
        let (taken_at, date_basis) = date.map(|date| (date.at, date.basis)).unzip();
        Self { taken_at, date_basis, ..self }
    }
}

/// Metadata of one block; dates are chosen once all blocks have been read.
#[derive(Default)]
struct Found {
    metadata: Metadata,
    dates: Dates,
}

impl Found {
    /// Fills what is missing here from `other`.
    fn or(self, other: Self) -> Self {
        Self { metadata: self.metadata.or(other.metadata), dates: self.dates.or(other.dates) }
    }

    /// The metadata with the date to believe.
    fn settled(self) -> Metadata {
        self.metadata.dated(self.dates.best())
    }
}

/// Reads the metadata in a file; empty for an unknown format.
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
        let more = found.xmp_extension.as_deref().map(xmp::read).unwrap_or_default();
        let iptc =
            found.iptc.as_deref().or(exif.iptc.as_deref()).map(iptc::read).unwrap_or_default();
        let dates = exif.found.dates;
        let all = xmp.or(more).or(iptc).or(texts(&found.texts)).or(exif.found);
        Ok(Found { dates: dates.or(all.dates), ..all }.settled())
    })
}

/// PNG's registered keywords, and a date that ImageMagick writes under EXIF's name.
fn texts(texts: &[(String, String)]) -> Found {
    let get = |key: &str| {
        let found = texts.iter().find(|(k, _)| k.eq_ignore_ascii_case(key));
        found.and_then(|(_, text)| clean(text))
    };
    let date = |key: &str| get(key).and_then(|text| dated(&text));
    let metadata = Metadata {
        title: get("Title"),
        caption: get("Description").or_else(|| get("Comment")),
        rights: Rights {
            licence: get("Copyright").map(|text| rights::name_of(&text)),
            author: get("Author"),
            source: get("Source"),
        }
        .meant(),
        ..Metadata::default()
    };
    let dates = Dates {
        original: date("exif:DateTimeOriginal"),
        digitized: date("Creation Time"),
        modified: date("tIME"),
        ..Dates::default()
    };
    Found { metadata, dates }
}

/// Characters of a text; what is longer is cut.
const LONGEST: usize = 10_000;

/// Trimmed, without control characters; `None` if nothing is left, or no more than the name of XMP's default language.
fn clean(text: &str) -> Option<String> {
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    let text = text.trim_matches(['\0', ' ', '\t', '\r', '\n']);
    let text: String = text.chars().take(LONGEST).map(printable).collect();
    let text = text.split(' ').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
    (!text.is_empty() && !text.eq_ignore_ascii_case("x-default")).then_some(text)
}

#[cfg(test)]
mod tests;
