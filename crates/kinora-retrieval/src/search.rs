//! The way of a question through the pipeline.

use std::collections::{HashMap, HashSet};

use kinora_catalog::Catalog;
use kinora_index::IndexRead;
use kinora_inference::TextEmbedder;
use kinora_types::{
    Asset, AssetRow, Basis, CameraMotion, Candidate, Control, Hit, Moment, Passage, RejectReason,
    TimeRange,
};

use crate::{
    Explain, Mode, Query, SearchError, SearchOutcome, SearcherCache,
    candidates::Parts,
    dense::Target,
    lexical::LexicalList,
    moments::{MOST as MOST_MOMENTS, Rated, join, moments, spoken},
    passages::Stretch,
    select::Selection,
    trace::Trace,
};

/// Passages that come with a hit.
const MOST_PASSAGES: usize = 5;

/// Hits, and what was rejected.
type Read = (Vec<Hit>, Vec<Candidate>);

/// What an asset's words say of the question.
struct Matched {
    words: Vec<String>,
    stretches: Vec<(Stretch, f64)>,
}

impl Matched {
    fn of(lexical: &LexicalList, row: AssetRow) -> Self {
        let stretches = lexical.stretches(row).into_iter();
        Self {
            words: lexical.matched_words(row),
            stretches: stretches.map(|(stretch, share)| (stretch.clone(), share)).collect(),
        }
    }
}

/// Answers questions to one library. Callable from several threads; the same question gets the same
/// hits as long as the library stays the same.
///
/// A searcher borrows everything and owns nothing, so that one can be taken for every question; what is dear to
/// compute is kept in a [`SearcherCache`]. Beside the vector search itself and the filter, which are the index's
/// and the catalogue's, its work depends on the candidates alone.
pub struct Searcher<'a> {
    pub(crate) parts: Parts<'a>,
}

impl<'a> Searcher<'a> {
    /// Over a library's catalogue, its index (brought up to date by [`crate::sync`]), the text tower of its
    /// space, and the cache that belongs to this library.
    ///
    /// # Errors
    /// [`SearchError::Space`] if the text tower is of another space than the library; [`SearchError::Catalog`] if
    /// the library's changes since the last search cannot be read.
    pub fn new(
        catalog: &'a Catalog,
        index: &'a dyn IndexRead,
        embedder: &'a dyn TextEmbedder,
        cache: &'a SearcherCache,
    ) -> Result<Self, SearchError> {
        catalog.space().check_same(embedder.space())?;
        let revision = cache.follow(catalog, index)?;
        Ok(Self { parts: Parts { catalog, index, embedder, cache, revision } })
    }

    /// The library that is searched.
    pub fn catalog(&self) -> &'a Catalog {
        self.parts.catalog
    }

    /// Answers one question, or says that nothing fits.
    ///
    /// # Errors
    /// [`SearchError::Query`] for a question that cannot be asked, [`SearchError::Cancelled`] once `control` says
    /// stop; those of the catalogue, the index and the embedder.
    pub fn search(&self, query: &Query, control: &Control) -> Result<SearchOutcome, SearchError> {
        self.run(query, true, control)
    }

    /// The ranking alone: `hits` are there even if `fits` says that nothing does. For evaluation, and
    /// for showing what came nearest.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn rank(&self, query: &Query, control: &Control) -> Result<SearchOutcome, SearchError> {
        self.run(query, false, control)
    }

    fn run(
        &self,
        query: &Query,
        abstain: bool,
        control: &Control,
    ) -> Result<SearchOutcome, SearchError> {
        let query = checked(query)?;
        let mut trace = Trace::new();
        let mut gathered = self.parts.gather(&query, &mut trace, control)?;
        let target = gathered.target.take();
        let words = gathered.lexical.words.clone();
        let matched: HashMap<AssetRow, Matched> = gathered
            .ranked
            .iter()
            .map(|ranked| (ranked.row, Matched::of(&gathered.lexical, ranked.row)))
            .collect();
        let selection = self.parts.select(&query, gathered, abstain, &mut trace, control)?;
        let (found, rejected) = self.read(&selection, &matched)?;
        let mut hits = Vec::with_capacity(found.len());
        for mut hit in found {
            control.check()?;
            let row = hit.row;
            let matched = matched.get(&row);
            let seen = match &target {
                Some(target) => self.seen(target, row, &selection, &hit, query.filter.camera)?,
                None => Vec::new(),
            };
            hit.moments =
                join(seen, &matched.map(|matched| spoken(&matched.stretches)).unwrap_or_default());
            hit.passages = self.matched_passages(matched)?;
            hits.push(hit);
        }
        trace.stage("read", hits.len(), "assets from the catalogue");
        Ok(SearchOutcome {
            hits,
            rejected,
            best_score: selection.best_score,
            threshold: selection.threshold,
            fits: selection.verdict.fits(),
            suggestions: Vec::new(),
            plan: Explain { stages: trace.stages, words, verdict: selection.verdict },
        })
    }

    /// Turns places of the pool into hits and rejected candidates with their assets.
    fn read(
        &self,
        selection: &Selection,
        matched: &HashMap<AssetRow, Matched>,
    ) -> Result<Read, SearchError> {
        let Selection { pool, fits, out, folded, order, .. } = selection;
        let rejected = (0..pool.len()).filter(|place| out[*place].is_some());
        let rejected: Vec<usize> = rejected.take(SearchOutcome::MAX_REJECTED).collect();
        let rows: Vec<AssetRow> =
            order.iter().chain(&rejected).map(|place| pool[*place].row).collect();
        let mut assets: HashMap<AssetRow, Asset> =
            self.parts.catalog.assets(&rows)?.into_iter().collect();
        let mut hit = |place: usize, rank: usize| {
            let row = pool[place].row;
            let matched_words =
                matched.get(&row).map(|matched| matched.words.clone()).unwrap_or_default();
            let asset = assets.remove(&row)?;
            let (scores, fit) = (pool[place].scores, fits[place]);
            let (moments, passages) = (Vec::new(), Vec::new());
            let near_duplicates = folded[place];
            Some(Hit {
                rank,
                row,
                asset,
                scores,
                fit,
                matched_words,
                near_duplicates,
                moments,
                passages,
            })
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
    /// The moments of a video at which what was asked for is to be seen.
    fn seen(
        &self,
        target: &Target,
        row: AssetRow,
        selection: &Selection,
        hit: &Hit,
        camera: Option<CameraMotion>,
    ) -> Result<Vec<Moment>, SearchError> {
        let best = selection.pool.iter().find(|ranked| ranked.row == row);
        let best = best.and_then(|ranked| ranked.at_ms);
        let (Some(best), Some(score)) = (best, hit.scores.dense) else {
            return Ok(Vec::new());
        };
        let rated = self.parts.frame_dots(target, row)?;
        let rated = rated.into_iter().map(|(frame, dot)| Rated { at_ms: frame.at_ms, dot });
        let frames: Vec<Rated> = rated.collect();
        let Some(place) = frames.iter().position(|frame| frame.at_ms == best) else {
            return Ok(Vec::new());
        };
        let shots = self.parts.catalog.shots(row)?;
        let end = hit.asset.duration_ms.unwrap_or_default();
        let Some(camera) = camera else {
            return Ok(moments(&frames, &shots, end, place, score));
        };
        // Only shots in which the camera does what was asked for; the others may look better.
        let moving = self.parts.catalog.shot_motions(Some(row))?;
        let moving = moving.iter().filter(|shot| shot.motion.camera.contains(&camera));
        let within = |range: TimeRange| {
            let own: Vec<Rated> =
                frames.iter().copied().filter(|frame| range.contains(frame.at_ms)).collect();
            let top = (0..own.len()).max_by(|a, b| own[*a].dot.total_cmp(&own[*b].dot))?;
            let score = score - frames[place].dot + own[top].dot;
            Some(Moment { range, best_ms: own[top].at_ms, score, by: Basis::Picture })
        };
        let mut found: Vec<Moment> = moving.filter_map(|shot| within(shot.range)).collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.truncate(MOST_MOMENTS);
        Ok(found)
    }

    /// The passages that carry words of the question.
    fn matched_passages(&self, matched: Option<&Matched>) -> Result<Vec<Passage>, SearchError> {
        let rows = matched.into_iter().flat_map(|matched| &matched.stretches);
        let rows = rows.flat_map(|(stretch, _)| &stretch.passages);
        let mut seen = HashSet::new();
        let mut passages = Vec::new();
        for row in rows.filter(|row| seen.insert(**row)).take(MOST_PASSAGES) {
            passages.extend(self.parts.catalog.passage(*row)?);
        }
        Ok(passages)
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
