//! HEIC by the pure-Rust `heic-decoder`, which applies rotation, mirror and crop itself.

use heic_decoder::{HeifError, RgbaImage};
use kinora_types::Size;

use super::{
    Format, Limits, ReadError,
    orient::Orientation,
    raster::{Layout, Raster},
};

/// Bytes of memory a pixel takes at the decoder's peak: planes of 32 bits twice, RGB and its copy.
const BYTES_PER_PIXEL: u64 = 24;

/// Decodes the primary picture, opacity included.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Raster, ReadError> {
    let info = heic_decoder::probe(bytes).map_err(error)?;
    let coded = Size { width: side(info.coded_width)?, height: side(info.coded_height)? };
    limits.check(coded, u64::from(coded.width) * u64::from(coded.height) * BYTES_PER_PIXEL)?;
    let image = heic_decoder::decode(bytes).map_err(error)?;
    let icc = image.metadata.icc_profile.clone();
    let (size, layout, samples) = if image.alpha.is_some() {
        let rgba = image.to_rgba8().map_err(error)?;
        drop(image);
        ((rgba.width, rgba.height), Layout::Rgba, straight(rgba))
    } else {
        let rgb = image.to_rgb8().map_err(error)?;
        ((rgb.width, rgb.height), Layout::Rgb, rgb.data)
    };
    let size = Size { width: side(size.0)?, height: side(size.1)? };
    let orientation = Orientation::default();
    Ok(Raster { size, full_size: size, layout, samples, icc, orientation })
}

fn side(pixels: usize) -> Result<u32, ReadError> {
    u32::try_from(pixels).map_err(|_| ReadError::damaged(Format::Heic, "a side is too long"))
}

/// Takes opacity out of the colours again where the file has it multiplied in.
fn straight(mut image: RgbaImage<u8>) -> Vec<u8> {
    if image.premultiplied {
        for [r, g, b, a] in image.data.as_chunks_mut::<4>().0 {
            let divide =
                |v: &mut u8| *v = (u32::from(*v) * 255 / u32::from((*a).max(1))).min(255) as u8;
            [r, g, b].into_iter().for_each(divide);
        }
    }
    image.data
}

fn error(error: HeifError) -> ReadError {
    match error {
        HeifError::Truncated { .. } => ReadError::Truncated { format: Format::Heic },
        HeifError::Unsupported(message) => ReadError::unsupported(Format::Heic, message),
        other => ReadError::damaged(Format::Heic, other),
    }
}
