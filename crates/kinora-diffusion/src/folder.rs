//! Files of a model's folder, as diffusers saves it.

use std::path::{Path, PathBuf};

use crate::error::{DiffusionError, Result};

/// The safetensors file of a network: `NAME.safetensors`, or the half-precision variant if only that is there.
pub(crate) fn weights_file(folder: &Path, name: &str) -> Result<PathBuf> {
    let candidates = ["", ".fp16"].map(|kind| folder.join(format!("{name}{kind}.safetensors")));
    if let Some(found) = candidates.iter().find(|path| path.is_file()) {
        return Ok(found.clone());
    }
    let pickled = folder.join(format!("{name}.bin"));
    let detail = if pickled.is_file() || folder.join("pytorch_model.bin").is_file() {
        "there are pickled weights (`.bin`) only; save them as safetensors"
    } else {
        "no such file"
    };
    Err(DiffusionError::Read { path: candidates[0].clone(), detail: detail.into() })
}
