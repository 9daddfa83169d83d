//! Names in a question: places, people, cameras and languages that become filters.

use kinora_types::GeoPoint;
use serde::Serialize;

use super::{Known, Plan, operation::media, tokens::Tokens};

/// How far from the middle of a town a picture may have been taken that was taken in it, in kilometres.
pub(crate) const IN_KM: f64 = 20.0;
/// How far from it what was taken near it.
const NEAR_KM: f64 = 50.0;
/// What people do with a camera, as they are said to do it.
const DOING: [&str; 12] = [
    "take",
    "took",
    "taken",
    "photograph",
    "photographed",
    "film",
    "filmed",
    "shoot",
    "shot",
    "record",
    "recorded",
    "make",
];
/// Languages with their ISO 639-1 codes.
const LANGUAGES: [(&str, &str); 16] = [
    ("english", "en"),
    ("german", "de"),
    ("french", "fr"),
    ("spanish", "es"),
    ("italian", "it"),
    ("portuguese", "pt"),
    ("dutch", "nl"),
    ("polish", "pl"),
    ("russian", "ru"),
    ("turkish", "tr"),
    ("japanese", "ja"),
    ("chinese", "zh"),
    ("korean", "ko"),
    ("arabic", "ar"),
    ("hindi", "hi"),
    ("swedish", "sv"),
];

/// What a name of a place means.
#[derive(Clone, Debug, PartialEq)]
pub enum Region {
    /// A town, by its middle.
    Town(GeoPoint),
    /// A country, by its ISO 3166 code.
    Country(String),
}

/// Names of places. Threads: any number may ask at once.
pub trait Places {
    /// The region of a name; `None` if no place is called so.
    fn region(&self, name: &str) -> Option<Region>;

    /// What people call a place: `Rome, Italy`; `None` if no town is near.
    fn name(&self, point: GeoPoint) -> Option<String>;

    /// ISO 3166 code of the country around a point.
    fn country(&self, point: GeoPoint) -> Option<String>;

    /// Whether names are known at all: without a list of places no name is unknown.
    fn is_known(&self) -> bool;
}

/// A name that nothing in the library bears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub enum Unknown {
    /// Of a place, or of whatever else a name after `in` can mean.
    Place(String),
    /// Of a person.
    Person(String),
    /// Of a camera.
    Camera(String),
    /// Something that had to be found first, and why it was not.
    First(String),
}

impl Plan {
    /// Authors: a whole name anywhere, a part of one where a person is spoken of.
    pub(super) fn take_author(&mut self, tokens: &mut Tokens, known: &Known<'_>) {
        for author in known.authors {
            let name = author.to_lowercase().replace([',', '.'], " ");
            let words: Vec<&str> = name.split_whitespace().collect();
            let found = tokens.find_run(&words).filter(|found| {
                words.len() > 1 || tokens.is_capital(found.start) || person_cue(tokens, found)
            });
            if let Some(found) = found {
                return self.by_author(tokens, found, author.clone());
            }
        }
        let known_word = |word: &str| {
            let parts = known.authors.iter().flat_map(|author| author.split_whitespace());
            parts
                .map(|part| part.trim_matches([',', '.']))
                .any(|part| part.eq_ignore_ascii_case(word))
        };
        for at in 0..tokens.len() {
            let Some(word) = tokens.name_at(at) else { continue };
            let mut end = at + 1;
            while tokens.is_capital(end) && tokens.is_capital(at) && tokens.at(end).is_some() {
                end += 1;
            }
            let run = at..end;
            if !person_cue(tokens, &run) {
                continue;
            }
            if known_word(&word) && run.len() == 1 {
                return self.by_author(tokens, run, word);
            }
            let name = tokens.text(&run);
            let unknown = tokens.is_capital(at) && !(known.is_word)(&name) && at > 0;
            let place = !tokens.is_named_by(at) && known.places.region(&name).is_some();
            if unknown && !place {
                self.unknown = Some(Unknown::Person(name));
                tokens.take(run);
                return;
            }
        }
    }

    fn by_author(&mut self, tokens: &mut Tokens, found: std::ops::Range<usize>, name: String) {
        self.filter.author = Some(name);
        tokens.take(found);
    }

    /// Cameras: words of a maker or model after `with a` and the like, or before `camera`.
    pub(super) fn take_camera(&mut self, tokens: &mut Tokens, known: &Known<'_>) {
        let models: Vec<Vec<String>> = known
            .cameras
            .iter()
            .map(|camera| camera.to_lowercase().split_whitespace().map(str::to_owned).collect())
            .collect();
        for at in 0..tokens.len() {
            let longest = (1..=5).rev().find(|length| {
                let words: Option<Vec<&str>> = (at..at + length).map(|at| tokens.at(at)).collect();
                words.is_some_and(|words| {
                    models.iter().any(|model| model.windows(words.len()).any(|part| part == words))
                })
            });
            let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.any_at(at));
            let cue = |word: Option<&str>| {
                word.is_some_and(|word| ["with", "using", "on"].contains(&word))
            };
            let article = before(1)
                .is_some_and(|word| ["a", "an", "the", "my", "his", "her", "our"].contains(&word));
            let cued = cue(before(1)) || article && cue(before(2));
            let Some(length) = longest else {
                let camera = tokens.at(at + 1) == Some("camera");
                if tokens.is_capital(at)
                    && at > 0
                    && (camera || cued && tokens.has_any(&["taken", "shot", "filmed"]))
                    && tokens.at(at).is_some()
                {
                    let name = tokens.text(&(at..at + 1));
                    if !(known.is_word)(&name) {
                        self.unknown = Some(Unknown::Camera(name));
                        tokens.take(at..at + 1 + usize::from(camera));
                        return;
                    }
                }
                continue;
            };
            let run = at..at + length;
            let followed =
                tokens.at(run.end).is_some_and(|word| word == "camera" || media(word).is_some());
            if cued || followed || length > 1 {
                let name = tokens.text(&run);
                self.filter.camera_model = Some(name);
                tokens.take(run.clone());
                if tokens.at(run.end) == Some("camera") {
                    tokens.take(run.end..run.end + 1);
                }
                return;
            }
        }
    }

    /// `In German`, of what is said.
    pub(super) fn take_language(&mut self, tokens: &mut Tokens) {
        for (name, code) in LANGUAGES {
            let phrases = [format!("in {name}"), format!("speaks {name}"), format!("speak {name}")];
            let phrases: Vec<&str> = phrases.iter().map(String::as_str).collect();
            if tokens.take_any(&phrases).is_some() {
                self.filter.language = Some(code.to_owned());
            }
        }
    }

    /// A capitalised name after a word of place: a place if one is called so, else a word of the library, else
    /// unknown.
    pub(super) fn take_place(&mut self, tokens: &mut Tokens, known: &Known<'_>) {
        for run in tokens
            .names_after(&["in", "near", "at", "around", "from", "of", "to", "visit", "visited"])
        {
            let before = |back: usize| run.start.checked_sub(back).and_then(|at| tokens.any_at(at));
            let cue = if before(1) == Some("the") { before(2) } else { before(1) };
            let cue = cue.unwrap_or_default().to_owned();
            // `A picture of Paris` shows it; `in Paris` was taken there.
            let there = !["of", "to"].contains(&cue.as_str());
            let region = (run.start + 1..=run.end).rev().find_map(|end| {
                let name = tokens.text(&(run.start..end));
                known
                    .places
                    .region(&name)
                    .filter(|_| there)
                    .map(|region| (region, run.start..end, name))
            });
            let whole = tokens.text(&run);
            if let Some((region, run, name)) = region {
                match region {
                    Region::Town(point) => {
                        let near = ["near", "around"].contains(&cue.as_str());
                        self.filter.near = Some((point, if near { NEAR_KM } else { IN_KM }));
                    }
                    Region::Country(code) => {
                        self.country = Some(code);
                    }
                }
                self.place = Some(name);
                tokens.take(run);
                return;
            }
            let said = self.medium.is_some() || self.wants_words;
            if there
                && cue != "visited"
                && known.places.is_known()
                && !said
                && !(known.is_word)(&whole)
            {
                self.unknown = Some(Unknown::Place(whole));
                tokens.take(run);
                return;
            }
        }
    }
}

/// Whether what stands there is spoken of as a person: `by Ann`, `did Ann take`, `Ann took`, `Ann's pictures`.
fn person_cue(tokens: &Tokens, run: &std::ops::Range<usize>) -> bool {
    let before = run.start.checked_sub(1).and_then(|at| tokens.any_at(at)).unwrap_or_default();
    let after = tokens.any_at(run.end).unwrap_or_default();
    let doing = DOING.contains(&after);
    before == "by"
        || ["did", "has", "had", "does"].contains(&before) && doing
        || doing
            && !["was", "were", "is", "are", "been", "be", "who", "that", "which"].contains(&after)
            && after != "taken"
        || tokens.is_possessive(run.end - 1) && media(after).is_some()
        || before == "from" && tokens.is_capital(run.start)
}
