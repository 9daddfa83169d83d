//! Colour spaces given by numbers instead of a profile: code points (ITU-T H.273) in HEIF and PNG, gamma and
//! chromaticities in PNG.

use moxcms::{
    Chromaticity, CicpColorPrimaries, ColorPrimaries, ColorProfile, TransferCharacteristics,
};

/// Transfer function: light to code values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Curve {
    /// IEC 61966-2-1. The camera curves of BT.601, BT.709 and BT.2020 are taken for it too: what they are
    /// shown with (BT.1886) lies on the other side of it, and few files mean them literally.
    Srgb,
    /// A power of this much.
    Gamma(f32),
    /// Perceptual quantiser, BT.2100 table 4: 1 is 10000 cd/m².
    Pq,
    /// Hybrid log-gamma, BT.2100 table 5, for a display of 1000 cd/m².
    Hlg,
}

/// Chromaticities (CIE 1931 x, y) of a white and three primaries.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gamut {
    pub white: [f32; 2],
    /// Red, green, blue.
    pub primaries: [[f32; 2]; 3],
}

const D65: [f32; 2] = [0.3127, 0.3290];
/// Illuminant C, as old television standards have it.
const C: [f32; 2] = [0.310, 0.316];

impl Gamut {
    /// BT.709, which is sRGB's.
    pub(crate) const SRGB: Self =
        Self { white: D65, primaries: [[0.640, 0.330], [0.300, 0.600], [0.150, 0.060]] };

    /// From `ColourPrimaries`; `None` if it is unspecified or unknown.
    fn of(code: u16) -> Option<Self> {
        let (white, primaries) = match code {
            1 => return Some(Self::SRGB),
            4 => (C, [[0.67, 0.33], [0.21, 0.71], [0.14, 0.08]]),
            5 => (D65, [[0.64, 0.33], [0.29, 0.60], [0.15, 0.06]]),
            6 | 7 => (D65, [[0.630, 0.340], [0.310, 0.595], [0.155, 0.070]]),
            8 => (C, [[0.681, 0.319], [0.243, 0.692], [0.145, 0.049]]),
            9 => (D65, [[0.708, 0.292], [0.170, 0.797], [0.131, 0.046]]),
            11 => ([0.314, 0.351], [[0.680, 0.320], [0.265, 0.690], [0.150, 0.060]]),
            12 => (D65, [[0.680, 0.320], [0.265, 0.690], [0.150, 0.060]]),
            22 => (D65, [[0.630, 0.340], [0.295, 0.605], [0.155, 0.077]]),
            _ => return None,
        };
        Some(Self { white, primaries })
    }

    /// Linear RGB of this gamut to linear sRGB, the white adapted (Bradford); `None` if the numbers span
    /// no gamut.
    pub(super) fn to_srgb(self) -> Option<[[f32; 3]; 3]> {
        let [r, g, b] = self.primaries;
        let twice_the_area = (g[0] - r[0]) * (b[1] - r[1]) - (b[0] - r[0]) * (g[1] - r[1]);
        let is_gamut = twice_the_area.abs() > 0.01 && self.white[1] > 0.01;
        if !is_gamut {
            return None;
        }
        let at = |[x, y]: [f32; 2]| Chromaticity { x, y };
        let [red, green, blue] = self.primaries.map(at);
        let mut profile = ColorProfile::new_srgb();
        let primaries = ColorPrimaries { red, green, blue };
        profile.update_rgb_colorimetry(at(self.white).to_xyyb(), primaries);
        let matrix = profile.transform_matrix(&ColorProfile::new_srgb()).v;
        let matrix = matrix.map(|row| row.map(|v| v as f32));
        matrix.iter().flatten().all(|v| v.is_finite() && v.abs() < 100.0).then_some(matrix)
    }
}

/// Colour space of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Space {
    pub gamut: Gamut,
    pub curve: Curve,
    /// RGB itself is coded in video range, 16 to 235 of 255 (PNG's `cICP` may say so).
    pub narrow: bool,
}

impl Space {
    pub(crate) const SRGB: Self = Self { gamut: Gamut::SRGB, curve: Curve::Srgb, narrow: false };

    /// From `ColourPrimaries` and `TransferCharacteristics`; what is unspecified or unknown is sRGB's.
    pub(super) fn of_code_points(primaries: u16, transfer: u16) -> Self {
        let curve = match transfer {
            4 => Curve::Gamma(2.2),
            5 => Curve::Gamma(2.8),
            8 => Curve::Gamma(1.0),
            16 => Curve::Pq,
            18 => Curve::Hlg,
            _ => Curve::Srgb,
        };
        Self { gamut: Gamut::of(primaries).unwrap_or(Gamut::SRGB), curve, narrow: false }
    }

    /// The space of an ICC profile whose `cicp` tag says that it is for high dynamic range: its curves
    /// would make the brightest light white, and everything else black.
    pub(super) fn of_profile(icc: &[u8]) -> Option<Self> {
        let cicp = ColorProfile::new_from_slice(icc).ok()?.cicp?;
        let transfer = match cicp.transfer_characteristics {
            TransferCharacteristics::Smpte2084 => 16,
            TransferCharacteristics::Hlg => 18,
            _ => return None,
        };
        let primaries = match cicp.color_primaries {
            CicpColorPrimaries::Bt2020 => 9,
            CicpColorPrimaries::Smpte431 | CicpColorPrimaries::Smpte432 => 12,
            _ => 1,
        };
        Some(Self::of_code_points(primaries, transfer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gamuts_meet_in_white() {
        for code in [1, 4, 5, 6, 7, 8, 9, 11, 12, 22] {
            let matrix = Gamut::of(code).unwrap().to_srgb().unwrap();
            for row in matrix {
                let sum: f32 = row.iter().sum();
                assert!((sum - 1.0).abs() < 2e-3, "{code}: {matrix:?}");
            }
        }
        let flat = Gamut { white: D65, primaries: [[0.3, 0.3]; 3] };
        assert_eq!(flat.to_srgb(), None);
    }

    #[test]
    fn bt2020_to_bt709_is_that_of_bt2087() {
        // ITU-R BT.2087-0, annex 2, inverted.
        let expected =
            [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]];
        let matrix = Gamut::of(9).unwrap().to_srgb().unwrap();
        for (have, want) in matrix.iter().flatten().zip(expected.iter().flatten()) {
            assert!((have - want).abs() < 2e-3, "{matrix:?}");
        }
    }
}
