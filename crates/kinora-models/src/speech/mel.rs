//! Log-mel spectrogram of 30 s of sound, as Whisper was trained on it.
//!
//! Mirrors `log_mel_spectrogram` of openai/whisper (`whisper/audio.py`) on a padded window, which is what
//! `WhisperFeatureExtractor` of transformers gives: Hann window of 25 ms, hop of 10 ms, frames centred
//! with reflection at the ends, power, 80 Slaney mel filters up to 8 kHz, log10, at most 8 below the
//! window's peak, (x + 4) / 4.
//!
//! Memory: 80 x 3000 f32.

use std::f64::consts::TAU;

use super::fft::Fft;

/// Mel bands.
pub(super) const BANDS: usize = 80;
/// Frames of a window.
pub(super) const FRAMES: usize = 3000;
/// Samples from frame to frame.
pub(super) const HOP: usize = 160;
/// Samples of a window: 30 s.
pub(super) const WINDOW: usize = FRAMES * HOP;

const LENGTH: usize = 400;
const BINS: usize = LENGTH / 2 + 1;
const RATE: f64 = kinora_inference::SAMPLE_RATE as f64;

/// A triangle over a few bins of the spectrum.
struct Filter {
    first: usize,
    weights: Vec<f32>,
}

/// Everything that does not depend on the sound.
pub(super) struct LogMel {
    fft: Fft,
    hann: Vec<f32>,
    filters: Vec<Filter>,
}

impl LogMel {
    pub(super) fn new() -> Self {
        let hann = |i: usize| (0.5 - 0.5 * (TAU * i as f64 / LENGTH as f64).cos()) as f32;
        Self { fft: Fft::new(LENGTH), hann: (0..LENGTH).map(hann).collect(), filters: filters() }
    }

    /// `[80, 3000]`, row-major, of at most 30 s; what is missing is silence, what is over is left out.
    pub(super) fn features(&self, samples: &[f32]) -> Vec<f32> {
        let samples = &samples[..samples.len().min(WINDOW)];
        let floor = 1e-10f32.log10();
        let mut features = vec![floor; BANDS * FRAMES];
        let (mut frame, mut power) = ([0.0; LENGTH], [0.0; BINS]);
        // Frames past the end hold nothing but silence.
        let heard = samples.len().saturating_add(LENGTH / 2).div_ceil(HOP).min(FRAMES);
        for t in 0..heard {
            for (i, value) in frame.iter_mut().enumerate() {
                *value = at(samples, (t * HOP + i) as isize - (LENGTH / 2) as isize) * self.hann[i];
            }
            self.fft.power(&frame, &mut power);
            for (band, filter) in self.filters.iter().enumerate() {
                let bins = &power[filter.first..];
                let sum: f32 = filter.weights.iter().zip(bins).map(|(w, p)| w * p).sum();
                features[band * FRAMES + t] = sum.max(1e-10).log10();
            }
        }
        let peak = features.iter().copied().fold(floor, f32::max);
        features.iter_mut().for_each(|value| *value = (value.max(peak - 8.0) + 4.0) / 4.0);
        features
    }
}

/// The window's sample at `index`, reflected at both ends of the 30 s.
fn at(samples: &[f32], index: isize) -> f32 {
    let index = index.unsigned_abs();
    let index = if index < WINDOW { index } else { 2 * (WINDOW - 1) - index };
    samples.get(index).copied().unwrap_or(0.0)
}

/// Triangles between neighbours of 82 points that lie evenly on Slaney's mel scale from 0 to 8 kHz, each
/// of area 1 (librosa's `filters.mel`).
fn filters() -> Vec<Filter> {
    let top = mel(RATE / 2.0);
    let point = |i: usize| hertz(top * i as f64 / (BANDS + 1) as f64);
    let bin = |k: usize| k as f64 * RATE / LENGTH as f64;
    let filter = |band: usize| {
        let (low, peak, high) = (point(band), point(band + 1), point(band + 2));
        let weight = |k: usize| {
            let slope = ((bin(k) - low) / (peak - low)).min((high - bin(k)) / (high - peak));
            (slope.max(0.0) * 2.0 / (high - low)) as f32
        };
        let first = (0..BINS).find(|k| weight(*k) > 0.0).unwrap_or(0);
        Filter { first, weights: (first..BINS).map(weight).take_while(|w| *w > 0.0).collect() }
    };
    (0..BANDS).map(filter).collect()
}

/// Slaney's scale: linear below 1 kHz, logarithmic above.
fn mel(hertz: f64) -> f64 {
    if hertz < 1000.0 {
        hertz * 3.0 / 200.0
    } else {
        15.0 + 27.0 * (hertz / 1000.0).ln() / 6.4f64.ln()
    }
}

fn hertz(mel: f64) -> f64 {
    if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * (6.4f64.ln() * (mel - 15.0) / 27.0).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_flat_and_a_tone_has_its_band() {
        let mel = LogMel::new();
        let silence = mel.features(&[]);
        assert_eq!((silence.len(), silence[0]), (BANDS * FRAMES, -1.5));
        assert!(silence.iter().all(|value| *value == -1.5));
        let tone: Vec<f32> =
            (0..WINDOW).map(|i| (TAU * 1000.0 * i as f64 / RATE).sin() as f32).collect();
        let features = mel.features(&tone);
        let loudest = (0..BANDS)
            .max_by(|a, b| features[a * FRAMES + 1500].total_cmp(&features[b * FRAMES + 1500]));
        // 1 kHz is 15 of 45.245 mel.
        assert!(loudest.unwrap().abs_diff(15 * 81 / 45 - 1) <= 1, "{loudest:?}");
    }
}
