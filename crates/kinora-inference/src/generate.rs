//! Shots: from references and words to frames.

use std::sync::Arc;

use kinora_types::{
    CameraMove, Cancelled, Control, Embedding, GeneratorRecord, Picture, Size, SourceRecord,
    YuvFrame,
};

/// Role of a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceRole {
    /// The picture that is shown.
    Subject,
    /// A video whose motion is followed.
    Motion,
    /// A picture whose appearance is followed.
    Style,
}

/// A retrieved source, decoded, with its role.
#[derive(Clone, Debug)]
pub struct Reference {
    /// Which source, and which range of a video, as the record of the film will name it.
    pub source: SourceRecord,
    /// Its role.
    pub role: ReferenceRole,
    /// What was decoded of it.
    pub content: ReferenceContent,
}

/// What was decoded of a source.
#[derive(Clone, Debug)]
pub enum ReferenceContent {
    /// A picture, or one frame of a video.
    Picture(Picture),
    /// A range of a video.
    Clip(ReferenceClip),
}

/// A range of a video as generators read it. Memory: some KB a clip, and the frames where they are kept; clones
/// share the frames.
#[derive(Clone, Debug)]
pub struct ReferenceClip {
    /// Embeddings of frames in order of time, at the rate that the generator reads.
    pub embeddings: Vec<Embedding>,
    /// The frames in order of time, where the generator reads them; else none.
    pub frames: Arc<[Picture]>,
}

impl Reference {
    /// The picture; `None` for a clip.
    pub fn picture(&self) -> Option<&Picture> {
        match &self.content {
            ReferenceContent::Picture(picture) => Some(picture),
            ReferenceContent::Clip(_) => None,
        }
    }

    /// The clip; `None` for a picture.
    pub fn clip(&self) -> Option<&ReferenceClip> {
        match &self.content {
            ReferenceContent::Picture(_) => None,
            ReferenceContent::Clip(clip) => Some(clip),
        }
    }
}

/// Everything a generator may depend on: the same request gives the same frames if the generator
/// calls itself deterministic.
#[derive(Clone, Debug)]
pub struct ShotRequest {
    /// Prompt of the shot.
    pub prompt: String,
    /// The source of the shot, then what was retrieved besides, best first. The record of the shot names all of them.
    pub references: Vec<Reference>,
    /// The planned move, for generators that move a camera.
    pub camera: Option<CameraMove>,
    /// Frame size.
    pub size: Size,
    /// Frames a second.
    pub fps: u32,
    /// Number of frames to make, at least 1.
    pub frames: u32,
    /// Seed of every free choice.
    pub seed: u64,
}

/// The consumer of frames refused one (the encoder died, say).
#[derive(Debug, thiserror::Error)]
#[error("frame not accepted: {0}")]
pub struct SinkError(pub String);

/// Takes frames in order, one at a time; may block (that is the back-pressure).
pub trait FrameSink {
    /// Takes the next frame, of the requested size, in the encoder's own form.
    ///
    /// # Errors
    /// [`SinkError`] if the consumer takes no more frames, or not this one.
    fn frame(&mut self, frame: &YuvFrame) -> Result<(), SinkError>;
    /// Takes the next frame as RGB, for generators that make no other; costs a conversion.
    ///
    /// # Errors
    /// As [`FrameSink::frame`].
    fn picture(&mut self, frame: &Picture) -> Result<(), SinkError>;
}

/// A shot could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The request lacks something that this generator needs. The caller can fix it.
    #[error("cannot make this shot: {0}")]
    Request(String),
    /// A model or service is missing; the hint says how to get it.
    #[error("{message}")]
    Missing {
        /// Message that names what is missing.
        message: String,
        /// Hint on how to fix it.
        hint: String,
    },
    /// The generator failed.
    #[error("generator failed: {0}")]
    Failed(String),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The consumer refused a frame.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

/// Makes shots. Called from one thread at a time per value; may use threads of its own.
///
/// Contract: exactly `request.frames` frames of `request.size` go to the sink, in order, before `Ok`; the control is
/// polled at least once a frame (a service: at least once a second); on error the frames given so far are invalid. The
/// frames depend on the request alone, never on an earlier one, and the record names everything that they depend on.
/// A request that lacks what the generator needs is [`GenerateError::Request`], before any frame.
pub trait ShotGenerator: Send {
    /// Name, as in the record and in `--generator`.
    fn name(&self) -> &'static str;
    /// Makes one shot; progress is the number of frames that the sink has taken.
    ///
    /// # Errors
    /// See [`GenerateError`].
    fn generate(
        &mut self,
        request: &ShotRequest,
        sink: &mut dyn FrameSink,
        control: &Control,
    ) -> Result<GeneratorRecord, GenerateError>;
}
