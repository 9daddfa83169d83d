//! Whisper's decoder, one token after the other.
//!
//! The graph holds two branches: one makes the keys and values of the sound, the other one goes on from
//! those of the tokens before. The tensors stay in the runtime from step to step.
//!
//! Memory: for a window, 2 x layers x 1500 x width f32 (base: 18 MB), and the same for each token said.

use std::{path::Path, rc::Rc};

use kinora_inference::InferenceError;

use super::vocabulary::Token;
use crate::{
    ModelError,
    runtime::{Input, Kept, Model, Network, Runtime, Values, Wanted},
};

/// The network.
pub(super) struct Decoder {
    network: Network,
    layers: usize,
    heads: usize,
    /// Components of one head.
    width: usize,
    first: Wanted,
    next: Wanted,
    attention: Wanted,
    alignment_heads: Vec<(usize, usize)>,
}

/// State of the decoder after the tokens so far; cheap to copy.
#[derive(Clone)]
pub(super) struct State {
    /// Encoded sound; the graph takes it again as an input without using it.
    sound: Rc<Kept>,
    sound_keys: Rc<Vec<Kept>>,
    token_keys: Rc<Vec<Kept>>,
    /// Scores of what comes next, one for each token of the vocabulary.
    pub logits: Rc<Vec<f32>>,
}

/// Cross-attention of the alignment heads: one map each, tokens x 1500, row-major.
pub(super) struct Attention {
    pub maps: Vec<Vec<f32>>,
    pub tokens: usize,
    pub frames: usize,
}

impl Decoder {
    /// Loads the graph; `heads` are (layer, head) of the cross-attentions that follow the sound.
    ///
    /// # Errors
    /// If the graph cannot be loaded, or lacks an output.
    pub(super) fn load(
        runtime: &Runtime,
        path: &Path,
        alignment_heads: &[(usize, usize)],
    ) -> Result<Self, ModelError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let network = Network::load(runtime, Model::File(path), cores)?;
        let broken =
            |detail: String| ModelError::Broken { what: path.display().to_string(), detail };
        let layers = network.inputs().iter().filter(|n| n.ends_with(".decoder.key")).count();
        let shape = network.input_shape(&past(0, "decoder", "key")).unwrap_or_default();
        let [_, heads, _, width] = shape[..] else {
            return Err(broken("it has no cache of keys".into()));
        };
        if heads < 1
            || width < 1
            || alignment_heads.iter().any(|(l, h)| *l >= layers || *h >= heads as usize)
        {
            return Err(broken(
                "its cache or its alignment heads are not those of the model".into(),
            ));
        }
        let present = |side: &str| -> Vec<String> {
            let names = (0..layers).flat_map(|layer| ["key", "value"].map(|kind| (layer, kind)));
            names.map(|(layer, kind)| format!("present.{layer}.{side}.{kind}")).collect()
        };
        let logits = || vec!["logits".to_owned()];
        let first = [logits(), present("decoder"), present("encoder")].concat();
        let maps = alignment_layers(alignment_heads);
        let maps = maps.iter().map(|layer| format!("cross_attentions.{layer}")).collect();
        Ok(Self {
            first: network.want(first).map_err(broken)?,
            next: network.want([logits(), present("decoder")].concat()).map_err(broken)?,
            attention: network.want(maps).map_err(broken)?,
            network,
            layers,
            heads: heads as usize,
            width: width as usize,
            alignment_heads: alignment_heads.to_vec(),
        })
    }

    /// Reads the encoded sound, `[1, 1500, n]`, and the first token.
    ///
    /// # Errors
    /// If the graph fails.
    pub(super) fn begin(&self, sound: Kept, token: Token) -> Result<State, InferenceError> {
        let nothing = self.nothing()?;
        let cache = self.cache(|_, _, _| &nothing);
        let mut outputs = self.run(&[token], &sound, cache, false, self.first)?;
        let sound_keys = outputs.split_off(1 + 2 * self.layers);
        state(outputs, Rc::new(sound), Rc::new(sound_keys))
    }

    /// Decodes one more token.
    ///
    /// # Errors
    /// If the graph fails.
    pub(super) fn step(&self, state: &State, token: Token) -> Result<State, InferenceError> {
        let cache = self.cache(|layer, sound, value| {
            let keys = if sound { &state.sound_keys } else { &state.token_keys };
            &keys[2 * layer + usize::from(value)]
        });
        let outputs = self.run(&[token], &state.sound, cache, true, self.next)?;
        self::state(outputs, state.sound.clone(), state.sound_keys.clone())
    }

    /// Cross-attention of all `tokens` at once to the frames of the sound.
    ///
    /// # Errors
    /// If the graph fails.
    pub(super) fn attend(
        &self,
        state: &State,
        tokens: &[Token],
    ) -> Result<Attention, InferenceError> {
        let nothing = self.nothing()?;
        let cache = self.cache(|_, _, _| &nothing);
        let outputs = self.run(tokens, &state.sound, cache, false, self.attention)?;
        let layers = alignment_layers(&self.alignment_heads);
        let mut attention = Attention { maps: Vec::new(), tokens: tokens.len(), frames: 0 };
        for (layer, head) in &self.alignment_heads {
            let at = layers.iter().position(|l| l == layer).unwrap_or_default();
            let (shape, values) = outputs[at].read()?;
            let frames = match shape[..] {
                [1, heads, rows, frames] if heads > *head && rows == tokens.len() => frames,
                _ => return Err(InferenceError::Runtime(format!("attention of shape {shape:?}"))),
            };
            let map = tokens.len() * frames;
            attention.frames = frames;
            attention.maps.push(values[head * map..(head + 1) * map].to_vec());
        }
        Ok(attention)
    }

    /// The branch without a cache takes one as an input without using it.
    fn nothing(&self) -> Result<Kept, InferenceError> {
        Kept::new(vec![1, self.heads, 1, self.width], vec![0.0; self.heads * self.width])
    }

    /// The tensor of each (layer, of the sound, value) under its name.
    fn cache<'a>(&self, tensor: impl Fn(usize, bool, bool) -> &'a Kept) -> Vec<(String, &'a Kept)> {
        let mut cache = Vec::with_capacity(4 * self.layers);
        for layer in 0..self.layers {
            for (side, sound) in [("decoder", false), ("encoder", true)] {
                for (kind, value) in [("key", false), ("value", true)] {
                    cache.push((past(layer, side, kind), tensor(layer, sound, value)));
                }
            }
        }
        cache
    }

    fn run(
        &self,
        tokens: &[Token],
        sound: &Kept,
        cache: Vec<(String, &Kept)>,
        goes_on: bool,
        wanted: Wanted,
    ) -> Result<Vec<Kept>, InferenceError> {
        let ids = tokens.iter().map(|token| i64::from(*token)).collect();
        let mut inputs = vec![
            ("input_ids", Input::New(Values::I64(vec![1, tokens.len()], ids))),
            ("encoder_hidden_states", Input::Again(sound)),
            ("use_cache_branch", Input::New(Values::Bool(vec![1], vec![goes_on]))),
        ];
        inputs.extend(cache.iter().map(|(name, kept)| (name.as_str(), Input::Again(kept))));
        self.network.run(inputs, wanted)
    }
}

fn state(
    mut outputs: Vec<Kept>,
    sound: Rc<Kept>,
    sound_keys: Rc<Vec<Kept>>,
) -> Result<State, InferenceError> {
    let logits = outputs.remove(0).read()?.1.to_vec();
    Ok(State { sound, sound_keys, token_keys: Rc::new(outputs), logits: Rc::new(logits) })
}

fn past(layer: usize, side: &str, kind: &str) -> String {
    format!("past_key_values.{layer}.{side}.{kind}")
}

/// Layers that have an alignment head, in order.
fn alignment_layers(heads: &[(usize, usize)]) -> Vec<usize> {
    let mut layers: Vec<usize> = heads.iter().map(|(layer, _)| *layer).collect();
    layers.dedup();
    layers
}
