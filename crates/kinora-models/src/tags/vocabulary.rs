//! `models/tags/vocabulary.txt`: the words that a picture can be tagged with, and their kinds.

use std::collections::HashMap;

use crate::ModelError;

const EMBEDDED: &str = include_str!("../../../../models/tags/vocabulary.txt");

/// A word of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// The tag.
    pub tag: String,
    /// Text that is embedded for it.
    pub meant: String,
    /// The word of the list that holds of everything that this one holds of.
    pub kind: Option<usize>,
}

/// The list that comes with the program.
pub(super) fn embedded() -> Result<Vec<Word>, ModelError> {
    parse(EMBEDDED).map_err(|detail| ModelError::Broken { what: "vocabulary.txt".into(), detail })
}

/// Everything built in that a revision depends on.
pub(super) fn bytes() -> &'static [u8] {
    EMBEDDED.as_bytes()
}

fn parse(text: &str) -> Result<Vec<Word>, String> {
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entries: Vec<(&str, &str, Option<&str>)> = lines.map(entry).collect();
    let mut numbers = HashMap::new();
    for (number, (tag, ..)) in entries.iter().enumerate() {
        if numbers.insert(*tag, number).is_some() {
            return Err(format!("`{tag}` stands twice"));
        }
    }
    let word = |(tag, meant, kind): &(&str, &str, Option<&str>)| {
        let number = |kind: &str| {
            numbers.get(kind).copied().ok_or_else(|| format!("`{kind}` is a kind but no word"))
        };
        let kind = kind.map(number).transpose()?;
        Ok(Word { tag: (*tag).into(), meant: (*meant).into(), kind })
    };
    let words = entries.iter().map(word).collect::<Result<Vec<_>, String>>()?;
    match (0..words.len()).find(|number| above(&words, *number).nth(words.len()).is_some()) {
        Some(number) => Err(format!("`{}` is a kind of itself", words[number].tag)),
        None => Ok(words),
    }
}

/// Word, what is meant, kind.
fn entry(line: &str) -> (&str, &str, Option<&str>) {
    let (rest, kind) = match line.split_once(" < ") {
        Some((rest, kind)) => (rest, Some(kind)),
        None => (line, None),
    };
    let (tag, meant) = rest.split_once(" = ").unwrap_or((rest, rest));
    (tag, meant, kind)
}

/// A word and the kinds above it, by their numbers.
pub(super) fn above(words: &[Word], number: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(number), |number| words[*number].kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_list_is_whole() {
        let words = embedded().unwrap();
        assert!(words.len() > 300);
        let number = |tag: &str| words.iter().position(|word| word.tag == tag).unwrap();
        let kinds: Vec<usize> = above(&words, number("duck")).collect();
        assert_eq!(kinds, [number("duck"), number("bird"), number("animal")]);
        assert!(words.iter().all(|word| word.tag == word.tag.to_lowercase()));
    }

    #[test]
    fn broken_lists_say_what_is_wrong() {
        for (text, part) in [
            ("cat\ncat", "`cat` stands twice"),
            ("cat < animal", "`animal` is a kind but no word"),
            ("cat < animal\nanimal < cat", "kind of itself"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
