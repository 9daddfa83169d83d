//! Content words of a question.

/// English words that say nothing about a picture. Those of other languages are found by their
/// frequency in the library (see [`crate::lexical`]).
const STOP_WORDS: &[&str] = &[
    "about",
    "above",
    "after",
    "again",
    "all",
    "also",
    "am",
    "an",
    "and",
    "any",
    "are",
    "around",
    "as",
    "at",
    "be",
    "because",
    "been",
    "before",
    "behind",
    "being",
    "below",
    "between",
    "both",
    "but",
    "by",
    "can",
    "could",
    "did",
    "do",
    "does",
    "each",
    "few",
    "find",
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
    "image",
    "images",
    "in",
    "into",
    "is",
    "it",
    "its",
    "just",
    "like",
    "made",
    "me",
    "more",
    "most",
    "my",
    "near",
    "next",
    "no",
    "nor",
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
    "own",
    "photo",
    "photograph",
    "photographs",
    "photos",
    "picture",
    "pictures",
    "same",
    "she",
    "should",
    "show",
    "showing",
    "shows",
    "so",
    "some",
    "something",
    "such",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "thing",
    "this",
    "those",
    "through",
    "to",
    "too",
    "under",
    "up",
    "us",
    "very",
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
    "why",
    "will",
    "with",
    "would",
    "you",
    "your",
];

/// More words than this carry no more meaning, but each costs a look-up.
const MAX_WORDS: usize = 32;

/// Lower-case words without stop words, single letters and repetitions, in order of appearance.
pub fn content_words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
        let letter = word.len() < 2 && !word.chars().all(|c| c.is_ascii_digit());
        let says_nothing = word.is_empty() || letter || STOP_WORDS.contains(&word);
        if !says_nothing && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words.truncate(MAX_WORDS);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_says_something_stays() {
        for (text, words) in [
            ("A photo of the red car, a RED one", &["red", "car"][..]),
            ("man's best friend", &["man", "best", "friend"]),
            ("the who", &[]),
            ("5 \"birds\" OR NOT cats*", &["5", "birds", "cats"]),
            ("été à Nîmes", &["été", "à", "nîmes"]),
            ("", &[]),
        ] {
            assert_eq!(content_words(text), words, "{text}");
        }
    }

    #[test]
    fn stop_words_are_sorted_and_lower_case() {
        assert!(STOP_WORDS.is_sorted());
        assert!(STOP_WORDS.iter().all(|w| w.chars().all(|c| c.is_ascii_lowercase())));
    }

    proptest! {
        #[test]
        fn words_are_plain(text in "\\PC{0,80}") {
            for word in content_words(&text) {
                prop_assert!(word.chars().all(char::is_alphanumeric));
            }
        }
    }
}
