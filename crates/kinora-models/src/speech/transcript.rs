//! One window to tokens: which language, whether anything is said, and what.
//!
//! Mirrors `decode` and `decode_with_fallback` of openai/whisper (`whisper/decoding.py`,
//! `whisper/transcribe.py`; Radford et al. 2022, section 4.5) with greedy decoding: if the text repeats
//! itself or is too unlikely, it is doubtful and drawn again at a higher temperature. Unlike there, a
//! window of several parts is heard again in halves first, since people do repeat themselves; a text that
//! fails at every temperature is the best guess and says so; and one that the model itself thinks to be no
//! speech is none, so that no search finds words that were not said.

use std::io::Write;

use flate2::{Compression, write::ZlibEncoder};
use kinora_inference::InferenceError;
use kinora_types::Control;

use super::{
    decoder::{Decoder, State},
    rules::{apply, log_sum_exp},
    vocabulary::{Token, Vocabulary},
};

/// Tokens of one window: half of what the decoder can hold.
const MOST_TOKENS: usize = 224;
/// Tried in this order; 0 takes the likeliest token. The reference goes on to 1.0, where little of what
/// comes was said.
pub(super) const TEMPERATURES: [f32; 4] = [0.0, 0.2, 0.4, 0.6];
/// A text that can be compressed by more than this repeats itself.
const MOST_COMPRESSION: f64 = 2.4;
/// Mean of the tokens' log probabilities; below is guesswork.
pub(super) const LEAST_LOG_PROBABILITY: f32 = -1.0;
/// More tokens a second are no speech; fast talkers reach 7.
const MOST_TOKENS_A_SECOND: f64 = 10.0;
/// Probability of the no-speech token above which a window is silence or music, unless its text is [`SURE`].
const NO_SPEECH: f32 = 0.6;
/// Mean log probability from which a text counts as speech whatever the no-speech token says. The reference uses -1.
/// With whisper-tiny, correct single words of 0.5 s ("Penguin.", -0.66) are above -0.7, invented ones mostly below.
const SURE: f32 = -0.7;

/// Transcript of a window.
#[derive(Clone, Debug, Default)]
pub(super) struct Transcript {
    /// Text and timestamps, without prompt and end.
    pub tokens: Vec<Token>,
    /// Probability of each token, 0 to 1.
    pub probabilities: Vec<f32>,
    /// Mean log probability, the end included.
    pub log_probability: f32,
    /// Whether it says the same again and again.
    pub repeats: bool,
}

/// Result of a window.
pub(super) enum Heard {
    Words(Transcript),
    /// Silence or music, as far as the model can tell.
    Nothing,
    /// Text that repeats itself or is too unlikely at every temperature: the likeliest, if any was of a length
    /// that can be said in its time.
    Doubtful(Option<Transcript>),
}

/// Probabilities of language and speech before the first token.
pub(super) struct Impression {
    state: State,
    /// Probability that nothing is said.
    pub no_speech: f32,
    /// Probability of each language, in the order of [`Vocabulary::languages`].
    pub languages: Vec<f32>,
}

/// Reads the first token's scores.
pub(super) fn impression(vocabulary: &Vocabulary, state: State) -> Impression {
    let logits = &state.logits;
    let all = log_sum_exp(logits);
    let no_speech = (logits[vocabulary.no_speech as usize] - all).exp();
    let scores: Vec<f32> =
        vocabulary.languages.iter().map(|(token, _)| logits[*token as usize]).collect();
    let sum = log_sum_exp(&scores);
    let languages = scores.iter().map(|score| (score - sum).exp()).collect();
    Impression { state, no_speech, languages }
}

/// The words of a window in a language, at the first of `temperatures` that gives plausible ones.
pub(super) fn transcribe(
    decoder: &Decoder,
    vocabulary: &Vocabulary,
    impression: &Impression,
    (language, temperatures): (Token, &[f32]),
    control: &Control,
) -> Result<Heard, InferenceError> {
    let prompted = decoder.step(&impression.state, language)?;
    let prompted = decoder.step(&prompted, vocabulary.transcribe)?;
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let mut best: Option<Transcript> = None;
    for temperature in temperatures {
        let mut choose = |logits: &[f32]| choose(logits, *temperature, &mut dice);
        let mut said = say(decoder, vocabulary, prompted.clone(), &mut choose, control)?;
        said.repeats = compression(&vocabulary.text(&said.tokens)?) > MOST_COMPRESSION;
        let unlikely = said.log_probability < LEAST_LOG_PROBABILITY;
        if impression.no_speech > NO_SPEECH && said.log_probability < SURE {
            return Ok(Heard::Nothing);
        }
        if !said.repeats && !unlikely {
            return Ok(Heard::Words(said));
        }
        let better = |best: &Transcript| said.log_probability > best.log_probability;
        if can_be_said(vocabulary, &said) && best.as_ref().is_none_or(better) {
            best = Some(said);
        }
    }
    Ok(Heard::Doubtful(best))
}

/// Whether the text fits into its time; one that goes round in circles does not.
fn can_be_said(vocabulary: &Vocabulary, said: &Transcript) -> bool {
    let last = said.tokens.iter().rfind(|token| vocabulary.is_timestamp(**token));
    let seconds = last.map_or(0.0, |token| vocabulary.seconds(*token));
    let texts = said.tokens.iter().filter(|token| vocabulary.is_text(**token)).count();
    said.tokens.len() < MOST_TOKENS && texts as f64 <= MOST_TOKENS_A_SECOND * seconds
}

fn say(
    decoder: &Decoder,
    vocabulary: &Vocabulary,
    mut state: State,
    choose: &mut dyn FnMut(&[f32]) -> usize,
    control: &Control,
) -> Result<Transcript, InferenceError> {
    let (mut said, mut sum) = (Transcript::default(), 0.0);
    loop {
        control.check()?;
        let mut logits = state.logits.to_vec();
        apply(vocabulary, &said.tokens, &mut logits);
        let chosen = choose(&logits);
        let log_probability = logits[chosen] - log_sum_exp(&logits);
        sum += log_probability;
        let token = chosen as Token;
        if token == vocabulary.end || said.tokens.len() == MOST_TOKENS {
            break;
        }
        said.tokens.push(token);
        said.probabilities.push(log_probability.exp());
        state = decoder.step(&state, token)?;
    }
    said.log_probability = sum / (said.tokens.len() + 1) as f32;
    Ok(said)
}

/// The likeliest token, or one drawn at a temperature.
fn choose(logits: &[f32], temperature: f32, dice: &mut Dice) -> usize {
    if temperature == 0.0 {
        // The first of equals, as in the reference.
        let best = |best: usize, at: usize| if logits[at] > logits[best] { at } else { best };
        return (0..logits.len()).fold(0, best);
    }
    let scaled: Vec<f32> = logits.iter().map(|logit| logit / temperature).collect();
    let sum = log_sum_exp(&scaled);
    let mut left = dice.roll();
    let mut last = 0;
    for (at, logit) in scaled.iter().enumerate().filter(|(_, logit)| logit.is_finite()) {
        left -= (logit - sum).exp();
        last = at;
        if left < 0.0 {
            break;
        }
    }
    last
}

/// Bytes of the text over bytes of its zlib form.
fn compression(text: &str) -> f64 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let written = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    written.map_or(0.0, |bytes| text.len() as f64 / bytes.len().max(1) as f64)
}

/// xorshift64* (Vigna 2016): the same recording gives the same words.
struct Dice(u64);

impl Dice {
    /// From 0 up to but not including 1.
    fn roll(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1u64 << 24) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_itself_is_told_by_compression() {
        assert!(compression("He spoke of ships, of shoes and of sealing wax.") < 1.5);
        assert!(compression(&"thank you ".repeat(20)) > MOST_COMPRESSION);
    }

    #[test]
    fn choices_follow_the_scores() {
        let logits = [0.0, f32::NEG_INFINITY, 3.0f32.ln(), f32::NEG_INFINITY];
        let mut dice = Dice(1);
        assert_eq!(choose(&logits, 0.0, &mut dice), 2);
        let mut counts = [0; 4];
        (0..4000).for_each(|_| counts[choose(&logits, 1.0, &mut dice)] += 1);
        assert_eq!((counts[1], counts[3]), (0, 0));
        assert!((900..1100).contains(&counts[0]), "{counts:?}");
        // At half the temperature the odds are squared.
        let mut counts = [0; 4];
        (0..4000).for_each(|_| counts[choose(&logits, 0.5, &mut dice)] += 1);
        assert!((320..480).contains(&counts[0]), "{counts:?}");
    }
}
