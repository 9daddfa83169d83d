//! From a question to what is looked for: an operation, filters, and the words that are left.
//!
//! What has become a filter is looked for no more: `pictures of dogs from Rome` is `dogs` among those taken in Rome.

mod asking;
mod dates;
mod names;
mod operation;
mod steps;
mod tokens;

use jiff::civil::Date;
use kinora_catalog::Filter;
use kinora_types::Kind;
use serde::Serialize;

use operation::{PICTURES, SOUNDS, VIDEOS};
use tokens::Tokens;

pub(crate) use names::IN_KM;
pub use names::{Places, Region, Unknown};
pub(crate) use operation::media;
pub use operation::{Field, Medium, Operation, Period};
pub(crate) use steps::{Bound, Relative};

/// Words that ask for what no picture shows by itself.
const TOLD: [&str; 16] = [
    "who",
    "whose",
    "whom",
    "when",
    "where",
    "why",
    "how much",
    "how many",
    "how long",
    "how old",
    "how does",
    "how did",
    "what did",
    "what does",
    "what is the",
    "what was the",
];

/// Words that ask for a measure and are no part of what is looked for.
const HOW: [&str; 9] = [
    "how many",
    "how much",
    "how long",
    "how old",
    "how far",
    "how often",
    "how high",
    "how big",
    "how late",
];

/// What is known of a library and its world when a question is understood.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Names of places.
    pub places: &'a dyn Places,
    /// Names of the library's authors.
    pub authors: &'a [String],
    /// Makers and models of the library's cameras.
    pub cameras: &'a [String],
    /// Whether a name stands among the library's words: in a title, a tag, a text, in speech.
    pub is_word: &'a dyn Fn(&str) -> bool,
}

/// How a question was understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// What is done with what is found.
    pub operation: Operation,
    /// Whether one thing is asked for, and not all that there are of it.
    pub one: bool,
    /// Exact conditions out of the question's words.
    #[serde(skip)]
    pub filter: Filter,
    /// ISO 3166 code of the country in which it was taken.
    pub country: Option<String>,
    /// The place of a condition, as it was called.
    #[serde(skip)]
    pub place: Option<String>,
    /// Each condition in words, for the reader: `taken 2023-06-01 to 2023-08-31`.
    pub conditions: Vec<String>,
    /// What is left to look or listen for; may be empty.
    pub subject: String,
    /// Things that are asked for side by side: `owls`, `bears` of `owls and bears`. Empty for one.
    pub parts: Vec<String>,
    /// Where the words are that are asked for; `None` for anywhere.
    pub medium: Option<Medium>,
    /// Whether looks cannot answer it: who, when, why, how much.
    pub wants_words: bool,
    /// What is asked of pictures, videos and recordings where no words answer: `when did we fly the kite?`.
    pub fallback: Option<Field>,
    /// A name that nothing in the library bears; nothing is looked for then.
    pub unknown: Option<Unknown>,
    /// What was found first, and what was taken from it.
    pub steps: Vec<String>,
}

impl Plan {
    /// Understands a question asked on `today`; English.
    pub fn of(question: &str, today: Date, known: &Known<'_>) -> Self {
        let mut tokens = Tokens::of(question);
        let mut plan = Self { wants_words: tokens.asks_any(&TOLD), ..Self::default() };
        plan.fallback = operation::fallback(&tokens);
        plan.take_dates(&mut tokens, today);
        plan.medium = operation::take_medium(&mut tokens);
        let several = operation::named_media(&tokens);
        plan.operation = operation::take(&mut tokens, plan.medium);
        plan.one = match plan.operation {
            Operation::Show | Operation::Tell | Operation::Field(_) => several != Some(true),
            Operation::List | Operation::Count { .. } | Operation::Extreme { .. } => false,
        };
        plan.take_kind(&mut tokens);
        plan.take_author(&mut tokens, known);
        plan.take_camera(&mut tokens, known);
        plan.take_language(&mut tokens);
        if plan.unknown.is_none() {
            plan.take_place(&mut tokens, known);
        }
        tokens.take_any(&HOW);
        plan.subject = tokens.rest();
        plan.parts = tokens.parts();
        plan.wants_words |= plan.medium.is_some();
        // `When were we in Rome?` asks of pictures all that there is to ask.
        if plan.operation == Operation::Tell && plan.is_filter_alone() && !plan.filter.is_open() {
            plan.operation = plan.fallback.map_or(Operation::Tell, Operation::Field);
        }
        plan.described()
    }

    /// The question as words alone: nothing is a filter but the kind of asset.
    pub(crate) fn as_words(question: &str) -> Self {
        let mut tokens = Tokens::of(question);
        let mut plan = Self { wants_words: tokens.asks_any(&TOLD), ..Self::default() };
        plan.medium = operation::take_medium(&mut tokens);
        plan.take_kind(&mut tokens);
        tokens.take_any(&HOW);
        plan.subject = tokens.rest();
        plan.described()
    }

    /// This plan of a question such as `and in 2017?` after another: what it leaves open is as the other has it.
    pub(crate) fn after(self, last: Self) -> Self {
        let (new, old) = (self.filter, last.filter);
        let dated = new.after.is_some() || new.before.is_some();
        let placed = new.near.is_some() || self.country.is_some();
        let filter = Filter {
            after: if dated { new.after } else { old.after },
            before: if dated { new.before } else { old.before },
            near: if placed { new.near } else { old.near },
            kind: new.kind.or(old.kind),
            author: new.author.or(old.author),
            camera_model: new.camera_model.or(old.camera_model),
            language: new.language.or(old.language),
            ..old
        };
        let own = !kinora_retrieval::content_words(&self.subject).is_empty();
        let (subject, parts) =
            if own { (self.subject, self.parts) } else { (last.subject, last.parts) };
        let plan = Self {
            filter,
            subject,
            parts,
            country: if placed { self.country } else { last.country },
            place: if placed { self.place } else { last.place },
            unknown: self.unknown,
            steps: last.steps,
            ..last
        };
        plan.described()
    }

    /// With its conditions in words.
    pub(crate) fn described(mut self) -> Self {
        let Filter { after, before, kind, near, author, camera_model, language, .. } = &self.filter;
        let kind = kind.map(|kind| match kind {
            Kind::Picture => "only pictures".to_owned(),
            Kind::Video => "only videos".to_owned(),
            Kind::Audio => "only recordings".to_owned(),
        });
        let days = match (after, before) {
            (Some(first), Some(last)) if first == last => Some(format!("taken on {first}")),
            (Some(first), Some(last)) => Some(format!("taken {first} to {last}")),
            (Some(first), None) => Some(format!("taken on {first} or later")),
            (None, Some(last)) => Some(format!("taken on {last} or earlier")),
            (None, None) => None,
        };
        let name = self.place.as_deref().unwrap_or("there");
        let near = near.map(|(_, km)| format!("taken within {km} km of {name}"));
        let country = self.country.as_ref().map(|_| format!("taken in {name}"));
        let author = author.as_ref().map(|name| format!("by {name}"));
        let camera = camera_model.as_ref().map(|name| format!("with camera {name}"));
        let language = language.as_ref().map(|code| format!("with speech in {code}"));
        let all = [days, kind, near, country, author, camera, language];
        self.conditions = all.into_iter().flatten().collect();
        self
    }

    /// Whether filters are all that the question says.
    pub fn is_filter_alone(&self) -> bool {
        kinora_retrieval::content_words(&self.subject).is_empty()
    }

    /// Takes every date: `from 2003` and `before 2010` hold together.
    fn take_dates(&mut self, tokens: &mut Tokens, today: Date) {
        while let Some(days) = dates::take(tokens, today) {
            self.filter.after = self.filter.after.max(days.first);
            self.filter.before = match (self.filter.before, days.last) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
    }

    /// A kind that is named is the only one that answers. Where words are asked for, `picture` may mean a video.
    fn take_kind(&mut self, tokens: &mut Tokens) {
        tokens.take_any(&["only", "just"]);
        let named = [
            (&VIDEOS[..], Kind::Video),
            (&SOUNDS[..], Kind::Audio),
            (&PICTURES[..], Kind::Picture),
        ];
        let found: Vec<_> = named.into_iter().filter(|(names, ..)| tokens.has_any(names)).collect();
        for (names, ..) in &found {
            while tokens.take_any(names).is_some() {}
        }
        if let [(_, kind)] = found.as_slice() {
            self.filter.kind = Some(*kind);
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use kinora_types::GeoPoint;

    use super::*;

    struct Atlas;

    impl Places for Atlas {
        fn region(&self, name: &str) -> Option<Region> {
            match name {
                "Rome" => Some(Region::Town(GeoPoint { latitude: 41.9, longitude: 12.5 })),
                "Italy" => Some(Region::Country("IT".into())),
                _ => None,
            }
        }

        fn name(&self, _: GeoPoint) -> Option<String> {
            None
        }

        fn country(&self, _: GeoPoint) -> Option<String> {
            None
        }

        fn is_known(&self) -> bool {
            true
        }
    }

    fn plan(question: &str) -> Plan {
        let authors = ["Ann Lee".to_owned(), "Lepale".to_owned()];
        let cameras = ["Canon EOS 5D".to_owned(), "NIKON D90".to_owned()];
        let is_word = |name: &str| ["Eiffel Tower", "Lisa"].contains(&name);
        let known =
            Known { places: &Atlas, authors: &authors, cameras: &cameras, is_word: &is_word };
        Plan::of(question, date(2026, 11, 21), &known)
    }

    const TELL: Operation = Operation::Tell;
    const SHOW: Operation = Operation::Show;
    const LIST: Operation = Operation::List;
    const COUNT: Operation = Operation::Count { by: None };
    const WHEN: Operation = Operation::Field(Field::Date);
    const WHERE: Operation = Operation::Field(Field::Place);
    const WHO: Operation = Operation::Field(Field::Author);

    fn extreme(newest: bool, most: usize, field: Option<Field>) -> Operation {
        Operation::Extreme { newest, most, field }
    }

    #[test]
    fn operations_are_told_apart() {
        for (question, operation, kind, subject) in [
            (
                "How many photos of dogs, by year?",
                Operation::Count { by: Some(Period::Year) },
                Some(Kind::Picture),
                "dogs",
            ),
            ("how many videos do I have?", COUNT, Some(Kind::Video), ""),
            ("How many pictures and videos are there?", COUNT, None, ""),
            ("How many dogs are there?", COUNT, None, "dogs"),
            ("How many pictures are in the library?", COUNT, Some(Kind::Picture), ""),
            ("How many candles did he blow out?", TELL, None, "candles he blow out"),
            ("When did we see the giraffe?", WHEN, None, "giraffe"),
            ("When was the picture of the boat taken?", WHEN, Some(Kind::Picture), "boat"),
            (
                "On what date was the picture of the chicken taken?",
                WHEN,
                Some(Kind::Picture),
                "chicken",
            ),
            ("When was the bridge built?", TELL, None, "bridge built"),
            ("When does the train leave?", TELL, None, "train leave"),
            ("Where was the photo of the boat taken?", WHERE, Some(Kind::Picture), "boat"),
            ("In which city was the owl photographed?", WHERE, None, "owl"),
            ("Where did we pitch our tent?", TELL, None, "pitch tent"),
            ("Where was that?", WHERE, None, ""),
            ("Who took it?", WHO, None, ""),
            ("Who took the picture of the owl?", WHO, Some(Kind::Picture), "owl"),
            (
                "Who is the author of the picture of the Great Stupa?",
                WHO,
                Some(Kind::Picture),
                "Great Stupa",
            ),
            ("Who took the cake?", TELL, None, "cake"),
            (
                "Under which licence is the picture of the Taj Mahal?",
                Operation::Field(Field::Licence),
                Some(Kind::Picture),
                "Taj Mahal",
            ),
            (
                "With which camera was the owl photographed?",
                Operation::Field(Field::Camera),
                None,
                "owl",
            ),
            ("List all pictures of boats", LIST, Some(Kind::Picture), "boats"),
            ("Which videos show a harbour?", LIST, Some(Kind::Video), "harbour"),
            ("Which picture shows a harbour?", SHOW, Some(Kind::Picture), "harbour"),
            ("Is there a photo of a red bus?", SHOW, Some(Kind::Picture), "red bus"),
            ("Show me an animal with a striped tail.", SHOW, None, "animal striped tail"),
            ("What is said in the video about the bridge?", TELL, Some(Kind::Video), "bridge"),
            ("Show me the oldest picture", extreme(false, 1, None), Some(Kind::Picture), ""),
            (
                "Which is the most recent video of a dog?",
                extreme(true, 1, None),
                Some(Kind::Video),
                "dog",
            ),
            ("my last three photos", extreme(true, 3, None), Some(Kind::Picture), ""),
            (
                "the two oldest pictures of castles",
                extreme(false, 2, None),
                Some(Kind::Picture),
                "castles",
            ),
            (
                "When was the first picture of a dog taken?",
                extreme(false, 1, Some(Field::Date)),
                Some(Kind::Picture),
                "dog",
            ),
            (
                "Who took the newest picture?",
                extreme(true, 1, Some(Field::Author)),
                Some(Kind::Picture),
                "",
            ),
            ("Which picture shows the oldest tree?", SHOW, Some(Kind::Picture), "oldest tree"),
            ("Which picture shows the first snow?", SHOW, Some(Kind::Picture), "first snow"),
        ] {
            let plan = plan(question);
            assert_eq!((plan.operation, plan.filter.kind), (operation, kind), "{question}");
            assert_eq!(plan.subject, subject, "{question}");
        }
    }

    /// What has become a filter is not looked for.
    #[test]
    fn every_operation_takes_every_filter() {
        let operations = [
            ("How many pictures", COUNT),
            ("Which pictures", LIST),
            ("Show me the oldest picture", extreme(false, 1, None)),
            ("Who took the pictures", WHO),
            ("When were the pictures", WHEN),
            ("Where were the pictures", WHERE),
        ];
        let filters = [
            ("taken in 2006", "taken 2006-01-01 to 2006-12-31"),
            ("taken before 2020", "taken on 2019-12-31 or earlier"),
            ("taken in Rome", "taken within 20 km of Rome"),
            ("taken near Rome", "taken within 50 km of Rome"),
            ("taken in Italy", "taken in Italy"),
            ("by Ann Lee", "by Ann Lee"),
            ("taken by Lepale", "by Lepale"),
            ("taken by Lee", "by Lee"),
            ("taken with a Canon", "with camera Canon"),
            ("taken with the Nikon D90", "with camera Nikon D90"),
            ("taken in the library", ""),
        ];
        for (start, operation) in operations {
            for (end, condition) in filters {
                for subject in ["", " of boats"] {
                    let question = format!("{start}{subject} {end}?");
                    let plan = plan(&question);
                    assert_eq!(plan.operation, operation, "{question}");
                    assert_eq!(plan.subject, subject.replace(" of ", ""), "{question}");
                    let conditions: Vec<&String> =
                        plan.conditions.iter().filter(|c| *c != "only pictures").collect();
                    assert_eq!(
                        conditions,
                        [condition].iter().filter(|c| !c.is_empty()).collect::<Vec<_>>(),
                        "{question}"
                    );
                    assert_eq!(plan.unknown, None, "{question}");
                }
            }
        }
    }

    #[test]
    fn names_that_nothing_bears_are_unknown_and_others_are_words() {
        let person = |name: &str| Some(Unknown::Person(name.into()));
        let place = |name: &str| Some(Unknown::Place(name.into()));
        for (question, unknown) in [
            ("Which pictures were taken in Atlantis?", place("Atlantis")),
            ("How many photos are from Mordor?", person("Mordor")),
            ("Which pictures did Bob Ray take?", person("Bob Ray")),
            ("Show me pictures by Bob", person("Bob")),
            ("Which pictures were taken at the Eiffel Tower?", None),
            ("Which pictures of Lisa are there?", None),
            ("Which pictures show Atlantis?", None),
            ("What did we eat in Atlantis?", None),
        ] {
            assert_eq!(plan(question).unknown, unknown, "{question}");
        }
    }

    #[test]
    fn looks_do_not_tell_who_or_when() {
        for (question, wants_words) in [
            ("Who baked the cake?", true),
            ("The cake, and who baked it?", true),
            ("Is there a woman who holds a torch?", false),
            ("What eats bamboo?", false),
        ] {
            assert_eq!(plan(question).wants_words, wants_words, "{question}");
        }
    }

    #[test]
    fn another_question_of_the_same_kind_changes_one_thing() {
        for (last, new, operation, conditions, subject) in [
            (
                "How many boats are there in 2006?",
                "in 2017?",
                COUNT,
                "taken 2017-01-01 to 2017-12-31",
                "boats",
            ),
            (
                "How many pictures were taken in 2006?",
                "in Rome?",
                COUNT,
                "taken 2006-01-01 to 2006-12-31, only pictures, taken within 20 km of Rome",
                "",
            ),
            ("When was the picture of the jaguar taken?", "the owl?", WHEN, "only pictures", "owl"),
        ] {
            let plan = plan(new).after(plan(last));
            let told = (plan.operation, plan.conditions.join(", "), plan.subject);
            assert_eq!(told, (operation, conditions.into(), subject.into()), "{last} {new}");
        }
    }
}
