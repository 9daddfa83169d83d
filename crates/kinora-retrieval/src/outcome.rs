//! The answer: hits, what was rejected and why, and how it came about.

use kinora_types::{Candidate, Hit};
use serde::{Deserialize, Serialize};

use crate::{Suggestion, fit::stands_out};

/// What a search returns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchOutcome {
    /// Best first; empty if nothing fits.
    pub hits: Vec<Hit>,
    /// What was considered and not taken, best first, at most [`SearchOutcome::MAX_REJECTED`].
    pub rejected: Vec<Candidate>,
    /// The best dense score of any candidate, to be compared with `threshold`; `None` if no
    /// vectors were searched or no candidate passed the filter.
    pub best_score: Option<f32>,
    /// Dense score below which nothing fits; `None` if the space has none for this kind of question.
    pub threshold: Option<f32>,
    /// Whether anything fits; if not, `hits` is empty and `rejected` says what came nearest.
    pub fits: bool,
    /// What may have been meant where nothing was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// How the answer came about.
    pub plan: Explain,
}

impl SearchOutcome {
    /// How many rejected candidates are reported at most.
    pub const MAX_REJECTED: usize = 20;

    /// Whether a hit's words contain every content word of the question, whatever its picture shows.
    pub fn has_all_words(&self, hit: &Hit) -> bool {
        let words = &self.plan.words;
        !words.is_empty() && words.iter().all(|word| hit.matched_words.contains(word))
    }

    /// Whether a hit's picture is nearer to the best than to the threshold: of many that look alike those that are
    /// worth telling.
    pub fn stands_out(&self, hit: &Hit) -> bool {
        let best = self.hits.iter().filter_map(|hit| hit.scores.dense).reduce(f32::max);
        best.is_some_and(|best| stands_out(hit.scores.dense, self.threshold, best))
    }
}

/// One stage of the pipeline, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// `filter`, `embed`, `dense`, `lexical`, `fuse`, `deduplicate`, `diversify`, `threshold`, `read`.
    pub name: String,
    /// Candidates after the stage.
    pub candidates: usize,
    /// Wall time in milliseconds.
    pub ms: f64,
    /// What was decided, in words.
    pub note: String,
}

/// Why the question was held to be answered or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The best dense score reaches the threshold.
    #[default]
    DenseFits,
    /// The dense score does not, but an asset's own words contain all content words of the query.
    WordsFit,
    /// The dense score does not, but one of the nearest assets carries most of the query's information
    /// in its own words.
    BothAgree,
    /// There is no threshold to be held to.
    NoThreshold,
    /// Nothing reaches the threshold.
    NothingFits,
    /// No candidate at all: an empty library, or the filter lets nothing through.
    NoCandidates,
}

/// What `--explain` shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explain {
    /// The stages in the order they ran.
    pub stages: Vec<Stage>,
    /// Content words of the query that were looked up in the word index.
    pub words: Vec<String>,
    /// Why it fits or not.
    pub verdict: Verdict,
}
