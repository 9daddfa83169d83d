//! Configuration files as diffusers and transformers write them.
//!
//! Keys that begin with `_` are the writer's own (class, version, origin) and are passed over; every other
//! key that a class does not know is an error, since ignoring an option means another network.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{DiffusionError, Result};

/// Bytes of a text file.
const LARGEST: u64 = 64 << 20;

/// Reads `config.json`, or a file of another name, of a class.
///
/// # Errors
/// [`DiffusionError::Read`] if it is not there, [`DiffusionError::Config`] if an option is not known.
pub fn read<C: DeserializeOwned>(path: &Path) -> Result<C> {
    let read = |detail: String| DiffusionError::Read { path: path.to_path_buf(), detail };
    let text = text(path)?;
    let what = path.display().to_string();
    let value =
        serde_json::from_str(&without_infinities(&text)).map_err(|e| read(e.to_string()))?;
    parse(&what, value)
}

/// A text file of a model: configuration, vocabulary. A pipe or a device is an error at once.
///
/// # Errors
/// [`DiffusionError::Read`].
pub(crate) fn text(path: &Path) -> Result<String> {
    let read = |detail: String| DiffusionError::Read { path: path.to_path_buf(), detail };
    let bytes = kinora_files::read(path, LARGEST).map_err(|e| read(e.to_string()))?;
    String::from_utf8(bytes).map_err(|_| read("it is not UTF-8".into()))
}

/// Python writes `-Infinity`, which is not JSON, for options that are off.
pub(crate) fn without_infinities(text: &str) -> String {
    text.replace(": -Infinity", ": null").replace(": Infinity", ": null")
}

/// Turns a parsed file into the options of a class.
///
/// # Errors
/// [`DiffusionError::Config`] if an option is not known or of another type.
pub fn parse<C: DeserializeOwned>(what: &str, mut value: Value) -> Result<C> {
    if let Some(keys) = value.as_object_mut() {
        keys.retain(|key, _| !key.starts_with('_'));
    }
    serde_json::from_value(value).map_err(|e| DiffusionError::config(what, e.to_string()))
}

/// The activation between layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// x · σ(x); diffusers has two names for it.
    #[serde(alias = "swish")]
    Silu,
    /// x · Φ(x), by the error function.
    Gelu,
    /// x · σ(1.702 x), as OpenAI trained CLIP.
    QuickGelu,
    /// max(x, 0).
    Relu,
}

impl Activation {
    /// Element by element.
    ///
    /// # Errors
    /// If the shapes do not fit together, or the device fails.
    pub fn forward(self, x: &candle_core::Tensor) -> candle_core::Result<candle_core::Tensor> {
        match self {
            Self::Silu => x.silu(),
            Self::Gelu => x.gelu_erf(),
            Self::QuickGelu => x * crate::ops::sigmoid(&(x * 1.702)?)?,
            Self::Relu => x.relu(),
        }
    }
}

/// One number, or one for each side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(untagged)]
pub enum Sides {
    /// Height and width.
    Both(usize),
    /// Height, width.
    Each([usize; 2]),
}

impl Sides {
    /// Height and width.
    pub fn sides(self) -> (usize, usize) {
        match self {
            Self::Both(side) => (side, side),
            Self::Each([height, width]) => (height, width),
        }
    }
}
