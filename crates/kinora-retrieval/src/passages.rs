//! Passages that carry words of the question, gathered into stretches of time.
//!
//! An hour of talk contains nearly every word somewhere. What counts is therefore what is said within
//! [`WINDOW_MS`], together with what belongs to all of the asset. Stretches that touch are one.

use std::collections::BTreeSet;

use kinora_catalog::PassageHit;
use kinora_types::{PassageRow, TimeRange};

/// How far apart words may be said to belong together.
const WINDOW_MS: u64 = 15_000;
/// Stretches of an asset that are told.
const MOST: usize = 3;

/// A passage and which words of the question it carries.
#[derive(Clone, Debug)]
pub(crate) struct Carrier {
    pub(crate) hit: PassageHit,
    /// Places in the list of words.
    pub(crate) words: BTreeSet<usize>,
}

/// Passages that belong together, or all that belong to the whole asset.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stretch {
    /// `None` if nothing of it has a time.
    pub(crate) range: Option<TimeRange>,
    /// Words of the question that it carries.
    pub(crate) words: BTreeSet<usize>,
    /// Its passages, best first.
    pub(crate) passages: Vec<PassageRow>,
    /// Sum of their BM25.
    pub(crate) score: f32,
}

/// The stretches of one asset, the one that carries most first; each after the first stands apart from
/// those before. `weight` says how much a set of words counts.
pub(crate) fn stretches(
    carriers: &[Carrier],
    weight: impl Fn(&BTreeSet<usize>) -> f64,
) -> Vec<Stretch> {
    let untimed: Vec<&Carrier> = carriers.iter().filter(|c| c.hit.range.is_none()).collect();
    let mut timed: Vec<(TimeRange, &Carrier)> =
        carriers.iter().filter_map(|c| Some((c.hit.range?, c))).collect();
    timed.sort_by_key(|(range, carrier)| (*range, carrier.hit.passage));
    if timed.is_empty() {
        return if untimed.is_empty() { Vec::new() } else { vec![gather(&untimed, &[])] };
    }
    let mut all: Vec<Stretch> = (0..timed.len())
        .map(|first| {
            let limit = timed[first].0.start_ms() + WINDOW_MS;
            let near = timed[first..].iter().take_while(|(range, _)| range.start_ms() <= limit);
            gather(&untimed, &near.copied().collect::<Vec<_>>())
        })
        .collect();
    all.sort_by(|a, b| {
        let counts = weight(&b.words).total_cmp(&weight(&a.words));
        counts.then(b.score.total_cmp(&a.score)).then(a.range.cmp(&b.range))
    });
    let mut apart: Vec<Stretch> = Vec::new();
    for stretch in all {
        let meets = |other: &Stretch| {
            let (own, theirs) = (stretch.range.unwrap_or(TimeRange::point(0)), other.range);
            theirs.is_some_and(|range| {
                own.start_ms() <= range.end_ms() && range.start_ms() <= own.end_ms()
            })
        };
        if apart.len() < MOST && !apart.iter().any(meets) {
            apart.push(stretch);
        }
    }
    apart
}

fn gather(untimed: &[&Carrier], timed: &[(TimeRange, &Carrier)]) -> Stretch {
    let mut members: Vec<&Carrier> = timed.iter().map(|(_, carrier)| *carrier).collect();
    members.sort_by(|a, b| b.hit.score.total_cmp(&a.hit.score));
    members.extend(untimed);
    Stretch {
        range: timed.iter().map(|(range, _)| *range).reduce(TimeRange::hull),
        words: members.iter().flat_map(|carrier| carrier.words.iter().copied()).collect(),
        passages: members.iter().map(|carrier| carrier.hit.passage).collect(),
        score: members.iter().map(|carrier| carrier.hit.score).sum(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use kinora_types::AssetRow;

    use super::*;

    fn carrier(passage: u64, range: Option<(u64, u64)>, words: &[usize]) -> Carrier {
        let range = range.map(|(start, end)| TimeRange::new(start, end).unwrap());
        let hit = PassageHit {
            passage: PassageRow(passage),
            asset: AssetRow(1),
            kind: kinora_types::PassageKind::Speech,
            by_person: false,
            range,
            score: 1.0,
        };
        Carrier { hit, words: words.iter().copied().collect() }
    }

    fn count(words: &BTreeSet<usize>) -> f64 {
        words.len() as f64
    }

    #[test]
    fn words_far_apart_do_not_add_up() {
        let said = [
            carrier(1, Some((0, 2000)), &[0]),
            carrier(2, Some((4000, 6000)), &[1]),
            carrier(3, Some((60_000, 62_000)), &[2]),
        ];
        let found = stretches(&said, count);
        let spans: Vec<_> = found.iter().map(|s| (s.range.unwrap(), s.words.len())).collect();
        let span = |start, end| TimeRange::new(start, end).unwrap();
        assert_eq!(spans, [(span(0, 6000), 2), (span(60_000, 62_000), 1)]);
    }

    #[test]
    fn what_belongs_to_all_of_the_asset_counts_everywhere() {
        let said = [carrier(1, None, &[0]), carrier(2, Some((4000, 6000)), &[1])];
        let found = stretches(&said, count);
        assert_eq!(
            (found.len(), found[0].words.len(), &found[0].passages[..]),
            (1, 2, &[PassageRow(2), PassageRow(1)][..])
        );
        assert_eq!(stretches(&said[..1], count)[0].range, None);
        assert!(stretches(&[], count).is_empty());
    }

    proptest! {
        #[test]
        fn stretches_stand_apart_best_first(
            starts in prop::collection::vec((0u64..100_000, 0u64..8000, 0usize..4), 1..20),
        ) {
            let said: Vec<Carrier> = (1..)
                .zip(&starts)
                .map(|(i, (start, length, word))| carrier(i, Some((*start, start + length)), &[*word]))
                .collect();
            let found = stretches(&said, count);
            prop_assert!(!found.is_empty() && found.len() <= MOST);
            prop_assert!(found.is_sorted_by(|a, b| a.words.len() >= b.words.len()));
            for (i, one) in found.iter().enumerate() {
                for other in &found[..i] {
                    prop_assert!(one.range.unwrap().overlap(other.range.unwrap()).is_none());
                }
            }
        }
    }
}
