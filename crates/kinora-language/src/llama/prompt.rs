//! From messages to the tokens of a prompt.
//!
//! What a message says is data: the names of control tokens in it are plain letters to the model, so that
//! a text cannot end its own message and begin another's.

use kinora_inference::{InferenceError, Message};
use llama_cpp_2::{model::LlamaChatMessage, token::LlamaToken};

use super::{Llama, failed};

impl Llama {
    /// The conversation in the model's own template, up to where the answer begins.
    pub(super) fn prompt(&self, messages: &[Message]) -> Result<Vec<LlamaToken>, InferenceError> {
        let contents: Vec<String> = messages.iter().map(Message::words).collect();
        let mark = unused_mark(&contents);
        let marks: Vec<String> = (0..messages.len()).map(|i| format!("{mark}{i};")).collect();
        let framed = self.framed(messages, &marks)?;
        let vocabulary = self.model.vocab();
        let (mut tokens, mut rest) = (Vec::new(), framed.as_str());
        let lost = || InferenceError::Runtime("the chat template leaves a message out".into());
        for (index, (content, mark)) in contents.iter().zip(&marks).enumerate() {
            let (frame, after) = rest.split_once(mark.as_str()).ok_or_else(lost)?;
            vocabulary.tokenize_into(frame.as_bytes(), &mut tokens, index == 0, true);
            vocabulary.tokenize_into(content.as_bytes(), &mut tokens, false, false);
            rest = after;
        }
        vocabulary.tokenize_into(rest.as_bytes(), &mut tokens, false, true);
        Ok(tokens)
    }

    /// The template with `contents` in place of what the messages say.
    pub(super) fn framed(
        &self,
        messages: &[Message],
        contents: &[String],
    ) -> Result<String, InferenceError> {
        let message = |(message, content): (&Message, &String)| {
            LlamaChatMessage::new(message.role.name().to_owned(), content.clone())
        };
        let chat: Result<Vec<_>, _> = messages.iter().zip(contents).map(message).collect();
        let chat = chat.map_err(failed)?;
        self.model.apply_chat_template(&self.template, &chat, true).map_err(failed)
    }

    /// The words with every name of a control token broken in two, for where it would be obeyed.
    pub(super) fn defused(&self, words: &str) -> String {
        let vocabulary = self.model.vocab();
        let names = vocabulary.tokens().filter(|token| vocabulary.is_control(*token));
        let names = names.filter_map(|token| vocabulary.text(token)?.to_str().ok());
        let names = names.filter(|name| name.len() > 1);
        let mut words = words.replace('\0', " ");
        for name in names {
            if words.contains(name) {
                let mut letters = name.chars();
                let first = letters.next().unwrap_or_default();
                words = words.replace(name, &format!("{first} {}", letters.as_str()));
            }
        }
        words
    }
}

/// A word that none of the texts contains.
fn unused_mark(contents: &[String]) -> String {
    let mut mark = String::from("kinora-message-");
    while contents.iter().any(|content| content.contains(&mark)) {
        mark.push('-');
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_stands_in_no_text() {
        assert_eq!(unused_mark(&["kinora".into()]), "kinora-message-");
        assert_eq!(unused_mark(&["a kinora-message-- b".into()]), "kinora-message---");
    }
}
