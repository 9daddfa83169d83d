//! Models that work for one caller at a time, behind a queue each.

use std::sync::Arc;

use kinora_inference::{
    Completion, CompletionRequest, Destination, InferenceError, LanguageModel, Message, Samples,
    SpeechRecognizer, SpeechSegment, TextLine, TextReader, TokenCount, VisionLanguageModel,
};
use kinora_types::{Control, Picture};

use super::{queue::Queue, slot::Lease};

/// A model and the line before it.
pub(crate) struct Queued<M: ?Sized> {
    queue: Queue,
    model: Box<M>,
}

impl<M: ?Sized> Queued<M> {
    pub(crate) fn new(model: Box<M>) -> Arc<Self> {
        Arc::new(Self { queue: Queue::default(), model })
    }
}

impl<M: LanguageModel + ?Sized> LanguageModel for Queued<M> {
    fn model(&self) -> &str {
        self.model.model()
    }

    fn context_length(&self) -> Result<u32, InferenceError> {
        let _turn = self.queue.turn(&Control::default())?;
        self.model.context_length()
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<TokenCount, InferenceError> {
        let _turn = self.queue.turn(&Control::default())?;
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
        let _turn = self.queue.turn(control)?;
        self.model.complete(request, control, delta)
    }
}

impl<M: VisionLanguageModel + ?Sized> VisionLanguageModel for Queued<M> {
    fn picture_side(&self) -> u32 {
        self.model.picture_side()
    }
}

impl<M: SpeechRecognizer + ?Sized> SpeechRecognizer for Queued<M> {
    fn model(&self) -> &str {
        self.model.model()
    }

    fn transcribe(
        &self,
        samples: &mut Samples<'_>,
        control: &Control,
        segment: &mut dyn FnMut(SpeechSegment),
    ) -> Result<(), InferenceError> {
        let _turn = self.queue.turn(control)?;
        self.model.transcribe(samples, control, segment)
    }
}

impl<M: TextReader + ?Sized> TextReader for Queued<M> {
    fn model(&self) -> &str {
        self.model.model()
    }

    fn read(&self, picture: &Picture) -> Result<Vec<TextLine>, InferenceError> {
        let _turn = self.queue.turn(&Control::default())?;
        self.model.read(picture)
    }
}

impl<M: LanguageModel + ?Sized> LanguageModel for Lease<M> {
    fn model(&self) -> &str {
        (**self).model()
    }

    fn context_length(&self) -> Result<u32, InferenceError> {
        (**self).context_length()
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<TokenCount, InferenceError> {
        (**self).count_tokens(messages)
    }

    fn destination(&self) -> Option<&Destination> {
        (**self).destination()
    }

    fn complete(
        &self,
        request: &CompletionRequest,
        control: &Control,
        delta: &mut dyn FnMut(&str),
    ) -> Result<Completion, InferenceError> {
        (**self).complete(request, control, delta)
    }
}

impl<M: VisionLanguageModel + ?Sized> VisionLanguageModel for Lease<M> {
    fn picture_side(&self) -> u32 {
        (**self).picture_side()
    }
}
