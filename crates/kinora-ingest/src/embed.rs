//! Batches for the embedder.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use kinora_inference::{EmbedError, ImageEmbedder, PreparedImage};
use kinora_types::Embedding;

use crate::{FileFailure, IngestError, commit::Event, pipeline::Stop, prepare::Ready};

/// How long a batch waits to be filled: longer than a decode, shorter than people notice.
const FILL: Duration = Duration::from_millis(60);

/// Embeds until the senders are gone or nobody listens.
pub(crate) fn run(
    embedder: &dyn ImageEmbedder,
    batch: usize,
    ready: &Receiver<Box<Ready>>,
    events: &Sender<Event>,
    stop: &Stop,
) -> Result<(), IngestError> {
    while let Ok(first) = ready.recv() {
        let members = fill(first, batch, ready);
        if stop.asked() {
            break;
        }
        for event in embed(embedder, members)? {
            if events.send(event).is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
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

/// A failing batch is tried picture by picture, so that one cannot take the others with it; if all
/// fail alike, the embedder is at fault and the run ends.
fn embed(embedder: &dyn ImageEmbedder, mut members: Vec<Ready>) -> Result<Vec<Event>, IngestError> {
    let take = |m: &mut Ready| PreparedImage {
        side: m.image.side,
        values: std::mem::take(&mut m.image.values),
    };
    let images: Vec<PreparedImage> = members.iter_mut().map(take).collect();
    match whole(embedder, &images) {
        Ok(embeddings) => Ok(members.into_iter().zip(embeddings).map(embedded).collect()),
        Err(error @ EmbedError::Missing { .. }) => Err(error.into()),
        Err(error) if images.len() == 1 && !matches!(error, EmbedError::Input(_)) => {
            Err(error.into())
        }
        Err(error) => singly(embedder, members, &images, error),
    }
}

fn whole(
    embedder: &dyn ImageEmbedder,
    images: &[PreparedImage],
) -> Result<Vec<Embedding>, EmbedError> {
    let embeddings = embedder.embed(images)?;
    if embeddings.len() == images.len() {
        return Ok(embeddings);
    }
    let message = format!("{} vectors for {} pictures", embeddings.len(), images.len());
    Err(EmbedError::Runtime(message))
}

fn singly(
    embedder: &dyn ImageEmbedder,
    members: Vec<Ready>,
    images: &[PreparedImage],
    first: EmbedError,
) -> Result<Vec<Event>, IngestError> {
    let mut events = Vec::with_capacity(images.len());
    let mut succeeded = false;
    for (member, image) in members.into_iter().zip(images.chunks(1)) {
        match whole(embedder, image) {
            Ok(mut embeddings) => {
                succeeded = true;
                events.extend(embeddings.pop().map(|embedding| embedded((member, embedding))));
            }
            Err(error) => events.push(unembedded(member, &error)),
        }
    }
    if !succeeded && !matches!(first, EmbedError::Input(_)) {
        return Err(first.into());
    }
    Ok(events)
}

fn embedded((ready, embedding): (Ready, Embedding)) -> Event {
    let ready = Box::new(ready);
    Event::Embedded { ready, embedding }
}

fn unembedded(ready: Ready, error: &EmbedError) -> Event {
    let failure = FileFailure { path: ready.path, message: error.to_string(), hint: None };
    Event::Failed { failure, landed: Some(ready.asset.id) }
}
