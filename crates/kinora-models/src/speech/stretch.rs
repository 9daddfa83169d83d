//! Probabilities of speech to stretches of speech.
//!
//! Two thresholds, as in `get_speech_timestamps` of silero-vad: speech begins above the upper one and
//! ends once it was below the lower one for a while. What is too long for one window is cut at its
//! longest pause. Counts in frames; holds nothing but the stretch that is going on.

use std::ops::Range;

/// Probability at which speech begins.
const BEGIN: f32 = 0.5;
/// Probability below which speech ends, after [`PAUSE`].
const END: f32 = 0.35;
/// Frames below [`END`] that end speech: 0.3 s.
const PAUSE: u64 = 10;
/// Shortest pause in frames at which a long stretch may be cut: 0.1 s, as in silero-vad.
const SHORT_PAUSE: u64 = 3;
/// Shortest stretch in frames; shorter ones are clicks and coughs: 0.16 s.
const SHORTEST: u64 = 5;
/// Longest stretch in frames; longer ones are cut: 29.4 s, which leaves room for margins in 30 s.
pub(super) const LONGEST: u64 = 920;

/// Finds stretches, frame by frame.
#[derive(Default)]
pub(super) struct Stretches {
    /// Frames so far.
    at: u64,
    /// Where the stretch that is going on began.
    begun: Option<u64>,
    /// Since when it is quiet.
    quiet: Option<u64>,
    /// The longest pause in the later half of the stretch.
    pause: Range<u64>,
}

impl Stretches {
    /// Takes the next frame; a stretch that has ended, in frames.
    pub(super) fn push(&mut self, probability: f32) -> Option<Range<u64>> {
        let now = self.at;
        self.at += 1;
        if probability >= BEGIN {
            self.note_pause(now);
            self.begun.get_or_insert(now);
        }
        let begun = self.begun?;
        if probability < END {
            let quiet = *self.quiet.get_or_insert(now);
            if self.at - quiet >= PAUSE {
                return self.end(begun..quiet);
            }
        }
        if self.at - begun >= LONGEST { Some(self.cut(begun)) } else { None }
    }

    /// The stretch that the end of the recording ends.
    pub(super) fn finish(&mut self) -> Option<Range<u64>> {
        let begun = self.begun?;
        self.end(begun..self.quiet.unwrap_or(self.at))
    }

    /// From which frame on sound may still be needed.
    pub(super) fn needed_from(&self) -> u64 {
        self.begun.unwrap_or(self.at)
    }

    fn note_pause(&mut self, now: u64) {
        let (Some(quiet), Some(begun)) = (self.quiet.take(), self.begun) else { return };
        let length = now - quiet;
        let late = quiet >= begun + LONGEST / 2;
        if late && length >= SHORT_PAUSE && length >= self.pause.end - self.pause.start {
            self.pause = quiet..now;
        }
    }

    fn end(&mut self, stretch: Range<u64>) -> Option<Range<u64>> {
        (self.begun, self.quiet, self.pause) = (None, None, 0..0);
        (stretch.end - stretch.start >= SHORTEST).then_some(stretch)
    }

    /// Ends the stretch at its pause, or in the middle of a word if there is none, and goes on behind it.
    fn cut(&mut self, begun: u64) -> Range<u64> {
        let pause = if self.pause.is_empty() { self.at..self.at } else { self.pause.clone() };
        (self.begun, self.pause) = (Some(pause.end), 0..0);
        self.quiet = self.quiet.filter(|quiet| *quiet >= pause.end);
        begun..pause.start
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(probabilities: impl IntoIterator<Item = f32>) -> Vec<Range<u64>> {
        let mut stretches = Stretches::default();
        let mut found: Vec<_> =
            probabilities.into_iter().filter_map(|p| stretches.push(p)).collect();
        found.extend(stretches.finish());
        found
    }

    fn frames(parts: &[(f32, usize)]) -> Vec<f32> {
        parts.iter().flat_map(|(p, n)| std::iter::repeat_n(*p, *n)).collect()
    }

    #[test]
    #[allow(clippy::single_range_in_vec_init, reason = "it is a list of stretches")]
    fn speech_begins_high_and_ends_low() {
        for (parts, expected) in [
            (&[(0.1, 20), (0.9, 30), (0.1, 20)][..], &[(20, 50)][..]),
            // A short pause and a doubtful while do not end it.
            (&[(0.9, 30), (0.1, 9), (0.4, 30), (0.9, 10), (0.1, 10)], &[(0, 79)]),
            (&[(0.4, 50)], &[]),
            (&[(0.9, 4), (0.0, 30), (0.9, 5)], &[(34, 39)]),
        ] {
            let found: Vec<_> = run(frames(parts)).iter().map(|s| (s.start, s.end)).collect();
            assert_eq!(found, expected, "{parts:?}");
        }
    }

    #[test]
    fn a_long_speech_is_cut_at_its_longest_pause() {
        let long = LONGEST as usize;
        let parts = [(0.9, 600), (0.0, 5), (0.9, 100), (0.0, 8), (0.9, 700), (0.0, 10)];
        assert_eq!(run(frames(&parts)), [0..705, 713..1413]);
        assert_eq!(run(frames(&[(0.9, long + 50)])), [0..LONGEST, LONGEST..LONGEST + 50]);
    }

    proptest! {
        #[test]
        fn stretches_are_in_order_apart_and_short_enough(
            parts in proptest::collection::vec((0.0f32..1.0, 1usize..400), 0..30)
        ) {
            let all = frames(&parts);
            let mut last = 0;
            for stretch in run(all.clone()) {
                prop_assert!(stretch.start >= last && stretch.end <= all.len() as u64);
                prop_assert!(stretch.end - stretch.start <= LONGEST);
                last = stretch.end;
            }
        }
    }
}
