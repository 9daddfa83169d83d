//! `CLIPTokenizer` of transformers: a prompt as 77 token numbers.
//!
//! Reads `tokenizer.json` if there is one, else `vocab.json` and `merges.txt`, from which the same tokenizer
//! is put together: NFC, white space folded, lower case, OpenAI's split into words, byte-level BPE with `</w>`.

use std::path::Path;

use serde_json::Value;
use tokenizers::{
    AddedToken, SplitDelimiterBehavior, Tokenizer,
    models::bpe::BPE,
    normalizers::{self, Lowercase, NFC, Replace},
    pre_tokenizers::{
        byte_level::ByteLevel,
        sequence::Sequence,
        split::{Split, SplitPattern},
    },
    processors::roberta::RobertaProcessing,
};

use crate::error::{DiffusionError, Result};

const START: &str = "<|startoftext|>";
const END: &str = "<|endoftext|>";
const WORDS: &str =
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

/// A tokenizer with a length.
#[derive(Debug)]
pub struct CLIPTokenizer {
    tokenizer: Tokenizer,
    end: u32,
    pad: u32,
    length: usize,
}

impl CLIPTokenizer {
    /// The tokenizer of a folder; every text becomes `length` tokens.
    ///
    /// # Errors
    /// Files are missing or are no CLIP tokenizer.
    pub fn open(folder: &Path, length: usize) -> Result<Self> {
        let whole = folder.join("tokenizer.json");
        let named = padding(folder)?;
        let mut tokenizer = if whole.is_file() {
            Tokenizer::from_file(&whole).map_err(fault)?
        } else {
            put_together(folder, named.as_deref())?
        };
        tokenizer.with_padding(None).with_truncation(None).map_err(fault)?;
        let id = |token: &str| {
            let unknown = || DiffusionError::Tokenizer(format!("there is no token `{token}`"));
            tokenizer.token_to_id(token).ok_or_else(unknown)
        };
        let end = id(END)?;
        let pad = named.map_or(Ok(end), |token| id(&token))?;
        Ok(Self { tokenizer, end, pad, length })
    }

    /// Start, words, end, padding; longer texts are cut before the end token.
    ///
    /// # Errors
    /// The tokenizer's own.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode(text, true).map_err(fault)?;
        let mut ids = encoding.get_ids().to_vec();
        if ids.len() > self.length {
            ids.truncate(self.length.saturating_sub(1));
            ids.push(self.end);
        }
        ids.resize(self.length, self.pad);
        Ok(ids)
    }
}

fn fault(e: tokenizers::Error) -> DiffusionError {
    DiffusionError::Tokenizer(e.to_string())
}

/// From `vocab.json` and `merges.txt`. The padding token (`!` in OpenCLIP's) is special too, so it is taken out of
/// a text before the words are split, as transformers does.
fn put_together(folder: &Path, pad: Option<&str>) -> Result<Tokenizer> {
    let (vocab, merges) = (folder.join("vocab.json"), folder.join("merges.txt"));
    if let Some(path) = [&vocab, &merges].into_iter().find(|path| !path.is_file()) {
        let detail = "no such file, and no `tokenizer.json`".into();
        return Err(DiffusionError::Read { path: path.clone(), detail });
    }
    let bpe = BPE::from_file(&vocab.to_string_lossy(), &merges.to_string_lossy())
        .unk_token(END.into())
        .end_of_word_suffix("</w>".into())
        .continuing_subword_prefix(String::new());
    let mut tokenizer = Tokenizer::new(bpe.build().map_err(fault)?);
    let id = |token: &str| tokenizer.token_to_id(token).unwrap_or_default();
    let (start, end) = ((START.to_owned(), id(START)), (END.to_owned(), id(END)));
    let pattern = |text: &str| SplitPattern::Regex(text.to_owned());
    let split = Split::new(pattern(WORDS), SplitDelimiterBehavior::Removed, true).map_err(fault)?;
    let bytes = ByteLevel::new(false, true, true);
    let spaces = normalizers::replace::ReplacePattern::Regex(r"\s+".into());
    let spaces = Replace::new(spaces, " ").map_err(fault)?;
    let folded = normalizers::Sequence::new(vec![NFC.into(), spaces.into(), Lowercase.into()]);
    tokenizer.with_normalizer(Some(folded)).map_err(fault)?;
    tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![split.into(), bytes.into()])));
    let ends = RobertaProcessing::new(end, start).trim_offsets(false).add_prefix_space(false);
    tokenizer.with_post_processor(Some(ends));
    let special = [START, END].into_iter().chain(pad);
    let special = special.map(|token| AddedToken::from(token, true).normalized(false));
    tokenizer.add_special_tokens(special).map_err(fault)?;
    Ok(tokenizer)
}

/// The padding token that `special_tokens_map.json` or `tokenizer_config.json` names.
fn padding(folder: &Path) -> Result<Option<String>> {
    for name in ["special_tokens_map.json", "tokenizer_config.json"] {
        let path = folder.join(name);
        let Ok(text) = crate::config::text(&path) else {
            continue;
        };
        let read = |e: serde_json::Error| DiffusionError::Read { path, detail: e.to_string() };
        let map: Value = serde_json::from_str(&text).map_err(read)?;
        let token = &map["pad_token"];
        if let Some(token) = token.as_str().or_else(|| token["content"].as_str()) {
            return Ok(Some(token.to_owned()));
        }
    }
    Ok(None)
}
