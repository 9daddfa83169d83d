//! Prints what is said in recordings, one line of JSON each: file, seconds, segments. For `bench/speech`.
//!
//! `transcribe MODEL LANGUAGE FFMPEG FILE…`; LANGUAGE is a code or `auto`. Pulls the model if it is not in the cache.

use std::path::Path;

use kinora_inference::{InferenceError, SpeechSegment};
use kinora_models::{RuntimeOptions, open_speech};
use kinora_store::{PullEvent, Store, StoreConfig};
use kinora_types::Control;
use kinora_video::{FFmpeg, VideoLimits, audio::AudioFile, never};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, language, ffmpeg, files @ ..] = &args[..] else {
        return Err("usage: transcribe MODEL LANGUAGE FFMPEG FILE…".into());
    };
    let store = Store::open(StoreConfig::from_env())?;
    let language = Some(language.as_str()).filter(|code| *code != "auto");
    store.pull(&[model], &mut |_: &PullEvent<'_>| (), &Control::default())?;
    let recognizer = open_speech(&store, model, language, &RuntimeOptions::from_env())?;
    let ffmpeg = FFmpeg::check(Path::new(ffmpeg))?;
    for path in files {
        let file = AudioFile::open(&ffmpeg, Path::new(path), &VideoLimits::default(), &never)?;
        let mut sound = file.samples(0, &never)?;
        let mut segments = Vec::new();
        let mut pieces =
            sound.by_ref().map(|piece| piece.map_err(|e| InferenceError::Runtime(e.to_string())));
        let mut keep = |segment: SpeechSegment| segments.push(line(&segment));
        recognizer.transcribe(&mut pieces, &Control::default(), &mut keep)?;
        let seconds = sound.outcome().duration().as_secs_f64();
        println!("{}", json!({ "file": path, "seconds": seconds, "segments": segments }));
    }
    Ok(())
}

fn line(segment: &SpeechSegment) -> serde_json::Value {
    let words = segment.words.iter();
    let words: Vec<_> =
        words.map(|word| json!([word.text, word.range.start_ms(), word.range.end_ms()])).collect();
    json!({
        "start_ms": segment.range.start_ms(),
        "end_ms": segment.range.end_ms(),
        "text": segment.text,
        "language": segment.language,
        "confidence": segment.confidence,
        "words": words,
    })
}
