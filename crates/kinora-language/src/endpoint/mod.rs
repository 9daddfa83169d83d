//! A server that speaks the chat completions API: llama-server, Ollama, vLLM, LM Studio, or a company's.
//!
//! Only the configured address is contacted: redirects are not followed, and a loopback
//! address is reached without a proxy. Every answer says what was sent.
//!
//! Memory: the request, pictures as base64 of JPEG, and one line of the answer.

mod body;
mod error;
mod stream;

use std::{
    net::IpAddr,
    sync::{OnceLock, mpsc},
    time::{Duration, Instant},
};

use kinora_inference::{
    Completion, CompletionRequest, Destination, InferenceError, LanguageModel, Message, Sent,
    TokenCount, VisionLanguageModel,
};
use kinora_types::Control;
use serde_json::Value;
use ureq::{Agent, http::Uri};

pub use error::EndpointError;
use stream::{Answer, Event};

/// Default context, in tokens, for a server that does not state it.
const CONTEXT: u32 = 4096;
const CONNECT: Duration = Duration::from_secs(10);
/// How often the control is polled.
const POLL: Duration = Duration::from_millis(50);

/// Which server, and how to speak to it.
#[derive(Clone, PartialEq)]
pub struct EndpointConfig {
    /// Address with the version, such as `http://127.0.0.1:8080/v1`.
    pub address: String,
    /// Name of the model there.
    pub model: String,
    /// Key, sent as bearer token.
    pub api_key: Option<String>,
    /// Tokens of the context; unset: what the server says at `/models`, else 4096.
    pub context: Option<u32>,
    /// How long the server may be silent, before the first word (it reads the prompt then) and between
    /// words.
    pub read_timeout: Duration,
}

impl EndpointConfig {
    /// No key, the server's own context, a read timeout of five minutes.
    pub fn new(address: impl Into<String>, model: impl Into<String>) -> Self {
        let read_timeout = Duration::from_secs(300);
        Self {
            address: address.into(),
            model: model.into(),
            api_key: None,
            context: None,
            read_timeout,
        }
    }
}

/// A key never gets into a log.
impl std::fmt::Debug for EndpointConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let key = self.api_key.as_ref().map(|_| "…");
        f.debug_struct("EndpointConfig")
            .field("address", &self.address)
            .field("model", &self.model)
            .field("api_key", &key)
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

/// A language model behind an address.
#[derive(Debug)]
pub struct Endpoint {
    config: EndpointConfig,
    agent: Agent,
    destination: Destination,
    context: OnceLock<u32>,
}

impl Endpoint {
    /// Takes the address; sends nothing.
    ///
    /// # Errors
    /// [`EndpointError::Address`] if it is none.
    pub fn open(config: EndpointConfig) -> Result<Self, EndpointError> {
        let destination = destination(&config.address)?;
        let mut settings = Agent::config_builder()
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(config.read_timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("kinora/", env!("CARGO_PKG_VERSION")));
        if destination.loopback {
            settings = settings.proxy(None);
        }
        let agent = settings.build().into();
        Ok(Self { config, agent, destination, context: OnceLock::new() })
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.config.address.trim_end_matches('/'))
    }

    /// Asks once and remembers; a server that is not there is asked again the next time.
    fn context(&self) -> Result<u32, EndpointError> {
        if let Some(known) = self.config.context.or(self.context.get().copied()) {
            return Ok(known);
        }
        let mut request = self.agent.get(self.url("models"));
        if let Some(key) = &self.config.api_key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let mut answer = request.call().map_err(|e| self.unreachable(&e))?;
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        let listed = match answer.status().as_u16() {
            200 => listed_context(&text, &self.config.model),
            401 | 403 => return Err(self.refused(answer.status().as_u16(), None, &text)),
            // Not every server has a list of models.
            _ => None,
        };
        Ok(*self.context.get_or_init(|| listed.unwrap_or(CONTEXT)))
    }

    fn run(
        &self,
        request: &CompletionRequest,
        control: &Control,
        delta: &mut dyn FnMut(&str),
    ) -> Result<Completion, InferenceError> {
        request.check()?;
        control.check()?;
        self.check_length(&request.messages)?;
        let (body, pictures) = body::chat(&self.config.model, request)?;
        let bytes = body.len() as u64;
        let sent = Sent { to: self.destination.clone(), bytes, pictures };
        let events = self.post(body);
        let mut answer = Answer::default();
        self.follow(&events, control, &mut |data| Ok(answer.take(&data, delta)?))?;
        let Some(finish) = answer.finish else {
            return Err(EndpointError::Broken { host: self.destination.host.clone() }.into());
        };
        let Answer { text, prompt_tokens, tokens, .. } = answer;
        Ok(Completion { text, prompt_tokens, tokens, finish, sent: Some(sent) })
    }

    /// Takes events until the end, polling the control.
    fn follow(
        &self,
        events: &mpsc::Receiver<Event>,
        control: &Control,
        take: &mut dyn FnMut(String) -> Result<(), InferenceError>,
    ) -> Result<(), InferenceError> {
        let mut since = Instant::now();
        loop {
            control.check()?;
            match events.recv_timeout(POLL) {
                Ok(Event::Data(data)) => take(data)?,
                Ok(Event::End) => return Ok(()),
                Ok(Event::Refused { status, wait, body }) => {
                    return Err(self.refused(status, wait, &body).into());
                }
                Ok(Event::Failed(error)) => return Err(self.unreachable(&error).into()),
                Err(mpsc::RecvTimeoutError::Timeout)
                    if since.elapsed() < self.config.read_timeout =>
                {
                    continue;
                }
                Err(mpsc::RecvTimeoutError::Timeout) => return Err(self.silent().into()),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(
                        EndpointError::Broken { host: self.destination.host.clone() }.into()
                    );
                }
            }
            since = Instant::now();
        }
    }

    /// Sends the request from a thread of its own, so that waiting can be given up. The thread ends with
    /// the answer, at the next line once the receiver is gone, or when the server's time is over.
    fn post(&self, body: Vec<u8>) -> mpsc::Receiver<Event> {
        let (sender, receiver) = mpsc::sync_channel(16);
        let mut request = self.agent.post(self.url("chat/completions"));
        request = request.header("Content-Type", "application/json");
        if let Some(key) = &self.config.api_key {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        let run = move || stream::forward(request.send(&body[..]), &sender);
        let thread = std::thread::Builder::new().name("chat-completion".into());
        // A thread that cannot be made drops the sender, which reads as a broken-off answer.
        drop(thread.spawn(run));
        receiver
    }

    /// A token is a word at most, so this much is certain before anything is sent.
    fn check_length(&self, messages: &[Message]) -> Result<(), InferenceError> {
        let context = self.context()?;
        let words = |m: &Message| m.words().split_whitespace().count();
        if messages.iter().map(words).sum::<usize>() >= context as usize {
            return Err(InferenceError::TooLong { tokens: None, limit: Some(context) });
        }
        Ok(())
    }

    fn unreachable(&self, error: &ureq::Error) -> EndpointError {
        let host = self.destination.host.clone();
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect) | ureq::Error::HostNotFound => {
                EndpointError::Unreachable { host, detail: error.to_string() }
            }
            ureq::Error::Timeout(_) => self.silent(),
            ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::TimedOut => self.silent(),
            ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                EndpointError::Broken { host }
            }
            _ => EndpointError::Unreachable { host, detail: error.to_string() },
        }
    }

    fn silent(&self) -> EndpointError {
        let host = self.destination.host.clone();
        EndpointError::Silent { host, seconds: self.config.read_timeout.as_secs() }
    }

    fn refused(&self, status: u16, wait: Option<u64>, body: &str) -> EndpointError {
        let (host, model) = (self.destination.host.clone(), self.config.model.clone());
        EndpointError::of_status(status, wait, body, host, model)
    }
}

impl LanguageModel for Endpoint {
    fn model(&self) -> &str {
        &self.config.model
    }

    fn context_length(&self) -> Result<u32, InferenceError> {
        Ok(self.context()?)
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<TokenCount, InferenceError> {
        Ok(TokenCount { tokens: body::estimate(messages), exact: false })
    }

    fn destination(&self) -> Option<&Destination> {
        Some(&self.destination)
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

/// A vision-language model behind an address, by configuration: servers do not say whether a model takes pictures.
#[derive(Debug)]
pub struct SeeingEndpoint(Endpoint);

impl SeeingEndpoint {
    /// As [`Endpoint::open`].
    ///
    /// # Errors
    /// [`EndpointError::Address`].
    pub fn open(config: EndpointConfig) -> Result<Self, EndpointError> {
        Endpoint::open(config).map(Self)
    }
}

impl LanguageModel for SeeingEndpoint {
    fn model(&self) -> &str {
        self.0.model()
    }

    fn context_length(&self) -> Result<u32, InferenceError> {
        self.0.context_length()
    }

    fn count_tokens(&self, messages: &[Message]) -> Result<TokenCount, InferenceError> {
        self.0.count_tokens(messages)
    }

    fn destination(&self) -> Option<&Destination> {
        self.0.destination()
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

impl VisionLanguageModel for SeeingEndpoint {
    fn picture_side(&self) -> u32 {
        body::PICTURE_SIDE
    }
}

fn destination(address: &str) -> Result<Destination, EndpointError> {
    let wrong = || EndpointError::Address(address.to_owned());
    let uri: Uri = address.parse().map_err(|_| wrong())?;
    let secure = match uri.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        _ => return Err(wrong()),
    };
    let name = uri.host().filter(|host| !host.is_empty()).ok_or_else(wrong)?;
    if uri.query().is_some() || uri.authority().is_some_and(|a| a.as_str().contains('@')) {
        return Err(wrong());
    }
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let loopback = name.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
    Ok(Destination { host: format!("{name}:{port}"), loopback })
}

/// The context length of our model in a list of models: vLLM says `max_model_len`, llama-server `meta.n_ctx`.
fn listed_context(text: &str, model: &str) -> Option<u32> {
    let list: Value = serde_json::from_str(text).ok()?;
    let entries = list["data"].as_array()?;
    let ours = entries.iter().find(|entry| entry["id"] == model);
    let entry = ours.or_else(|| entries.first().filter(|_| entries.len() == 1))?;
    let tokens = entry["max_model_len"].as_u64().or_else(|| entry["meta"]["n_ctx"].as_u64())?;
    u32::try_from(tokens).ok().filter(|tokens| *tokens > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_say_whether_anything_leaves_the_machine() {
        for (address, host, loopback) in [
            ("http://127.0.0.1:8080/v1", "127.0.0.1:8080", true),
            ("http://LocalHost/v1", "LocalHost:80", true),
            ("http://[::1]:1/v1", "[::1]:1", true),
            ("https://models.example/v1", "models.example:443", false),
            ("http://127.0.0.1.example/v1", "127.0.0.1.example:80", false),
            ("http://192.168.1.2:11434/v1", "192.168.1.2:11434", false),
        ] {
            let found = destination(address).unwrap();
            assert_eq!((found.host.as_str(), found.loopback), (host, loopback), "{address}");
        }
        for bad in
            ["", "127.0.0.1:8080", "ftp://a/v1", "http:///v1", "http://me:pw@a/v1", "http://a?b=c"]
        {
            assert!(matches!(destination(bad), Err(EndpointError::Address(_))), "{bad}");
        }
    }

    #[test]
    fn the_context_is_the_models_own() {
        let vllm = r#"{"data":[{"id":"a","max_model_len":1},{"id":"b","max_model_len":2}]}"#;
        assert_eq!(listed_context(vllm, "b"), Some(2));
        assert_eq!(listed_context(vllm, "c"), None);
        let llama = r#"{"data":[{"id":"x.gguf","meta":{"n_ctx":512,"n_ctx_train":8192}}]}"#;
        assert_eq!(listed_context(llama, "any"), Some(512));
        assert_eq!(listed_context("<html>", "b"), None);
    }
}
