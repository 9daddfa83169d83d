//! The chat completions API: a real server, and servers that misbehave.

#![allow(clippy::disallowed_methods, reason = "threads of tests need no name")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kinora_inference::{
    CompletionRequest, Destination, Finish, InferenceError, LanguageModel, Part,
};
use kinora_language::{Endpoint, EndpointConfig, SeeingEndpoint};
use kinora_testing::suite::language::{check_language_model, check_refusal_of_pictures};
use kinora_types::{Control, Picture};

use crate::{artifact, ask, scripted::Scripted, server::Server};

fn open(address: &str) -> Endpoint {
    // The context is given, so that nothing but the completion is asked for.
    let config = EndpointConfig { context: Some(2048), ..EndpointConfig::new(address, "m") };
    Endpoint::open(config).unwrap()
}

fn complete(
    model: &dyn LanguageModel,
    request: &CompletionRequest,
) -> Result<String, InferenceError> {
    let done = model.complete(request, &Control::default(), &mut |_| ())?;
    Ok(done.text)
}

/// The message and the hint of a failure.
fn failure(address: &str) -> (String, String) {
    let error = complete(&open(address), &ask("Hello.")).unwrap_err();
    (error.to_string(), error.hint().unwrap_or_default().to_owned())
}

#[test]
fn a_real_server_conforms() {
    let server = Server::start(&artifact("xllamacpp"), &artifact("smollm2-135m-instruct"));
    let config = EndpointConfig::new(&server.address, "smollm2-135m-instruct");
    let model = |key: &str| {
        let config = EndpointConfig { api_key: Some(key.into()), ..config.clone() };
        Endpoint::open(config).unwrap()
    };
    let endpoint = model("secret");
    assert_eq!(endpoint.context_length().unwrap(), 1024, "the server's own context");
    check_language_model(&endpoint);
    check_refusal_of_pictures(&endpoint);

    let started = Instant::now();
    let request = CompletionRequest { max_tokens: 96, ..ask("Tell me a long story of the sea.") };
    let mut first = None;
    let done = endpoint.complete(&request, &Control::default(), &mut |_| {
        first.get_or_insert_with(|| started.elapsed());
    });
    let tokens = done.unwrap().tokens.unwrap();
    println!("server: first {first:?}, {tokens} tokens in {:?}", started.elapsed());

    let wrong = complete(&model("guessed"), &ask("Hello.")).unwrap_err();
    assert!(wrong.to_string().contains("refuses the key"), "{wrong}");
    assert!(wrong.hint().unwrap().contains("api_key_env"));
}

#[test]
fn what_is_sent_is_what_is_told() {
    let delta = r#"{"choices":[{"index":0,"delta":{"content":"Red."},"finish_reason":null}]}"#;
    let end = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#;
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}"#;
    let server = Scripted::events(&[delta, end, usage, "[DONE]"]);
    let config = EndpointConfig {
        api_key: Some("k".into()),
        context: Some(4096),
        ..EndpointConfig::new(&server.address, "m")
    };
    assert!(!format!("{config:?}").contains("\"k\""), "a key is not logged");
    let model = SeeingEndpoint::open(config).unwrap();
    let mut request = ask("What colour?");
    let picture = Part::Picture(Arc::new(Picture::filled(40, 30, [255, 0, 0])));
    request.messages[0].parts.push(picture);
    let done = model.complete(&request, &Control::default(), &mut |_| ()).unwrap();
    assert_eq!((done.text.as_str(), done.finish), ("Red.", Finish::Length));
    assert_eq!((done.prompt_tokens, done.tokens), (Some(9), Some(2)));

    let seen = server.seen.lock().unwrap();
    let (head, body) = seen[0].split_once("\r\n\r\n").unwrap();
    assert_eq!(seen.len(), 1, "one request");
    assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1"), "{head}");
    assert!(head.to_lowercase().contains("authorization: bearer k"), "{head}");
    assert!(body.contains("data:image/jpeg;base64,/9j/"), "{body}");
    let sent = done.sent.unwrap();
    assert_eq!((sent.bytes, sent.pictures), (body.len() as u64, 1));
    let host = server.address.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    assert_eq!(sent.to, Destination { host, loopback: true });
}

#[test]
fn every_refusal_says_what_to_do() {
    let json = |status: &str, body: &str| {
        Scripted::start(
            &format!("{status}\r\nContent-Type: application/json"),
            body,
            Duration::ZERO,
        )
    };
    for (server, message, hint) in [
        (json("401 Unauthorized", r#"{"error":{"message":"bad key"}}"#), "bad key", "api_key_env"),
        (json("404 Not Found", r#"{"error":{"message":"model not found"}}"#), "`m`", "`model`"),
        (json("429 Too Many\r\nRetry-After: 7", ""), "no more requests", "in 7 s"),
        (json("500 Oops", "<html>broken</html>"), "status 500", "log"),
        (json("307 Moved\r\nLocation: http://elsewhere.example/", ""), "307", "final address"),
        (Scripted::events(&["{\"choices\""]), "no chat completion", "`endpoint`"),
        (Scripted::events(&["{\"hello\":1}"]), "no chat completion", "`endpoint`"),
        (Scripted::events(&[r#"{"error":{"message":"out of memory"}}"#]), "out of memory", "log"),
        (Scripted::events(&[r#"{"choices":[{"delta":{"content":"Hal"}}]}"#]), "broke off", "log"),
        (Scripted::events(&[]), "broke off", "log"),
    ] {
        let (said, hinted) = failure(&server.address);
        assert!(said.contains(message), "{said}");
        assert!(hinted.contains(hint), "{said}: {hinted}");
    }
    let long = r#"{"error":{"message":"This model's maximum context length is 8 tokens"}}"#;
    let error = complete(&open(&json("400 Bad", long).address), &ask("Hello.")).unwrap_err();
    assert!(matches!(error, InferenceError::TooLong { .. }), "{error}");
}

#[test]
fn nobody_there_and_a_silent_server_are_told_apart() {
    let (said, hint) = failure("http://127.0.0.1:9/v1");
    assert!(said.contains("no language model server answers at `127.0.0.1:9`"), "{said}");
    assert!(hint.contains("start the server"), "{hint}");

    let hour = Duration::from_secs(3600);
    let silent = Scripted::start("200 OK", "data: {\"choices\":[]}\n\n", hour);
    let config = EndpointConfig {
        context: Some(64),
        read_timeout: Duration::from_millis(400),
        ..EndpointConfig::new(&silent.address, "m")
    };
    let error = complete(&Endpoint::open(config).unwrap(), &ask("Hello.")).unwrap_err();
    assert!(error.to_string().contains("said nothing for"), "{error}");
}

#[test]
fn waiting_can_be_given_up() {
    let hour = Duration::from_secs(3600);
    let silent = Scripted::start("200 OK", "data: {\"choices\":[]}\n\n", hour);
    let control = Control::default();
    let other = control.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        other.cancel();
    });
    let started = Instant::now();
    let result = open(&silent.address).complete(&ask("Hello."), &control, &mut |_| ());
    assert!(matches!(result, Err(InferenceError::Cancelled(_))), "{result:?}");
    assert!(started.elapsed() < Duration::from_secs(20), "it took {:?}", started.elapsed());
}

#[test]
fn a_prompt_that_cannot_fit_is_not_sent() {
    let server = Scripted::events(&[]);
    let error = complete(&open(&server.address), &ask(&"boat ".repeat(2048))).unwrap_err();
    assert!(matches!(error, InferenceError::TooLong { limit: Some(2048), .. }), "{error}");
    assert!(server.seen.lock().unwrap().is_empty());
}
