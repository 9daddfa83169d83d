//! HEIC by the pure-Rust `heic-decoder`, which applies rotation, mirror and crop itself.

use std::{sync::OnceLock, thread::available_parallelism};

use heic_decoder::{DecodedImage, HeifError};
use kinora_types::Size;
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::{
    Format, ReadError,
    budget::{Budget, pixels},
    guard, hevc,
    isobmff::Heif,
    orient::Orientation,
    raster::{Layout, Raster, straight},
    space::Space,
    tone::Tone,
};

/// Bytes of memory a pixel takes at the decoder's peak: planes of 32 bits twice, RGB and its copy.
const BYTES_PER_PIXEL: u64 = 24;
/// Coded pixels beyond four times the picture's that are let pass: edges of tiles, an opacity plane.
const FREE_PIXELS: u64 = 16 << 20;

/// Decodes the primary picture, opacity included.
///
/// The decoder cannot be interrupted: what it will do is added up from the headers first. It works on as
/// many threads as there are cores, all of them its own.
pub(super) fn decode(bytes: &[u8], budget: &Budget<'_>) -> Result<Raster, ReadError> {
    let info = heic_decoder::probe(bytes).map_err(error)?;
    let size = Size { width: side(info.coded_width)?, height: side(info.coded_height)? };
    let tiles = coded(bytes, size)?;
    budget.admit(size, pixels(size) * BYTES_PER_PIXEL + tiles)?;
    budget.check()?;
    let image = pool()?.install(|| heic_decoder::decode(bytes)).map_err(error)?;
    budget.check()?;
    let converted = Tone::new(space(&image));
    let icc = image.metadata.icc_profile.clone().filter(|_| converted.is_none());
    let (size, layout, samples) = pool()?.install(|| samples(image, converted.as_ref()))?;
    let orientation = Orientation::default();
    Ok(Raster { size, full_size: size, layout, samples, icc, orientation })
}

/// Bytes of the decoder's planes for all coded pictures that make up this one.
fn coded(bytes: &[u8], size: Size) -> Result<u64, ReadError> {
    let Some(heif) = Heif::parse(bytes) else {
        // A sequence without a still: one of its pictures is decoded, whose size the decoder reports.
        return Ok(0);
    };
    let alpha = super::heif::alpha_of(&heif, heif.primary);
    let (mut all, mut memory) = (0u64, 0u64);
    for id in std::iter::once(heif.primary).chain(alpha) {
        for item in std::iter::once(&id).chain(heif.refers_to(id, b"dimg")) {
            let Some(config) = heif.property(*item, b"hvcC").and_then(hevc::coded) else {
                continue;
            };
            let (area, width) = (pixels(config.size), [4, 6, 8, 12][config.chroma.min(3) as usize]);
            all = all.saturating_add(area);
            memory = memory.saturating_add(area.saturating_mul(width));
        }
    }
    if all > 4 * pixels(size) + FREE_PIXELS {
        let what = format!("{all} pixels for a picture of {size}");
        return Err(ReadError::TooMuchWork { what });
    }
    Ok(memory)
}

/// Threads of the decoder; their panics are caught by the calling thread.
fn pool() -> Result<&'static ThreadPool, ReadError> {
    static POOL: OnceLock<Result<ThreadPool, String>> = OnceLock::new();
    let start = || {
        let threads = available_parallelism().map_or(1, usize::from);
        let name = |index| format!("heic-{index}");
        let quiet = |_| {
            guard::hush(true);
        };
        let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(name);
        pool.start_handler(quiet).build().map_err(|error| error.to_string())
    };
    POOL.get_or_init(start)
        .as_ref()
        .map_err(|said| ReadError::thread(std::io::Error::other(&**said)))
}

/// Colour space of the numbers, unless a profile gives it.
fn space(image: &DecodedImage) -> Space {
    match (&image.metadata.icc_profile, image.color_info) {
        (Some(icc), _) => Space::of_profile(icc).unwrap_or(Space::SRGB),
        (None, Some(nclx)) => {
            Space::of_code_points(nclx.color_primaries, nclx.transfer_characteristics)
        }
        (None, None) => Space::SRGB,
    }
}

/// RGB8 or RGBA8, in sRGB where `tone` leads there, which needs all the bits that the file has.
fn samples(image: DecodedImage, tone: Option<&Tone>) -> Result<(Size, Layout, Vec<u8>), ReadError> {
    let size = Size { width: side(image.width)?, height: side(image.height)? };
    let opaque = image.alpha.is_none();
    let (layout, samples) = match (opaque, tone) {
        (true, None) => (Layout::Rgb, image.to_rgb8().map_err(error)?.data),
        (true, Some(tone)) => {
            (Layout::Rgb, tone.apply_to(&image.to_rgb16().map_err(error)?.data, 3))
        }
        (false, None) => {
            let rgba = image.to_rgba8().map_err(error)?;
            let premultiplied = rgba.premultiplied;
            (Layout::Rgba, if premultiplied { straight(rgba.data) } else { rgba.data })
        }
        (false, Some(tone)) => {
            let mut rgba = image.to_rgba16().map_err(error)?;
            if rgba.premultiplied {
                divide(&mut rgba.data);
            }
            (Layout::Rgba, tone.apply_to(&rgba.data, 4))
        }
    };
    Ok((size, layout, samples))
}

/// Takes opacity out of the colours of 16-bit RGBA, which are light only without it.
fn divide(rgba: &mut [u16]) {
    for [r, g, b, a] in rgba.as_chunks_mut::<4>().0 {
        let divide = |v: &mut u16| {
            *v = (u32::from(*v) * 65_535 / u32::from((*a).max(1))).min(65_535) as u16;
        };
        [r, g, b].into_iter().for_each(divide);
    }
}

fn side(pixels: usize) -> Result<u32, ReadError> {
    u32::try_from(pixels).map_err(|_| ReadError::damaged(Format::Heic, "a side is too long"))
}

fn error(error: HeifError) -> ReadError {
    match error {
        HeifError::Truncated { .. } => ReadError::Truncated { format: Format::Heic },
        HeifError::Unsupported(message) => ReadError::unsupported(Format::Heic, message),
        other => ReadError::damaged(Format::Heic, other),
    }
}
