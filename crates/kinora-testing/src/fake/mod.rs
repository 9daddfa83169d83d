//! Deterministic models for tests. Of the embedder, pictures and words that name the same colour lie together.

use kinora_types::{Control, Embedding, EmbeddingSpace, Picture, TimeRange, TimedWord};

mod language;

use kinora_inference::{
    Captioner, ImageEmbedder, InferenceError, PreparedImage, SAMPLE_RATE, Samples, ScoreModel,
    SpeechRecognizer, SpeechSegment, TagGuess, Tagger, TextEmbedder, TextLine, TextReader,
};
pub use language::{ColourSeer, ScriptedModel};

const WORDS: [(&str, [f32; 3]); 5] = [
    ("red", [1.0, 0.0, 0.0]),
    ("green", [0.0, 1.0, 0.0]),
    ("blue", [0.0, 0.0, 1.0]),
    ("yellow", [1.0, 1.0, 0.0]),
    ("white", [1.0, 1.0, 1.0]),
];

/// Embeds a picture as its mean colour (3-d) and a text as the sum of its colour words.
pub struct ColourEmbedder {
    space: EmbeddingSpace,
    scores: ScoreModel,
}

impl Default for ColourEmbedder {
    fn default() -> Self {
        let space = EmbeddingSpace {
            name: "fake-colour".into(),
            revision: "1".into(),
            dimension: 3,
            normalised: true,
        };
        let scores = ScoreModel {
            abstain_below: Some(0.5),
            duplicate_threshold: 0.9999,
            ..ScoreModel::default()
        };
        Self { space, scores }
    }
}

impl ImageEmbedder for ColourEmbedder {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn input_side(&self) -> u32 {
        16
    }

    fn prepare(&self, picture: &Picture) -> Result<PreparedImage, InferenceError> {
        let mut sums = [0f64; 3];
        for pixel in picture.rgb().chunks_exact(3) {
            sums.iter_mut().zip(pixel).for_each(|(s, v)| *s += f64::from(*v));
        }
        let pixels = f64::from(picture.width()) * f64::from(picture.height()) * 255.0;
        // A small constant keeps black away from the zero vector.
        Ok(PreparedImage { values: sums.map(|s| (s / pixels) as f32 + 1e-3).to_vec(), side: 1 })
    }

    fn embed(&self, batch: &[PreparedImage]) -> Result<Vec<Embedding>, InferenceError> {
        Ok(batch.iter().map(|image| self.space.embedding(image.values.clone())).collect())
    }
}

impl TextEmbedder for ColourEmbedder {
    fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, InferenceError> {
        texts.iter().map(|text| self.embed_one(text)).collect()
    }

    fn score_model(&self) -> &ScoreModel {
        &self.scores
    }
}

impl ColourEmbedder {
    fn embed_one(&self, text: &str) -> Result<Embedding, InferenceError> {
        if text.trim().is_empty() {
            return Err(InferenceError::Input("the text is empty".into()));
        }
        let mut sum = vec![0f32; 3];
        for (_, colour) in WORDS.iter().filter(|(word, _)| text.to_lowercase().contains(word)) {
            sum.iter_mut().zip(colour).for_each(|(s, v)| *s += v);
        }
        if sum.iter().all(|v| *v == 0.0) {
            // Words of no colour point away from every picture, so that nothing fits.
            sum = vec![-1.0; 3];
        }
        Ok(self.space.embedding(sum))
    }
}

/// Reads, names and describes a picture by the colour that its mean is nearest to, and hears a word
/// wherever it is loud.
#[derive(Clone, Copy, Debug, Default)]
pub struct ColourSenses;

impl ColourSenses {
    /// The name of the colour that most of a picture has; `None` for one that is dark.
    fn colour(self, picture: &Picture) -> Option<&'static str> {
        let pixels = (picture.rgb().len() / 3).max(1) as f32;
        let mut mean = [0f32; 3];
        for pixel in picture.rgb().chunks_exact(3) {
            mean.iter_mut().zip(pixel).for_each(|(m, v)| *m += f32::from(*v) / 255.0 / pixels);
        }
        let far = |colour: &[f32; 3]| -> f32 {
            mean.iter().zip(colour).map(|(a, b)| (a - b).powi(2)).sum()
        };
        let nearest = WORDS.iter().min_by(|a, b| far(&a.1).total_cmp(&far(&b.1)));
        nearest.filter(|(_, colour)| far(colour) < 0.5).map(|(word, _)| *word)
    }
}

impl TextReader for ColourSenses {
    fn model(&self) -> &str {
        "colour-reader@1"
    }

    fn read(&self, picture: &Picture) -> Result<Vec<TextLine>, InferenceError> {
        let region = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        let line = |word: &str| TextLine { text: format!("{word} paint"), region, confidence: 1.0 };
        Ok(self.colour(picture).map(line).into_iter().collect())
    }
}

impl Tagger for ColourSenses {
    fn model(&self) -> &str {
        "colour-tagger@1"
    }

    fn tag(&self, picture: &Picture, _: &Embedding) -> Result<Vec<TagGuess>, InferenceError> {
        let guess = |word: &str| TagGuess { word: word.to_owned(), confidence: 0.9 };
        Ok(self.colour(picture).map(guess).into_iter().collect())
    }
}

impl Captioner for ColourSenses {
    fn model(&self) -> &str {
        "colour-captioner@1"
    }

    fn caption(
        &self,
        picture: &Picture,
        control: &Control,
    ) -> Result<(String, Option<f32>), InferenceError> {
        control.check()?;
        Ok((format!("Something {}.", self.colour(picture).unwrap_or("dark")), Some(0.5)))
    }
}

impl SpeechRecognizer for ColourSenses {
    fn model(&self) -> &str {
        "loudness@1"
    }

    fn transcribe(
        &self,
        samples: &mut Samples<'_>,
        control: &Control,
        segment: &mut dyn FnMut(SpeechSegment),
    ) -> Result<(), InferenceError> {
        let (mut at, mut since) = (0u64, None);
        let ms = |samples: u64| samples * 1000 / u64::from(SAMPLE_RATE);
        let mut say = |from: u64, to: u64| {
            let Ok(range) = TimeRange::new(ms(from), ms(to)) else {
                return;
            };
            let text = "loud".to_owned();
            let words = vec![TimedWord { text: text.clone(), range }];
            let language = "en".into();
            segment(SpeechSegment { text, range, words, confidence: 1.0, language });
        };
        // A quarter of a second is loud or is not.
        let quarter = u64::from(SAMPLE_RATE / 4);
        let mut rest: Vec<f32> = Vec::new();
        for piece in samples {
            control.check()?;
            rest.extend(piece?);
            while rest.len() as u64 >= quarter {
                let loud = rest.drain(..quarter as usize).any(|sample| sample.abs() > 0.02);
                match (loud, since) {
                    (true, None) => since = Some(at),
                    (false, Some(from)) => {
                        say(from, at);
                        since = None;
                    }
                    _ => {}
                }
                at += quarter;
            }
        }
        if let Some(from) = since {
            say(from, at);
        }
        Ok(())
    }
}
