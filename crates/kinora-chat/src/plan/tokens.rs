//! The words of a question, of which some are understood and taken away.

/// A word as it stands and in lower case.
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
    "are",
    "at",
    "author",
    "be",
    "been",
    "did",
    "do",
    "does",
    "ever",
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
    "its",
    "licence",
    "license",
    "me",
    "my",
    "of",
    "on",
    "or",
    "our",
    "photographed",
    "photographer",
    "please",
    "recorded",
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

    fn find(&self, phrase: &str) -> Option<std::ops::Range<usize>> {
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

    /// Runs of capitalised words after one of these words, in order.
    pub(super) fn names_after(&self, words: &[&str]) -> Vec<String> {
        let capital = |token: &&Token| {
            !token.taken && token.word.chars().next().is_some_and(char::is_uppercase)
        };
        let places = (0..self.len()).filter(|at| words.contains(&self.0[*at].lower.as_str()));
        let name = |at: usize| -> Vec<&str> {
            let run = self.0[at + 1..].iter().take_while(capital);
            run.map(|token| token.word.as_str()).collect()
        };
        places.map(|at| name(at).join(" ")).filter(|name| !name.is_empty()).collect()
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
        assert_eq!(tokens.names_after(&["in", "near", "at"]), ["New York", "Lake Como"]);
    }
}
