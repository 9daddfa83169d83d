//! Premultiplied RGBA to draw glyphs on, before they become planes.

/// 8-bit premultiplied RGBA, rows from the top.
pub(super) struct Canvas {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<[u8; 4]>,
}

/// Glyph coverage at a place of the canvas, row by row.
pub(super) struct Stamp<'a> {
    pub left: i32,
    pub top: i32,
    pub width: u32,
    /// One byte of coverage or four of RGBA a pixel.
    pub bytes: &'a [u8],
}

impl Canvas {
    /// A transparent canvas.
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self { width, height, pixels: vec![[0; 4]; width as usize * height as usize] }
    }

    fn at(&mut self, x: i32, y: i32) -> Option<&mut [u8; 4]> {
        let inside = (0..self.width as i32).contains(&x) && (0..self.height as i32).contains(&y);
        inside.then(|| &mut self.pixels[y as usize * self.width as usize + x as usize])
    }

    /// Lays coverage in one grey level over what is there.
    pub(super) fn stamp_mask(&mut self, stamp: &Stamp<'_>, grey: u8) {
        for (i, &cover) in stamp.bytes.iter().enumerate() {
            self.lay(stamp, i, [grey; 3].map(|c| scaled(c, cover)), cover);
        }
    }

    /// Lays a coloured glyph over what is there.
    pub(super) fn stamp_colour(&mut self, stamp: &Stamp<'_>) {
        for (i, rgba) in stamp.bytes.chunks_exact(4).enumerate() {
            let colour = [rgba[0], rgba[1], rgba[2]].map(|c| scaled(c, rgba[3]));
            self.lay(stamp, i, colour, rgba[3]);
        }
    }

    fn lay(&mut self, stamp: &Stamp<'_>, i: usize, premultiplied: [u8; 3], alpha: u8) {
        let (dx, dy) = (i as u32 % stamp.width, i as u32 / stamp.width);
        if let Some(pixel) = self.at(stamp.left + dx as i32, stamp.top + dy as i32) {
            let [r, g, b] = premultiplied;
            over(pixel, [r, g, b, alpha]);
        }
    }

    /// Puts a soft black shadow under what is drawn: close and dark for the edges, wide and faint
    /// as the box that keeps words readable on a bright picture. `em` is the font size in pixels.
    pub(super) fn shade(&mut self, em: f32) {
        let alpha: Vec<u8> = self.pixels.iter().map(|p| p[3]).collect();
        let close = self.blurred(&alpha, (em * 0.06).ceil() as usize);
        let wide = self.blurred(&alpha, (em * 0.38).ceil() as usize);
        for ((pixel, close), wide) in self.pixels.iter_mut().zip(close).zip(wide) {
            let edge = (u32::from(close) * 3 / 2).min(200);
            // Letters cover about a quarter of their line; the box shall take most of the light.
            let ground = (u32::from(wide) * 13 / 5).min(165);
            let dark = edge + ground - edge * ground / 255;
            let mut under = [0, 0, 0, dark.min(230) as u8];
            over(&mut under, *pixel);
            *pixel = under;
        }
    }

    /// Three box blurs in each direction: nearly a Gaussian.
    fn blurred(&self, alpha: &[u8], radius: usize) -> Vec<u8> {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut alpha = alpha.to_vec();
        for _ in 0..3 {
            for y in 0..height {
                box_blur(&mut alpha, y * width, 1, width, radius);
            }
            for x in 0..width {
                box_blur(&mut alpha, x, width, height, radius);
            }
        }
        alpha
    }
}

/// Running mean along one line of `len` values, `step` apart; outside is 0.
fn box_blur(values: &mut [u8], start: usize, step: usize, len: usize, radius: usize) {
    let line: Vec<u32> = (0..len).map(|i| u32::from(values[start + i * step])).collect();
    let span = 2 * radius as u32 + 1;
    let mut sum: u32 = line.iter().take(radius).sum();
    for i in 0..len {
        sum += line.get(i + radius).copied().unwrap_or(0);
        values[start + i * step] = ((sum + span / 2) / span) as u8;
        sum -= if i >= radius { line[i - radius] } else { 0 };
    }
}

fn scaled(value: u8, by: u8) -> u8 {
    ((u32::from(value) * u32::from(by) + 127) / 255) as u8
}

/// Porter-Duff "over" with premultiplied colours.
fn over(under: &mut [u8; 4], top: [u8; 4]) {
    for (u, t) in under.iter_mut().zip(top) {
        *u = t.saturating_add(scaled(*u, 255 - top[3]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_blur_keeps_the_sum_away_from_edges() {
        let mut line = vec![0u8; 21];
        line[10] = 250;
        box_blur(&mut line, 0, 1, 21, 2);
        assert_eq!(line[8..13], [50; 5]);
        assert_eq!(line.iter().map(|&v| u32::from(v)).sum::<u32>(), 250);
    }

    #[test]
    fn stamps_reach_over_the_edge_without_harm() {
        let mut canvas = Canvas::new(2, 2);
        let stamp = Stamp { left: -1, top: -1, width: 2, bytes: &[255; 4] };
        canvas.stamp_mask(&stamp, 255);
        assert_eq!(canvas.pixels, [[255; 4], [0; 4], [0; 4], [0; 4]]);
    }
}
