//! Texts as words that can be compared: tokens, content words, stems.

use std::collections::HashSet;

use crate::stop_words::is_stop_word;

/// More words than this carry no more meaning, but each costs a look-up.
const MAX_WORDS: usize = 32;

/// Lower-case runs of letters and digits, in order; every other sign parts them, apostrophes too.
pub fn tokens(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let parts = lower.split(|c: char| !c.is_alphanumeric());
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Tokens without stop words, single letters and repetitions, in order of appearance, at most 32.
pub fn content_words(text: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut words = tokens(text);
    words.retain(|word| has_content(word) && seen.insert(word.clone()));
    words.truncate(MAX_WORDS);
    words
}

/// Stems of the tokens that are no stop words, in order, repeated as often as they stand there.
pub fn stems(text: &str) -> Vec<String> {
    let words = tokens(text).into_iter().filter(|word| has_content(word));
    words.map(|word| stem(&word)).collect()
}

/// Stems of the tokens that are no stop words, each once.
pub fn stem_set(text: &str) -> HashSet<String> {
    stems(text).into_iter().collect()
}

/// The tokens with single spaces between them: what a verbatim quote is compared with.
pub fn normalised(text: &str) -> String {
    tokens(text).join(" ")
}

/// Whether the tokens of a phrase follow each other in the text, whatever the signs between them.
pub fn contains_phrase(text: &str, phrase: &str) -> bool {
    format!(" {} ", normalised(text)).contains(&format!(" {} ", normalised(phrase)))
}

/// Whether a token is neither a stop word nor a single letter, such as the `s` of `it's`. Digits count.
fn has_content(word: &str) -> bool {
    let letter = word.len() < 2 && !word.chars().all(|c| c.is_ascii_digit());
    !letter && !is_stop_word(word)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn content_words_are_what_says_something() {
        for (text, words) in [
            ("A photo of the red car, a RED one", &["red", "car"][..]),
            ("man's best friend", &["man", "best", "friend"]),
            ("the who", &[]),
            ("5 \"birds\" OR NOT cats*", &["5", "birds", "cats"]),
            ("été à Nîmes", &["été", "à", "nîmes"]),
            ("somebody is seen in the second video", &["second"]),
            ("", &[]),
        ] {
            assert_eq!(content_words(text), words, "{text}");
        }
    }

    #[test]
    fn forms_of_a_word_have_one_stem() {
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

    #[test]
    fn phrases_stand_whole() {
        assert!(contains_phrase("By the Mayor, in 1932", "the mayor in"));
        assert!(!contains_phrase("By the mayors", "mayor"));
    }

    proptest! {
        #[test]
        fn words_are_plain(text in "\\PC{0,80}") {
            for word in content_words(&text) {
                prop_assert!(word.chars().all(char::is_alphanumeric));
            }
        }

        #[test]
        fn content_words_and_stems_leave_out_the_same(text in "[a-zA-Z0-9' ]{0,60}") {
            let of_words: HashSet<String> = content_words(&text).iter().map(|word| stem(word)).collect();
            prop_assert_eq!(of_words, stem_set(&text));
        }
    }
}
