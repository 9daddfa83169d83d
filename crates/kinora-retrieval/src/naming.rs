//! Whether a text asks for the thing that a word names: `a dog on the beach` asks for a dog, `hot dog`, `dog food` and
//! `a street without dogs` do not.
//!
//! Words are compared as they stand, but for case and English plurals. Meaning is not: by the vectors of the default
//! space `pet` (cosine 0.77), `animal` (0.75) and `hot dog` (0.65) are nearer to `dog` than `terrier` (0.46) and `a dog
//! on the beach` (0.35), so that no bar denies these and not those.

use crate::tokens;

/// Words before a thing that say it is not there, and how far before it they may stand.
const NEGATIONS: [&str; 8] = ["no", "not", "without", "never", "nor", "neither", "except", "t"];
const NEGATED_WITHIN: usize = 3;

/// Things whose names end in the name of another thing, by that and the word before it.
const NOT_THE_THING: [(&str, &[&str]); 9] = [
    ("dog", &["hot", "corn", "prairie"]),
    ("bear", &["teddy", "gummy"]),
    ("lion", &["sea", "mountain"]),
    ("horse", &["sea", "rocking", "clothes"]),
    ("cow", &["sea"]),
    ("pig", &["guinea"]),
    ("apple", &["custard"]),
    ("man", &["gingerbread"]),
    ("cake", &["crab", "fish", "rice"]),
];

/// What shows a thing without being one: `a statue of a dog`.
const LIKENESSES: [&str; 11] = [
    "cartoon",
    "drawing",
    "figurine",
    "logo",
    "mask",
    "painting",
    "sculpture",
    "sign",
    "sketch",
    "statue",
    "toy",
];

/// Words after a thing that make it the owner, the maker or the use of what is asked for.
const ITS: [&str; 40] = [
    "bag",
    "bakery",
    "basket",
    "bed",
    "biscuit",
    "book",
    "bowl",
    "box",
    "collar",
    "door",
    "drawing",
    "engine",
    "farm",
    "feeder",
    "figurine",
    "food",
    "house",
    "key",
    "kennel",
    "lead",
    "leash",
    "lover",
    "mask",
    "museum",
    "owner",
    "painting",
    "park",
    "pot",
    "print",
    "sculpture",
    "shop",
    "show",
    "sign",
    "statue",
    "stop",
    "store",
    "sticker",
    "tag",
    "toy",
    "track",
];

/// Plurals that are not made by an ending.
const IRREGULAR: [(&str, &str); 16] = [
    ("men", "man"),
    ("women", "woman"),
    ("children", "child"),
    ("people", "person"),
    ("mice", "mouse"),
    ("geese", "goose"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("wolves", "wolf"),
    ("leaves", "leaf"),
    ("knives", "knife"),
    ("calves", "calf"),
    ("loaves", "loaf"),
    ("shelves", "shelf"),
    ("buses", "bus"),
    ("oxen", "ox"),
];

/// A text in which things are looked for, as words in the singular.
pub(crate) struct Wanted(Vec<String>);

impl Wanted {
    pub(crate) fn of(text: &str) -> Self {
        Self(words(text))
    }

    /// Whether it asks for what a word, or several, name.
    pub(crate) fn asks_for(&self, thing: &str) -> bool {
        let thing = words(thing);
        let (Some(head), length) = (thing.last(), thing.len()) else { return false };
        let spans = self.0.windows(length).enumerate().filter(|(_, span)| *span == thing);
        let mut spans = spans.map(|(from, _)| (&self.0[..from], &self.0[from + length..]));
        spans.any(|(before, after)| {
            !is_negated(before, after)
                && !is_other(before, head)
                && !is_likeness(before)
                && !owns(after)
        })
    }

    /// Whether it asks for exactly this, whatever articles stand around it.
    pub(crate) fn is_only(&self, thing: &str) -> bool {
        let content = |all: Vec<String>| -> Vec<String> {
            all.into_iter().filter(|word| !crate::stop_words::is_stop_word(word)).collect()
        };
        let thing = content(words(thing));
        !thing.is_empty() && content(self.0.clone()) == thing
    }
}

fn words(text: &str) -> Vec<String> {
    tokens(text).iter().map(|word| singular(word)).collect()
}

fn is_negated(before: &[String], after: &[String]) -> bool {
    let near = before.iter().rev().take(NEGATED_WITHIN);
    near.into_iter().any(|word| NEGATIONS.contains(&word.as_str()))
        || after.first().is_some_and(|word| word == "free")
}

fn is_other(before: &[String], head: &str) -> bool {
    let other = NOT_THE_THING.iter().find(|(name, _)| *name == head);
    let word = before.last().map(String::as_str);
    other.zip(word).is_some_and(|((_, before), word)| before.contains(&word))
}

/// `a statue of a dog`.
fn is_likeness(before: &[String]) -> bool {
    let articles = ["a", "an", "the", "my", "our", "two", "three", "big", "small", "little"];
    let mut before = before.iter().rev().skip_while(|word| articles.contains(&word.as_str()));
    before.next().is_some_and(|word| word == "of")
        && before.next().is_some_and(|word| LIKENESSES.contains(&word.as_str()))
}

/// `dog food`, `the dog's bowl`.
fn owns(after: &[String]) -> bool {
    let thing = after.iter().find(|word| *word != "s");
    thing.is_some_and(|word| ITS.contains(&word.as_str()))
}

fn singular(word: &str) -> String {
    if let Some((_, one)) = IRREGULAR.iter().find(|(many, _)| *many == word) {
        return (*one).to_owned();
    }
    let keeps = ["ss", "us", "is"].iter().any(|ending| word.ends_with(ending));
    if word.len() <= 3 || keeps || !word.ends_with('s') {
        return word.to_owned();
    }
    if let Some(rest) = word.strip_suffix("ies").filter(|rest| rest.len() >= 2) {
        return format!("{rest}y");
    }
    let hissing = ["sses", "shes", "ches", "xes", "zes"].iter().any(|end| word.ends_with(end));
    word[..word.len() - if hissing { 2 } else { 1 }].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_asks_for_what_it_names() {
        for (text, thing, asks) in [
            ("dog", "dog", true),
            ("Dogs", "dog", true),
            ("a dog on the beach", "dogs", true),
            ("two brown dogs running", "dog", true),
            ("dog beach", "dog", true),
            ("my children", "child", true),
            ("wolves at night", "wolf", true),
            ("ice bears", "ice bear", true),
            ("an ice bear", "bear", true),
            ("a bear", "ice bear", false),
            ("a puppy", "dog", false),
            ("dogma", "dog", false),
            ("hot dog", "dog", false),
            ("hot dogs with mustard", "hot dog", true),
            ("a dog eats a hot dog", "dog", true),
            ("dog food", "dog", false),
            ("the dog's bowl", "dog", false),
            ("a statue of a dog", "dog", false),
            ("a picture of a dog", "dog", true),
            ("a street without any dogs", "dog", false),
            ("no dog", "dog", false),
            ("there isn't a dog", "dog", false),
            ("dog-free beach", "dog", false),
            ("glass", "glasses", true),
            ("", "dog", false),
            ("dog", "", false),
        ] {
            assert_eq!(Wanted::of(text).asks_for(thing), asks, "{text} / {thing}");
        }
    }

    #[test]
    fn only_is_nothing_else() {
        for (text, thing, only) in [
            ("dogs", "dog", true),
            ("the dog", "dog", true),
            ("a dog on the beach", "dog", false),
            ("the", "the", false),
        ] {
            assert_eq!(Wanted::of(text).is_only(thing), only, "{text} / {thing}");
        }
    }
}
