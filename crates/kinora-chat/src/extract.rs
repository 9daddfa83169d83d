//! Answers without a model: words of the evidence itself.

use kinora_retrieval::{contains_phrase, stem_set, stems};
use kinora_types::TimeRange;

use crate::{Evidence, Fact, FactKind, Sentence};

/// Pieces of evidence that an answer quotes at most.
const PIECES: usize = 4;
/// Letters of a quote at most.
const QUOTE: usize = 240;

/// Words that ask for one kind of fact, whatever else a source has of the question's words.
const ASKED: [(FactKind, &[&str]); 4] = [
    (
        FactKind::Origin,
        &[
            "author",
            "photographer",
            "licence",
            "license",
            "camera",
            "who took",
            "taken by",
            "who made",
        ],
    ),
    (
        FactKind::Date,
        &["when was", "when were", "what date", "which day", "what day", "which year"],
    ),
    (FactKind::Speech, &["say", "says", "said", "speak", "speaks", "tell", "tells"]),
    (FactKind::Text, &["written", "write", "writes", "sign", "title", "titles", "read", "reads"]),
];

/// One sentence for each of the best pieces: the fact that has most of the question's words, or is of the
/// kind that it asks for. Where words answer, looks are left out.
pub(crate) fn extract(evidence: &[Evidence], subject: &str, question: &str) -> Vec<Sentence> {
    let asked = stem_set(subject);
    let shared = |piece: &&Evidence| stem_set(&piece.text()).intersection(&asked).count();
    let most = evidence.iter().map(|piece| shared(&piece)).max().unwrap_or_default();
    let words = most > 0 && 2 * most >= asked.len();
    let answers = |piece: &&Evidence| if words { 2 * shared(piece) >= most } else { piece.fits };
    let mut pieces: Vec<&Evidence> = evidence.iter().filter(answers).collect();
    pieces.sort_by_key(|piece| if words { usize::MAX - shared(piece) } else { 0 });
    // A model may make something of what comes next to an answer; alone it is the best there is.
    let pieces = if pieces.is_empty() { evidence.iter().take(1).collect() } else { pieces };
    pieces.into_iter().take(PIECES).map(|piece| sentence(piece, subject, question)).collect()
}

fn sentence(piece: &Evidence, subject: &str, question: &str) -> Sentence {
    let asked = stem_set(subject);
    let shared =
        |fact: &&Fact| stems(&fact.text).iter().filter(|stem| asked.contains(*stem)).count();
    // Of equals the first, what people say comes before what machines do; tags tell least.
    let most = |kind: Option<FactKind>| {
        let of_kind = piece.facts.iter().filter(|fact| kind.is_none_or(|kind| fact.kind == kind));
        of_kind.rev().max_by_key(|fact| (shared(fact), fact.kind != FactKind::Tags))
    };
    let asks = |phrases: &[&str]| phrases.iter().any(|phrase| contains_phrase(question, phrase));
    let wanted =
        ASKED.iter().filter(|(_, phrases)| asks(phrases)).find_map(|(k, _)| most(Some(*k)));
    let best = wanted.or_else(|| most(None).filter(|fact| shared(fact) > 0));
    let name = piece.asset.label();
    let text = match best.or_else(|| piece.facts.iter().find(|fact| fact.kind != FactKind::Date)) {
        Some(fact) => told(&name, fact),
        None => format!("{name} looks most like it."),
    };
    Sentence::supported(text, vec![piece.number])
}

fn told(name: &str, fact: &Fact) -> String {
    let text = shortened(&fact.text);
    let plain = text.trim_end_matches('.');
    match fact.kind {
        FactKind::Speech => format!("In {name}{}, somebody says: “{text}”.", at(fact.range)),
        FactKind::Text => format!("In {name}{} is written: “{text}”.", at(fact.range)),
        FactKind::Tags => format!("{name} is tagged: {plain}."),
        FactKind::Date => format!("{name} was taken on {plain}."),
        FactKind::Origin => format!("{name}: {plain}."),
        FactKind::Title | FactKind::Caption => format!("{name} shows: {plain}."),
    }
}

/// The start of a stretch in words: ` at 00:41`.
fn at(range: Option<TimeRange>) -> String {
    range.map_or(String::new(), |range| format!(" at {}", clock(range.start_ms())))
}

/// A time as `00:41`, with hours if there are any.
pub(crate) fn clock(ms: u64) -> String {
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(QUOTE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
