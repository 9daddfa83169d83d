//! Pictures and sound to words.

use kinora_types::{Control, Embedding, Picture, Quad, TimeRange, TimedWord};

use crate::InferenceError;

/// Samples a second of the sound that models take; one channel.
pub const SAMPLE_RATE: u32 = 16_000;

/// A segment of speech: a sentence or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechSegment {
    /// The words; empty for speech that was not understood.
    pub text: String,
    /// From the first word to the last; never empty.
    pub range: TimeRange,
    /// Each word by itself.
    pub words: Vec<TimedWord>,
    /// Geometric mean of the tokens' probabilities, 0 to 1; below [`kinora_types::DOUBTFUL_BELOW`] the words
    /// are a guess.
    pub confidence: f32,
    /// ISO 639-1 code of the language; empty where there are no words.
    pub language: String,
}

/// Chunks of sound in order, each of any number of samples at [`SAMPLE_RATE`], -1 to 1.
pub type Samples<'a> = dyn Iterator<Item = Result<Vec<f32>, InferenceError>> + 'a;

/// Speech recognition. Called by one thread at a time; uses all cores itself.
///
/// Contract: segments come in order of time, each as soon as it is known, and never overlap. Silence and music give
/// none, speech that was not understood gives one without words. The same sound gives the same segments, in whatever
/// chunks it comes and whatever was heard before. The control is polled before each chunk and at the end of the
/// sound, and while a stretch of sound is worked on. An error of `samples` ends the work and is passed on, nothing is
/// asked of `samples` after it, and segments that came before it are valid. Memory does not grow with the length of
/// the recording; the weights live as long as the value.
pub trait SpeechRecognizer: Send + Sync {
    /// Name and revision of the model.
    fn model(&self) -> &str;
    /// Transcribes a whole recording; the callback `segment` gets each segment.
    ///
    /// # Errors
    /// Those of `samples`; [`InferenceError::Input`] for a sample that is not a finite number;
    /// [`InferenceError::Cancelled`]; what kept the model from running.
    fn transcribe(
        &self,
        samples: &mut Samples<'_>,
        control: &Control,
        segment: &mut dyn FnMut(SpeechSegment),
    ) -> Result<(), InferenceError>;
}

/// A line of text in a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct TextLine {
    /// The words.
    pub text: String,
    /// The corners of the line, as fractions of the picture's width and height.
    pub region: Quad,
    /// Mean probability of the characters, 0 to 1.
    pub confidence: f32,
}

/// Text recognition in pictures (OCR). Called by one thread at a time; uses all cores itself.
///
/// Contract: lines come in reading order, each one line of words without space around it; a picture without text,
/// however small or narrow, gives none. The same picture gives the same lines, whatever was read before. Memory: a few
/// copies of the picture; the weights live as long as the value.
pub trait TextReader: Send + Sync {
    /// Name and revision of the model.
    fn model(&self) -> &str;
    /// Reads one upright picture.
    ///
    /// # Errors
    /// What kept the model from running.
    fn read(&self, picture: &Picture) -> Result<Vec<TextLine>, InferenceError>;
}

/// A word for what a picture shows.
#[derive(Clone, Debug, PartialEq)]
pub struct TagGuess {
    /// The word, in lower case, of the tagger's own vocabulary.
    pub word: String,
    /// Probability that it is right, 0 to 1, as it was calibrated.
    pub confidence: f32,
}

/// Tags pictures with words of a vocabulary of its own. Safe to call from several threads.
///
/// Contract: the most certain tag comes first and none twice; a picture that the tagger does not know has no tags. The
/// same picture gives the same tags, whatever was tagged before. Memory: the vocabulary, as long as the value lives.
pub trait Tagger: Send + Sync {
    /// Name and revision of the model.
    fn model(&self) -> &str;
    /// Names what one picture shows; `embedding` is the picture's own, of the library's space.
    ///
    /// # Errors
    /// [`InferenceError::Input`] if the embedding is of another space; what kept the model from running.
    fn tag(
        &self,
        picture: &Picture,
        embedding: &Embedding,
    ) -> Result<Vec<TagGuess>, InferenceError>;
}

/// Captions pictures in one sentence. Called by one thread at a time.
///
/// Contract: a caption is one line, without space around it. The same picture gives the same caption, whatever was
/// captioned before; a service is asked for that and may fall short of it. The control is polled before and while the
/// model works, at least ten times a second. Memory: a copy of the picture, no larger than the model sees; the weights
/// live as long as the value.
pub trait Captioner: Send + Sync {
    /// Name and revision of the model, with the prompt's if it has one.
    fn model(&self) -> &str;
    /// The sentence, never empty, and how sure the model is of it, 0 to 1, if it says so.
    ///
    /// # Errors
    /// [`InferenceError::Cancelled`]; what kept the model from running, or that it said nothing.
    fn caption(
        &self,
        picture: &Picture,
        control: &Control,
    ) -> Result<(String, Option<f32>), InferenceError>;
}
