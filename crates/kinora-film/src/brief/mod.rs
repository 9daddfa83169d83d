//! Briefs: what a person writes to be made into a film.
//!
//! Plain text is cut into shots as finely as the length asks for; Markdown and TOML have one entry a
//! shot. Every value that is given must be used: what a format does not know is an error with its
//! line, never dropped.

mod markdown;
mod table;
mod text;

use std::path::Path;

use kinora_types::{Brief, ShotBrief};
use serde::{Deserialize, Serialize};

/// How a brief is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BriefFormat {
    /// Plain text: sentences, lines and paragraphs become shots.
    Text,
    /// Markdown: `# title`, then a list item or a `## section` for each shot.
    Markdown,
    /// TOML: `title`, then a `[[shot]]` table for each shot.
    Toml,
}

impl BriefFormat {
    /// The format that a file's name tells; whatever is neither Markdown nor TOML is text.
    pub fn of_path(path: &Path) -> Self {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Self::Markdown,
            "toml" => Self::Toml,
            _ => Self::Text,
        }
    }

    /// The format that a text without a name shows by its lines: TOML by a `[[shot]]` table, Markdown by a heading or a
    /// list item as its first line; else text.
    pub fn of_text(text: &str) -> Self {
        let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        if lines.clone().any(|line| line == "[[shot]]") {
            return Self::Toml;
        }
        let first = lines.find(|line| !line.is_empty()).unwrap_or_default();
        let marked = ["# ", "## ", "- ", "* ", "+ "].iter().any(|mark| first.starts_with(mark));
        if marked { Self::Markdown } else { Self::Text }
    }
}

/// A brief that cannot be understood; only its writer can fix that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BriefError {
    /// The brief has no shot.
    #[error("the brief is empty")]
    Empty,
    /// Something that the format has no use for.
    #[error("line {line} of the brief: {problem}")]
    Line {
        /// 1-based.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// Invalid TOML, or a key that is not known.
    #[error("the brief is not understood: {0}")]
    Toml(String),
    /// A shot that says nothing.
    #[error("shot `{0}` says neither what it shows nor which picture")]
    NothingToShow(String),
    /// Two shots of one name, which `--pin` could not tell apart.
    #[error("two shots are called `{0}`")]
    SameName(String),
    /// A length that is no time.
    #[error("shot `{name}` cannot last `{seconds}` seconds")]
    Seconds {
        /// The shot.
        name: String,
        /// As given.
        seconds: String,
    },
}

impl BriefError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "write what the film shall show, such as \"the pyramids at sunset\"",
            Self::Line { .. } => {
                "Markdown: `# title`, then a list item or a `## section` a shot, with \
                 `[caption: …]`, `[pin: …]`, `[seconds: …]`, `[name: …]`, `[sound: keep|mute]`, \
                 `[steady: auto|off]`, `[optional]`; a line `[sound: mute]` before the shots mutes all clips, \
                 `[steady: off]` leaves them as they were held"
            }
            Self::Toml(_) => {
                "TOML: `title`, `sound`, `steady`, then `[[shot]]` with `prompt`, `caption`, `seconds`, `pin`, \
                 `name`, `sound`, `steady`, `optional`"
            }
            Self::NothingToShow(_) => "give it a prompt or a pin",
            Self::SameName(_) => "give every shot a name of its own, or none",
            Self::Seconds { .. } => "give a positive number of seconds",
        }
    }
}

/// Reads a brief. `seconds` is the length of the film, which says how finely plain text is cut.
///
/// # Errors
/// Text that the format does not know, or a brief of which no film can be made: no shot, a shot that shows nothing,
/// two shots of one name, a length that is no time.
pub fn parse(text: &str, format: BriefFormat, seconds: f64) -> Result<Brief, BriefError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let brief = match format {
        BriefFormat::Text => text::parse(text, seconds),
        BriefFormat::Markdown => markdown::parse(text)?,
        BriefFormat::Toml => table::parse(text)?,
    };
    checked(brief)
}

/// Gives unnamed shots default names and checks the brief.
fn checked(mut brief: Brief) -> Result<Brief, BriefError> {
    if brief.shots.is_empty() {
        return Err(BriefError::Empty);
    }
    brief.title = brief.title.filter(|title| !title.trim().is_empty());
    let mut seen = std::collections::HashSet::new();
    for (i, shot) in brief.shots.iter_mut().enumerate() {
        if shot.name.trim().is_empty() {
            shot.name = format!("shot-{}", i + 1);
        }
        check_shot(shot)?;
        if !seen.insert(shot.name.clone()) {
            return Err(BriefError::SameName(shot.name.clone()));
        }
    }
    Ok(brief)
}

fn check_shot(shot: &ShotBrief) -> Result<(), BriefError> {
    if shot.prompt.trim().is_empty() && shot.pin.is_none() {
        return Err(BriefError::NothingToShow(shot.name.clone()));
    }
    match shot.seconds {
        Some(seconds) if !(seconds.is_finite() && seconds > 0.0) => {
            Err(BriefError::Seconds { name: shot.name.clone(), seconds: seconds.to_string() })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_name_shows_how_it_is_written() {
        use BriefFormat::{Markdown, Text, Toml};
        for (text, format) in [
            ("The pyramids at sunset. Then camels.", Text),
            ("The pyramids\n- not a list of its own", Text),
            ("\u{feff}\n# Egypt\n\n- pyramids", Markdown),
            ("- pyramids\n- camels", Markdown),
            ("## Giza\nthe pyramids", Markdown),
            ("title = \"Egypt\"\n\n[[shot]]\nprompt = \"pyramids\"", Toml),
            ("", Text),
        ] {
            assert_eq!(BriefFormat::of_text(text), format, "{text}");
        }
    }
}
