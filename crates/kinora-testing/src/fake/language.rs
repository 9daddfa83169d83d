//! Deterministic language models for tests; part of [`crate::fake`].

use kinora_types::{Control, Picture};

use kinora_inference::{
    Completion, CompletionRequest, DeltaStream, Destination, Finish, InferenceError, LanguageModel,
    Message, Part, Role, TokenCount, VisionLanguageModel,
};

/// Tokens that a picture costs.
const PICTURE_TOKENS: u32 = 16;
/// Tokens that a message costs beside its words.
const MESSAGE_TOKENS: u32 = 3;

type Reply = dyn Fn(&[Message]) -> String + Send + Sync;

/// Answers with what a function says of the messages; a token is a word with the space after it. Above
/// temperature 0 the words are drawn in an order that only the seed decides.
pub struct ScriptedModel {
    context: u32,
    reply: Box<Reply>,
}

impl ScriptedModel {
    /// A model whose answer to `messages` is `reply(messages)`.
    pub fn new(reply: impl Fn(&[Message]) -> String + Send + Sync + 'static) -> Self {
        Self { context: 4096, reply: Box::new(reply) }
    }

    /// The same with another context length.
    pub fn with_context(self, context: u32) -> Self {
        Self { context, ..self }
    }

    fn prompt_tokens(messages: &[Message]) -> u32 {
        let part = |part: &Part| match part {
            Part::Text(text) => text.split_whitespace().count() as u32,
            Part::Picture(_) => PICTURE_TOKENS,
        };
        let message = |m: &Message| MESSAGE_TOKENS + m.parts.iter().map(part).sum::<u32>();
        messages.iter().map(message).sum()
    }

    fn run(
        &self,
        request: &CompletionRequest,
        control: &Control,
        delta: &mut dyn FnMut(&str),
    ) -> Result<Completion, InferenceError> {
        request.check()?;
        control.check()?;
        let prompt = Self::prompt_tokens(&request.messages);
        if prompt >= self.context {
            return Err(InferenceError::TooLong {
                tokens: Some(prompt),
                limit: Some(self.context),
            });
        }
        let reply = (self.reply)(&request.messages);
        let mut words: Vec<&str> = reply.split_inclusive(' ').collect();
        if request.temperature > 0.0 {
            shuffle(&mut words, request.seed);
        }
        let most = request.max_tokens.min(self.context - prompt) as usize;
        let (mut stream, mut text, mut tokens) =
            (DeltaStream::new(&request.stop), String::new(), 0);
        let mut tell = |certain: String| {
            if !certain.is_empty() {
                delta(&certain);
                text += &certain;
            }
        };
        for word in words.iter().take(most) {
            control.check()?;
            tell(stream.push(word.as_bytes()));
            tokens += 1;
            if stream.stopped() {
                break;
            }
        }
        let whole = stream.stopped() || tokens as usize == words.len();
        control.check()?;
        tell(stream.finish());
        Ok(Completion {
            text,
            prompt_tokens: Some(prompt),
            tokens: Some(tokens),
            finish: if whole { Finish::Stop } else { Finish::Length },
            sent: None,
        })
    }
}

impl LanguageModel for ScriptedModel {
    fn model(&self) -> &str {
        "scripted"
    }

    fn context_length(&self) -> Result<u32, InferenceError> {
        Ok(self.context)
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<TokenCount, InferenceError> {
        Ok(TokenCount { tokens: Self::prompt_tokens(messages), exact: true })
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
        request.refuse_pictures()?;
        self.run(request, control, delta)
    }
}

/// Sees the mean colour of pictures: answers with the colour of each, in order.
pub struct ColourSeer(ScriptedModel);

impl Default for ColourSeer {
    fn default() -> Self {
        let reply = |messages: &[Message]| {
            let pictures = messages.iter().flat_map(Message::pictures);
            let colours: Vec<&str> = pictures.map(|picture| colour(picture)).collect();
            format!("In all that was said I see {} pictures: {}", colours.len(), colours.join(" "))
        };
        Self(ScriptedModel::new(reply))
    }
}

impl LanguageModel for ColourSeer {
    fn model(&self) -> &str {
        "colour-seer"
    }

    fn context_length(&self) -> Result<u32, InferenceError> {
        self.0.context_length()
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<TokenCount, InferenceError> {
        self.0.count_tokens(messages)
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
        self.0.run(request, control, delta)
    }
}

impl VisionLanguageModel for ColourSeer {
    fn picture_side(&self) -> u32 {
        64
    }
}

fn colour(picture: &Picture) -> &'static str {
    let mut sums = [0u64; 3];
    for pixel in picture.rgb().chunks_exact(3) {
        sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += u64::from(*value));
    }
    let brightest = (0..3).max_by_key(|i| sums[*i]).unwrap_or(0);
    ["red", "green", "blue"][brightest]
}

/// Fisher and Yates, drawn by a 64-bit linear congruential generator (Knuth's MMIX).
fn shuffle(words: &mut [&str], seed: u64) {
    let mut state = seed;
    for last in (1..words.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words.swap(last, (state >> 33) as usize % (last + 1));
    }
}

/// Says back what the last message of the person says.
impl Default for ScriptedModel {
    fn default() -> Self {
        Self::new(|messages| {
            let asked = messages.iter().rfind(|message| message.role == Role::User);
            format!("You said: {}", asked.map(Message::words).unwrap_or_default())
        })
    }
}
