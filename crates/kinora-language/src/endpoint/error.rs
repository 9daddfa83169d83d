//! Why a server gave no answer, and what to do.

use kinora_inference::InferenceError;
use serde_json::Value;

use super::stream::message_of;

/// A language model behind an address gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Not an address.
    #[error("not the address of a language model server: `{0}`")]
    Address(String),
    /// Nobody answers.
    #[error("no language model server answers at `{host}`: {detail}")]
    Unreachable {
        /// `host:port`.
        host: String,
        /// Message of the connection.
        detail: String,
    },
    /// The server stopped answering.
    #[error("the language model server at `{host}` said nothing for {seconds} s")]
    Silent {
        /// `host:port`.
        host: String,
        /// Seconds waited.
        seconds: u64,
    },
    /// The key is missing or wrong.
    #[error("`{host}` refuses the key: {detail}")]
    Unauthorized {
        /// `host:port`.
        host: String,
        /// The server's words.
        detail: String,
    },
    /// The model or the path is not there.
    #[error("`{host}` has no model `{model}`: {detail}")]
    NotFound {
        /// `host:port`.
        host: String,
        /// Name of the model.
        model: String,
        /// The server's words.
        detail: String,
    },
    /// Too many requests, or nothing left to spend.
    #[error("`{host}` takes no more requests for now: {detail}")]
    Limited {
        /// `host:port`.
        host: String,
        /// Seconds to wait, if the server says.
        wait: Option<u64>,
        /// The server's words.
        detail: String,
    },
    /// The prompt does not fit.
    #[error("the prompt is too long for the model: {detail}")]
    TooLong {
        /// The server's words.
        detail: String,
        /// Tokens of the prompt.
        tokens: Option<u32>,
        /// Tokens of the context.
        limit: Option<u32>,
    },
    /// Any other refusal.
    #[error("`{host}` answered with status {status}: {detail}")]
    Status {
        /// `host:port`.
        host: String,
        /// HTTP status.
        status: u16,
        /// The server's words.
        detail: String,
    },
    /// An error in the middle of the answer.
    #[error("the language model server gave up: {0}")]
    InStream(String),
    /// The answer is not what the API says.
    #[error("the language model server sent what is no chat completion: `{0}`")]
    Malformed(String),
    /// The stream ended before the answer did.
    #[error("the answer of `{host}` broke off")]
    Broken {
        /// `host:port`.
        host: String,
    },
}

impl EndpointError {
    /// The error of a status and its body.
    pub(super) fn of_status(
        status: u16,
        wait: Option<u64>,
        body: &str,
        host: String,
        model: String,
    ) -> Self {
        let value: Value = serde_json::from_str(body).unwrap_or_default();
        let error = if value["error"].is_null() { &value } else { &value["error"] };
        let detail = if value.is_null() { excerpt(body) } else { message_of(error) };
        if is_too_long(error, &detail) {
            let number = |name: &str| error[name].as_u64().and_then(|n| u32::try_from(n).ok());
            return Self::TooLong {
                detail,
                tokens: number("n_prompt_tokens"),
                limit: number("n_ctx"),
            };
        }
        match status {
            401 | 403 => Self::Unauthorized { host, detail },
            404 => Self::NotFound { host, model, detail },
            429 => Self::Limited { host, wait, detail },
            _ => Self::Status { host, status, detail },
        }
    }

    /// Hint on how to fix it, separate from the message.
    pub fn hint(&self) -> String {
        match self {
            Self::Address(_) => {
                "give it as `http://127.0.0.1:8080/v1`, with the version and without user or query".into()
            }
            Self::Unreachable { .. } => {
                "start the server, or mend `endpoint` under [language] in config.toml".into()
            }
            Self::Silent { .. } => "a smaller model or a shorter question may do".into(),
            Self::Unauthorized { .. } => {
                "name the variable that holds the key with `api_key_env` under [language]".into()
            }
            Self::NotFound { .. } => {
                "see the server's list at `/v1/models`, and mend `model` or `endpoint` under [language]"
                    .into()
            }
            Self::Limited { wait: Some(seconds), .. } => format!("try again in {seconds} s"),
            Self::Limited { .. } => "try again later".into(),
            Self::TooLong { .. } => "ask for less, or give the server a longer context".into(),
            Self::Status { status: 300..=399, .. } => {
                "redirects are not followed: give the final address".into()
            }
            Self::Status { .. } | Self::InStream(_) | Self::Broken { .. } => {
                "look at the server's own log, then try again".into()
            }
            Self::Malformed(_) => "see that `endpoint` speaks the chat completions API".into(),
        }
    }
}

/// Whether the prompt is too long: llama-server names the type, OpenAI and vLLM the code or the message.
fn is_too_long(error: &Value, detail: &str) -> bool {
    let named = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    named("type") == "exceed_context_size_error"
        || named("code") == "context_length_exceeded"
        || detail.contains("maximum context length")
}

/// The beginning of a body that is no JSON, in one line.
fn excerpt(body: &str) -> String {
    let words: Vec<&str> = body.split_whitespace().collect();
    let text: String = words.join(" ").chars().take(200).collect();
    if text.is_empty() { "it says no more".into() } else { text }
}

impl From<EndpointError> for InferenceError {
    fn from(error: EndpointError) -> Self {
        match error {
            EndpointError::TooLong { tokens, limit, .. } => Self::TooLong { tokens, limit },
            _ => Self::Service { message: error.to_string(), hint: error.hint() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_say_becomes_errors_with_hints() {
        let of =
            |status, body| EndpointError::of_status(status, None, body, "h:1".into(), "m".into());
        let long = r#"{"error":{"code":400,"message":"too big","type":"exceed_context_size_error",
            "n_prompt_tokens":90,"n_ctx":64}}"#;
        for (status, body, message, hint) in [
            (
                401,
                r#"{"error":{"message":"Invalid API Key"}}"#,
                "refuses the key: Invalid",
                "api_key_env",
            ),
            (404, r#"{"error":"no model m"}"#, "`h:1` has no model `m`: no model m", "/v1/models"),
            (429, "", "takes no more requests for now: it says no more", "later"),
            (500, "<html>\n oops", "status 500: <html> oops", "log"),
            (302, "", "status 302", "redirects"),
            (400, long, "too long for the model: too big", "ask for less"),
        ] {
            let error = of(status, body);
            assert!(error.to_string().contains(message), "{error}");
            assert!(error.hint().contains(hint), "{}", error.hint());
        }
        let error = InferenceError::from(of(400, long));
        assert_eq!(
            error.to_string(),
            "the prompt is too long for the model: it has 90 tokens, the context 64 tokens"
        );
    }
}
