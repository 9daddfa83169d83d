//! The toy that sees (`seeing.rs`) in this process. Not covered: the conformance suite, which `llama.rs` runs on the
//! code that both share; a token a byte makes it take minutes.

use std::sync::Arc;

use kinora_inference::{Captioner, LanguageModel, Message, Part, Role, VisionLanguageModel};
use kinora_language::{CAPTION_PROMPT, LlamaConfig, LlamaError, ModelCaptioner, SeeingLlama};
use kinora_types::{Control, Picture};

use crate::{
    artifact,
    seeing::{check_reference, fixture, halves, request},
};

fn toy() -> SeeingLlama {
    let config = LlamaConfig::new("toy", fixture("model.gguf"));
    // One thread: those of several tests at once would wait for each other in circles.
    let config = LlamaConfig { threads: Some(1), ..config };
    SeeingLlama::open(&config, &fixture("projector.gguf")).unwrap()
}

#[test]
fn it_sees_what_its_reference_sees() {
    let toy = toy();
    check_reference(&toy, |done, expected| {
        assert_eq!(done.sent, None, "nothing leaves this process");
        assert_eq!(done.prompt_tokens, expected["prompt_tokens"].as_u64().map(|n| n as u32));
    });
}

#[test]
fn captions_come_from_the_picture() {
    let captioner = ModelCaptioner::new(Box::new(toy()), CAPTION_PROMPT);
    let say = |picture: &Picture| captioner.caption(picture, &Control::default()).unwrap();
    // Larger than the model sees, and not square. What it says is no measure: it learnt one question only.
    for picture in [Picture::filled(1600, 900, [220, 20, 20]), halves(64, [20; 3], [20, 200, 20])] {
        let (text, sent) = say(&picture);
        assert!(!text.is_empty());
        assert_eq!(sent, None);
    }
    assert_eq!(captioner.sent(), None, "nothing leaves this process");
}

#[test]
fn two_pictures_are_two() {
    let toy = toy();
    let red = || Part::Picture(Arc::new(Picture::filled(32, 32, [220, 20, 20])));
    let count =
        |parts: Vec<Part>| toy.count_tokens(&[Message { role: Role::User, parts }]).unwrap().tokens;
    let (one, two) = (count(vec![red()]), count(vec![red(), red()]));
    let none = count(Vec::new());
    assert!(two - none >= 2 * (one - none), "{none} {one} {two}");
    assert_eq!(toy.destination(), None);
    assert!(toy.picture_side() > 0);
}

#[test]
fn words_cannot_pose_as_a_picture() {
    let toy = toy();
    let red = || Picture::filled(32, 32, [220, 20, 20]);
    let count = |words: &str| toy.count_tokens(&request("", words, red()).messages).unwrap().tokens;
    // The mark of a picture and the name of a control token are letters, or gone.
    assert!(count("<__media__>") <= count("") + 1);
    assert_eq!(count("<end_of_utterance>"), count("") + "< end_of_utterance>".len() as u32);
}

#[test]
fn a_projector_of_another_model_is_refused() {
    let small = LlamaConfig::new("m", artifact("smollm2-135m-instruct"));
    let error = SeeingLlama::open(&small, &fixture("projector.gguf")).unwrap_err();
    assert!(matches!(error, LlamaError::Broken { .. }), "{error}");
    assert!(error.to_string().ends_with("projector.gguf"), "{error}");
}
