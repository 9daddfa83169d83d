//! Frames to what the network works on and back: an autoencoder, or the pixels themselves.
//!
//! A small model needs no autoencoder: squares of pixels become channels (`torch.nn.functional.pixel_unshuffle`),
//! and nothing is lost. A folder says so as diffusers writes an absent part: `"vae": [null, null]` in
//! `model_index.json`. That such a base works on pixels is Kinora's own reading; diffusers has no such pipeline.
//!
//! Memory: the autoencoder works on one frame at a time.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use crate::{
    autoencoder_kl::AutoencoderKL,
    config,
    error::{DiffusionError, Result},
};

#[derive(Deserialize)]
struct ModelIndex {
    /// Library and class; absent in folders that say nothing of it.
    vae: Option<[Option<String>; 2]>,
}

/// Codec between frames and latents.
#[derive(Clone, Debug)]
pub enum FrameCodec {
    /// A trained one; latents are smaller than frames.
    Autoencoder(Box<AutoencoderKL>),
    /// None: squares of `side` x `side` pixels of three colours, -1 to 1, are 3 · side² channels.
    Pixels {
        /// Side of the square in pixels.
        side: usize,
    },
}

impl FrameCodec {
    /// Opens the codec of a pipeline's folder, for a network with that many input channels.
    ///
    /// # Errors
    /// Files that are missing or do not fit; channels that are no squares of pixels.
    pub fn open(folder: &Path, channels: usize, dtype: DType, device: &Device) -> Result<Self> {
        let index = folder.join("model_index.json");
        let absent = index.is_file() && {
            let index: ModelIndex = config::read(&index)?;
            index.vae.is_some_and(|[library, _]| library.is_none())
        };
        if !absent {
            let vae = AutoencoderKL::open(&folder.join("vae"), dtype, device)?;
            return Ok(Self::Autoencoder(Box::new(vae)));
        }
        let side = (1..=channels).find(|side| 3 * side * side >= channels).unwrap_or_default();
        if side == 0 || 3 * side * side != channels {
            let detail = format!("{channels} channels are not squares of pixels of three colours");
            return Err(DiffusionError::config("model_index.json", &detail));
        }
        Ok(Self::Pixels { side })
    }

    /// Pixels along a side for one latent.
    pub fn scale(&self) -> usize {
        match self {
            Self::Autoencoder(vae) => vae.scale(),
            Self::Pixels { side } => *side,
        }
    }

    /// Factor on latents before the network takes them.
    pub fn scaling_factor(&self) -> f64 {
        match self {
            Self::Autoencoder(vae) => vae.config().scaling_factor,
            Self::Pixels { .. } => 1.0,
        }
    }

    /// Frames (n, 3, height, width), -1 to 1, to latents (n, C, h, w), not scaled; of an autoencoder their mean.
    ///
    /// # Errors
    /// Sides that are no multiples of [`FrameCodec::scale`].
    pub fn encode(&self, frames: &Tensor) -> Result<Tensor> {
        match self {
            Self::Autoencoder(vae) => Ok(vae.encode(frames, 1)?.mean),
            Self::Pixels { side } => Ok(pixel_unshuffle(frames, *side)?),
        }
    }

    /// Latents (n, C, h, w), no longer scaled, to frames (n, 3, height, width), about -1 to 1.
    ///
    /// # Errors
    /// Latents of other channels.
    pub fn decode(&self, latents: &Tensor) -> Result<Tensor> {
        match self {
            Self::Autoencoder(vae) => Ok(vae.decode(latents, 1)?),
            Self::Pixels { side } => Ok(pixel_shuffle(latents, *side)?),
        }
    }
}

/// (n, c, h · side, w · side) to (n, c · side², h, w), as torch orders them.
fn pixel_unshuffle(x: &Tensor, side: usize) -> candle_core::Result<Tensor> {
    let (n, c, height, width) = x.dims4()?;
    let (h, w) = (height / side, width / side);
    x.reshape((n, c, h, side, w, side))?.permute((0, 1, 3, 5, 2, 4))?.reshape((
        n,
        c * side * side,
        h,
        w,
    ))
}

/// The way back.
fn pixel_shuffle(x: &Tensor, side: usize) -> candle_core::Result<Tensor> {
    let (n, channels, h, w) = x.dims4()?;
    let c = channels / (side * side);
    x.reshape((n, c, side, side, h, w))?.permute((0, 1, 4, 2, 5, 3))?.reshape((
        n,
        c,
        h * side,
        w * side,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_become_channels_in_torchs_order_and_come_back() {
        let x = Tensor::arange(0f32, 16.0, &Device::Cpu).unwrap().reshape((1, 1, 4, 4)).unwrap();
        let folded = pixel_unshuffle(&x, 2).unwrap();
        assert_eq!(folded.dims(), [1, 4, 2, 2]);
        let values = folded.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        // torch.nn.functional.pixel_unshuffle of the same numbers.
        let torch = [0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15];
        assert_eq!(values, torch.map(|v| v as f32));
        let back = pixel_shuffle(&folded, 2).unwrap().flatten_all().unwrap();
        assert_eq!(back.to_vec1::<f32>().unwrap(), (0..16).map(|v| v as f32).collect::<Vec<_>>());
    }

    #[test]
    fn a_folder_without_autoencoder_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let open = |channels| FrameCodec::open(folder.path(), channels, DType::F32, &Device::Cpu);
        assert!(open(48).unwrap_err().to_string().contains("vae"), "nothing said: one is needed");
        let index = folder.path().join("model_index.json");
        std::fs::write(index, r#"{"_class_name": "x", "vae": [null, null]}"#).unwrap();
        let codec = open(48).unwrap();
        assert_eq!((codec.scale(), codec.scaling_factor()), (4, 1.0));
        assert!(open(47).unwrap_err().to_string().contains("47 channels"));
    }
}
