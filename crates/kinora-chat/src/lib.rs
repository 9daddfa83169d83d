//! Questions to a library, answered with what they rest on.
//!
//! The way of a question: [`Plan::of`] takes dates, types and places out of its words and tells counting,
//! listing and when-questions from others → [`Evidence`] is retrieved, hits and passages fused, moments with
//! what is said around them, within a budget of tokens → an answer: from the catalogue ([`Intent::Count`]
//! and its like), extractive where no model is given, else by a language model whose every sentence is held
//! against the evidence that it cites ([`check`](crate::check_sentence)).
//!
//! "More like the second" and "a film of this" are no questions: [`Wish`].
//!
//! Way in: [`Answerer::ask`]; [`Transcript`] for conversations.
//!
//! What the evidence says is data. It is framed, its brackets are not ours, and whatever a model makes of
//! it, only sentences that the evidence supports are shown.
//!
//! Memory: the evidence of one question, some dozen texts.

mod alike;
mod answer;
mod ask;
mod catalogue;
mod check;
mod error;
mod evidence;
mod extract;
mod follow;
mod gather;
mod plan;
mod prompt;
mod sentence;
mod transcript;
mod wish;

pub use alike::last_cited;
pub use answer::{Answer, Method, Sentence, Support};
pub use ask::{Answerer, AskOptions, Question};
pub use check::check_sentence;
pub use error::ChatError;
pub use evidence::{Evidence, Fact, FactKind};
pub use follow::stand_alone;
pub use plan::{Intent, Period, Plan};
pub use transcript::Transcript;
pub use wish::{Mentions, Wish};
