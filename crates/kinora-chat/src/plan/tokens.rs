//! The words of a question, of which some are understood and taken away.

/// A word as it stands and in lower case.
#[derive(Clone)]
struct Token {
    word: String,
    lower: String,
    taken: bool,
}

/// Words that ask but do not say what is looked for; the search leaves out more of its own.
const SCAFFOLD: &[&str] = &[
    "a",
    "about",
    "all",
    "am",
    "an",
    "and",
    "any",
    "anything",
    "are",
    "at",
    "author",
    "be",
    "been",
    "by",
    "camera",
    "captured",
    "collection",
    "did",
    "different",
    "do",
    "does",
    "during",
    "else",
    "ever",
    "everything",
    "everywhere",
    "files",
    "filmed",
    "find",
    "for",
    "from",
    "had",
    "has",
    "have",
    "how",
    "i",
    "in",
    "is",
    "it",
    "items",
    "its",
    "kind",
    "library",
    "licence",
    "license",
    "me",
    "my",
    "name",
    "near",
    "of",
    "on",
    "or",
    "other",
    "others",
    "our",
    "photographed",
    "photographer",
    "please",
    "recorded",
    "seen",
    "shot",
    "show",
    "shows",
    "some",
    "something",
    "take",
    "taken",
    "tell",
    "that",
    "the",
    "their",
    "them",
    "there",
    "these",
    "they",
    "things",
    "this",
    "those",
    "to",
    "took",
    "under",
    "us",
    "was",
    "we",
    "were",
    "what",
    "when",
    "where",
    "which",
    "who",
    "whose",
    "why",
    "with",
    "you",
    "your",
];

/// The words of a question.
#[derive(Clone)]
pub(super) struct Tokens(Vec<Token>);

impl Tokens {
    pub(super) fn of(text: &str) -> Self {
        let inside = |c: char| c.is_alphanumeric() || c == '\'' || c == '-' || c == '’';
        let words = text.split(|c: char| !inside(c));
        let words = words.map(|word| word.trim_matches(['\'', '-', '’']).to_owned());
        let token = |word: String| Token { lower: word.to_lowercase(), word, taken: false };
        Self(words.filter(|word| !word.is_empty()).map(token).collect())
    }

    /// Number of words, taken or not.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The word at a place in lower case; `None` past the end or if it was taken.
    pub(super) fn at(&self, place: usize) -> Option<&str> {
        self.0.get(place).filter(|token| !token.taken).map(|token| token.lower.as_str())
    }

    pub(super) fn take(&mut self, places: std::ops::Range<usize>) {
        self.0[places].iter_mut().for_each(|token| token.taken = true);
    }

    /// The word at a place in lower case, taken or not.
    pub(super) fn any_at(&self, place: usize) -> Option<&str> {
        self.0.get(place).map(|token| token.lower.as_str())
    }

    /// Whether the word at a place begins with a capital letter and was not taken.
    pub(super) fn is_capital(&self, place: usize) -> bool {
        let capital = |token: &Token| token.word.chars().next().is_some_and(char::is_uppercase);
        self.0.get(place).is_some_and(|token| !token.taken && capital(token))
    }

    /// Whether the word at a place says whose something is: `Ann's`.
    pub(super) fn is_possessive(&self, place: usize) -> bool {
        self.any_at(place).is_some_and(|word| word.ends_with("'s") || word.ends_with("’s"))
    }

    /// Whether the word before a place is `by`.
    pub(super) fn is_named_by(&self, place: usize) -> bool {
        place.checked_sub(1).and_then(|at| self.any_at(at)) == Some("by")
    }

    /// The word at a place as it stands, without `'s`; `None` if it was taken.
    pub(super) fn name_at(&self, place: usize) -> Option<String> {
        let token = self.0.get(place).filter(|token| !token.taken)?;
        Some(token.word.trim_end_matches("'s").trim_end_matches("’s").to_owned())
    }

    /// The words of a run as they stand, without `'s`.
    pub(super) fn text(&self, run: &std::ops::Range<usize>) -> String {
        let words = run.clone().filter_map(|at| self.name_at(at));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Where these words follow each other, `'s` aside.
    pub(super) fn find_run(&self, words: &[&str]) -> Option<std::ops::Range<usize>> {
        let plain = |at: usize| self.name_at(at).map(|word| word.to_lowercase());
        let fits = |at: &usize| {
            !words.is_empty()
                && (0..words.len()).all(|i| plain(at + i).is_some_and(|word| word == words[i]))
        };
        (0..self.len()).find(fits).map(|at| at..at + words.len())
    }

    /// Things that are named side by side, parted by `and`, `or` and the like; empty if there is but one.
    pub(super) fn parts(&self) -> Vec<String> {
        let parting = |token: &Token| ["and", "or"].contains(&token.lower.as_str());
        let parts = self.0.split(parting).map(|part| Self(part.to_vec()).rest());
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        if parts.len() > 1 { parts } else { Vec::new() }
    }

    /// The words that were not taken, without those that only ask or lean on what was said.
    pub(super) fn rest_without_asking(&self) -> Vec<String> {
        kinora_retrieval::content_words(&self.rest())
    }

    pub(super) fn find(&self, phrase: &str) -> Option<std::ops::Range<usize>> {
        let words: Vec<&str> = phrase.split(' ').collect();
        let fits = |at: &usize| (0..words.len()).all(|i| self.at(at + i) == Some(words[i]));
        (0..self.len()).find(fits).map(|at| at..at + words.len())
    }

    /// Takes the first of these phrases that is there.
    pub(super) fn take_any(&mut self, phrases: &[&str]) -> Option<usize> {
        let found = phrases.iter().find_map(|phrase| self.find(phrase))?;
        let at = found.start;
        self.take(found);
        Some(at)
    }

    pub(super) fn has_any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.find(phrase).is_some())
    }

    /// Whether a clause begins with one of these phrases: `a man who sits` asks nothing.
    pub(super) fn asks_any(&self, phrases: &[&str]) -> bool {
        let begins = |at: usize| {
            at == 0 || ["and", "or", "but", "me", "know"].contains(&self.0[at - 1].lower.as_str())
        };
        phrases.iter().any(|phrase| self.find(phrase).is_some_and(|found| begins(found.start)))
    }

    /// Where runs of capitalised words stand after one of these words, in order.
    pub(super) fn names_after(&self, words: &[&str]) -> Vec<std::ops::Range<usize>> {
        let places = (0..self.len()).filter(|at| words.contains(&self.0[*at].lower.as_str()));
        let run = |at: usize| {
            // `The Hague`, but also `the Netherlands`.
            let start = at + 1 + usize::from(self.any_at(at + 1) == Some("the"));
            let end = (start..self.len()).find(|at| !self.is_capital(*at)).unwrap_or(self.len());
            start..end
        };
        places.map(run).filter(|run| !run.is_empty()).collect()
    }

    /// The words that were not taken and that do not only ask.
    pub(super) fn rest(&self) -> String {
        let left = self.0.iter().filter(|token| !token.taken);
        let said = left.filter(|token| SCAFFOLD.binary_search(&token.lower.as_str()).is_err());
        said.map(|token| token.word.as_str()).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaffold_is_sorted() {
        assert!(SCAFFOLD.is_sorted());
    }

    #[test]
    fn names_are_runs_of_capitals() {
        let tokens = Tokens::of("What's in New York, or near the Bridge at Lake Como?");
        let names = tokens.names_after(&["in", "near", "at"]);
        let names: Vec<String> = names.iter().map(|run| tokens.text(run)).collect();
        assert_eq!(names, ["New York", "Bridge", "Lake Como"]);
    }
}
