//! What an answer may rest on: hits and passages, fused, each with what is known around it.

use std::collections::HashMap;

use kinora_catalog::{Catalog, PassageHit};
use kinora_retrieval::{Query, SearchOutcome, Searcher, content_words};
use kinora_types::{Asset, AssetRow, Certainty, Hit, Passage, PassageKind, TimeRange};

use crate::{
    ChatError, Evidence, Fact, FactKind, Plan, prompt,
    words::{stem_set, stems},
};

/// Of reciprocal rank fusion (Cormack et al. 2009).
const RRF_K: f32 = 60.0;
/// Moments of one asset that are told of.
const MOMENTS: usize = 2;
/// How far around a moment speech is told.
const AROUND_MS: u64 = 10_000;
/// Speech of one piece of evidence.
const SPEECHES: usize = 8;
/// Share of the question's words that a passage must have to count as an answer by itself.
const ENOUGH: f32 = 0.5;

/// What was found for a question.
pub(crate) struct Gathered {
    pub evidence: Vec<Evidence>,
    /// Whether any of it answers; else it is what came nearest.
    pub fits: bool,
    /// Whether only its looks answer, of which a language model sees nothing.
    pub looks: bool,
}

/// An asset or a moment, before it is read.
struct Found {
    row: AssetRow,
    range: Option<TimeRange>,
    score: f32,
    fits: bool,
}

/// Counts the tokens of a text.
pub(crate) type Counter<'a> = dyn Fn(&str) -> Result<u32, ChatError> + 'a;

/// Finds evidence: at most `most` pieces, `budget` tokens in all as `count` counts.
pub(crate) struct Gatherer<'a> {
    pub searcher: &'a Searcher<'a>,
    pub most: usize,
    pub budget: u32,
    pub count: &'a Counter<'a>,
}

impl Gatherer<'_> {
    fn catalog(&self) -> &Catalog {
        self.searcher.catalog()
    }

    pub fn gather(&self, plan: &Plan) -> Result<Gathered, ChatError> {
        let allowed = self.catalog().filter(&plan.filter)?;
        if plan.subject.trim().is_empty() {
            return self.without_subject(allowed, plan);
        }
        let query = Query {
            filter: plan.filter.clone(),
            limit: self.most,
            diversity: Some(0.8),
            ..Query::text(plan.subject.clone())
        };
        let outcome = self.searcher.search(&query)?;
        let passages = self.passages(plan, allowed.as_deref())?;
        let told = passages.first().is_some_and(|(_, enough)| *enough)
            || outcome.hits.iter().any(|hit| worded(hit, &outcome, ENOUGH));
        // How somebody's cake looks does not tell who baked it.
        let looks = !told && outcome.fits && !plan.wants_words;
        let fits = told || looks;
        let found = if fits { self.fuse(&outcome, &passages)? } else { self.nearest(&outcome)? };
        Ok(Gathered { evidence: self.read(&found, plan)?, fits, looks })
    }

    /// Conditions alone: what passes them, spread evenly over time.
    fn without_subject(
        &self,
        allowed: Option<Vec<AssetRow>>,
        plan: &Plan,
    ) -> Result<Gathered, ChatError> {
        let rows = match &allowed {
            Some(rows) => rows.clone(),
            None => self.catalog().live_rows()?,
        };
        let mut assets = self.catalog().assets(&rows)?;
        assets.sort_by_key(|(row, asset)| (asset.taken_at, *row));
        let step = assets.len().div_ceil(self.most.max(1)).max(1);
        let found = assets.iter().step_by(step).map(|(row, _)| Found {
            row: *row,
            range: None,
            score: 0.0,
            fits: true,
        });
        let found: Vec<Found> = found.collect();
        let evidence = self.read(&found, plan)?;
        Ok(Gathered { evidence, fits: !found.is_empty(), looks: false })
    }

    /// Passages with words of the question, those with most of them first, each with whether it has enough of
    /// them.
    fn passages(
        &self,
        plan: &Plan,
        allowed: Option<&[AssetRow]>,
    ) -> Result<Vec<(PassageHit, bool)>, ChatError> {
        let asked = stem_set(&plan.subject);
        let hits = self.catalog().lexical_passages(&content_words(&plan.subject))?;
        let passes = |hit: &PassageHit| allowed.is_none_or(|rows| rows.contains(&hit.asset));
        let mut rated = Vec::new();
        for hit in hits.into_iter().filter(passes).take(4 * self.most) {
            let passage = self.catalog().passage(hit.passage)?;
            let text = passage.map(|passage| passage.text).unwrap_or_default();
            let shared = stem_set(&text).intersection(&asked).count();
            rated.push((shared, hit));
        }
        rated.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
        let enough = |shared: usize| shared > 0 && shared as f32 >= ENOUGH * asked.len() as f32;
        Ok(rated.into_iter().map(|(shared, hit)| (hit, enough(shared))).collect())
    }

    fn fuse(
        &self,
        outcome: &SearchOutcome,
        passages: &[(PassageHit, bool)],
    ) -> Result<Vec<Found>, ChatError> {
        let mut found: Vec<Found> = Vec::new();
        for (rank, (hit, fits)) in passages.iter().enumerate() {
            add(&mut found, (hit.asset, hit.range, *fits), rank);
        }
        let best = outcome.hits.iter().filter_map(|hit| hit.scores.dense).fold(0.0, f32::max);
        for (rank, hit) in outcome.hits.iter().enumerate() {
            if let Some(row) = self.catalog().find_row(&hit.asset.id)? {
                let range = hit.moments.first().map(|moment| moment.range);
                let fits = worded(hit, outcome, ENOUGH) || looked(hit, outcome, best);
                add(&mut found, (row, range, fits), rank);
            }
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut seen: HashMap<AssetRow, usize> = HashMap::new();
        found.retain(|piece| {
            let count = seen.entry(piece.row).or_default();
            *count += 1;
            *count <= MOMENTS
        });
        found.truncate(self.most);
        Ok(found)
    }

    /// The best that was not good enough.
    fn nearest(&self, outcome: &SearchOutcome) -> Result<Vec<Found>, ChatError> {
        let mut found = Vec::new();
        for candidate in outcome.rejected.iter().take(3) {
            if let Some(row) = self.catalog().find_row(&candidate.hit.asset.id)? {
                found.push(Found { row, range: None, score: 0.0, fits: false });
            }
        }
        Ok(found)
    }

    /// Reads what is known of each, as long as the budget lasts; the first always gets in, shortened.
    fn read(&self, found: &[Found], plan: &Plan) -> Result<Vec<Evidence>, ChatError> {
        let asked = stem_set(&plan.subject);
        let (mut evidence, mut left) = (Vec::new(), self.budget);
        for piece in found {
            let Some((row, asset)) = self.catalog().assets(&[piece.row])?.pop() else {
                continue;
            };
            let range = piece.range.map(|range| self.widened(row, range)).transpose()?;
            let mut facts = self.facts(row, &asset, range)?;
            // Stable, so that each kind keeps its order.
            facts.sort_by_key(|fact| {
                let shared = stems(&fact.text).iter().any(|stem| asked.contains(stem));
                std::cmp::Reverse(shared)
            });
            let number = evidence.len() as u32 + 1;
            let whole = Evidence { number, asset, range, facts, fits: piece.fits };
            match self.fitted(whole, left)? {
                Some((fitted, cost)) => {
                    left -= cost;
                    evidence.push(fitted);
                }
                None => break,
            }
        }
        Ok(evidence)
    }

    /// The piece with as many facts as fit, and what it costs; `None` if not one fits.
    fn fitted(&self, mut piece: Evidence, left: u32) -> Result<Option<(Evidence, u32)>, ChatError> {
        loop {
            let cost = (self.count)(&prompt::piece(&piece))?;
            if cost <= left {
                return Ok(Some((piece, cost)));
            }
            if piece.facts.len() <= 1 {
                return Ok(None);
            }
            piece.facts.truncate(piece.facts.len() / 2);
        }
    }

    /// Small to large: the moment grows to the shots that it lies in.
    fn widened(&self, row: AssetRow, range: TimeRange) -> Result<TimeRange, ChatError> {
        let shots = self.catalog().shots(row)?;
        let touched = shots.into_iter().filter(|shot| shot.overlap(range).is_some());
        Ok(touched.fold(range, TimeRange::hull))
    }

    fn facts(
        &self,
        row: AssetRow,
        asset: &Asset,
        range: Option<TimeRange>,
    ) -> Result<Vec<Fact>, ChatError> {
        let mut facts = own_facts(asset);
        let passages = self.catalog().passages(row)?;
        facts.extend(tags(asset, &passages));
        let near = |passage: &&Passage| match (passage.range, range) {
            (Some(own), Some(range)) => around(range).overlap(own).is_some(),
            _ => true,
        };
        let (mut speeches, mut others) = (0, 0);
        // An answer does not rest on words that were guessed.
        let sure = |passage: &&Passage| passage.certainty() == Certainty::Certain;
        for passage in passages.iter().filter(near).filter(sure) {
            let (count, most) = match passage.kind {
                PassageKind::Tag => continue,
                PassageKind::Speech => (&mut speeches, SPEECHES),
                PassageKind::Text | PassageKind::Caption => (&mut others, SPEECHES),
            };
            *count += 1;
            if *count <= most {
                let text = passage.text.clone();
                facts.push(Fact { kind: passage.kind.into(), text, range: passage.range });
            }
        }
        Ok(facts)
    }
}

/// Whether a hit has this share of the words that were looked for. A search gives all that is worth ranking;
/// what answers must do so by itself.
pub(crate) fn worded(hit: &Hit, outcome: &SearchOutcome, share: f32) -> bool {
    let words = &outcome.plan.words;
    let matched = words.iter().filter(|word| hit.matched_words.contains(word)).count();
    matched > 0 && matched as f32 >= share * words.len() as f32
}

/// Whether a hit looks like what was looked for: above the threshold, and nearer to the best than to it.
/// With the threshold as `best` the second condition is none.
pub(crate) fn looked(hit: &Hit, outcome: &SearchOutcome, best: f32) -> bool {
    let both = hit.scores.dense.zip(outcome.threshold);
    both.is_some_and(|(score, bar)| score >= bar && score >= f32::midpoint(bar, best))
}

/// Adds a place of a list to what was found; the same moment found twice counts twice.
fn add(
    found: &mut Vec<Found>,
    (row, range, fits): (AssetRow, Option<TimeRange>, bool),
    rank: usize,
) {
    let score = 1.0 / (RRF_K + rank as f32 + 1.0);
    let meets = |piece: &&mut Found| {
        piece.row == row
            && match (piece.range, range) {
                (Some(a), Some(b)) => around(a).overlap(b).is_some(),
                _ => true,
            }
    };
    match found.iter_mut().find(meets) {
        Some(piece) => {
            piece.score += score;
            piece.fits |= fits;
            piece.range = match (piece.range, range) {
                (Some(a), Some(b)) => Some(a.hull(b)),
                (a, b) => a.or(b),
            };
        }
        None => found.push(Found { row, range, score, fits }),
    }
}

fn around(range: TimeRange) -> TimeRange {
    let (start, end) = (range.start_ms().saturating_sub(AROUND_MS), range.end_ms() + AROUND_MS);
    TimeRange::new(start, end).unwrap_or(range)
}

/// What people and the file itself say of an asset.
fn own_facts(asset: &Asset) -> Vec<Fact> {
    let fact = |kind, text: String| Fact { kind, text, range: None };
    let mut facts = Vec::new();
    facts.extend(asset.title.clone().map(|text| fact(FactKind::Title, text)));
    facts.extend(asset.caption.clone().map(|text| fact(FactKind::Caption, text)));
    facts.extend(asset.taken_at.map(|at| fact(FactKind::Date, at.date().to_string())));
    let by = asset.rights.author.as_ref().map(|author| format!("by {author}"));
    let with = asset.camera.as_ref().map(|camera| format!("with {camera}"));
    let at = asset.place.map(|place| format!("at {:.3}, {:.3}", place.latitude, place.longitude));
    let under = asset.rights.licence.as_ref().map(|licence| format!("licence {licence}"));
    let origin: Vec<String> = [by, with, at, under].into_iter().flatten().collect();
    if !origin.is_empty() {
        facts.push(fact(FactKind::Origin, origin.join(", ")));
    }
    facts
}

/// Keywords and tags, each once.
fn tags(asset: &Asset, passages: &[Passage]) -> Option<Fact> {
    let found = passages.iter().filter(|passage| passage.kind == PassageKind::Tag);
    let mut words: Vec<&str> = asset.keywords.iter().map(String::as_str).collect();
    words.extend(found.map(|passage| passage.text.as_str()));
    let mut seen = std::collections::HashSet::new();
    words.retain(|word| seen.insert(word.to_lowercase()));
    let text = words.join(", ");
    (!text.is_empty()).then_some(Fact { kind: FactKind::Tags, text, range: None })
}
