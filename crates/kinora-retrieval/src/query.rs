//! The question: what to look for, where, and how.

pub use kinora_catalog::{Filter, Kind};
use kinora_types::{AssetId, Embedding};
use serde::{Deserialize, Serialize};

/// Which lists are searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Vectors and words, fused by reciprocal rank.
    #[default]
    Hybrid,
    /// Vectors alone.
    DenseOnly,
    /// Words alone.
    LexicalOnly,
}

/// A question to a library. At least one of `text` and `like` must be there.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Words that say what is looked for.
    pub text: Option<String>,
    /// Pictures that it shall resemble, as embedded, without any correction.
    pub like: Vec<Embedding>,
    /// Words that say what it shall not show.
    pub minus: Option<String>,
    /// Weight of the text against the pictures' mean, 0 to 1, where both are given.
    pub text_weight: f32,
    /// Exact conditions.
    pub filter: Filter,
    /// How many hits are wanted at most.
    pub limit: usize,
    /// Maximal marginal relevance (Carbonell & Goldstein 1998): 1 is relevance alone, 0 is
    /// difference alone; `None` leaves the ranking as it is.
    pub diversity: Option<f32>,
    /// Which lists are searched.
    pub mode: Mode,
    /// Whether of near-duplicates only the best ranked one is returned.
    pub deduplicate: bool,
    /// Assets that must not be returned (other shots show them, say); they come back as rejected.
    pub exclude: Vec<AssetId>,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            text: None,
            like: Vec::new(),
            minus: None,
            text_weight: 0.5,
            filter: Filter::default(),
            limit: 10,
            diversity: None,
            mode: Mode::Hybrid,
            deduplicate: true,
            exclude: Vec::new(),
        }
    }
}

impl Query {
    /// A question in words with everything else at its default.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }
}
