//! Files of a run and of a controller's folder, opened as such: a pipe or a device among them is an error at once.

use std::{collections::HashMap, path::Path};

use candle_core::{Device, Tensor};

use crate::error::{RagmeError, Result};

/// Bytes of a text file: an index of clips, a line of metrics for every step.
const LARGEST: u64 = 1 << 30;

pub(crate) fn text(path: &Path) -> Result<String> {
    let bytes = kinora_files::read(path, LARGEST).map_err(|e| RagmeError::file(path, e))?;
    String::from_utf8(bytes).map_err(|_| RagmeError::file(path, "it is not UTF-8"))
}

/// All tensors of a safetensors file.
pub(crate) fn tensors(path: &Path, device: &Device) -> Result<HashMap<String, Tensor>> {
    // candle opens by path and would wait for a pipe.
    drop(kinora_files::open(path).map_err(|e| RagmeError::file(path, e))?);
    candle_core::safetensors::load(path, device).map_err(|e| RagmeError::file(path, e))
}
