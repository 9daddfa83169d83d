//! Language models and vision-language models.

use std::sync::Arc;

use kinora_types::{Control, Picture};
use serde::{Deserialize, Serialize};

use crate::InferenceError;

/// Role of the author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The rules of the conversation.
    System,
    /// The person who asks.
    User,
    /// The model itself, in earlier turns.
    Assistant,
}

impl Role {
    /// `system`, `user` or `assistant`: its name in chat templates and in the chat completions API.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Words.
    Text(String),
    /// A picture for a [`VisionLanguageModel`]; a model without vision refuses it.
    Picture(Arc<Picture>),
}

/// One turn of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Role of its author.
    pub role: Role,
    /// Words and pictures in their order.
    pub parts: Vec<Part>,
}

impl Message {
    /// A message of words alone.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, parts: vec![Part::Text(text.into())] }
    }

    /// The words, one part a line; pictures are left out.
    pub fn words(&self) -> String {
        let words = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Picture(_) => None,
        });
        words.collect::<Vec<_>>().join("\n")
    }

    /// The pictures.
    pub fn pictures(&self) -> impl Iterator<Item = &Arc<Picture>> {
        self.parts.iter().filter_map(|part| match part {
            Part::Picture(picture) => Some(picture),
            Part::Text(_) => None,
        })
    }
}

/// Request to continue a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct CompletionRequest {
    /// The conversation so far; the last message is not the assistant's.
    pub messages: Vec<Message>,
    /// Tokens that the answer has at most, at least 1.
    pub max_tokens: u32,
    /// 0 takes the most probable token each time; above, the logits are divided by it before one is drawn.
    pub temperature: f32,
    /// Seed of every draw.
    pub seed: u64,
    /// Words that end the answer; they are not part of it.
    pub stop: Vec<String>,
}

impl CompletionRequest {
    /// At most 512 tokens, the most probable ones.
    pub fn new(messages: Vec<Message>) -> Self {
        Self { messages, max_tokens: 512, temperature: 0.0, seed: 0, stop: Vec::new() }
    }

    /// Checks that there is something to answer and room for it. Every backend starts with this.
    ///
    /// # Errors
    /// [`InferenceError::Input`].
    pub fn check(&self) -> Result<(), InferenceError> {
        let wrong = |what: &str| Err(InferenceError::Input(what.into()));
        let Some(last) = self.messages.last() else {
            return wrong("there are no messages");
        };
        if last.role == Role::Assistant {
            return wrong("the last message is the model's own");
        }
        if last.words().trim().is_empty() {
            return wrong("the last message has no words");
        }
        if self.max_tokens == 0 {
            return wrong("the answer may have no tokens");
        }
        if !(0.0..=100.0).contains(&self.temperature) {
            return wrong("the temperature is not between 0 and 100");
        }
        Ok(())
    }

    /// Refuses pictures, for a model without vision.
    ///
    /// # Errors
    /// [`InferenceError::Input`] if there are any.
    pub fn refuse_pictures(&self) -> Result<(), InferenceError> {
        match self.messages.iter().flat_map(Message::pictures).count() {
            0 => Ok(()),
            _ => Err(InferenceError::Input("this model sees no pictures".into())),
        }
    }
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The model ended the answer, or wrote a stop word.
    Stop,
    /// The answer reached its limit of tokens, or the end of the context.
    Length,
}

/// A number of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenCount {
    /// Number of tokens.
    pub tokens: u32,
    /// Whether the model's own tokenizer counted; else it is an estimate that errs to the high side.
    pub exact: bool,
}

/// Data that a request sent to another program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Server that got it.
    pub to: Destination,
    /// Bytes of the request's body.
    pub bytes: u64,
    /// Pictures in it.
    pub pictures: u32,
}

/// Where prompts go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// `host:port`.
    pub host: String,
    /// Whether it is a loopback address, so that nothing leaves this machine.
    pub loopback: bool,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// All deltas, joined.
    pub text: String,
    /// Tokens of the prompt, the chat template's own included; `None` if the service does not say.
    pub prompt_tokens: Option<u32>,
    /// Tokens of the answer; `None` if the service does not say.
    pub tokens: Option<u32>,
    /// Why it ended.
    pub finish: Finish,
    /// Data sent to another program; `None` if the model runs in this process.
    pub sent: Option<Sent>,
}

/// Continues conversations. Called by one thread at a time; uses all cores itself.
///
/// Contract: the callback `delta` gets the deltas of the answer in order, each as soon as it is known, never empty
/// and of whole characters only; joined they are [`Completion::text`]. The control is polled before each token of the
/// answer, between parts of the prompt (some dozen tokens, or a picture) and while waiting for a service, at least
/// ten times a second; after cancelling at most one more delta comes. The same request gives the same answer,
/// whatever was asked before; a service is asked for that and may not comply. On an error the deltas given so far are
/// invalid. A prompt that leaves no room for an answer is [`InferenceError::TooLong`]; no messages, no words in the
/// last one, or pictures for a model without vision are [`InferenceError::Input`]. Weights and the key-value cache
/// live as long as the value.
pub trait LanguageModel: Send + Sync {
    /// Name and revision of the model.
    fn model(&self) -> &str;
    /// Tokens that prompt and answer have together at most.
    ///
    /// # Errors
    /// [`InferenceError`] if a service does not answer.
    fn context_length(&self) -> Result<u32, InferenceError>;
    /// Tokens of a prompt, the chat template's own included.
    ///
    /// # Errors
    /// [`InferenceError::Input`] for pictures that the model does not take, else what kept it from counting.
    fn count_tokens(&self, messages: &[Message]) -> Result<TokenCount, InferenceError>;
    /// Where prompts go; `None` if they stay in this process.
    fn destination(&self) -> Option<&Destination>;
    /// Writes the next message of the conversation.
    ///
    /// # Errors
    /// [`InferenceError::Input`] and [`InferenceError::TooLong`] as the trait says, `Cancelled`, and what kept the
    /// model from running.
    fn complete(
        &self,
        request: &CompletionRequest,
        control: &Control,
        delta: &mut dyn FnMut(&str),
    ) -> Result<Completion, InferenceError>;
}

/// A language model that also takes the pictures in messages. Contract as of [`LanguageModel`], except that pictures
/// are no error; their tokens are counted.
pub trait VisionLanguageModel: LanguageModel {
    /// Side in pixels above which a picture is made smaller before the model sees it: larger ones
    /// cost memory and say no more.
    fn picture_side(&self) -> u32;
}
