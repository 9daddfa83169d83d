//! A model that sees, on real weights, behind llama.cpp's own server: a toy that was trained to tell colours
//! (`fixtures/make_seeing.py`), against what its reference in `transformers` says. It knows the colours; their
//! sides it mixes up, and so does its reference. The conformance suite is not for it: its tokens are bytes, which
//! no estimate expects.

use std::{path::PathBuf, sync::Arc};

use kinora_inference::{Completion, CompletionRequest, LanguageModel, Message, Part, Role};
use kinora_language::{CAPTION_PROMPT, EndpointConfig, ModelCaptioner, SeeingEndpoint};
use kinora_testing::suite::captioner::check_captioner;
use kinora_types::{Control, Picture};
use serde_json::Value;

use crate::{artifact, server::Server};

pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/seeing").join(name)
}

/// Two halves side by side.
pub(crate) fn halves(side: u32, left: [u8; 3], right: [u8; 3]) -> Picture {
    let column = |at: u32| if at % side < side / 2 { left } else { right };
    Picture::new(side, side, (0..side * side).flat_map(column).collect()).unwrap()
}

pub(crate) fn request(system: &str, words: &str, picture: Picture) -> CompletionRequest {
    let parts = vec![Part::Picture(Arc::new(picture)), Part::Text(words.into())];
    let messages = vec![Message::text(Role::System, system), Message { role: Role::User, parts }];
    CompletionRequest { max_tokens: 80, ..CompletionRequest::new(messages) }
}

/// What the reference says of each picture is said; `check` sees every answer beside `expected.json`.
pub(crate) fn check_reference(model: &dyn LanguageModel, check: impl Fn(&Completion, &Value)) {
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(fixture("expected.json")).unwrap()).unwrap();
    let colour = |value: &Value| -> [u8; 3] { serde_json::from_value(value.clone()).unwrap() };
    let side = expected["side"].as_u64().unwrap() as u32;
    for case in expected["cases"].as_array().unwrap() {
        let picture = halves(side, colour(&case["left"]), colour(&case["right"]));
        let (system, words) = (&expected["system"], &expected["words"]);
        let request = request(system.as_str().unwrap(), words.as_str().unwrap(), picture);
        let done = model.complete(&request, &Control::default(), &mut |_| ()).unwrap();
        assert_eq!(done.text, case["says"].as_str().unwrap());
        check(&done, &expected);
    }
}

#[test]
fn a_real_server_sees_what_the_reference_sees() {
    let files = [fixture("model.gguf"), fixture("projector.gguf")];
    let server = Server::start_with(&artifact("xllamacpp"), &[&files[0], &files[1]]);
    let config = EndpointConfig::new(&server.address, "toy");
    let config = EndpointConfig { api_key: Some("secret".into()), ..config };
    let model = SeeingEndpoint::open(config).unwrap();
    check_reference(&model, |done, expected| {
        assert_eq!(done.sent.as_ref().map(|sent| sent.pictures), Some(1));
        // With its two views of four tokens each and their five marks.
        let letters = |key: &str| expected[key].as_str().unwrap().len() as u32;
        let least = letters("system") + letters("words") + 2 * 4 + 5;
        assert!(done.prompt_tokens > Some(least), "{:?}", done.prompt_tokens);
    });
    check_captioner(&ModelCaptioner::new(Box::new(model), CAPTION_PROMPT));
}
