//! Words to token numbers, by the `tokenizer.json` of the model.

use std::path::Path;

use kinora_inference::InferenceError;
use tokenizers::{Tokenizer, TruncationParams};

use crate::ModelError;

/// Padding of short texts, by network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Padding {
    /// As long as they are.
    None,
    /// Filled to the full length with the padding token, without a mask, as in training.
    Full,
}

/// A tokenizer bound to a length.
pub(crate) struct Tokens {
    tokenizer: Tokenizer,
    length: usize,
    padding: Option<i64>,
    lowercase: bool,
}

impl Tokens {
    /// Loads the tokenizer; longer texts than `length` tokens are cut.
    ///
    /// # Errors
    /// If the file cannot be read or is no tokenizer.
    pub(crate) fn load(
        path: &Path,
        length: usize,
        padding: Padding,
        lowercase: bool,
    ) -> Result<Self, ModelError> {
        let broken = |e: tokenizers::Error| ModelError::Broken {
            what: path.display().to_string(),
            detail: e.to_string(),
        };
        let mut tokenizer = Tokenizer::from_file(path).map_err(broken)?;
        let padding = match padding {
            Padding::None => None,
            Padding::Full => Some(padding_id(&tokenizer)),
        };
        let truncation = TruncationParams { max_length: length, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(broken)?.with_padding(None);
        Ok(Self { tokenizer, length, padding, lowercase })
    }

    /// Token numbers of each text, special tokens included.
    ///
    /// # Errors
    /// If the tokenizer fails.
    pub(crate) fn encode(&self, texts: &[&str]) -> Result<Vec<Vec<i64>>, InferenceError> {
        texts.iter().map(|text| self.encode_one(text)).collect()
    }

    /// Whole words of the vocabulary, of three lower-case letters or more, in order.
    pub(crate) fn words(&self) -> Vec<String> {
        let vocabulary = self.tokenizer.get_vocab(false);
        whole_words(vocabulary.keys().map(String::as_str))
    }

    fn encode_one(&self, text: &str) -> Result<Vec<i64>, InferenceError> {
        if text.trim().is_empty() {
            return Err(InferenceError::Input("the text is empty".into()));
        }
        let lower = if self.lowercase { text.to_lowercase() } else { text.to_owned() };
        let encoding = self.tokenizer.encode(lower, true);
        let encoding = encoding.map_err(|e| InferenceError::Runtime(format!("tokenizer: {e}")))?;
        let mut ids: Vec<i64> = encoding.get_ids().iter().map(|id| i64::from(*id)).collect();
        if let Some(padding) = self.padding {
            ids.resize(self.length, padding);
        }
        Ok(ids)
    }
}

/// The words among tokens. Byte pair encoding marks the end of a word (`dog</w>`, CLIP), SentencePiece its beginning
/// (`▁dog`, SigLIP), WordPiece what goes on with one (`##ing`, BERT).
fn whole_words<'a>(tokens: impl Iterator<Item = &'a str> + Clone) -> Vec<String> {
    let any = |mark: &dyn Fn(&str) -> bool| tokens.clone().any(mark);
    let ends = any(&|token| token.ends_with("</w>"));
    let begins = any(&|token| token.starts_with('▁'));
    let word = |token: &'a str| match (ends, begins) {
        (true, _) => token.strip_suffix("</w>"),
        (false, true) => token.strip_prefix('▁'),
        (false, false) => Some(token),
    };
    let is_word = |word: &&str| {
        word.chars().count() >= 3 && word.chars().all(|c| c.is_alphabetic() && !c.is_uppercase())
    };
    let mut words: Vec<String> =
        tokens.clone().filter_map(word).filter(is_word).map(str::to_owned).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// The tokenizer's own padding token, else the usual names, else 0.
fn padding_id(tokenizer: &Tokenizer) -> i64 {
    let own = tokenizer.get_padding().map(|padding| padding.pad_id);
    let named = || ["<pad>", "[PAD]"].iter().find_map(|name| tokenizer.token_to_id(name));
    i64::from(own.or_else(named).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_vocabulary_has_whole_words() {
        for tokens in [
            &["dog</w>", "straw", "berry</w>", "!</w>", "a</w>", "<|endoftext|>"][..],
            &["▁dog", "straw", "▁berry", "▁", "▁Rome", "</s>"],
            &["dog", "##ing", "berry", "[PAD]", "he", "2019"],
        ] {
            assert_eq!(whole_words(tokens.iter().copied()), ["berry", "dog"]);
        }
    }
}
