//! A drawn block of words as planes, ready to be laid over any frame.

use kinora_types::{Rect, Size, YuvFrame};

use super::canvas::Canvas;
use kinora_image::frame::planes::{chroma_of, luma};

/// Words at a fixed place of a frame. About 3.5 bytes per pixel of its box.
#[derive(Clone, Debug)]
pub struct Overlay {
    size: Size,
    luma: Layer,
    chroma: [Layer; 2],
}

/// One plane of the box: what is added and how much of the frame it hides.
#[derive(Clone, Debug)]
struct Layer {
    left: usize,
    top: usize,
    width: usize,
    samples: Vec<u8>,
    alpha: Vec<u8>,
}

impl Overlay {
    /// The canvas at (`left`, `top`) of a frame of `size`; all four values are even and the canvas
    /// lies inside the frame.
    pub(super) fn new(canvas: &Canvas, (left, top): (u32, u32), size: Size) -> Self {
        let (left, top) = (left as usize, top as usize);
        let width = canvas.width as usize;
        let colour = |p: &[u8; 4]| [p[0], p[1], p[2]];
        let light = |p: &[u8; 4]| luma(colour(p)) - 16 + lifted(16, p[3]);
        let alpha: Vec<u8> = canvas.pixels.iter().map(|p| p[3]).collect();
        let luma_plane = Layer {
            left,
            top,
            width,
            samples: canvas.pixels.iter().map(light).collect(),
            alpha: alpha.clone(),
        };
        let difference = |c: usize| {
            let of = move |p: &[u8; 4]| {
                let offset = i16::from(chroma_of(colour(p))[c]) - 128;
                (offset + i16::from(lifted(128, p[3]))).clamp(0, 255) as u8
            };
            Layer {
                left: left / 2,
                top: top / 2,
                width: width / 2,
                samples: halved(&canvas.pixels.iter().map(of).collect::<Vec<u8>>(), width),
                alpha: halved(&alpha, width),
            }
        };
        Self { size, luma: luma_plane, chroma: [difference(0), difference(1)] }
    }

    /// Blends the words in, `opacity` from 0 to 1. The frame has the size they were set for.
    pub fn lay(&self, frame: &mut YuvFrame, opacity: f64) {
        debug_assert_eq!(frame.size(), self.size, "frame sizes");
        let opacity = (opacity.clamp(0.0, 1.0) * 256.0).round() as u32;
        if opacity == 0 {
            return;
        }
        let width = self.size.width as usize;
        let [y, u, v] = frame.planes_mut();
        self.luma.lay(y, width, opacity);
        self.chroma[0].lay(u, width / 2, opacity);
        self.chroma[1].lay(v, width / 2, opacity);
    }

    /// The box around the words and their shadow, in fractions of the frame.
    pub fn extent(&self) -> Rect {
        let (width, height) = (f64::from(self.size.width), f64::from(self.size.height));
        Rect {
            x: self.luma.left as f64 / width,
            y: self.luma.top as f64 / height,
            width: self.luma.width as f64 / width,
            height: (self.luma.samples.len() / self.luma.width) as f64 / height,
        }
    }
}

impl Layer {
    fn lay(&self, plane: &mut [u8], stride: usize, opacity: u32) {
        let rows = self.samples.chunks_exact(self.width);
        for (i, (row, alpha)) in rows.zip(self.alpha.chunks_exact(self.width)).enumerate() {
            let out = &mut plane[(self.top + i) * stride + self.left..][..self.width];
            for ((out, &sample), &alpha) in out.iter_mut().zip(row).zip(alpha) {
                let keep = 255 * 256 - u32::from(alpha) * opacity;
                let sum = u32::from(*out) * keep + u32::from(sample) * opacity * 255;
                *out = ((sum + 255 * 128) / (255 * 256)) as u8;
            }
        }
    }
}

/// `black` as a premultiplied sample of the given coverage.
fn lifted(black: u8, alpha: u8) -> u8 {
    ((u32::from(black) * u32::from(alpha) + 127) / 255) as u8
}

/// Means of 2 x 2 samples.
fn halved(samples: &[u8], width: usize) -> Vec<u8> {
    let pairs = samples.chunks_exact(width * 2);
    pairs
        .flat_map(|pair| {
            let (top, bottom) = pair.split_at(width);
            top.chunks_exact(2).zip(bottom.chunks_exact(2))
        })
        .map(|(a, b)| ([a[0], a[1], b[0], b[1]].map(u32::from).iter().sum::<u32>() / 4) as u8)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_white_covers_and_transparent_leaves() {
        let size = Size { width: 8, height: 4 };
        let mut canvas = Canvas::new(4, 2);
        canvas.pixels[..2].fill([255; 4]);
        canvas.pixels[4..6].fill([255; 4]);
        let overlay = Overlay::new(&canvas, (2, 0), size);
        let mut frame = YuvFrame::black(size).unwrap();
        frame.planes_mut()[0].fill(80);
        let before = frame.clone();
        overlay.lay(&mut frame, 0.0);
        assert_eq!(frame, before);
        overlay.lay(&mut frame, 1.0);
        assert_eq!(frame.planes()[0][..8], [80, 80, 235, 235, 80, 80, 80, 80]);
        assert_eq!(frame.planes()[1], before.planes()[1]);
        let mut half = before.clone();
        overlay.lay(&mut half, 0.5);
        assert!((157..=158).contains(&half.planes()[0][2]));
    }
}
