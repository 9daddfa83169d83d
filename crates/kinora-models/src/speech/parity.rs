//! whisper-tiny and Silero VAD against `transformers` on the same weights: `fixtures/make_speech.py`.
//!
//! Needs `kinora models pull whisper-tiny` (as `cargo xtask test` runs it) and fails with that hint without.
//! Not covered: other sizes, which differ in numbers only, and languages other than English.

use std::{fs, path::PathBuf};

use kinora_inference::SAMPLE_RATE;
use kinora_types::Control;
use serde_json::Value;

use super::{
    transcript::{Heard, TEMPERATURES, transcribe},
    vocabulary::Token,
    *,
};
use kinora_store::StoreConfig;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/speech")).join(name)
}

fn utterance() -> Vec<f32> {
    let bytes = fs::read(fixture("utterance.wav")).unwrap();
    let sample = |two: &[u8]| f32::from(i16::from_le_bytes([two[0], two[1]])) / 32768.0;
    bytes[44..].chunks_exact(2).map(sample).collect()
}

fn expected() -> Value {
    serde_json::from_str(&fs::read_to_string(fixture("expected.json")).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn tokens(value: &Value) -> Vec<Token> {
    numbers(value).into_iter().map(|v| v as Token).collect()
}

fn networks() -> Networks {
    let store = Store::open(StoreConfig::from_env()).unwrap();
    let fail = |e: StoreError| -> PathBuf { panic!("{e}: {}", e.hint().unwrap_or_default()) };
    let entry = store.speech("whisper-tiny").unwrap();
    let path = |id: &str| store.path(id).unwrap_or_else(fail);
    let whisper = Whisper {
        model: "test".into(),
        language: None,
        runtime: Runtime::new(&store, &RuntimeOptions::from_env()).unwrap(),
        encoder: path(&entry.encoder),
        decoder: path(&entry.decoder),
        tokenizer: path(&entry.tokenizer),
        vad: path(&entry.vad),
        alignment_heads: entry.alignment_heads.clone(),
        loaded: Lazy::default(),
    };
    whisper.load().unwrap()
}

#[test]
fn features_agree() {
    let (features, mel) = (expected()["features"].clone(), LogMel::new());
    let ours = mel.features(&utterance());
    for place in features.as_array().unwrap() {
        let place = numbers(place);
        let value = ours[place[0] as usize * FRAMES + place[1] as usize];
        assert!((f64::from(value) - place[2]).abs() < 1e-3, "{place:?}: {value}");
    }
}

#[test]
fn speech_is_as_likely() {
    let (networks, expected) = (networks(), numbers(&expected()["speech"]));
    let mut samples = utterance();
    samples.resize(samples.len().next_multiple_of(vad::FRAME), 0.0);
    let mut memory = vad::Memory::new().unwrap();
    // In two blocks, so that the state goes over.
    let (one, two) = samples.split_at(20 * vad::FRAME);
    let mut ours = networks.vad.listen(&mut memory, one).unwrap();
    ours.extend(networks.vad.listen(&mut memory, two).unwrap());
    assert_eq!(ours.len(), expected.len());
    for (ours, theirs) in ours.iter().zip(&expected) {
        assert!((f64::from(*ours) - theirs).abs() < 1e-3, "{ours} {theirs}");
    }
}

#[test]
fn tokens_and_their_times_agree() {
    let (networks, expected) = (networks(), expected());
    let Networks { decoder, vocabulary, .. } = &networks;
    assert_eq!(vocabulary.suppressed, tokens(&expected["suppressed"]));
    let mut first = vocabulary.suppressed_first.clone();
    first.sort_unstable();
    assert_eq!(first, tokens(&expected["suppressed_first"]));

    let samples = utterance();
    let state = decoder.begin(networks.encode(&samples).unwrap(), vocabulary.start).unwrap();
    let attended = state.clone();
    let impression = transcript::impression(vocabulary, state);
    let best = (0..impression.languages.len())
        .max_by(|a, b| impression.languages[*a].total_cmp(&impression.languages[*b]));
    let (language, code) = &vocabulary.languages[best.unwrap()];
    assert_eq!(
        (u64::from(*language), code.as_str()),
        (expected["language"].as_u64().unwrap(), "en")
    );
    let wish = (*language, &TEMPERATURES[..1]);
    let said = transcribe(decoder, vocabulary, &impression, wish, &Control::default()).unwrap();
    let Heard::Words(said) = said else { panic!("no words") };
    assert_eq!(said.tokens, tokens(&expected["tokens"]));
    // The cache changes the order of sums, and int8 rounding makes something of it.
    let log = expected["log_probability"].as_f64().unwrap();
    assert!((f64::from(said.log_probability) - log).abs() < 0.05, "{}", said.log_probability);
    assert_eq!(vocabulary.text(&said.tokens).unwrap(), expected["text"].as_str().unwrap());

    let reading = segments::read(vocabulary, &said.tokens, samples.len());
    let text = segments::text_tokens(vocabulary, &said.tokens, &reading);
    let prompt = [vocabulary.start, *language, vocabulary.transcribe, vocabulary.no_timestamps];
    let all = [&prompt[..], &text, &[vocabulary.end]].concat();
    let attention = decoder.attend(&attended, &all).unwrap();
    let heard = samples.len().div_ceil(segments::ENCODED);
    let begins = align::begins(&attention, 3..all.len() - 1, heard);
    for (ours, theirs) in begins.iter().zip(numbers(&expected["begins"])) {
        // Frames of 20 ms. Products of 8 bits are rounded otherwise on processors with VNNI, which moves one
        // of these by three frames.
        assert!((*ours as f64 - theirs).abs() <= 4.0, "{begins:?}");
    }
    assert_eq!(begins.len(), text.len() + 1);
    assert!(samples.len() < 5 * SAMPLE_RATE as usize);
}
