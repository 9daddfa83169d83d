//! The request as the chat completions API wants it, and a guess of its tokens.

use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};
use kinora_inference::{CompletionRequest, InferenceError, Message, Part};
use kinora_types::Picture;
use serde_json::{Value, json};

use crate::fit::fit;

/// Servers make larger pictures smaller themselves; the bytes need not travel.
pub(super) const PICTURE_SIDE: u32 = 1024;
const JPEG_QUALITY: u8 = 90;
/// Estimated tokens of a picture of [`PICTURE_SIDE`]; models of today use fewer.
const PICTURE_TOKENS: u32 = 1500;
/// Marks of role, beginning and end, with room for a template's own words.
const MESSAGE_TOKENS: u32 = 24;

/// The body and the number of pictures in it.
pub(super) fn chat(
    model: &str,
    request: &CompletionRequest,
) -> Result<(Vec<u8>, u32), InferenceError> {
    let messages: Result<Vec<Value>, InferenceError> =
        request.messages.iter().map(message).collect();
    let pictures = request.messages.iter().flat_map(Message::pictures).count() as u32;
    let mut body = json!({
        "model": model,
        "messages": messages?,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        // Servers read it as a signed 32-bit or 64-bit number.
        "seed": request.seed & 0x7FFF_FFFF,
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    if !request.stop.is_empty() {
        body["stop"] = json!(request.stop);
    }
    Ok((body.to_string().into_bytes(), pictures))
}

/// A message of words alone has plain content, which every server takes.
fn message(message: &Message) -> Result<Value, InferenceError> {
    let role = message.role.name();
    if message.pictures().next().is_none() {
        return Ok(json!({"role": role, "content": message.words()}));
    }
    let part = |part: &Part| match part {
        Part::Text(text) => Ok(json!({"type": "text", "text": text})),
        Part::Picture(picture) => {
            Ok(json!({"type": "image_url", "image_url": {"url": data_url(picture)?}}))
        }
    };
    let parts: Result<Vec<Value>, InferenceError> = message.parts.iter().map(part).collect();
    Ok(json!({"role": role, "content": parts?}))
}

fn data_url(picture: &Picture) -> Result<String, InferenceError> {
    let picture = fit(picture, PICTURE_SIDE);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY)
        .write_image(picture.rgb(), picture.width(), picture.height(), ExtendedColorType::Rgb8)
        .map_err(|error| InferenceError::Runtime(error.to_string()))?;
    Ok(format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg)))
}

/// Tokens of messages, on the high side: English takes about four letters a token, digits and signs one
/// each with some tokenizers, other scripts up to two tokens a character.
pub(super) fn estimate(messages: &[Message]) -> u32 {
    let text = |text: &str| {
        let count = |fits: fn(&char) -> bool| text.chars().filter(fits).count() as u32;
        let letters = count(|c| c.is_ascii_alphabetic() || *c == ' ');
        let signs = count(|c| c.is_ascii() && !c.is_ascii_alphabetic() && *c != ' ');
        letters.div_ceil(3) + signs + 2 * count(|c| !c.is_ascii())
    };
    let part = |part: &Part| match part {
        Part::Text(words) => text(words),
        Part::Picture(_) => PICTURE_TOKENS,
    };
    messages.iter().map(|m| MESSAGE_TOKENS + m.parts.iter().map(part).sum::<u32>()).sum()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kinora_inference::Role;

    use super::*;

    #[test]
    fn the_body_is_what_the_api_wants() {
        let picture = Arc::new(Picture::filled(2048, 1000, [255, 0, 0]));
        let parts = vec![Part::Picture(picture), Part::Text("What is it?".into())];
        let messages =
            vec![Message::text(Role::System, "Be short."), Message { role: Role::User, parts }];
        let mut request = CompletionRequest::new(messages);
        request.stop = vec!["\n".into()];
        request.seed = u64::MAX;
        let (body, pictures) = chat("m", &request).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(pictures, 1);
        assert_eq!(body["messages"][0], json!({"role": "system", "content": "Be short."}));
        assert_eq!(
            body["messages"][1]["content"][1],
            json!({"type": "text", "text": "What is it?"})
        );
        assert_eq!((&body["stop"], &body["seed"]), (&json!(["\n"]), &json!(0x7FFF_FFFF)));
        let url = body["messages"][1]["content"][0]["image_url"]["url"].as_str().unwrap();
        let jpeg = STANDARD.decode(url.strip_prefix("data:image/jpeg;base64,").unwrap()).unwrap();
        let seen = image::load_from_memory(&jpeg).unwrap().to_rgb8();
        assert_eq!(seen.dimensions(), (1024, 500));
        let [red, green, _] = seen.get_pixel(500, 250).0;
        assert!(red > 250 && green < 5, "{red} {green}");
    }
}
