//! Word boundaries: groups the tokens of a transcript into words.
//!
//! Mirrors `split_to_word_tokens` and `merge_punctuations` of openai/whisper (`whisper/tokenizer.py`,
//! `whisper/timing.py`).

use std::ops::Range;

use kinora_inference::InferenceError;

use super::vocabulary::{Token, Vocabulary};

/// Languages that write no spaces between words.
pub(super) const SPACELESS: [&str; 6] = ["zh", "ja", "th", "lo", "my", "yue"];
/// Punctuation that belongs to the word after it.
const OPENING: &str = "\"'“¿([{-";
/// Punctuation that belongs to the word before it.
const CLOSING: &str = "\"'.。,，!！?？:：”)]}、";

/// A word and its tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// With the space before it, as tokens have it.
    pub text: String,
    /// Which of the tokens.
    pub tokens: Range<usize>,
}

/// Splits text tokens into words with their punctuation.
pub(super) fn split(
    vocabulary: &Vocabulary,
    tokens: &[Token],
    language: &str,
) -> Result<Vec<Word>, InferenceError> {
    let characters = characters(vocabulary, tokens)?;
    let spaceless = SPACELESS.contains(&language);
    let words = if spaceless { characters } else { join(characters) };
    Ok(punctuate(words))
}

/// The shortest runs of tokens that are whole characters.
fn characters(vocabulary: &Vocabulary, tokens: &[Token]) -> Result<Vec<Word>, InferenceError> {
    let (mut words, mut start) = (Vec::new(), 0);
    for end in 1..=tokens.len() {
        let text = vocabulary.text(&tokens[start..end])?;
        // A character that is cut in two decodes to the replacement character.
        if !text.contains('\u{fffd}') || end == tokens.len() {
            words.push(Word { text, tokens: start..end });
            start = end;
        }
    }
    Ok(words)
}

/// A word begins with a space, or is punctuation. Unlike in the reference, which makes two words of
/// "o'clock", apostrophe and hyphen stay inside of a word.
fn join(characters: Vec<Word>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for part in characters {
        let sign = part.text.trim();
        let inside = matches!(part.text.as_str(), "'" | "-");
        let punctuation =
            sign.len() == 1 && sign.bytes().all(|byte| byte.is_ascii_punctuation()) && !inside;
        match words.last_mut() {
            Some(word) if !part.text.starts_with(' ') && !punctuation => extend(word, part),
            _ => words.push(part),
        }
    }
    words
}

fn punctuate(words: Vec<Word>) -> Vec<Word> {
    let is_one_of = |text: &str, signs: &str| !text.is_empty() && signs.contains(text);
    let mut all: Vec<Word> = Vec::new();
    for word in words {
        let closing = is_one_of(&word.text, CLOSING);
        let opened =
            |before: &Word| before.text.starts_with(' ') && is_one_of(before.text.trim(), OPENING);
        match all.last_mut() {
            Some(before) if opened(before) => extend(before, word),
            Some(before) if closing && !before.text.ends_with(' ') => extend(before, word),
            _ => all.push(word),
        }
    }
    all
}

fn extend(word: &mut Word, more: Word) {
    word.text.push_str(&more.text);
    word.tokens.end = more.tokens.end;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(parts: &[&str]) -> Vec<Word> {
        let word = |(i, text): (usize, &&str)| Word { text: (*text).into(), tokens: i..i + 1 };
        parts.iter().enumerate().map(word).collect()
    }

    #[test]
    fn tokens_are_joined_and_signs_go_to_their_word() {
        let parts =
            words(&[" He", " says", " \"", "hel", "lo", "\"", ",", " o", "'", "clock", "."]);
        let whole = punctuate(join(parts));
        let texts: Vec<&str> = whole.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, [" He", " says", " \"hello\",", " o'clock."]);
        assert_eq!(whole[2].tokens, 2..7);
        assert!(whole.windows(2).all(|pair| pair[0].tokens.end == pair[1].tokens.start));
    }
}
