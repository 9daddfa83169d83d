//! Words that belong to a part of an asset: said, written in the picture, or told about it.

use serde::{Deserialize, Serialize};

use crate::TimeRange;

/// What kind of words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassageKind {
    /// Said in the sound.
    Speech,
    /// Written in the picture.
    Text,
    /// A sentence about what is shown.
    Caption,
    /// A word for what is shown.
    Tag,
}

impl PassageKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Speech, Self::Text, Self::Caption, Self::Tag];

    /// Its name, as it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Speech => "speech",
            Self::Text => "text",
            Self::Caption => "caption",
            Self::Tag => "tag",
        }
    }
}

/// Mean probability of its tokens (their geometric mean) below which speech is guesswork: just below exp(-1),
/// Whisper's own limit (Radford et al. 2022, section 4.5).
pub const DOUBTFUL_BELOW: f32 = 0.3678;

/// How far what was heard can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// As sure as the model's mean word.
    Certain,
    /// A best guess: some of the words were said.
    Doubtful,
    /// Somebody speaks; no words were made out.
    NotUnderstood,
}

/// Who says that these are the words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person; wins over every machine.
    Person,
    /// A model.
    Machine {
        /// Name and revision, `whisper-base@1a2b3c4d5e6f`.
        model: String,
        /// How sure it is, 0 to 1, as the model counts; comparable within one model only. `None` of a model
        /// that does not say, as most of those that write sentences.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        confidence: Option<f32>,
    },
}

/// A quadrilateral in fractions of the upright picture: upper left, upper right, lower right and lower
/// left corner as the text is read, each (x, y).
pub type Quad = [[f32; 2]; 4];

/// One word of speech.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedWord {
    /// The word with its punctuation.
    pub text: String,
    /// When it is said.
    #[serde(flatten)]
    pub range: TimeRange,
}

/// Words with the part of an asset that they belong to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// What kind of words.
    pub kind: PassageKind,
    /// The words.
    pub text: String,
    /// When, in a video or recording; `None` for all of the asset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<TimeRange>,
    /// Where in the picture; `None` for all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Quad>,
    /// ISO 639-1 code of the language, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Speech word by word, where the times are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<TimedWord>,
    /// Who says so.
    pub origin: Origin,
}

/// Letters and digits from which writing that a model read is taken for words: fewer are often read into patterns.
const WORD_LETTERS: usize = 3;

impl Passage {
    /// How much its words count as evidence, 0 to 1. Writing that a model read counts by how sure it is and by its
    /// length, as letters are easily misread into patterns; all other words count whole.
    pub fn weight(&self) -> f64 {
        let (PassageKind::Text, Origin::Machine { confidence, .. }) = (self.kind, &self.origin)
        else {
            return 1.0;
        };
        let letters = self.text.chars().filter(|c| c.is_alphanumeric()).count();
        let length = (letters.min(WORD_LETTERS) as f64) / WORD_LETTERS as f64;
        f64::from(confidence.unwrap_or(1.0)) * length
    }

    /// How far it can be relied on. Only speech that a model heard can be doubtful or not understood; what
    /// was not understood has a range and no words.
    pub fn certainty(&self) -> Certainty {
        let (PassageKind::Speech, Origin::Machine { confidence, .. }) = (self.kind, &self.origin)
        else {
            return Certainty::Certain;
        };
        if self.text.trim().is_empty() {
            Certainty::NotUnderstood
        } else if confidence.is_some_and(|sure| sure < DOUBTFUL_BELOW) {
            Certainty::Doubtful
        } else {
            Certainty::Certain
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_counts_by_confidence_and_length() {
        let read = |text: &str, confidence| Passage {
            kind: PassageKind::Text,
            text: text.into(),
            range: None,
            region: None,
            language: None,
            words: Vec::new(),
            origin: Origin::Machine { model: "reader".into(), confidence },
        };
        for (text, confidence, weight) in [
            ("Market Hall", Some(0.5), 0.5),
            ("Market Hall", None, 1.0),
            ("B", Some(0.9), 0.3),
            ("-- B!", Some(0.9), 0.3),
            ("", Some(0.9), 0.0),
        ] {
            assert!((read(text, confidence).weight() - weight).abs() < 1e-6, "{text}");
        }
        let person = Passage { origin: Origin::Person, ..read("B", None) };
        assert_eq!(person.weight(), 1.0);
        let speech = Passage { kind: PassageKind::Speech, ..read("B", Some(0.4)) };
        assert_eq!(speech.weight(), 1.0);
    }
}
