//! Planar YCbCr of 8 to 16 bits to RGB8 (ITU-T H.273 matrices), for formats whose decoder stops there.

use kinora_types::Size;

use super::tone::Tone;

/// Matrix from luma and chroma to colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Matrix {
    /// The planes are green, blue, red.
    Identity,
    /// Luma is green, chroma green and orange.
    YCgCo,
    /// Weights of red and blue in luma.
    Weights(f32, f32),
}

impl Matrix {
    /// From `MatrixCoefficients`; `None` for the few that no still picture uses.
    pub(super) fn from_cicp(value: u16) -> Option<Self> {
        match value {
            0 => Some(Self::Identity),
            1 => Some(Self::Weights(0.2126, 0.0722)),
            4 => Some(Self::Weights(0.30, 0.11)),
            // 2 is "unspecified": AVIF then means BT.601, as does every encoder.
            2 | 5 | 6 => Some(Self::Weights(0.299, 0.114)),
            7 => Some(Self::Weights(0.212, 0.087)),
            8 => Some(Self::YCgCo),
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

/// Why planes cannot be made colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// The planes have fewer samples than the picture.
    Short,
    /// The matrix wants chroma at full size, and the planes have it smaller.
    Subsampled,
}

impl<B: AsRef<[u8]>> Planes<B> {
    /// RGB8, in sRGB where `tone` leads there.
    ///
    /// # Errors
    /// If the planes do not fit `size` or the matrix: every index below is inside of them otherwise.
    pub(super) fn to_rgb(
        &self,
        size: Size,
        (matrix, full): (Matrix, bool),
        tone: Option<&Tone>,
    ) -> Result<Vec<u8>, Misfit> {
        self.check(size)?;
        let subsampled = self.shift_x + self.shift_y > 0;
        if matrix == Matrix::Identity && self.chroma.is_some() && subsampled {
            return Err(Misfit::Subsampled);
        }
        let scale = Scale::new(self.depth, full);
        let mut rgb = Vec::with_capacity(size.width as usize * size.height as usize * 3);
        for row in 0..size.height as usize {
            for x in 0..size.width as usize {
                let pixel = self.pixel(x, row, matrix, &scale);
                match tone {
                    Some(tone) => rgb.extend(tone.apply(pixel)),
                    None => rgb.extend(pixel.map(eight_bits)),
                }
            }
        }
        Ok(rgb)
    }

    fn pixel(&self, x: usize, row: usize, matrix: Matrix, scale: &Scale) -> [f32; 3] {
        let y = self.sample(&self.y, x, row);
        let Some([u, v]) = &self.chroma else {
            return [scale.luma(y); 3];
        };
        let [u, v] = [u, v].map(|p| self.sample(p, x >> self.shift_x, row >> self.shift_y));
        match matrix {
            Matrix::Identity => [v, y, u].map(|s| scale.luma(s)),
            Matrix::YCgCo => {
                let (y, green, orange) = (scale.luma(y), scale.chroma(u), scale.chroma(v));
                [y - green + orange, y + green, y - green - orange]
            }
            Matrix::Weights(kr, kb) => mix(kr, kb, scale.luma(y), scale.chroma(u), scale.chroma(v)),
        }
    }

    /// The first plane alone as 8 bits: how opacity is stored, whatever the other planes are.
    pub(super) fn luma(&self, size: Size, full: bool) -> Result<Vec<u8>, Misfit> {
        self.check_plane(&self.y, size)?;
        let scale = Scale::new(self.depth, full);
        let rows = 0..size.height as usize;
        let one = |x, row| eight_bits(scale.luma(self.sample(&self.y, x, row)));
        Ok(rows.flat_map(|row| (0..size.width as usize).map(move |x| one(x, row))).collect())
    }

    fn check(&self, size: Size) -> Result<(), Misfit> {
        self.check_plane(&self.y, size)?;
        let half = |side: u32, shift: u32| (side + (1 << shift) - 1) >> shift;
        let small =
            Size { width: half(size.width, self.shift_x), height: half(size.height, self.shift_y) };
        self.chroma.iter().flatten().try_for_each(|plane| self.check_plane(plane, small))
    }

    fn check_plane(&self, plane: &Plane<B>, size: Size) -> Result<(), Misfit> {
        let row = size.width as usize * if self.depth == 8 { 1 } else { 2 };
        let rows = (size.height as usize).saturating_sub(1).checked_mul(plane.stride);
        let needed = rows.and_then(|rows| rows.checked_add(row)).ok_or(Misfit::Short)?;
        let fits = (8..=16).contains(&self.depth)
            && row <= plane.stride
            && needed <= plane.bytes.as_ref().len();
        if fits { Ok(()) } else { Err(Misfit::Short) }
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

fn eight_bits(value: f32) -> u8 {
    (value * 255.0).round().clamp(0.0, 255.0) as u8
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

    fn planes(samples: [&[u8]; 3], stride: usize) -> Planes<Vec<u8>> {
        let plane = |bytes: &[u8]| Plane { bytes: bytes.to_vec(), stride };
        let [y, u, v] = samples.map(plane);
        Planes { y, chroma: Some([u, v]), shift_x: 0, shift_y: 0, depth: 8 }
    }

    fn one(y: u8, u: u8, v: u8, matrix: u16, full: bool) -> Vec<u8> {
        let matrix = Matrix::from_cicp(matrix).unwrap();
        let size = Size { width: 1, height: 1 };
        planes([&[y], &[u], &[v]], 1).to_rgb(size, (matrix, full), None).unwrap()
    }

    #[test]
    fn known_colours() {
        assert_eq!(one(255, 128, 128, 6, true), [255; 3]);
        assert_eq!(one(235, 128, 128, 6, false), [255; 3]);
        assert_eq!(one(16, 128, 128, 6, false), [0; 3]);
        // BT.601 limited red is (81, 90, 240).
        assert_eq!(one(81, 90, 240, 6, false), [254, 0, 0]);
        assert_eq!(one(20, 30, 10, 0, true), [10, 20, 30]);
        // YCgCo: green is half luma, half chroma.
        assert_eq!(one(128, 255, 128, 8, true), [1, 255, 1]);
    }

    #[test]
    fn planes_that_do_not_fit_are_refused() {
        let two = Size { width: 2, height: 2 };
        let identity = (Matrix::Identity, true);
        let bt601 = (Matrix::from_cicp(6).unwrap(), true);
        let whole = || planes([&[1; 4], &[2; 4], &[3; 4]], 2);
        assert!(whole().to_rgb(two, identity, None).is_ok());
        let halved = Planes { shift_x: 1, shift_y: 1, ..planes([&[1; 4], &[2; 1], &[3; 1]], 2) };
        assert_eq!(halved.to_rgb(two, identity, None), Err(Misfit::Subsampled));
        assert!(halved.luma(two, true).is_ok());
        for broken in [
            Planes { depth: 10, ..whole() },
            Planes { depth: 7, ..whole() },
            planes([&[1; 3], &[2; 4], &[3; 4]], 2),
            planes([&[1; 4], &[2; 4], &[3; 3]], 2),
            planes([&[1; 4], &[2; 4], &[3; 4]], 1),
        ] {
            assert_eq!(broken.to_rgb(two, bt601, None), Err(Misfit::Short));
        }
    }
}
