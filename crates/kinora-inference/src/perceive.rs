//! Pictures and sound to words.

use kinora_types::{Control, Embedding, Picture, Quad, TimeRange, TimedWord};

use crate::InferenceError;

/// Samples a second of all sound that a model hears; one channel.
pub const SAMPLE_RATE: u32 = 16_000;

/// What was said in one breath: a sentence or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeechSegment {
    /// The words; empty where somebody speaks and no words were made out.
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

/// Pieces of sound in order, each any number of samples at [`SAMPLE_RATE`], -1 to 1.
pub type Samples<'a> = dyn Iterator<Item = Result<Vec<f32>, InferenceError>> + 'a;

/// Hears what is said. Called by one thread at a time; uses all cores itself. Segments come in order of
/// time, each as soon as it is known, and never overlap; silence and music give none, speech that was not
/// understood gives one without words. Memory does not
/// grow with the length of the recording. An error from `samples` ends the work and is passed on;
/// segments that came before it stand.
pub trait SpeechRecognizer: Send + Sync {
    /// Name and revision of the model.
    fn model(&self) -> &str;
    /// Hears a whole recording.
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
    /// Where.
    pub region: Quad,
    /// Mean probability of the characters, 0 to 1.
    pub confidence: f32,
}

/// Reads what is written in pictures. Called by one thread at a time; uses all cores itself. Lines come
/// in reading order; a picture without text gives none.
pub trait TextReader: Send + Sync {
    /// Name and revision of the model.
    fn model(&self) -> &str;
    /// Reads one upright picture.
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

/// Names what pictures show, most certain first; a picture that it does not know gives none.
pub trait Tagger: Send + Sync {
    /// Name and revision of the model.
    fn model(&self) -> &str;
    /// Names what one picture shows; `embedding` is the picture's own, of the library's space.
    fn tag(
        &self,
        picture: &Picture,
        embedding: &Embedding,
    ) -> Result<Vec<TagGuess>, InferenceError>;
}

/// Says in a sentence what pictures show. Called by one thread at a time.
pub trait Captioner: Send + Sync {
    /// Name and revision of the model, with the prompt's if it has one.
    fn model(&self) -> &str;
    /// The sentence, never empty, and how sure the model is of it, 0 to 1, if it says so.
    fn caption(
        &self,
        picture: &Picture,
        control: &Control,
    ) -> Result<(String, Option<f32>), InferenceError>;
}
