//! Head and calibration of `clip-vit-b-16-lite`, trained by Kinora and built into the program.
//!
//! The files stand in `models/clip-vit-b-16-lite` with their model card.

use half::f16;
use kinora_inference::ScoreModel;
use serde::Deserialize;

use crate::{ModelError, runtime::Model};

const HEAD_BYTES: &[u8] = include_bytes!("../../../models/clip-vit-b-16-lite/text_head.onnx");
const CALIBRATION: &str = include_str!("../../../models/clip-vit-b-16-lite/calibration.json");
/// Typical query vectors: rows of f16, little-endian.
const HUB_BANK: &[u8] = include_bytes!("../../../models/clip-vit-b-16-lite/hub_bank.f16");

/// The head: `sentence` f32 `[n, 384]` to `embedding` f32 `[n, 512]`.
pub(crate) const HEAD: Model<'static> = Model::Embedded("text_head.onnx", HEAD_BYTES);

/// Squared length that a unit picture vector a keeps when the mean is taken off. As |a - b|^2 is the
/// same before and after, a raw cosine of 1 - d becomes one of about 1 - d / LEFT. Measured: photographs
/// 0.47 to 0.81, drawn stamps 0.27 to 0.52. With 0.5 a raw 0.95 becomes 0.90, and none of the pairs
/// below 0.95 among 1060 stamps, 90 wallpapers, 3097 rendered and 81 photographs is taken for one.
const LEFT: f32 = 0.5;

/// Measured calibration.
#[derive(Debug, Deserialize)]
pub(crate) struct Calibration {
    version: u32,
    /// Mean of unit picture vectors.
    pub image_mean: Option<Vec<f32>>,
    /// `{}` stands for the text.
    pub prompt_templates: Vec<String>,
    abstain_below: Option<f32>,
    /// Cosine of raw picture vectors, before the mean is taken off.
    duplicate_threshold: f32,
    hubness: Hubness,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "method", rename_all = "lowercase")]
enum Hubness {
    None,
    Csls { k: usize, weight: f32 },
}

impl Calibration {
    /// The head that is built into the program.
    ///
    /// # Errors
    /// [`ModelError`] if it is broken, or of another dimension.
    pub(crate) fn embedded(dimension: usize) -> Result<Self, ModelError> {
        let broken =
            |detail: String| ModelError::Broken { what: "calibration.json".into(), detail };
        let read: Self = serde_json::from_str(CALIBRATION).map_err(|e| broken(e.to_string()))?;
        if read.version != 1 || read.prompt_templates.is_empty() {
            return Err(broken(format!("version {} or no template", read.version)));
        }
        if read.image_mean.as_ref().is_some_and(|mean| mean.len() != dimension) {
            return Err(broken("the mean has another dimension".into()));
        }
        if HUB_BANK.is_empty() || !HUB_BANK.len().is_multiple_of(2 * dimension) {
            return Err(broken("the bank does not hold whole vectors".into()));
        }
        Ok(read)
    }

    /// The numbers that search needs.
    pub(crate) fn scores(&self) -> ScoreModel {
        let uncorrected = ScoreModel {
            abstain_below: self.abstain_below,
            duplicate_threshold: self.centred_duplicates(),
            ..ScoreModel::default()
        };
        let Hubness::Csls { k, weight } = self.hubness else {
            return uncorrected;
        };
        let value = |pair: &[u8]| f16::from_le_bytes([pair[0], pair[1]]).to_f32();
        let hub_bank = HUB_BANK.chunks_exact(2).map(value).collect();
        ScoreModel { hub_bank, hub_k: k, hub_weight: weight, ..uncorrected }
    }

    /// The threshold for the vectors that the space gives.
    fn centred_duplicates(&self) -> f32 {
        match self.image_mean {
            Some(_) => 1.0 - (1.0 - self.duplicate_threshold) / LEFT,
            None => self.duplicate_threshold,
        }
    }
}

/// Everything built in that a revision depends on.
pub(crate) fn fingerprint() -> [&'static [u8]; 3] {
    [HEAD_BYTES, CALIBRATION.as_bytes(), HUB_BANK]
}
