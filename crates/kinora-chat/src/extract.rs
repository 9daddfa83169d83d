//! Answers without a model: words of the evidence itself.

use kinora_types::TimeRange;

use crate::{
    Evidence, Fact, FactKind, Sentence, Support,
    words::{stem_set, stems},
};

/// Pieces of evidence that are told of.
const PIECES: usize = 4;
/// Letters of a quote.
const QUOTE: usize = 240;

/// One sentence for each of the best pieces: the fact that has most of the question's words.
pub(crate) fn extract(evidence: &[Evidence], subject: &str) -> Vec<Sentence> {
    evidence.iter().take(PIECES).map(|piece| sentence(piece, subject)).collect()
}

fn sentence(piece: &Evidence, subject: &str) -> Sentence {
    let asked = stem_set(subject);
    let shared =
        |fact: &&Fact| stems(&fact.text).iter().filter(|stem| asked.contains(*stem)).count();
    // Of equals the first: what people say comes before what machines do.
    let best = piece.facts.iter().rev().max_by_key(shared).filter(|fact| shared(fact) > 0);
    let name = piece.asset.label();
    let text = match best.or_else(|| piece.facts.iter().find(|fact| fact.kind != FactKind::Date)) {
        Some(fact) => told(&name, fact),
        None => format!("{name} looks most like it."),
    };
    Sentence { text, cites: vec![piece.number], support: Support::Supported }
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

/// ` at 00:41`.
fn at(range: Option<TimeRange>) -> String {
    range.map_or(String::new(), |range| format!(" at {}", clock(range.start_ms())))
}

/// `00:41`, with hours if there are any.
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
