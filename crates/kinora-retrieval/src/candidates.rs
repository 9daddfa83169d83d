//! From a question to ranked candidates: filter, dense, lexical, fusion.

use std::collections::{HashMap, HashSet};

use kinora_catalog::{Catalog, Frame, Owner};
use kinora_index::{self as index, IndexRead, SearchRequest};
use kinora_inference::TextEmbedder;
use kinora_types::{AssetRow, Control, Point, Scores};

use crate::{
    Mode, Query, SearchError, SearchOutcome, SearcherCache, content_words,
    denials::Denials,
    dense::{Nearness, Target},
    file_names::Named,
    fit::MAJORITY,
    fuse::{Fused, fuse},
    lexical::LexicalList,
    trace::Trace,
};

/// An index of at most so many vectors is rated as a whole (0.23 ms a vector); of a larger one the nearest by cosine.
const RATE_ALL: usize = 500;
/// Fewest candidates that are fetched by cosine for hubness to reorder.
const FETCH_MIN: usize = 200;
/// So many times the limit candidates are fetched by cosine.
const FETCH_TIMES: usize = 10;
/// Most points that are fetched to see past the frames of a few videos.
const FETCH_MOST: usize = 20_000;

/// What the pipeline is made of.
pub(crate) struct Parts<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) index: &'a dyn IndexRead,
    pub(crate) embedder: &'a dyn TextEmbedder,
    pub(crate) cache: &'a SearcherCache,
    /// Revision of the catalogue that the index is at.
    pub(crate) revision: u64,
}

/// A picture that may be an answer.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(crate) row: AssetRow,
    pub(crate) scores: Scores,
    pub(crate) vector: Option<Vec<f32>>,
    /// Milliseconds of its best frame, of a video.
    pub(crate) at_ms: Option<u64>,
}

/// Candidates, best first, and what the later stages need to know of them.
pub(crate) struct Gathered {
    pub(crate) ranked: Vec<Ranked>,
    pub(crate) lexical: LexicalList,
    /// What was looked for among the vectors, if it was.
    pub(crate) target: Option<Target>,
    /// Whether the question has words whose vector was compared.
    pub(crate) has_text_vector: bool,
    /// What people said does not show what is asked for.
    pub(crate) denials: Denials,
}

/// How near an asset is: a picture, or the best frame of a video.
struct Seen {
    near: Nearness,
    vector: Vec<f32>,
    at_ms: Option<u64>,
}

/// Rated assets by row.
type Rated = HashMap<AssetRow, Seen>;

impl Parts<'_> {
    pub(crate) fn gather(
        &self,
        query: &Query,
        trace: &mut Trace,
        control: &Control,
    ) -> Result<Gathered, SearchError> {
        control.check()?;
        let allowed = self.catalog.filter(&query.filter)?;
        let total = self.total()?;
        let passed = allowed.as_ref().map_or(total, Vec::len);
        trace.stage("filter", passed, if allowed.is_none() { "open" } else { "exact" });
        let named = self.named(query, allowed.as_deref())?;
        if named.only_a_name && !named.whole.is_empty() {
            return Ok(Self::only_named(query, named, trace));
        }
        let target = self.target(query, trace)?;
        let text = query.text.as_deref();
        let denials = text.map(|text| Denials::of(self.catalog, text)).transpose()?;
        let denials = denials.unwrap_or_default();
        control.check()?;
        let mut rated = Rated::new();
        if let Some(target) = &target {
            let spare = query.exclude.len() + denials.len();
            self.rate_nearest(query, target, (allowed.as_deref(), spare), &mut rated, control)?;
            let note =
                if rated.len() >= passed { "all rated" } else { "nearest by cosine, rated again" };
            trace.stage("dense", rated.len(), note);
        }
        let dense_rows: HashSet<AssetRow> = rated.keys().copied().collect();
        let mut lexical =
            self.lexical(query, (total, allowed.as_deref(), &named), trace, control)?;
        self.rate_missing(target.as_ref(), &lexical, &mut rated, control)?;
        let unwanted = self.unwanted(query, total, &rated, control)?;
        lexical.hits.retain(|hit| !unwanted.contains(&hit.0));
        let dense =
            dense_order(&rated, |row| dense_rows.contains(&row) && !unwanted.contains(&row));
        let mut ranked = fused(dense, &mut rated, &mut lexical, &denials);
        ranked.sort_by_key(|ranked| !named.whole.contains(&ranked.row));
        let dropped = format!("{} unwanted or given dropped", unwanted.len());
        trace.stage("fuse", ranked.len(), &dropped);
        let has_text_vector = target.as_ref().is_some_and(Target::has_text);
        Ok(Gathered { ranked, lexical, has_text_vector, target, denials })
    }

    /// Number of assets.
    fn total(&self) -> Result<usize, SearchError> {
        if self.catalog.has_frames()? {
            return self.cache.assets(self.catalog);
        }
        Ok(self.index.len())
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
        (allowed, spare): (Option<&[AssetRow]>, usize),
        rated: &mut Rated,
        control: &Control,
    ) -> Result<(), SearchError> {
        let points = allowed.map(|rows| self.catalog.points_of(rows)).transpose()?;
        let fetch = query.limit.saturating_mul(FETCH_TIMES).max(FETCH_MIN) + spare;
        let mut limit = if self.index.len() <= RATE_ALL { self.index.len() } else { fetch };
        let filter = points.as_deref().map_or(index::Filter::All, index::Filter::Only);
        loop {
            control.check()?;
            let request = SearchRequest { vector: target.vector.values(), limit, filter };
            let found = self.index.search(&request)?;
            let points: Vec<Point> = found.iter().map(|scored| scored.id).collect();
            let owners = self.catalog.owners(&points)?;
            let assets: HashSet<AssetRow> =
                owners.iter().flatten().map(|owner| owner.asset).collect();
            // One long video must not crowd out everything else.
            let crowded = found.len() == limit && assets.len() * 2 < fetch.min(limit);
            if !crowded || limit >= FETCH_MOST {
                return self.rate(target, &points, &owners, rated, control);
            }
            limit *= 4;
        }
    }

    /// Rates what only words have found, for the threshold and the duplicates.
    fn rate_missing(
        &self,
        target: Option<&Target>,
        lexical: &LexicalList,
        rated: &mut Rated,
        control: &Control,
    ) -> Result<(), SearchError> {
        let Some(target) = target else {
            return Ok(());
        };
        let frames = self.catalog.has_frames()?;
        let mut points = Vec::new();
        for hit in lexical.hits.iter().filter(|hit| !rated.contains_key(&hit.0)) {
            control.check()?;
            let video = if frames { self.best_frame(target, hit.0)? } else { None };
            points.push(video.unwrap_or(Point::of_picture(hit.0)));
        }
        let owners = self.catalog.owners(&points)?;
        self.rate(target, &points, &owners, rated, control)
    }

    /// The frame of a video that is nearest by cosine; `None` for a picture.
    fn best_frame(&self, target: &Target, row: AssetRow) -> Result<Option<Point>, SearchError> {
        let dots = self.frame_dots(target, row)?.into_iter();
        let best = dots.max_by(|a, b| a.1.total_cmp(&b.1));
        Ok(best.map(|(frame, _)| Point::of_frame(frame.row)))
    }

    /// The frames of a video in order of time with their dot products, hubness aside.
    pub(crate) fn frame_dots(
        &self,
        target: &Target,
        row: AssetRow,
    ) -> Result<Vec<(Frame, f32)>, SearchError> {
        let frames = self.catalog.frames(row)?;
        let points: Vec<Point> = frames.iter().map(|frame| Point::of_frame(frame.row)).collect();
        let vectors = self.index.vectors(&points)?;
        let rated = frames.into_iter().zip(vectors);
        Ok(rated.filter_map(|(frame, v)| Some((frame, target.dot(&v?)))).collect())
    }

    fn rate(
        &self,
        target: &Target,
        points: &[Point],
        owners: &[Option<Owner>],
        rated: &mut Rated,
        control: &Control,
    ) -> Result<(), SearchError> {
        let model = self.embedder.score_model();
        let vectors = self.index.vectors(points)?;
        for ((point, owner), vector) in points.iter().zip(owners).zip(vectors) {
            let (Some(owner), Some(vector)) = (owner, vector) else {
                continue;
            };
            control.check()?;
            let penalty = self.cache.penalty(model, self.revision, *point, &vector);
            let near = target.rate(&vector, penalty);
            let better = |seen: &Seen| {
                seen.near.given || seen.near.relevance >= near.relevance && !near.given
            };
            if !rated.get(&owner.asset).is_some_and(better) {
                rated.insert(owner.asset, Seen { near, vector, at_ms: owner.at_ms });
            }
        }
        Ok(())
    }

    /// The files that the question's words name, if words are searched and nothing else is asked.
    fn named(&self, query: &Query, allowed: Option<&[AssetRow]>) -> Result<Named, SearchError> {
        let alone = query.like.is_empty() && query.minus.is_none();
        let text = query.text.as_deref().filter(|_| alone && query.mode != Mode::DenseOnly);
        text.map_or_else(|| Ok(Named::default()), |text| Named::by(self.catalog, text, allowed))
    }

    /// The files of this name and nothing else: how they look is not asked.
    fn only_named(query: &Query, named: Named, trace: &mut Trace) -> Gathered {
        let words = content_words(query.text.as_deref().unwrap_or_default());
        let mut lexical = LexicalList::of_words(words);
        lexical.name(&Named { part: HashSet::new(), ..named });
        trace.stage("lexical", lexical.hits.len(), "the name of a file");
        let rows: Vec<AssetRow> = lexical.hits.iter().map(|hit| hit.0).collect();
        let fused = fuse(&[], &rows);
        let ranked = fused.iter().map(|f| ranked(f, &mut Rated::new(), &lexical)).collect();
        // Held to the threshold of words, so that it is answered by words.
        let denials = Denials::default();
        Gathered { ranked, lexical, target: None, has_text_vector: true, denials }
    }

    fn lexical(
        &self,
        query: &Query,
        (total, allowed, named): (usize, Option<&[AssetRow]>, &Named),
        trace: &mut Trace,
        control: &Control,
    ) -> Result<LexicalList, SearchError> {
        let text = query.text.as_deref().filter(|_| query.mode != Mode::DenseOnly);
        let Some(text) = text else {
            return Ok(LexicalList::default());
        };
        let words = content_words(text);
        let mut list = LexicalList::look_up(self.catalog, total, words, allowed, control)?;
        list.name(named);
        let mut note = String::from("BM25");
        if query.mode == Mode::Hybrid {
            note = format!("BM25; {} with a minority of the words dropped", list.require(MAJORITY));
        }
        list.hits.truncate(query.limit.saturating_mul(FETCH_TIMES).max(FETCH_MIN));
        trace.stage("lexical", list.hits.len(), &note);
        Ok(list)
    }

    /// Rows nearer to the unwanted than to the question, or that carry all of its words; and the given
    /// pictures themselves.
    fn unwanted(
        &self,
        query: &Query,
        total: usize,
        rated: &Rated,
        control: &Control,
    ) -> Result<HashSet<AssetRow>, SearchError> {
        // What a person said it does not show, it does not show here either.
        let minus = query.minus.as_deref();
        let free = minus.map(|minus| Denials::of_only(self.catalog, minus)).transpose()?;
        let free = free.unwrap_or_default();
        let drop = |(row, seen): &(&AssetRow, &Seen)| {
            seen.near.given || seen.near.unwanted && !free.contains(**row)
        };
        let mut unwanted: HashSet<AssetRow> =
            rated.iter().filter(drop).map(|(row, _)| *row).collect();
        let minus = query.minus.as_deref().filter(|_| query.mode != Mode::DenseOnly);
        if let Some(minus) = minus {
            let words = content_words(minus);
            let list = LexicalList::look_up(self.catalog, total, words, None, control)?;
            let carries = |row: &AssetRow| list.covers_all(*row) && !free.contains(*row);
            unwanted.extend(list.hits.iter().map(|hit| hit.0).filter(carries));
        }
        Ok(unwanted)
    }
}

/// Rows by falling relevance, ties by row.
fn dense_order(rated: &Rated, take: impl Fn(AssetRow) -> bool) -> Vec<AssetRow> {
    let mut rows: Vec<(AssetRow, f32)> = rated
        .iter()
        .filter(|(row, _)| take(**row))
        .map(|(row, seen)| (*row, seen.near.relevance))
        .collect();
    rows.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    rows.into_iter().map(|(row, _)| row).collect()
}

/// The candidates in order. What people denied stands where it would rank, so that it can be told, but takes no rank
/// from others; where its words are heard or read, these alone count.
fn fused(
    mut dense: Vec<AssetRow>,
    rated: &mut Rated,
    lexical: &mut LexicalList,
    denials: &Denials,
) -> Vec<Ranked> {
    let rows = |list: &LexicalList| list.hits.iter().map(|hit| hit.0).collect::<Vec<AssetRow>>();
    let mut denied = Vec::new();
    if denials.len() > 0 {
        let all = fuse(&dense, &rows(lexical));
        let out = |row: AssetRow| denials.contains(row) && !lexical.quotes_all(row);
        let placed = all.into_iter().enumerate().filter(|(_, fused)| out(fused.row));
        denied = placed.take(SearchOutcome::MAX_REJECTED).collect();
        rated.retain(|row, _| !denials.contains(*row) || out(*row));
        dense.retain(|row| !denials.contains(*row));
        let kept: Vec<_> = lexical.hits.iter().copied().filter(|hit| !out(hit.0)).collect();
        lexical.hits = kept;
    }
    let fused = fuse(&dense, &rows(lexical));
    let mut found: Vec<Ranked> = fused.iter().map(|f| ranked(f, rated, lexical)).collect();
    for (place, fused) in denied {
        let fused = Fused { lexical_rank: None, ..fused };
        found.insert(place.min(found.len()), ranked(&fused, rated, lexical));
    }
    found
}

fn ranked(fused: &Fused, rated: &mut Rated, lexical: &LexicalList) -> Ranked {
    let seen = rated.remove(&fused.row);
    let bm25 = fused.lexical_rank.and_then(|rank| lexical.hits.get(rank - 1));
    let scores = Scores {
        dense: seen.as_ref().map(|seen| seen.near.fit),
        dense_rank: fused.dense_rank,
        lexical: bm25.map(|hit| hit.1),
        lexical_rank: fused.lexical_rank,
        fused: fused.score,
    };
    let at_ms = seen.as_ref().and_then(|seen| seen.at_ms);
    Ranked { row: fused.row, scores, vector: seen.map(|seen| seen.vector), at_ms }
}
