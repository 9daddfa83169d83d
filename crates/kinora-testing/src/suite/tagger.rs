//! The one conformance suite of [`Tagger`]: every backend's tests run it.
//!
//! It does not cover whether tags are right.

use kinora_inference::{ImageEmbedder, InferenceError, TagGuess, Tagger};
use kinora_types::{Embedding, EmbeddingSpace, Picture};

/// Runs the whole suite on a tagger of the embedder's space. `known` is a picture that it has a word for.
///
/// # Panics
/// With what the contract says, where the tagger breaks it.
pub fn check_tagger(tagger: &dyn Tagger, embedder: &dyn ImageEmbedder, known: &Picture) {
    assert!(!tagger.model().is_empty(), "a model has a name");
    let vector = |picture: &Picture| -> Embedding {
        let prepared = embedder.prepare(picture).expect("any picture is prepared");
        embedder.embed(&[prepared]).expect("prepared pictures are embedded").remove(0)
    };
    let tag = |picture: &Picture, vector: &Embedding| -> Vec<TagGuess> {
        tagger.tag(picture, vector).expect("any picture of the space is tagged")
    };
    let known_vector = vector(known);
    let found = tag(known, &known_vector);
    assert!(!found.is_empty(), "the picture is known");
    check_guesses(&found);
    for (width, height, colour) in [(1, 1, [0; 3]), (640, 3, [90; 3]), (32, 32, [255; 3])] {
        let picture = Picture::filled(width, height, colour);
        check_guesses(&tag(&picture, &vector(&picture)));
    }
    assert_eq!(tag(known, &known_vector), found, "the same picture, the same tags");
    refuses_other_spaces(tagger, embedder.space(), known);
}

fn check_guesses(found: &[TagGuess]) {
    let sorted = found.is_sorted_by(|a, b| a.confidence >= b.confidence);
    assert!(sorted, "the most certain tag comes first: {found:?}");
    for (index, guess) in found.iter().enumerate() {
        assert!((0.0..=1.0).contains(&guess.confidence), "confidence is from 0 to 1: {guess:?}");
        let plain = guess.word == guess.word.trim().to_lowercase();
        assert!(plain && !guess.word.is_empty(), "a tag is a word in lower case: {guess:?}");
        let again = found[..index].iter().any(|other| other.word == guess.word);
        assert!(!again, "no tag comes twice: {found:?}");
    }
}

fn refuses_other_spaces(tagger: &dyn Tagger, space: &EmbeddingSpace, picture: &Picture) {
    let other = EmbeddingSpace { revision: format!("{}-other", space.revision), ..space.clone() };
    let vector = other.embedding(vec![1.0; space.dimension]);
    let result = tagger.tag(picture, &vector);
    assert!(matches!(result, Err(InferenceError::Input(_))), "another space: {result:?}");
}

#[cfg(test)]
mod tests {
    use kinora_inference::ImageEmbedder;
    use kinora_types::Picture;

    use crate::fake::{ColourEmbedder, ColourTagger, Spied, Spy};

    #[test]
    fn the_fake_conforms() {
        let (embedder, red) =
            (ColourEmbedder::named("other", 8), Picture::filled(8, 8, [250, 10, 10]));
        let tagger = || ColourTagger::new(ImageEmbedder::space(&embedder));
        super::check_tagger(&tagger(), &embedder, &red);
        super::check_tagger(&Spied::new(tagger(), &Spy::default()), &embedder, &red);
    }
}
