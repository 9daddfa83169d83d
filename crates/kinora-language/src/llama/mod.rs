//! GGUF models in this process, by llama.cpp.
//!
//! Each answer has a context of its own, as long as its prompt and its answer: nothing of one conversation
//! is left for the next, and memory follows what is asked. Of llama.cpp's logs nothing is shown; what
//! fails is an error.
//!
//! Memory: the file is mapped; keys and values of the tokens in play (SmolLM2-135M 23 KiB a token,
//! Qwen2.5-1.5B 28 KiB).

mod error;
mod eyes;
mod prompt;

use std::{
    io::Read,
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use kinora_inference::{
    Completion, CompletionRequest, DeltaStream, Destination, Finish, InferenceError, LanguageModel,
    Message, TokenCount,
};
use kinora_types::Control;
use llama_cpp_2::{
    LogOptions,
    context::{LlamaContext, params::LlamaContextParams},
    llama_backend::LlamaBackend,
    llama_batch::LlamaBatch,
    model::{LlamaChatMessage, LlamaChatTemplate, LlamaModel, params::LlamaModelParams},
    sampling::LlamaSampler,
    send_logs_to_tracing,
    token::LlamaToken,
};

pub use error::LlamaError;
pub use eyes::SeeingLlama;

/// Tokens of a prompt between two polls of the control: near full speed on a processor, and below a second
/// with a model of some billion weights.
const BATCH: usize = 64;
/// Default context, in tokens, of a model that has more.
const CONTEXT: u32 = 8192;

/// Which model, and how it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LlamaConfig {
    /// Name that answers are signed with.
    pub name: String,
    /// The GGUF file.
    pub path: PathBuf,
    /// Tokens of the context; unset: what the model was trained with, at most 8192.
    pub context: Option<u32>,
    /// Threads; unset: as many as there are processors.
    pub threads: Option<usize>,
}

impl LlamaConfig {
    /// The model's own context, all processors.
    pub fn new(name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        Self { name: name.into(), path: path.into(), context: None, threads: None }
    }
}

/// A GGUF model.
#[derive(Debug)]
pub struct Llama {
    name: String,
    model: LlamaModel,
    template: LlamaChatTemplate,
    context: u32,
    threads: i32,
    /// Contexts are made and run by one thread at a time.
    turn: Mutex<()>,
}

impl Llama {
    /// Maps the file and reads its vocabulary and chat template.
    ///
    /// # Errors
    /// [`LlamaError`] if the processor is too old, the file is no GGUF or has no chat template.
    pub fn open(config: &LlamaConfig) -> Result<Self, LlamaError> {
        check_processor()?;
        check_file(&config.path)?;
        let broken = |detail: String| LlamaError::Broken { path: config.path.clone(), detail };
        let model =
            LlamaModel::load_from_file(backend()?, &config.path, &LlamaModelParams::default())
                .map_err(|error| broken(error.to_string()))?;
        let template = model.chat_template(None).map_err(|error| broken(error.to_string()))?;
        let trial =
            [LlamaChatMessage::new("user".into(), "?".into())
                .map_err(|e| broken(e.to_string()))?];
        if model.apply_chat_template(&template, &trial, true).is_err() {
            return Err(broken("llama.cpp does not know its chat template".into()));
        }
        let trained = model.n_ctx_train();
        let context = config.context.unwrap_or(CONTEXT).clamp(1, trained.max(1));
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = config.threads.unwrap_or(processors).max(1) as i32;
        let name = config.name.clone();
        Ok(Self { name, model, template, context, threads, turn: Mutex::new(()) })
    }

    fn take_turn(&self) -> MutexGuard<'_, ()> {
        // A panic elsewhere leaves no state here.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tokens of the prompt, or why it leaves no room.
    fn room_after(&self, prompt: usize) -> Result<u32, InferenceError> {
        let tokens = u32::try_from(prompt).unwrap_or(u32::MAX);
        match self.context.checked_sub(tokens) {
            Some(room) if room > 0 => Ok(room),
            _ => Err(InferenceError::TooLong { tokens: Some(tokens), limit: Some(self.context) }),
        }
    }

    fn new_context(&self, tokens: u32, batch: u32) -> Result<LlamaContext<'_>, LlamaError> {
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(tokens))
            .with_n_batch(batch)
            .with_n_ubatch(batch)
            .with_n_threads(self.threads)
            .with_n_threads_batch(self.threads);
        let context = self.model.new_context(backend()?, params);
        context.map_err(|error| LlamaError::Run(error.to_string()))
    }

    fn read(
        &self,
        context: &mut LlamaContext<'_>,
        prompt: &[LlamaToken],
        control: &Control,
    ) -> Result<(), InferenceError> {
        let mut batch = LlamaBatch::new(BATCH, 1);
        let last = prompt.len() - 1;
        for (part, tokens) in prompt.chunks(BATCH).enumerate() {
            control.check()?;
            batch.clear();
            for (index, token) in tokens.iter().enumerate() {
                let place = part * BATCH + index;
                batch.add(*token, place as i32, &[0], place == last).map_err(failed)?;
            }
            context.decode(&mut batch).map_err(failed)?;
        }
        Ok(())
    }

    /// Draws tokens until the model is done, `most` are there or a word ends the answer to a prompt of so many.
    fn speak(
        &self,
        context: &mut LlamaContext<'_>,
        prompt: Prompt,
        most: u32,
        request: &CompletionRequest,
        control: &Control,
        delta: &mut dyn FnMut(&str),
    ) -> Result<Completion, InferenceError> {
        let vocabulary = self.model.vocab();
        let mut sampler = sampler(request);
        let mut batch = LlamaBatch::new(1, 1);
        let (mut stream, mut text, mut count) = (DeltaStream::new(&request.stop), String::new(), 0);
        let mut tell = |certain: String| {
            if !certain.is_empty() {
                delta(&certain);
                text += &certain;
            }
        };
        let mut finish = Finish::Length;
        while count < most {
            control.check()?;
            let token = sampler.sample(context, -1);
            if vocabulary.is_eog(token) {
                finish = Finish::Stop;
                break;
            }
            count += 1;
            tell(stream.push(&vocabulary.token_to_piece(token, false, None)));
            if stream.stopped() {
                finish = Finish::Stop;
                break;
            }
            if count < most {
                batch.clear();
                batch.add(token, prompt.end + count as i32 - 1, &[0], true).map_err(failed)?;
                context.decode(&mut batch).map_err(failed)?;
            }
        }
        control.check()?;
        tell(stream.finish());
        let (prompt_tokens, tokens) = (Some(prompt.tokens), Some(count));
        Ok(Completion { text, prompt_tokens, tokens, finish, sent: None })
    }
}

/// A prompt that was read.
struct Prompt {
    tokens: u32,
    /// Place of the first token behind it; pictures may take another number of places than of tokens.
    end: i32,
}

impl LanguageModel for Llama {
    fn model(&self) -> &str {
        &self.name
    }

    fn context_length(&self) -> Result<u32, InferenceError> {
        Ok(self.context)
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<TokenCount, InferenceError> {
        Ok(TokenCount { tokens: self.prompt(messages)?.len() as u32, exact: true })
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
        request.refuse_pictures()?;
        control.check()?;
        let prompt = self.prompt(&request.messages)?;
        let most = request.max_tokens.min(self.room_after(prompt.len())?);
        let _turn = self.take_turn();
        let tokens = prompt.len() as u32;
        let mut context = self.new_context(tokens + most, BATCH as u32)?;
        self.read(&mut context, &prompt, control)?;
        let prompt = Prompt { tokens, end: tokens as i32 };
        self.speak(&mut context, prompt, most, request, control, delta)
    }
}

fn sampler(request: &CompletionRequest) -> LlamaSampler {
    if request.temperature == 0.0 {
        return LlamaSampler::greedy();
    }
    // Both halves of the seed count.
    let seed = (request.seed ^ (request.seed >> 32)) as u32;
    LlamaSampler::chain_simple([LlamaSampler::temp(request.temperature), LlamaSampler::dist(seed)])
}

fn failed(error: impl std::fmt::Display) -> InferenceError {
    InferenceError::Runtime(error.to_string())
}

/// llama.cpp is initialised once in a process.
fn backend() -> Result<&'static LlamaBackend, LlamaError> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    let made = BACKEND.get_or_init(|| {
        send_logs_to_tracing(LogOptions::default().with_logs_enabled(false));
        LlamaBackend::init().map_err(|error| error.to_string())
    });
    made.as_ref().map_err(|error| LlamaError::Run(error.clone()))
}

/// `.cargo/config.toml` builds llama.cpp for x86-64-v3; an older processor would die of an illegal
/// instruction.
fn check_processor() -> Result<(), LlamaError> {
    #[cfg(target_arch = "x86_64")]
    if !(std::is_x86_feature_detected!("avx2")
        && std::is_x86_feature_detected!("fma")
        && std::is_x86_feature_detected!("f16c")
        && std::is_x86_feature_detected!("bmi2"))
    {
        return Err(LlamaError::Processor);
    }
    Ok(())
}

/// Whether a file that llama.cpp could not load is no GGUF file, by its first four bytes.
fn check_file(path: &Path) -> Result<(), LlamaError> {
    let failed = |source| LlamaError::Io { path: path.to_owned(), source };
    let mut magic = Vec::new();
    let file = kinora_files::open(path).map_err(failed)?;
    file.take(4).read_to_end(&mut magic).map_err(failed)?;
    match magic == *b"GGUF" {
        true => Ok(()),
        false => {
            Err(LlamaError::Broken { path: path.to_owned(), detail: "it is no GGUF file".into() })
        }
    }
}

/// The path as llama.cpp wants it.
fn utf8(path: &Path) -> Result<&str, LlamaError> {
    let broken =
        || LlamaError::Broken { path: path.to_owned(), detail: "the path is not UTF-8".into() };
    path.to_str().ok_or_else(broken)
}
