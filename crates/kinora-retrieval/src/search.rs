//! The way of a question through the pipeline.

use std::collections::HashMap;

use kinora_catalog::Catalog;
use kinora_index::IndexRead;
use kinora_inference::TextEmbedder;
use kinora_types::{Asset, Candidate, Hit, RejectReason};

use crate::{
    Explain, Mode, Query, SearchError, SearchOutcome,
    candidates::Parts,
    dense::{HubCache, Target},
    moments::{Rated, moments},
    select::Selection,
    trace::Trace,
};

/// Answers questions to one library. Callable from several threads; the same question gets the same
/// hits as long as the library stays the same.
pub struct Searcher<'a> {
    parts: Parts<'a>,
}

impl<'a> Searcher<'a> {
    /// Over a library's catalogue, its index (brought up to date by [`crate::sync`]) and the text
    /// tower of its space.
    pub fn new(
        catalog: &'a Catalog,
        index: &'a dyn IndexRead,
        embedder: &'a dyn TextEmbedder,
    ) -> Result<Self, SearchError> {
        catalog.space().check_same(embedder.space())?;
        let hubs = HubCache::default();
        Ok(Self { parts: Parts { catalog, index, embedder, hubs } })
    }

    /// The library that is searched.
    pub fn catalog(&self) -> &'a Catalog {
        self.parts.catalog
    }

    /// Answers one question, or says that nothing fits.
    pub fn search(&self, query: &Query) -> Result<SearchOutcome, SearchError> {
        self.run(query, true)
    }

    /// The ranking alone: `hits` are there even if `fits` says that nothing does. For evaluation, and
    /// for showing what came nearest.
    pub fn rank(&self, query: &Query) -> Result<SearchOutcome, SearchError> {
        self.run(query, false)
    }

    fn run(&self, query: &Query, abstain: bool) -> Result<SearchOutcome, SearchError> {
        let query = checked(query)?;
        let mut trace = Trace::new();
        let mut gathered = self.parts.gather(&query, &mut trace)?;
        let target = gathered.target.take();
        let words = gathered.lexical.words.clone();
        let matched: HashMap<u64, Vec<String>> = gathered
            .ranked
            .iter()
            .map(|r| (r.row, gathered.lexical.matched_words(r.row)))
            .collect();
        let selection = self.parts.select(&query, gathered, abstain, &mut trace)?;
        let (mut hits, rejected) = self.read(&selection, &matched)?;
        if let Some(target) = &target {
            self.find_moments(target, &selection, &mut hits)?;
        }
        trace.stage("read", hits.len(), "assets from the catalogue");
        let model = self.parts.embedder.score_model();
        Ok(SearchOutcome {
            hits,
            rejected,
            best_score: selection.best_score,
            threshold: selection.threshold,
            fits: selection.verdict.fits(),
            plan: Explain {
                stages: trace.stages,
                words,
                verdict: selection.verdict,
                duplicate_threshold: query.deduplicate.then_some(model.duplicate_threshold),
            },
        })
    }

    /// Turns places of the pool into hits and rejected candidates with their assets.
    fn read(
        &self,
        selection: &Selection,
        matched: &HashMap<u64, Vec<String>>,
    ) -> Result<(Vec<Hit>, Vec<Candidate>), SearchError> {
        let Selection { pool, out, order, .. } = selection;
        let rejected = (0..pool.len()).filter(|place| out[*place].is_some());
        let rejected: Vec<usize> = rejected.take(SearchOutcome::MAX_REJECTED).collect();
        let rows: Vec<u64> = order.iter().chain(&rejected).map(|place| pool[*place].row).collect();
        let mut assets: HashMap<u64, Asset> =
            self.parts.catalog.assets(&rows)?.into_iter().collect();
        let mut hit = |place: usize, rank: usize| {
            let row = pool[place].row;
            let matched_words = matched.get(&row).cloned().unwrap_or_default();
            let asset = assets.remove(&row)?;
            let scores = pool[place].scores;
            Some(Hit { rank, asset, scores, matched_words, moments: Vec::new() })
        };
        let (mut hits, mut gone) = (Vec::new(), Vec::new());
        for place in order {
            match hit(*place, hits.len() + 1) {
                // It vanished after the index was brought up to date.
                Some(hit) if hit.asset.paths.is_empty() => {
                    gone.push(Candidate { hit, rejected: RejectReason::Unavailable });
                }
                found => hits.extend(found),
            }
        }
        let candidate = |place: usize| {
            let rejected = out[place].clone()?;
            Some(Candidate { hit: hit(place, place + 1)?, rejected })
        };
        let mut rejected: Vec<Candidate> = rejected.into_iter().filter_map(candidate).collect();
        rejected.splice(0..0, gone);
        Ok((hits, rejected))
    }
}

impl Searcher<'_> {
    /// Tells of the videos among the hits when what was asked for is to be seen.
    fn find_moments(
        &self,
        target: &Target,
        selection: &Selection,
        hits: &mut [Hit],
    ) -> Result<(), SearchError> {
        let videos = selection.pool.iter().filter_map(|ranked| Some((ranked.row, ranked.at_ms?)));
        let videos: HashMap<u64, u64> = videos.collect();
        for hit in hits.iter_mut().filter(|hit| hit.asset.duration_ms.is_some()) {
            let Some((row, _)) = self.parts.catalog.asset_and_row(&hit.asset.id)? else {
                continue;
            };
            let frames: Vec<Rated> = self
                .parts
                .frame_dots(target, row)?
                .into_iter()
                .map(|(frame, dot)| Rated { at_ms: frame.at_ms, dot })
                .collect();
            let shots = self.parts.catalog.shots(row)?;
            let best = videos.get(&row).and_then(|at| frames.iter().position(|f| f.at_ms == *at));
            if let (Some(best), Some(score)) = (best, hit.scores.dense) {
                let end = hit.asset.duration_ms.unwrap_or_default();
                hit.moments = moments(&frames, &shots, end, best, score);
            }
        }
        Ok(())
    }
}

/// The question with empty words left out, or why it cannot be asked.
fn checked(query: &Query) -> Result<Query, SearchError> {
    let bad = |message: &str| Err(SearchError::Query(message.to_owned()));
    let words = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let query = Query { text: words(&query.text), minus: words(&query.minus), ..query.clone() };
    let share = |value: f32| (0.0..=1.0).contains(&value);
    if query.text.is_none() && (query.like.is_empty() || query.mode == Mode::LexicalOnly) {
        return bad("there is nothing to look for");
    }
    if query.limit == 0 {
        return bad("the limit must be at least 1");
    }
    if !share(query.text_weight) || !query.diversity.is_none_or(share) {
        return bad("a weight must be between 0 and 1");
    }
    if query.filter.near.is_some_and(|(_, km)| km.is_nan() || km < 0.0) {
        return bad("a distance must be 0 km or more");
    }
    Ok(query)
}
