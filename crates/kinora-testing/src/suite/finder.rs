//! The one conformance suite of [`SourceFinder`]: every backend's tests run it.
//!
//! It does not cover how well sources fit, nor which pictures are near-duplicates.

use std::{fs, path::Path};

use kinora_film::{Found, SourceError, SourceFinder};
use kinora_types::{Asset, AssetId};

/// What the finder under test holds.
#[derive(Clone, Copy, Debug)]
pub struct Shelved<'a> {
    /// A prompt that at least two sources fit.
    pub prompt: &'a str,
    /// A prompt that other sources fit, or none.
    pub other: &'a str,
    /// The label of a picture whose file is there.
    pub picture: &'a str,
    /// The label of a video whose file is there, if the finder can open videos.
    pub video: Option<&'a str>,
}

/// Runs the whole suite; no file of the finder is changed.
///
/// # Panics
/// With what the contract says, where the finder breaks it.
pub fn check_source_finder(finder: &dyn SourceFinder, shelved: Shelved<'_>) {
    finds_what_fits(finder, shelved);
    pins_mean_one_source(finder, shelved);
    groups_are_numbered_by_their_first(finder, shelved);
    pictures_are_opened(finder, shelved);
    if let Some(label) = shelved.video {
        let video = pinned(finder, label);
        assert!(video.duration_ms.is_some(), "a video has a length");
        files_are_checked(&video, &|asset| finder.video(asset).map(drop));
        finder.video(&video).expect("the video is there");
    }
}

fn find(finder: &dyn SourceFinder, prompt: &str, limit: usize) -> Found {
    finder.find(prompt, limit).expect("a fair prompt is searched for")
}

fn pinned(finder: &dyn SourceFinder, label: &str) -> Asset {
    finder.pinned(label).expect("a label means one source")
}

fn ids(found: &Found) -> Vec<AssetId> {
    found.fitting.iter().map(|hit| hit.asset.id).collect()
}

fn finds_what_fits(finder: &dyn SourceFinder, shelved: Shelved<'_>) {
    let found = find(finder, shelved.prompt, 10);
    assert!(found.fitting.len() >= 2, "two sources fit: {:?}", ids(&found));
    let ranks: Vec<usize> = found.fitting.iter().map(|hit| hit.rank).collect();
    assert!(ranks.is_sorted_by(|a, b| a < b), "the best come first: {ranks:?}");
    let mut considered = ids(&found);
    considered.extend(found.rejected.iter().map(|candidate| candidate.hit.asset.id));
    let count = considered.len();
    considered.sort();
    considered.dedup();
    assert_eq!(considered.len(), count, "no source fits and is rejected, or comes twice");
    let one = find(finder, shelved.prompt, 1);
    assert_eq!(ids(&one), ids(&found)[..1], "the best source, however many are wanted");
    find(finder, shelved.other, 10);
    let again = find(finder, shelved.prompt, 10);
    assert_eq!(ids(&again), ids(&found), "the same answer, whatever was asked before");
    assert_eq!(again.best_score, found.best_score, "the same scores");
}

fn pins_mean_one_source(finder: &dyn SourceFinder, shelved: Shelved<'_>) {
    assert_eq!(
        pinned(finder, shelved.picture).label(),
        shelved.picture,
        "the source that is meant"
    );
    let none = finder.pinned("no source is called so").map(|asset| asset.label());
    let Err(error @ SourceError::Pin(_)) = none else {
        panic!("a pin that means nothing is refused: {none:?}");
    };
    assert!(error.hint().is_some(), "the hint says what a pin may be: {error}");
}

fn groups_are_numbered_by_their_first(finder: &dyn SourceFinder, shelved: Shelved<'_>) {
    let groups = |assets: &[AssetId]| finder.groups(assets).expect("known sources are grouped");
    assert!(groups(&[]).is_empty(), "no sources, no groups");
    let mut assets = ids(&find(finder, shelved.prompt, 10));
    let numbers = groups(&assets);
    assert_eq!(numbers.len(), assets.len(), "a number for each source");
    for (place, number) in numbers.iter().enumerate() {
        assert!(*number <= place && numbers[*number] == *number, "by the first: {numbers:?}");
    }
    let partition = |numbers: &[usize]| {
        let pair = |a: usize, b: usize| numbers[a] == numbers[b];
        let all = (0..numbers.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        all.filter(|(a, b)| pair(*a, *b)).count()
    };
    assets.reverse();
    assert_eq!(partition(&groups(&assets)), partition(&numbers), "in any order the same groups");
}

fn pictures_are_opened(finder: &dyn SourceFinder, shelved: Shelved<'_>) {
    let asset = pinned(finder, shelved.picture);
    files_are_checked(&asset, &|asset| finder.open(asset, 50).map(drop));
    let size = asset.size.expect("a picture has a size");
    for side in [50, 100_000] {
        let picture = finder.open(&asset, side).expect("the picture is there");
        let shorter = picture.width().min(picture.height());
        assert!(shorter >= side.min(size.width.min(size.height)), "large enough for {side}");
        let ratio = |width: u32, height: u32| f64::from(width) / f64::from(height);
        let apart = ratio(picture.width(), picture.height()) / ratio(size.width, size.height);
        assert!((0.9..1.1).contains(&apart), "{}x{}", picture.width(), picture.height());
    }
}

/// What was moved is found at its other place; what changed or is gone is an error with a hint.
fn files_are_checked(asset: &Asset, open: &dyn Fn(&Asset) -> Result<(), SourceError>) {
    let folder = tempfile::tempdir().unwrap();
    let at = |paths: &[&Path]| {
        let paths = paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        open(&Asset { paths, ..asset.clone() })
    };
    let (gone, changed) = (folder.path().join("gone"), folder.path().join("changed"));
    let there = asset.paths.iter().find(|path| Path::new(path).is_file()).expect("a file is there");
    let mut bytes = fs::read(there).unwrap();
    bytes.push(0);
    fs::write(&changed, bytes).unwrap();
    for (paths, vanished) in [(&[gone.as_path()][..], true), (&[&*gone, &*changed], false)] {
        let error = at(paths).expect_err("no place holds it");
        let told = match &error {
            SourceError::Vanished { .. } => vanished,
            SourceError::Changed { .. } => !vanished,
            _ => false,
        };
        assert!(told, "vanished: {vanished}, told as: {error}");
        assert!(error.hint().is_some(), "the hint says what to do: {error}");
    }
    // Last, as a finder may trust what it opened once.
    at(&[&gone, &changed, Path::new(there)]).expect("the place that still holds it is taken");
}
