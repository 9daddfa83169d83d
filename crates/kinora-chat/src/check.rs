//! Whether a sentence is supported by what it cites.
//!
//! The rules are of words, not of meaning: a sentence must cite evidence that exists; its quotes must
//! stand there letter by letter, its numbers too; half of its words must, and half of those that the
//! question did not bring; and what only others say or write in the evidence must be told as said or
//! written. A sentence that turns true words into a false claim passes.
//!
//! Small models forget to cite. A sentence without a citation is given that of the piece that has most of its
//! words, if they are nearly all there and it speaks of what was asked; and words of others that are told
//! as fact are told as said or written.

use std::collections::HashSet;

use kinora_retrieval::{contains_phrase, normalised, stem_set, tokens};

use crate::{Evidence, FactKind, Sentence, Support};

/// Words of a model that does not know: those that the rules ask for, and the usual others.
const REFUSALS: [&str; 10] = [
    "i do not know",
    "i don t know",
    "cannot be answered",
    "not mentioned",
    "does not mention",
    "does not say",
    "no evidence",
    "not provided",
    "no information",
    "cannot determine",
];
/// Words that mark what follows as said or written by others.
const REPORTED: [&str; 18] = [
    "says", "said", "say", "saying", "speaks", "speaking", "spoken", "tells", "told", "talks",
    "mentions", "asks", "reads", "written", "writes", "sign", "text", "caption",
];
/// Names for whoever speaks or writes in the evidence; they claim nothing.
const REPORTERS: [&str; 12] = [
    "speaker",
    "guide",
    "narrator",
    "person",
    "voice",
    "man",
    "woman",
    "announcer",
    "presenter",
    "reporter",
    "people",
    "letters",
];
/// Words by which an answer points at its sources; they claim nothing.
const POINTERS: [&str; 6] = ["evidence", "file", "first", "provided", "second", "two"];
/// Share of the words of a sentence that must stand in what it cites.
const SHARE: f32 = 0.5;
/// Share of the words of a sentence that must stand in evidence that it does not cite: higher, as the best of many
/// pieces has some by chance.
const UNCITED_SHARE: f32 = 0.75;
const PASSED_OFF: &str = "it passes off as fact what the evidence quotes";

/// Holds a sentence against the evidence that it cites.
pub fn check_sentence(
    text: &str,
    cites: &[u32],
    evidence: &[Evidence],
    question: &str,
) -> Sentence {
    let found = |number: &u32| evidence.iter().find(|piece| piece.number == *number);
    let cited: Vec<&Evidence> = cites.iter().filter_map(found).collect();
    if is_refusal(text) {
        return Sentence::refusal(text, Vec::new());
    }
    let by_itself = supported(text, &cited, question, SHARE);
    by_itself
        .or_else(|why| match cites {
            [] => attributed(text, evidence, question).ok_or(why),
            _ => Err(why),
        })
        .unwrap_or_else(|why| {
            let support = Support::Unsupported(why.to_owned());
            Sentence { support, ..Sentence::supported(text, numbers(&cited)) }
        })
}

/// The sentence if these pieces support it, words of others told as such; else the rule that it breaks.
fn supported(
    text: &str,
    cited: &[&Evidence],
    question: &str,
    least: f32,
) -> Result<Sentence, &'static str> {
    let text = match fault(text, cited, question, least) {
        None => text.to_owned(),
        Some(PASSED_OFF) => as_told(text, cited, question).ok_or(PASSED_OFF)?,
        Some(why) => return Err(why),
    };
    Ok(Sentence::supported(text, numbers(cited)))
}

/// The sentence with the piece that has most of its words as its source; of equals the first, which was found best.
fn attributed(text: &str, evidence: &[Evidence], question: &str) -> Option<Sentence> {
    let claims = stem_set(&claiming(text));
    let shared = |piece: &&Evidence| stem_set(&piece.text()).intersection(&claims).count();
    let best = evidence.iter().rev().max_by_key(shared)?;
    let sentence = supported(text, &[best], question, UNCITED_SHARE).ok()?;
    is_asked(text, question).then_some(Sentence { attributed: true, ..sentence })
}

/// The sentence told as words of others: `The mill is old, it is said.` Only if it speaks of what was asked: other words
/// in a picture or a recording want something of the reader.
fn as_told(text: &str, cited: &[&Evidence], question: &str) -> Option<String> {
    let claims = stem_set(&claiming(text));
    let shared = |kind: FactKind| {
        let facts = cited.iter().flat_map(|piece| &piece.facts).filter(|fact| fact.kind == kind);
        facts.map(|fact| stem_set(&fact.text).intersection(&claims).count()).max().unwrap_or(0)
    };
    let how = if shared(FactKind::Text) > shared(FactKind::Speech) { "written" } else { "said" };
    let body = text.trim_end_matches(['.', '!', '?']);
    is_asked(text, question).then(|| format!("{body}, it is {how}."))
}

/// Whether a sentence has a word of the question.
fn is_asked(text: &str, question: &str) -> bool {
    !stem_set(&claiming(text)).is_disjoint(&stem_set(question))
}

fn numbers(cited: &[&Evidence]) -> Vec<u32> {
    cited.iter().map(|piece| piece.number).collect()
}

fn is_refusal(text: &str) -> bool {
    let plain = normalised(text);
    REFUSALS.iter().any(|refusal| plain.contains(refusal))
}

/// The first rule that a sentence breaks.
fn fault(text: &str, cited: &[&Evidence], question: &str, least: f32) -> Option<&'static str> {
    if cited.is_empty() {
        return Some("it cites nothing that was found");
    }
    let all: String = cited.iter().map(|piece| piece.text() + "\n").collect();
    let quotes = quotes(text);
    if !quotes.iter().all(|quote| contains_phrase(&all, quote)) {
        return Some("it quotes what does not stand there");
    }
    let outside = quotes.iter().fold(text.to_owned(), |text, quote| text.replace(quote, " "));
    if outside.contains("http") || outside.contains("www.") {
        return Some("it gives an address");
    }
    let (known, asked) = (stem_set(&all), stem_set(question));
    let digits = |word: &String| word.chars().all(|c| c.is_ascii_digit());
    let given: HashSet<String> = tokens(&all).into_iter().chain(tokens(question)).collect();
    if tokens(&outside).iter().filter(|word| digits(word)).any(|number| !given.contains(number)) {
        return Some("it gives a number that does not stand there");
    }
    let claims = stem_set(&claiming(&outside));
    let new: HashSet<&String> = claims.iter().filter(|stem| !asked.contains(*stem)).collect();
    let share = |claims: &HashSet<&String>, known: &HashSet<String>| {
        let there = claims.iter().filter(|stem| known.contains(**stem)).count();
        claims.is_empty() || there as f32 >= least * claims.len() as f32
    };
    if !share(&claims.iter().collect(), &known) || !share(&new, &known) {
        return Some("its words do not stand there");
    }
    let told = tokens(&outside).iter().any(|word| REPORTED.contains(&word.as_str()));
    if !told && !share(&new, &stem_set(&own_text(cited))) {
        return Some(PASSED_OFF);
    }
    None
}

/// The words without those that only tell whose words they are, or where they stand.
fn claiming(text: &str) -> String {
    let words = tokens(text);
    let frame = |word: &&str| {
        REPORTED.contains(word) || REPORTERS.contains(word) || POINTERS.contains(word)
    };
    words.iter().map(String::as_str).filter(|word| !frame(word)).collect::<Vec<_>>().join(" ")
}

/// What Kinora and the library's owner say of the evidence: all but what others say or write in it.
fn own_text(cited: &[&Evidence]) -> String {
    let facts = cited.iter().flat_map(|piece| &piece.facts);
    let own = facts.filter(|fact| !fact.kind.is_verbatim()).map(|fact| fact.text.clone());
    let names = cited.iter().map(|piece| format!("{} {}", piece.noun(), piece.asset.label()));
    own.chain(names).collect::<Vec<_>>().join("\n")
}

/// Quotes in a text, of two words and more; one word may be a name.
fn quotes(text: &str) -> Vec<String> {
    let straight = text.replace(['“', '”'], "\"");
    let parts: Vec<&str> = straight.split('"').collect();
    let inside =
        parts.iter().enumerate().filter(|(index, _)| index % 2 == 1).map(|(_, part)| *part);
    inside.filter(|quote| tokens(quote).len() > 1).map(str::to_owned).collect()
}
