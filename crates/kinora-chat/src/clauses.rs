//! Questions that are two: `Who took the owl, and when was it taken?`

use kinora_retrieval::tokens;

/// Words that begin a question of its own.
const BEGINS: [&str; 14] = [
    "what",
    "which",
    "who",
    "whose",
    "when",
    "where",
    "how many",
    "how",
    "is there",
    "are there",
    "was",
    "why",
    "show me",
    "in which",
];

/// The questions of a text, in order; a text with one question comes back whole.
pub(crate) fn clauses(text: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while let Some((before, after)) = split(rest) {
        parts.push(before.trim().trim_end_matches([',', ';']).to_owned());
        rest = after.trim();
    }
    parts.push(whole(rest));
    parts
}

/// At the first `and` that a question of its own follows, or after a question mark.
fn split(text: &str) -> Option<(&str, &str)> {
    let lower = text.to_lowercase();
    // Letters whose lower case is longer would shift what is found.
    if lower.len() != text.len() {
        return None;
    }
    for (mark, length) in [(" and ", 5), ("? ", 2), ("; ", 2)] {
        for (at, _) in lower.match_indices(mark) {
            let after = &lower[at + length..];
            let begins = BEGINS.iter().any(|word| {
                after
                    .strip_prefix(word)
                    .is_some_and(|rest| rest.is_empty() || !rest.starts_with(char::is_alphanumeric))
            });
            let alone = tokens(&lower[..at]).len() >= 3;
            // `The place and time when it was taken`: what stands there alone must ask.
            let asks = tokens(after).len() >= 3
                || after.trim_end().ends_with('?')
                || after.trim().len() < 6;
            if begins && alone && asks {
                return Some((&text[..at], &text[at + length..]));
            }
        }
    }
    None
}

/// `And when?` asks it of what was asked of before.
pub(crate) fn whole(text: &str) -> String {
    let word = text.trim_end_matches(['?', '.', ' ']).to_lowercase();
    match word.as_str() {
        "when" => "When was it taken?".to_owned(),
        "where" => "Where was it taken?".to_owned(),
        "by whom" | "who" => "Who took it?".to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_questions_are_told_from_one() {
        for (text, parts) in [
            (
                "What animal jumped into the fountain, and is there a picture of a dog?",
                &["What animal jumped into the fountain", "is there a picture of a dog?"][..],
            ),
            (
                "Who took the picture of the owl and when?",
                &["Who took the picture of the owl", "When was it taken?"],
            ),
            (
                "Are there pictures of the Colosseum and of Petra?",
                &["Are there pictures of the Colosseum and of Petra?"],
            ),
            ("What eats bamboo, black and white?", &["What eats bamboo, black and white?"]),
            ("And who blew out the candles?", &["And who blew out the candles?"]),
        ] {
            assert_eq!(clauses(text), parts, "{text}");
        }
    }
}
