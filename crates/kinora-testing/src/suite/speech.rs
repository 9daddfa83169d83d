//! The one conformance suite of [`SpeechRecognizer`]: every backend's tests run it.
//!
//! It does not cover how often words are wrong, nor how much of noise and music passes for speech.

use kinora_inference::{InferenceError, SAMPLE_RATE, SpeechRecognizer, SpeechSegment};
use kinora_types::Control;

const RATE: usize = SAMPLE_RATE as usize;
/// Samples of a piece of sound, unless a case says otherwise.
const PIECE: usize = 4000;

/// Runs the whole suite. `said` is the sound of some seconds in which somebody speaks, and which the recognizer
/// makes out words in.
///
/// # Panics
/// With what the contract says, where the recognizer breaks it.
pub fn check_speech_recognizer(recognizer: &dyn SpeechRecognizer, said: &[f32]) {
    assert!(!recognizer.model().is_empty(), "a model has a name");
    for silence in [0, 1, 3 * RATE] {
        let segments = hear(recognizer, &vec![0.0; silence], PIECE);
        assert_eq!(segments, [], "{silence} samples of silence say nothing");
    }
    // Said twice, far apart: the first part is known long before the recording ends.
    let pause = vec![0.0; 20 * RATE];
    let recording = [&vec![0.0; RATE], said, &pause, said, &vec![0.0; RATE]].concat();
    let segments = hear(recognizer, &recording, PIECE);
    segments_are_in_order(&segments, recording.len());
    let words = segments.iter().filter(|segment| !segment.text.is_empty());
    assert!(words.count() >= 2, "what was said twice is heard twice: {segments:?}");
    let otherwise = hear(recognizer, &recording, 12_345);
    assert_eq!(segments, otherwise, "the same sound in other pieces is the same");
    an_error_is_passed_on(recognizer, &recording, &segments);
    what_is_no_number_is_refused(recognizer);
    cancelling_ends_the_work(recognizer, &recording);
}

fn hear(recognizer: &dyn SpeechRecognizer, sound: &[f32], piece: usize) -> Vec<SpeechSegment> {
    let mut segments = Vec::new();
    let mut pieces = sound.chunks(piece).map(|piece| Ok(piece.to_vec()));
    let mut keep = |segment| segments.push(segment);
    let done = recognizer.transcribe(&mut pieces, &Control::default(), &mut keep);
    done.expect("a fair recording is heard");
    segments
}

fn segments_are_in_order(segments: &[SpeechSegment], samples: usize) {
    let length = (samples * 1000).div_ceil(RATE) as u64;
    let mut ended = 0;
    for segment in segments {
        let range = segment.range;
        assert!(
            range.start_ms() >= ended,
            "segments come in order, none over another: {segments:?}"
        );
        assert!(range.start_ms() < range.end_ms(), "a segment lasts: {segment:?}");
        assert!(range.end_ms() <= length, "a segment lies in the recording: {segment:?}");
        assert!(
            (0.0..=1.0).contains(&segment.confidence),
            "confidence is from 0 to 1: {segment:?}"
        );
        let silent = segment.text.is_empty();
        assert_eq!(silent, segment.language.is_empty(), "words have a language: {segment:?}");
        assert_eq!(silent, segment.words.is_empty(), "words have their times: {segment:?}");
        assert_eq!(segment.text, segment.text.trim(), "no space around words");
        let mut word_ended = range.start_ms();
        for word in &segment.words {
            assert!(word.range.start_ms() >= word_ended, "words come in order: {segment:?}");
            word_ended = word.range.end_ms();
        }
        assert!(word_ended <= range.end_ms(), "words lie in their segment: {segment:?}");
        ended = range.end_ms();
    }
}

fn an_error_is_passed_on(
    recognizer: &dyn SpeechRecognizer,
    recording: &[f32],
    whole: &[SpeechSegment],
) {
    let mut segments = Vec::new();
    let mut asked = 0;
    let mut pieces = recording.chunks(PIECE).map(|piece| Ok(piece.to_vec())).collect::<Vec<_>>();
    let broken = pieces.len() * 3 / 4;
    pieces[broken] = Err(InferenceError::Runtime("the sound broke off".into()));
    let mut pieces = pieces.into_iter().inspect(|_| asked += 1);
    let mut keep = |segment| segments.push(segment);
    let result = recognizer.transcribe(&mut pieces, &Control::default(), &mut keep);
    let passed_on =
        matches!(&result, Err(InferenceError::Runtime(why)) if why == "the sound broke off");
    assert!(passed_on, "the error of the sound is passed on: {result:?}");
    assert_eq!(asked, broken + 1, "nothing is asked for behind an error");
    assert!(whole.starts_with(&segments), "segments before an error stand: {segments:?}");
}

fn what_is_no_number_is_refused(recognizer: &dyn SpeechRecognizer) {
    for sample in [f32::NAN, f32::INFINITY] {
        let mut pieces = std::iter::once(Ok(vec![sample; 10]));
        let result = recognizer.transcribe(&mut pieces, &Control::default(), &mut |_| ());
        assert!(matches!(result, Err(InferenceError::Input(_))), "{sample}: {result:?}");
    }
}

fn cancelling_ends_the_work(recognizer: &dyn SpeechRecognizer, recording: &[f32]) {
    for after in [0, 3] {
        let control = Control::default();
        if after == 0 {
            control.cancel();
        }
        let mut asked = 0;
        let mut pieces = recording.chunks(PIECE).map(|piece| {
            asked += 1;
            if asked == after {
                control.cancel();
            }
            Ok(piece.to_vec())
        });
        let mut segments = 0;
        let result = recognizer.transcribe(&mut pieces, &control, &mut |_| segments += 1);
        assert!(matches!(result, Err(InferenceError::Cancelled(_))), "after {after}: {result:?}");
        assert!(asked <= after + 1, "{asked} pieces were asked for, cancelled after {after}");
        assert_eq!(segments, 0, "nothing is heard in silence, cancelled after {after}");
    }
    let control = Control::default();
    control.cancel();
    let result = recognizer.transcribe(&mut std::iter::empty(), &control, &mut |_| ());
    assert!(matches!(result, Err(InferenceError::Cancelled(_))), "no sound at all: {result:?}");
}

#[cfg(test)]
mod tests {
    use crate::fake::{LoudnessRecognizer, Spied, Spy};

    #[test]
    fn the_fake_conforms() {
        let said: Vec<f32> = (0..super::RATE * 2).map(|i| (i as f32 * 0.3).sin() * 0.5).collect();
        super::check_speech_recognizer(&LoudnessRecognizer, &said);
        super::check_speech_recognizer(&Spied::new(LoudnessRecognizer, &Spy::default()), &said);
    }
}
