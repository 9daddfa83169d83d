//! Tags: words for what a picture shows, by the library's own embedding space (zero-shot).
//!
//! Way in: [`open_tagger`]. As CLIP's zero-shot classifier does it (Radford et al. 2021, section 3.1), a
//! picture's share of a word is the softmax over a vocabulary of the scaled cosine; the share of a kind
//! ("bird") is the sum over all words below it, so that a picture between hen and duck is a bird. What
//! hubness takes off a picture's scores is the same for all words and drops out of the softmax. Shares become
//! probabilities by a curve that was fitted on labelled pictures (`training/tags/calibrate.py`); a word
//! is given only where that is at least `least`. The model card of the space has the figures.
//!
//! Memory: one vector a word, about 1 MB.

mod vocabulary;

use std::sync::OnceLock;

use kinora_inference::{InferenceError, TagGuess, Tagger, TextEmbedder};
use kinora_types::{Embedding, EmbeddingSpace, Picture};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{ModelError, Space};
use vocabulary::{Word, above};

/// The space in which the calibration was measured.
const CALIBRATED: (&str, &str) =
    ("clip-vit-b-16-lite", include_str!("../../../../models/clip-vit-b-16-lite/tags.json"));
/// Raised when other tags come out of the same numbers.
const CODE_REVISION: &str = "1";

/// From shares to probabilities.
#[derive(Clone, Debug, Deserialize)]
struct Calibration {
    version: u32,
    /// Factor on cosines before the softmax.
    scale: f32,
    /// Probability below which a word is not given.
    least: f32,
    word: Curve,
    kind: Curve,
}

/// Slope and offset of a logistic curve over the logit of a share (Platt 1999).
#[derive(Clone, Copy, Debug, Deserialize)]
struct Curve(f32, f32);

impl Curve {
    fn probability(self, share: f32) -> f32 {
        let share = share.clamp(1e-6, 1.0 - 1e-6);
        let logit = (share / (1.0 - share)).ln();
        1.0 / (1.0 + (-(self.0 * logit + self.1)).exp())
    }
}

impl Calibration {
    fn of(space: &EmbeddingSpace) -> Result<Self, ModelError> {
        let broken = |detail: String| ModelError::Broken { what: "tags.json".into(), detail };
        if space.name != CALIBRATED.0 {
            return Err(ModelError::Uncalibrated(space.name.clone()));
        }
        let read: Self = serde_json::from_str(CALIBRATED.1).map_err(|e| broken(e.to_string()))?;
        if read.version != 1 {
            return Err(broken(format!("version {}", read.version)));
        }
        Ok(read)
    }
}

/// Opens the tagger of `space`, which embeds the vocabulary with the space's own text tower at its first
/// use (some 460 short texts, a second or two). A space whose scores were not measured for tags has no tagger.
///
/// # Errors
/// If the space's scores were not measured for tags.
pub fn open_tagger<'s>(space: &'s Space) -> Result<Box<dyn Tagger + 's>, InferenceError> {
    let calibration = Calibration::of(space.space())?;
    let words = vocabulary::embedded()?;
    let mut hasher = Sha256::new();
    hasher.update(CODE_REVISION);
    hasher.update(space.space().id());
    [vocabulary::bytes(), CALIBRATED.1.as_bytes()].iter().for_each(|part| {
        hasher.update(Sha256::digest(part));
    });
    Ok(Box::new(ZeroShot {
        model: format!("zero-shot@{}", kinora_store::hex(&hasher.finalize()[..6])),
        words,
        text: space.text(),
        vectors: OnceLock::new(),
        calibration,
    }))
}

/// The vocabulary in a space.
struct ZeroShot<'s> {
    model: String,
    words: Vec<Word>,
    text: &'s dyn TextEmbedder,
    vectors: OnceLock<Vec<Embedding>>,
    calibration: Calibration,
}

impl ZeroShot<'_> {
    /// The words' vectors.
    fn vectors(&self) -> Result<&[Embedding], InferenceError> {
        if let Some(vectors) = self.vectors.get() {
            return Ok(vectors);
        }
        let meant: Vec<&str> = self.words.iter().map(|word| word.meant.as_str()).collect();
        let vectors = self.text.embed(&meant)?;
        Ok(self.vectors.get_or_init(|| vectors))
    }
}

impl Tagger for ZeroShot<'_> {
    fn model(&self) -> &str {
        &self.model
    }

    fn tag(
        &self,
        _picture: &Picture,
        embedding: &Embedding,
    ) -> Result<Vec<TagGuess>, InferenceError> {
        let cosines: Result<Vec<f32>, _> =
            self.vectors()?.iter().map(|vector| vector.dot(embedding)).collect();
        let cosines = cosines.map_err(|e| InferenceError::Input(e.to_string()))?;
        Ok(guesses(&self.words, &cosines, &self.calibration))
    }
}

/// The words that are likely enough, the likeliest first.
fn guesses(words: &[Word], cosines: &[f32], calibration: &Calibration) -> Vec<TagGuess> {
    let shares = shares(words, cosines, calibration.scale);
    let mut kinds = vec![false; words.len()];
    words.iter().filter_map(|word| word.kind).for_each(|kind| kinds[kind] = true);
    let guess = |((word, share), kind): ((&Word, f32), bool)| {
        let curve = if kind { calibration.kind } else { calibration.word };
        let confidence = curve.probability(share);
        let likely = confidence >= calibration.least;
        likely.then(|| TagGuess { word: word.tag.clone(), confidence })
    };
    let mut found: Vec<TagGuess> = words.iter().zip(shares).zip(kinds).filter_map(guess).collect();
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    found
}

/// Share of each word: its own and those of all words below it.
fn shares(words: &[Word], cosines: &[f32], scale: f32) -> Vec<f32> {
    let most = cosines.iter().copied().fold(f32::MIN, f32::max);
    let own: Vec<f32> = cosines.iter().map(|cosine| ((cosine - most) * scale).exp()).collect();
    let sum: f32 = own.iter().sum();
    let mut shares = vec![0.0; words.len()];
    for (number, share) in own.iter().enumerate() {
        above(words, number).for_each(|kind| shares[kind] += share / sum);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(tag: &str, kind: Option<usize>) -> Word {
        Word { tag: tag.into(), meant: tag.into(), kind }
    }

    fn calibration() -> Calibration {
        let straight = Curve(1.0, 0.0);
        Calibration { version: 1, scale: 20.0, least: 0.8, word: straight, kind: straight }
    }

    #[test]
    fn a_picture_between_two_birds_is_a_bird() {
        let words = [
            word("animal", None),
            word("bird", Some(0)),
            word("hen", Some(1)),
            word("duck", Some(1)),
            word("car", None),
        ];
        let found = |cosines: &[f32]| {
            let found = guesses(&words, cosines, &calibration());
            found.into_iter().map(|guess| guess.word).collect::<Vec<_>>()
        };
        assert_eq!(found(&[0.0, 0.0, 0.4, 0.4, 0.1]), ["animal", "bird"]);
        assert_eq!(found(&[0.0, 0.0, 0.6, 0.2, 0.1]), ["animal", "bird", "hen"]);
        assert_eq!(found(&[0.1, 0.1, 0.1, 0.1, 0.15]), [""; 0]);
    }

    #[test]
    fn shares_of_the_tops_sum_to_one() {
        let words = [word("a", None), word("b", Some(0)), word("c", Some(1)), word("d", None)];
        let shares = shares(&words, &[0.3, -0.2, 0.1, 0.25], 20.0);
        assert!((shares[0] + shares[3] - 1.0).abs() < 1e-6);
        assert!(shares[0] > shares[1] && shares[1] > shares[2]);
    }

    #[test]
    fn a_space_without_figures_has_no_tagger() {
        let space = EmbeddingSpace {
            name: "siglip2-base-224".into(),
            revision: "1".into(),
            dimension: 768,
            normalised: true,
        };
        let error = Calibration::of(&space).unwrap_err();
        assert!(error.to_string().contains("siglip2-base-224") && error.hint().is_some());
    }
}
