//! Planar YCbCr of 8 to 12 bits to RGB8 (ITU-T H.273 matrices), for formats whose decoder stops there.

use kinora_types::Size;

/// How luma and chroma make colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Matrix {
    /// The planes are green, blue, red.
    Identity,
    /// Weights of red and blue in luma.
    Weights(f32, f32),
}

impl Matrix {
    /// From `MatrixCoefficients`; `None` for the few that nobody uses in still pictures.
    pub(super) fn from_cicp(value: u16) -> Option<Self> {
        match value {
            0 => Some(Self::Identity),
            1 => Some(Self::Weights(0.2126, 0.0722)),
            4 => Some(Self::Weights(0.30, 0.11)),
            // 2 is "not told": AVIF then means BT.601, as does every encoder.
            2 | 5 | 6 => Some(Self::Weights(0.299, 0.114)),
            7 => Some(Self::Weights(0.212, 0.087)),
            9 => Some(Self::Weights(0.2627, 0.0593)),
            _ => None,
        }
    }
}

/// One plane; samples of more than 8 bits are two bytes each, of this machine's order.
pub(super) struct Plane<B> {
    pub bytes: B,
    /// Bytes from one row to the next.
    pub stride: usize,
}

/// A planar picture.
pub(super) struct Planes<B> {
    pub y: Plane<B>,
    /// Cb and Cr; none for grey.
    pub chroma: Option<[Plane<B>; 2]>,
    /// Chroma columns are halved.
    pub shift_x: u32,
    /// Chroma rows are halved.
    pub shift_y: u32,
    /// Bits per sample.
    pub depth: u32,
}

impl<B: AsRef<[u8]>> Planes<B> {
    /// RGB8, or `None` if the matrix is unknown.
    pub(super) fn to_rgb(&self, size: Size, matrix: Option<Matrix>, full: bool) -> Option<Vec<u8>> {
        let matrix = matrix?;
        let scale = Scale::new(self.depth, full);
        let mut rgb = Vec::with_capacity(size.width as usize * size.height as usize * 3);
        for row in 0..size.height as usize {
            for x in 0..size.width as usize {
                let y = self.sample(&self.y, x, row);
                let pixel = match (&self.chroma, matrix) {
                    (None, _) => [scale.luma(y); 3],
                    (Some([u, v]), Matrix::Identity) => {
                        [self.sample(v, x, row), y, self.sample(u, x, row)].map(|s| scale.luma(s))
                    }
                    (Some([u, v]), Matrix::Weights(kr, kb)) => {
                        let at = |plane| self.sample(plane, x >> self.shift_x, row >> self.shift_y);
                        mix(kr, kb, scale.luma(y), scale.chroma(at(u)), scale.chroma(at(v)))
                    }
                };
                rgb.extend(pixel.map(|v| (v * 255.0).round().clamp(0.0, 255.0) as u8));
            }
        }
        Some(rgb)
    }

    /// The first plane alone as 8 bits: how opacity is stored.
    pub(super) fn luma(&self, size: Size, full: bool) -> Vec<u8> {
        let scale = Scale::new(self.depth, full);
        let rows = 0..size.height as usize;
        let one =
            |x, row| (scale.luma(self.sample(&self.y, x, row)) * 255.0).round().clamp(0.0, 255.0);
        rows.flat_map(|row| (0..size.width as usize).map(move |x| one(x, row) as u8)).collect()
    }

    fn sample(&self, plane: &Plane<B>, x: usize, row: usize) -> f32 {
        let bytes = plane.bytes.as_ref();
        let start = row * plane.stride;
        if self.depth == 8 {
            return bytes[start + x].into();
        }
        u16::from_ne_bytes([bytes[start + 2 * x], bytes[start + 2 * x + 1]]).into()
    }
}

/// Code values to 0..1 for luma, -0.5..0.5 for chroma.
struct Scale {
    luma_zero: f32,
    luma_range: f32,
    chroma_zero: f32,
    chroma_range: f32,
}

impl Scale {
    fn new(depth: u32, full: bool) -> Self {
        let unit = (1u32 << (depth - 8)) as f32;
        let top = ((1u32 << depth) - 1) as f32;
        let (luma_zero, luma_range, chroma_range) =
            if full { (0.0, top, top) } else { (16.0 * unit, 219.0 * unit, 224.0 * unit) };
        Self { luma_zero, luma_range, chroma_zero: 128.0 * unit, chroma_range }
    }

    fn luma(&self, code: f32) -> f32 {
        (code - self.luma_zero) / self.luma_range
    }

    fn chroma(&self, code: f32) -> f32 {
        (code - self.chroma_zero) / self.chroma_range
    }
}

fn mix(kr: f32, kb: f32, y: f32, cb: f32, cr: f32) -> [f32; 3] {
    let r = y + 2.0 * (1.0 - kr) * cr;
    let b = y + 2.0 * (1.0 - kb) * cb;
    [r, (y - kr * r - kb * b) / (1.0 - kr - kb), b]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(y: u8, u: u8, v: u8, full: bool) -> Vec<u8> {
        let plane = |v: u8| Plane { bytes: vec![v], stride: 1 };
        let planes = Planes {
            y: plane(y),
            chroma: Some([plane(u), plane(v)]),
            shift_x: 0,
            shift_y: 0,
            depth: 8,
        };
        planes.to_rgb(Size { width: 1, height: 1 }, Matrix::from_cicp(6), full).unwrap()
    }

    #[test]
    fn known_colours() {
        assert_eq!(one(255, 128, 128, true), [255; 3]);
        assert_eq!(one(235, 128, 128, false), [255; 3]);
        assert_eq!(one(16, 128, 128, false), [0; 3]);
        // BT.601 limited red is (81, 90, 240).
        assert_eq!(one(81, 90, 240, false), [254, 0, 0]);
    }
}
