//! What a person wants done with what was just shown, rather than told.
//!
//! English, by rule: whatever is not wholly understood is a question like others.

use kinora_retrieval::tokens;
use kinora_types::Citation;

use crate::ChatError;

/// Which of the things that an answer cited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mention {
    All,
    /// The citation of this number.
    Number(u32),
    /// The citation at this place in the list, from 0.
    Place(usize),
    Last,
}

/// A wish about what the last answer cited.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// More that looks like it: `show me more like the second`.
    Alike(Mentions),
    /// A film of it: `make a 20 s film of this`.
    Film(Mentions, Option<f64>),
}

/// Words for things that an answer cited.
#[derive(Clone, Debug, PartialEq)]
pub struct Mentions(Vec<Mention>);

impl Mentions {
    /// The citations that the words mean, in the order of the words.
    ///
    /// # Errors
    /// [`ChatError::NotCited`] if they mean nothing that was cited.
    pub fn of<'a>(&self, cited: &'a [Citation]) -> Result<Vec<&'a Citation>, ChatError> {
        let mut meant: Vec<&Citation> = Vec::new();
        for mention in &self.0 {
            let found: Vec<&Citation> = match *mention {
                Mention::All => cited.iter().collect(),
                Mention::Number(number) => cited.iter().filter(|c| c.number == number).collect(),
                Mention::Place(place) => cited.get(place).into_iter().collect(),
                Mention::Last => cited.last().into_iter().collect(),
            };
            if found.is_empty() {
                return Err(ChatError::NotCited);
            }
            meant.extend(found.into_iter().filter(|c| !meant.contains(c)).collect::<Vec<_>>());
        }
        Ok(meant)
    }
}

const ALL: [&str; 10] =
    ["this", "that", "these", "those", "it", "them", "all", "everything", "above", "answer"];
const ORDINALS: [&str; 10] =
    ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
/// Words between references that mean nothing here.
const FILLERS: [&str; 24] = [
    "the", "one", "ones", "picture", "pictures", "photo", "photos", "image", "images", "video",
    "videos", "clip", "clips", "number", "and", "please", "of", "result", "results", "source",
    "sources", "from", "with", "moments",
];
const FILMS: [&str; 8] =
    ["film", "movie", "video", "clip", "reel", "slideshow", "montage", "short"];
const MAKING: [&str; 6] = ["make", "create", "cut", "turn", "render", "produce"];
/// Words that a wish for a film may have beside its references.
const AROUND: [&str; 12] =
    ["a", "an", "me", "us", "into", "out", "to", "now", "can", "could", "you", "long"];

impl Wish {
    /// What the words wish; `None` if they ask something else.
    pub fn of(text: &str) -> Option<Self> {
        let words = tokens(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        alike(&words).map(Self::Alike).or_else(|| film(&words))
    }
}

/// Parses `[more|others|similar …] like|to REFERENCES`.
fn alike(words: &[&str]) -> Option<Mentions> {
    let more = ["more", "other", "others", "similar", "something", "anything"];
    let asked = words.iter().position(|word| more.contains(word))?;
    let like = words[asked..].iter().position(|word| ["like", "to"].contains(word))?;
    mentions(&words[asked + like + 1..])
}

/// Parses `make … film … of REFERENCES`, or `turn REFERENCES into a film`.
fn film(words: &[&str]) -> Option<Wish> {
    let made = words.iter().position(|word| MAKING.contains(word))?;
    let mut rest = words[made + 1..].to_vec();
    let seconds = take_length(&mut rest);
    let film = rest.iter().position(|word| FILMS.contains(word))?;
    rest.remove(film);
    rest.retain(|word| !AROUND.contains(word));
    Some(Wish::Film(mentions(&rest)?, seconds))
}

/// The references among words; `None` if there is a word that is no reference, or none that is.
fn mentions(words: &[&str]) -> Option<Mentions> {
    let mut found = Vec::new();
    for word in words.iter().filter(|word| !FILLERS.contains(word)) {
        let ordinal = || ORDINALS.iter().position(|ordinal| ordinal == word);
        let digits = || word.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']);
        found.push(if ALL.contains(word) {
            Mention::All
        } else if *word == "last" {
            Mention::Last
        } else if let Ok(number) = word.parse() {
            Mention::Number(number)
        } else if let Some(place) =
            ordinal().or_else(|| digits().parse::<usize>().ok()?.checked_sub(1))
        {
            Mention::Place(place)
        } else {
            return None;
        });
    }
    (!found.is_empty()).then_some(Mentions(found))
}

/// Takes `20 s`, `20s`, `20 second`, `2 minutes`, `half a minute` out of the words; in seconds.
fn take_length(words: &mut Vec<&str>) -> Option<f64> {
    if let Some(at) = words.windows(3).position(|three| three == ["half", "a", "minute"]) {
        words.drain(at..at + 3);
        return Some(30.0);
    }
    for at in 0..words.len() {
        let letters = words[at].trim_start_matches(|c: char| c.is_ascii_digit());
        let number = match words[at] {
            "a" | "one" => Some(1.0),
            word => word[..word.len() - letters.len()].parse::<f64>().ok(),
        };
        let (unit, used) = match (letters, words.get(at + 1)) {
            ("" | "a" | "one", Some(next)) => (*next, 2),
            (letters, _) => (letters, 1),
        };
        if let Some((number, unit)) = number.zip(unit_seconds(unit)) {
            words.drain(at..at + used);
            return Some(number * unit);
        }
    }
    None
}

fn unit_seconds(unit: &str) -> Option<f64> {
    match unit {
        "s" | "sec" | "secs" | "second" | "seconds" => Some(1.0),
        "min" | "mins" | "minute" | "minutes" => Some(60.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use kinora_types::{AssetId, ContentHash};

    use super::*;

    fn cited() -> Vec<Citation> {
        let citation = |number: u32| Citation {
            number,
            asset: AssetId(ContentHash::of(&number.to_le_bytes())),
            range: None,
            label: number.to_string(),
        };
        [1, 3, 4].map(citation).into()
    }

    fn meant(mentions: &Mentions) -> Vec<u32> {
        mentions.of(&cited()).unwrap().iter().map(|citation| citation.number).collect()
    }

    #[test]
    fn wishes_are_told_from_questions() {
        for (text, numbers) in [
            ("Show me more like the second.", &[3][..]),
            ("more like [3] please", &[3]),
            ("others similar to the first and the last one", &[1, 4]),
            ("something like these", &[1, 3, 4]),
        ] {
            let Some(Wish::Alike(mentions)) = Wish::of(text) else { panic!("{text}") };
            assert_eq!(meant(&mentions), numbers, "{text}");
        }
        for (text, numbers, seconds) in [
            ("Make a 20 s film of this", &[1, 3, 4][..], Some(20.0)),
            ("make a film of the second and 4", &[3, 4], None),
            ("Turn these into a 30-second movie, please", &[1, 3, 4], Some(30.0)),
            ("create a one minute video from the 1st and the 3rd", &[1, 4], Some(60.0)),
            ("can you cut half a minute of film out of them?", &[1, 3, 4], Some(30.0)),
        ] {
            let Some(Wish::Film(mentions, length)) = Wish::of(text) else { panic!("{text}") };
            assert_eq!((meant(&mentions).as_slice(), length), (numbers, seconds), "{text}");
        }
        for text in [
            "What is more like a castle?",
            "Which film shows the second world war?",
            "make a film of castles",
            "Is there anything like that in Rome?",
            "",
        ] {
            assert_eq!(Wish::of(text), None, "{text}");
        }
    }

    #[test]
    fn what_was_not_cited_cannot_be_meant() {
        for text in ["more like 2", "more like the fourth", "make a film of [7]"] {
            let Some(Wish::Alike(mentions) | Wish::Film(mentions, _)) = Wish::of(text) else {
                panic!("{text}")
            };
            assert!(matches!(mentions.of(&cited()), Err(ChatError::NotCited)), "{text}");
        }
        let Some(Wish::Alike(all)) = Wish::of("more like this") else { panic!() };
        assert!(matches!(all.of(&[]), Err(ChatError::NotCited)));
    }
}
