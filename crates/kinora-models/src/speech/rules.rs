//! Rules on the next token of a transcript with timestamps.
//!
//! Mirrors `SuppressBlank`, `SuppressTokens` and `ApplyTimestampRules` of openai/whisper
//! (`whisper/decoding.py`).

use super::vocabulary::{Token, Vocabulary};

/// A text begins within its first second.
const LATEST_START: Token = 50;

/// Makes impossible what must not follow `said`, which holds no prompt.
pub(super) fn apply(vocabulary: &Vocabulary, said: &[Token], logits: &mut [f32]) {
    let mut forbid = |tokens: std::ops::Range<Token>| {
        let (from, to) = (tokens.start as usize, (tokens.end as usize).min(logits.len()));
        logits[from.min(to)..to].fill(f32::NEG_INFINITY);
    };
    let (first, all) = (vocabulary.first_timestamp, Token::MAX);
    let mut singly = |tokens: &[Token]| tokens.iter().for_each(|token| forbid(*token..token + 1));
    singly(&vocabulary.suppressed);
    singly(&[vocabulary.no_timestamps]);
    if said.is_empty() {
        singly(&vocabulary.suppressed_first);
    }
    // Timestamps come in pairs, except directly before the end.
    let stamp = |back: usize| {
        said.len().checked_sub(back).is_none_or(|at| vocabulary.is_timestamp(said[at]))
    };
    let after_stamp = !said.is_empty() && stamp(1);
    if after_stamp && stamp(2) {
        forbid(first..all);
    } else if after_stamp {
        forbid(0..vocabulary.end);
    }
    // Time does not go back, and a segment that ends has a length.
    if let Some(last) = said.iter().rfind(|token| vocabulary.is_timestamp(**token)) {
        let open = after_stamp && !stamp(2);
        forbid(first..if open { *last } else { last + 1 });
    }
    if said.is_empty() {
        forbid(0..first);
        forbid(first + LATEST_START + 1..all);
    }
    // If any timestamp is likelier than each word, it is a timestamp.
    let (words, stamps) = logits.split_at(first as usize);
    let best = words.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if log_sum_exp(stamps) > best {
        logits[..first as usize].fill(f32::NEG_INFINITY);
    }
}

/// `ln(sum(exp(x)))`; minus infinity of nothing.
pub(super) fn log_sum_exp(values: &[f32]) -> f32 {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if most == f32::NEG_INFINITY {
        return most;
    }
    most + values.iter().map(|value| (value - most).exp()).sum::<f32>().ln()
}
