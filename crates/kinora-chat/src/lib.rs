//! Questions to a library, answered with what they rest on.
//!
//! The way of a question: it is read in its conversation, [`Plan::of`] takes dates, types, places, people and cameras
//! out of its words, an [`Operation`], and what is left to look or listen for. What has become a filter is looked
//! for no more. Every operation has one way to its answer: the catalogue shows, lists, counts, dates and names
//! what passes the filters and shows what is looked for; for [`Operation::Tell`] [`Evidence`] is retrieved, hits and
//! passages fused, moments with what is said around them, within a budget of tokens, and speaks for itself where no
//! model is given, else through a language model whose every sentence is held against the evidence that it cites
//! ([`check`](crate::check_sentence)).
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
mod clauses;
mod command;
mod error;
mod evidence;
mod extract;
mod fields;
mod follow;
mod gather;
mod length;
mod plan;
mod planner;
mod prompt;
mod sentence;
mod set;
mod transcript;
mod wish;

pub use alike::last_cited;
pub use answer::{Answer, Method, Sentence, Support};
pub use ask::{Answerer, AskOptions, Question};
pub use check::check_sentence;
pub use command::{Command, SAYINGS, Saying};
pub use error::ChatError;
pub use evidence::{Evidence, Fact, FactKind};
pub use follow::stand_alone;
pub use plan::{Field, Known, Medium, Operation, Period, Places, Plan, Region, Unknown};
pub use transcript::Transcript;
pub use wish::{FilmWish, Mentions, Wish};
