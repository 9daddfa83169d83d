//! A list of keywords, in order and without repetition, that cannot grow without end.

use std::collections::HashSet;

use super::clean;

/// Keywords of one picture.
const MOST: usize = 1000;
/// Characters of one keyword; what is longer is a text.
const LONGEST: usize = 200;

/// Keywords as they are found.
#[derive(Default)]
pub(super) struct Keywords {
    list: Vec<String>,
    seen: HashSet<String>,
}

impl Keywords {
    /// At most this many are kept.
    pub(super) const MOST: usize = MOST;

    pub(super) fn add(&mut self, text: &str) {
        // Long texts are cut before they are cleaned.
        let end = text.char_indices().nth(4 * LONGEST).map_or(text.len(), |(at, _)| at);
        let Some(word) = clean(&text[..end]).filter(|word| self.list.len() < MOST && fits(word))
        else {
            return;
        };
        if self.seen.insert(word.clone()) {
            self.list.push(word);
        }
    }

    /// A hierarchical keyword such as `Animals|Birds|Puffin`. Every level becomes a keyword, so that a search for
    /// birds finds the puffin.
    pub(super) fn add_path(&mut self, text: &str, between: char) {
        text.split(between).take(MOST).for_each(|part| self.add(part));
    }

    pub(super) fn into_list(self) -> Vec<String> {
        self.list
    }
}

fn fits(word: &str) -> bool {
    word.chars().count() <= LONGEST
}

impl<T: AsRef<str>> FromIterator<T> for Keywords {
    fn from_iter<I: IntoIterator<Item = T>>(all: I) -> Self {
        let mut keywords = Self::default();
        all.into_iter().for_each(|word| keywords.add(word.as_ref()));
        keywords
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_few_short_and_different() {
        let many = (0..60_000).map(|n| format!("word {n}"));
        assert_eq!(many.collect::<Keywords>().into_list().len(), MOST);
        let (long, again) = ("x".repeat(1000), ["a", " a\n", "b", "a", ""]);
        let list = again.into_iter().chain([long.as_str()]).collect::<Keywords>().into_list();
        assert_eq!(list, ["a", "b"]);
    }

    #[test]
    fn ancestors_count() {
        let mut keywords: Keywords = ["Birds"].into_iter().collect();
        keywords.add_path("Animals|Birds|Puffin", '|');
        assert_eq!(keywords.into_list(), ["Birds", "Animals", "Puffin"]);
    }
}
