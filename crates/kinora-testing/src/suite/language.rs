//! The one conformance suite of [`LanguageModel`] and [`VisionLanguageModel`].
//!
//! It does not cover whether answers are any good: the smallest model must pass. A service need not count
//! exactly; that it repeats itself is asked of it too, so it wants a server that can.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kinora_types::{Control, Picture};

use kinora_inference::{
    Completion, CompletionRequest, Finish, InferenceError, LanguageModel, Message, Part, Role,
    VisionLanguageModel,
};

/// How soon a cancelled answer must end; far above what any backend needs on a busy machine.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Runs the whole suite on a language model, with vision or without.
///
/// # Panics
/// With what the contract says, where the model breaks it.
pub fn check_language_model(model: &dyn LanguageModel) {
    assert!(!model.model().is_empty(), "a model has a name");
    deltas_join_to_the_whole(model);
    tokens_are_counted_and_bounded(model);
    words_that_end_the_answer_are_left_out(model);
    the_same_request_gives_the_same_answer(model);
    cancelling_ends_the_answer(model);
    a_long_prompt_is_refused(model);
    empty_requests_are_refused(model);
}

/// Runs the suite on a vision-language model.
///
/// # Panics
/// With what the contract says, where the model breaks it.
pub fn check_vision_language_model(model: &dyn VisionLanguageModel) {
    check_language_model(model);
    assert!(model.picture_side() > 0, "pictures have a side");
    let blind = ask("What colour is this?");
    let red = with_picture(&blind, [220, 20, 20]);
    let count = |request: &CompletionRequest| {
        model.count_tokens(&request.messages).expect("a fair prompt is counted").tokens
    };
    assert!(count(&red) > count(&blind), "a picture costs tokens");
    let (completion, _) = run(model, &red);
    let tokens = completion.prompt_tokens.expect("a model with eyes counts its prompt");
    assert!(tokens > count(&blind), "a picture's tokens are counted: {tokens}");
    if let Some(sent) = completion.sent {
        assert_eq!(sent.pictures, 1, "what was sent names the picture");
    }
}

/// Checks that a model without vision refuses pictures.
///
/// # Panics
/// If it looks away and answers.
pub fn check_refusal_of_pictures(model: &dyn LanguageModel) {
    let request = with_picture(&ask("What colour is this?"), [220, 20, 20]);
    let result = model.complete(&request, &Control::default(), &mut |_| ());
    assert!(matches!(result, Err(InferenceError::Input(_))), "a picture: {result:?}");
}

fn ask(words: &str) -> CompletionRequest {
    let messages = vec![
        Message::text(Role::System, "You are a helpful assistant. Answer in short sentences."),
        Message::text(Role::User, words),
    ];
    CompletionRequest { max_tokens: 24, ..CompletionRequest::new(messages) }
}

fn with_picture(request: &CompletionRequest, colour: [u8; 3]) -> CompletionRequest {
    let mut request = request.clone();
    let picture = Part::Picture(Arc::new(Picture::filled(64, 48, colour)));
    request.messages.last_mut().expect("two messages").parts.insert(0, picture);
    request
}

/// The answer and its deltas.
fn run(model: &dyn LanguageModel, request: &CompletionRequest) -> (Completion, Vec<String>) {
    let mut deltas = Vec::new();
    let completion =
        model.complete(request, &Control::default(), &mut |delta| deltas.push(delta.to_owned()));
    (completion.expect("a fair request is answered"), deltas)
}

fn deltas_join_to_the_whole(model: &dyn LanguageModel) {
    let (completion, deltas) = run(model, &ask("Tell me about a red house at the sea."));
    assert!(!completion.text.trim().is_empty(), "something is said");
    assert!(deltas.iter().all(|delta| !delta.is_empty()), "no delta is empty");
    assert!(deltas.len() > 1, "the answer comes bit by bit: {deltas:?}");
    assert_eq!(deltas.concat(), completion.text, "the deltas are the answer");
    assert_eq!(completion.sent.as_ref().map(|sent| &sent.to), model.destination(), "what was sent");
    assert!(completion.sent.is_none_or(|sent| sent.bytes > 0 && sent.pictures == 0));
}

fn tokens_are_counted_and_bounded(model: &dyn LanguageModel) {
    let request = ask("Tell me about boats, houses, trees, birds and everything else you know.");
    let counted = model.count_tokens(&request.messages).expect("a fair prompt is counted");
    let (completion, _) = run(model, &CompletionRequest { max_tokens: 5, ..request });
    assert_eq!(completion.finish, Finish::Length, "five tokens say no whole answer");
    if let Some(tokens) = completion.tokens {
        assert_eq!(tokens, 5, "the answer has as many tokens as it may");
    }
    match completion.prompt_tokens {
        Some(tokens) if counted.exact => assert_eq!(tokens, counted.tokens, "counts agree"),
        Some(tokens) => assert!(counted.tokens >= tokens, "{} guessed of {tokens}", counted.tokens),
        None => assert!(!counted.exact, "an exact count is told of answers too"),
    }
}

fn words_that_end_the_answer_are_left_out(model: &dyn LanguageModel) {
    let request = ask("Tell me about a red house at the sea.");
    let (whole, _) = run(model, &request);
    let from = whole.text.char_indices().nth(4).map_or(0, |(at, _)| at);
    let stop: String = whole.text[from..].chars().take(3).collect();
    let expected = whole.text.split(&stop).next().unwrap_or_default().to_owned();
    let (cut, _) = run(model, &CompletionRequest { stop: vec![stop.clone()], ..request });
    assert_eq!(cut.text, expected, "nothing from `{stop}` on");
    assert_eq!(cut.finish, Finish::Stop, "`{stop}` ends the answer");
}

fn the_same_request_gives_the_same_answer(model: &dyn LanguageModel) {
    let request = ask("Write a line about the wind and the rain in the tall trees.");
    let warm = |seed| CompletionRequest { temperature: 1.5, seed, ..request.clone() };
    for request in [request.clone(), warm(7)] {
        let (first, second) = (run(model, &request).0, run(model, &request).0);
        assert_eq!(first.text, second.text, "the same request, the same answer");
    }
    let mut answers: Vec<String> = (1..5).map(|seed| run(model, &warm(seed)).0.text).collect();
    answers.dedup();
    assert!(answers.len() > 1, "other seeds, other answers: {answers:?}");
}

fn cancelling_ends_the_answer(model: &dyn LanguageModel) {
    let request = CompletionRequest { max_tokens: 400, ..ask("Count from one to one thousand.") };
    for after in [0, 2] {
        let control = Control::default();
        let (mut deltas, mut since) = (0, Instant::now());
        if after == 0 {
            control.cancel();
        }
        let result = model.complete(&request, &control, &mut |_| {
            deltas += 1;
            if deltas == after {
                control.cancel();
                since = Instant::now();
            }
        });
        assert!(matches!(result, Err(InferenceError::Cancelled(_))), "after {after}: {result:?}");
        assert!(deltas <= after + 1, "at most one delta more after {after}: {deltas}");
        assert!(since.elapsed() < LONGEST_WAIT, "cancelling took {:?}", since.elapsed());
    }
}

fn a_long_prompt_is_refused(model: &dyn LanguageModel) {
    let context = model.context_length().expect("the context has a length");
    // A word is a token at least.
    let words = "boat ".repeat(context as usize + 1);
    let result = model.complete(&ask(&words), &Control::default(), &mut |_| ());
    assert!(matches!(result, Err(InferenceError::TooLong { .. })), "too long: {result:?}");
}

fn empty_requests_are_refused(model: &dyn LanguageModel) {
    let none = CompletionRequest::new(Vec::new());
    let silent = CompletionRequest { max_tokens: 0, ..ask("Hello.") };
    for request in [none, silent, ask("  \n"), CompletionRequest { temperature: -1.0, ..ask("x") }]
    {
        let result = model.complete(&request, &Control::default(), &mut |_| ());
        assert!(matches!(result, Err(InferenceError::Input(_))), "{request:?}: {result:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{ColourSeer, ScriptedModel, Spied, Spy};

    #[test]
    fn the_fakes_conform() {
        check_language_model(&ScriptedModel::default().with_context(600));
        check_refusal_of_pictures(&ScriptedModel::default());
        check_vision_language_model(&ColourSeer::default());
        check_vision_language_model(&Spied::new(ColourSeer::default(), &Spy::default()));
    }

    #[test]
    fn the_fake_sees_each_picture() {
        let request = with_picture(&with_picture(&ask("Which?"), [0, 200, 0]), [200, 0, 0]);
        let (completion, _) = run(&ColourSeer::default(), &request);
        assert_eq!(completion.text, "In all that was said I see 2 pictures: red green");
    }
}
