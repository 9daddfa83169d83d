//! Passages to text.

use std::{borrow::Cow, fmt::Write};

use kinora_types::{Certainty, Passage, TimeRange};

use super::{DOUBTFUL, NOT_UNDERSTOOD, spoken};

/// A cue that would have no length is shown so long, in milliseconds, if the next one leaves room.
const SHORTEST_MS: u64 = 500;

/// SubRip: numbered cues, comma before the milliseconds. SRT knows no escapes, so an arrow in the words
/// loses its shaft, and blank lines, which end a cue, are dropped. Passages of a person without words are
/// left out. Doubtful words follow `[?]`; speech that was not understood is `[not understood]`.
pub fn to_srt(passages: &[Passage]) -> String {
    let mut text = String::new();
    for (number, cue) in cues(passages, ',', without_arrows).enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}\n{cue}", number + 1);
    }
    text
}

/// WebVTT (W3C Candidate Recommendation, 4 April 2019), UTF-8; `&`, `<` and `>` are escaped. Marks as in
/// [`to_srt`].
pub fn to_webvtt(passages: &[Passage]) -> String {
    let mut text = "WEBVTT\n\n".to_owned();
    for cue in cues(passages, '.', |line| {
        line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }) {
        let _ = writeln!(text, "{cue}");
    }
    text
}

/// `-->` and longer arrows become `->`.
fn without_arrows(line: &str) -> String {
    let mut line = line.to_owned();
    while line.contains("-->") {
        line = line.replace("-->", "->");
    }
    line
}

fn cues(
    passages: &[Passage],
    point: char,
    escape: fn(&str) -> String,
) -> impl Iterator<Item = String> {
    let said: Vec<(TimeRange, &Passage)> =
        spoken(passages).into_iter().filter_map(|p| Some((p.range?, p))).collect();
    let next: Vec<Option<u64>> =
        (1..=said.len()).map(|at| said.get(at).map(|(range, _)| range.start_ms())).collect();
    said.into_iter().zip(next).filter_map(move |((range, passage), next)| {
        let lines = lines(passage, escape);
        let times = arrow(lasting(range, next), point);
        (!lines.is_empty()).then(|| format!("{times}\n{}\n", lines.join("\n")))
    })
}

/// The lines of a cue, none of them blank.
fn lines(passage: &Passage, escape: fn(&str) -> String) -> Vec<String> {
    let text = match passage.certainty() {
        Certainty::Certain => Cow::Borrowed(passage.text.as_str()),
        Certainty::Doubtful => format!("{DOUBTFUL} {}", passage.text.trim_start()).into(),
        Certainty::NotUnderstood => NOT_UNDERSTOOD.into(),
    };
    // Each of these ends a line for some reader.
    let ends = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
    let plain = |line: &str| line.chars().filter(|c| !c.is_control()).collect::<String>();
    let lines = text.split(ends).map(|line| escape(plain(line).trim()));
    lines.filter(|line| !line.is_empty()).collect()
}

/// A range with a length: readers refuse cues without one.
fn lasting(range: TimeRange, next: Option<u64>) -> TimeRange {
    if !range.is_empty() {
        return range;
    }
    let start = range.start_ms();
    let end = next.unwrap_or(u64::MAX).min(start.saturating_add(SHORTEST_MS)).max(start + 1);
    TimeRange::new(start, end).unwrap_or(range)
}

fn arrow(range: TimeRange, point: char) -> String {
    format!("{} --> {}", clock(range.start_ms(), point), clock(range.end_ms(), point))
}

fn clock(ms: u64, point: char) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{point}{:03}", ms % 1000)
}
