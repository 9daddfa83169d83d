//! What an answer can rest on: assets and stretches of them, found by the search and by single passages, fused.
//!
//! The search rates assets, by all of their words together. A single passage that carries the question is found by
//! [`Searcher::passages`]. [`Searcher::segments`] fuses both lists by reciprocal rank: what both name, at about the
//! same time, is one segment and counts twice.
//!
//! Memory: the texts of the passages that are looked at, one at a time.

use std::collections::{HashMap, HashSet};

use kinora_catalog::PassageHit;
use kinora_types::{AssetRow, Control, Fit, NoFit, PassageKind, TimeRange};

use crate::{
    Filter, Query, SearchError, SearchOutcome, Searcher, content_words, denials::Denials,
    fit::MAJORITY, fuse::reciprocal_rank, lexical::LexicalList, tokens::stem_set,
};

/// Segments of one asset at most.
const MOST_OF_ONE: usize = 2;
/// Stretches no further apart than twice this are one segment.
const AROUND_MS: u64 = 10_000;
/// So many times the wanted segments passages are looked at.
const PASSAGES_TIMES: usize = 4;

/// A passage that carries words of a question.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PassageMatch {
    /// The passage and its asset.
    pub hit: PassageHit,
    /// How many stems of the question it carries.
    pub shared: usize,
    /// How many stems the question has.
    pub asked: usize,
    /// Share of the question's information that it carries, 0 to 1 (see [`Information`]).
    pub share: f64,
}

impl PassageMatch {
    /// Whether it answers by itself: it carries half of the question's information. One word that many assets share
    /// is no answer to a question of several.
    pub fn fit(&self) -> Fit {
        if self.shared > 0 && self.share >= MAJORITY {
            Fit::Words
        } else {
            Fit::No(NoFit::UnderThreshold)
        }
    }

    /// Whether it carries every stem of the question.
    pub fn has_all_words(&self) -> bool {
        self.shared == self.asked
    }
}

/// What the words of a question tell: `ln(1 + N / df)` by stem, most for those that few assets of the library carry
/// or none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Information {
    weights: HashMap<String, f64>,
}

impl Information {
    /// The share of it that stands in words with these stems, 0 to 1.
    pub fn share(&self, stems: &HashSet<String>) -> f64 {
        let all: f64 = self.weights.values().sum();
        let carried: f64 =
            self.weights.iter().filter(|(stem, _)| stems.contains(*stem)).map(|(_, w)| w).sum();
        if all > 0.0 { carried / all } else { 0.0 }
    }
}

/// An asset, or a stretch of one, that may answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Row of the asset.
    pub row: AssetRow,
    /// When; `None` for all of it.
    pub range: Option<TimeRange>,
    /// Sum of reciprocal ranks over the lists that name it.
    pub score: f32,
    /// Whether it answers by words, its own or those of a passage, or by its picture, nearer to the best than to
    /// the threshold: of many that look alike only the best are worth telling.
    pub leads: bool,
}

/// The segments that may answer a question, and the search that found them.
#[derive(Clone, Debug)]
pub struct Segments {
    /// What the search found.
    pub outcome: SearchOutcome,
    /// Best first, at most [`Query::limit`] of them.
    pub segments: Vec<Segment>,
    /// Whether words answer, of a hit or of a passage.
    pub by_words: bool,
}

impl Searcher<'_> {
    /// Segments for a question in words.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn segments(&self, query: &Query, control: &Control) -> Result<Segments, SearchError> {
        let outcome = self.search(query, control)?;
        let text = query.text.as_deref().unwrap_or_default();
        let most = query.limit.saturating_mul(PASSAGES_TIMES);
        let passages = self.passages(text, &query.filter, most, control)?;
        let by_words = passages.first().is_some_and(|passage| passage.fit().fits())
            || outcome.hits.iter().any(|hit| hit.fit.by_words());
        let segments = fused(&outcome, &passages, query.limit);
        Ok(Segments { outcome, segments, by_words })
    }

    /// How much each word of a text tells in this library.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn information(&self, text: &str, control: &Control) -> Result<Information, SearchError> {
        let catalog = self.catalog();
        let total = catalog.count()? as usize;
        let list = LexicalList::look_up(catalog, total, content_words(text), None, control)?;
        let mut weights = HashMap::new();
        for (word, weight) in list.weights() {
            for stem in stem_set(word) {
                weights.insert(stem, weight);
            }
        }
        Ok(Information { weights })
    }

    /// Passages that carry words of a text, those that carry most of its information first, of equals by BM25. Of the
    /// `most` best by BM25 the texts are read.
    ///
    /// # Errors
    /// [`SearchError::Catalog`] if the library cannot be read, [`SearchError::Cancelled`] once `control` says stop.
    pub fn passages(
        &self,
        text: &str,
        filter: &Filter,
        most: usize,
        control: &Control,
    ) -> Result<Vec<PassageMatch>, SearchError> {
        control.check()?;
        let catalog = self.catalog();
        let allowed = catalog.filter(filter)?;
        let passes = |hit: &PassageHit| {
            allowed.as_ref().is_none_or(|rows| rows.binary_search(&hit.asset).is_ok())
        };
        let asked = stem_set(text);
        let denials = Denials::of(catalog, text)?;
        // What models tell of a picture does not stand against a person.
        let told = |hit: &PassageHit| !matches!(hit.kind, PassageKind::Speech | PassageKind::Text);
        let passes = |hit: &PassageHit| passes(hit) && !(told(hit) && denials.contains(hit.asset));
        let information = self.information(text, control)?;
        let mut found = Vec::new();
        let hits = catalog.lexical_passages(&content_words(text))?;
        for hit in hits.into_iter().filter(passes).take(most) {
            control.check()?;
            let passage = catalog.passage(hit.passage)?;
            let Some(passage) = passage else { continue };
            let said = stem_set(&passage.text);
            let shared = asked.intersection(&said).count();
            let share = information.share(&said) * passage.weight();
            found.push(PassageMatch { hit, shared, asked: asked.len(), share });
        }
        // Stable: of equals the better by BM25 stays first.
        found.sort_by(|a, b| b.share.total_cmp(&a.share).then(b.shared.cmp(&a.shared)));
        Ok(found)
    }
}

/// Reciprocal rank fusion of hits and passages, at most two segments of one asset.
fn fused(outcome: &SearchOutcome, passages: &[PassageMatch], most: usize) -> Vec<Segment> {
    let mut found: Vec<Segment> = Vec::new();
    let (fitting, others): (Vec<&PassageMatch>, Vec<&PassageMatch>) =
        passages.iter().partition(|passage| passage.fit().fits());
    for (rank, passage) in (1..).zip(&fitting) {
        let PassageHit { asset: row, range, .. } = passage.hit;
        add(&mut found, Segment { row, range, score: 0.0, leads: true }, rank);
    }
    for (rank, hit) in (1..).zip(&outcome.hits) {
        let range = hit.moments.first().map(|moment| moment.range);
        let leads = hit.fit.by_words() || outcome.stands_out(hit);
        add(&mut found, Segment { row: hit.row, range, score: 0.0, leads }, rank);
    }
    // A passage that only shares a word with the question comes after whatever answers.
    for (rank, passage) in (1 + fitting.len() + outcome.hits.len()..).zip(&others) {
        let PassageHit { asset: row, range, .. } = passage.hit;
        add(&mut found, Segment { row, range, score: 0.0, leads: false }, rank);
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut of_one: HashMap<AssetRow, usize> = HashMap::new();
    found.retain(|segment| {
        let count = of_one.entry(segment.row).or_default();
        *count += 1;
        *count <= MOST_OF_ONE
    });
    found.truncate(most);
    found
}

/// Adds an entry of a list to what was found; the same stretch found twice counts twice.
fn add(found: &mut Vec<Segment>, new: Segment, rank: usize) {
    let score = reciprocal_rank(rank) as f32;
    let meets = |known: &&mut Segment| {
        known.row == new.row
            && match (known.range, new.range) {
                (Some(a), Some(b)) => around(a).overlap(b).is_some(),
                _ => true,
            }
    };
    match found.iter_mut().find(meets) {
        Some(known) => {
            known.score += score;
            known.leads |= new.leads;
            known.range = match (known.range, new.range) {
                (Some(a), Some(b)) => Some(a.hull(b)),
                (a, b) => a.or(b),
            };
        }
        None => found.push(Segment { score, ..new }),
    }
}

fn around(range: TimeRange) -> TimeRange {
    let (start, end) = (range.start_ms().saturating_sub(AROUND_MS), range.end_ms() + AROUND_MS);
    TimeRange::new(start, end).unwrap_or(range)
}

#[cfg(test)]
mod tests {
    use kinora_types::PassageRow;

    use super::*;

    fn segment(row: u64, range: Option<(u64, u64)>, leads: bool) -> Segment {
        let range = range.map(|(start, end)| TimeRange::new(start, end).unwrap());
        Segment { row: AssetRow(row), range, score: 0.0, leads }
    }

    #[test]
    fn the_same_stretch_found_twice_counts_twice() {
        let mut found = Vec::new();
        add(&mut found, segment(1, Some((0, 2000)), true), 1);
        add(&mut found, segment(1, Some((11_000, 12_000)), false), 1);
        add(&mut found, segment(1, Some((60_000, 61_000)), false), 2);
        add(&mut found, segment(2, None, false), 3);
        let spans: Vec<_> = found
            .iter()
            .map(|s| (s.row.0, s.range.map(|r| (r.start_ms(), r.end_ms())), s.leads))
            .collect();
        assert_eq!(
            spans,
            [(1, Some((0, 12_000)), true), (1, Some((60_000, 61_000)), false), (2, None, false)]
        );
        assert!((found[0].score - 2.0 / 61.0).abs() < 1e-6, "{}", found[0].score);
    }

    #[test]
    fn half_of_the_information_answers() {
        let hit = PassageHit {
            passage: PassageRow(1),
            asset: AssetRow(1),
            kind: PassageKind::Caption,
            by_person: false,
            range: None,
            score: 1.0,
        };
        for (shared, asked, share, fits, all) in [
            (0, 0, 0.0, false, true),
            (0, 2, 0.0, false, false),
            (1, 2, 0.5, true, false),
            (1, 2, 0.2, false, false),
            (1, 3, 0.3, false, false),
            (3, 3, 1.0, true, true),
        ] {
            let passage = PassageMatch { hit, shared, asked, share };
            assert_eq!(
                (passage.fit().fits(), passage.has_all_words()),
                (fits, all),
                "{shared} of {asked}"
            );
        }
    }
}
