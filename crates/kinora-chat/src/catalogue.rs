//! What the catalogue answers, never a model: counts, lists, first and last, and what is known of pictures.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use kinora_catalog::{Filter, Sort};
use kinora_retrieval::Searcher;
use kinora_types::{Asset, AssetRow, Control, Kind};

use crate::{
    ChatError, Evidence, Fact, FactKind, Operation, Period, Places, Plan, Sentence, Unknown,
    fields,
    set::{Set, matching},
};

/// Assets that a list names.
const LISTED: usize = 100;
/// Assets that a count shows.
const SHOWN: usize = 5;
const BY_SEARCH: &str = "counted by search: some may be missed, some may be look-alikes";

/// An answer of the catalogue.
#[derive(Default)]
pub(crate) struct Listing {
    pub sentences: Vec<Sentence>,
    pub evidence: Vec<Evidence>,
    pub notes: Vec<String>,
    /// Whether it answers; if not, its sentences say why.
    pub answered: bool,
}

/// Answers by the catalogue what it can; `None` for what the evidence has to tell.
pub(crate) fn answer(
    searcher: &Searcher<'_>,
    plan: &Plan,
    places: &dyn Places,
    control: &Control,
) -> Result<Option<Listing>, ChatError> {
    if let Some(unknown) = &plan.unknown {
        return Ok(Some(nobody(plan, unknown)));
    }
    let alone = plan.is_filter_alone();
    if let Operation::Count { by } = plan.operation {
        return count(searcher, plan, by, control).map(Some);
    }
    // What passes the filters is all there is to say, if nothing is left to look for.
    let filtered = alone && plan.medium.is_none() && plan.filter.only.is_none();
    let tells = matches!(plan.operation, Operation::Tell | Operation::Show);
    if plan.operation == Operation::Tell && (!filtered || plan.filter.is_open()) {
        return Ok(None);
    }
    if tells && alone && plan.filter.is_open() {
        return Ok(None);
    }
    let set = matching(searcher, plan, control)?;
    if set.rows.is_empty() {
        return Ok(set.exact.then(|| none(plan)));
    }
    let listing = match plan.operation {
        Operation::Field(field) => {
            let evidence = numbered(searcher, &set.rows, LISTED)?;
            let (sentences, answered) = fields::tell(field, &evidence, places);
            Listing { sentences, evidence, answered, ..Listing::default() }
        }
        Operation::Extreme { newest, most, field } => {
            return extreme(searcher, plan, &set, (newest, most, field), places).map(Some);
        }
        Operation::Show if !alone => show(searcher, &set)?,
        _ => list(searcher, plan, &set)?,
    };
    Ok(Some(listing))
}

/// Nothing of a name that the library does not know.
fn nobody(plan: &Plan, unknown: &Unknown) -> Listing {
    let (of, why) = match unknown {
        Unknown::Place(name) => {
            (format!("from {name}"), "it knows no place and no word of that name")
        }
        Unknown::Person(name) => (format!("by {name}"), "it knows nobody of that name"),
        Unknown::Camera(name) => (format!("taken with {name}"), "it knows no such camera"),
        Unknown::First(what) => return refused(what.clone()),
    };
    if matches!(plan.operation, Operation::Count { .. }) {
        let text = format!("0 {} {of}: {why}.", noun(plan, 0));
        return Listing {
            sentences: vec![Sentence::supported(text, Vec::new())],
            answered: true,
            ..Listing::default()
        };
    }
    refused(format!("Nothing in this library is {of}: {why}."))
}

/// Nothing passes the filters.
fn none(plan: &Plan) -> Listing {
    refused(format!("Nothing in this library is that: no {}{}.", noun(plan, 0), conditions(plan)))
}

fn refused(text: String) -> Listing {
    Listing { sentences: vec![Sentence::refusal(text, Vec::new())], ..Listing::default() }
}

fn count(
    searcher: &Searcher<'_>,
    plan: &Plan,
    by: Option<Period>,
    control: &Control,
) -> Result<Listing, ChatError> {
    let catalog = searcher.catalog();
    let alone = plan.is_filter_alone();
    let (total, dates, shown, exact);
    if alone && by.is_none() {
        let oldest = catalog.list(&plan.filter, Sort::Date, true, 0, SHOWN)?;
        (total, dates, exact) = (oldest.total as u64, Vec::new(), true);
        shown = oldest.assets.into_iter().map(|(row, _)| row).collect();
    } else if alone {
        let rows = catalog.by_date(&plan.filter)?;
        (total, exact) = (rows.len() as u64, true);
        shown = rows.iter().take(SHOWN).map(|(row, _)| *row).collect::<Vec<_>>();
        dates = rows.into_iter().map(|(_, date)| date).collect();
    } else {
        let set = matching(searcher, plan, control)?;
        (total, exact) = (set.rows.len() as u64, false);
        let assets = catalog.assets(if by.is_some() { &set.rows } else { &[] })?;
        dates = assets.into_iter().map(|(_, asset)| asset.taken_at).collect();
        shown = set.rows;
    }
    let subject = plan.subject.trim();
    let about = if alone { String::new() } else { format!(" for “{subject}”") };
    let found = format!("{total} {}{about}{}.", noun(plan, total as usize), conditions(plan));
    let evidence = numbered(searcher, &shown, if alone { SHOWN } else { LISTED })?;
    let cites = evidence.iter().map(|piece| piece.number).collect();
    let mut sentences = vec![Sentence::supported(found, cites)];
    if let Some(period) = by {
        sentences.extend(periods(&dates, period).into_iter().map(item));
    }
    let notes = if exact { Vec::new() } else { vec![BY_SEARCH.to_owned()] };
    Ok(Listing { sentences, evidence, notes, answered: true })
}

/// The conditions in brackets; the noun says already which kind is meant.
fn conditions(plan: &Plan) -> String {
    let named = plan.conditions.iter().filter(|condition| !condition.starts_with("only "));
    let named = named.map(String::as_str).collect::<Vec<_>>().join(", ");
    if named.is_empty() { named } else { format!(" ({named})") }
}

fn item(text: String) -> Sentence {
    Sentence::supported(format!("- {text}"), Vec::new())
}

/// `2023: 5`, in order, undated ones last.
fn periods(dates: &[Option<DateTime>], period: Period) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for date in dates {
        let name = match (date, period) {
            (Some(at), Period::Year) => format!("{:04}", at.year()),
            (Some(at), Period::Month) => format!("{:04}-{:02}", at.year(), at.month()),
            (None, _) => "without date".to_owned(),
        };
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().map(|(name, count)| format!("{name}: {count}")).collect()
}

fn list(searcher: &Searcher<'_>, plan: &Plan, set: &Set) -> Result<Listing, ChatError> {
    let evidence = numbered(searcher, &set.rows, LISTED)?;
    let total = set.rows.len();
    let head = if total > evidence.len() {
        format!("{total} {}, of which the first {}:", noun(plan, total), evidence.len())
    } else {
        format!("{total} {}:", noun(plan, total))
    };
    let mut sentences = vec![Sentence::supported(head, Vec::new())];
    sentences.extend(items(&evidence));
    Ok(Listing { sentences, evidence, notes: Vec::new(), answered: true })
}

/// The one that is meant, or the few that cannot be told apart.
fn show(searcher: &Searcher<'_>, set: &Set) -> Result<Listing, ChatError> {
    let evidence = numbered(searcher, &set.rows, LISTED)?;
    let sentence = |piece: &Evidence| {
        let label = piece.asset.label();
        let text = match &piece.asset.caption {
            Some(caption) => format!("{label} shows: {}.", caption.trim_end_matches('.')),
            None => format!("{label} shows it."),
        };
        Sentence::supported(text, vec![piece.number])
    };
    let sentences = evidence.iter().map(sentence).collect();
    Ok(Listing { sentences, evidence, notes: Vec::new(), answered: true })
}

/// The first or last in time, or what is asked of them.
fn extreme(
    searcher: &Searcher<'_>,
    plan: &Plan,
    set: &Set,
    (newest, most, field): (bool, usize, Option<crate::Field>),
    places: &dyn Places,
) -> Result<Listing, ChatError> {
    let catalog = searcher.catalog();
    let mut dated: Vec<(AssetRow, DateTime)> = if set.exact {
        let found = catalog.by_date(&Filter { dated: Some(true), ..plan.filter.clone() })?;
        found.into_iter().filter_map(|(row, date)| Some((row, date?))).collect()
    } else {
        let found = catalog.assets(&set.rows)?;
        found.into_iter().filter_map(|(row, asset)| Some((row, asset.taken_at?))).collect()
    };
    dated.sort_by_key(|(row, date)| (*date, *row));
    if newest {
        dated.reverse();
    }
    let rows: Vec<AssetRow> = dated.iter().take(most).map(|(row, _)| *row).collect();
    if rows.is_empty() {
        let of = format!("{} {}", set.rows.len(), noun(plan, set.rows.len()));
        return Ok(refused(format!("Of {of} it is not known when any was taken.")));
    }
    let evidence = numbered(searcher, &rows, most)?;
    let mut notes = Vec::new();
    if set.rows.len() > dated.len() {
        notes.push(format!("{} without a date are left out", set.rows.len() - dated.len()));
    }
    if let Some(field) = field {
        let (sentences, answered) = fields::tell(field, &evidence, places);
        return Ok(Listing { sentences, evidence, notes, answered });
    }
    let end = if newest { "newest" } else { "oldest" };
    let mut sentences = Vec::new();
    if let [piece] = evidence.as_slice() {
        let date = piece.asset.taken_at.map(|at| at.date().to_string()).unwrap_or_default();
        let text = format!("The {end} is {}, taken on {date}.", piece.asset.label());
        sentences.push(Sentence::supported(text, vec![piece.number]));
    } else {
        sentences.push(Sentence::supported(format!("The {} {end}:", evidence.len()), Vec::new()));
        sentences.extend(items(&evidence));
    }
    Ok(Listing { sentences, evidence, notes, answered: true })
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

fn numbered(
    searcher: &Searcher<'_>,
    rows: &[AssetRow],
    most: usize,
) -> Result<Vec<Evidence>, ChatError> {
    let assets = searcher.catalog().assets(&rows[..rows.len().min(most)])?;
    Ok((1..).zip(&assets).map(|(number, (_, asset))| piece(number, asset)).collect())
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
