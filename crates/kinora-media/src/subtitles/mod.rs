//! What is said as subtitles, SubRip (SRT) and WebVTT, and back.
//!
//! Way in: [`to_srt`], [`to_webvtt`], [`parse`]. Written are passages of kind [`PassageKind::Speech`]
//! that have a range, in order of time; what is read becomes passages of a person, since subtitles that
//! come with a file were made or approved by one. Positions, styles, voices and word times are not kept.
//!
//! Memory: the text, once.

mod read;
#[cfg(test)]
mod tests;
mod write;

use kinora_types::{Passage, PassageKind};

pub use read::{SubtitleError, parse};
pub use write::{to_srt, to_webvtt};

/// Speech with a range, in order of time.
fn spoken(passages: &[Passage]) -> Vec<&Passage> {
    let is_said = |p: &&Passage| p.kind == PassageKind::Speech && p.range.is_some();
    let mut said: Vec<&Passage> = passages.iter().filter(is_said).collect();
    said.sort_by_key(|passage| passage.range);
    said
}
