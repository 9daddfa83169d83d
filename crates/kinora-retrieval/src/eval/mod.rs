//! Measures the search of a library: judged queries in, recall and abstention out.
//!
//! Recall is counted on the ranking *before* the threshold, over the queries that have an answer, so
//! that a cautious threshold cannot hide a good or bad ranking. Abstention is counted apart:
//! `abstained_correctly` of the queries without an answer, `abstained_wrongly` of those with one. Where a
//! judgement names stretches of time, those that the search tells are compared with them.

mod moments;

use std::collections::HashSet;

use kinora_types::Control;
use serde::{Deserialize, Serialize};

pub use self::moments::{JudgedMoment, MomentFit, MomentReport};
use crate::{Mode, Query, SearchError, Searcher};

/// Ranks that `mrr` counts; a relevant picture further down counts as 0.
const DEPTH: usize = 100;
/// Ranks that `ndcg_at_10` counts.
const GAIN_DEPTH: usize = 10;
/// File names shown per query.
const SHOWN: usize = 5;

/// A query with its right answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// The words.
    pub query: String,
    /// File names of the pictures that answer it; empty if none in the library does.
    pub relevant: Vec<String>,
    /// When they answer, of videos and recordings; a file may have several, or none if all of it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moments: Vec<JudgedMoment>,
}

/// How a search answered one judged query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerQuery {
    /// The words.
    pub query: String,
    /// The right answers.
    pub relevant: Vec<String>,
    /// 1-based rank of the best ranked right answer among the first 100.
    pub rank: Option<usize>,
    /// Normalised discounted cumulative gain of the first ten, every right answer worth the same; 0 for a
    /// query without one.
    pub ndcg_at_10: f64,
    /// How the told stretches of time fit, if some were judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moments: Option<MomentFit>,
    /// Best dense score, as the threshold saw it.
    pub best_score: Option<f32>,
    /// Whether the search would have answered.
    pub fits: bool,
    /// File names of the first five.
    pub top: Vec<String>,
}

/// How a search answered judged queries. Field names are stable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationReport {
    /// Which lists were searched.
    pub mode: Mode,
    /// Embedding space, `name@revision`.
    pub space: String,
    /// Threshold that decided about abstention.
    pub threshold: Option<f32>,
    /// Queries that have an answer.
    pub answerable: usize,
    /// Queries that have none.
    pub unanswerable: usize,
    /// Share of answerable queries with a right answer in first place.
    pub recall_at_1: f64,
    /// Share of answerable queries with a right answer among the first five.
    pub recall_at_5: f64,
    /// Mean of 1 / rank of the first right answer, over answerable queries.
    pub mrr: f64,
    /// Mean normalised discounted cumulative gain of the first ten (Järvelin & Kekäläinen 2002), relevance
    /// being yes or no, over answerable queries.
    pub ndcg_at_10: f64,
    /// How the told stretches of time fit, if some were judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moments: Option<MomentReport>,
    /// Unanswerable queries to which the search said that nothing fits.
    pub abstained_correctly: usize,
    /// Answerable queries to which the search said that nothing fits.
    pub abstained_wrongly: usize,
    /// Query by query, in the given order.
    pub queries: Vec<PerQuery>,
}

/// Bytes of a query at most: no person asks longer questions, and words take memory without end.
const LONGEST_QUERY: usize = 10_000;

impl Judgement {
    /// Parses a JSON list of `{"query": …, "relevant": [file names], "moments": [{"file": …, "start":
    /// seconds, "end": seconds}]}`; `moments` may be left out.
    ///
    /// # Errors
    /// [`SearchError::Judgements`] if it is no such list, is empty, or names a moment that is none.
    pub fn parse(json: &str) -> Result<Vec<Self>, SearchError> {
        let bad = |message: String| {
            SearchError::Judgements {
            message,
            hint: r#"expected is a JSON list of {"query": "…", "relevant": ["file.jpg"]}, for videos also "moments": [{"file": "…", "start": 1.5, "end": 4}]"#
                .into(),
        }
        };
        let judgements: Vec<Self> = serde_json::from_str(json)
            .map_err(|error| bad(format!("cannot read the judgements: {error}")))?;
        if judgements.is_empty() {
            return Err(bad("there are no judgements".into()));
        }
        if let Some(at) = judgements.iter().position(|j| j.query.trim().is_empty()) {
            return Err(bad(format!("judgement {} has an empty query", at + 1)));
        }
        if let Some(at) = judgements.iter().position(|j| j.query.len() > LONGEST_QUERY) {
            let message = format!("judgement {} has a query of over {LONGEST_QUERY} bytes", at + 1);
            return Err(bad(message));
        }
        for (number, judgement) in (1..).zip(&judgements) {
            for moment in &judgement.moments {
                if moment.range().is_none() {
                    return Err(bad(format!(
                        "judgement {number} has a moment that ends too early"
                    )));
                }
                if !judgement.relevant.contains(&moment.file) {
                    let file = &moment.file;
                    let message =
                        format!("judgement {number} has a moment outside its answers: `{file}`");
                    return Err(bad(message));
                }
            }
        }
        Ok(judgements)
    }
}

/// Asks every query and compares with its right answers. Near-duplicates are removed as in any
/// search, so a right answer may stand behind its copy.
///
/// # Errors
/// [`SearchError::Judgements`] if a right answer names a file that the library does not have;
/// [`SearchError::Cancelled`] once `control` says stop; those of [`Searcher::rank`].
pub fn evaluate(
    searcher: &Searcher<'_>,
    judgements: &[Judgement],
    mode: Mode,
    control: &Control,
) -> Result<EvaluationReport, SearchError> {
    check_files(searcher, judgements)?;
    let mut report = EvaluationReport {
        mode,
        space: searcher.catalog().space().id(),
        threshold: None,
        answerable: 0,
        unanswerable: 0,
        recall_at_1: 0.0,
        recall_at_5: 0.0,
        mrr: 0.0,
        ndcg_at_10: 0.0,
        moments: None,
        abstained_correctly: 0,
        abstained_wrongly: 0,
        queries: Vec::new(),
    };
    for judgement in judgements {
        let query = Query { mode, limit: DEPTH, ..Query::text(&judgement.query) };
        let outcome = searcher.rank(&query, control)?;
        report.threshold = outcome.threshold.or(report.threshold);
        let names: Vec<Vec<&str>> =
            outcome.hits.iter().map(|hit| names(&hit.asset.paths)).collect();
        let right =
            |names: &Vec<&str>| names.iter().any(|n| judgement.relevant.iter().any(|r| r == n));
        let shown = names.iter().take(SHOWN).filter_map(|names| names.first());
        report.count(PerQuery {
            query: judgement.query.clone(),
            relevant: judgement.relevant.clone(),
            rank: names.iter().position(right).map(|at| at + 1),
            ndcg_at_10: gain(names.iter().map(right), judgement.relevant.len()),
            moments: moments::fit(&outcome.hits, &judgement.moments),
            best_score: outcome.best_score,
            fits: outcome.fits,
            top: shown.map(ToString::to_string).collect(),
        });
    }
    report.average();
    Ok(report)
}

impl EvaluationReport {
    fn count(&mut self, query: PerQuery) {
        let within = |rank: usize| f64::from(u8::from(query.rank.is_some_and(|r| r <= rank)));
        if query.relevant.is_empty() {
            self.unanswerable += 1;
            self.abstained_correctly += usize::from(!query.fits);
        } else {
            self.answerable += 1;
            self.abstained_wrongly += usize::from(!query.fits);
            self.recall_at_1 += within(1);
            self.recall_at_5 += within(5);
            self.ndcg_at_10 += query.ndcg_at_10;
            self.mrr += query.rank.map_or(0.0, |rank| 1.0 / rank as f64);
        }
        self.queries.push(query);
    }

    /// Sums become means.
    fn average(&mut self) {
        let count = self.answerable.max(1) as f64;
        self.recall_at_1 /= count;
        self.recall_at_5 /= count;
        self.mrr /= count;
        self.ndcg_at_10 /= count;
        self.moments = MomentReport::of(self.queries.iter().filter_map(|q| q.moments.as_ref()));
    }
}

/// Normalised discounted cumulative gain of a ranking of right and wrong answers, of which `right` exist.
fn gain(ranking: impl Iterator<Item = bool>, right: usize) -> f64 {
    let at = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let found = (0..GAIN_DEPTH).zip(ranking).filter(|(_, is_right)| *is_right);
    let best: f64 = (0..right.min(GAIN_DEPTH)).map(at).sum();
    if best > 0.0 { found.map(|(place, _)| at(place)).sum::<f64>() / best } else { 0.0 }
}

/// File names of paths.
fn names(paths: &[String]) -> Vec<&str> {
    paths.iter().map(|path| path.rsplit(['/', '\\']).next().unwrap_or(path)).collect()
}

fn check_files(searcher: &Searcher<'_>, judgements: &[Judgement]) -> Result<(), SearchError> {
    let catalog = searcher.catalog();
    let assets = catalog.assets(&catalog.live_rows()?)?;
    let known: HashSet<&str> = assets.iter().flat_map(|(_, asset)| names(&asset.paths)).collect();
    let named = judgements.iter().flat_map(|judgement| &judgement.relevant);
    let mut unknown: Vec<&str> =
        named.map(String::as_str).filter(|name| !known.contains(name)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() {
        return Ok(());
    }
    let first: Vec<String> = unknown.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if unknown.len() > first.len() { ", …" } else { "" };
    Err(SearchError::Judgements {
        message: format!(
            "{} judged files are not in library `{}`: {}{more}",
            unknown.len(),
            catalog.name(),
            first.join(", ")
        ),
        hint: "add them to the library, or take them out of the judgements".into(),
    })
}
