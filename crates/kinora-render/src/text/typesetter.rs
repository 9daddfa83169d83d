//! Shaping and drawing: fonts, lines, glyphs, the search for a size that fits.

use std::sync::Arc;

use cosmic_text::{
    Align, Attrs, Buffer, Family, FontSystem, Metrics, Shaping, SwashCache, SwashContent, Weight,
    Wrap, fontdb,
};

use super::canvas::{Canvas, Stamp};
use crate::RenderError;

/// Fonts and caches. One thread at a time.
pub struct Typesetter {
    fonts: FontSystem,
    glyphs: SwashCache,
    family: String,
}

/// How a block of words may be set; lengths in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub largest: f32,
    pub smallest: f32,
    pub line_height: f32,
    pub width: f32,
    pub height: f32,
    pub lines: usize,
    pub weight: Weight,
}

/// How words are set; lengths in pixels, the line height in font sizes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub em: f32,
    pub line_height: f32,
    pub width: f32,
    pub weight: Weight,
}

impl From<Style> for Setting {
    fn from(style: Style) -> Self {
        Self {
            em: style.largest,
            line_height: style.line_height,
            width: style.width,
            weight: style.weight,
        }
    }
}

/// Shaped words.
pub(super) struct Block {
    buffer: Buffer,
    pub em: f32,
    pub width: f32,
    pub height: f32,
    lines: usize,
}

impl Block {
    /// Number of lines after wrapping.
    pub(super) fn lines(&self) -> usize {
        self.lines
    }
}

impl Typesetter {
    /// Takes font files as bytes (TrueType, OpenType, collections), the preferred one first; a
    /// bold face of the same family is used for titles.
    ///
    /// # Errors
    /// If none of them holds a font.
    pub fn new(fonts: Vec<Vec<u8>>) -> Result<Self, RenderError> {
        let mut database = fontdb::Database::new();
        for (i, bytes) in fonts.into_iter().enumerate() {
            let before = database.len();
            database.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
            if database.len() == before {
                return Err(RenderError::BadFont(format!("font {}", i + 1)));
            }
        }
        let family = database
            .faces()
            .next()
            .and_then(|face| face.families.first())
            .map(|(name, _)| name.clone())
            .ok_or_else(|| RenderError::BadFont("no font file".into()))?;
        Ok(Self {
            fonts: FontSystem::new_with_locale_and_db("en-GB".into(), database),
            glyphs: SwashCache::new(),
            family,
        })
    }

    /// The largest setting of `text` that fits, its lines about equally long.
    pub(super) fn fit(&mut self, text: &str, style: Style) -> Result<Block, RenderError> {
        let text = tidied(text);
        let mut em = style.largest;
        while em >= style.smallest {
            let block = self.shape(&text, Setting { em, ..style.into() });
            self.check_glyphs(&block, &text)?;
            if block.lines <= style.lines && block.height <= style.height {
                return Ok(self.balanced(block, &text, style));
            }
            em *= 0.94;
        }
        Err(RenderError::TooManyWords(text))
    }

    /// The narrowest setting with as many lines.
    fn balanced(&mut self, block: Block, text: &str, style: Style) -> Block {
        if block.lines < 2 {
            return block;
        }
        let set = Setting { em: block.em, ..style.into() };
        let (mut low, mut high) = (style.width / block.lines as f32, style.width);
        while high - low > block.em / 4.0 {
            let middle = (low + high) / 2.0;
            let tried = self.shape(text, Setting { width: middle, ..set });
            if tried.lines <= block.lines {
                high = middle;
            } else {
                low = middle;
            }
        }
        self.shape(text, Setting { width: high, ..set })
    }

    /// Sets words in centred lines.
    pub(super) fn shape(&mut self, text: &str, setting: Setting) -> Block {
        let Setting { em, line_height, width, weight } = setting;
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(em, em * line_height));
        buffer.set_wrap(Wrap::WordOrGlyph);
        buffer.set_size(Some(width), None);
        let attrs = Attrs::new().family(Family::Name(&self.family)).weight(weight);
        buffer.set_text(text, &attrs, Shaping::Advanced, Some(Align::Center));
        buffer.shape_until_scroll(&mut self.fonts, false);
        let (mut lines, mut widest) = (0, 0f32);
        for run in buffer.layout_runs() {
            lines += 1;
            widest = widest.max(run.line_w);
        }
        Block { buffer, em, width: widest, height: lines as f32 * em * line_height, lines }
    }

    /// Fails at the first character that no font has.
    pub(super) fn check_glyphs(&self, block: &Block, text: &str) -> Result<(), RenderError> {
        for run in block.buffer.layout_runs() {
            for glyph in run.glyphs.iter().filter(|glyph| glyph.glyph_id == 0) {
                let cluster = &run.text[glyph.start..glyph.end];
                if let Some(character) = cluster.chars().find(|&c| !ignorable(c)) {
                    return Err(RenderError::MissingGlyph { character, text: text.to_owned() });
                }
            }
        }
        Ok(())
    }

    /// Draws a block whose lines are centred in `canvas`, its top at `top`.
    pub(super) fn draw(&mut self, block: &Block, canvas: &mut Canvas, top: f32, grey: u8) {
        let width = block.buffer.size().0.unwrap_or(block.width);
        let left = (canvas.width as f32 - width) / 2.0;
        for run in block.buffer.layout_runs() {
            for glyph in run.glyphs {
                let placed = glyph.physical((left, top + run.line_y), 1.0);
                let Some(image) = self.glyphs.get_image(&mut self.fonts, placed.cache_key) else {
                    continue;
                };
                let stamp = Stamp {
                    left: placed.x + image.placement.left,
                    top: placed.y - image.placement.top,
                    width: image.placement.width.max(1),
                    bytes: &image.data,
                };
                match image.content {
                    SwashContent::Color => canvas.stamp_colour(&stamp),
                    _ => canvas.stamp_mask(&stamp, grey),
                }
            }
        }
    }
}

/// One space between words, none at the ends of lines; empty lines at the ends go.
pub(super) fn tidied(text: &str) -> String {
    let lines = text.trim().lines();
    let tidy = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    lines.map(tidy).collect::<Vec<_>>().join("\n")
}

/// Characters that show nothing by themselves (Unicode default ignorables that occur in text).
fn ignorable(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || c.is_whitespace()
}
