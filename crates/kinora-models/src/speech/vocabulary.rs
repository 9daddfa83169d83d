//! Whisper's tokens: text, special tokens, timestamps, and what is never said.

use std::path::Path;

use kinora_inference::InferenceError;
use tokenizers::Tokenizer;

use crate::ModelError;

/// A token's number.
pub(super) type Token = u32;

/// Seconds between two timestamps.
pub(super) const TICK: f64 = 0.02;
/// Signs that are no speech (`non_speech_tokens` in `whisper/tokenizer.py`): annotations of speaker and
/// sound come in brackets, and notes for music. As they are, and after a space.
const SIGNS: &str = "\" # ( ) * + / : ; < = > @ [ \\ ] ^ _ ` { | } ~ 「 」 『 』 << >> <<< >>> -- --- -( -[ (' (\" \
                     (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪";
/// Notes that are several tokens each; the first of them is suppressed.
const NOTES: &str = "♩ ♪ ♫ ♬ ♭ ♮ ♯";

/// The tokens of a multilingual Whisper.
pub(super) struct Vocabulary {
    tokenizer: Tokenizer,
    /// Ends a text.
    pub end: Token,
    /// Starts everything.
    pub start: Token,
    /// Asks for the words in the language that is spoken.
    pub transcribe: Token,
    /// Says that nothing is said.
    pub no_speech: Token,
    pub no_timestamps: Token,
    /// The timestamp 0.00; the others follow.
    pub first_timestamp: Token,
    /// Token and code of each language.
    pub languages: Vec<(Token, String)>,
    /// Never to be chosen.
    pub suppressed: Vec<Token>,
    /// Not to be chosen as the first: a space, and the end.
    pub suppressed_first: Vec<Token>,
}

impl Vocabulary {
    /// Loads the vocabulary from the tokenizer's file.
    ///
    /// # Errors
    /// If the file cannot be read or is no vocabulary of Whisper.
    pub(super) fn load(path: &Path) -> Result<Self, ModelError> {
        let broken =
            |detail: String| ModelError::Broken { what: path.display().to_string(), detail };
        let tokenizer = Tokenizer::from_file(path).map_err(|e| broken(e.to_string()))?;
        let special = |name: &str| {
            let token = tokenizer.token_to_id(name);
            token.ok_or_else(|| broken(format!("it has no token `{name}`")))
        };
        let (end, start) = (special("<|endoftext|>")?, special("<|startoftranscript|>")?);
        let (translate, transcribe) = (special("<|translate|>")?, special("<|transcribe|>")?);
        let no_timestamps = special("<|notimestamps|>")?;
        // Renamed in newer tokenizers.
        let no_speech = special("<|nospeech|>").or_else(|_| special("<|nocaptions|>"))?;
        let language = |token: Token| {
            let name = tokenizer.id_to_token(token)?;
            Some((token, code(name.strip_prefix("<|")?.strip_suffix("|>")?).to_owned()))
        };
        let languages = (start + 1..translate).filter_map(language).collect();
        let others =
            [start, translate, transcribe, special("<|startoflm|>")?, special("<|startofprev|>")?];
        let mut vocabulary = Self {
            end,
            start,
            transcribe,
            no_speech,
            no_timestamps,
            first_timestamp: no_timestamps + 1,
            languages,
            suppressed: others.to_vec(),
            suppressed_first: vec![end],
            tokenizer,
        };
        vocabulary.suppressed.push(no_speech);
        vocabulary.suppress_signs().map_err(broken)?;
        Ok(vocabulary)
    }

    fn suppress_signs(&mut self) -> Result<(), String> {
        let encode = |text: &str| -> Result<Vec<Token>, String> {
            let encoded = self.tokenizer.encode(text, false).map_err(|e| e.to_string())?;
            Ok(encoded.get_ids().to_vec())
        };
        // Hyphens and apostrophes may stand inside of a word, not at its start.
        let mut found = vec![encode(" -")?[..1].to_vec(), encode(" '")?[..1].to_vec()];
        for (signs, always) in [(SIGNS, false), (NOTES, true)] {
            for sign in signs.split(' ') {
                for tokens in [encode(sign)?, encode(&format!(" {sign}"))?] {
                    if tokens.len() == 1 || always {
                        found.push(tokens[..1].to_vec());
                    }
                }
            }
        }
        let space = encode(" ")?;
        self.suppressed_first.extend(space);
        self.suppressed.extend(found.into_iter().flatten());
        self.suppressed.sort_unstable();
        self.suppressed.dedup();
        Ok(())
    }

    /// Token and code of a language.
    ///
    /// # Errors
    /// [`InferenceError::Input`] if Whisper does not know it.
    pub(super) fn language(&self, code: &str) -> Result<(Token, String), InferenceError> {
        let known = self.languages.iter().find(|(_, known)| known == code);
        known.cloned().ok_or_else(|| {
            InferenceError::Input(format!("the model knows no language with the code `{code}`"))
        })
    }

    /// Whether it is a timestamp.
    pub(super) fn is_timestamp(&self, token: Token) -> bool {
        token >= self.first_timestamp
    }

    /// Seconds of a timestamp.
    pub(super) fn seconds(&self, timestamp: Token) -> f64 {
        f64::from(timestamp.saturating_sub(self.first_timestamp)) * TICK
    }

    /// Whether it is a part of the text.
    pub(super) fn is_text(&self, token: Token) -> bool {
        token < self.end
    }

    /// The words; special tokens and timestamps are left out.
    ///
    /// # Errors
    /// If the tokenizer fails.
    pub(super) fn text(&self, tokens: &[Token]) -> Result<String, InferenceError> {
        let text: Vec<Token> =
            tokens.iter().copied().filter(|token| self.is_text(*token)).collect();
        let decoded = self.tokenizer.decode(&text, false);
        decoded.map_err(|e| InferenceError::Runtime(format!("tokenizer: {e}")))
    }
}

/// Whisper calls Javanese by the withdrawn code.
fn code(name: &str) -> &str {
    if name == "jw" { "jv" } else { name }
}
