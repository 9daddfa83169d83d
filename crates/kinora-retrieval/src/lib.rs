//! From a question to ranked, deduplicated, explained pictures; and how good that is.
//!
//! The way of a question: filter (exact, by the catalogue) → dense (vectors, corrected for hubness) →
//! lexical (BM25) → reciprocal rank fusion → near-duplicates removed → threshold → diversity → cut.
//!
//! Way in: [`sync`] brings the index up to the catalogue, [`Searcher::search`] answers a [`Query`]
//! with a [`SearchOutcome`], [`evaluate`] measures recall and abstention on judged queries, [`retrieve_clips`]
//! finds the videos whose motion a video model looks at.
//!
//! Whether a candidate fits ([`kinora_types::Fit`]) is decided here once, in `fit.rs`, for films and answers too: its dense
//! score is compared with the threshold of the space ([`kinora_inference::ScoreModel::abstain_below`]). Below it, in a
//! hybrid search, an asset still fits if its own words contain *every* content word of the question, or most of
//! them while it is among the three nearest. If no picture reaches the threshold, only such assets are returned
//! ([`Verdict::WordsFit`], [`Verdict::BothAgree`]). A question in pictures alone has no threshold: something is always
//! most similar, and the scores say how much.
//!
//! [`Searcher::segments`] fuses hits with single passages for answers in sentences. Texts are compared by
//! [`content_words`] and [`stems`].
//!
//! Memory: the candidates' vectors, at most a few thousand, and the rows that carry a query word.

mod cache;
mod candidates;
mod clips;
mod dedup;
mod denials;
mod dense;
mod diversity;
mod error;
mod eval;
mod file_names;
mod fit;
mod fuse;
mod lexical;
mod moments;
mod motion;
mod naming;
mod outcome;
mod passages;
mod query;
mod search;
mod segments;
mod select;
mod spelling;
mod stop_words;
mod sync;
mod tokens;
mod trace;

pub use cache::SearcherCache;
pub use clips::{ClipQuery, ClipTarget, RetrievedClip, retrieve_clips};
pub use error::SearchError;
pub use eval::{
    EvaluationReport, JudgedMoment, Judgement, MomentFit, MomentReport, PerQuery, evaluate,
};
pub use motion::rank_by_motion;
pub use outcome::{Explain, SearchOutcome, Stage, Verdict};
pub use query::{Filter, Kind, Mode, Query};
pub use search::Searcher;
pub use segments::{Information, PassageMatch, Segment, Segments};
pub use spelling::{Asked, Suggestion};
pub use sync::{Synced, sync};
pub use tokens::{contains_phrase, content_words, normalised, stem_set, stems, tokens};
