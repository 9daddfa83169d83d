//! Fakes of what turns pictures into words: each knows the colour that a picture has most of.

use kinora_inference::{
    Captioner, ImageEmbedder, InferenceError, TagGuess, Tagger, TextLine, TextReader,
};
use kinora_types::{Control, Embedding, EmbeddingSpace, Picture};

use super::{ColourEmbedder, colour};

/// Reads the name of a picture's colour as one line over the whole picture; nothing in a dark one.
#[derive(Clone, Copy, Debug, Default)]
pub struct ColourReader;

impl TextReader for ColourReader {
    fn model(&self) -> &str {
        "colour-reader@1"
    }

    fn read(&self, picture: &Picture) -> Result<Vec<TextLine>, InferenceError> {
        let region = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        let line = |word: &str| TextLine { text: format!("{word} paint"), region, confidence: 1.0 };
        Ok(colour::word(picture).map(line).into_iter().collect())
    }
}

/// Tags a picture with the name of its colour; a dark one with nothing.
#[derive(Clone, Debug)]
pub struct ColourTagger {
    space: EmbeddingSpace,
}

impl ColourTagger {
    /// A tagger of the pictures of a space.
    pub fn new(space: &EmbeddingSpace) -> Self {
        Self { space: space.clone() }
    }
}

impl Default for ColourTagger {
    /// The tagger of the default space of [`ColourEmbedder`].
    fn default() -> Self {
        Self::new(ImageEmbedder::space(&ColourEmbedder::default()))
    }
}

impl Tagger for ColourTagger {
    fn model(&self) -> &str {
        "colour-tagger@1"
    }

    fn tag(
        &self,
        picture: &Picture,
        embedding: &Embedding,
    ) -> Result<Vec<TagGuess>, InferenceError> {
        let same = self.space.check_same(embedding.space());
        same.map_err(|e| InferenceError::Input(e.to_string()))?;
        let guess = |word: &str| TagGuess { word: word.to_owned(), confidence: 0.9 };
        Ok(colour::word(picture).map(guess).into_iter().collect())
    }
}

/// Says which colour a picture has; half sure.
#[derive(Clone, Copy, Debug, Default)]
pub struct ColourCaptioner;

impl Captioner for ColourCaptioner {
    fn model(&self) -> &str {
        "colour-captioner@1"
    }

    fn caption(
        &self,
        picture: &Picture,
        control: &Control,
    ) -> Result<(String, Option<f32>), InferenceError> {
        control.check()?;
        Ok((format!("Something {}.", colour::word(picture).unwrap_or("dark")), Some(0.5)))
    }
}
