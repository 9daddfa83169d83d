//! What an answer may rest on: the segments that were found, each with what is known around it.

use kinora_catalog::Catalog;
use kinora_retrieval::{Query, SearchOutcome, Searcher, Segment, Segments, stem_set, stems};
use kinora_types::{
    Asset, AssetRow, Certainty, Control, Passage, PassageKind, RejectReason, TimeRange,
};

use crate::{ChatError, Evidence, Fact, FactKind, Field, Places, Plan, prompt};

/// Assets that came nearest and are shown where nothing answers.
const NEAREST: usize = 3;
/// Milliseconds around a stretch within which speech belongs to it.
const AROUND_MS: u64 = 10_000;
/// Milliseconds between two sentences that follow each other at most.
const PAUSE_MS: u64 = 1_500;
/// Bytes of joined passages at most.
const JOINED_BYTES: usize = 200;
/// Weight of a passage ([`Passage::weight`]) from which it is told.
const LEAST_WEIGHT: f64 = 0.5;
/// Passages of speech of one piece of evidence at most.
const SPEECHES: usize = 8;

/// What was found for a question.
pub(crate) struct Gathered {
    pub evidence: Vec<Evidence>,
    /// Whether any of the evidence answers; if not, it is what came nearest.
    pub fits: bool,
    /// Whether only pictures answer, of which a language model sees nothing.
    pub only_pictures: bool,
}

/// Counts the tokens of a text.
pub(crate) type Counter<'a> = dyn Fn(&str) -> Result<u32, ChatError> + 'a;

/// Finds evidence: at most `most` pieces, `budget` tokens in all as `count` counts.
pub(crate) struct Gatherer<'a> {
    pub searcher: &'a Searcher<'a>,
    pub places: &'a dyn Places,
    pub most: usize,
    pub budget: u32,
    pub count: &'a Counter<'a>,
    pub control: &'a Control,
}

impl Gatherer<'_> {
    fn catalog(&self) -> &Catalog {
        self.searcher.catalog()
    }

    /// Gathers the evidence for a plan.
    ///
    /// # Errors
    /// If the search or the catalogue fails.
    pub(crate) fn gather(&self, plan: &Plan) -> Result<Gathered, ChatError> {
        if plan.is_filter_alone() {
            return self.without_subject(plan);
        }
        let query = Query {
            filter: plan.filter.clone(),
            limit: self.most,
            diversity: Some(0.8),
            ..Query::text(plan.subject.clone())
        };
        let Segments { outcome, segments, by_words } =
            self.searcher.segments(&query, self.control)?;
        // How somebody's cake looks does not tell who baked it.
        let only_pictures = !by_words && outcome.fits && !plan.wants_words;
        let fits = by_words || only_pictures;
        let found = if fits { segments } else { nearest(&outcome) };
        Ok(Gathered { evidence: self.read(&found, plan)?, fits, only_pictures })
    }

    /// Evidence for conditions alone: what passes them, spread evenly over time.
    fn without_subject(&self, plan: &Plan) -> Result<Gathered, ChatError> {
        let rows = self.catalog().by_date(&plan.filter)?;
        let step = rows.len().div_ceil(self.most.max(1)).max(1);
        let spread = rows.iter().step_by(step);
        let whole = |row: AssetRow| Segment { row, range: None, score: 0.0, leads: true };
        let found: Vec<Segment> = spread.map(|(row, _)| whole(*row)).collect();
        let evidence = self.read(&found, plan)?;
        Ok(Gathered { evidence, fits: !found.is_empty(), only_pictures: false })
    }

    /// Reads what is known of each, as long as the budget lasts; the first always gets in, shortened.
    fn read(&self, found: &[Segment], plan: &Plan) -> Result<Vec<Evidence>, ChatError> {
        let asked = stem_set(&plan.subject);
        let (mut evidence, mut left) = (Vec::new(), self.budget);
        for piece in found {
            self.control.check()?;
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
            let whole = Evidence { number, asset, range, facts, fits: piece.leads };
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

    /// The stretch grown to the shots that it lies in (small-to-large retrieval).
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
        let mut facts = own_facts(asset, self.places);
        let passages = self.catalog().passages(row)?;
        facts.extend(tags(asset, &passages));
        let near = |passage: &&Passage| match (passage.range, range) {
            (Some(own), Some(range)) => around(range).overlap(own).is_some(),
            _ => true,
        };
        let (mut speeches, mut others) = (0, 0);
        // An answer does not rest on words that were guessed.
        let sure = |passage: &&Passage| {
            passage.certainty() == Certainty::Certain && passage.weight() >= LEAST_WEIGHT
        };
        let found: Vec<&Passage> = passages.iter().filter(near).filter(sure).collect();
        for passage in joined(&found) {
            let (count, most) = match passage.kind {
                PassageKind::Tag => continue,
                PassageKind::Speech => (&mut speeches, SPEECHES),
                PassageKind::Text | PassageKind::Caption => (&mut others, SPEECHES),
            };
            *count += 1;
            if *count <= most {
                let Passage { kind, text, range, .. } = passage;
                facts.push(Fact { kind: kind.into(), text, range });
            }
        }
        Ok(facts)
    }
}

/// Lines of one page, and sentences that follow each other, as one: the line after the one that has the question's
/// words often holds the answer.
fn joined(passages: &[&Passage]) -> Vec<Passage> {
    let mut joined: Vec<Passage> = Vec::new();
    for passage in passages {
        let follows = |last: &&mut Passage| {
            let near = match (last.range, passage.range) {
                (None, None) => last.kind == PassageKind::Text,
                (Some(a), Some(b)) => {
                    last.kind == PassageKind::Speech
                        && b.start_ms().saturating_sub(a.end_ms()) <= PAUSE_MS
                        && b.start_ms() >= a.start_ms()
                }
                _ => false,
            };
            last.kind == passage.kind
                && near
                && last.text.len() + passage.text.len() <= JOINED_BYTES
        };
        match joined.last_mut().filter(follows) {
            Some(last) => {
                let between = if passage.kind == PassageKind::Text { " / " } else { " " };
                last.text = format!("{}{between}{}", last.text, passage.text);
                last.range = last.range.zip(passage.range).map(|(a, b)| a.hull(b));
            }
            None => joined.push((*passage).clone()),
        }
    }
    joined
}

/// What came nearest where nothing answers.
fn nearest(outcome: &SearchOutcome) -> Vec<Segment> {
    // What a person denied does not come near.
    let near = outcome
        .rejected
        .iter()
        .filter(|candidate| !matches!(candidate.rejected, RejectReason::Denied { .. }));
    let rows = near.take(NEAREST).map(|candidate| candidate.hit.row);
    rows.map(|row| Segment { row, range: None, score: 0.0, leads: false }).collect()
}

fn around(range: TimeRange) -> TimeRange {
    let (start, end) = (range.start_ms().saturating_sub(AROUND_MS), range.end_ms() + AROUND_MS);
    TimeRange::new(start, end).unwrap_or(range)
}

/// What people and the file itself say of an asset.
fn own_facts(asset: &Asset, places: &dyn Places) -> Vec<Fact> {
    let fact = |kind, text: String| Fact { kind, text, range: None };
    let mut facts = Vec::new();
    facts.extend(asset.title.clone().map(|text| fact(FactKind::Title, text)));
    facts.extend(asset.caption.clone().map(|text| fact(FactKind::Caption, text)));
    facts.extend(asset.taken_at.map(|at| fact(FactKind::Date, at.date().to_string())));
    let by = asset.rights.author.as_ref().map(|author| format!("by {author}"));
    let with = asset.camera.as_ref().map(|camera| format!("with {camera}"));
    let at = Field::Place.of(asset, places).map(|place| format!("at {place}"));
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
