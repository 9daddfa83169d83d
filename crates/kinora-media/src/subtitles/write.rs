//! Passages to text.

use std::fmt::Write;

use kinora_types::{Passage, TimeRange};

use super::spoken;

/// SubRip: numbered cues, comma before the milliseconds. SRT knows no escapes, so an arrow in the words
/// loses its head, and blank lines, which end a cue, are dropped. Passages without words are left out.
pub fn to_srt(passages: &[Passage]) -> String {
    let mut text = String::new();
    let cues = cues(passages, ',', |line| line.replace("-->", "->"));
    for (number, cue) in cues.enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}\n{cue}", number + 1);
    }
    text
}

/// WebVTT (W3C Candidate Recommendation, 4 April 2019), UTF-8; `&`, `<` and `>` are escaped.
pub fn to_webvtt(passages: &[Passage]) -> String {
    let mut text = "WEBVTT\n\n".to_owned();
    for cue in cues(passages, '.', |line| {
        line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }) {
        let _ = writeln!(text, "{cue}");
    }
    text
}

fn cues(
    passages: &[Passage],
    point: char,
    escape: fn(&str) -> String,
) -> impl Iterator<Item = String> {
    spoken(passages).into_iter().filter_map(move |passage| {
        let lines: Vec<String> = passage
            .text
            .lines()
            .map(|line| escape(line.trim()))
            .filter(|l| !l.is_empty())
            .collect();
        let range = passage.range.filter(|_| !lines.is_empty())?;
        Some(format!("{}\n{}\n", arrow(range, point), lines.join("\n")))
    })
}

fn arrow(range: TimeRange, point: char) -> String {
    format!("{} --> {}", clock(range.start_ms(), point), clock(range.end_ms(), point))
}

fn clock(ms: u64, point: char) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{point}{:03}", ms % 1000)
}
