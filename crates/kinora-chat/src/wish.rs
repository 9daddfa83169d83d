//! What a person wants done with what was just shown, rather than told.
//!
//! English, by rule: whatever is not wholly understood is a question like others.

use kinora_types::{Citation, Size};

use crate::{ChatError, length};

/// Which of the things that an answer cited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mention {
    All,
    /// The citation of this number.
    Number(u32),
    /// The citation at this place in the list, from 0.
    Place(usize),
    /// So many from the start of the list.
    First(usize),
    /// So many from its end.
    Last(usize),
}

/// A wish about what was shown last.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    /// More that looks like it: `show me more like the second`.
    Alike(Mentions),
    /// A film of it: `make a 20 s film of this`.
    Film(Mentions, FilmWish),
}

/// How a film shall be, as far as the words say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FilmWish {
    /// Length in seconds.
    pub seconds: Option<f64>,
    /// Frame size of the wished shape.
    pub size: Option<Size>,
}

impl FilmWish {
    /// This wish, with what it leaves open as an earlier one has it.
    pub fn or(self, earlier: Self) -> Self {
        Self { seconds: self.seconds.or(earlier.seconds), size: self.size.or(earlier.size) }
    }
}

/// Words for things that an answer cited. `The second` is the second of its list, in the order in which the answer
/// shows them; `[2]`, `2` and `number two` are the one that carries this number.
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
                Mention::First(most) => cited.iter().take(most).collect(),
                Mention::Last(most) => cited.iter().rev().take(most).rev().collect(),
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
const FILLERS: [&str; 28] = [
    "the",
    "one",
    "ones",
    "picture",
    "pictures",
    "photo",
    "photos",
    "image",
    "images",
    "video",
    "videos",
    "clip",
    "clips",
    "number",
    "and",
    "please",
    "of",
    "result",
    "results",
    "source",
    "sources",
    "from",
    "with",
    "moments",
    "list",
    "in",
    "no",
    "recordings",
];
const FILMS: [&str; 8] =
    ["film", "movie", "video", "clip", "reel", "slideshow", "montage", "short"];
const MAKING: [&str; 6] = ["make", "create", "cut", "turn", "render", "produce"];
/// Words that a wish for a film may have beside its references.
const AROUND: [&str; 13] =
    ["a", "an", "me", "us", "into", "out", "to", "now", "can", "could", "you", "long", "be"];
/// Shapes with their frame sizes, those of `kinora make`.
const SHAPES: [(&[&str], Size); 3] = [
    (&["vertical", "upright", "portrait"], Size { width: 720, height: 1280 }),
    (&["square"], Size { width: 1080, height: 1080 }),
    (&["horizontal", "landscape", "wide", "widescreen"], Size { width: 1280, height: 720 }),
];

impl Wish {
    /// What the words wish; `None` if they ask something else.
    pub fn of(text: &str) -> Option<Self> {
        let words = length::words(text);
        alike(&words).map(Self::Alike).or_else(|| film(words))
    }
}

/// Parses `[more|others|similar …] like|to REFERENCES`.
fn alike(words: &[String]) -> Option<Mentions> {
    let more = ["more", "other", "others", "similar", "something", "anything"];
    let asked = words.iter().position(|word| more.contains(&word.as_str()))?;
    let like = words[asked..].iter().position(|word| word == "like" || word == "to")?;
    mentions(&words[asked + like + 1..])
}

/// Parses `make … film … of REFERENCES`, `turn REFERENCES into a film`, or `make it LENGTH|SHAPE`.
fn film(words: Vec<String>) -> Option<Wish> {
    let made = words.iter().position(|word| MAKING.contains(&word.as_str()))?;
    let mut rest = words[made + 1..].to_vec();
    let mut wish = FilmWish { seconds: length::take(&mut rest), size: take_shape(&mut rest) };
    let film = rest.iter().position(|word| FILMS.contains(&word.as_str()));
    match film {
        Some(film) => drop(rest.remove(film)),
        None if wish == FilmWish::default() => return None,
        None => {}
    }
    // A second length would be lost.
    wish.seconds = wish.seconds.filter(|_| length::take(&mut rest.clone()).is_none());
    rest.retain(|word| !AROUND.contains(&word.as_str()));
    Some(Wish::Film(mentions(&rest)?, wish))
}

fn take_shape(words: &mut Vec<String>) -> Option<Size> {
    for (names, size) in SHAPES {
        if let Some(at) = words.iter().position(|word| names.contains(&word.as_str())) {
            words.remove(at);
            return Some(size);
        }
    }
    None
}

/// The references among words; `None` if there is a word that is no reference, or none that is.
fn mentions(words: &[String]) -> Option<Mentions> {
    let words: Vec<String> =
        words.iter().filter(|word| !FILLERS.contains(&word.as_str())).cloned().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < words.len() {
        let (mention, used) = mention(&words[at..])?;
        found.push(mention);
        at += used;
    }
    (!found.is_empty()).then_some(Mentions(found))
}

/// The reference at the start of the words, and how many of them it is made of.
fn mention(words: &[String]) -> Option<(Mention, usize)> {
    let word = words.first()?.as_str();
    let counted = || length::whole(&words[1..]).filter(|(many, _)| *many >= 1.0);
    if ALL.contains(&word) {
        return Some((Mention::All, 1));
    }
    if word == "last" || word == "first" {
        let of = if word == "last" { Mention::Last } else { Mention::First };
        let spelled = |(many, used): (f64, usize)| {
            // `the first and 4` names a number, `the first four` counts.
            words[1].parse::<u32>().is_err().then_some((of(many as usize), used + 1))
        };
        return Some(counted().and_then(spelled).unwrap_or((of(1), 1)));
    }
    if let Ok(number) = word.parse() {
        return Some((Mention::Number(number), 1));
    }
    let ordinal = ORDINALS.iter().position(|ordinal| *ordinal == word);
    let digits = || word.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']);
    if let Some(place) = ordinal.or_else(|| digits().parse::<usize>().ok()?.checked_sub(1)) {
        return Some((Mention::Place(place), 1));
    }
    let (number, used) = length::whole(words)?;
    Some((Mention::Number(number as u32), used))
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
            ("more like number three", &[3]),
            ("more like the last two", &[3, 4]),
            ("show me more pictures like the second one in the list", &[3]),
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
            ("make a 45 second film of these", &[1, 3, 4], Some(45.0)),
            ("make a one and a half minute film of the first two", &[1, 3], Some(90.0)),
            ("make it 20 s", &[1, 3, 4], Some(20.0)),
            ("please make a film of the last, 1:15 long", &[4], Some(75.0)),
        ] {
            let Some(Wish::Film(mentions, wish)) = Wish::of(text) else { panic!("{text}") };
            assert_eq!((meant(&mentions).as_slice(), wish.seconds), (numbers, seconds), "{text}");
        }
        for (text, size) in [
            ("make a vertical film of these", Some((720, 1280))),
            ("make it square", Some((1080, 1080))),
            ("make a film of these", None),
        ] {
            let Some(Wish::Film(_, wish)) = Wish::of(text) else { panic!("{text}") };
            assert_eq!(wish.size.map(|size| (size.width, size.height)), size, "{text}");
        }
        for text in [
            "make it",
            "make these castles 20 s",
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
