//! Tags of a video's samples to stretches of time.

use std::collections::BTreeMap;

use kinora_inference::TagGuess;
use kinora_types::{Passage, PassageKind, TimeRange};

use super::passage;

/// Samples that may lack a tag in the midst of its stretch.
const MISSED: u64 = 2;

/// One stretch of a tag.
struct Span {
    first: u64,
    last: u64,
    confidence: f32,
}

/// The same tag over successive samples is one passage; its confidence is that of the surest sample.
pub(super) struct TagSpans {
    step_ms: u64,
    spans: BTreeMap<String, Vec<Span>>,
}

impl TagSpans {
    /// For samples about `step_ms` apart.
    pub(super) fn new(step_ms: u64) -> Self {
        Self { step_ms, spans: BTreeMap::new() }
    }

    /// The tags of the sample at a moment; moments rise.
    pub(super) fn push(&mut self, at_ms: u64, tags: Vec<TagGuess>) {
        for TagGuess { word, confidence } in tags {
            let spans = self.spans.entry(word).or_default();
            let reach = (MISSED + 1) * self.step_ms + self.step_ms / 2;
            match spans.last_mut().filter(|span| at_ms - span.last <= reach) {
                Some(span) => {
                    span.last = at_ms;
                    span.confidence = span.confidence.max(confidence);
                }
                None => spans.push(Span { first: at_ms, last: at_ms, confidence }),
            }
        }
    }

    /// The passages; a stretch lasts until the sample after its last, at most until `end_ms`.
    pub(super) fn finish(self, end_ms: u64, model: &str) -> Vec<Passage> {
        let step = self.step_ms;
        let each = self
            .spans
            .into_iter()
            .flat_map(|(word, spans)| spans.into_iter().map(move |span| (word.clone(), span)));
        each.map(|(word, span)| {
            let end = (span.last + step).min(end_ms.max(span.last));
            Passage {
                range: Some(
                    TimeRange::new(span.first, end).unwrap_or(TimeRange::point(span.first)),
                ),
                ..passage(PassageKind::Tag, word, model, span.confidence)
            }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_lasts_over_samples_that_miss_it() {
        let mut spans = TagSpans::new(1000);
        let tag = |word: &str, confidence| TagGuess { word: word.into(), confidence };
        for (at, tags) in [
            (0, vec![tag("dog", 0.8)]),
            (1000, vec![tag("dog", 0.9), tag("cat", 0.8)]),
            (2000, vec![]),
            (3000, vec![]),
            (4000, vec![tag("dog", 0.7)]),
            (9000, vec![tag("dog", 0.8)]),
        ] {
            spans.push(at, tags);
        }
        let found = spans.finish(9500, "m@1");
        let tags: Vec<(&str, TimeRange)> =
            found.iter().map(|p| (p.text.as_str(), p.range.unwrap())).collect();
        let range = |start, end| TimeRange::new(start, end).unwrap();
        assert_eq!(
            tags,
            [("cat", range(1000, 2000)), ("dog", range(0, 5000)), ("dog", range(9000, 9500))]
        );
    }
}
