//! Vision-language models: a GGUF file and its projector, by llama.cpp's multimodal part (mtmd).

use std::{
    ffi::CString,
    path::Path,
    sync::{Mutex, PoisonError},
};

use kinora_inference::{
    Completion, CompletionRequest, Destination, InferenceError, LanguageModel, Message, Part,
    TokenCount, VisionLanguageModel,
};
use kinora_types::Control;
use llama_cpp_2::mtmd::{
    MtmdBitmap, MtmdContext, MtmdContextParams, MtmdInputChunks, MtmdInputText, mtmd_default_marker,
};

use super::{Llama, LlamaConfig, LlamaError, Prompt, check_file, failed, utf8};
use crate::fit::fit;

/// A picture's tokens may have to be read at once.
const BATCH: u32 = 2048;
const PICTURE_SIDE: u32 = 1024;

/// A vision-language model in a GGUF file. The control is polled between prompt and answer and in the answer, not
/// while a picture is encoded.
#[derive(Debug)]
pub struct SeeingLlama {
    llama: Llama,
    eyes: Mutex<MtmdContext>,
}

impl SeeingLlama {
    /// Maps model and projector.
    ///
    /// # Errors
    /// [`LlamaError`], as [`Llama::open`], and if the projector is none or does not fit.
    pub fn open(config: &LlamaConfig, projector: &Path) -> Result<Self, LlamaError> {
        let llama = Llama::open(config)?;
        check_file(projector)?;
        let broken =
            |detail: &str| LlamaError::Broken { path: projector.to_owned(), detail: detail.into() };
        let marker = CString::new(mtmd_default_marker()).map_err(|_| broken("no marker"))?;
        let params = MtmdContextParams {
            use_gpu: false,
            print_timings: false,
            n_threads: llama.threads,
            media_marker: marker,
            ..MtmdContextParams::default()
        };
        let eyes = MtmdContext::init_from_file(utf8(projector)?, &llama.model, &params)
            .map_err(|error| broken(&error.to_string()))?;
        if !eyes.support_vision() {
            return Err(broken("it sees no pictures"));
        }
        Ok(Self { llama, eyes: Mutex::new(eyes) })
    }

    /// The prompt as chunks of tokens and pictures.
    fn chunks(
        &self,
        eyes: &MtmdContext,
        messages: &[Message],
    ) -> Result<MtmdInputChunks, InferenceError> {
        let contents: Vec<String> = messages.iter().map(|m| self.marked(m)).collect();
        let text = self.llama.framed(messages, &contents)?;
        let bitmaps: Result<Vec<MtmdBitmap>, InferenceError> = messages
            .iter()
            .flat_map(Message::pictures)
            .map(|picture| {
                let picture = fit(picture, PICTURE_SIDE);
                MtmdBitmap::from_image_data(picture.width(), picture.height(), picture.rgb())
                    .map_err(failed)
            })
            .collect();
        let bitmaps = bitmaps?;
        let bitmaps: Vec<&MtmdBitmap> = bitmaps.iter().collect();
        let input = MtmdInputText { text, add_special: true, parse_special: true };
        eyes.tokenize(input, &bitmaps).map_err(failed)
    }

    /// A message's words with a mark for each picture, and no mark or control token of its own.
    fn marked(&self, message: &Message) -> String {
        let marker = mtmd_default_marker();
        let part = |part: &Part| match part {
            Part::Text(words) => self.llama.defused(&words.replace(marker, "")),
            Part::Picture(_) => marker.to_owned(),
        };
        message.parts.iter().map(part).collect::<Vec<_>>().join("\n")
    }
}

impl LanguageModel for SeeingLlama {
    fn model(&self) -> &str {
        self.llama.model()
    }

    fn context_length(&self) -> Result<u32, InferenceError> {
        self.llama.context_length()
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<TokenCount, InferenceError> {
        let eyes = self.eyes.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = self.chunks(&eyes, messages)?.total_tokens() as u32;
        Ok(TokenCount { tokens, exact: true })
    }

    fn destination(&self) -> Option<&Destination> {
        None
    }

    fn complete(
        &self,
        request: &CompletionRequest,
        control: &Control,
        delta: &mut dyn FnMut(&str),
    ) -> Result<Completion, InferenceError> {
        request.check()?;
        control.check()?;
        let mut eyes = self.eyes.lock().unwrap_or_else(PoisonError::into_inner);
        let chunks = self.chunks(&eyes, &request.messages)?;
        let count = chunks.total_tokens();
        let most = request.max_tokens.min(self.llama.room_after(count)?);
        let _turn = self.llama.take_turn();
        let tokens = count as u32;
        let mut context = self.llama.new_context(tokens + most, BATCH)?;
        let end = chunks
            .eval_chunks(&mut eyes, &mut context, 0, 0, BATCH as i32, true)
            .map_err(failed)?;
        self.llama.speak(&mut context, Prompt { tokens, end }, most, request, control, delta)
    }
}

impl VisionLanguageModel for SeeingLlama {
    fn picture_side(&self) -> u32 {
        PICTURE_SIDE
    }
}
