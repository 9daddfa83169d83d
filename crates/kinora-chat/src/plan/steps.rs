//! Questions that need something found first: `pictures from the place where the owl was photographed`.

use super::operation::{Field, media};

/// How what is asked for stands to what is found first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// It has the same.
    Same,
    /// It was taken before.
    Before,
    /// It was taken after.
    After,
}

/// The part of a question that names something by which the rest is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relative {
    /// The question without it.
    pub outer: String,
    /// What is to be found first.
    pub inner: String,
    /// What is taken from it.
    pub field: Field,
    /// How much of a date is meant: letters of its ISO form.
    pub letters: usize,
    /// How the rest stands to it.
    pub bound: Bound,
    /// Whether what was found first is no answer itself.
    pub others: bool,
}

/// Nouns for what is taken from the first thing, with the letters of a date that they mean.
const NOUNS: [(&str, Field, usize); 16] = [
    ("place", Field::Place, 0),
    ("spot", Field::Place, 0),
    ("location", Field::Place, 0),
    ("city", Field::Place, 0),
    ("town", Field::Place, 0),
    ("day", Field::Date, 10),
    ("date", Field::Date, 10),
    ("month", Field::Date, 7),
    ("year", Field::Date, 4),
    ("author", Field::Author, 0),
    ("photographer", Field::Author, 0),
    ("person", Field::Author, 0),
    ("maker", Field::Author, 0),
    ("camera", Field::Camera, 0),
    ("licence", Field::Licence, 0),
    ("license", Field::Licence, 0),
];
const BEFORE: [&str; 11] =
    ["from", "at", "in", "near", "on", "by", "with", "during", "around", "under", "of"];
const VERBS: [&str; 14] = [
    "taken",
    "took",
    "take",
    "filmed",
    "film",
    "photographed",
    "photograph",
    "recorded",
    "record",
    "shot",
    "shoot",
    "made",
    "make",
    "captured",
];
const BE: [&str; 4] = ["was", "were", "is", "are"];
const DO: [&str; 4] = ["did", "does", "has", "have"];

impl Relative {
    /// The first such part of a question.
    pub(crate) fn of(question: &str) -> Option<Self> {
        let words: Vec<&str> = question.split_whitespace().collect();
        let lower: Vec<String> = words
            .iter()
            .map(|word| word.to_lowercase().trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
            .collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let others = lower.iter().any(|word| ["other", "others", "else", "another"].contains(word));
        let found = by_noun(&lower).or_else(|| by_time(&lower))?;
        let Span { start, inner, end, field, letters, bound } = found;
        let outer: Vec<&str> = words[..start].iter().chain(&words[end..]).copied().collect();
        let inner = words[inner.0..inner.1].join(" ");
        Some(Self { outer: outer.join(" "), inner, field, letters, bound, others })
    }
}

struct Span {
    start: usize,
    inner: (usize, usize),
    end: usize,
    field: Field,
    letters: usize,
    bound: Bound,
}

/// `[from] [the] [same] NOUN where|when|as|of|who took … X [was taken]`.
fn by_noun(words: &[&str]) -> Option<Span> {
    for at in 0..words.len() {
        let Some((_, field, letters)) = NOUNS.iter().find(|(noun, ..)| *noun == words[at]) else {
            continue;
        };
        let mut start = at;
        let same = start > 0 && words[start - 1] == "same";
        start -= usize::from(same);
        let article = start > 0 && ["the", "that"].contains(&words[start - 1]);
        start -= usize::from(article);
        let cued = start > 0 && BEFORE.contains(&words[start - 1]);
        start -= usize::from(cued);
        // `What is the place where …` asks for it and is no condition.
        let acting = *field == Field::Author && start > 0 && DO.contains(&words[start - 1]);
        if !(cued || same || acting) || !article {
            continue;
        }
        let Some(link) = link(&words[at + 1..], *field, same) else { continue };
        let begin = at + 1 + link;
        let (inner_end, end) = inner_end(words, begin, acting);
        if inner_end > begin {
            let inner = (begin, inner_end);
            return Some(Span {
                start,
                inner,
                end,
                field: *field,
                letters: *letters,
                bound: Bound::Same,
            });
        }
    }
    None
}

/// Words that lead from the noun to what is found first.
fn link(words: &[&str], field: Field, same: bool) -> Option<usize> {
    let starts =
        |with: &[&str]| words.len() > with.len() && words.iter().zip(with).all(|(a, b)| a == b);
    let links: &[&[&str]] = match field {
        Field::Place => &[&["where"], &["in", "which"], &["at", "which"], &["of"]],
        Field::Date => &[&["when"], &["on", "which"], &["in", "which"], &["that"], &["of"]],
        Field::Author => &[
            &["who", "took"],
            &["who", "made"],
            &["who", "filmed"],
            &["who", "photographed"],
            &["who", "shot"],
            &["who", "recorded"],
            &["that", "took"],
            &["of"],
        ],
        Field::Camera => &[&["that", "took"], &["which", "took"], &["with", "which"], &["of"]],
        Field::Licence => &[&["of"]],
    };
    if same && starts(&["as"]) {
        return Some(1);
    }
    // `The month of May` is a date; what is found first is a picture, video or recording.
    let held = |with: &&[&str]| {
        with != &["of"].as_slice() || words.iter().any(|word| media(word).is_some())
    };
    links.iter().find(|with| starts(with) && held(with)).map(|with| with.len())
}

/// Where the words for what is found first end, and where the part that names it does.
fn inner_end(words: &[&str], begin: usize, acting: bool) -> (usize, usize) {
    for at in begin..words.len() {
        if VERBS.contains(&words[at]) && at > begin {
            // `the author of the owl picture take`: the verb belongs to the question.
            let passive = BE.contains(&words[at - 1]) && at - 1 > begin;
            return match (passive, acting) {
                (true, _) => (at - 1, at + 1),
                (false, true) => (at, at),
                (false, false) => (at, at + 1),
            };
        }
    }
    (words.len(), words.len())
}

/// `before|after [the] X [was taken]`, where X is a picture, video or recording.
fn by_time(words: &[&str]) -> Option<Span> {
    let at = words.iter().position(|word| ["before", "after"].contains(word))?;
    let bound = if words[at] == "before" { Bound::Before } else { Bound::After };
    let (inner_end, end) = inner_end(words, at + 1, false);
    let inner = &words[at + 1..inner_end];
    let meant = inner.iter().any(|word| media(word).is_some() || *word == "one");
    let start = at - usize::from(at > 0 && VERBS.contains(&words[at - 1]));
    meant.then_some(Span {
        start,
        inner: (at + 1, inner_end),
        end,
        field: Field::Date,
        letters: 10,
        bound,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_first_is_told_from_the_rest() {
        use Field::{Author, Camera, Date, Place};
        for (question, outer, inner, field) in [
            (
                "What was said in the video from the place where the dog picture was taken?",
                "What was said in the video",
                "the dog picture",
                Place,
            ),
            (
                "Which pictures were taken on the same day as the owl?",
                "Which pictures were taken",
                "the owl?",
                Date,
            ),
            (
                "Which other pictures did the author of the owl picture take?",
                "Which other pictures did take?",
                "the owl picture",
                Author,
            ),
            (
                "List the videos by the person who filmed the harbour",
                "List the videos",
                "the harbour",
                Author,
            ),
            (
                "How many photos were taken with the same camera as the boat?",
                "How many photos were taken",
                "the boat?",
                Camera,
            ),
            (
                "Which pictures were taken after the picture of the boat?",
                "Which pictures were",
                "the picture of the boat?",
                Date,
            ),
        ] {
            let found = Relative::of(question).unwrap_or_else(|| panic!("{question}"));
            assert_eq!(
                (found.outer.as_str(), found.inner.as_str(), found.field),
                (outer, inner, field),
                "{question}"
            );
        }
        for question in [
            "Who is the author of the picture of the owl?",
            "Which pictures are from before 2010?",
            "What is the place where we pitched the tent?",
            "Which pictures are from the month of May?",
        ] {
            assert_eq!(Relative::of(question), None, "{question}");
        }
    }
}
