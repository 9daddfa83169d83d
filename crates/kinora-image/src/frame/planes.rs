//! RGB to and from BT.709 limited-range YUV, plane by plane.
//!
//! A source is converted once a shot and then moved as planes: a 4:2:0 frame has half the samples of
//! an RGB one, and no frame needs a conversion of its own. Integer arithmetic, 16 fractional bits,
//! rounded; a round trip is within 3 levels.

use kinora_types::{OddSize, Picture, Size, YuvFrame};

/// One 8-bit plane, rows from the top, no padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plane {
    /// Samples in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Rows from the top.
    pub samples: Vec<u8>,
}

impl Plane {
    /// A plane of one value; sides of at least 1.
    pub fn filled(width: u32, height: u32, value: u8) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        Self { width, height, samples: vec![value; width as usize * height as usize] }
    }

    /// The row `y`.
    pub fn row(&self, y: u32) -> &[u8] {
        let width = self.width as usize;
        &self.samples[y as usize * width..][..width]
    }
}

/// The picture's size times `scale`.
pub fn scaled(picture: &Picture, scale: f64) -> Size {
    let side = |length: u32| (f64::from(length) * scale).round().max(2.0) as u32;
    Size { width: side(picture.width()), height: side(picture.height()) }
}

const BITS: i32 = 16;
const HALF: i32 = 1 << (BITS - 1);

/// ITU-R BT.709: luma from 8-bit RGB, scaled to 16..=235.
pub fn luma([r, g, b]: [u8; 3]) -> u8 {
    let sum = 11966 * i32::from(r) + 40254 * i32::from(g) + 4064 * i32::from(b);
    (((sum + HALF) >> BITS) + 16) as u8
}

/// ITU-R BT.709: blue and red difference of RGB sums over `1 << shift` pixels, scaled to 16..=240.
fn chroma([r, g, b]: [i32; 3], shift: i32) -> [u8; 2] {
    let round = 1 << (BITS + shift - 1);
    let u = -6596 * r - 22189 * g + 28785 * b;
    let v = 28785 * r - 26145 * g - 2640 * b;
    [u, v].map(|c| (((c + round) >> (BITS + shift)) + 128) as u8)
}

/// Chroma of one colour.
pub fn chroma_of(rgb: [u8; 3]) -> [u8; 2] {
    chroma(rgb.map(i32::from), 0)
}

/// Full-resolution planes Y, U, V of a picture (4:4:4); 3 bytes a pixel.
pub fn split(picture: &Picture) -> [Plane; 3] {
    let (width, height) = (picture.width(), picture.height());
    let mut planes = [(); 3].map(|()| Plane::filled(width, height, 0));
    let [y, u, v] = &mut planes;
    let outputs = y.samples.iter_mut().zip(&mut u.samples).zip(&mut v.samples);
    for (rgb, ((y, u), v)) in picture.rgb().chunks_exact(3).zip(outputs) {
        let rgb = [rgb[0], rgb[1], rgb[2]];
        *y = luma(rgb);
        [*u, *v] = chroma_of(rgb);
    }
    planes
}

/// A picture of even sides as a frame; chroma is the mean of its four pixels.
///
/// # Errors
/// If a side of the picture is odd.
pub fn to_frame(picture: &Picture) -> Result<YuvFrame, OddSize> {
    let (width, height) = (picture.width(), picture.height());
    let mut frame = YuvFrame::black(Size { width, height })?;
    let stride = width as usize;
    let rgb = picture.rgb();
    let [y_plane, u_plane, v_plane] = frame.planes_mut();
    for (y, rgb) in y_plane.iter_mut().zip(rgb.chunks_exact(3)) {
        *y = luma([rgb[0], rgb[1], rgb[2]]);
    }
    let rows = u_plane.chunks_exact_mut(stride / 2).zip(v_plane.chunks_exact_mut(stride / 2));
    for ((u_row, v_row), pair) in rows.zip(rgb.chunks_exact(stride * 6)) {
        let (top, bottom) = pair.split_at(stride * 3);
        let blocks = top.chunks_exact(6).zip(bottom.chunks_exact(6));
        for ((u, v), (a, b)) in u_row.iter_mut().zip(v_row).zip(blocks) {
            let sum = |c: usize| [a[c], a[c + 3], b[c], b[c + 3]].map(i32::from).iter().sum();
            [*u, *v] = chroma([sum(0), sum(1), sum(2)], 2);
        }
    }
    Ok(frame)
}

/// A frame as RGB; every chroma sample serves its four pixels.
pub fn to_picture(frame: &YuvFrame) -> Picture {
    let Size { width, height } = frame.size();
    let mut picture = Picture::filled(width, height, [0; 3]);
    let [y, u, v] = frame.planes();
    let stride = width as usize;
    for (row, line) in picture.rgb_mut().chunks_exact_mut(stride * 3).enumerate() {
        let chroma_row = row / 2 * (stride / 2);
        for (x, pixel) in line.chunks_exact_mut(3).enumerate() {
            let at = chroma_row + x / 2;
            pixel.copy_from_slice(&rgb_of(y[row * stride + x], u[at], v[at]));
        }
    }
    picture
}

fn rgb_of(y: u8, u: u8, v: u8) -> [u8; 3] {
    let y = 76309 * (i32::from(y) - 16);
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    [y + 117489 * v, y - 13975 * u - 34925 * v, y + 138438 * u]
        .map(|c| ((c + HALF) >> BITS).clamp(0, 255) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_colours() {
        // ITU-R BT.709, 8 bit: white, black, and the primaries of SMPTE RP 219 at 100 %.
        for (rgb, yuv) in [
            ([255, 255, 255], [235, 128, 128]),
            ([0, 0, 0], [16, 128, 128]),
            ([255, 0, 0], [63, 102, 240]),
            ([0, 255, 0], [173, 42, 26]),
            ([0, 0, 255], [32, 240, 118]),
        ] {
            let [u, v] = chroma_of(rgb);
            assert_eq!([luma(rgb), u, v], yuv, "{rgb:?}");
        }
    }

    #[test]
    fn a_round_trip_is_within_three_levels() {
        let mut worst = 0;
        for step in 0..4096u32 {
            let rgb = [(step >> 8) * 17, (step >> 4 & 15) * 17, (step & 15) * 17].map(|v| v as u8);
            let frame = to_frame(&Picture::filled(2, 2, rgb)).unwrap();
            let back = to_picture(&frame);
            for (a, b) in back.rgb().iter().zip(rgb.iter().cycle()) {
                worst = worst.max(a.abs_diff(*b));
            }
        }
        assert!(worst <= 3, "{worst}");
    }

    #[test]
    fn odd_sizes_are_refused() {
        assert!(to_frame(&Picture::filled(3, 2, [0; 3])).is_err());
    }
}
