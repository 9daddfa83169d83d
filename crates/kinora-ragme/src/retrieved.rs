//! What retrieval hands to the model: embeddings of the frames of K videos, with a mask.

use candle_core::{DType, Device, Tensor};

use crate::error::{RagmeError, Result};

/// Frame embeddings of K videos for each of b samples. Memory: b · K · frames · width numbers, some KB a sample.
#[derive(Clone, Debug)]
pub struct Retrieved {
    /// (b, K, frames, width), L2-normalised; padding may hold anything finite.
    pub embeddings: Tensor,
    /// (b, K, frames), `f32`: 1 is a frame, 0 is padding. A video without a frame is absent.
    pub mask: Tensor,
}

impl Retrieved {
    /// The videos of one sample as lists of frames; shorter ones are padded. Each frame is normalised.
    ///
    /// # Errors
    /// Frames of another width than `width`, or of length zero.
    pub fn one(videos: &[Vec<Vec<f32>>], width: usize, device: &Device) -> Result<Self> {
        Self::batch(std::slice::from_ref(&videos.to_vec()), width, device)
    }

    /// As [`Retrieved::one`] for several samples; a sample may have fewer videos than another, or none.
    ///
    /// # Errors
    /// As there.
    pub fn batch(samples: &[Vec<Vec<Vec<f32>>>], width: usize, device: &Device) -> Result<Self> {
        let videos = samples.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let frames = samples.iter().flatten().map(Vec::len).max().unwrap_or(0).max(1);
        let cells = samples.len() * videos * frames;
        let (mut embeddings, mut mask) = (vec![0f32; cells * width], vec![0f32; cells]);
        for (sample, list) in samples.iter().enumerate() {
            for (k, video) in list.iter().enumerate() {
                for (at, frame) in video.iter().enumerate() {
                    let cell = (sample * videos + k) * frames + at;
                    embeddings[cell * width..][..width].copy_from_slice(&normalised(frame, width)?);
                    mask[cell] = 1.0;
                }
            }
        }
        let shape = (samples.len(), videos, frames);
        let embeddings = Tensor::from_vec(embeddings, (shape.0, shape.1, shape.2, width), device)?;
        Ok(Self { embeddings, mask: Tensor::from_vec(mask, shape, device)? })
    }

    /// Checks shapes and number formats that come from elsewhere.
    ///
    /// # Errors
    /// A mask that does not belong to the embeddings.
    pub fn check(&self, width: usize) -> Result<()> {
        let (b, k, frames, found) = self.embeddings.dims4()?;
        if found != width || self.mask.dims() != [b, k, frames] || self.mask.dtype() != DType::F32 {
            let (e, m) = (self.embeddings.dims(), self.mask.dims());
            return Err(RagmeError::Input(format!(
                "embeddings {e:?} and mask {m:?} do not belong together, or are not {width} wide"
            )));
        }
        Ok(())
    }
}

fn normalised(frame: &[f32], width: usize) -> Result<Vec<f32>> {
    let norm = frame.iter().map(|x| x * x).sum::<f32>().sqrt();
    if frame.len() != width || !norm.is_finite() || norm <= 0.0 {
        return Err(RagmeError::Input(format!(
            "a frame's embedding has {} numbers of length {norm}, not {width} numbers",
            frame.len()
        )));
    }
    Ok(frame.iter().map(|x| x / norm).collect())
}

/// The embedding of a video (RAGME, equation 3): normalised frames, their mean, normalised.
///
/// # Errors
/// No frame, or one of another width.
pub fn video_embedding(frames: &[Vec<f32>], width: usize) -> Result<Vec<f32>> {
    let mut sum = vec![0f32; width];
    for frame in frames {
        sum.iter_mut().zip(normalised(frame, width)?).for_each(|(sum, x)| *sum += x);
    }
    normalised(&sum, width)
}

/// Seconds at which a retrieved clip is looked at: resampled to 8 frames a second, every third of them is
/// embedded, so 4 for the 12 frames of the released setting.
pub fn encoded_times(start: f64, end: f64, frames: usize) -> Vec<f64> {
    (0..frames).step_by(3).map(|at| start + at as f64 / 8.0).filter(|t| *t < end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_is_looked_at_four_times() {
        assert_eq!(encoded_times(2.0, 60.0, 12), [2.0, 2.375, 2.75, 3.125]);
        assert_eq!(encoded_times(2.0, 2.5, 12), [2.0, 2.375], "a short clip has fewer frames");
    }

    #[test]
    fn every_frame_counts_the_same_in_a_video() {
        let video = video_embedding(&[vec![10.0, 0.0], vec![0.0, 0.1]], 2).unwrap();
        assert!((video[0] - video[1]).abs() < 1e-6 && (video[0] - 0.5f32.sqrt()).abs() < 1e-6);
        assert!(video_embedding(&[], 2).is_err() && video_embedding(&[vec![1.0]], 2).is_err());
    }

    #[test]
    fn shorter_lists_are_padded() {
        let samples = [vec![vec![vec![3.0, 4.0]; 2], vec![vec![1.0, 0.0]]], vec![]];
        let made = Retrieved::batch(&samples, 2, &Device::Cpu).unwrap();
        made.check(2).unwrap();
        assert_eq!(made.embeddings.dims(), [2, 2, 2, 2]);
        let mask = made.mask.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(mask, [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
