//! Text to passages.

use kinora_types::{Origin, Passage, PassageKind, TimeRange};

/// Longer texts are no subtitles: ten hours of speech are about 1 MB.
const LONGEST: usize = 16 << 20;

/// Subtitles that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubtitleError {
    /// There is no cue in it.
    #[error("no subtitle is in it: neither SRT nor WebVTT")]
    NoCue,
    /// A cue ends before it starts, or its times cannot be read.
    #[error("line {line}: `{text}` is no span of time")]
    BadTimes {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// More text than any subtitles have.
    #[error("the subtitles are longer than {} MB", LONGEST >> 20)]
    TooLong,
}

/// Reads SRT or WebVTT, whichever it is. Tags of style and voice are taken off, WebVTT's escapes are
/// resolved; notes, styles, regions, cue names and settings are passed over. A WebVTT file without cues
/// is empty, not wrong.
pub fn parse(text: &str) -> Result<Vec<Passage>, SubtitleError> {
    if text.len() > LONGEST {
        return Err(SubtitleError::TooLong);
    }
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n");
    let webvtt = text
        .strip_prefix("WEBVTT")
        .is_some_and(|r| r.is_empty() || r.starts_with([' ', '\t', '\n']));
    let lines: Vec<&str> = text.lines().collect();
    let mut passages = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (Some(times), false) = (times(lines[at]), webvtt && begins_comment(&lines, at)) else {
            at += 1;
            continue;
        };
        let range = times.ok_or_else(|| bad(at, lines[at]))?;
        let words = lines[at + 1..].iter().take_while(|line| !line.trim().is_empty());
        let words: Vec<String> = words.map(|line| plain(line, webvtt)).collect();
        at += 1 + words.len();
        passages.extend(passage(range, &words));
    }
    if passages.is_empty() && !webvtt { Err(SubtitleError::NoCue) } else { Ok(passages) }
}

fn bad(at: usize, text: &str) -> SubtitleError {
    SubtitleError::BadTimes { line: at + 1, text: text.chars().take(80).collect() }
}

/// Whether the line stands in a note, where arrows mean nothing.
fn begins_comment(lines: &[&str], at: usize) -> bool {
    let block = lines[..=at].iter().rev().take_while(|line| !line.trim().is_empty());
    block.last().is_some_and(|first| {
        *first == "NOTE" || first.starts_with("NOTE ") || first.starts_with("NOTE\t")
    })
}

fn passage(range: TimeRange, words: &[String]) -> Option<Passage> {
    let lines: Vec<&str> = words.iter().map(|line| line.trim()).filter(|l| !l.is_empty()).collect();
    (!lines.is_empty()).then(|| Passage {
        kind: PassageKind::Speech,
        text: lines.join("\n"),
        range: Some(range),
        region: None,
        language: None,
        words: Vec::new(),
        origin: Origin::Person,
    })
}

/// `None` for a line that is no line of times; `Some(None)` for one that cannot be right.
fn times(line: &str) -> Option<Option<TimeRange>> {
    let (start, rest) = line.split_once("-->")?;
    // Cue settings follow the end.
    let end = rest.split_whitespace().next().unwrap_or_default();
    let range = clock(start.trim()).zip(clock(end));
    Some(range.and_then(|(start, end)| TimeRange::new(start, end).ok()))
}

/// `01:02:03,450`, `02:03.450`; hours may have any number of digits.
fn clock(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let digits = |part: &str| -> Option<u64> {
        (!part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let parts: Vec<u64> = whole.split(':').map(digits).collect::<Option<_>>()?;
    let seconds = match parts[..] {
        [minutes, seconds] if seconds < 60 => minutes.checked_mul(60)?.checked_add(seconds)?,
        [hours, minutes, seconds] if minutes < 60 && seconds < 60 => {
            hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)?
        }
        _ => return None,
    };
    let thousandths = digits(&format!("{fraction:0<3}")[..3])?;
    seconds.checked_mul(1000)?.checked_add(thousandths)
}

/// Takes tags off and resolves escapes, which only WebVTT has. What looks like a tag but is none of the
/// known names stays in SRT, where a bare `<` is allowed.
fn plain(line: &str, webvtt: bool) -> String {
    let (mut text, mut rest) = (String::with_capacity(line.len()), line);
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let tag = rest[at + 1..].split_once('>').filter(|(tag, _)| webvtt || is_srt_tag(tag));
        rest = match tag {
            Some((_, after)) => after,
            None => {
                text.push('<');
                &rest[at + 1..]
            }
        };
    }
    text.push_str(rest);
    if webvtt { unescape(&text) } else { text }
}

fn is_srt_tag(tag: &str) -> bool {
    let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
    ["b", "i", "u", "s", "font"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn unescape(text: &str) -> String {
    const NAMES: [(&str, &str); 6] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&nbsp;", "\u{a0}"),
        ("&lrm;", "\u{200e}"),
        ("&rlm;", "\u{200f}"),
        // Last, so that `&amp;lt;` becomes `&lt;`.
        ("&amp;", "&"),
    ];
    NAMES.iter().fold(text.to_owned(), |text, (name, character)| text.replace(name, character))
}
