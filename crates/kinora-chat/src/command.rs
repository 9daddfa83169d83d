//! What is said to the conversation itself rather than to the library: `bye`, `/help`.

use serde::Serialize;

/// Something that can be said in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Saying {
    /// The words, as an example.
    pub say: &'static str,
    /// What happens then.
    pub what: &'static str,
}

/// What can be said in a conversation, by example. Every entry is understood as it says.
pub const SAYINGS: [Saying; 12] = [
    Saying { say: "Which pictures show a boat?", what: "lists them" },
    Saying { say: "How many videos from last summer?", what: "counts them" },
    Saying { say: "Who took the oldest picture of a castle?", what: "says who, when or where" },
    Saying { say: "What is said about the harbour?", what: "quotes what is said or written" },
    Saying { say: "Where was that?", what: "asks about what the last answer was about" },
    Saying {
        say: "more like the second",
        what: "shows what looks like the second of the list that was shown last",
    },
    Saying { say: "more like [4]", what: "shows what looks like the one with the number 4" },
    Saying { say: "make a 45 second film of these", what: "makes a film of what was shown last" },
    Saying { say: "make a vertical film of the first three", what: "makes an upright film" },
    Saying { say: "make it 20 s", what: "makes the last film again, 20 s long" },
    Saying { say: "/help", what: "says this" },
    Saying { say: "/quit", what: "leaves; so do quit, exit, bye and the end of input" },
];

/// Something that is said to the conversation itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Leave the conversation.
    Leave,
    /// Say what can be said.
    Help,
    /// A word after a slash that means nothing.
    Unknown(String),
}

impl Command {
    /// The command in a line; `None` for a question or a wish. A line that starts with a path is no command.
    pub fn of(text: &str) -> Option<Self> {
        let line = text.trim().trim_end_matches(['.', '!']).to_lowercase();
        match line.as_str() {
            "quit" | "exit" | "bye" | "goodbye" | "good bye" | "/quit" | "/exit" | "/bye"
            | "/q" | ":q" => return Some(Self::Leave),
            "help" | "/help" | "/h" | "/?" | "?" => return Some(Self::Help),
            _ => {}
        }
        let word = line.strip_prefix('/')?.split_whitespace().next().unwrap_or_default();
        let path = word.contains(['/', '.']);
        (!path).then(|| Self::Unknown(format!("/{word}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_questions() {
        use Command::{Help, Leave};
        let unknown = |word: &str| Some(Command::Unknown(word.into()));
        for (text, command) in [
            ("quit", Some(Leave)),
            (" Exit ", Some(Leave)),
            ("bye!", Some(Leave)),
            ("/quit", Some(Leave)),
            ("/help", Some(Help)),
            ("help", Some(Help)),
            ("/films of rome", unknown("/films")),
            ("/", unknown("/")),
            ("/home/me/boat.jpg", None),
            ("Who says bye?", None),
            ("Where is the exit?", None),
            ("quit smoking poster", None),
        ] {
            assert_eq!(Command::of(text), command, "{text}");
        }
    }

    #[test]
    fn what_help_names_is_understood() {
        use crate::Wish;
        for Saying { say, .. } in SAYINGS {
            let film = say.starts_with("make ");
            let alike = say.starts_with("more ");
            assert_eq!(Command::of(say).is_some(), say.starts_with('/'), "{say}");
            assert_eq!(matches!(Wish::of(say), Some(Wish::Film(..))), film, "{say}");
            assert_eq!(matches!(Wish::of(say), Some(Wish::Alike(_))), alike, "{say}");
        }
    }
}
