//! Counts, lists and dates: told by the catalogue, never by a model.

use std::collections::BTreeMap;

use kinora_retrieval::{Query, Searcher};
use kinora_types::{Asset, AssetRow, Control, Hit, Kind};

use crate::{ChatError, Evidence, Fact, FactKind, Intent, Period, Plan, Sentence};

/// Assets that a list names.
const LISTED: usize = 20;
/// Assets that a count shows.
const SHOWN: usize = 5;
/// More than any library that is searched this way has hits.
const ALL: usize = 100_000;

/// An answer of the catalogue.
pub(crate) struct Listing {
    pub sentences: Vec<Sentence>,
    pub evidence: Vec<Evidence>,
    pub notes: Vec<String>,
}

/// Answers a counting, listing or when-question; `None` if nothing fits.
pub(crate) fn answer(
    searcher: &Searcher<'_>,
    plan: &Plan,
    control: &Control,
) -> Result<Option<Listing>, ChatError> {
    let matching = matching(searcher, plan, control)?;
    Ok(match plan.intent {
        Intent::Count { by } => Some(count(&matching, plan, by)),
        _ if matching.assets.is_empty() => None,
        Intent::List | Intent::Tell => Some(list(&matching, plan)),
        Intent::When => Some(when(&matching)),
    })
}

struct Matching {
    /// What matches: first what has all of the words, then the rest, each best first.
    assets: Vec<Asset>,
    /// How many of the assets have all of the words.
    by_words: usize,
    /// Whether conditions alone decided, so that the number is exact.
    exact: bool,
}

/// What passes the conditions and, if there is a subject, what fits it and what has a passage with all of its words.
fn matching(
    searcher: &Searcher<'_>,
    plan: &Plan,
    control: &Control,
) -> Result<Matching, ChatError> {
    let catalog = searcher.catalog();
    if plan.subject.trim().is_empty() {
        let rows = catalog.filter(&plan.filter)?.map_or_else(|| catalog.live_rows(), Ok)?;
        let mut assets: Vec<Asset> =
            catalog.assets(&rows)?.into_iter().map(|(_, asset)| asset).collect();
        assets.sort_by_key(|asset| asset.taken_at);
        return Ok(Matching { by_words: assets.len(), assets, exact: true });
    }
    let filter = plan.filter.clone();
    let query = Query { filter, limit: ALL, deduplicate: false, ..Query::text(&plan.subject) };
    let outcome = searcher.search(&query, control)?;
    let fitting = outcome.hits.iter().filter(|hit| hit.fit.fits());
    let (named, seen): (Vec<&Hit>, Vec<&Hit>) = fitting.partition(|hit| outcome.has_all_words(hit));
    let by_words = named.len();
    let found = named.into_iter().chain(seen);
    let (mut rows, mut assets): (Vec<AssetRow>, Vec<Asset>) =
        found.map(|hit| (hit.row, hit.asset.clone())).unzip();
    let mut said = Vec::new();
    for passage in searcher.passages(&plan.subject, &plan.filter, ALL, control)? {
        let row = passage.hit.asset;
        if passage.has_all_words() && !rows.contains(&row) {
            rows.push(row);
            said.push(row);
        }
    }
    assets.extend(catalog.assets(&said)?.into_iter().map(|(_, asset)| asset));
    Ok(Matching { assets, by_words, exact: false })
}

fn count(matching: &Matching, plan: &Plan, by: Option<Period>) -> Listing {
    let total = matching.assets.len();
    // The noun says already which kind is meant.
    let named = plan.conditions.iter().filter(|condition| !condition.starts_with("only "));
    let named = named.map(String::as_str).collect::<Vec<_>>().join(", ");
    let conditions = if named.is_empty() { named } else { format!(" ({named})") };
    let subject = plan.subject.trim();
    let about = if subject.is_empty() { String::new() } else { format!(" for “{subject}”") };
    let found = format!("{total} {}{about}{conditions}.", noun(plan, total));
    let evidence = numbered(&matching.assets, SHOWN);
    let cites = evidence.iter().map(|piece| piece.number).collect();
    let mut sentences = vec![Sentence::supported(found, cites)];
    if let Some(period) = by {
        sentences.extend(periods(&matching.assets, period).into_iter().map(item));
    }
    let mut notes = Vec::new();
    if !matching.exact {
        notes.push("counted by search: some may be missed, some may be look-alikes".to_owned());
    }
    Listing { sentences, evidence, notes }
}

fn item(text: String) -> Sentence {
    Sentence::supported(format!("- {text}"), Vec::new())
}

/// `2023: 5`, in order, undated ones last.
fn periods(assets: &[Asset], period: Period) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for asset in assets {
        let name = match (asset.taken_at, period) {
            (Some(at), Period::Year) => format!("{:04}", at.year()),
            (Some(at), Period::Month) => format!("{:04}-{:02}", at.year(), at.month()),
            (None, _) => "without date".to_owned(),
        };
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().map(|(name, count)| format!("{name}: {count}")).collect()
}

fn list(matching: &Matching, plan: &Plan) -> Listing {
    let evidence = numbered(&matching.assets, LISTED);
    let total = matching.assets.len();
    let head = if total > evidence.len() {
        format!("{total} {}, of which the first {}:", noun(plan, total), evidence.len())
    } else {
        format!("{total} {}:", noun(plan, total))
    };
    let mut sentences = vec![Sentence::supported(head, Vec::new())];
    sentences.extend(items(&evidence));
    Listing { sentences, evidence, notes: Vec::new() }
}

/// A line for each: its name and date.
pub(crate) fn items(evidence: &[Evidence]) -> Vec<Sentence> {
    let line = |piece: &Evidence| {
        let date = piece.asset.taken_at.map(|at| format!(", {}", at.date())).unwrap_or_default();
        let line = item(format!("{}{date}", piece.asset.label()));
        Sentence { cites: vec![piece.number], ..line }
    };
    evidence.iter().map(line).collect()
}

fn when(matching: &Matching) -> Listing {
    // What looks alike was taken on other days.
    let most = if matching.by_words > 0 { matching.by_words.min(3) } else { 3 };
    let evidence = numbered(&matching.assets, most);
    let sentence = |piece: &Evidence| {
        let label = piece.asset.label();
        let text = match piece.asset.taken_at {
            Some(at) => {
                format!("{label} was taken on {} at {:.5}.", at.date(), at.time().to_string())
            }
            None => format!("Of {label} it is not known when it was taken."),
        };
        Sentence::supported(text, vec![piece.number])
    };
    Listing { sentences: evidence.iter().map(sentence).collect(), evidence, notes: Vec::new() }
}

fn numbered(assets: &[Asset], most: usize) -> Vec<Evidence> {
    (1..).zip(assets.iter().take(most)).map(|(number, asset)| piece(number, asset)).collect()
}

/// An asset with nothing but its date.
pub(crate) fn piece(number: u32, asset: &Asset) -> Evidence {
    let date = asset.taken_at.map(|at| Fact {
        kind: FactKind::Date,
        text: at.date().to_string(),
        range: None,
    });
    let facts = date.into_iter().collect();
    Evidence { number, asset: asset.clone(), range: None, facts, fits: true }
}

fn noun(plan: &Plan, count: usize) -> &'static str {
    match (plan.filter.kind, count) {
        (Some(Kind::Picture), 1) => "picture",
        (Some(Kind::Picture), _) => "pictures",
        (Some(Kind::Video), 1) => "video",
        (Some(Kind::Video), _) => "videos",
        (Some(Kind::Audio), 1) => "recording",
        (Some(Kind::Audio), _) => "recordings",
        (None, 1) => "picture, video or recording",
        (None, _) => "pictures, videos and recordings",
    }
}
