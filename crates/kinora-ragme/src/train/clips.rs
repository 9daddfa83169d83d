//! What is trained on: clips as latents, their text, and the frame embeddings of their neighbours.
//!
//! The folder on disk is made once, by the floor above, which owns videos, index and deduplication: latents
//! of every clip, so that neither decoder nor autoencoder runs while training.
//!
//! Memory: one batch; files are read when a clip is drawn.

use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::checkpoint::write_tensors;
use crate::error::{RagmeError, Result};

/// One example.
#[derive(Clone, Debug)]
pub struct Clip {
    /// (C, frames, h, w), times the autoencoder's scaling factor, `f32`.
    pub latents: Tensor,
    /// The text encoder's last hidden state (tokens, width), `f32`.
    pub text: Tensor,
    /// Frame embeddings of the retrieved videos, the best first; the clip itself is not among them.
    pub videos: Vec<Vec<Vec<f32>>>,
}

/// Clips by number. Contract: all have the same shapes; a number names the same clip always; read by one thread.
pub trait Clips {
    /// How many.
    fn count(&self) -> usize;
    /// One of them, with at most `videos` neighbours; `at` is below [`Clips::count`].
    ///
    /// # Errors
    /// It cannot be read.
    fn clip(&self, at: usize, videos: usize) -> Result<Clip>;
}

/// Format of the index file.
const VERSION: u32 = 1;

/// `index.json` of a folder.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Index {
    version: u32,
    clips: Vec<Entry>,
}

/// A clip's file and those of its neighbours, the best first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name of the file, without a folder.
    pub file: String,
    /// Names of other clips' files.
    pub neighbours: Vec<String>,
}

/// Clips in a folder: `index.json` and a safetensors file each, with `latents`, `text` and `frames`.
#[derive(Clone, Debug)]
pub struct ClipFolder {
    folder: PathBuf,
    clips: Vec<Entry>,
    device: Device,
}

impl ClipFolder {
    /// The folder's index.
    ///
    /// # Errors
    /// No index, one of another version, or a clip among its own neighbours.
    pub fn open(folder: &Path, device: &Device) -> Result<Self> {
        let path = folder.join("index.json");
        let text = crate::file::text(&path)?;
        let index: Index = serde_json::from_str(&text).map_err(|e| RagmeError::file(&path, e))?;
        if index.version != VERSION {
            return Err(RagmeError::file(
                &path,
                format!("version {}, not {VERSION}", index.version),
            ));
        }
        if let Some(own) = index.clips.iter().find(|clip| clip.neighbours.contains(&clip.file)) {
            return Err(RagmeError::file(&path, format!("`{}` is its own neighbour", own.file)));
        }
        Ok(Self { folder: folder.to_path_buf(), clips: index.clips, device: device.clone() })
    }

    /// Writes one clip: latents (C, frames, h, w), text (tokens, width), frame embeddings (frames, width).
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_clip(
        folder: &Path,
        file: &str,
        latents: &Tensor,
        text: &Tensor,
        frames: &Tensor,
    ) -> Result<()> {
        let tensors = [("latents", latents), ("text", text), ("frames", frames)];
        let tensors = tensors.map(|(name, t)| (name.to_owned(), t.clone())).into();
        write_tensors(&folder.join(file), &tensors)
    }

    /// Writes the index, after all clips.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_index(folder: &Path, clips: &[Entry]) -> Result<()> {
        let path = folder.join("index.json");
        let index = Index { version: VERSION, clips: clips.to_vec() };
        let text = serde_json::to_string_pretty(&index).map_err(|e| RagmeError::file(&path, e))?;
        std::fs::write(&path, text).map_err(|e| RagmeError::file(&path, e))
    }
}

fn tensors(path: &Path, names: &[&str], device: &Device) -> Result<Vec<Tensor>> {
    let mut all = crate::file::tensors(path, device)?;
    let take = |name: &&str| {
        all.remove(*name).ok_or_else(|| RagmeError::file(path, format!("there is no `{name}`")))
    };
    names.iter().map(take).collect()
}

/// A clip's frame embeddings.
pub(super) fn frames(path: &Path, device: &Device) -> Result<Vec<Vec<f32>>> {
    Ok(tensors(path, &["frames"], device)?[0].to_vec2()?)
}

impl Clips for ClipFolder {
    fn count(&self) -> usize {
        self.clips.len()
    }

    fn clip(&self, at: usize, videos: usize) -> Result<Clip> {
        let entry = &self.clips[at];
        let own = tensors(&self.folder.join(&entry.file), &["latents", "text"], &self.device)?;
        let frames = |file: &String| frames(&self.folder.join(file), &self.device);
        let videos = entry.neighbours.iter().take(videos).map(frames).collect::<Result<_>>()?;
        Ok(Clip { latents: own[0].clone(), text: own[1].clone(), videos })
    }
}
