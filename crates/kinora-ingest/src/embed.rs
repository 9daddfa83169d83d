//! Batches for the embedder.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use kinora_catalog::NewFrame;
use kinora_inference::{ImageEmbedder, InferenceError, PreparedImage};
use kinora_types::Embedding;

use crate::{FileFailure, IngestError, commit::Event, pipeline::Stop, prepare::Ready};

/// How long a batch waits to be filled: longer than a decode, shorter than people notice.
const FILL: Duration = Duration::from_millis(60);

/// A batch that takes less is followed by a larger one, one that takes three times as long by a
/// smaller one: people see progress, and a kill costs little, on slow machines too.
const PACE: Duration = Duration::from_millis(500);

/// Pictures that fail one after the other before the embedder itself is taken to be at fault.
const MOST_FAILURES: usize = 8;

/// Embeds until the senders are gone or nobody listens.
pub(crate) fn run(
    embedder: &dyn ImageEmbedder,
    most: usize,
    ready: &Receiver<Box<Ready>>,
    events: &Sender<Event>,
    stop: &Stop,
) -> Result<(), IngestError> {
    let mut stage = Stage { embedder, failures: 0 };
    let mut batch = most.min(2);
    while let Ok(first) = ready.recv() {
        let members = fill(first, batch, ready);
        if stop.asked() {
            break;
        }
        let (start, full) = (Instant::now(), members.len() == batch);
        for event in stage.embed(members)? {
            if events.send(event).is_err() {
                return Ok(());
            }
        }
        batch = next_batch(batch, full, start.elapsed()).min(most);
    }
    Ok(())
}

fn next_batch(batch: usize, full: bool, took: Duration) -> usize {
    if took > 3 * PACE {
        return (batch / 2).max(1);
    }
    if full && took < PACE { 2 * batch } else { batch }
}

fn fill(first: Box<Ready>, batch: usize, ready: &Receiver<Box<Ready>>) -> Vec<Ready> {
    let mut members = vec![*first];
    let until = Instant::now() + FILL;
    while members.len() < batch {
        match ready.recv_deadline(until) {
            Ok(next) => members.push(*next),
            Err(_) => break,
        }
    }
    members
}

struct Stage<'a> {
    embedder: &'a dyn ImageEmbedder,
    /// Pictures that failed since the last that did not.
    failures: usize,
}

impl Stage<'_> {
    /// A failing batch is tried picture by picture, so that one cannot take the others with it.
    fn embed(&mut self, mut members: Vec<Ready>) -> Result<Vec<Event>, IngestError> {
        let counts: Vec<usize> = members.iter().map(|member| member.images.len()).collect();
        let images: Vec<PreparedImage> =
            members.iter_mut().flat_map(|member| std::mem::take(&mut member.images)).collect();
        if members.len() > 1
            && let Ok(embeddings) = whole(self.embedder, &images)
        {
            self.failures = 0;
            let mut rest = embeddings.into_iter();
            let own = |(member, count)| embedded(member, rest.by_ref().take(count).collect());
            return members.into_iter().zip(counts).map(own).collect();
        }
        let mut rest = &images[..];
        let mut events = Vec::with_capacity(members.len());
        for (member, count) in members.into_iter().zip(counts) {
            let (own, others) = rest.split_at(count);
            rest = others;
            events.push(self.single(member, own)?);
        }
        Ok(events)
    }

    fn single(&mut self, member: Ready, images: &[PreparedImage]) -> Result<Event, IngestError> {
        let error = match whole(self.embedder, images) {
            Ok(embeddings) => {
                self.failures = 0;
                return embedded(member, embeddings);
            }
            Err(error) => error,
        };
        let runtime = matches!(error, InferenceError::Runtime(_));
        self.failures += usize::from(runtime);
        let missing = matches!(error, InferenceError::Missing { .. });
        if missing || self.failures >= MOST_FAILURES {
            return Err(error.into());
        }
        Ok(unembedded(member, &error))
    }
}

pub(crate) fn whole(
    embedder: &dyn ImageEmbedder,
    images: &[PreparedImage],
) -> Result<Vec<Embedding>, InferenceError> {
    let embeddings = embedder.embed(images)?;
    if embeddings.len() == images.len() {
        return Ok(embeddings);
    }
    let message = format!("{} vectors for {} pictures", embeddings.len(), images.len());
    Err(InferenceError::Runtime(message))
}

/// A picture has its own vector, a video the mean of its frames' (RAGME, Eq. 3), a recording none.
fn embedded(ready: Ready, embeddings: Vec<Embedding>) -> Result<Event, IngestError> {
    let embedding = mean(&embeddings)?;
    let frames = ready.moments.iter().zip(embeddings);
    let frames = frames.map(|(at_ms, embedding)| NewFrame { at_ms: *at_ms, embedding }).collect();
    Ok(Event::Embedded { ready: Box::new(ready), embedding, frames })
}

/// Mean of unit vectors, of unit length again; a single one stays bit for bit.
pub(crate) fn mean<'e>(
    embeddings: impl IntoIterator<Item = &'e Embedding>,
) -> Result<Option<Embedding>, IngestError> {
    let parts: Vec<(f32, &Embedding)> = embeddings.into_iter().map(|e| (1.0, e)).collect();
    Ok(Embedding::mix(&parts)?)
}

fn unembedded(ready: Ready, error: &InferenceError) -> Event {
    let (path, message) = (ready.path, error.to_string());
    let failure = FileFailure { path, message, hint: None, lasting: false };
    let look = Some((ready.file.bytes, ready.file.mtime_ns));
    Event::Failed { failure, claimed: Some(ready.asset.id), look, cost: ready.cost }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_follow_the_machine() {
        let ms = Duration::from_millis;
        assert_eq!(next_batch(2, true, ms(100)), 4);
        assert_eq!(next_batch(2, false, ms(100)), 2);
        assert_eq!(next_batch(8, true, ms(900)), 8);
        assert_eq!(next_batch(8, true, ms(2000)), 4);
        assert_eq!(next_batch(1, true, ms(9000)), 1);
    }
}
