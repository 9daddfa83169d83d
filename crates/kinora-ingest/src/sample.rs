//! Which frames of a video are embedded: about one a second, and at least [`PER_SHOT`] a shot.
//!
//! Where shots meet is known only at the end, so a sudden change of the picture is taken for a cut: a few
//! frames behind it are kept aside, and embedded if the next change comes before the seconds have given
//! enough. Memory: network inputs, a batch and the few aside; the vectors of one video.

use std::mem;

use kinora_catalog::NewFrame;
use kinora_image::frame::to_picture;
use kinora_inference::{ImageEmbedder, PreparedImage};
use kinora_types::{TimeRange, YuvFrame};
use kinora_video::Frame;

use crate::{IngestError, embed::whole};

/// Frames of a shot that are embedded at least.
pub(crate) const PER_SHOT: u32 = 3;
/// Between two frames that are embedded, in milliseconds (RAGME: about one a second).
const STEP_MS: u64 = 1000;
/// Behind a change, in milliseconds: when frames are kept aside.
const ASIDE_MS: [u64; 3] = [120, 420, 720];
/// A shot this short, in milliseconds, has hardly different frames: one is enough.
const BLINK_MS: u128 = 300;
/// Frames embedded at once.
const BATCH: usize = 8;
/// Mean change of light from one frame to the next, of 255, that is taken for a cut.
const CUT: f32 = 20.0;
/// Pixels between two whose light is compared.
const STRIDE: usize = 7;

/// A frame made ready.
type Input = (u64, PreparedImage);

/// Takes frames and embeds them in batches.
pub(crate) struct Sampler<'a> {
    embedder: &'a dyn ImageEmbedder,
    waiting: Vec<Input>,
    next_ms: u64,
    /// Light of some pixels of the frame before.
    light: Vec<u8>,
    change_ms: u64,
    /// Frames taken since the last change.
    taken: u32,
    aside: Vec<Input>,
    /// What was embedded.
    pub(crate) frames: Vec<NewFrame>,
}

impl<'a> Sampler<'a> {
    pub(crate) fn new(embedder: &'a dyn ImageEmbedder) -> Self {
        Self {
            embedder,
            waiting: Vec::new(),
            next_ms: 0,
            light: Vec::new(),
            change_ms: 0,
            taken: 0,
            aside: Vec::new(),
            frames: Vec::new(),
        }
    }

    /// Whether this frame is one of the sample.
    pub(crate) fn take(&mut self, frame: &Frame) -> Result<bool, IngestError> {
        let at_ms = frame.at.as_millis() as u64;
        if self.changes(&frame.image) {
            self.settle()?;
            (self.change_ms, self.taken) = (at_ms, 0);
        }
        if at_ms >= self.next_ms {
            self.next_ms = at_ms - at_ms % STEP_MS + STEP_MS;
            self.taken += 1;
            self.wait(frame)?;
            return Ok(true);
        }
        let due = ASIDE_MS.get(self.aside.len());
        if self.taken < PER_SHOT && due.is_some_and(|due| at_ms >= self.change_ms + due) {
            self.aside.push((at_ms, self.embedder.prepare(&to_picture(&frame.image))?));
        }
        Ok(false)
    }

    /// Adds a frame, whatever the time.
    pub(crate) fn wait(&mut self, frame: &Frame) -> Result<(), IngestError> {
        let image = self.embedder.prepare(&to_picture(&frame.image))?;
        self.push((frame.at.as_millis() as u64, image))
    }

    /// Embeds what is left.
    pub(crate) fn finish(&mut self) -> Result<(), IngestError> {
        self.settle()?;
        self.embed()
    }

    /// Whether a shot has too few frames.
    pub(crate) fn lacks(&self, shot: TimeRange) -> bool {
        let seen = self.frames.iter().filter(|frame| shot.contains(frame.at_ms)).count();
        let enough = if shot.length().as_millis() < BLINK_MS { 1 } else { PER_SHOT as usize };
        seen < enough
    }

    /// Takes from aside what the shot that ends here lacks.
    fn settle(&mut self) -> Result<(), IngestError> {
        let missing = PER_SHOT.saturating_sub(self.taken) as usize;
        for input in mem::take(&mut self.aside).into_iter().take(missing) {
            self.push(input)?;
        }
        Ok(())
    }

    fn push(&mut self, input: Input) -> Result<(), IngestError> {
        self.waiting.push(input);
        if self.waiting.len() >= BATCH { self.embed() } else { Ok(()) }
    }

    fn embed(&mut self) -> Result<(), IngestError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let (moments, images): (Vec<u64>, Vec<PreparedImage>) =
            mem::take(&mut self.waiting).into_iter().unzip();
        let embeddings = whole(self.embedder, &images)?;
        let new = moments.into_iter().zip(embeddings);
        self.frames.extend(new.map(|(at_ms, embedding)| NewFrame { at_ms, embedding }));
        Ok(())
    }

    /// Whether the light changes more than a moving picture's does.
    fn changes(&mut self, image: &YuvFrame) -> bool {
        let light: Vec<u8> = image.planes()[0].iter().step_by(STRIDE).copied().collect();
        let before = mem::replace(&mut self.light, light);
        if before.len() != self.light.len() {
            return false;
        }
        let changes = before.iter().zip(&self.light).map(|(a, b)| f32::from(a.abs_diff(*b)));
        changes.sum::<f32>() / before.len().max(1) as f32 > CUT
    }
}
