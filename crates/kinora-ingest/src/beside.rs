//! What is said of a file outside of its bytes: files beside it, and its name.
//!
//! Sidecars are remembered by size and times, so that one that appears, changes or vanishes is noticed
//! without anything being read.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use kinora_catalog::{Told, composed};
use kinora_image::{Metadata, ReadError};

use crate::times::{changed_ns, modified_ns};

/// How sidecars look from outside: name, size, time of the last change of content and of anything. Empty for none.
pub(crate) fn state(sidecars: &[PathBuf]) -> String {
    let mut state = String::new();
    for path in sidecars {
        let Ok(metadata) = fs::metadata(path) else { continue };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (modified, changed) = (modified_ns(&metadata), changed_ns(&metadata));
        // Never fails on a string.
        let _ = writeln!(state, "{name}\t{}\t{modified}\t{changed}", metadata.len());
    }
    state
}

/// What stands in the catalogue for sidecars that could not be read, so that they are tried again.
pub(crate) const UNREAD: &str = "unread";

/// Whether a file's name is that of a sidecar.
pub(crate) fn is_named_so(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["xmp", "json"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// What the name of a file and those of all its sidecars have in common: their beginning, in small letters, up to
/// where programs put counters and what was done to it, and where they cut long names.
pub(crate) fn key(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
    let name = composed(&name.unwrap_or_default()).into_owned();
    name.split(['.', '(', '-']).next().unwrap_or_default().chars().take(20).collect()
}

/// Whether a sidecar, there or gone, may speak of a picture in its folder; says yes too often rather than too seldom.
pub(crate) fn may_speak_of(sidecar: &Path, picture: &Path) -> bool {
    let lower = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
        composed(&name.unwrap_or_default()).into_owned()
    };
    let (sidecar, picture) = (lower(&sidecar.with_extension("")), lower(picture));
    let stem = |name: &str| name.split(['.', '(']).next().unwrap_or_default().to_owned();
    stem(&sidecar).starts_with(&stem(&picture)) || stem(&picture).starts_with(&stem(&sidecar))
}

/// What the sidecars of a file say.
///
/// # Errors
/// If one is there and cannot be read.
pub(crate) fn said(path: &Path) -> Result<Told, ReadError> {
    kinora_image::sidecar(path).map(description)
}

/// What follows from the name of a file and all else that is said of it: a date, if there is none or a better one.
pub(crate) fn weighed(path: &Path, whole: &Told) -> Told {
    let known = Metadata {
        taken_at: whole.taken_at,
        date_basis: whole.date_basis,
        place: whole.place,
        ..Metadata::default()
    };
    let complete = known.complete(path);
    if (complete.taken_at, complete.date_basis) == (whole.taken_at, whole.date_basis) {
        return Told::default();
    }
    Told { taken_at: complete.taken_at, date_basis: complete.date_basis, ..Told::default() }
}

/// In the catalogue's form; words composed (Unicode NFC), as they are compared.
pub(crate) fn description(said: Metadata) -> Told {
    let text = |text: Option<String>| text.map(|text| composed(&text).into_owned());
    Told {
        title: text(said.title),
        caption: text(said.caption),
        keywords: said.keywords.iter().map(|word| composed(word).into_owned()).collect(),
        rights: said.rights,
        taken_at: said.taken_at,
        date_basis: said.taken_at.and(said.date_basis),
        place: said.place,
        camera: said.camera,
        moving_part: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sidecar_is_held_against_pictures_by_name() {
        for (sidecar, picture, may) in [
            ("a/x.jpg.xmp", "a/x.jpg", true),
            ("a/X.XMP", "a/x.jpg", true),
            ("a/x.jpg.supplemental-metadata.json", "a/x.jpg", true),
            ("a/u\u{308}.xmp", "a/\u{fc}.jpg", true),
            ("a/x.jpg(1).json", "a/x(1).jpg", true),
            ("a/y.xmp", "a/x.jpg", false),
        ] {
            assert_eq!(may_speak_of(Path::new(sidecar), Path::new(picture)), may, "{sidecar}");
        }
    }

    #[test]
    fn a_sidecar_has_the_key_of_its_picture() {
        for (sidecar, picture) in [
            ("a/x.jpg.xmp", "a/x.jpg"),
            ("a/X.XMP", "a/x.jpg"),
            ("a/x.b.jpg.xmp", "a/x.b.jpg"),
            ("a/x.jpg.supplemental-metadata(1).json", "a/x(1).jpg"),
            ("a/x.jpg.json", "a/x-edited.jpg"),
            (
                "a/a-name-of-more-than-46-characters-that-was.json",
                "a/a-name-of-more-than-46-characters-that-was-cut.jpg",
            ),
            ("a/u\u{308}.xmp", "a/\u{fc}.jpg"),
        ] {
            assert_eq!(key(Path::new(sidecar)), key(Path::new(picture)), "{sidecar}");
        }
    }

    #[test]
    fn names_of_phones_and_messengers_have_a_date() {
        for (name, at) in [
            ("IMG_20190721_230638.jpg", Some("2019-07-21T23:06:38")),
            ("IMG-20210405-WA0007.jpg", Some("2021-04-05T00:00:00")),
            ("VID_20190815_143000.mp4", Some("2019-08-15T14:30:00")),
            ("PXL_20240701_143000123.MP.jpg", Some("2024-07-01T14:30:00")),
            ("20191340_1.jpg", None),
            ("12345678.jpg", None),
            ("DSC00012.jpg", None),
            ("", None),
        ] {
            let found = weighed(Path::new(name), &Told::default()).taken_at;
            let found = found.map(|at| at.to_string());
            assert_eq!(found.as_deref(), at, "{name}");
        }
    }
}
