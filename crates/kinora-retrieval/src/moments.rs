//! From frames that answer to stretches of time.
//!
//! The best frame of a video is grown to both sides over its neighbours as long as they stay above the
//! middle between the video's mean and its best: a scale of the video's own, whatever the space. One frame's
//! visual similarity is noisy while a shot shows one thing, so a frame also belongs if it is above that middle
//! when it is rated together with its neighbours and its shot (`bench/moments` has before and after). A
//! stretch ends half way to the first frame that does not belong, or at the cut between them.

use kinora_types::{Basis, Moment, TimeRange};

use crate::{fit::MAJORITY, passages::Stretch};

/// Moments that come with a video.
pub(crate) const MOST: usize = 3;

/// A frame with how near it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rated {
    pub(crate) at_ms: u64,
    pub(crate) dot: f32,
}

/// The moments of a video, best first. `frames` in order of time; `best` is the place of the frame
/// that the search chose and `score` its score; `end_ms` is the video's length.
pub(crate) fn moments(
    frames: &[Rated],
    shots: &[TimeRange],
    end_ms: u64,
    best: usize,
    score: f32,
) -> Vec<Moment> {
    let Some(top) = frames.get(best) else {
        return Vec::new();
    };
    let alone: Vec<f32> = frames.iter().map(|frame| frame.dot).collect();
    let together = among_neighbours(frames, shots);
    let (bar, bar_together) = (middle(&alone), middle(&together));
    let mut free: Vec<bool> =
        (0..frames.len()).map(|i| alone[i] >= bar || together[i] >= bar_together).collect();
    let mut found: Vec<Moment> = Vec::new();
    let mut anchor = Some(best);
    while let Some(at) = anchor.filter(|_| found.len() < MOST) {
        let first = (0..at).rev().take_while(|i| free[*i]).last().unwrap_or(at);
        let last = (at + 1..frames.len()).take_while(|i| free[*i]).last().unwrap_or(at);
        let nearest = (first..=last).max_by(|a, b| alone[*a].total_cmp(&alone[*b]));
        let shown = if found.is_empty() { at } else { nearest.unwrap_or(at) };
        found.push(Moment {
            range: TimeRange::new(
                boundary(frames, shots, first.checked_sub(1), first, 0),
                boundary(frames, shots, Some(last), last + 1, end_ms),
            )
            .unwrap_or_else(|backward| TimeRange::point(backward.start)),
            best_ms: frames[shown].at_ms,
            // Hubness hardly differs inside one video, so differences of scores are those of dots.
            score: score - top.dot + alone[shown],
            by: Basis::Picture,
        });
        free[first..=last].fill(false);
        let left = (0..frames.len()).filter(|i| free[*i]);
        anchor = left.max_by(|a, b| together[*a].total_cmp(&together[*b]));
    }
    // The one around the frame that the search chose stays first.
    found[1..].sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

/// The middle between the mean of the ratings and the best of them.
fn middle(ratings: &[f32]) -> f32 {
    let best = ratings.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    f32::midpoint(best, mean(ratings))
}

/// Each frame rated by the mean of itself and its neighbours in its shot, and as much by its whole shot.
/// Without a cut that is an even shift, which changes nothing but for the neighbours.
fn among_neighbours(frames: &[Rated], shots: &[TimeRange]) -> Vec<f32> {
    let shot = |frame: &Rated| shots.iter().position(|shot| shot.contains(frame.at_ms));
    let dots = |frames: &[Rated]| frames.iter().map(|frame| frame.dot).collect::<Vec<f32>>();
    let mut ratings = Vec::with_capacity(frames.len());
    for shown in frames.chunk_by(|a, b| shot(a) == shot(b)) {
        let dots = dots(shown);
        let around = |i: usize| mean(&dots[i.saturating_sub(1)..(i + 2).min(dots.len())]);
        let smooth: Vec<f32> = (0..dots.len()).map(around).collect();
        let whole = mean(&smooth);
        ratings.extend(smooth.iter().map(|rating| f32::midpoint(*rating, whole)));
    }
    ratings
}

fn mean(ratings: &[f32]) -> f32 {
    ratings.iter().sum::<f32>() / ratings.len().max(1) as f32
}

/// The stretches whose passages carry words of the question, as moments; `share` of each is that of the
/// question's information.
pub(crate) fn spoken(stretches: &[(Stretch, f64)]) -> Vec<Moment> {
    let moment = |(stretch, share): &(Stretch, f64)| {
        let range = stretch.range?;
        Some(Moment { range, best_ms: range.start_ms(), score: *share as f32, by: Basis::Words })
    };
    stretches.iter().filter_map(moment).collect()
}

/// What is to be seen and what is said, in one list: where they meet they are one moment, which goes
/// first; words that carry all of the question go before what is only to be seen, words that carry a
/// minority of it count only where nothing is to be seen.
pub(crate) fn join(seen: Vec<Moment>, said: &[Moment]) -> Vec<Moment> {
    let alone = seen.is_empty();
    let mut all = seen;
    for words in said {
        match all
            .iter_mut()
            .find(|m| m.by != Basis::Words && m.range.overlap(words.range).is_some())
        {
            Some(met) => {
                met.range = met.range.hull(words.range);
                met.by = Basis::Both;
            }
            None if alone || f64::from(words.score) >= MAJORITY => all.push(*words),
            None => {}
        }
    }
    let class = |moment: &Moment| match moment.by {
        Basis::Both => 0,
        Basis::Words if moment.score >= 1.0 => 1,
        Basis::Picture | Basis::Motion => 2,
        Basis::Words => 3,
    };
    // Stable: within a class the order is that of the lists.
    all.sort_by_key(class);
    let mut apart: Vec<Moment> = Vec::new();
    for moment in all {
        if apart.len() < MOST && apart.iter().all(|m| m.range.overlap(moment.range).is_none()) {
            apart.push(moment);
        }
    }
    apart
}

/// Where the stretch between two neighbours parts; `edge` where there is no neighbour.
fn boundary(
    frames: &[Rated],
    shots: &[TimeRange],
    before: Option<usize>,
    after: usize,
    edge: u64,
) -> u64 {
    let (Some(before), Some(after)) = (before.and_then(|i| frames.get(i)), frames.get(after))
    else {
        return edge;
    };
    let cut = shots.iter().map(|shot| shot.start_ms());
    let mut between = cut.filter(|cut| (before.at_ms + 1..=after.at_ms).contains(cut));
    between.next().unwrap_or(u64::midpoint(before.at_ms, after.at_ms))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(dots: &[f32]) -> Vec<Rated> {
        (0..).zip(dots).map(|(i, dot)| Rated { at_ms: i * 1000, dot: *dot }).collect()
    }

    #[test]
    fn neighbours_merge_and_cuts_bound() {
        let frames = frames(&[0.1, 0.1, 0.8, 0.9, 0.1, 0.1, 0.7, 0.1]);
        let shots = [TimeRange::new(0, 3400).unwrap(), TimeRange::new(3400, 8000).unwrap()];
        let found = moments(&frames, &shots, 8000, 3, 0.5);
        let spans: Vec<_> =
            found.iter().map(|m| (m.range.start_ms(), m.range.end_ms(), m.best_ms)).collect();
        assert_eq!(spans, [(1500, 3400, 3000), (5500, 6500, 6000)]);
        assert!((found[1].score - 0.3).abs() < 1e-6);
    }

    #[test]
    fn a_shot_that_shows_one_thing_is_not_torn_by_noise() {
        let frames = frames(&[0.1, 0.1, 0.1, 0.1, 0.7, 0.9, 0.4, 0.8, 0.1, 0.1]);
        let shots =
            [(0, 3500), (3500, 7500), (7500, 10_000)].map(|(a, b)| TimeRange::new(a, b).unwrap());
        let found = moments(&frames, &shots, 10_000, 5, 0.9);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].range.start_ms(), found[0].range.end_ms()), (3500, 7500));
    }

    #[test]
    fn what_is_seen_and_said_at_once_goes_first() {
        let moment = |start, end, score, by| Moment {
            range: TimeRange::new(start, end).unwrap(),
            best_ms: start,
            score,
            by,
        };
        let seen =
            vec![moment(0, 1000, 0.4, Basis::Picture), moment(5000, 6000, 0.3, Basis::Picture)];
        let said = [
            moment(5500, 8000, 0.6, Basis::Words),
            moment(20_000, 21_000, 1.0, Basis::Words),
            moment(40_000, 41_000, 0.2, Basis::Words),
        ];
        let spans = |list: &[Moment]| -> Vec<(u64, u64, Basis)> {
            list.iter().map(|m| (m.range.start_ms(), m.range.end_ms(), m.by)).collect()
        };
        assert_eq!(
            spans(&join(seen, &said)),
            [(5000, 8000, Basis::Both), (20_000, 21_000, Basis::Words), (0, 1000, Basis::Picture),]
        );
        assert_eq!(join(Vec::new(), &said).len(), 3);
    }

    #[test]
    fn one_frame_is_the_whole_video() {
        let found = moments(&frames(&[0.3]), &[], 900, 0, 0.3);
        assert_eq!((found[0].range.start_ms(), found[0].range.end_ms()), (0, 900));
        assert!(moments(&[], &[], 900, 0, 0.3).is_empty());
    }

    proptest! {
        #[test]
        fn moments_hold_their_best_and_never_overlap(
            dots in prop::collection::vec(-1f32..1.0, 1..40),
            cuts in prop::collection::btree_set(1u64..40_000, 0..6),
        ) {
            let frames = frames(&dots);
            let end = frames.len() as u64 * 1000;
            let mut bounds: Vec<u64> = cuts.into_iter().filter(|cut| *cut < end).collect();
            bounds.insert(0, 0);
            bounds.push(end);
            let shots: Vec<TimeRange> =
                bounds.windows(2).map(|pair| TimeRange::new(pair[0], pair[1]).unwrap()).collect();
            let best = (0..dots.len()).max_by(|a, b| dots[*a].total_cmp(&dots[*b])).unwrap();
            let found = moments(&frames, &shots, end, best, dots[best]);
            prop_assert_eq!(found[0].best_ms, frames[best].at_ms);
            prop_assert!(found.is_sorted_by(|a, b| a.score >= b.score));
            for (i, moment) in found.iter().enumerate() {
                prop_assert!(moment.range.contains(moment.best_ms));
                prop_assert!(found[..i].iter().all(|m| m.range.overlap(moment.range).is_none()));
            }
        }
    }
}
