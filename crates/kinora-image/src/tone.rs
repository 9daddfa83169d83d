//! Numbers of any space to 8-bit sRGB, light that sRGB does not have rolled off.

use super::space::{Curve, Space};

/// Luminance of reference white in cd/m² (BT.2408): paper, a face in good light, subtitles. It becomes 233
/// of 255 (0.91 of full scale), so that what is brighter still has room; videos use the same target.
const REFERENCE_WHITE: f32 = 203.0;
/// Linear light up to which the picture stays as it is; 1 is reference white.
const KNEE: f32 = 0.5;
/// Peak of the display for which HLG is rendered, in cd/m² (BT.2100), and the gamma that belongs to it.
const HLG_PEAK: f32 = 1000.0;
const HLG_GAMMA: f32 = 1.2;
/// Luminance of BT.2020 primaries, by which HLG's gamma is applied.
const BT2020_LUMA: [f32; 3] = [0.2627, 0.6780, 0.0593];
/// Steps of the table of curves: those of 12 bits.
const STEPS: usize = 4095;
/// Steps of the table back to sRGB: a fifth of a code value in the shadows.
const BACK: usize = 16_383;

/// A conversion to sRGB, made once for a picture. Some 32 KB.
pub(super) struct Tone {
    space: Space,
    /// Code value, of 0 to 1, to linear light.
    to_linear: Vec<f32>,
    matrix: [[f32; 3]; 3],
    /// Linear light of 0 to 1 to sRGB's code value.
    to_srgb: Vec<u8>,
}

impl Tone {
    /// `None` if there is nothing to convert, or the space makes no sense.
    pub(super) fn new(space: Space) -> Option<Self> {
        if space == Space::SRGB {
            return None;
        }
        let matrix = space.gamut.to_srgb()?;
        let to_linear = (0..=STEPS).map(|i| linear(space.curve, i as f32 / STEPS as f32));
        let to_srgb = (0..=BACK).map(|i| encode(i as f32 / BACK as f32));
        Some(Self { space, to_linear: to_linear.collect(), matrix, to_srgb: to_srgb.collect() })
    }

    /// RGB8 in sRGB of red, green and blue from 0 to 1; what is beyond either is cut.
    pub(super) fn apply(&self, rgb: [f32; 3]) -> [u8; 3] {
        let mut light = rgb.map(|v| self.light(v));
        if self.space.curve == Curve::Hlg {
            let luminance: f32 = light.iter().zip(BT2020_LUMA).map(|(v, weight)| v * weight).sum();
            let gain = luminance.powf(HLG_GAMMA - 1.0) * HLG_PEAK / REFERENCE_WHITE;
            light = light.map(|v| v * gain);
        }
        let [r, g, b] = light;
        let mut light = self.matrix.map(|row| row[0] * r + row[1] * g + row[2] * b);
        if matches!(self.space.curve, Curve::Pq | Curve::Hlg) {
            let brightest = light.iter().fold(0.0f32, |most, v| most.max(*v));
            let gain = if brightest > KNEE { roll_off(brightest) / brightest } else { 1.0 };
            light = light.map(|v| v * gain);
        }
        light.map(|v| self.to_srgb[(v.clamp(0.0, 1.0) * BACK as f32).round() as usize])
    }

    /// RGB8 in sRGB of 16-bit samples, `channels` to a pixel; what comes after blue is kept as 8 bits.
    pub(super) fn apply_to(&self, samples: &[u16], channels: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(samples.len());
        for pixel in samples.chunks_exact(channels) {
            let at = |i: usize| f32::from(pixel[i]) / 65535.0;
            out.extend(self.apply([at(0), at(1), at(2)]));
            out.extend(pixel[3..].iter().map(|v| (v >> 8) as u8));
        }
        out
    }

    /// Linear light of a code value, between two steps of the table.
    fn light(&self, value: f32) -> f32 {
        let value =
            if self.space.narrow { (value * 255.0 - 16.0) / 219.0 } else { value }.clamp(0.0, 1.0);
        let position = value * STEPS as f32;
        let low = (position as usize).min(STEPS - 1);
        let part = position - low as f32;
        self.to_linear[low] * (1.0 - part) + self.to_linear[low + 1] * part
    }
}

/// Linear light of a code value; for PQ 1 is reference white, for HLG it is the scene's peak.
fn linear(curve: Curve, value: f32) -> f32 {
    match curve {
        Curve::Srgb if value <= 0.04045 => value / 12.92,
        Curve::Srgb => ((value + 0.055) / 1.055).powf(2.4),
        Curve::Gamma(power) => value.powf(power),
        Curve::Pq => {
            let power = f64::from(value).powf(32.0 / 2523.0);
            let light = (power - 0.835_937_5).max(0.0) / (18.851_562_5 - 18.6875 * power);
            light.powf(16_384.0 / 2610.0) as f32 * 10_000.0 / REFERENCE_WHITE
        }
        Curve::Hlg if value <= 0.5 => value * value / 3.0,
        Curve::Hlg => (((value - 0.559_910_7) / 0.178_832_77).exp() + 0.284_668_92) / 12.0,
    }
}

fn encode(light: f32) -> u8 {
    let value =
        if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    (value * 255.0).round() as u8
}

/// Keeps the slope at the knee and never reaches 1.
fn roll_off(light: f32) -> f32 {
    let room = 1.0 - KNEE;
    KNEE + room * (1.0 - (-(light - KNEE) / room).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PQ code value of a luminance in cd/m² (BT.2100, inverse EOTF).
    fn pq(luminance: f64) -> f32 {
        let power = (luminance / 10_000.0).powf(2610.0 / 16_384.0);
        ((0.835_937_5 + 18.851_562_5 * power) / (1.0 + 18.6875 * power)).powf(2523.0 / 32.0) as f32
    }

    fn tone(primaries: u16, transfer: u16) -> Tone {
        Tone::new(Space::of_code_points(primaries, transfer)).unwrap()
    }

    #[test]
    fn reference_white_is_nearly_white_and_highlights_stay_apart() {
        let tone = tone(9, 16);
        let grey = |luminance| tone.apply([pq(luminance); 3]);
        for (luminance, expected) in
            [(0.0, 0), (203.0 * 0.05, 63), (203.0 * 0.2, 124), (203.0 * 0.5, 188), (203.0, 233)]
        {
            for value in grey(luminance) {
                assert!(value.abs_diff(expected) <= 1, "{luminance}: {value}");
            }
        }
        let rising = [203.0, 300.0, 400.0, 600.0].map(|luminance| grey(luminance)[0]);
        assert!(rising.windows(2).all(|w| w[0] < w[1]), "{rising:?}");
        assert_eq!(grey(10_000.0), [255; 3]);
    }

    #[test]
    fn hlg_has_its_reference_white_at_three_quarters() {
        let tone = tone(9, 18);
        let [white, ..] = tone.apply([0.75; 3]);
        assert!(white.abs_diff(233) <= 1, "{white}");
        assert_eq!(tone.apply([0.0; 3]), [0; 3]);
        assert!(tone.apply([1.0; 3])[0] >= 254);
    }

    #[test]
    fn display_p3_is_wider_than_srgb() {
        // colour-science 0.4: Display P3 (200, 100, 50) is sRGB (215, 94, 31).
        let rgb = tone(12, 13).apply([200.0 / 255.0, 100.0 / 255.0, 50.0 / 255.0]);
        for (have, want) in rgb.iter().zip([215u8, 94, 31]) {
            assert!(have.abs_diff(want) <= 2, "{rgb:?}");
        }
    }

    #[test]
    fn srgb_by_any_name_is_left_alone() {
        for (primaries, transfer) in [(1, 13), (2, 2), (1, 1), (1, 6), (0, 99)] {
            assert!(Tone::new(Space::of_code_points(primaries, transfer)).is_none());
        }
    }

    #[test]
    fn video_range_is_stretched() {
        let tone = Tone::new(Space { narrow: true, ..Space::SRGB }).unwrap();
        assert_eq!(tone.apply([16.0 / 255.0, 235.0 / 255.0, 1.0]), [0, 255, 255]);
        assert_eq!(tone.apply_to(&[4112, 60395, 4112, 65535], 4), [0, 255, 0, 255]);
    }
}
