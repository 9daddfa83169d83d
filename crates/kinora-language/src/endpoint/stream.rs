//! The streamed answer: server-sent events (WHATWG HTML, section 9.2), of which only `data` is used here.

use std::{
    io::{BufRead, BufReader, Read},
    sync::mpsc::SyncSender,
};

use kinora_inference::Finish;
use serde_json::Value;
use ureq::{Body, http::Response};

use super::EndpointError;

/// Longest line in bytes; those of real servers are far shorter.
const LINE: u64 = 1 << 20;
/// Most bytes that are read of an error's body.
const ERROR_BODY: u64 = 64 << 10;

/// Message of the reading thread to the waiting one.
#[derive(Debug)]
pub(super) enum Event {
    /// The content of one event.
    Data(String),
    /// The stream ended.
    End,
    /// The server answered with an error.
    Refused { status: u16, wait: Option<u64>, body: String },
    /// The connection failed.
    Failed(ureq::Error),
}

/// Reads an answer to its end and passes it on; stops when the receiver is gone.
pub(super) fn forward(answer: Result<Response<Body>, ureq::Error>, to: &SyncSender<Event>) {
    let last = match answer {
        Err(error) => Event::Failed(error),
        Ok(answer) if answer.status() != 200 => refused(answer),
        Ok(answer) => events(answer, to),
    };
    // A receiver that is gone needs no end.
    let _ = to.send(last);
}

fn refused(answer: Response<Body>) -> Event {
    let status = answer.status().as_u16();
    let header = answer.headers().get("retry-after").and_then(|value| value.to_str().ok());
    let wait = header.and_then(|seconds| seconds.trim().parse().ok());
    let mut bytes = Vec::new();
    // A body that breaks off says less, but the status stands.
    let _ = answer.into_body().into_reader().take(ERROR_BODY).read_to_end(&mut bytes);
    Event::Refused { status, wait, body: String::from_utf8_lossy(&bytes).into_owned() }
}

fn events(answer: Response<Body>, to: &SyncSender<Event>) -> Event {
    let mut reader = BufReader::new(answer.into_body().into_reader());
    let mut data = String::new();
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(LINE).read_until(b'\n', &mut line) {
            Err(error) => return Event::Failed(error.into()),
            Ok(0) if data.is_empty() => return Event::End,
            Ok(0) => line.clear(),
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\n', '\r']);
        if let Some(rest) = field(line) {
            data += rest;
        } else if line.is_empty() && !data.is_empty() {
            let whole = std::mem::take(&mut data);
            if whole == "[DONE]" || to.send(Event::Data(whole)).is_err() {
                return Event::End;
            }
        }
    }
}

/// The value of a `data` line; older servers of llama.cpp send errors in a field of their own.
fn field(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("data:").or_else(|| line.strip_prefix("error:"))?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

/// The answer as far as it came.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub text: String,
    pub prompt_tokens: Option<u32>,
    pub tokens: Option<u32>,
    pub finish: Option<Finish>,
}

impl Answer {
    /// Takes one event.
    ///
    /// # Errors
    /// If the event is malformed, or carries an error of the server.
    pub(super) fn take(
        &mut self,
        data: &str,
        delta: &mut dyn FnMut(&str),
    ) -> Result<(), EndpointError> {
        let malformed = || EndpointError::Malformed(data.chars().take(200).collect());
        let chunk: Value = serde_json::from_str(data).map_err(|_| malformed())?;
        let error = if chunk["code"].is_number() { &chunk } else { &chunk["error"] };
        if !error.is_null() {
            return Err(EndpointError::InStream(message_of(error)));
        }
        let count = |name: &str| chunk["usage"][name].as_u64().and_then(|n| u32::try_from(n).ok());
        self.prompt_tokens = count("prompt_tokens").or(self.prompt_tokens);
        self.tokens = count("completion_tokens").or(self.tokens);
        let choices = chunk["choices"].as_array().ok_or_else(malformed)?;
        let Some(choice) = choices.first() else {
            return Ok(());
        };
        if let Some(words) = choice["delta"]["content"].as_str().filter(|words| !words.is_empty()) {
            self.text += words;
            delta(words);
        }
        self.finish = match choice["finish_reason"].as_str() {
            None => self.finish,
            Some("length") => Some(Finish::Length),
            Some(_) => Some(Finish::Stop),
        };
        Ok(())
    }
}

/// Message of an error object, in one line.
pub(super) fn message_of(error: &Value) -> String {
    let text = error["message"].as_str().or_else(|| error.as_str());
    let text = text.map_or_else(|| error.to_string(), str::to_owned);
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}
