//! Bytes of a subtitle file to text.
//!
//! Unicode is detected by a byte order mark, by being valid UTF-8, or by the zero bytes that UTF-16 puts
//! into every arrow of a cue. Everything else is one of the legacy encodings of the web (WHATWG Encoding
//! Standard) and can only be guessed, by how often letters follow each other (crate `chardetng`).

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::SubtitleError;

/// UTF-8 with so many times more characters beyond ASCII than wrong bytes is UTF-8 that was damaged.
const DAMAGED: usize = 8;

/// In which encoding a text was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextEncoding {
    /// Its name in the WHATWG Encoding Standard, such as `UTF-8` or `windows-1252`.
    pub name: &'static str,
    /// Whether it was guessed from the letters, which can be wrong.
    pub guessed: bool,
}

/// The text of a file, without its byte order mark.
///
/// # Errors
/// [`SubtitleError::Bytes`] for what is no text in the encoding that it seems to be in.
pub(super) fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, TextEncoding), SubtitleError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return strict(&bytes[mark..], encoding, false);
    }
    if let Some(encoding) = wide(bytes) {
        return strict(bytes, encoding, false);
    }
    if std::str::from_utf8(bytes).is_ok() || is_damaged_utf8(bytes) {
        return strict(bytes, UTF_8, false);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    strict(bytes, detector.guess(None, Utf8Detection::Deny), true)
}

fn strict<'a>(
    bytes: &'a [u8],
    encoding: &'static Encoding,
    guessed: bool,
) -> Result<(Cow<'a, str>, TextEncoding), SubtitleError> {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    let wrong = if broken { text.find('\u{fffd}') } else { text.find('\0') };
    match wrong {
        None => Ok((text, TextEncoding { name: encoding.name(), guessed })),
        Some(at) => Err(SubtitleError::Bytes {
            line: 1 + text[..at].matches('\n').count(),
            encoding: encoding.name(),
        }),
    }
}

/// UTF-16 without a mark, by an arrow of a cue.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    // A big-endian arrow holds a little-endian one at odd places.
    let has = |arrow: &[u8; 6]| bytes.windows(6).step_by(2).any(|window| window == arrow);
    let found = |arrow, encoding| has(arrow).then_some(encoding);
    found(b"-\0-\0>\0", UTF_16LE).or_else(|| found(b"\0-\0-\0>", UTF_16BE))
}

/// Whether nearly all characters beyond ASCII are those of UTF-8.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut right, mut wrong) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    right > wrong * DAMAGED
}
