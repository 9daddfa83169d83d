//! Any model under the eyes of a [`Spy`].

use kinora_inference::{
    Captioner, Completion, CompletionRequest, Destination, ImageEmbedder, InferenceError,
    LanguageModel, Message, PreparedImage, Samples, ScoreModel, SpeechRecognizer, SpeechSegment,
    TagGuess, Tagger, TextEmbedder, TextLine, TextReader, TokenCount, VisionLanguageModel,
};
use kinora_types::{Control, Embedding, EmbeddingSpace, Picture};

use super::Spy;

/// A model, fake or real, whose life and calls a spy counts and may hold. It is of every seam that `T` is of.
#[derive(Debug)]
pub struct Spied<T> {
    model: T,
    spy: Spy,
}

impl<T> Spied<T> {
    /// Puts a model under the eyes of `spy`, which counts it as loaded.
    pub fn new(model: T, spy: &Spy) -> Self {
        spy.loaded();
        Self { model, spy: spy.clone() }
    }
}

impl<T> Drop for Spied<T> {
    fn drop(&mut self) {
        self.spy.dropped();
    }
}

impl<T: ImageEmbedder> ImageEmbedder for Spied<T> {
    fn space(&self) -> &EmbeddingSpace {
        self.model.space()
    }

    fn input_side(&self) -> u32 {
        self.model.input_side()
    }

    // Not a call: it may run on many threads at once.
    fn prepare(&self, picture: &Picture) -> Result<PreparedImage, InferenceError> {
        self.model.prepare(picture)
    }

    fn embed(&self, batch: &[PreparedImage]) -> Result<Vec<Embedding>, InferenceError> {
        let call = self.spy.begin();
        call.checkpoint();
        self.model.embed(batch)
    }
}

impl<T: TextEmbedder> TextEmbedder for Spied<T> {
    fn space(&self) -> &EmbeddingSpace {
        self.model.space()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, InferenceError> {
        let call = self.spy.begin();
        call.checkpoint();
        self.model.embed(texts)
    }

    fn score_model(&self) -> &ScoreModel {
        self.model.score_model()
    }

    fn vocabulary(&self) -> Result<Vec<String>, InferenceError> {
        self.model.vocabulary()
    }
}

impl<T: SpeechRecognizer> SpeechRecognizer for Spied<T> {
    fn model(&self) -> &str {
        self.model.model()
    }

    fn transcribe(
        &self,
        samples: &mut Samples<'_>,
        control: &Control,
        segment: &mut dyn FnMut(SpeechSegment),
    ) -> Result<(), InferenceError> {
        let call = self.spy.begin();
        call.checkpoint_until(control)?;
        let mut watched = samples.map(|piece| {
            call.checkpoint_until(control)?;
            piece
        });
        self.model.transcribe(&mut watched, control, segment)
    }
}

impl<T: TextReader> TextReader for Spied<T> {
    fn model(&self) -> &str {
        self.model.model()
    }

    fn read(&self, picture: &Picture) -> Result<Vec<TextLine>, InferenceError> {
        let call = self.spy.begin();
        call.checkpoint();
        self.model.read(picture)
    }
}

impl<T: Tagger> Tagger for Spied<T> {
    fn model(&self) -> &str {
        self.model.model()
    }

    fn tag(
        &self,
        picture: &Picture,
        embedding: &Embedding,
    ) -> Result<Vec<TagGuess>, InferenceError> {
        let call = self.spy.begin();
        call.checkpoint();
        self.model.tag(picture, embedding)
    }
}

impl<T: Captioner> Captioner for Spied<T> {
    fn model(&self) -> &str {
        self.model.model()
    }

    fn caption(
        &self,
        picture: &Picture,
        control: &Control,
    ) -> Result<(String, Option<f32>), InferenceError> {
        let call = self.spy.begin();
        call.checkpoint_until(control)?;
        self.model.caption(picture, control)
    }
}

impl<T: LanguageModel> LanguageModel for Spied<T> {
    fn model(&self) -> &str {
        self.model.model()
    }

    fn context_length(&self) -> Result<u32, InferenceError> {
        self.model.context_length()
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<TokenCount, InferenceError> {
        self.model.count_tokens(messages)
    }

    fn destination(&self) -> Option<&Destination> {
        self.model.destination()
    }

    fn complete(
        &self,
        request: &CompletionRequest,
        control: &Control,
        delta: &mut dyn FnMut(&str),
    ) -> Result<Completion, InferenceError> {
        let call = self.spy.begin();
        call.checkpoint_until(control)?;
        self.model.complete(request, control, &mut |text| {
            // Whoever is cancelled here hears it of the control, at the model's next look.
            if call.checkpoint_until(control).is_ok() {
                delta(text);
            }
        })
    }
}

impl<T: VisionLanguageModel> VisionLanguageModel for Spied<T> {
    fn picture_side(&self) -> u32 {
        self.model.picture_side()
    }
}
