//! What is to be done with what is found: told, listed, counted, dated, compared.

use serde::Serialize;

use super::{asking::FIELDS, tokens::Tokens};

/// Words for pictures, those for one of them first.
pub(super) const PICTURES: [&str; 14] = [
    "picture",
    "photo",
    "image",
    "photograph",
    "snapshot",
    "painting",
    "scan",
    "pictures",
    "photos",
    "images",
    "photographs",
    "snapshots",
    "paintings",
    "scans",
];
/// Words for videos, those for one of them first.
pub(super) const VIDEOS: [&str; 7] =
    ["video", "clip", "film", "footage", "videos", "clips", "films"];
/// Words for recordings, those for one of them first.
pub(super) const SOUNDS: [&str; 10] = [
    "recording",
    "audio",
    "voice memo",
    "memo",
    "voice note",
    "recordings",
    "voice memos",
    "memos",
    "voice notes",
    "audio files",
];
/// Words for anything in the library.
const ANYTHING: [&str; 4] = ["files", "things", "items", "shots"];
/// Words by which a number is one of things in the library, whatever they are called.
const HELD: [&str; 5] = ["do i have", "do we have", "have i", "have we", "are there"];
/// What is done with a camera.
const TAKING: [&str; 14] = [
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
    "captured",
    "capture",
    "scanned",
];
/// What people do where they then take pictures.
const SEEING: [&str; 8] =
    ["see", "visit", "photograph", "film", "take", "shoot", "record", "capture"];
/// Words for what was shown before.
const BACK: [&str; 8] = ["it", "that", "this", "these", "those", "they", "them", "one"];

/// A period of time that a count is made by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Calendar years.
    Year,
    /// Calendar months.
    Month,
}

/// Something that is known of an asset beside what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// When it was taken.
    Date,
    /// Where it was taken.
    Place,
    /// Who made it.
    Author,
    /// With what it was taken.
    Camera,
    /// Under which licence it may be used.
    Licence,
}

/// What is to be done with what is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Tell in words what is shown, said or written.
    #[default]
    Tell,
    /// Show the one that is meant.
    Show,
    /// Name all of them.
    List,
    /// Say how many there are.
    Count {
        /// Period that each number counts; `None` for one number of all.
        by: Option<Period>,
    },
    /// Name the first or last in time.
    Extreme {
        /// Whether the last are asked for.
        newest: bool,
        /// How many.
        most: usize,
        /// What is asked of them; `None` for themselves.
        field: Option<Field>,
    },
    /// Say when, where, by whom, with what or under which licence they were taken.
    Field(Field),
}

/// Where the words are that answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// In the sound.
    Said,
    /// In the picture.
    Written,
}

/// Whether a word is a kind of asset, and if so whether it is the word for several.
pub(crate) fn media(word: &str) -> Option<bool> {
    let of = |names: &[&str], singular: usize| {
        names.iter().position(|n| *n == word).map(|at| at >= singular)
    };
    of(&PICTURES, 7)
        .or_else(|| of(&VIDEOS, 4))
        .or_else(|| of(&SOUNDS, 5))
        .or_else(|| of(&ANYTHING, 0))
}

/// Whether a kind of asset is named, and if so whether several of it are.
pub(super) fn named_media(tokens: &Tokens) -> Option<bool> {
    (0..tokens.len()).find_map(|at| media(tokens.at(at)?))
}

/// Takes the operation out of the words; the period of a count too.
pub(super) fn take(tokens: &mut Tokens, medium: Option<Medium>) -> Operation {
    let by = take_period(tokens);
    if let Some(operation) = take_count(tokens, by) {
        return operation;
    }
    let extreme = take_extreme(tokens);
    let field = take_field(tokens, extreme.is_some());
    if let Some((newest, most)) = extreme {
        return Operation::Extreme { newest, most, field };
    }
    if let Some(field) = field {
        return Operation::Field(field);
    }
    let listing =
        ["list all", "list the", "list my", "list", "show me all", "show all", "find all"];
    if tokens.take_any(&listing).is_some() || tokens.asks_any(&["all"]) {
        return Operation::List;
    }
    let shown =
        ["is there", "are there", "show", "find", "do i have", "do we have", "have i", "have we"];
    // `Which pyramids are there?`
    let there = tokens.has_any(&["are there", "do i have", "do we have"]);
    match named_media(tokens) {
        _ if there && tokens.asks_any(&["which", "what"]) => Operation::List,
        _ if medium.is_some() => Operation::Tell,
        Some(true) => Operation::List,
        Some(false)
            if tokens.asks_any(&[
                "which",
                "what",
                "show",
                "find",
                "is there",
                "do i have",
                "the",
                "a",
            ]) =>
        {
            Operation::Show
        }
        _ if tokens.asks_any(&shown) && is_plural(tokens, &shown) => Operation::List,
        _ if tokens.asks_any(&shown) => Operation::Show,
        _ => Operation::Tell,
    }
}

/// Whether several are to be shown: `show me the owls`, but not `show me an animal with stripes`.
fn is_plural(tokens: &Tokens, shown: &[&str]) -> bool {
    const ARTICLES: [&str; 9] = ["me", "us", "the", "all", "any", "some", "my", "our", "there"];
    const AFTER: [&str; 14] = [
        "of", "in", "on", "at", "with", "from", "by", "that", "who", "which", "and", "or", "near",
        "under",
    ];
    let Some(found) = shown.iter().find_map(|phrase| tokens.find(phrase)) else { return false };
    let words = (found.end..tokens.len()).map_while(|at| tokens.any_at(at));
    let noun =
        words.skip_while(|word| ARTICLES.contains(word)).take_while(|word| !AFTER.contains(word));
    let noun: Vec<&str> = noun.collect();
    let one = noun.first().is_some_and(|word| ["a", "an", "one", "this", "that"].contains(word));
    let last = noun.last().copied().unwrap_or_default();
    !one && last.len() > 3 && last.ends_with('s') && !last.ends_with("ss") && !last.ends_with("us")
}

/// What a question that begins with `when` or `where` asks, if it asks it of pictures, videos and recordings.
pub(super) fn fallback(tokens: &Tokens) -> Option<Field> {
    if tokens.asks_any(&["when", "what year", "which year", "on which day", "what day"]) {
        Some(Field::Date)
    } else if tokens.asks_any(&["where", "in which city", "in which country", "in which place"]) {
        Some(Field::Place)
    } else {
        None
    }
}

fn take_period(tokens: &mut Tokens) -> Option<Period> {
    let years: &[&str] = &["by year", "per year", "each year", "by years", "every year"];
    let months: &[&str] = &["by month", "per month", "each month", "every month"];
    [(years, Period::Year), (months, Period::Month)]
        .into_iter()
        .find_map(|(phrases, period)| tokens.take_any(phrases).map(|_| period))
}

/// `How many candles did he blow out` is for the evidence to say.
fn take_count(tokens: &mut Tokens, by: Option<Period>) -> Option<Operation> {
    let counting = ["how many", "number of", "count of", "count the", "count my", "count"];
    let of_them = ["how many of them", "how many of these", "how many of those"];
    let held = tokens.has_any(&HELD) || tokens.has_any(&of_them) || named_media(tokens).is_some();
    // `How many people are in the picture` asks one picture.
    let within = [
        "in the picture",
        "in the photo",
        "in the video",
        "in the image",
        "on the picture",
        "in the recording",
        "on the photo",
    ];
    if !(by.is_some() || held && !tokens.has_any(&within)) {
        return None;
    }
    tokens.take_any(&counting)?;
    tokens.take_any(&HELD);
    Some(Operation::Count { by })
}

/// Which end in time is asked for, and how many of it: `the three oldest pictures`, `my last video`.
fn take_extreme(tokens: &mut Tokens) -> Option<(bool, usize)> {
    let ends: [(&str, bool, bool); 10] = [
        ("most recently", true, true),
        ("most recent", true, true),
        ("oldest", false, true),
        ("earliest", false, true),
        ("newest", true, true),
        ("latest", true, true),
        ("very first", false, false),
        ("very last", true, false),
        ("first", false, false),
        ("last", true, false),
    ];
    for (phrase, newest, superlative) in ends {
        let Some(found) = tokens.find(phrase) else { continue };
        let before = found.start.checked_sub(1);
        let number = |at: usize| tokens.at(at).and_then(number);
        let after = found.end + usize::from(number(found.end).is_some());
        let many = number(found.end).or_else(|| before.and_then(number)).unwrap_or(1);
        let is = |at: Option<usize>, words: &[&str]| {
            at.and_then(|at| tokens.at(at)).is_some_and(|word| words.contains(&word))
        };
        let noun = (after..(after + 3).min(tokens.len())).find(|at| {
            tokens
                .at(*at)
                .is_some_and(|word| media(word).is_some() || word == "one" || word == "ones")
        });
        let direct = noun == Some(after);
        let taking =
            is(before, &TAKING) || is(Some(found.end), &TAKING) || is(Some(found.end), &SEEING);
        let at_end = found.end == tokens.len();
        let in_place = is(Some(found.end), &["in", "at", "near"])
            && !superlative
            && tokens.has_any(&["when", "we", "i"]);
        let meant = if superlative {
            noun.is_some()
                || taking
                || at_end
                || (named_media(tokens).is_some()
                    && is(Some(found.end), &["of", "in", "from", "with", "by"]))
        } else {
            direct || taking || in_place
        };
        if meant {
            let start =
                if before.and_then(number).is_some() { found.start - 1 } else { found.start };
            tokens.take(start..after);
            return Some((newest, many));
        }
    }
    None
}

/// A small number in digits or words.
fn number(word: &str) -> Option<usize> {
    const NAMES: [&str; 11] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let digits = || word.parse().ok().filter(|number| (1..=99).contains(number));
    NAMES.iter().skip(2).position(|name| *name == word).map(|at| at + 2).or_else(digits)
}

/// What is asked of an asset beside what it shows, with the words that ask it.
fn take_field(tokens: &mut Tokens, extreme: bool) -> Option<Field> {
    let (field, phrases) = FIELDS.into_iter().find(|(_, phrases)| {
        tokens.asks_any(phrases) || (phrases[0].contains(' ') && leading(tokens, phrases))
    })?;
    let means = extreme || is_of_assets(tokens, field);
    if !means {
        return None;
    }
    let mut sorted: Vec<&str> = phrases.to_vec();
    sorted.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
    tokens.take_any(&sorted);
    while tokens.take_any(&TAKING).is_some() {}
    if matches!(field, Field::Place | Field::Date) {
        let ours = [
            "did we see",
            "did i see",
            "we see",
            "i see",
            "we visit",
            "i visit",
            "did we",
            "did i",
        ];
        tokens.take_any(&ours);
    }
    tokens.take_any(&["name of", "from"]);
    Some(field)
}

/// Whether one of these phrases stands after a preposition at the start: `in which city`, `on what day`.
fn leading(tokens: &Tokens, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        tokens.find(phrase).is_some_and(|found| {
            found.start == 1
                && tokens.at(0).is_some_and(|word| {
                    ["in", "on", "at", "with", "by", "under", "from", "the", "of"].contains(&word)
                })
                || found.start == 2
                    && tokens.has_any(&["what is the", "who is the", "name the", "tell me the"])
                || found.start == 3
                    && tokens.has_any(&["what is the name", "tell me the", "what s the"])
        })
    })
}

/// Whether a question for a field asks it of pictures, videos and recordings rather than of what they tell of.
fn is_of_assets(tokens: &Tokens, field: Field) -> bool {
    let media = named_media(tokens).is_some();
    let taking = tokens.has_any(&TAKING);
    let seeing = |verb: &&str| {
        ["we", "i"].iter().any(|person| tokens.has_any(&[&format!("{person} {verb}")]))
    };
    let bare = || {
        let mut rest = tokens.clone();
        while rest.take_any(&TAKING).is_some() {}
        while rest.take_any(&BACK).is_some() {}
        tokens.has_any(&BACK) && rest.rest_without_asking().is_empty()
    };
    match field {
        Field::Camera | Field::Licence => {
            media || taking || bare() || tokens.has_any(&["have i", "did i", "are there"])
        }
        Field::Author => {
            let sure =
                ["photographed", "filmed", "photographer", "photographers", "recorded", "authors"];
            media || bare() || tokens.has_any(&sure)
        }
        // `When did we take the ferry` asks what was done.
        Field::Date | Field::Place => {
            let passive = ["taken", "filmed", "photographed", "recorded", "shot", "captured"];
            media || tokens.has_any(&passive) || SEEING[..4].iter().any(seeing) || bare()
        }
    }
}

/// Verbs for what is written.
const WRITING: [&str; 7] = ["written", "write", "writes", "printed", "spelled", "read", "reads"];
/// Things on which something is written.
const WRITTEN_ON: [&str; 14] = [
    "sign",
    "signs",
    "label",
    "poster",
    "inscription",
    "title",
    "titles",
    "subtitle",
    "subtitles",
    "page",
    "letters",
    "text",
    "banner",
    "screen",
];
/// Verbs for what is said.
const SAYING: [&str; 16] = [
    "said",
    "say",
    "says",
    "speak",
    "speaks",
    "spoken",
    "speaking",
    "talk",
    "talks",
    "talked",
    "mentioned",
    "mentions",
    "heard",
    "hear",
    "tells",
    "told",
];

/// Where the words are that a question asks for; the verbs that ask for them are taken, as they are no part of
/// what is said.
pub(super) fn take_medium(tokens: &mut Tokens) -> Option<Medium> {
    let written =
        tokens.has_any(&WRITING) || tokens.has_any(&WRITTEN_ON) && tokens.has_any(&SAYING);
    let said = tokens.has_any(&SAYING);
    for verbs in [&WRITING[..], &SAYING] {
        while tokens.take_any(verbs).is_some() {}
    }
    match (written, said) {
        (true, _) => Some(Medium::Written),
        (false, true) => Some(Medium::Said),
        (false, false) => None,
    }
}
