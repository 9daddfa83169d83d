//! Conversations as they are kept and exported.

use std::fmt::Write;

use jiff::Timestamp;
use kinora_catalog::{ConversationSummary, Speaker, Turn};
use kinora_types::Citation;

use crate::{Answer, Method, extract::clock};

/// A conversation for reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    /// Its entry in the list of conversations.
    pub summary: ConversationSummary,
    /// Questions and answers, oldest first.
    pub turns: Vec<Turn>,
}

impl Transcript {
    /// A question and its answer as turns to be kept.
    pub fn turns_of(question: &str, answer: &Answer, at: Timestamp) -> [Turn; 2] {
        let model = match &answer.method {
            Method::Model { name } => Some(name.clone()),
            Method::Catalogue | Method::VisualSimilarity | Method::Extractive | Method::None => {
                None
            }
        };
        let [asked, answered] = Self::exchange(question, answer.text(), answer.citations(), at);
        [asked, Turn { model, ..answered }]
    }

    /// What a person said and what Kinora said to it, no model being asked.
    pub fn exchange(said: &str, told: String, cited: Vec<Citation>, at: Timestamp) -> [Turn; 2] {
        let turn =
            |speaker, text, citations| Turn { speaker, text, citations, model: None, said_at: at };
        [turn(Speaker::Person, said.to_owned(), Vec::new()), turn(Speaker::Kinora, told, cited)]
    }

    /// What a conversation is called until somebody says otherwise: its first question, shortened.
    pub fn title_of(question: &str) -> String {
        let line = question.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(60) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    }

    /// The conversation as Markdown; `picture` gives the path or address of a citation's picture, if there
    /// is one.
    pub fn markdown(&self, picture: &dyn Fn(&Citation) -> Option<String>) -> String {
        let mut text = format!("# {}\n", escaped(&self.summary.title));
        for turn in &self.turns {
            let said = escaped(&turn.text);
            // Writing to a string cannot fail.
            let _ = match turn.speaker {
                Speaker::Person => write!(text, "\n## {said}\n"),
                Speaker::Kinora => write!(text, "\n{said}\n"),
            };
            for citation in &turn.citations {
                cite(&mut text, citation, picture(citation));
            }
            if let Some(model) = &turn.model {
                let _ = write!(text, "\n*{}, {}*\n", escaped(model), turn.said_at);
            }
        }
        text
    }
}

fn cite(text: &mut String, citation: &Citation, picture: Option<String>) {
    let label = escaped(&citation.label);
    let when = citation
        .range
        .map(|range| format!(", {}–{}", clock(range.start_ms()), clock(range.end_ms())));
    let when = when.unwrap_or_default();
    let _ = write!(text, "\n- [{}] {label}{when}", citation.number);
    if let Some(path) = picture {
        let path = path.replace('\\', "/").replace('<', "%3C").replace('>', "%3E");
        let _ = write!(text, "\n\n  ![{label}](<{path}>)");
    }
    text.push('\n');
}

/// Text of others must not become links, pictures, headings or HTML. Citations stay as they are.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let heading = line.trim_start().starts_with('#');
        let line = line.replace('\\', "\\\\").replace('<', "&lt;").replace("](", "]\\(");
        out += if out.is_empty() { "" } else { "\n" };
        out += if heading { "\\" } else { "" };
        out += &line.replace("![", "!\\[").replace('`', "\\`");
    }
    out
}
