//! From bytes to an upright sRGB picture, whatever the format, within limits.

use std::{io::Read, path::Path};

use kinora_types::{Picture, Size};

pub(super) use super::guard::guarded;
use super::{
    Budget, Format, Limits, ReadError, apart::apart, avif, bitmaps, container, heic, jpeg,
    metadata::exif, orient::Orientation, tiff::Tags,
};

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Upright, 8-bit sRGB, white behind transparency; perhaps smaller than the file's.
    pub picture: Picture,
    /// Upright size of the picture in the file.
    pub full_size: Size,
    /// Format of the file.
    pub format: Format,
}

/// Passed as `target` to [`decode`]: the full size, whatever it costs.
pub const FULL_SIZE: u32 = u32::MAX;

/// Decodes a picture as [`decode_within`] does, without cancellation.
///
/// # Errors
/// As [`decode_within`].
pub fn decode(bytes: &[u8], target: u32, limits: &Limits) -> Result<Decoded, ReadError> {
    decode_within(bytes, target, &Budget::new(limits, &|| false))
}

/// Decodes a picture for a use whose shorter side is `target` pixels.
///
/// The result's shorter side has at least `2 * target` pixels, if the file's has; more is thrown
/// away as early as the format allows. Called from many threads at once.
///
/// Memory: what [`Limits::memory`] allows at most, checked against the header first. Decoders that cannot
/// be interrupted (HEIC, AVIF, WebP, JPEG in TIFF) get a thread and a copy of the file, and are left behind
/// once the budget is spent.
///
/// # Errors
/// What the file is not, or the budget does not allow: [`ReadError::TooSlow`], [`ReadError::TooMuchWork`]
/// and, within a fraction of a second, [`ReadError::Cancelled`].
pub fn decode_within(bytes: &[u8], target: u32, budget: &Budget<'_>) -> Result<Decoded, ReadError> {
    budget.limits().check_bytes(bytes.len() as u64)?;
    budget.check()?;
    let format = sniff(bytes)?;
    if is_interruptible(format, bytes) {
        return upright(bytes, format, target, budget);
    }
    let copy = bytes.to_vec();
    apart(budget, move |budget| upright(&copy, format, target, budget))
}

fn is_interruptible(format: Format, bytes: &[u8]) -> bool {
    match format {
        Format::Jpeg | Format::Png | Format::Gif | Format::Bmp => true,
        Format::Heic | Format::Avif | Format::WebP => false,
        Format::Tiff => !Tags::of(bytes).is_some_and(|tags| tags.is_jpeg()),
    }
}

fn upright(
    bytes: &[u8],
    format: Format,
    target: u32,
    budget: &Budget<'_>,
) -> Result<Decoded, ReadError> {
    guarded(format, || {
        let mut raster = match format {
            Format::Jpeg => jpeg::decode(bytes, target, budget)?,
            Format::Heic => heic::decode(bytes, budget)?,
            Format::Avif => avif::decode(bytes, budget)?,
            Format::Png | Format::WebP | Format::Gif | Format::Tiff | Format::Bmp => {
                bitmaps::decode(bytes, format, budget)?
            }
        };
        // HEIF says it in the container, and forbids readers to look at EXIF for it.
        if !matches!(format, Format::Heic | Format::Avif) {
            raster.orientation = orientation(bytes, format);
        }
        budget.check()?;
        let full_size = raster.orientation.upright(raster.full_size);
        let picture = raster.into_picture(format, target, budget)?;
        Ok(Decoded { full_size, format, picture })
    })
}

/// Reads a file and decodes it as [`decode`] does.
///
/// # Errors
/// As [`read_file`] and [`decode`].
pub fn decode_file(path: &Path, target: u32, limits: &Limits) -> Result<Decoded, ReadError> {
    decode(&read_file(path, limits)?, target, limits)
}

/// The bytes of a file, if they are not too many and it is a regular file.
///
/// # Errors
/// [`ReadError::Io`] if the file cannot be read or is no regular file, [`ReadError::TooManyBytes`] if it is too long.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, ReadError> {
    let failed = |source| ReadError::Io { path: path.to_owned(), source };
    let file = kinora_files::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    limits.check_bytes(metadata.len())?;
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // A file that grows while it is read is still bounded.
    file.take(limits.bytes + 1).read_to_end(&mut bytes).map_err(failed)?;
    limits.check_bytes(bytes.len() as u64)?;
    Ok(bytes)
}

fn sniff(bytes: &[u8]) -> Result<Format, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    Format::of(bytes).ok_or(ReadError::UnknownFormat)
}

fn orientation(bytes: &[u8], format: Format) -> Orientation {
    container::segments(bytes, format)
        .exif
        .and_then(|exif| exif::orientation(exif.into_owned()))
        .unwrap_or_default()
}
