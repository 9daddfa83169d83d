//! What is said.

use kinora_inference::{InferenceError, SpeechSegment};
use kinora_media::audio::{AudioError, AudioFile, SAMPLE_RATE};
use kinora_types::{Passage, PassageKind};

use super::{Found, Halt, Job, Perceiver, passage};

impl Perceiver<'_, '_> {
    /// The passages of one video or recording; a file without sound gives none.
    pub(super) fn listen(&mut self, job: &Job) -> Result<Found, Halt> {
        let (Some(model), Some(ffmpeg)) = (self.models.speech, &self.ingest.options().ffmpeg)
        else {
            return Err(Halt::Cancelled);
        };
        let (stop, path) = (self.stop, &job.path);
        let cancelled = || stop.asked();
        let heard = |error: &AudioError| Halt::audio(path, error);
        let limits = self.ingest.background_limits();
        let file = match AudioFile::open(ffmpeg, path, &limits, &cancelled) {
            Err(AudioError::NoAudio) => return Ok(Found::new()),
            opened => opened.map_err(|error| heard(&error))?,
        };
        let mut samples = file.samples(0, &cancelled).map_err(|error| heard(&error))?;
        let length = job.asset.duration_ms.unwrap_or_default();
        let mut fault = None;
        let mut at = 0u64;
        let observer = &mut *self.observer;
        let mut pieces = samples.by_ref().map(|piece| match piece {
            Ok(piece) => {
                at += piece.len() as u64;
                let at_ms = at * 1000 / u64::from(SAMPLE_RATE);
                observer.perceiving(PassageKind::Speech, path, at_ms, length);
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
        let result = model.transcribe(&mut pieces, stop.control(), &mut take);
        drop(pieces);
        if let Some(error) = fault {
            return Err(heard(&error));
        }
        result?;
        Ok(Found::from([(PassageKind::Speech, passages)]))
    }
}

fn said(segment: SpeechSegment, model: &str) -> Passage {
    Passage {
        range: Some(segment.range),
        language: Some(segment.language),
        words: segment.words,
        ..passage(PassageKind::Speech, segment.text, model, segment.confidence)
    }
}
