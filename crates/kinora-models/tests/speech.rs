//! Speech end to end on the real weights of whisper-tiny.
//!
//! Needs `kinora models pull whisper-tiny` (as `cargo xtask test` runs it) and fails with that hint without.
//! Not covered: how often words are wrong (`bench/speech`), other sizes, languages other than English.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{f32::consts::TAU, fs};

use kinora_inference::{InferenceError, SAMPLE_RATE, SpeechRecognizer, SpeechSegment};
use kinora_models::{ModelError, RuntimeOptions, open_speech};
use kinora_store::{Store, StoreConfig};
use kinora_testing::suite::speech::check_speech_recognizer;
use kinora_types::Control;

const RATE: usize = SAMPLE_RATE as usize;

fn recognizer(language: Option<&str>) -> Box<dyn SpeechRecognizer> {
    let store = Store::open(StoreConfig::from_env()).unwrap();
    let opened = open_speech(&store, "whisper-tiny", language, &RuntimeOptions::from_env());
    opened.unwrap_or_else(|error| panic!("{error}: {}", error.hint().unwrap_or_default()))
}

/// "Look at the harbour: there are fishing boats everywhere." in 3.35 s.
fn utterance() -> Vec<f32> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/speech/utterance.wav");
    let bytes = fs::read(path).unwrap();
    let sample = |two: &[u8]| f32::from(i16::from_le_bytes([two[0], two[1]])) / 32768.0;
    bytes[44..].chunks_exact(2).map(sample).collect()
}

fn hear(samples: &[f32], piece: usize) -> Vec<SpeechSegment> {
    let (mut segments, mut pieces) = (Vec::new(), samples.chunks(piece).map(|p| Ok(p.to_vec())));
    let mut keep = |segment| segments.push(segment);
    recognizer(None).transcribe(&mut pieces, &Control::default(), &mut keep).unwrap();
    segments
}

fn noise(count: usize) -> impl Iterator<Item = f32> {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    })
    .take(count)
}

/// Chords of plucked strings, two a second.
fn music(seconds: usize) -> Vec<f32> {
    let sample = |i: usize| {
        let (beat, since) = (i / (RATE / 2), (i % (RATE / 2)) as f32 / RATE as f32);
        let root = 110.0 * 2f32.powf([0.0, 5.0, 7.0, 3.0][beat % 4] / 12.0);
        let string = |ratio: f32| -> f32 {
            let overtone =
                |n: f32| (TAU * root * ratio * n * since).sin() / n * (-4.0 * n * since).exp();
            (1..8).map(|n| overtone(n as f32)).sum()
        };
        [1.0, 1.26, 1.498, 2.0].map(string).iter().sum::<f32>() * 0.15
    };
    (0..seconds * RATE).map(sample).collect()
}

#[test]
fn whisper_conforms() {
    check_speech_recognizer(&*recognizer(None), &utterance());
}

#[test]
fn words_are_heard_at_their_time() {
    let mut samples = vec![0.0; 4 * RATE];
    samples.extend(utterance());
    samples.extend(vec![0.0; 20 * RATE]);
    samples.extend(utterance());
    let segments = hear(&samples, 7_777);
    assert_eq!(segments.len(), 2, "{segments:?}");
    for (segment, start) in segments.iter().zip([4.0, 27.35]) {
        let text = segment.text.to_lowercase();
        assert!(text.contains("fishing boats everywhere"), "{text}");
        assert_eq!(segment.language, "en");
        assert!((0.5..=1.0).contains(&segment.confidence), "{}", segment.confidence);
        let at = |ms: u64| ms as f64 / 1000.0 - start;
        let (from, to) = (at(segment.range.start_ms()), at(segment.range.end_ms()));
        assert!((-0.3..0.6).contains(&from) && (2.5..3.6).contains(&to), "{from} to {to}");
        let words = &segment.words;
        assert!(words.windows(2).all(|pair| pair[0].range.end_ms() <= pair[1].range.start_ms()));
        // Measured by eye on the spectrogram: "boats" from 1.9 s to 2.3 s.
        let boats = words.iter().find(|word| word.text == "boats").unwrap();
        assert!((1.6..2.2).contains(&at(boats.range.start_ms())), "{boats:?} after {start}");
    }
}

#[test]
fn speech_that_fills_several_windows_is_heard_whole() {
    // Ten sentences 4 s apart: more than one window holds.
    let mut samples = Vec::new();
    for i in 0..10 {
        samples.resize(i * 4 * RATE, 0.0);
        samples.extend(utterance());
    }
    let segments = hear(&samples, RATE);
    let boats = segments.iter().flat_map(|s| &s.words).filter(|word| word.text == "boats");
    let at: Vec<f64> = boats.map(|word| word.range.start_ms() as f64 / 1000.0).collect();
    assert_eq!(at.len(), 10, "{segments:?}");
    for (i, at) in at.iter().enumerate() {
        let expected = 4.0 * i as f64 + 1.75;
        assert!((at - expected).abs() < 0.5, "{i}: {at}");
    }
    let mut ends = 0;
    for segment in &segments {
        assert!(segment.range.start_ms() >= ends, "{segments:?}");
        ends = segment.range.end_ms();
    }
}

#[test]
fn what_is_no_speech_gives_no_words() {
    let silence = vec![0.0; 40 * RATE];
    let hiss: Vec<f32> = noise(40 * RATE).map(|n| n * 0.05).collect();
    let roar: Vec<f32> = noise(20 * RATE).map(|n| n * 0.7).collect();
    for (name, samples) in
        [("silence", silence), ("hiss", hiss), ("roar", roar), ("music", music(40))]
    {
        let segments = hear(&samples, RATE);
        assert!(segments.is_empty(), "{name}: {segments:?}");
    }
    assert!(hear(&[], 1).is_empty());
}

#[test]
fn speech_is_heard_through_noise_and_in_any_pieces() {
    let utterance = utterance();
    let noisy: Vec<f32> =
        utterance.iter().zip(noise(utterance.len())).map(|(s, n)| s + n * 0.005).collect();
    assert!(hear(&noisy, RATE)[0].text.contains("boats"));
    assert_eq!(hear(&utterance, 100), hear(&utterance, utterance.len()));
}

#[test]
fn a_language_can_be_told() {
    let mut segments = Vec::new();
    let control = Control::default();
    let mut hear = |language| {
        let mut pieces = std::iter::once(Ok(utterance()));
        recognizer(Some(language)).transcribe(&mut pieces, &control, &mut |s| segments.push(s))
    };
    hear("en").unwrap();
    assert!(matches!(hear("xx"), Err(InferenceError::Input(_))));
    assert_eq!(segments[0].language, "en");
}

#[test]
fn errors_and_cancellation_end_the_work() {
    let recognizer = recognizer(None);
    let control = Control::default();
    let mut segments = Vec::new();
    let broken = || Err(InferenceError::Runtime("the sound broke off".into()));
    let mut pieces = [Ok(vec![0.0; 100]), broken(), Ok(utterance())].into_iter();
    let error =
        recognizer.transcribe(&mut pieces, &control, &mut |s| segments.push(s)).unwrap_err();
    assert!(error.to_string().contains("broke off"), "{error}");
    let mut odd = std::iter::once(Ok(vec![f32::NAN; 10]));
    let error = recognizer.transcribe(&mut odd, &control, &mut |s| segments.push(s)).unwrap_err();
    assert!(matches!(error, InferenceError::Input(_)), "{error}");
    control.cancel();
    let mut pieces = std::iter::once(Ok(utterance()));
    let error =
        recognizer.transcribe(&mut pieces, &control, &mut |s| segments.push(s)).unwrap_err();
    assert!(matches!(error, InferenceError::Cancelled(_)), "{error}");
    assert!(segments.is_empty());
}

#[test]
fn a_missing_model_says_what_to_pull() {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig { cache_dir: Some(folder.path().into()), ..StoreConfig::default() };
    let store = Store::open(config).unwrap();
    let open = |name| open_speech(&store, name, None, &RuntimeOptions::from_env()).err().unwrap();
    let error: ModelError = open("whisper-base");
    assert_eq!(error.to_string(), "model `whisper-base` is not in the cache");
    assert_eq!(error.hint().unwrap(), "fetch `whisper-base`");
    assert!(open("whisper-huge").hint().unwrap().contains("whisper-tiny, whisper-base"));
}
