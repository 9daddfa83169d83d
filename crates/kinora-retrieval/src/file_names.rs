//! Questions that are names of files: `IMG_2041`, `scan 12`, `DSC04123.JPG`.
//!
//! Cameras number their files, and the word index leaves such numbers out: they say nothing of the picture. Who types
//! one means the file. A name is compared by its runs of letters and of digits, numbers by their value: `img 41` is
//! `IMG_0041.JPG` and not `IMG_2041.JPG`. The file's ending may be left out.
//!
//! Memory: the rows that are named. Every name of the library is looked at once for a question that may be one.

use std::collections::HashSet;

use kinora_catalog::{Catalog, composed};
use kinora_types::AssetRow;

use crate::SearchError;

/// Endings by which a text without a number is seen to be a file's name.
const ENDINGS: [&str; 29] = [
    "jpg", "jpeg", "png", "webp", "gif", "tif", "tiff", "bmp", "heic", "heif", "avif", "mp4",
    "mov", "m4v", "mkv", "webm", "avi", "mpg", "mpeg", "mts", "3gp", "mp3", "wav", "flac", "ogg",
    "opus", "m4a", "aac", "aiff",
];

/// The files that a question names.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Whose whole name it is, but for the ending.
    pub(crate) whole: HashSet<AssetRow>,
    /// Of whose name it is a part.
    pub(crate) part: HashSet<AssetRow>,
    /// Whether it can hardly mean anything else: one word with a number or a file's ending.
    pub(crate) only_a_name: bool,
}

impl Named {
    /// The files among the allowed rows (`None`: all) that a text names.
    pub(crate) fn by(
        catalog: &Catalog,
        text: &str,
        allowed: Option<&[AssetRow]>,
    ) -> Result<Self, SearchError> {
        let Some(name) = Name::of(text) else {
            return Ok(Self::default());
        };
        let rows = |likeness| -> Result<HashSet<AssetRow>, SearchError> {
            let found = catalog.rows_in_files(&|file| name.rate(file) == Some(likeness))?;
            let is_allowed =
                |row: &AssetRow| allowed.is_none_or(|rows| rows.binary_search(row).is_ok());
            Ok(found.into_iter().filter(is_allowed).collect())
        };
        let (whole, part) = (rows(Likeness::Whole)?, rows(Likeness::Part)?);
        let only_a_name = !text.trim().contains(char::is_whitespace);
        Ok(Self { whole, part, only_a_name })
    }
}

/// How much of a file's name a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Likeness {
    Whole,
    Part,
}

/// A text that may be a file's name.
struct Name {
    runs: Vec<String>,
    /// Its longest number, which every file that it names holds.
    number: Option<String>,
}

impl Name {
    /// `None` for a text that has neither a number nor a file's ending.
    fn of(text: &str) -> Option<Self> {
        let text = composed(text.trim());
        let runs = runs(&text);
        let number = runs.iter().filter(|run| is_number(run)).max_by_key(|run| run.len()).cloned();
        let ending = text.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
        let ends = ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()));
        (number.is_some() || ends).then_some(Self { runs, number })
    }

    /// How much of a file's name (composed, without folders) it is; `None` for nothing.
    fn rate(&self, file: &str) -> Option<Likeness> {
        if self.number.as_ref().is_some_and(|number| !file.contains(number.as_str())) {
            return None;
        }
        let all = runs(file);
        let stem = file.rsplit_once('.').map_or_else(|| all.clone(), |(stem, _)| runs(stem));
        if self.runs == stem || self.runs == all {
            return Some(Likeness::Whole);
        }
        let is_part = all.windows(self.runs.len()).any(|part| part == self.runs);
        (self.number.is_some() && is_part).then_some(Likeness::Part)
    }
}

fn is_number(run: &str) -> bool {
    run.starts_with(|c: char| c.is_ascii_digit())
}

/// Runs of letters in lower case and of digits without leading zeros.
fn runs(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut before = None;
    for c in text.to_lowercase().chars() {
        let kind = c.is_alphanumeric().then(|| c.is_ascii_digit());
        match (kind, found.last_mut()) {
            (Some(_), Some(run)) if kind == before => run.push(c),
            (Some(_), _) => found.push(c.to_string()),
            (None, _) => {}
        }
        before = kind;
    }
    for run in found.iter_mut().filter(|run| is_number(run)) {
        let kept = run.trim_start_matches('0');
        *run = if kept.is_empty() { "0".to_owned() } else { kept.to_owned() };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_by_their_runs() {
        use Likeness::{Part, Whole};
        for (text, file, likeness) in [
            ("IMG_2041", "IMG_2041.JPG", Some(Whole)),
            ("img 2041", "IMG_2041.JPG", Some(Whole)),
            ("IMG_2041.jpg", "IMG_2041.JPG", Some(Whole)),
            ("img_2041.png", "IMG_2041.JPG", None),
            ("2041", "IMG_2041.JPG", Some(Part)),
            ("img 41", "IMG_2041.JPG", None),
            ("img 41", "IMG_0041.JPG", Some(Whole)),
            ("img 0041", "IMG_41.JPG", Some(Whole)),
            ("204", "IMG_2041.JPG", None),
            ("DSC04123", "DSC04123.ARW", Some(Whole)),
            ("dsc 4123", "DSC04123.ARW", Some(Whole)),
            ("scan 12", "scan_0012 (copy).png", Some(Part)),
            ("scan 12", "scan-112.png", None),
            ("2 dogs", "IMG_2.JPG", None),
            ("2041 img", "IMG_2041.JPG", None),
            ("dog.jpg", "Dog.JPG", Some(Whole)),
            ("0", "img_000.jpg", Some(Part)),
        ] {
            assert_eq!(Name::of(text).unwrap().rate(file), likeness, "{text} {file}");
        }
        for text in ["dog", "a dog in the garden", "see Mr. Smith", "", "..."] {
            assert!(Name::of(text).is_none(), "{text}");
        }
    }
}
