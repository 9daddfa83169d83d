//! Words in the names of folders and files.

use std::path::{Component, Path};

/// Stems that cameras and programs number their files with; they say nothing of the picture.
const JUNK: [&str; 30] = [
    "img",
    "image",
    "dsc",
    "dscn",
    "dscf",
    "dscn",
    "pict",
    "pic",
    "photo",
    "p",
    "pxl",
    "mvimg",
    "gopr",
    "dji",
    "imag",
    "cimg",
    "hpim",
    "sam",
    "kimg",
    "vid",
    "mov",
    "screenshot",
    "dcim",
    "copy",
    "edited",
    "hdr",
    "burst",
    "cover",
    "bokeh",
    "wa",
];

/// Words of the file's name and of the folders above it up to `root`, lower case, nearest first.
///
/// Names are split at everything but letters and digits, between `camelCase` parts and between
/// letters and digits. Numbers, single letters and camera junk (`IMG_1234`, `DSC0001`, `100CANON`)
/// are left out. A name that is not UTF-8 gives the words of its readable parts.
pub fn words_of_path(path: &Path, root: &Path) -> Vec<String> {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let stem = inside.with_extension("");
    let mut words: Vec<String> = Vec::new();
    for part in stem.components().rev() {
        let Component::Normal(name) = part else {
            continue;
        };
        for word in words_of_text(&name.to_string_lossy()) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
    }
    words
}

/// Words of one name, see [`words_of_path`].
pub fn words_of_text(name: &str) -> Vec<String> {
    split(name)
        .into_iter()
        .map(|word| word.to_lowercase())
        .filter(|word| word.chars().count() > 1 && word.chars().any(char::is_alphabetic))
        .filter(|word| !JUNK.contains(&word.as_str()))
        .filter(|word| !is_camera_folder(name, word))
        .collect()
}

/// `100CANON`, `101MSDCF`, …: the design rule for camera file systems (JEITA CP-3461).
fn is_camera_folder(name: &str, word: &str) -> bool {
    let (digits, rest) = name.split_at_checked(3).unwrap_or_default();
    let numbered = digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
    numbered && rest.len() == 5 && rest.to_lowercase().starts_with(word)
}

/// Runs of letters or of digits; an upper-case letter begins a new run if a lower-case one stands
/// before it, or behind it at the end of capitals (`HTMLPage`).
fn split(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|i| chars[i]);
        let ends_capitals = before.is_some_and(char::is_uppercase)
            && c.is_uppercase()
            && chars.get(at + 1).is_some_and(|n| n.is_lowercase());
        let breaks = before.is_some_and(|b| {
            b.is_lowercase() && c.is_uppercase() || b.is_numeric() != c.is_numeric()
        });
        if (breaks || ends_capitals || !belongs(*c)) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if belongs(*c) {
            word.push(*c);
        }
    }
    words.push(word);
    words.retain(|w| !w.is_empty());
    words
}

/// Combining marks stay with their letters; the apostrophe stays inside `o'hare`.
fn belongs(c: char) -> bool {
    c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_names() {
        for (path, words) in [
            ("/lib/trips/Rome2019/colosseum-atNight_02.jpg", "colosseum at night rome trips"),
            ("/lib/DCIM/100CANON/IMG_1234.JPG", ""),
            ("/lib/DSC0001.jpg", ""),
            ("/lib/PXL_20240501_101112.jpg", ""),
            ("/lib/Straße/Übersicht.tiff", "übersicht straße"),
            ("/lib/oldHTMLPages.png", "old html pages"),
            ("/lib/猫の写真.jpg", "猫の写真"),
            ("/lib/cat/cat.jpg", "cat"),
            ("/lib/a.jpg", ""),
        ] {
            assert_eq!(
                words_of_path(Path::new(path), Path::new("/lib")).join(" "),
                words,
                "{path}"
            );
        }
    }
}
