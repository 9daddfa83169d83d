//! Output of a decoder: samples as the file has them, and their colour space and orientation.

use kinora_types::{Picture, Size};

use super::{Format, ReadError, budget::Budget, colour, orient::Orientation, resize};

/// Order and number of 8-bit samples per pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Grey.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, opacity (not multiplied in).
    Rgba,
    /// Cyan, magenta, yellow, black; 255 is full ink.
    Cmyk,
}

impl Layout {
    pub(super) fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }
}

/// A decoded picture before orientation and profile are applied.
pub(super) struct Raster {
    /// Size of `samples`, perhaps smaller than the file's.
    pub size: Size,
    /// Size in the file, before orientation.
    pub full_size: Size,
    pub layout: Layout,
    /// Rows from the top, without padding.
    pub samples: Vec<u8>,
    /// ICC profile of the samples; none means sRGB.
    pub icc: Option<Vec<u8>>,
    /// Orientation of the stored rows.
    pub orientation: Orientation,
}

impl Raster {
    /// White behind transparency, then smaller, then sRGB, then upright: each step has less to do
    /// than if it came earlier, and white stays white under every RGB profile. Grey and ink become
    /// RGB first: they are rare, and one kind of pixel is enough to resize.
    pub(super) fn into_picture(
        self,
        format: Format,
        target: u32,
        budget: &Budget<'_>,
    ) -> Result<Picture, ReadError> {
        let mut raster = flatten(self);
        let orientation = raster.orientation;
        let (size, rgb) = if raster.layout == Layout::Rgb {
            let (size, samples) = resize::shrink(raster.samples, raster.size, target);
            raster.samples = samples;
            budget.check()?;
            (size, colour::to_srgb(raster, budget)?)
        } else {
            let size = raster.size;
            resize::shrink(colour::to_srgb(raster, budget)?, size, target)
        };
        budget.check()?;
        let (size, rgb) = orientation.apply(size, rgb);
        Picture::new(size.width, size.height, rgb).map_err(|e| ReadError::damaged(format, e))
    }
}

fn flatten(mut raster: Raster) -> Raster {
    if raster.layout == Layout::Rgba {
        raster.samples = flatten_on_white(&raster.samples);
        raster.layout = Layout::Rgb;
    }
    raster
}

/// Takes opacity out of the colours of RGBA8 again.
pub(super) fn straight(mut rgba: Vec<u8>) -> Vec<u8> {
    for [r, g, b, a] in rgba.as_chunks_mut::<4>().0 {
        let divide =
            |v: &mut u8| *v = (u32::from(*v) * 255 / u32::from((*a).max(1))).min(255) as u8;
        [r, g, b].into_iter().for_each(divide);
    }
    rgba
}

fn flatten_on_white(rgba: &[u8]) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(rgba.len() / 4 * 3);
    for [r, g, b, a] in rgba.as_chunks::<4>().0 {
        let over = |v: &u8| {
            let sum = u32::from(*v) * u32::from(*a) + 255 * (255 - u32::from(*a));
            ((sum + 127) / 255) as u8
        };
        rgb.extend([over(r), over(g), over(b)]);
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparency_shows_white() {
        let rgba = [255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 128];
        assert_eq!(flatten_on_white(&rgba), [255, 0, 0, 255, 255, 255, 127, 127, 127]);
        let multiplied = straight(vec![128, 0, 0, 128, 0, 0, 0, 0]);
        assert_eq!(multiplied, [255, 0, 0, 128, 0, 0, 0, 0]);
    }
}
