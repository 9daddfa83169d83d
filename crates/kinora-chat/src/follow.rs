//! Questions that lean on the ones before.

use kinora_retrieval::{stems, tokens};

/// Words that refer to something said before.
const BACK: [&str; 14] = [
    "it", "its", "they", "them", "their", "he", "she", "him", "her", "that", "those", "these",
    "there", "one",
];
const OPENINGS: [&str; 5] = ["and ", "what about ", "how about ", "also ", "but "];

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
    // `And in 2017?` after a question about another year is that question about this one.
    if let ([year], Some(other)) = (said.as_slice(), tokens(last).into_iter().find(|w| is_year(w)))
        && is_year(year)
    {
        return last.replace(&other, year);
    }
    let kept: Vec<&str> = last
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| stems(word).first().is_some_and(|stem| !said.contains(stem)))
        .collect();
    if kept.is_empty() { question.to_owned() } else { format!("{question} {}", kept.join(" ")) }
}

fn is_year(word: &str) -> bool {
    word.len() == 4
        && (word.starts_with("19") || word.starts_with("20"))
        && word.parse::<u16>().is_ok()
}

fn leans(question: &str) -> bool {
    let lower = question.trim_start().to_lowercase();
    let opened = OPENINGS.iter().any(|opening| lower.starts_with(opening));
    let words = tokens(question);
    // `Are there pyramids?` points to nothing said before.
    let exists = |at: usize| {
        words[at] == "there"
            && at > 0
            && ["is", "are", "was", "were"].contains(&words[at - 1].as_str())
    };
    let back = |at: usize| BACK.contains(&words[at].as_str()) && !exists(at);
    opened || stems(question).is_empty() || (0..words.len()).any(back)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leans_is_held_up() {
        let before = ["Who speaks about the old bridge?", "When was it built?"];
        for (question, whole) in [
            ("What colour is it?", "What colour is it? speaks old bridge"),
            ("And the harbour?", "And the harbour? speaks old bridge"),
            ("Which boats are there?", "Which boats are there?"),
            ("Show me the boats in Rome.", "Show me the boats in Rome."),
        ] {
            assert_eq!(stand_alone(question, &before), whole);
        }
        let counted = ["How many boats were there in 2006?"];
        assert_eq!(stand_alone("And in 2017?", &counted), "How many boats were there in 2017?");
        assert_eq!(stand_alone("What is it?", &[]), "What is it?");
    }
}
