//! The one conformance suite of [`ImageEmbedder`] and [`TextEmbedder`]: every backend's tests run it.
//!
//! It does not cover whether the vectors mean anything; parity fixtures and the evaluation do.

use kinora_types::{Embedding, EmbeddingSpace, Picture};

use kinora_inference::{ImageEmbedder, InferenceError, PreparedImage, TextEmbedder};

/// L2 distance of unit vectors that still counts as rounding.
const ROUNDING: f32 = 1e-4;

/// Runs the whole suite on the two towers of a space.
///
/// # Panics
/// With what the contract says, where an embedder breaks it.
pub fn check_space(image: &dyn ImageEmbedder, text: &dyn TextEmbedder) {
    assert_eq!(image.space(), text.space(), "both towers are of one space");
    check_image_embedder(image);
    check_text_embedder(text);
    let bank = &text.score_model().hub_bank;
    let dimension = text.space().dimension;
    assert_eq!(bank.len() % dimension, 0, "the bank holds whole vectors");
}

/// Runs the picture side of the suite.
///
/// # Panics
/// With what the contract says, where the embedder breaks it.
pub fn check_image_embedder(embedder: &dyn ImageEmbedder) {
    let prepare = |picture: &Picture| embedder.prepare(picture).expect("any picture is prepared");
    let images: Vec<PreparedImage> = samples().iter().map(prepare).collect();
    let same_side = |image: &PreparedImage| image.values.len() == 3 * image.side * image.side;
    assert!(images.iter().all(same_side), "a prepared picture is [3, side, side]");
    let embed =
        |batch: &[PreparedImage]| embedder.embed(batch).expect("prepared pictures are embedded");
    assert!(embed(&[]).is_empty(), "nothing in, nothing out");
    let together = embed(&images);
    check_vectors(&together, images.len(), embedder.space());
    for (index, vector) in together.iter().enumerate() {
        let alone = &embed(&images[index..=index])[0];
        let apart = distance(vector, alone);
        assert!(apart < ROUNDING, "picture {index} in a batch and alone: {apart} apart");
    }
    let reversed: Vec<PreparedImage> = images.iter().rev().cloned().collect();
    check_order(&together, &embed(&reversed));
}

/// Runs the word side of the suite.
///
/// # Panics
/// With what the contract says, where the embedder breaks it.
pub fn check_text_embedder(embedder: &dyn TextEmbedder) {
    let texts = ["red", "a green boat on a blue lake", "white", "two yellow houses"];
    let embed = |texts: &[&str]| embedder.embed(texts).expect("words are embedded");
    assert!(embed(&[]).is_empty(), "nothing in, nothing out");
    let together = embed(&texts);
    check_vectors(&together, texts.len(), embedder.space());
    for (vector, text) in together.iter().zip(texts) {
        let apart = distance(vector, &embed(&[text])[0]);
        assert!(apart < ROUNDING, "`{text}` in a batch and alone: {apart} apart");
    }
    let reversed: Vec<&str> = texts.iter().rev().copied().collect();
    check_order(&together, &embed(&reversed));
    for empty in ["", "  \n"] {
        let result = embedder.embed(&["red", empty]);
        assert!(
            matches!(result, Err(InferenceError::Input(_))),
            "an empty text is the user's to mend"
        );
    }
    let words = embedder.vocabulary().expect("the vocabulary is known or empty");
    let is_word = |word: &String| word.chars().all(|c| c.is_alphabetic() && !c.is_uppercase());
    assert!(words.iter().all(is_word), "the vocabulary is of whole words");
    let long = "a red house ".repeat(500);
    check_vectors(&embed(&[&long]), 1, embedder.space());
}

fn check_vectors(vectors: &[Embedding], count: usize, space: &EmbeddingSpace) {
    assert_eq!(vectors.len(), count, "one vector for each input");
    for vector in vectors {
        assert_eq!(vector.space(), space, "vectors are tied to the space");
        assert_eq!(vector.values().len(), space.dimension, "vectors have the dimension");
        let norm = vector.values().iter().map(|v| v * v).sum::<f32>().sqrt();
        assert!(!space.normalised || (norm - 1.0).abs() < 1e-4, "norm {norm}");
    }
}

fn check_order(forward: &[Embedding], backward: &[Embedding]) {
    for (index, (a, b)) in forward.iter().zip(backward.iter().rev()).enumerate() {
        assert!(distance(a, b) < ROUNDING, "output {index} follows its input");
    }
    let first = forward.first().zip(forward.get(1));
    assert!(first.is_none_or(|(a, b)| distance(a, b) > ROUNDING), "two inputs, two vectors");
}

fn distance(a: &Embedding, b: &Embedding) -> f32 {
    let squares = a.values().iter().zip(b.values()).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f32>().sqrt()
}

/// Small, wide, tall and plain pictures.
fn samples() -> Vec<Picture> {
    let mut wide = Picture::filled(97, 41, [200, 30, 30]);
    for (index, pixel) in wide.rgb_mut().chunks_exact_mut(3).enumerate() {
        pixel[1] = (index % 251) as u8;
    }
    let mut tall = Picture::filled(300, 511, [20, 90, 220]);
    for (index, pixel) in tall.rgb_mut().chunks_exact_mut(3).enumerate() {
        pixel[0] = (index / 700 % 256) as u8;
    }
    vec![wide, tall, Picture::filled(1, 1, [255, 255, 0]), Picture::filled(224, 224, [0, 255, 0])]
}

#[cfg(test)]
mod tests {
    use crate::fake::{ColourEmbedder, Spied, Spy};

    #[test]
    fn the_fake_conforms() {
        for fake in [ColourEmbedder::default(), ColourEmbedder::named("other", 64)] {
            super::check_space(&fake, &fake);
            let spied = Spied::new(fake, &Spy::default());
            super::check_space(&spied, &spied);
        }
    }
}
