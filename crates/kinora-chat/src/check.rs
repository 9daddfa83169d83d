//! Whether a sentence is supported by what it cites.
//!
//! The rules are of words, not of meaning: a sentence must cite evidence that exists; its quotes must
//! stand there letter by letter, its numbers too; half of its words must, and half of those that the
//! question did not bring; and what only others say or write in the evidence must be told as said or
//! written. A sentence that turns true words into a false claim passes.

use std::collections::HashSet;

use crate::{
    Evidence, Sentence, Support,
    words::{contains_words, plain, stem_set, words},
};

/// How a model that keeps the rules says that it does not know; and the usual ways of those that do not.
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
/// Words that tell whose words they are.
const REPORTED: [&str; 18] = [
    "says", "said", "say", "saying", "speaks", "speaking", "spoken", "tells", "told", "talks",
    "mentions", "asks", "reads", "written", "writes", "sign", "text", "caption",
];
/// Words for who it is whose words they are; they claim nothing.
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
/// Of the words of a sentence, this share must stand in the evidence.
const SHARE: f32 = 0.5;

/// Holds a sentence against the evidence that it cites.
pub fn check_sentence(
    text: &str,
    cites: &[u32],
    evidence: &[Evidence],
    question: &str,
) -> Sentence {
    let found = |number: &u32| evidence.iter().find(|piece| piece.number == *number);
    let cited: Vec<&Evidence> = cites.iter().filter_map(found).collect();
    let numbers: Vec<u32> = cited.iter().map(|piece| piece.number).collect();
    let support = match fault(text, &cited, question) {
        _ if is_refusal(text) => Support::Refusal,
        None => Support::Supported,
        Some(why) => Support::Unsupported(why.to_owned()),
    };
    let cites = if support == Support::Refusal { Vec::new() } else { numbers };
    Sentence { text: text.to_owned(), cites, support }
}

fn is_refusal(text: &str) -> bool {
    let plain = plain(text);
    REFUSALS.iter().any(|refusal| plain.contains(refusal))
}

/// The first rule that a sentence breaks.
fn fault(text: &str, cited: &[&Evidence], question: &str) -> Option<&'static str> {
    if cited.is_empty() {
        return Some("it cites nothing that was found");
    }
    let all: String = cited.iter().map(|piece| piece.text() + "\n").collect();
    let quotes = quotes(text);
    if !quotes.iter().all(|quote| contains_words(&all, quote)) {
        return Some("it quotes what does not stand there");
    }
    let outside = quotes.iter().fold(text.to_owned(), |text, quote| text.replace(quote, " "));
    if outside.contains("http") || outside.contains("www.") {
        return Some("it gives an address");
    }
    let (known, asked) = (stem_set(&all), stem_set(question));
    let digits = |word: &String| word.chars().all(|c| c.is_ascii_digit());
    let given: HashSet<String> = words(&all).into_iter().chain(words(question)).collect();
    if words(&outside).iter().filter(|word| digits(word)).any(|number| !given.contains(number)) {
        return Some("it gives a number that does not stand there");
    }
    let claims = stem_set(&claiming(&outside));
    let new: HashSet<&String> = claims.iter().filter(|stem| !asked.contains(*stem)).collect();
    let share = |claims: &HashSet<&String>, known: &HashSet<String>| {
        let there = claims.iter().filter(|stem| known.contains(**stem)).count();
        claims.is_empty() || there as f32 >= SHARE * claims.len() as f32
    };
    if !share(&claims.iter().collect(), &known) || !share(&new, &known) {
        return Some("its words do not stand there");
    }
    let told = words(&outside).iter().any(|word| REPORTED.contains(&word.as_str()));
    if !told && !share(&new, &stem_set(&own_text(cited))) {
        return Some("it passes off as fact what the evidence quotes");
    }
    None
}

/// The words without those that only tell whose words they are.
fn claiming(text: &str) -> String {
    let words = words(text);
    let claims = words.iter().map(String::as_str);
    let claims = claims.filter(|word| !REPORTED.contains(word) && !REPORTERS.contains(word));
    claims.collect::<Vec<_>>().join(" ")
}

/// What Kinora and the library's owner say of the evidence: all but what others say or write in it.
fn own_text(cited: &[&Evidence]) -> String {
    let facts = cited.iter().flat_map(|piece| &piece.facts);
    let own = facts.filter(|fact| !fact.kind.is_verbatim()).map(|fact| fact.text.clone());
    let names = cited.iter().map(|piece| format!("{} {}", piece.noun(), piece.asset.label()));
    own.chain(names).collect::<Vec<_>>().join("\n")
}

/// What stands between double quotes, of two words and more; one word may be a name.
fn quotes(text: &str) -> Vec<String> {
    let straight = text.replace(['“', '”'], "\"");
    let parts: Vec<&str> = straight.split('"').collect();
    let inside =
        parts.iter().enumerate().filter(|(index, _)| index % 2 == 1).map(|(_, part)| *part);
    inside.filter(|quote| words(quote).len() > 1).map(str::to_owned).collect()
}
