//! Cues held against the length of their recording.

use kinora_types::{Passage, TimeRange};

use super::SubtitleError;

/// Cues may last so much longer than the recording, in milliseconds: lengths are rounded, and cues stay a
/// little for the eye.
const OVERHANG_MS: u64 = 2_000;

/// Cues cut to a recording of `length_ms`; those behind its end, by no more than two seconds, are left out.
///
/// # Errors
/// [`SubtitleError::PastEnd`] if the last cue ends later than that: it is the file of another recording, or of
/// another frame rate.
pub fn fit(passages: Vec<Passage>, length_ms: u64) -> Result<Vec<Passage>, SubtitleError> {
    let ends = passages.iter().filter_map(|passage| passage.range).map(TimeRange::end_ms);
    let last_ms = ends.max().unwrap_or(0);
    if last_ms > length_ms.saturating_add(OVERHANG_MS) {
        return Err(SubtitleError::PastEnd { last_ms, length_ms });
    }
    let cut = |passage: Passage| {
        let range = passage.range.map(|range| {
            TimeRange::new(range.start_ms().min(length_ms), range.end_ms().min(length_ms))
                .unwrap_or(range)
        });
        Passage { range, ..passage }
    };
    let lasts = |passage: &Passage| passage.range.is_none_or(|range| !range.is_empty());
    Ok(passages.into_iter().map(cut).filter(lasts).collect())
}
