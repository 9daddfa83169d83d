//! PNG, WebP, GIF, TIFF and BMP through the `image` crate: the first frame or page, at full size.
//!
//! PNG, GIF, BMP and most TIFF are decoded as they are read, and stop when the budget is spent; the work on
//! a WebP is bounded by its size, of 16 384 squared at most.

use std::error::Error;

use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError,
    codecs::{
        bmp::BmpDecoder, gif::GifDecoder, png::PngDecoder, tiff::TiffDecoder, webp::WebPDecoder,
    },
};
use kinora_types::Size;

use super::{
    Format, ReadError,
    budget::{Budget, pixels},
    colour::LONGEST_PROFILE,
    orient::Orientation,
    png,
    raster::{Layout, Raster, straight},
    tiff::{self, Tags},
    tone::Tone,
};

pub(super) fn decode(
    bytes: &[u8],
    format: Format,
    budget: &Budget<'_>,
) -> Result<Raster, ReadError> {
    let failed = |e: ImageError| error(format, &e, budget);
    let from = budget.watched(bytes);
    match format {
        Format::Png => {
            let space = png::space(bytes);
            let decoder = PngDecoder::with_limits(from, png_limits(bytes.len())).map_err(failed)?;
            read(decoder, format, budget, space.and_then(Tone::new).as_ref())
        }
        Format::WebP => read(WebPDecoder::new(from).map_err(failed)?, format, budget, None),
        Format::Gif => read(GifDecoder::new(from).map_err(failed)?, format, budget, None),
        Format::Bmp => read(BmpDecoder::new(from).map_err(failed)?, format, budget, None),
        _ => decode_tiff(bytes, budget),
    }
}

fn decode_tiff(bytes: &[u8], budget: &Budget<'_>) -> Result<Raster, ReadError> {
    let format = Format::Tiff;
    let tags = Tags::of(bytes).ok_or(ReadError::Truncated { format })?;
    if tags.has_palette() {
        return tiff::decode_palette(bytes, &tags, budget);
    }
    let failed = |e: ImageError| error(format, &e, budget);
    let decoder = TiffDecoder::new(budget.watched(bytes)).map_err(failed)?;
    let raster = read(decoder, format, budget, None)?;
    let premultiplied = raster.layout == Layout::Rgba && tags.is_premultiplied();
    let samples = if premultiplied { straight(raster.samples) } else { raster.samples };
    Ok(Raster { samples, icc: tags.icc(), ..raster })
}

/// For all but pixels: chunks as they are in the file, and what a profile inflates to.
fn png_limits(length: usize) -> image::Limits {
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some((LONGEST_PROFILE + 4 * length) as u64);
    limits
}

fn read(
    mut decoder: impl ImageDecoder,
    format: Format,
    budget: &Budget<'_>,
    tone: Option<&Tone>,
) -> Result<Raster, ReadError> {
    let failed = |e: ImageError| error(format, &e, budget);
    let (width, height) = decoder.dimensions();
    let size = Size { width, height };
    // The decoder's own buffers are about as large as its output; 16 bits are cut to 8 in a copy.
    let output = decoder.total_bytes();
    budget.admit(size, output.saturating_mul(2).saturating_add(pixels(size) * 4))?;
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(budget.limits().memory);
    decoder.set_limits(allowed).map_err(failed)?;
    let has_space = tone.is_some() || format == Format::Tiff;
    let icc = if has_space { None } else { decoder.icc_profile().ok().flatten() };
    let image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    budget.check()?;
    let (layout, samples) = match tone {
        Some(tone) => converted(image, tone),
        None => eight_bits(image),
    };
    let orientation = Orientation::default();
    Ok(Raster { size, full_size: size, layout, samples, icc, orientation })
}

/// In sRGB, from all the bits that the file has.
fn converted(image: DynamicImage, tone: &Tone) -> (Layout, Vec<u8>) {
    if image.color().has_alpha() {
        return (Layout::Rgba, tone.apply_to(image.into_rgba16().as_raw(), 4));
    }
    (Layout::Rgb, tone.apply_to(image.into_rgb16().as_raw(), 3))
}

fn eight_bits(image: DynamicImage) -> (Layout, Vec<u8>) {
    match image.color() {
        ColorType::L8 | ColorType::L16 => (Layout::Grey, image.into_luma8().into_raw()),
        colour if colour.has_alpha() => (Layout::Rgba, image.into_rgba8().into_raw()),
        _ => (Layout::Rgb, image.into_rgb8().into_raw()),
    }
}

fn error(format: Format, error: &ImageError, budget: &Budget<'_>) -> ReadError {
    if let Err(spent) = budget.check() {
        return spent;
    }
    if cut_off(error) {
        return ReadError::Truncated { format };
    }
    match error {
        ImageError::Unsupported(e) => ReadError::unsupported(format, e),
        ImageError::Limits(e) => ReadError::unsupported(format, e),
        other => ReadError::damaged(format, other),
    }
}

/// Looks for an unexpected end of file at the bottom of the error; some decoders only say so in their message.
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
