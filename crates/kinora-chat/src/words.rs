//! Words as they are compared: without case, endings and signs.

use std::collections::HashSet;

/// Words without which a sentence says the same: none of them supports anything.
const EMPTY: &[&str] = &[
    "a",
    "about",
    "after",
    "again",
    "all",
    "also",
    "am",
    "an",
    "and",
    "any",
    "appear",
    "are",
    "as",
    "at",
    "be",
    "been",
    "before",
    "being",
    "but",
    "by",
    "can",
    "clip",
    "contain",
    "could",
    "did",
    "do",
    "does",
    "during",
    "each",
    "evidence",
    "file",
    "first",
    "for",
    "from",
    "had",
    "has",
    "have",
    "he",
    "her",
    "here",
    "him",
    "his",
    "how",
    "i",
    "if",
    "image",
    "in",
    "into",
    "is",
    "it",
    "its",
    "just",
    "let",
    "me",
    "mention",
    "mentioned",
    "more",
    "most",
    "my",
    "no",
    "not",
    "of",
    "off",
    "on",
    "one",
    "only",
    "or",
    "other",
    "our",
    "out",
    "over",
    "photo",
    "photograph",
    "picture",
    "provided",
    "say",
    "second",
    "see",
    "seen",
    "she",
    "show",
    "shown",
    "so",
    "some",
    "somebody",
    "someone",
    "taken",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "to",
    "two",
    "up",
    "us",
    "video",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "whom",
    "whose",
    "why",
    "will",
    "with",
    "would",
    "you",
    "your",
];

/// Lower-case words of a text; apostrophes end a word.
pub(crate) fn words(text: &str) -> Vec<String> {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
}

/// The stems of the words that say something.
pub(crate) fn stems(text: &str) -> Vec<String> {
    let words = words(text);
    let full = words.iter().filter(|word| EMPTY.binary_search(&word.as_str()).is_err());
    full.map(|word| stem(word)).filter(|word| says_something(word)).collect()
}

/// One-letter leftovers, as of `it's`, say nothing unless they are digits.
fn says_something(word: &str) -> bool {
    word.chars().count() > 1 || word.chars().all(char::is_numeric)
}

/// The same as a set.
pub(crate) fn stem_set(text: &str) -> HashSet<String> {
    stems(text).into_iter().collect()
}

/// A word without the endings of English plurals, verbs and adverbs: rough, but the same on both sides.
fn stem(word: &str) -> String {
    const ENDINGS: [&str; 8] = ["ingly", "edly", "ings", "ing", "ies", "ed", "es", "s"];
    if word.len() > 3 && word.is_ascii() && !word.ends_with("ss") {
        for ending in ENDINGS {
            if let Some(rest) = word.strip_suffix(ending).filter(|rest| rest.len() >= 3) {
                return undoubled(if ending == "ies" {
                    format!("{rest}y")
                } else {
                    rest.to_owned()
                });
            }
        }
    }
    undoubled(word.to_owned())
}

/// `runn` is `run`, `hous` is `house` without its e.
fn undoubled(mut word: String) -> String {
    let bytes = word.as_bytes();
    let doubled = bytes.len() > 3 && bytes.ends_with(&[bytes[bytes.len() - 1]; 2]);
    if word.is_ascii() && word.len() > 3 && (doubled || word.ends_with('e')) {
        word.pop();
    }
    word
}

/// The text in lower case with single spaces and plain quotes: what a verbatim quote is held against.
pub(crate) fn plain(text: &str) -> String {
    words(text).join(" ")
}

/// Whether a phrase's words follow each other in the text, whatever the signs between them.
pub(crate) fn contains_words(text: &str, phrase: &str) -> bool {
    format!(" {} ", plain(text)).contains(&format!(" {} ", plain(phrase)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        assert!(EMPTY.is_sorted(), "words are looked up by halving");
        for group in [
            &["running", "runs", "run"][..],
            &["house", "houses", "housing"],
            &["city", "cities"],
            &["stopped", "stop", "stops"],
            &["glass", "glasses"],
        ] {
            let stems: HashSet<String> = group.iter().map(|word| stem(word)).collect();
            assert_eq!(stems.len(), 1, "{stems:?}");
        }
        assert_eq!(stems("It's the 2 red dogs, in Rome!"), ["2", "red", "dog", "rom"]);
    }
}
