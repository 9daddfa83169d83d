//! From a question to ranked candidates: filter, dense, lexical, fusion.

use std::collections::{HashMap, HashSet};

use kinora_catalog::{self as catalog, Catalog};
use kinora_index::{self as index, IndexRead, PointId, SearchRequest};
use kinora_inference::TextEmbedder;
use kinora_types::Scores;

use crate::{
    Filter, Mode, Query, SearchError,
    dense::{HubCache, Nearness, Target},
    fuse::{Fused, fuse},
    lexical::LexicalList,
    trace::Trace,
    words::content_words,
};

/// Up to so many vectors all are rated (0.23 ms each); above, the index names the nearest by cosine first.
const RATE_ALL: usize = 500;
/// Candidates fetched by cosine, for hubness to reorder: this many, or so many times the limit.
const FETCH_MIN: usize = 200;
const FETCH_TIMES: usize = 10;
/// Share of the question's information that an asset's words must carry to take part in fusion.
const COVERAGE: f64 = 0.5;

/// What the pipeline is made of.
pub(crate) struct Parts<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) index: &'a dyn IndexRead,
    pub(crate) embedder: &'a dyn TextEmbedder,
    pub(crate) hubs: HubCache,
}

/// A picture that may be an answer.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(crate) row: u64,
    pub(crate) scores: Scores,
    pub(crate) vector: Option<Vec<f32>>,
}

/// Candidates, best first, and what the later stages need to know of them.
pub(crate) struct Gathered {
    pub(crate) ranked: Vec<Ranked>,
    pub(crate) lexical: LexicalList,
    /// Whether the question has words whose vector was compared.
    pub(crate) has_text_vector: bool,
}

/// Rated vectors by row.
type Rated = HashMap<u64, (Nearness, Vec<f32>)>;

impl Parts<'_> {
    pub(crate) fn gather(&self, query: &Query, trace: &mut Trace) -> Result<Gathered, SearchError> {
        let allowed = self.allowed(&query.filter)?;
        let passed = allowed.as_ref().map_or_else(|| self.index.len(), Vec::len);
        trace.stage("filter", passed, if allowed.is_none() { "open" } else { "exact" });
        let target = self.target(query, trace)?;
        let mut rated = Rated::new();
        if let Some(target) = &target {
            self.rate_nearest(query, target, allowed.as_deref(), &mut rated)?;
            let note =
                if rated.len() >= passed { "all rated" } else { "nearest by cosine, rated again" };
            trace.stage("dense", rated.len(), note);
        }
        let dense_rows: HashSet<u64> = rated.keys().copied().collect();
        let mut lexical = self.lexical(query, allowed.as_deref(), trace)?;
        self.rate_missing(target.as_ref(), &lexical, &mut rated)?;
        let unwanted = self.unwanted(query, &rated)?;
        lexical.hits.retain(|hit| !unwanted.contains(&hit.0));
        let dense =
            dense_order(&rated, |row| dense_rows.contains(&row) && !unwanted.contains(&row));
        let words: Vec<u64> = lexical.hits.iter().map(|hit| hit.0).collect();
        let fused = fuse(&dense, &words);
        trace.stage("fuse", fused.len(), &format!("{} unwanted or given dropped", unwanted.len()));
        Ok(Gathered {
            ranked: fused.iter().map(|f| ranked(f, &mut rated, &lexical)).collect(),
            lexical,
            has_text_vector: target.is_some_and(|target| target.has_text()),
        })
    }

    /// Rows that pass the filter, ascending; `None` for all.
    fn allowed(&self, filter: &Filter) -> Result<Option<Vec<u64>>, SearchError> {
        let Filter { after, before, near, licences, only } = filter;
        let licences = licences.clone();
        let fields = catalog::Filter { after: *after, before: *before, near: *near, licences };
        let passed = self.catalog.filter(&fields)?;
        let Some(only) = only else {
            return Ok(passed);
        };
        let mut rows = Vec::new();
        for id in only {
            rows.extend(self.catalog.asset_and_row(id)?.map(|(row, _)| row));
        }
        rows.sort_unstable();
        rows.dedup();
        rows.retain(|row| passed.as_ref().is_none_or(|rows| rows.binary_search(row).is_ok()));
        Ok(Some(rows))
    }

    fn target(&self, query: &Query, trace: &mut Trace) -> Result<Option<Target>, SearchError> {
        if query.mode == Mode::LexicalOnly {
            return Ok(None);
        }
        let target = Target::new(query, self.embedder)?;
        self.catalog.space().check_same(target.vector.space())?;
        trace.stage(
            "embed",
            query.like.len() + usize::from(query.text.is_some()),
            "parts of the question",
        );
        Ok(Some(target))
    }

    fn rate_nearest(
        &self,
        query: &Query,
        target: &Target,
        allowed: Option<&[u64]>,
        rated: &mut Rated,
    ) -> Result<(), SearchError> {
        let ids: Option<Vec<PointId>> =
            allowed.map(|rows| rows.iter().map(|row| PointId(*row)).collect());
        let fetch = query.limit.saturating_mul(FETCH_TIMES).max(FETCH_MIN) + query.exclude.len();
        let limit = if self.index.len() <= RATE_ALL { self.index.len() } else { fetch };
        let filter = ids.as_deref().map_or(index::Filter::All, index::Filter::Only);
        let request = SearchRequest { vector: target.vector.values(), limit, filter };
        let found = self.index.search(&request)?;
        self.rate(target, found.iter().map(|scored| scored.id).collect(), rated)
    }

    /// Words may have found what vectors did not: it is rated too, for the threshold and duplicates.
    fn rate_missing(
        &self,
        target: Option<&Target>,
        lexical: &LexicalList,
        rated: &mut Rated,
    ) -> Result<(), SearchError> {
        let Some(target) = target else {
            return Ok(());
        };
        let rows = lexical.hits.iter().map(|hit| hit.0).filter(|row| !rated.contains_key(row));
        let ids = rows.map(PointId).collect();
        self.rate(target, ids, rated)
    }

    fn rate(
        &self,
        target: &Target,
        ids: Vec<PointId>,
        rated: &mut Rated,
    ) -> Result<(), SearchError> {
        let model = self.embedder.score_model();
        for (id, vector) in ids.iter().zip(self.index.vectors(&ids)?) {
            if let Some(vector) = vector {
                let penalty = self.hubs.penalty(model, id.0, &vector);
                rated.insert(id.0, (target.rate(&vector, penalty), vector));
            }
        }
        Ok(())
    }

    fn lexical(
        &self,
        query: &Query,
        allowed: Option<&[u64]>,
        trace: &mut Trace,
    ) -> Result<LexicalList, SearchError> {
        let text = query.text.as_deref().filter(|_| query.mode != Mode::DenseOnly);
        let Some(text) = text else {
            return Ok(LexicalList::default());
        };
        let mut list =
            LexicalList::look_up(self.catalog, self.index.len(), content_words(text), allowed)?;
        let mut note = String::from("BM25");
        if query.mode == Mode::Hybrid {
            note = format!("BM25; {} with a minority of the words dropped", list.require(COVERAGE));
        }
        list.hits.truncate(query.limit.saturating_mul(FETCH_TIMES).max(FETCH_MIN));
        trace.stage("lexical", list.hits.len(), &note);
        Ok(list)
    }

    /// Rows nearer to the unwanted than to the question, or that carry all of its words; and the given
    /// pictures themselves.
    fn unwanted(&self, query: &Query, rated: &Rated) -> Result<HashSet<u64>, SearchError> {
        let drop = |near: &Nearness| near.unwanted || near.given;
        let rows = rated.iter().filter(|(_, (near, _))| drop(near)).map(|(row, _)| *row);
        let mut unwanted: HashSet<u64> = rows.collect();
        let minus = query.minus.as_deref().filter(|_| query.mode != Mode::DenseOnly);
        if let Some(minus) = minus {
            let list =
                LexicalList::look_up(self.catalog, self.index.len(), content_words(minus), None)?;
            unwanted.extend(list.hits.iter().map(|hit| hit.0).filter(|row| list.covers_all(*row)));
        }
        Ok(unwanted)
    }
}

/// Rows by falling relevance, ties by row.
fn dense_order(rated: &Rated, take: impl Fn(u64) -> bool) -> Vec<u64> {
    let mut rows: Vec<(u64, f32)> = rated
        .iter()
        .filter(|(row, _)| take(**row))
        .map(|(row, (near, _))| (*row, near.relevance))
        .collect();
    rows.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    rows.into_iter().map(|(row, _)| row).collect()
}

fn ranked(fused: &Fused, rated: &mut Rated, lexical: &LexicalList) -> Ranked {
    let near = rated.remove(&fused.row);
    let bm25 = fused.lexical_rank.and_then(|rank| lexical.hits.get(rank - 1));
    let scores = Scores {
        dense: near.as_ref().map(|(near, _)| near.fit),
        dense_rank: fused.dense_rank,
        lexical: bm25.map(|hit| hit.1),
        lexical_rank: fused.lexical_rank,
        fused: fused.score,
    };
    Ranked { row: fused.row, scores, vector: near.map(|(_, vector)| vector) }
}
