//! Segments in order, apart and with a length; and where speech has none.
//!
//! Times by attention are inexact, and what a model invents behind the end of speech has no time at all
//! (faster-whisper#506). Here nothing that was said is dropped for that: what has no room joins the
//! segment before, except for its repetition, which is how Whisper fills silence.

use std::ops::Range;

use kinora_inference::{SAMPLE_RATE, SpeechSegment};
use kinora_types::{TimeRange, TimedWord};

use super::{segments::BREATH, window::MARGIN, word_tokens::SPACELESS};

/// A segment lasts at least this long, in milliseconds.
const SHORTEST_MS: u64 = 40;
/// A word takes at least this long to be said once more, in milliseconds; "No." takes 200.
const REPEATED_MS: u64 = 120;
/// Length in milliseconds of a word without one, if there is room.
const GIVEN_MS: u64 = 200;
/// Shortest stretch of speech without a word that is reported: 0.3 s, in samples.
const LEAST_GAP: u64 = 4_800;
/// Times may be wrong by this much: 0.5 s, in samples. A short stretch may belong to a word as near as that.
const INEXACT: u64 = 8_000;
/// Stretches without words nearer than this are one: 1 s, in milliseconds.
const TOGETHER_MS: u64 = 1_000;

/// Segments within `bounds`, in order and apart from each other, none empty.
pub(super) fn tidy(mut segments: Vec<SpeechSegment>, bounds: TimeRange) -> Vec<SpeechSegment> {
    segments.sort_by_key(|segment| segment.range);
    let starts: Vec<u64> = segments.iter().map(|segment| segment.range.start_ms()).collect();
    let (mut all, mut at): (Vec<SpeechSegment>, u64) = (Vec::new(), bounds.start_ms());
    for (i, segment) in segments.into_iter().enumerate() {
        let (start, end) = cut(segment.range, at, bounds.end_ms());
        let repeats = all.last().is_some_and(|before| same(&before.text, &segment.text));
        let least = if repeats { REPEATED_MS } else { SHORTEST_MS };
        let end = if end - start >= least {
            end
        } else if repeats {
            continue;
        } else {
            let room = starts.get(i + 1).copied().unwrap_or(u64::MAX).min(bounds.end_ms());
            room.min(start + GIVEN_MS).max(end)
        };
        match all.last_mut() {
            Some(before) if end - start < SHORTEST_MS => join(before, segment),
            _ if end <= start => {}
            _ => {
                all.push(within(segment, start, end));
                at = end;
            }
        }
    }
    all
}

/// The part of a range between two moments; empty if there is none.
fn cut(range: TimeRange, from: u64, to: u64) -> (u64, u64) {
    let start = range.start_ms().clamp(from, to.max(from));
    (start, range.end_ms().clamp(start, to.max(start)))
}

/// Whether the same words are said; stretches without words are never the same.
fn same(one: &str, other: &str) -> bool {
    let letters = |text: &str| {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect::<String>()
    };
    !one.is_empty() && letters(one) == letters(other)
}

/// The segment from `start` to `end`, its words inside of it and in order.
fn within(segment: SpeechSegment, start: u64, end: u64) -> SpeechSegment {
    let mut at = start;
    let words = segment.words.into_iter().map(|word| {
        let (from, to) = cut(word.range, at, end);
        at = to;
        TimedWord { range: TimeRange::new(from, to).unwrap_or(word.range), ..word }
    });
    let words = words.collect();
    let range = TimeRange::new(start, end).unwrap_or(segment.range);
    SpeechSegment { range, words, ..segment }
}

/// Adds the words of a segment that has no room to the one before.
fn join(before: &mut SpeechSegment, segment: SpeechSegment) {
    if before.text.is_empty() || segment.text.is_empty() {
        return;
    }
    if !SPACELESS.contains(&before.language.as_str()) {
        before.text.push(' ');
    }
    before.text.push_str(&segment.text);
    let end = TimeRange::point(before.range.end_ms());
    before.words.extend(segment.words.into_iter().map(|word| TimedWord { range: end, ..word }));
    before.confidence = before.confidence.min(segment.confidence);
}

/// Stretches of speech that no segment covers, in samples, without the margins around them. `stretches` have
/// margins.
pub(super) fn gaps(stretches: &[Range<u64>], segments: &[SpeechSegment]) -> Vec<Range<u64>> {
    let samples = |ms: u64| ms * u64::from(SAMPLE_RATE) / 1000;
    let covered: Vec<Range<u64>> = segments
        .iter()
        .map(|segment| samples(segment.range.start_ms())..samples(segment.range.end_ms()))
        .collect();
    let mut gaps = Vec::new();
    for stretch in stretches {
        let (from, end) = (stretch.start + MARGIN, stretch.end.saturating_sub(MARGIN));
        let mut at = from;
        let near =
            |c: &&Range<u64>| c.start < stretch.end + INEXACT && stretch.start < c.end + INEXACT;
        let touching: Vec<&Range<u64>> = covered.iter().filter(near).collect();
        let least = if touching.is_empty() { LEAST_GAP } else { BREATH };
        for segment in &touching {
            if segment.start >= at + least {
                gaps.push(at..segment.start.min(end));
            }
            at = at.max(segment.end);
        }
        if end >= at + least {
            gaps.push(at..end);
        }
    }
    gaps.retain(|gap| gap.end >= gap.start + LEAST_GAP);
    gaps
}

/// Segments without text for stretches without words; those with nothing but a moment between them are one.
pub(super) fn not_understood(
    gaps: &[Range<u64>],
    segments: &[SpeechSegment],
) -> Vec<SpeechSegment> {
    let ms = |samples: u64| samples * 1000 / u64::from(SAMPLE_RATE);
    let mut all: Vec<(u64, u64)> = Vec::new();
    for gap in gaps {
        let (start, end) = (ms(gap.start), ms(gap.end));
        let said = |from: u64| {
            segments.iter().any(|s| s.range.start_ms() < start && from < s.range.end_ms())
        };
        match all.last_mut() {
            Some((_, before)) if start < *before + TOGETHER_MS && !said(*before) => *before = end,
            _ => all.push((start, end)),
        }
    }
    let segment = |(start, end)| SpeechSegment {
        text: String::new(),
        range: TimeRange::new(start, end).unwrap_or(TimeRange::point(start)),
        words: Vec::new(),
        confidence: 0.0,
        language: String::new(),
    };
    all.into_iter().map(segment).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str, start: u64, end: u64) -> SpeechSegment {
        let range = TimeRange::new(start, end).unwrap();
        let words = vec![TimedWord { text: text.into(), range }];
        SpeechSegment { text: text.into(), range, words, confidence: 0.9, language: "en".into() }
    }

    fn spans(segments: &[SpeechSegment]) -> Vec<(&str, u64, u64)> {
        let span = |s: &SpeechSegment| (s.range.start_ms(), s.range.end_ms());
        segments.iter().map(|s| (s.text.as_str(), span(s).0, span(s).1)).collect()
    }

    #[test]
    fn what_has_no_length_is_a_phantom_or_finds_room() {
        let bounds = TimeRange::new(0, 1000).unwrap();
        let phantom = vec![said("No.", 0, 400), said("No.", 500, 900), said("no", 1000, 1000)];
        assert_eq!(spans(&tidy(phantom, bounds)), [("No.", 0, 400), ("No.", 500, 900)]);
        let squeezed = vec![said("Yes.", 0, 500), said("Well.", 500, 500), said("No.", 900, 1200)];
        let expected = [("Yes.", 0, 500), ("Well.", 500, 700), ("No.", 900, 1000)];
        assert_eq!(spans(&tidy(squeezed, bounds)), expected);
        let late = vec![said("One", 0, 1000), said("two", 1000, 1000)];
        let joined = tidy(late, bounds);
        assert_eq!(spans(&joined), [("One two", 0, 1000)]);
        assert_eq!(joined[0].words.len(), 2);
    }

    #[test]
    fn speech_without_words_is_told() {
        let second = |s: f64| (s * 16_000.0) as u64;
        let stretch = |from: f64, to: f64| second(from) - MARGIN..second(to) + MARGIN;
        let stretches =
            [stretch(1.0, 1.5), stretch(2.0, 2.4), stretch(10.0, 20.0), stretch(25.0, 25.1)];
        let found = |segments: &[SpeechSegment]| {
            let gaps = gaps(&stretches, segments);
            let found = not_understood(&gaps, segments);
            found.iter().map(|s| (s.range.start_ms(), s.range.end_ms())).collect::<Vec<_>>()
        };
        assert_eq!(found(&[]), [(1000, 2400), (10_000, 20_000)]);
        // A word may be some tenths of a second off; the rest of a long stretch is not said with it.
        let some = [said("Hi", 1300, 1500), said("you", 12_000, 14_000)];
        assert_eq!(found(&some), [(10_000, 12_000), (14_000, 20_000)]);
        assert_eq!(found(&[said("all", 1000, 2400), said("of it", 10_900, 19_000)]), []);
    }

    proptest! {
        #[test]
        fn cues_have_a_length_are_in_order_and_inside(
            parts in prop::collection::vec((0u64..5000, 0u64..900, "[ab]{0,2}"), 0..12),
            (from, length) in (0u64..3000, 1u64..3000),
        ) {
            let bounds = TimeRange::new(from, from + length).unwrap();
            let all = parts.iter().map(|(start, length, text)| said(text, *start, start + length));
            let mut at = from;
            for cue in tidy(all.collect(), bounds) {
                let range = cue.range;
                prop_assert!(at <= range.start_ms() && range.start_ms() < range.end_ms());
                prop_assert!(range.end_ms() <= bounds.end_ms());
                at = range.end_ms();
                let mut word_at = range.start_ms();
                for word in &cue.words {
                    prop_assert!(word_at <= word.range.start_ms() && word.range.end_ms() <= at);
                    word_at = word.range.end_ms();
                }
            }
        }

        #[test]
        fn every_stretch_is_said_or_told(
            parts in prop::collection::vec((0u64..100, 1u64..60), 1..6),
            words in prop::collection::vec((0u64..400, 1u64..30), 0..6),
        ) {
            let (mut stretches, mut at) = (Vec::new(), 10u64);
            for (pause, length) in &parts {
                let start = at + pause;
                at = start + length + 4;
                // In tenths of a second.
                stretches.push(start * 1600 - MARGIN..(start + length) * 1600 + MARGIN);
            }
            let bounds = TimeRange::new(0, 100_000).unwrap();
            let heard = words.iter().map(|(from, length)| said("w", from * 100, (from + length) * 100));
            let mut heard = tidy(heard.collect(), bounds);
            heard.extend(not_understood(&gaps(&stretches, &heard), &heard));
            let all = tidy(heard.clone(), bounds);
            prop_assert_eq!(all.len(), heard.len());
            for stretch in &stretches {
                let middle = (stretch.start + stretch.end) / 32;
                let long = stretch.end - stretch.start >= 2 * MARGIN + 2 * BREATH;
                let near = |s: &SpeechSegment| {
                    s.range.start_ms() < middle + 1600 && middle < s.range.end_ms() + 1600
                };
                prop_assert!(!long || all.iter().any(near), "{:?} {:?}", stretch, all);
            }
        }
    }
}
