//! Text to passages.

use kinora_types::{Clock, Origin, Passage, PassageKind, TimeRange};

use super::{
    DOUBTFUL, LONGEST, NOT_UNDERSTOOD, TextEncoding,
    encoding::decode,
    markup::without_markup,
    times::{self, Line},
};

/// Subtitles that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubtitleError {
    /// There is no cue in it.
    #[error("no subtitle is in it: neither SRT nor WebVTT")]
    NoCue,
    /// The file is of another format.
    #[error("it is {0}, neither SRT nor WebVTT")]
    Other(&'static str),
    /// A cue ends before it starts, or its times cannot be read.
    #[error("line {line}: `{text}` is no span of time: {why}")]
    BadTimes {
        /// Counted from 1.
        line: usize,
        /// Text of the line.
        text: String,
        /// The fault of the line.
        why: &'static str,
    },
    /// Bytes that are no text in the encoding that the rest is in.
    #[error("line {line}: what stands there is no text in {encoding}")]
    Bytes {
        /// Counted from 1.
        line: usize,
        /// Name of the encoding.
        encoding: &'static str,
    },
    /// More text than any subtitles have.
    #[error("the subtitles are longer than {} MB", LONGEST >> 20)]
    TooLong,
    /// Cues lie behind the end of the recording.
    #[error(
        "the last cue ends at {}, but the recording lasts {}", Clock(*last_ms), Clock(*length_ms)
    )]
    PastEnd {
        /// When the last cue ends, in milliseconds.
        last_ms: u64,
        /// How long the recording is, in milliseconds.
        length_ms: u64,
    },
}

impl SubtitleError {
    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoCue | Self::Other(_) | Self::TooLong => "give a file of SRT or WebVTT",
            Self::BadTimes { .. } => "mend the line, as `00:00:01,000 --> 00:00:02,500`",
            Self::Bytes { .. } => "save the file as UTF-8",
            Self::PastEnd { .. } => {
                "is it the file of another recording, or of another frame rate?"
            }
        }
    }
}

/// A subtitle file that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Subtitles {
    /// Passages, in order of time.
    pub passages: Vec<Passage>,
    /// In which encoding the file was.
    pub encoding: TextEncoding,
}

/// Reads the bytes of an SRT or WebVTT file in UTF-8, UTF-16 or one of the legacy encodings of the web.
///
/// # Errors
/// As [`parse`], and [`SubtitleError::Bytes`] for bytes that are no text.
pub fn read(bytes: &[u8]) -> Result<Subtitles, SubtitleError> {
    if bytes.len() as u64 > LONGEST {
        return Err(SubtitleError::TooLong);
    }
    let (text, encoding) = decode(bytes)?;
    Ok(Subtitles { passages: parse(&text)?, encoding })
}

/// Reads SRT or WebVTT, whichever it is, in order of time. Tags of style and voice are taken off, character
/// references are resolved; notes, styles, regions, cue names and settings are passed over, and so are cues
/// of no length or without words. Numbers and blank lines between the cues may be missing. A WebVTT file
/// without cues is empty, not wrong.
///
/// # Errors
/// [`SubtitleError::BadTimes`] with the first line whose times are wrong, [`SubtitleError::NoCue`] or
/// [`SubtitleError::Other`] for what is neither format.
pub fn parse(text: &str) -> Result<Vec<Passage>, SubtitleError> {
    if text.len() as u64 > 2 * LONGEST {
        return Err(SubtitleError::TooLong);
    }
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let webvtt = text
        .strip_prefix("WEBVTT")
        .is_some_and(|r| r.is_empty() || r.starts_with([' ', '\t', '\n']));
    let lines: Vec<&str> = text.lines().collect();
    let cues = cues(&lines, webvtt)?;
    if cues.is_empty() && !webvtt {
        return Err(other(&text).map_or(SubtitleError::NoCue, SubtitleError::Other));
    }
    let mut passages: Vec<Passage> = cues.into_iter().filter_map(Cue::passage).collect();
    passages.sort_by_key(|passage| passage.range);
    Ok(passages)
}

/// Name of another format that the text looks like.
fn other(text: &str) -> Option<&'static str> {
    let start = text.trim_start();
    if start.starts_with("[Script Info]") {
        Some("SubStation Alpha")
    } else if start.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("<sami")) {
        Some("SAMI")
    } else if start.starts_with("<?xml") || start.starts_with("<tt") {
        Some("XML, perhaps TTML")
    } else if start.starts_with('{') && start[1..].starts_with(|c: char| c.is_ascii_digit()) {
        Some("MicroDVD")
    } else {
        None
    }
}

/// A cue with its lines.
struct Cue {
    range: TimeRange,
    lines: Vec<String>,
}

fn cues(lines: &[&str], webvtt: bool) -> Result<Vec<Cue>, SubtitleError> {
    let mut cues: Vec<Cue> = Vec::new();
    let later = later(lines);
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let starts_block = at == 0 || lines[at - 1].trim().is_empty();
        if webvtt && starts_block && is_comment(line) {
            at += lines[at..].iter().take_while(|line| !line.trim().is_empty()).count();
            continue;
        }
        match times::line(line) {
            Line::Times(range) => cues.push(Cue { range, lines: Vec::new() }),
            Line::Wrong(why) => return Err(bad(at, line, why)),
            Line::Words if header(lines, at, (later[at], webvtt)) => {}
            // A blank line inside of an SRT cue does not end it, as for most players.
            Line::Words => {
                if let Some(cue) = cues.last_mut() {
                    cue.lines.push(without_markup(line, webvtt));
                }
            }
        }
        at += 1;
    }
    Ok(cues)
}

/// For each line the next one that is not blank.
fn later<'a>(lines: &[&'a str]) -> Vec<Option<&'a str>> {
    let mut next = None;
    let mut later = vec![None; lines.len()];
    for (line, later) in lines.iter().zip(&mut later).rev() {
        *later = next;
        next = if line.trim().is_empty() { next } else { Some(*line) };
    }
    later
}

/// Whether a line is the number or name of the cue that follows, or belongs to none.
fn header(lines: &[&str], at: usize, (later, webvtt): (Option<&str>, bool)) -> bool {
    let line = lines[at].trim();
    let is_times = |line: &str| times::line(line) != Line::Words;
    let blank_before = at == 0 || lines[at - 1].trim().is_empty();
    let is_number = !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
    line.is_empty()
        || webvtt && blank_before
        || is_number && lines.get(at + 1).is_some_and(|next| is_times(next))
        // The number of a cue that was cut off is no word of the one before.
        || is_number && blank_before && later.is_none_or(is_times)
}

fn bad(at: usize, text: &str, why: &'static str) -> SubtitleError {
    SubtitleError::BadTimes { line: at + 1, text: text.chars().take(80).collect(), why }
}

/// Whether a line begins a block in which arrows mean nothing.
fn is_comment(line: &str) -> bool {
    ["NOTE", "STYLE", "REGION"].iter().any(|name| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.trim().is_empty() || rest.starts_with([' ', '\t']))
    })
}

impl Cue {
    /// `None` without words or length.
    fn passage(self) -> Option<Passage> {
        let lines = self.lines.iter().map(|line| unmarked(line)).filter(|line| !line.is_empty());
        let text = lines.collect::<Vec<&str>>().join("\n");
        (!text.is_empty() && !self.range.is_empty()).then(|| Passage {
            kind: PassageKind::Speech,
            text,
            range: Some(self.range),
            region: None,
            language: None,
            words: Vec::new(),
            origin: Origin::Person,
        })
    }
}

/// A line without what our writers add.
fn unmarked(line: &str) -> &str {
    let line = line.trim();
    let line = line.strip_prefix(DOUBTFUL).map_or(line, str::trim_start);
    if line == NOT_UNDERSTOOD { "" } else { line }
}
