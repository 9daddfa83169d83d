//! From a question to what is looked for: intent, filter, and the words that are left.

mod dates;
mod tokens;

use jiff::civil::Date;
use kinora_catalog::Filter;
use kinora_types::{GeoPoint, Kind};
use serde::Serialize;

use tokens::Tokens;

/// How far from a named place a picture may have been taken.
const NEAR_KM: f64 = 50.0;

/// Words by which a when-question means the pictures and not what they tell of: `when was the bridge built`
/// is for the evidence to say.
const OURS: [&str; 9] =
    ["we", "i", "us", "my", "our", "taken", "filmed", "recorded", "photographed"];

/// Words for pictures.
const PICTURES: [&str; 8] =
    ["photos", "photo", "pictures", "picture", "images", "image", "photographs", "photograph"];
const VIDEOS: [&str; 6] = ["videos", "video", "clips", "clip", "footage", "films"];
const SOUNDS: [&str; 4] = ["recordings", "recording", "audio", "voice memos"];

/// Words by which a number is one of things in the library, whatever they are called.
const HELD: [&str; 8] =
    ["do i have", "do we have", "have i", "have we", "are there", "files", "things", "items"];

/// Words that ask for what no picture shows by itself.
const TOLD: [&str; 14] = [
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
    "what did",
    "what does",
    "what is the",
    "what was the",
];

/// What kind of answer is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Words about what is shown, said or written.
    #[default]
    Tell,
    /// How many assets match.
    Count {
        /// Period that each number counts; `None` for one number of all.
        by: Option<Period>,
    },
    /// Which assets match.
    List,
    /// When the matching assets were taken.
    When,
}

/// Period of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Calendar years.
    Year,
    /// Calendar months.
    Month,
}

/// How a question was understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Kind of answer.
    pub intent: Intent,
    /// Exact conditions out of its words.
    pub filter: Filter,
    /// The words that are left: what to look for; may be empty.
    pub subject: String,
    /// Whether looks cannot answer it: who, when, why, how much.
    pub wants_words: bool,
    /// Each condition in words, for the reader: `taken 2023-06-01 to 2023-08-31`.
    pub conditions: Vec<String>,
}

impl Plan {
    /// Understands a question asked on `today`. `place` knows where a name is, or does not; English.
    pub fn of(question: &str, today: Date, place: &dyn Fn(&str) -> Option<GeoPoint>) -> Self {
        let mut tokens = Tokens::of(question);
        let mut plan = Self { wants_words: tokens.asks_any(&TOLD), ..Self::default() };
        plan.take_intent(&mut tokens);
        plan.take_dates(&mut tokens, today);
        plan.take_kind(&mut tokens);
        plan.take_place(&mut tokens, place);
        plan.subject = tokens.rest();
        plan
    }

    fn take_intent(&mut self, tokens: &mut Tokens) {
        let years: &[&str] = &["by year", "per year", "each year", "by years", "every year"];
        let months: &[&str] = &["by month", "per month", "each month", "every month"];
        let by = [(years, Period::Year), (months, Period::Month)]
            .into_iter()
            .find_map(|(phrases, period)| tokens.take_any(phrases).map(|_| period));
        let counting = ["how many", "number of", "count of", "count the", "count my", "count"];
        let when =
            ["when was", "when were", "when did", "when is", "what date", "which day", "what day"];
        let listing =
            ["list all", "list the", "list my", "list", "show me all", "show all", "find all"];
        let which =
            ["which photos", "which pictures", "which videos", "which images", "which clips"];
        // `How many candles did he blow out` is for the evidence to say.
        let held = [&PICTURES[..], &VIDEOS, &SOUNDS, &HELD];
        let ours = by.is_some() || held.iter().any(|words| tokens.has_any(words));
        self.intent = if ours && tokens.take_any(&counting).is_some() {
            Intent::Count { by }
        } else if tokens.has_any(&when) && tokens.has_any(&OURS) {
            for words in [&when[..], &["taken", "filmed", "recorded", "photographed"]] {
                tokens.take_any(words);
            }
            Intent::When
        } else if tokens.take_any(&listing).is_some() || tokens.has_any(&which) {
            Intent::List
        } else {
            Intent::Tell
        };
    }

    fn take_dates(&mut self, tokens: &mut Tokens, today: Date) {
        let Some(days) = dates::take(tokens, today) else {
            return;
        };
        (self.filter.after, self.filter.before) = (days.first, days.last);
        self.conditions.push(match (days.first, days.last) {
            (Some(first), Some(last)) if first == last => format!("taken on {first}"),
            (Some(first), Some(last)) => format!("taken {first} to {last}"),
            (Some(first), None) => format!("taken on {first} or later"),
            (None, Some(last)) => format!("taken on {last} or earlier"),
            (None, None) => return,
        });
    }

    /// Moving and sounding things are told apart wherever they are named; `picture` is everything, unless
    /// it is counted, listed or alone asked for.
    fn take_kind(&mut self, tokens: &mut Tokens) {
        let only = tokens.take_any(&["only", "just"]).is_some();
        let plain = matches!(self.intent, Intent::Tell | Intent::When) && !only;
        let named = [
            (&VIDEOS[..], Kind::Video, "videos"),
            (&SOUNDS[..], Kind::Audio, "recordings"),
            (&PICTURES[..], Kind::Picture, "pictures"),
        ];
        let found: Vec<_> = named.into_iter().filter(|(names, ..)| tokens.has_any(names)).collect();
        for (names, ..) in &found {
            while tokens.take_any(names).is_some() {}
        }
        match found.as_slice() {
            [(_, Kind::Picture, _)] if plain => {}
            [(_, kind, name)] => {
                self.filter.kind = Some(*kind);
                self.conditions.push(format!("only {name}"));
            }
            _ => {}
        }
    }

    /// A capitalised name after a word of place, if it is known where it is. The name stays among the
    /// words too: captions name places.
    fn take_place(&mut self, tokens: &mut Tokens, place: &dyn Fn(&str) -> Option<GeoPoint>) {
        for name in tokens.names_after(&["in", "near", "at", "around", "from"]) {
            if let Some(point) = place(&name) {
                self.filter.near = Some((point, NEAR_KM));
                self.conditions.push(format!("taken within {NEAR_KM} km of {name}"));
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn plan(question: &str) -> Plan {
        let rome = GeoPoint { latitude: 41.9, longitude: 12.5 };
        Plan::of(question, date(2026, 11, 21), &|name| (name == "Rome").then_some(rome))
    }

    #[test]
    fn questions_are_understood() {
        let by = |by| Intent::Count { by };
        for (question, intent, kind, subject) in [
            (
                "How many photos of dogs, by year?",
                by(Some(Period::Year)),
                Some(Kind::Picture),
                "dogs",
            ),
            ("how many videos do I have?", by(None), Some(Kind::Video), ""),
            ("How many pictures and videos are there?", by(None), None, ""),
            ("How many dogs are there?", by(None), None, "dogs"),
            ("How many candles did he blow out?", Intent::Tell, None, "many candles he blow out"),
            ("When did we see the giraffe?", Intent::When, None, "see giraffe"),
            ("List all pictures of boats", Intent::List, Some(Kind::Picture), "boats"),
            ("When was the picture of the boat taken?", Intent::When, None, "boat"),
            ("When was the bridge built?", Intent::Tell, None, "bridge built"),
            ("Which videos show a harbour?", Intent::List, Some(Kind::Video), "harbour"),
            (
                "What is said in the video about the bridge?",
                Intent::Tell,
                Some(Kind::Video),
                "said bridge",
            ),
            ("Is there a photo of a red bus?", Intent::Tell, None, "red bus"),
            (
                "Who speaks at the wedding, videos only",
                Intent::Tell,
                Some(Kind::Video),
                "speaks wedding",
            ),
        ] {
            let plan = plan(question);
            assert_eq!((plan.intent, plan.filter.kind), (intent, kind), "{question}");
            assert_eq!(plan.subject, subject, "{question}");
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
    fn a_known_place_filters_and_stays_a_word() {
        let known = plan("What did we eat in Rome?");
        assert_eq!(known.filter.near.map(|(_, km)| km), Some(NEAR_KM));
        assert_eq!(known.subject, "eat Rome");
        assert_eq!(plan("What did we eat in Atlantis?").filter.near, None);
    }

    #[test]
    fn several_conditions_stand_together() {
        let plan = plan("How many videos from Rome last summer?");
        assert_eq!(
            plan.conditions,
            ["taken 2026-06-01 to 2026-08-31", "only videos", "taken within 50 km of Rome"]
        );
    }
}
