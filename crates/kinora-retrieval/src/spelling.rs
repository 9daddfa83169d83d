//! Help with spelling where nothing was found, or nothing but what looks a little like it: other words, if they do find
//! something.
//!
//! A word is held to be misspelled if neither the library nor the text model knows it. What it may mean is looked for
//! among the words of both; a question is offered only if it was asked and finds something, and it is never asked in
//! place of the other.
//!
//! Memory: every different word of the library, while it lasts; those of the model stay.

use std::collections::HashMap;

use kinora_types::{Control, spelling::nearest};
use serde::{Deserialize, Serialize};

use crate::{Query, SearchError, SearchOutcome, Searcher, content_words, tokens};

/// Questions that are tried.
const MOST: usize = 3;

/// By how much the best score of a corrected question must be above that of the question, if both find by looks alone.
const CLEARLY: f32 = 0.05;

/// Something near to what was asked, that finds something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What it would stand in place of.
    pub of: Asked,
    /// What to ask instead.
    pub text: String,
    /// How many that finds, up to the limit of the question.
    pub found: usize,
}

/// Part of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// Its words.
    Words,
    /// A tag of its filter.
    Tag,
}

impl Searcher<'_> {
    /// The same question with its misspelled words corrected, in the ways that find something: where the question itself
    /// found what looks like it, something that says so in words, or looks clearly more like it.
    ///
    /// # Errors
    /// As [`Searcher::search`].
    pub fn suggest(
        &self,
        query: &Query,
        outcome: &SearchOutcome,
        control: &Control,
    ) -> Result<Vec<Suggestion>, SearchError> {
        let text = query.text.as_deref().unwrap_or_default();
        let mut unknown = Vec::new();
        for word in content_words(text) {
            if self.parts.is_unknown(&word)? {
                unknown.push(word);
            }
        }
        if unknown.is_empty() {
            return Ok(Vec::new());
        }
        let model = self.parts.cache.vocabulary(self.parts.embedder)?;
        unknown.retain(|word| !model.contains(word));
        if unknown.is_empty() {
            return Ok(Vec::new());
        }
        control.check()?;
        let library = self.parts.words()?;
        control.check()?;
        // Of equally near words those come first that the library knows, the most frequent before the others.
        let words: Vec<&str> = library.iter().chain(model).map(String::as_str).collect();
        let near = |word: &String| nearest(word, words.iter().copied(), MOST);
        let mut found = Vec::new();
        for corrected in corrections(text, &unknown, &near) {
            let query = Query { text: Some(corrected.clone()), ..query.clone() };
            let other = self.search(&query, control)?;
            if is_better(&other, outcome) {
                let found_now = other.hits.iter().filter(|hit| hit.fit.fits()).count();
                found.push(Suggestion { of: Asked::Words, text: corrected, found: found_now });
            }
        }
        Ok(found)
    }
}

/// Whether a corrected question finds what the question itself did not.
fn is_better(corrected: &SearchOutcome, asked: &SearchOutcome) -> bool {
    let fits = corrected.hits.iter().any(|hit| hit.fit.fits());
    let by_words = corrected.hits.iter().any(|hit| hit.fit.by_words());
    let best = |outcome: &SearchOutcome| outcome.best_score.unwrap_or(f32::MIN);
    fits && (asked.hits.is_empty() || by_words || best(corrected) > best(asked) + CLEARLY)
}

impl crate::candidates::Parts<'_> {
    /// Whether no text of the library has the word, in any of its English forms.
    fn is_unknown(&self, word: &str) -> Result<bool, SearchError> {
        let word = [word.to_owned()];
        let carried = !self.catalog.lexical(&word, 1)?.is_empty();
        Ok(!carried && self.catalog.lexical_passages(&word)?.is_empty())
    }

    /// The different words of the library, the most frequent first.
    fn words(&self) -> Result<Vec<String>, SearchError> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        self.catalog.each_text(&mut |text| {
            for word in tokens(text) {
                *counts.entry(word).or_default() += 1;
            }
        })?;
        let mut words: Vec<(String, usize)> = counts.into_iter().collect();
        words.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        Ok(words.into_iter().map(|(word, _)| word).collect())
    }
}

/// The text with other words in place of the unknown ones: of one word several are tried, of several the best of each.
fn corrections<'a>(
    text: &str,
    unknown: &[String],
    near: &dyn Fn(&String) -> Vec<&'a str>,
) -> Vec<String> {
    if let [word] = unknown {
        return near(word).into_iter().map(|other| replaced(text, word, other)).collect();
    }
    let mut corrected = text.to_owned();
    for word in unknown {
        if let Some(other) = near(word).first() {
            corrected = replaced(&corrected, word, other);
        }
    }
    if corrected == text { Vec::new() } else { vec![corrected] }
}

/// The text with another word wherever a token of it is this one.
fn replaced(text: &str, word: &str, other: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        out.push_str(if token.to_lowercase() == word { other } else { token });
        let next = after.find(char::is_alphanumeric).unwrap_or(after.len());
        out.push_str(&after[..next]);
        rest = &after[next..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced_where_they_stand_whole() {
        assert_eq!(
            replaced("Ripe Strawbery, no strawberys!", "strawbery", "strawberry"),
            "Ripe strawberry, no strawberys!"
        );
        let near = |word: &String| match word.as_str() {
            "strawbery" => vec!["strawberry", "strawbary"],
            "girafe" => vec!["giraffe"],
            _ => Vec::new(),
        };
        let all = |text: &str, unknown: &[&str]| {
            let unknown: Vec<String> = unknown.iter().map(|word| (*word).to_owned()).collect();
            corrections(text, &unknown, &near)
        };
        assert_eq!(all("a strawbery", &["strawbery"]), ["a strawberry", "a strawbary"]);
        assert_eq!(
            all("strawbery girafe xyzzy", &["strawbery", "girafe", "xyzzy"]),
            ["strawberry giraffe xyzzy"]
        );
        assert!(
            all("xyzzy", &["xyzzy"]).is_empty() && all("xyzzy foo", &["xyzzy", "foo"]).is_empty()
        );
    }
}
