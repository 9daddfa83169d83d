//! What an answer is.

use kinora_types::Citation;
use serde::{Deserialize, Serialize};

use crate::{Evidence, Plan};

/// Who answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The catalogue: counts, lists, dates.
    Catalogue,
    /// Visual similarity to a picture.
    #[serde(rename = "likeness")]
    VisualSimilarity,
    /// Words of the evidence itself; no model was asked.
    Extractive,
    /// A language model.
    Model {
        /// Name of the model.
        name: String,
    },
    /// Nobody, as there is no evidence.
    None,
}

/// Whether a sentence may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "support", content = "why")]
pub enum Support {
    /// The evidence that the sentence cites says so.
    Supported,
    /// The sentence says that the answer is not known.
    Refusal,
    /// The sentence is left out of the answer, for this reason.
    Unsupported(String),
}

/// A sentence with what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sentence {
    /// The words, without citations.
    pub text: String,
    /// Numbers of the evidence that the sentence cites; all of them exist.
    pub cites: Vec<u32>,
    /// Whether the sentence may be shown.
    #[serde(flatten)]
    pub support: Support,
    /// Whether Kinora found what it rests on, because the model named no source.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attributed: bool,
}

impl Sentence {
    /// A sentence that may be shown.
    pub(crate) fn supported(text: impl Into<String>, cites: Vec<u32>) -> Self {
        Self { text: text.into(), cites, support: Support::Supported, attributed: false }
    }

    /// A sentence that may be shown only if there is no other.
    pub(crate) fn refusal(text: impl Into<String>, cites: Vec<u32>) -> Self {
        Self { support: Support::Refusal, ..Self::supported(text, cites) }
    }

    /// Whether the sentence belongs to the answer.
    pub fn is_shown(&self) -> bool {
        !matches!(self.support, Support::Unsupported(_))
    }

    /// The words with their citations: `A red boat [1][3].`
    pub fn cited(&self) -> String {
        let marks: String = self.cites.iter().map(|number| format!("[{number}]")).collect();
        if marks.is_empty() {
            return self.text.clone();
        }
        let body = self.text.trim_end_matches(['.', '!', '?']);
        format!("{body} {marks}{}", &self.text[body.len()..])
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// Who answered.
    pub method: Method,
    /// Every sentence, those left out too.
    pub sentences: Vec<Sentence>,
    /// What was retrieved, by number.
    #[serde(skip)]
    pub evidence: Vec<Evidence>,
    /// Whether anything in the library answers; if not, the evidence is what came nearest.
    pub answered: bool,
    /// How the question was understood.
    pub plan: Plan,
    /// What a reader should know of how it came about.
    pub notes: Vec<String>,
    /// Tokens of prompt and answer, if a model was asked and its service tells.
    pub tokens: Option<(u32, u32)>,
    /// What left this process.
    #[serde(skip)]
    pub sent: Option<kinora_inference::Sent>,
}

impl Answer {
    /// The sentences that may be shown, with citations; list items stand on lines of their own.
    pub fn text(&self) -> String {
        let shown = self.sentences.iter().filter(|sentence| sentence.is_shown());
        let mut text = String::new();
        for sentence in shown.map(Sentence::cited) {
            if !text.is_empty() {
                text.push(if sentence.starts_with("- ") { '\n' } else { ' ' });
            }
            text += &sentence;
        }
        text
    }

    /// What the shown sentences cite, in the order in which they do: the list that `the second` counts in.
    pub fn citations(&self) -> Vec<Citation> {
        let shown = self.sentences.iter().filter(|sentence| sentence.is_shown());
        let mut seen = std::collections::HashSet::new();
        let mut numbers: Vec<u32> = shown.flat_map(|sentence| sentence.cites.clone()).collect();
        numbers.retain(|number| seen.insert(*number));
        let cited = |number: &u32| self.evidence.iter().find(|piece| piece.number == *number);
        numbers.iter().filter_map(cited).map(Evidence::citation).collect()
    }

    /// This answer and another to a further part of the question. A part that is not answered says so.
    pub(crate) fn and(mut self, other: Self) -> Self {
        if !self.answered && other.answered {
            return Self { answered: true, ..other.and_first(self) };
        }
        let numbers: Vec<(u32, u32)> =
            other.evidence.iter().map(|piece| (piece.number, self.take_in(piece))).collect();
        let new = |number: &u32| numbers.iter().find(|(old, _)| old == number).map(|(_, new)| *new);
        for mut sentence in other.sentences {
            sentence.cites = sentence.cites.iter().filter_map(new).collect();
            if self.answered && !other.answered {
                sentence = Sentence::supported("Nothing answers the rest.", Vec::new());
            }
            self.sentences.push(sentence);
        }
        self.notes.extend(other.notes.into_iter().filter(|_| other.answered));
        self.notes.dedup();
        self.plan.steps.extend(other.plan.steps);
        self
    }

    /// With a first part that nothing answers.
    fn and_first(mut self, _unanswered: Self) -> Self {
        self.sentences
            .insert(0, Sentence::supported("Nothing answers the first part.", Vec::new()));
        self
    }

    /// The number of a piece of evidence, which is added if it is not there.
    fn take_in(&mut self, piece: &Evidence) -> u32 {
        let same = |own: &&Evidence| own.asset.id == piece.asset.id && own.range == piece.range;
        if let Some(own) = self.evidence.iter().find(same) {
            return own.number;
        }
        let number = self.evidence.iter().map(|own| own.number).max().unwrap_or_default() + 1;
        self.evidence.push(Evidence { number, ..piece.clone() });
        number
    }

    /// Everything that was found, by number; it may not be cited.
    pub fn retrieved(&self) -> Vec<Citation> {
        self.evidence.iter().map(Evidence::citation).collect()
    }
}
