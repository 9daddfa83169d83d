//! From a question to ranked, deduplicated, explained pictures; and how good that is.
//!
//! The way of a question: filter (exact, by the catalogue) → dense (vectors, corrected for hubness) →
//! lexical (BM25) → reciprocal rank fusion → near-duplicates removed → threshold → diversity → cut.
//!
//! Way in: [`sync`] brings the index up to the catalogue, [`Searcher::search`] answers a [`Query`]
//! with a [`SearchOutcome`], [`evaluate`] measures recall and abstention on judged queries, [`retrieve_clips`]
//! finds the videos whose motion a video model looks at.
//!
//! What decides that nothing fits: the best dense score among the candidates is held against the
//! threshold of the space ([`kinora_inference::ScoreModel::abstain_below`]). Below it, in a hybrid
//! search, an asset is still an answer if its own words contain *every* content word of the question
//! ([`Verdict::WordsFit`]), or most of them while it is among the three nearest
//! ([`Verdict::BothAgree`]); then only such assets are returned. A question in pictures alone has no
//! threshold: something is always most similar, and the scores say how much.
//!
//! Memory: the candidates' vectors, at most a few thousand, and the rows that carry a query word.

mod candidates;
mod clips;
mod dedup;
mod dense;
mod diversity;
mod error;
mod eval;
mod fuse;
mod lexical;
mod moments;
mod motion;
mod outcome;
mod passages;
mod query;
mod search;
mod select;
mod sync;
mod trace;
mod words;

pub use clips::{ClipQuery, ClipTarget, RetrievedClip, retrieve_clips};
pub use error::SearchError;
pub use eval::{Fit, JudgedMoment, Judgement, MomentReport, PerQuery, Report, evaluate};
pub use motion::rank_by_motion;
pub use outcome::{Explain, SearchOutcome, Stage, Verdict};
pub use query::{Filter, Kind, Mode, Query};
pub use search::Searcher;
pub use sync::{Synced, sync};
pub use words::content_words;
