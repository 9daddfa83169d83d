//! Where words stand: captions in the lower third, the title, the pages of the end card.
//!
//! Sizes follow the geometric mean of the frame's sides, so that a caption is as readable in a
//! vertical film as in a wide one. Nothing leaves the inner 90 % of the frame's width and height.

use cosmic_text::Weight;
use kinora_types::Size;

use super::{
    canvas::Canvas,
    overlay::Overlay,
    typesetter::{Block, Setting, Style, Typesetter, tidied},
};
use crate::RenderError;

const WHITE: u8 = 250;
/// Share of the page's height that the lines of the end card may fill.
const PAGE: f32 = 0.8;

struct Frame {
    width: f32,
    height: f32,
    unit: f32,
    wide: bool,
}

impl Frame {
    fn new(size: Size) -> Self {
        let (width, height) = (size.width as f32, size.height as f32);
        Self { width, height, unit: (width * height).sqrt(), wide: size.width > size.height }
    }

    /// Bottom of a caption's last line: higher in vertical films, where players put their buttons.
    fn caption_bottom(&self) -> f32 {
        self.height * if self.wide { 0.91 } else { 0.86 }
    }

    fn column(&self) -> f32 {
        self.width * if self.wide { 0.76 } else { 0.84 }
    }
}

impl Typesetter {
    /// A caption in the lower third, at most three lines (five in films that are not wide).
    ///
    /// # Errors
    /// [`RenderError::MissingGlyph`], [`RenderError::TooManyWords`].
    pub fn caption(&mut self, text: &str, size: Size) -> Result<Overlay, RenderError> {
        let frame = Frame::new(size);
        let style = Style {
            largest: frame.unit * 0.042,
            smallest: frame.unit * 0.029,
            line_height: 1.28,
            width: frame.column(),
            height: frame.height * 0.3,
            lines: if frame.wide { 3 } else { 5 },
            weight: Weight::NORMAL,
        };
        let block = self.fit(text, style)?;
        let top = frame.caption_bottom() - block.height;
        Ok(self.overlay(&[block], top, 0.0, size))
    }

    /// The title in the middle, at most four lines (seven in films that are not wide).
    ///
    /// # Errors
    /// [`RenderError::MissingGlyph`], [`RenderError::TooManyWords`].
    pub fn title(&mut self, text: &str, size: Size) -> Result<Overlay, RenderError> {
        let frame = Frame::new(size);
        let style = Style {
            largest: frame.unit * 0.088,
            smallest: frame.unit * 0.038,
            line_height: 1.18,
            width: frame.column(),
            height: frame.height * 0.6,
            lines: if frame.wide { 4 } else { 7 },
            weight: Weight::BOLD,
        };
        let block = self.fit(text, style)?;
        let top = (frame.height - block.height) / 2.0;
        Ok(self.overlay(&[block], top, 0.0, size))
    }

    /// The lines of the end card on as many pages as they need, about equally full; each page with
    /// its number of text lines, which is what the time to read it follows from.
    ///
    /// # Errors
    /// [`RenderError::MissingGlyph`]; [`RenderError::TooManyWords`] if one entry fills more than a page.
    pub fn credits(
        &mut self,
        entries: &[String],
        size: Size,
    ) -> Result<Vec<(Overlay, usize)>, RenderError> {
        let frame = Frame::new(size);
        let (page, gap) = (frame.height * PAGE, 0.55);
        let total = |blocks: &[Block]| blocks.iter().map(|b| b.height + b.em * gap).sum::<f32>();
        let mut em = frame.unit * 0.034;
        let mut blocks = self.entries(entries, em, frame.column())?;
        while total(&blocks) > page && em > frame.unit * 0.025 {
            em *= 0.94;
            blocks = self.entries(entries, em, frame.column())?;
        }
        let pages = (total(&blocks) / page).ceil().max(1.0);
        let fair = total(&blocks) / pages;
        let mut laid = Vec::new();
        while !blocks.is_empty() {
            let rest = blocks.split_off(fill(&blocks, fair, page, em * gap)?);
            let height = total(&blocks) - em * gap;
            let lines = blocks.iter().map(Block::lines).sum();
            let top = (frame.height - height) / 2.0;
            laid.push((self.overlay(&blocks, top, em * gap, size), lines));
            blocks = rest;
        }
        Ok(laid)
    }

    fn entries(
        &mut self,
        entries: &[String],
        em: f32,
        width: f32,
    ) -> Result<Vec<Block>, RenderError> {
        let setting = Setting { em, line_height: 1.25, width, weight: Weight::NORMAL };
        let shape = |entry: &String| {
            let text = tidied(entry);
            let block = self.shape(&text, setting);
            self.check_glyphs(&block, &text).map(|()| block)
        };
        entries.iter().map(shape).collect()
    }

    /// Blocks one under the other from `top`, `gap` apart, with their shadow.
    fn overlay(&mut self, blocks: &[Block], top: f32, gap: f32, size: Size) -> Overlay {
        let em = blocks.iter().map(|b| b.em).fold(0.0, f32::max);
        let widest = blocks.iter().map(|b| b.width).fold(0.0, f32::max);
        let height: f32 = blocks.iter().map(|b| b.height + gap).sum();
        let even = |length: f32, limit: u32| ((length / 2.0).ceil() as u32 * 2).min(limit);
        // Room for the shadow on all sides.
        let margin = 1.2 * em;
        let width = even(widest + 2.0 * margin, size.width);
        let first = ((top - margin).max(0.0) / 2.0) as u32 * 2;
        let canvas_height = even(height + 2.0 * margin, size.height - first);
        let mut canvas = Canvas::new(width, canvas_height);
        let mut y = top - first as f32;
        for block in blocks {
            self.draw(block, &mut canvas, y, WHITE);
            y += block.height + gap;
        }
        canvas.shade(em);
        Overlay::new(&canvas, ((size.width - width) / 4 * 2, first), size)
    }
}

/// How many of the blocks go on a page that shall be about `fair` high and at most `page`.
fn fill(blocks: &[Block], fair: f32, page: f32, gap: f32) -> Result<usize, RenderError> {
    let mut height = 0.0;
    for (i, block) in blocks.iter().enumerate() {
        let with = height + block.height + gap;
        let full =
            with - gap > page || (height > 0.0 && height + (block.height + gap) / 2.0 > fair);
        if full && i > 0 {
            return Ok(i);
        }
        if full && with - gap > page {
            return Err(RenderError::TooManyWords("one attribution".into()));
        }
        height = with;
    }
    Ok(blocks.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::typesetter;
    use kinora_types::YuvFrame;

    const SIZES: [(u32, u32); 4] = [(1280, 720), (720, 1280), (1080, 1080), (320, 180)];

    /// Bounding box of changed luma, in fractions of the frame.
    fn marked(overlay: &Overlay, size: Size) -> (f64, f64, f64, f64) {
        let mut frame = YuvFrame::black(size).unwrap();
        overlay.lay(&mut frame, 1.0);
        let (mut left, mut top, mut right, mut bottom) = (u32::MAX, u32::MAX, 0, 0);
        for (i, &y) in frame.planes()[0].iter().enumerate() {
            if y > 60 {
                let (x, y) = (i as u32 % size.width, i as u32 / size.width);
                (left, right) = (left.min(x), right.max(x));
                (top, bottom) = (top.min(y), bottom.max(y));
            }
        }
        let (w, h) = (f64::from(size.width), f64::from(size.height));
        let at = |v: u32, of: f64| f64::from(v) / of;
        (at(left, w), at(top, h), at(right, w), at(bottom, h))
    }

    #[test]
    fn words_stay_in_the_safe_area() {
        let long = "A caption that is so long that it has to be broken into several lines, as \
                    people do write such captions now and then";
        let unbroken = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamten";
        for (width, height) in SIZES {
            let size = Size { width, height };
            for text in ["Short", long, unbroken, "two\nlines"] {
                let mut setter = typesetter();
                for overlay in [setter.caption(text, size), setter.title(text, size)] {
                    let (left, top, right, bottom) = marked(&overlay.unwrap(), size);
                    let inner = 0.05..=0.95;
                    for edge in [left, top, right, bottom] {
                        assert!(inner.contains(&edge), "{text} in {size}: {edge}");
                    }
                    assert!((left + right - 1.0).abs() < 0.05, "centred: {text} in {size}");
                }
            }
        }
    }

    #[test]
    fn all_credits_are_on_some_page() {
        let size = Size { width: 1280, height: 720 };
        for count in [1, 7, 60] {
            let entries: Vec<String> = (0..count)
                .map(|i| format!("Picture {i} by Somebody With A Name, CC BY-SA 4.0, example.org"))
                .collect();
            let pages = typesetter().credits(&entries, size).unwrap();
            let lines: usize = pages.iter().map(|(_, lines)| lines).sum();
            assert!(lines >= count, "{lines} lines for {count}");
            for (overlay, _) in &pages {
                let (_, top, _, bottom) = marked(overlay, size);
                assert!(top >= 0.05 && bottom <= 0.95, "{count}: {top} {bottom}");
            }
        }
    }

    #[test]
    fn what_cannot_be_shown_is_an_error_that_names_it() {
        let size = Size { width: 1280, height: 720 };
        let error = typesetter().caption("snow \u{10FFFD} man", size).unwrap_err();
        let RenderError::MissingGlyph { character, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*character, '\u{10FFFD}');
        let error = typesetter().caption(&"many words ".repeat(200), size).unwrap_err();
        assert!(matches!(error, RenderError::TooManyWords(_)), "{error}");
        assert!(Typesetter::new(vec![b"no font".to_vec()]).is_err());
        assert!(Typesetter::new(vec![]).is_err());
    }
}
