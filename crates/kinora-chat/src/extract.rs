//! Answers without a model: words of the evidence itself.

use kinora_retrieval::{Information, contains_phrase, stem_set};
use kinora_types::TimeRange;

use crate::{Evidence, Fact, FactKind, Medium, Plan, Sentence};

/// Pieces of evidence that an answer quotes at most.
const PIECES: usize = 3;
/// Pieces that only looks speak for.
const LOOKS: usize = 3;
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

/// Share of the best piece's information that others must carry to be told beside it.
const BESIDE: f64 = 0.8;
/// Information of the question, that of its words, from which words answer.
const ENOUGH: f64 = 0.5;

/// One sentence for each of the best pieces: the fact that carries most of the question's information, or is of the
/// kind that it asks for. Where words answer, looks are left out.
pub(crate) fn extract(
    evidence: &[Evidence],
    plan: &Plan,
    question: &str,
    information: &Information,
) -> Vec<Sentence> {
    let share = |piece: &Evidence| information.share(&stem_set(&piece.text()));
    let best = evidence.iter().map(share).fold(0.0, f64::max);
    let words = best >= ENOUGH;
    let answers =
        |piece: &&Evidence| if words { share(piece) >= BESIDE * best } else { piece.fits };
    let mut pieces: Vec<&Evidence> = evidence.iter().filter(answers).collect();
    // Where speech or writing is asked for and carries it, nothing else is told.
    let verbatim = |piece: &&Evidence| {
        let of_medium = |fact: &&Fact| Some(fact.kind) == medium(plan);
        let told = piece.facts.iter().filter(of_medium);
        told.map(|fact| information.share(&stem_set(&fact.text))).fold(0.0, f64::max) >= ENOUGH
    };
    if pieces.iter().any(&verbatim) {
        pieces.retain(verbatim);
    }
    if words {
        pieces.sort_by(|a, b| share(b).total_cmp(&share(a)));
    }
    // A model may make something of what comes next to an answer; alone it is the best there is.
    let pieces = if pieces.is_empty() { evidence.iter().take(1).collect() } else { pieces };
    let most = if words { PIECES } else { LOOKS };
    let told = pieces.into_iter().take(most);
    told.map(|piece| sentence(piece, plan, question, information, words)).collect()
}

/// The kind of fact that holds the words that are asked for.
fn medium(plan: &Plan) -> Option<FactKind> {
    plan.medium.map(|medium| match medium {
        Medium::Said => FactKind::Speech,
        Medium::Written => FactKind::Text,
    })
}

/// What a question asks for a number of, a time or a price of.
const NUMBERS: [&str; 9] = [
    "how much",
    "how many",
    "when",
    "what time",
    "number",
    "price",
    "cost",
    "which year",
    "how old",
];

fn sentence(
    piece: &Evidence,
    plan: &Plan,
    question: &str,
    information: &Information,
    words: bool,
) -> Sentence {
    let asks = |phrases: &[&str]| phrases.iter().any(|phrase| contains_phrase(question, phrase));
    let share = |fact: &Fact| information.share(&stem_set(&fact.text));
    let digits = asks(&NUMBERS);
    // Of equals the one with a number where one is asked for, then what people say before what machines do.
    let rank = |fact: &Fact| {
        let number =
            digits && fact.kind.is_verbatim() && fact.text.contains(|c: char| c.is_ascii_digit());
        (share(fact) + if number { 0.25 } else { 0.0 }, fact.kind != FactKind::Tags)
    };
    let most = |kind: Option<FactKind>| {
        let of_kind = piece.facts.iter().filter(|fact| kind.is_none_or(|kind| fact.kind == kind));
        of_kind
            .rev()
            .max_by(|a, b| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal))
    };
    let wanted = ASKED.iter().filter(|(_, phrases)| asks(phrases)).map(|(kind, _)| *kind);
    let wanted = wanted.chain(medium(plan)).find_map(|kind| most(Some(kind)));
    let best = wanted.or_else(|| most(None).filter(|fact| share(fact) > 0.0 && words));
    let name = piece.asset.label();
    let own = |fact: &&Fact| matches!(fact.kind, FactKind::Title | FactKind::Caption);
    let text = match best.or_else(|| piece.facts.iter().find(own)) {
        Some(fact) => told(&name, fact, information),
        None if words => format!("{name} is the nearest."),
        None => format!("{name} looks most like it."),
    };
    Sentence::supported(text, vec![piece.number])
}

fn told(name: &str, fact: &Fact, information: &Information) -> String {
    let text = shortened(&fact.text, information);
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

/// The text in one line; of a long one the part around the sentence that carries most of what is asked.
fn shortened(text: &str, information: &Information) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= QUOTE {
        return line;
    }
    let mut starts = vec![0];
    starts.extend(line.match_indices(['.', '!', '?']).map(|(at, _)| at + 1));
    let part = |start: usize| -> &str {
        let rest = &line[start..];
        rest.char_indices().nth(QUOTE).map_or(rest, |(end, _)| &rest[..end])
    };
    // The first of those that carry most: later ones only begin later with the same.
    let best = starts.into_iter().filter(|start| *start < line.len()).rev().max_by(|a, b| {
        let share = |start: usize| information.share(&stem_set(part(start)));
        share(*a).total_cmp(&share(*b))
    });
    let start = best.unwrap_or_default();
    let part = part(start);
    let (open, close) =
        (if start > 0 { "…" } else { "" }, if start + part.len() < line.len() { "…" } else { "" });
    format!("{open}{}{close}", part.trim())
}
