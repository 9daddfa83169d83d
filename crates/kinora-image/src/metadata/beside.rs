//! Files beside a picture or video that tell of it: XMP sidecars and Google Takeout's JSON.
//!
//! They are looked for by name, some forty of them a picture; no folder is listed.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{Metadata, takeout, xmp};
use crate::{Format, Limits, ReadError, decode::guarded, decode::read_file};

/// Reads what stands beside a picture or video: `x.jpg.xmp` or else `x.xmp` in any case of the ending, then
/// Takeout's `x.jpg.json` under any of its names; empty if there is none.
///
/// # Errors
/// If one is there but cannot be read or is too large, or a parser panicked.
pub fn sidecar(picture: &Path) -> Result<Metadata, ReadError> {
    let name = picture.file_name().unwrap_or_default().to_string_lossy();
    let mut all = Metadata::default();
    for path in sidecar_paths(picture) {
        let is_json = is_json(&path);
        let limits = Limits { bytes: if is_json { 1 << 20 } else { 4 << 20 }, ..Limits::default() };
        all = all.or(sidecar_from(&read_file(&path, &limits)?, is_json, &name)?);
    }
    Ok(all)
}

/// Metadata in the bytes of a sidecar of a picture of this name: Takeout's JSON, or XMP.
///
/// # Errors
/// If a parser panicked.
pub fn sidecar_from(bytes: &[u8], is_json: bool, name: &str) -> Result<Metadata, ReadError> {
    guarded(Format::Tiff, || {
        Ok(if is_json { takeout::read(bytes, name) } else { xmp::read(bytes).settled() })
    })
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

/// The files that [`sidecar`] reads: at most one of XMP and one of JSON, which is not sure to be Takeout's.
pub fn sidecar_paths(picture: &Path) -> Vec<PathBuf> {
    let there = |path: &PathBuf| path != picture && path.is_file();
    let xmp = xmp_paths(picture).into_iter().find(there);
    let json = json_paths(picture).into_iter().find(there);
    xmp.into_iter().chain(json).collect()
}

/// Both names, each in any case of the ending.
fn xmp_paths(picture: &Path) -> Vec<PathBuf> {
    const ENDINGS: [&str; 8] = ["xmp", "XMP", "Xmp", "xMP", "XMp", "xmP", "XmP", "xMp"];
    let long = |ending: &&str| {
        let mut path = picture.as_os_str().to_owned();
        path.push(".");
        path.push(ending);
        PathBuf::from(path)
    };
    let short = |ending: &&str| picture.with_extension(ending);
    ENDINGS.iter().map(long).chain(ENDINGS.iter().map(short)).collect()
}

fn json_paths(picture: &Path) -> Vec<PathBuf> {
    let name = picture.file_name().and_then(|name| name.to_str());
    let names = name.map(json_names).unwrap_or_default();
    names.iter().map(|name| picture.with_file_name(name)).collect()
}

/// Suffix of Takeout behind a file's name since 2024; before, there was none.
const BEHIND: &str = ".supplemental-metadata";
/// Takeout cuts names to this many characters, its `.json` and its counter aside.
const LONGEST: usize = 46;
/// Suffixes of Takeout for an edited picture, which has no JSON of its own.
const EDITED: [&str; 6] =
    ["-edited", "-bearbeitet", "-modifié", "-editado", "-modificato", "-bewerkt"];

/// Every name that Takeout may have given to the JSON of a file, the likeliest first.
fn json_names(name: &str) -> Vec<String> {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let (plain, counter) = counted(stem);
    let mut names = Names::default();
    // Of `x(1).jpg`, the counter stands behind all else: `x.jpg.supplemental-metadata(1).json`.
    names.add(&format!("{plain}.{ending}"), counter);
    if !counter.is_empty() {
        names.add(name, "");
    }
    if let Some(original) = EDITED.iter().find_map(|edited| plain.strip_suffix(edited)) {
        names.add(&format!("{original}.{ending}"), counter);
    }
    // The moving part of a live photo has none of its own.
    if ["mp4", "mov"].contains(&ending.to_ascii_lowercase().as_str()) {
        for still in ["HEIC", "JPG", "heic", "jpg", "MP"] {
            names.whole(&format!("{plain}.{still}"), counter);
        }
    }
    names.list
}

/// Splits the counter off a stem: `x` and `(1)`.
fn counted(stem: &str) -> (&str, &str) {
    let digits = stem.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    match digits {
        Some((plain, number))
            if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            (plain, &stem[plain.len()..])
        }
        _ => (stem, ""),
    }
}

#[derive(Default)]
struct Names {
    list: Vec<String>,
    seen: HashSet<String>,
}

impl Names {
    /// With every beginning of what is put behind, as names are cut.
    fn add(&mut self, name: &str, counter: &str) {
        self.whole(name, counter);
        (1..BEHIND.len()).rev().for_each(|cut| self.one(name, &BEHIND[..cut], counter));
    }

    fn whole(&mut self, name: &str, counter: &str) {
        self.one(name, BEHIND, counter);
        self.one(name, "", counter);
    }

    fn one(&mut self, name: &str, behind: &str, counter: &str) {
        let cut: String = name.chars().chain(behind.chars()).take(LONGEST).collect();
        let whole = format!("{cut}{counter}.json");
        if self.seen.insert(whole.clone()) {
            self.list.push(whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_names_of_takeout() {
        for (picture, json) in [
            ("x.jpg", "x.jpg.json"),
            ("x.jpg", "x.jpg.supplemental-metadata.json"),
            ("x.jpg", "x.jpg.suppl.json"),
            ("x(1).jpg", "x.jpg(1).json"),
            ("x(1).jpg", "x.jpg.supplemental-metadata(1).json"),
            ("x(1).jpg", "x(1).jpg.json"),
            ("x-edited.jpg", "x.jpg.supplemental-metadata.json"),
            ("x-edited(2).jpg", "x.jpg(2).json"),
            (
                "PXL_20230518_103822123.MP.jpg",
                "PXL_20230518_103822123.MP.jpg.supplemental-met.json",
            ),
            (
                "Screenshot_20190919-053857_Some Application(1).jpg",
                "Screenshot_20190919-053857_Some Application.jp(1).json",
            ),
            (
                "0123456789012345678901234567890123456789012.jpg",
                "0123456789012345678901234567890123456789012.jp.json",
            ),
            (
                "012345678901234567890123456789012345678.jpg",
                "012345678901234567890123456789012345678.jpg.su.json",
            ),
            ("IMG_1234.MP4", "IMG_1234.HEIC.supplemental-metadata.json"),
        ] {
            assert!(json_names(picture).contains(&json.to_owned()), "{picture}: {json}");
        }
        for (picture, json) in [
            ("x(1).jpg", "x.jpg.json"),
            ("x.jpg", "x.jpg(1).json"),
            ("x.jpg", "x.json"),
            ("x().jpg", "x.jpg().json"),
        ] {
            assert!(!json_names(picture).contains(&json.to_owned()), "{picture}: {json}");
        }
    }

    #[test]
    fn sidecars_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let picture = at("x.JPG");
        assert!(sidecar_paths(&picture).is_empty());
        for name in ["x.Xmp", "x.JPG.XMP", "x.JPG.suppl.json", "y.xmp"] {
            fs::write(at(name), "{}").unwrap();
        }
        assert_eq!(sidecar_paths(&picture), [at("x.JPG.XMP"), at("x.JPG.suppl.json")]);
        fs::remove_file(at("x.JPG.XMP")).unwrap();
        assert_eq!(sidecar_paths(&picture), [at("x.Xmp"), at("x.JPG.suppl.json")]);
    }

    #[test]
    fn a_sidecar_that_is_too_large_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let picture = folder.path().join("x.jpg");
        fs::File::create(folder.path().join("x.jpg.xmp")).unwrap().set_len(5 << 20).unwrap();
        assert!(matches!(sidecar(&picture), Err(ReadError::TooManyBytes { .. })));
    }
}
