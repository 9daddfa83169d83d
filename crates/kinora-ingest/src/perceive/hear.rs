//! What is said.

use std::path::Path;

use kinora_inference::{InferenceError, SpeechRecognizer, SpeechSegment};
use kinora_types::{Control, Passage, PassageKind};
use kinora_video::{
    FFmpeg, VideoLimits,
    audio::{AudioError, AudioFile, SAMPLE_RATE},
};

use super::{Found, Halt, Job, Perceiver, passage, unplanned};

/// A recording could not be heard.
#[derive(Debug, thiserror::Error)]
pub enum HearError {
    /// Its sound cannot be read.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// The model failed, or somebody asked to stop.
    #[error(transparent)]
    Model(#[from] InferenceError),
}

/// Transcribes the main sound stream of a video or recording; the passages come in order of time.
///
/// A file without sound gives none. A passage without text is speech that was not understood. `progress` is called with
/// the milliseconds transcribed so far. Memory: the model's, and the passages.
///
/// # Errors
/// If the file has sound that cannot be decoded, the model fails, or somebody asked to stop.
pub fn hear(
    model: &dyn SpeechRecognizer,
    (ffmpeg, limits): (&FFmpeg, &VideoLimits),
    path: &Path,
    control: &Control,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Passage>, HearError> {
    match AudioFile::open(ffmpeg, path, limits, &|| control.is_cancelled()) {
        Err(AudioError::NoAudio) => Ok(Vec::new()),
        opened => hear_in(model, &opened?, control, progress),
    }
}

/// Transcribes the main sound stream of an opened file, as [`hear`] does.
fn hear_in(
    model: &dyn SpeechRecognizer,
    file: &AudioFile,
    control: &Control,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Passage>, HearError> {
    let cancelled = || control.is_cancelled();
    let mut samples = file.samples(file.facts().main(), &cancelled)?;
    let (mut fault, mut at) = (None, 0u64);
    let mut pieces = samples.by_ref().map(|piece| match piece {
        Ok(piece) => {
            at += piece.len() as u64;
            progress(at * 1000 / u64::from(SAMPLE_RATE));
            Ok(piece)
        }
        Err(error) => {
            let message = error.to_string();
            fault = Some(error);
            Err(InferenceError::Runtime(message))
        }
    });
    let mut passages = Vec::new();
    let mut take = |segment| passages.push(said(segment, model.model()));
    let result = model.transcribe(&mut pieces, control, &mut take);
    drop(pieces);
    match fault {
        Some(error) => Err(error.into()),
        None => Ok(result.map(|()| passages)?),
    }
}

impl Perceiver<'_, '_> {
    /// The sound of a job's file, `None` where there is none. A video of which no frame can be decoded may still
    /// be heard.
    fn sound(&self, job: &Job) -> Result<Option<AudioFile>, Halt> {
        let sound = match (self.video(job), &self.ingest.options().ffmpeg) {
            (Ok(file), _) => AudioFile::of(&file),
            (Err(Halt::File(_)), Some(ffmpeg)) => {
                let (stop, limits) = (self.stop, self.ingest.background_limits());
                AudioFile::open(ffmpeg, &job.path, &limits, &|| stop.asked())
            }
            (Err(halt), _) => return Err(halt),
        };
        match sound {
            Err(AudioError::NoAudio) => Ok(None),
            sound => sound.map(Some).map_err(|error| Halt::audio(&job.path, &error)),
        }
    }

    /// The passages of one video or recording.
    pub(super) fn listen(&mut self, job: &Job) -> Result<Found, Halt> {
        let Some(model) = self.models.speech else {
            return Err(Halt::Run(unplanned("speech to hear without a model")));
        };
        let Some(file) = self.sound(job)? else {
            return Ok(Found::from([(PassageKind::Speech, Vec::new())]));
        };
        let length = job.asset.duration_ms.unwrap_or_default();
        let (observer, meter) = (&mut *self.observer, &self.meter);
        let mut progress = |at_ms| {
            observer.perceiving(PassageKind::Speech, &job.path, at_ms, length);
            meter.tell_within(observer, job.cost, (at_ms, length));
        };
        match hear_in(model, &file, self.stop.control(), &mut progress) {
            Ok(passages) => Ok(Found::from([(PassageKind::Speech, passages)])),
            Err(HearError::Audio(error)) => Err(Halt::audio(&job.path, &error)),
            Err(HearError::Model(error)) => Err(error.into()),
        }
    }
}

fn said(segment: SpeechSegment, model: &str) -> Passage {
    Passage {
        range: Some(segment.range),
        language: Some(segment.language).filter(|code| !code.is_empty()),
        words: segment.words,
        ..passage(PassageKind::Speech, segment.text, model, segment.confidence)
    }
}
