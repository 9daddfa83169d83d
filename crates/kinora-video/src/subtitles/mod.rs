//! Subtitles: reading and writing SubRip (SRT) and WebVTT.
//!
//! Way in: [`to_srt`] and [`to_webvtt`] write passages of kind [`PassageKind::Speech`] that have a range, in
//! order of time. [`read`] takes a file's bytes in whatever encoding (`encoding.rs`), [`parse`] their text;
//! [`fit`] holds the cues against the length of the recording. What is read becomes passages of a person,
//! since subtitles that come with a file were made or approved by one. Positions, styles, voices and word
//! times are not kept (`markup.rs`).
//!
//! Memory: the text, at most three times.

mod encoding;
mod fit;
mod markup;
mod read;
#[cfg(test)]
mod tests;
mod times;
mod write;

use kinora_types::{Passage, PassageKind};

pub use encoding::TextEncoding;
pub use fit::fit;
pub use read::{SubtitleError, Subtitles, parse, read};
pub use write::{to_srt, to_webvtt};

/// Longest file in bytes; ten hours of speech are about 1 MB.
pub const LONGEST: u64 = 16 << 20;
/// Stands for speech that was heard and not understood; read back, it is no words.
const NOT_UNDERSTOOD: &str = "[not understood]";
/// Stands before words that a model is not sure of; read back, it is taken off.
const DOUBTFUL: &str = "[?]";

/// Speech with a range, in order of time.
fn spoken(passages: &[Passage]) -> Vec<&Passage> {
    let is_said = |p: &&Passage| p.kind == PassageKind::Speech && p.range.is_some();
    let mut said: Vec<&Passage> = passages.iter().filter(is_said).collect();
    said.sort_by_key(|passage| passage.range);
    said
}
