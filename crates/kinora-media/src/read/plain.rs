//! PNG, WebP, GIF and TIFF through the `image` crate: the first frame or page, at full size.

use std::{error::Error, io::Cursor};

use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError,
    codecs::{gif::GifDecoder, png::PngDecoder, tiff::TiffDecoder, webp::WebPDecoder},
};
use kinora_types::Size;

use super::{
    Format, Limits, ReadError,
    orient::Orientation,
    raster::{Layout, Raster},
};

pub(super) fn decode(bytes: &[u8], format: Format, limits: &Limits) -> Result<Raster, ReadError> {
    let failed = |e: ImageError| error(format, &e);
    let from = Cursor::new(bytes);
    match format {
        Format::Png => read(PngDecoder::new(from).map_err(failed)?, format, limits),
        Format::WebP => read(WebPDecoder::new(from).map_err(failed)?, format, limits),
        Format::Gif => read(GifDecoder::new(from).map_err(failed)?, format, limits),
        _ => read(TiffDecoder::new(from).map_err(failed)?, format, limits),
    }
}

fn read(
    mut decoder: impl ImageDecoder,
    format: Format,
    limits: &Limits,
) -> Result<Raster, ReadError> {
    let failed = |e: ImageError| error(format, &e);
    let (width, height) = decoder.dimensions();
    let size = Size { width, height };
    // The decoder's own buffers are about as large as its output; 16 bits are cut to 8 in a copy.
    let output = decoder.total_bytes();
    limits.check(size, output.saturating_mul(2).saturating_add(pixels(size) * 4))?;
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(limits.memory);
    decoder.set_limits(allowed).map_err(failed)?;
    let icc = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    let (layout, samples) = eight_bits(image);
    let orientation = Orientation::default();
    Ok(Raster { size, full_size: size, layout, samples, icc, orientation })
}

fn pixels(size: Size) -> u64 {
    u64::from(size.width) * u64::from(size.height)
}

fn eight_bits(image: DynamicImage) -> (Layout, Vec<u8>) {
    match image.color() {
        ColorType::L8 | ColorType::L16 => (Layout::Grey, image.into_luma8().into_raw()),
        colour if colour.has_alpha() => (Layout::Rgba, image.into_rgba8().into_raw()),
        _ => (Layout::Rgb, image.into_rgb8().into_raw()),
    }
}

fn error(format: Format, error: &ImageError) -> ReadError {
    if cut_off(error) {
        return ReadError::Truncated { format };
    }
    match error {
        ImageError::Unsupported(e) => ReadError::unsupported(format, e),
        ImageError::Limits(e) => ReadError::unsupported(format, e),
        other => ReadError::damaged(format, other),
    }
}

/// Looks for an unexpected end of file at the bottom of the error; some decoders only say so in words.
fn cut_off(error: &ImageError) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = next {
        let io = cause.downcast_ref::<std::io::Error>();
        if io.is_some_and(|e| e.kind() == std::io::ErrorKind::UnexpectedEof) {
            return true;
        }
        next = cause.source();
    }
    let text = error.to_string().to_lowercase();
    ["unexpected end", "unexpected eof", "failed to fill whole buffer"]
        .iter()
        .any(|t| text.contains(t))
}
