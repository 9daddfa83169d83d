//! Questions that lean on the ones before.
//!
//! `Who took it?` is bound to what the last answer was about; `and in 2017?` is the last question with another date;
//! what is neither gets words of the last question.

use kinora_catalog::{Speaker, Turn};
use kinora_retrieval::{content_words, stems, tokens};
use kinora_types::Citation;

use crate::{clauses::whole, last_cited, plan::media};

/// Words that refer to one thing said before.
const ONE: [&str; 9] = ["it", "its", "he", "she", "him", "her", "that", "this", "one"];
/// Words that refer to several.
const SEVERAL: [&str; 5] = ["they", "them", "their", "those", "these"];
const OPENINGS: [&str; 6] = ["and ", "what about ", "how about ", "also ", "but ", "or "];
const ORDINALS: [&str; 6] = ["first", "second", "third", "fourth", "fifth", "sixth"];
/// Words that make a question of what follows them.
const ASKING: [&str; 20] = [
    "who", "whose", "what", "when", "where", "which", "why", "how", "is", "are", "was", "were",
    "did", "do", "does", "show", "list", "find", "can", "has",
];

/// A way to understand a question in its conversation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reading {
    /// By itself.
    Alone,
    /// About what was cited.
    Bound(Vec<Citation>),
    /// As the last question, of which this one changes something.
    Instead(String),
    /// With words of the last question.
    Merged(String),
}

/// The ways to understand a question, the likeliest first.
pub(crate) fn readings(question: &str, history: &[Turn]) -> Vec<Reading> {
    let asked: Vec<&str> = history
        .iter()
        .filter(|turn| turn.speaker == Speaker::Person)
        .map(|turn| turn.text.as_str())
        .collect();
    let last = asked.iter().rev().find(|earlier| !leans(earlier)).or(asked.last());
    let Some(last) = last.filter(|_| leans(question)) else {
        return vec![Reading::Alone];
    };
    let mut readings = Vec::new();
    let cited = last_cited(history);
    let bare = opening(question).is_some_and(|rest| whole(rest) != rest);
    match back(question) {
        None if bare && !cited.is_empty() => readings.push(Reading::Bound(Back::One.of(cited))),
        None if says_nothing(question) && !cited.is_empty() => {
            readings.push(Reading::Bound(Back::All.of(cited)));
        }
        Some(back) if !cited.is_empty() => readings.push(Reading::Bound(back.of(cited))),
        Some(_) => {}
        None if opening(question).is_some_and(|rest| !asks(rest)) => {
            readings.push(Reading::Instead((*last).to_owned()));
        }
        None => readings.push(Reading::Alone),
    }
    readings.push(Reading::Merged(stand_alone(question, &asked)));
    readings
}

/// What a question refers to.
enum Back {
    One,
    Place(usize),
    All,
}

impl Back {
    fn of(&self, cited: &[Citation]) -> Vec<Citation> {
        match self {
            Self::One => cited.iter().take(1).cloned().collect(),
            Self::Place(place) => cited.get(*place).into_iter().cloned().collect(),
            Self::All => cited.to_vec(),
        }
    }
}

fn back(question: &str) -> Option<Back> {
    let words = tokens(question);
    let is = |at: usize, word: &str| words.get(at).is_some_and(|own| own == word);
    let ordinal = |at: usize| {
        let place = ORDINALS.iter().position(|ordinal| *ordinal == words[at])?;
        (is(at + 1, "one") || at + 1 == words.len()).then_some(Back::Place(place))
    };
    if let Some(place) = (0..words.len()).find_map(ordinal) {
        return Some(place);
    }
    let several = (0..words.len()).any(|at| SEVERAL.contains(&words[at].as_str()));
    let pronoun = |at: usize| {
        // `the video that shows`, `which one`, `is it true that` point to nothing said before.
        let relative = words[at] == "that"
            && at + 1 < words.len()
            && at > 0
            && !is_verb(&words[at - 1])
            && !asks(&words[at - 1]);
        ONE.contains(&words[at].as_str())
            && !relative
            && !is(at.wrapping_sub(1), "which")
            && !is(at.wrapping_sub(1), "the")
    };
    if several {
        return Some(Back::All);
    }
    (0..words.len()).any(pronoun).then_some(Back::One)
}

/// The question without the words that only say which of the list is meant: `who took the second one`.
pub(crate) fn without_place(question: &str) -> String {
    let words: Vec<&str> = question.split_whitespace().collect();
    let plain = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let names = |at: usize| {
        ORDINALS.contains(&plain(words[at]).as_str())
            && words.get(at + 1).is_none_or(|next| plain(next) == "one")
    };
    let kept = (0..words.len()).filter(|at| !names(*at) && (*at == 0 || !names(at - 1)));
    kept.map(|at| words[at]).collect::<Vec<_>>().join(" ")
}

/// Whether a question is about one thing that was named before it.
pub(crate) fn leans_on_one(question: &str) -> bool {
    matches!(back(question), Some(Back::One))
}

fn is_verb(word: &str) -> bool {
    [
        "was", "were", "is", "are", "took", "taken", "made", "of", "about", "in", "did", "does",
        "after", "before",
    ]
    .contains(&word)
}

fn asks(text: &str) -> bool {
    tokens(text).first().is_some_and(|word| ASKING.contains(&word.as_str()))
        // `In which year?`
        || tokens(text).get(1).is_some_and(|word| ["which", "what", "whom"].contains(&word.as_str()))
}

/// What stands after `and`, `what about` and the like.
pub(crate) fn opening(question: &str) -> Option<&str> {
    let text = question.trim_start();
    let lower = text.to_lowercase();
    let opening = OPENINGS.iter().find(|opening| lower.starts_with(**opening))?;
    text.get(opening.len()..)
}

/// The question with what it leans on: words of the last question that stands by itself are put in front.
/// A question that stands by itself comes back as it is. English; no model is asked.
pub fn stand_alone(question: &str, before: &[&str]) -> String {
    if !leans(question) {
        return question.to_owned();
    }
    let Some(last) = before.iter().rev().find(|earlier| !leans(earlier)).or(before.last()) else {
        return question.to_owned();
    };
    let said = stems(question);
    let kept: Vec<&str> = last
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| stems(word).first().is_some_and(|stem| !said.contains(stem)))
        .collect();
    if kept.is_empty() { question.to_owned() } else { format!("{question} {}", kept.join(" ")) }
}

fn leans(question: &str) -> bool {
    let words = tokens(question);
    // `Are there pyramids?` points to nothing said before.
    let exists = |at: usize| {
        at > 0 && ["is", "are", "was", "were"].contains(&words[at - 1].as_str())
            || at + 1 < words.len()
                && ["is", "are", "was", "were"].contains(&words[at + 1].as_str())
    };
    let there = (0..words.len()).any(|at| words[at] == "there" && !exists(at));
    opening(question).is_some() || back(question).is_some() || there || says_nothing(question)
}

/// Whether a question names nothing that it is about: `how many are there?`.
fn says_nothing(question: &str) -> bool {
    const COUNTED: [&str; 6] = ["many", "much", "old", "far", "long", "else"];
    let words = tokens(question);
    words.len() < 7
        && content_words(question).iter().all(|word| COUNTED.contains(&word.as_str()))
        && !words.iter().any(|word| media(word).is_some())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use kinora_types::{AssetId, ContentHash};

    use super::*;

    #[test]
    fn what_leans_is_held_up() {
        let before = ["Who speaks about the old bridge?", "When was it built?"];
        for (question, whole) in [
            ("What colour is it?", "What colour is it? speaks old bridge"),
            ("And the harbour?", "And the harbour? speaks old bridge"),
            ("Which boats are there?", "Which boats are there?"),
            ("Show me the boats in Rome.", "Show me the boats in Rome."),
            ("Show me the video that has a boat", "Show me the video that has a boat"),
        ] {
            assert_eq!(stand_alone(question, &before), whole);
        }
        assert_eq!(stand_alone("What is it?", &[]), "What is it?");
    }

    #[test]
    fn what_is_meant_by_it() {
        let citation = |number: u32| Citation {
            number,
            asset: AssetId(ContentHash::of(&number.to_le_bytes())),
            range: None,
            label: number.to_string(),
        };
        let turn = |speaker, text: &str, citations| Turn {
            speaker,
            text: text.into(),
            citations,
            model: None,
            said_at: Timestamp::UNIX_EPOCH,
        };
        let history = [
            turn(Speaker::Person, "Which pictures show boats?", Vec::new()),
            turn(Speaker::Kinora, "2 pictures", vec![citation(1), citation(2)]),
        ];
        for (question, numbers) in [
            ("Who took it?", &[1][..]),
            ("Where was that?", &[1]),
            ("When were they taken?", &[1, 2]),
            ("Who took the second one?", &[2]),
            ("And when was the first taken?", &[1]),
        ] {
            let bound =
                readings(question, &history).into_iter().find_map(|reading| match reading {
                    Reading::Bound(cited) => {
                        Some(cited.iter().map(|c| c.number).collect::<Vec<_>>())
                    }
                    _ => None,
                });
            let expected =
                (question != "And when was the first taken?").then_some(numbers.to_vec());
            assert_eq!(bound, expected, "{question}");
        }
        let last = Reading::Instead("Which pictures show boats?".into());
        assert_eq!(readings("And in 2017?", &history)[0], last);
        for (question, all) in
            [("How many are there?", true), ("How many pictures are there?", false)]
        {
            let bound = matches!(&readings(question, &history)[0], Reading::Bound(cited) if cited.len() == 2);
            assert_eq!(bound, all, "{question}");
        }
        assert!(
            matches!(&readings("And when?", &history)[0], Reading::Bound(cited) if cited.len() == 1)
        );
        assert_eq!(readings("And who blew out the candles?", &history)[0], Reading::Alone);
        assert_eq!(readings("Which boats are there?", &history), [Reading::Alone]);
    }
}
