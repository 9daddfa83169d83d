//! What a search returns, with enough to explain it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Asset, AssetRow, Passage, TimeRange};

/// How the parts of a hybrid search rated one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Corrected similarity of the picture to the query; what the threshold is compared with.
    pub dense: Option<f32>,
    /// 1-based rank in the dense list.
    pub dense_rank: Option<usize>,
    /// BM25 of the words (higher is better).
    pub lexical: Option<f32>,
    /// 1-based rank in the lexical list.
    pub lexical_rank: Option<usize>,
    /// Reciprocal rank fusion of both (Cormack et al. 2009).
    pub fused: f32,
}

/// Why a moment answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// What is to be seen.
    #[default]
    Picture,
    /// What is said, written or told there.
    Words,
    /// Both.
    Both,
    /// How it moves.
    Motion,
}

/// A stretch of a video or recording that answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// From when to when.
    #[serde(flatten)]
    pub range: TimeRange,
    /// The moment inside that fits best, in milliseconds.
    pub best_ms: u64,
    /// Of what is to be seen, a score of the same kind as [`Scores::dense`]; of words alone, the share
    /// of the question's information that they carry, of motion its similarity, both 0 to 1.
    pub score: f32,
    /// Why it answers.
    #[serde(default)]
    pub by: Basis,
}

/// Whether a found asset answers the question, and by what. The search decides it once for each hit; nothing
/// behind it holds scores against thresholds again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// By what is to be seen: its dense score reaches the threshold, or the question has none.
    Look,
    /// By its words alone: they carry every content word of the question.
    Words,
    /// By both: its words carry most of the question, and its picture reaches the threshold or is among the
    /// nearest.
    Both,
    /// It does not answer; it is only the best of what is left.
    No(NoFit),
}

/// Why a found asset does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoFit {
    /// Its picture stays below the threshold, and its words carry less than half of the question.
    UnderThreshold,
    /// Its words carry most of the question, but not all, and its picture is not among the nearest.
    PartOfTheWords,
    /// A person said that it does not show what is asked for.
    Denied,
}

impl Fit {
    /// Whether it answers.
    pub fn fits(self) -> bool {
        !matches!(self, Self::No(_))
    }

    /// Whether it answers and its words take part in that.
    pub fn by_words(self) -> bool {
        matches!(self, Self::Words | Self::Both)
    }
}

/// One found asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// 1-based rank.
    pub rank: usize,
    /// Its row in the catalogue of the library that was searched.
    pub row: AssetRow,
    /// The asset.
    pub asset: Asset,
    /// Its scores.
    pub scores: Scores,
    /// Whether it answers the question.
    pub fit: Fit,
    /// Words of the query that the asset's own words contain.
    pub matched_words: Vec<String>,
    /// How many near-duplicates that were found too are folded under it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub near_duplicates: usize,
    /// Of a video or recording, the moments that answer, best first; empty for a picture.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moments: Vec<Moment>,
    /// What is said, written or told in it that carries words of the query, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<Passage>,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// Why a candidate was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum RejectReason {
    /// A near-duplicate of a better ranked one.
    Duplicate {
        /// Short id of the one that stays.
        of: String,
    },
    /// Its score is below the library's threshold.
    UnderThreshold,
    /// A person said that it, or what it is a copy of, does not show what is asked for.
    Denied {
        /// What it does not show, in the person's word.
        word: String,
        /// Short id of the near-duplicate of which the person said so; `None` if it was said of this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<String>,
    },
    /// Another shot of the film already shows it.
    AlreadyUsed,
    /// Ranked behind what was taken.
    OutRanked,
    /// A video that is shorter than the shot.
    TooShort,
    /// A recording: there is nothing to be seen.
    NoPicture,
    /// Its file has vanished or changed.
    Unavailable,
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duplicate { of } => return write!(f, "near-duplicate of {of}"),
            Self::Denied { word, of: None } => {
                return write!(f, "you said that this shows no {word}");
            }
            Self::Denied { word, of: Some(of) } => {
                return write!(f, "you said that its near-duplicate {of} shows no {word}");
            }
            Self::UnderThreshold => "under the threshold",
            Self::AlreadyUsed => "shown by another shot",
            Self::OutRanked => "ranked behind",
            Self::TooShort => "shorter than the shot",
            Self::NoPicture => "only to be heard",
            Self::Unavailable => "its file is gone or changed",
        })
    }
}

/// A candidate that was considered and rejected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// What was found.
    pub hit: Hit,
    /// Why it was not taken.
    #[serde(flatten)]
    pub rejected: RejectReason,
}
