//! From bytes to an upright sRGB picture, whatever the format, within limits.

use std::{
    any::Any,
    fs::File,
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use kinora_types::{Picture, Size};

use super::{
    Format, Limits, ReadError, avif, container, heic, jpeg, metadata::exif, orient::Orientation,
    plain,
};

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Upright, 8-bit sRGB, white behind transparency; perhaps smaller than the file's.
    pub picture: Picture,
    /// Upright size of the picture in the file.
    pub full_size: Size,
    /// What the file is.
    pub format: Format,
}

/// Passed as `target` to [`decode`]: the full size, whatever it costs.
pub const FULL_SIZE: u32 = u32::MAX;

/// Decodes a picture for a use whose shorter side is `target` pixels.
///
/// The result's shorter side has at least `2 * target` pixels, if the file's has; more is thrown
/// away as early as the format allows. Called from many threads at once; uses one.
///
/// Memory: what [`Limits::memory`] allows at most, checked against the header first.
pub fn decode(bytes: &[u8], target: u32, limits: &Limits) -> Result<Decoded, ReadError> {
    limits.check_bytes(bytes.len() as u64)?;
    let format = sniff(bytes)?;
    let decoded = guarded(format, || {
        let mut raster = match format {
            Format::Jpeg => jpeg::decode(bytes, target, limits)?,
            Format::Heic => heic::decode(bytes, limits)?,
            Format::Avif => avif::decode(bytes, limits)?,
            Format::Png | Format::WebP | Format::Gif | Format::Tiff => {
                plain::decode(bytes, format, limits)?
            }
        };
        // HEIF says it in the container, and forbids readers to look at EXIF for it.
        if !matches!(format, Format::Heic | Format::Avif) {
            raster.orientation = orientation(bytes, format);
        }
        let full_size = raster.orientation.upright(raster.full_size);
        Ok(Decoded { full_size, format, picture: raster.into_picture(format, target)? })
    })?;
    Ok(decoded)
}

/// Reads a file and decodes it as [`decode`] does.
pub fn decode_file(path: &Path, target: u32, limits: &Limits) -> Result<Decoded, ReadError> {
    decode(&read_file(path, limits)?, target, limits)
}

/// The bytes of a file, if they are not too many and it is a regular file.
pub fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, ReadError> {
    let failed = |source| ReadError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let told = file.metadata().map_err(failed)?;
    if !told.is_file() {
        return Err(failed(std::io::Error::other("it is not a regular file")));
    }
    limits.check_bytes(told.len())?;
    let mut bytes = Vec::with_capacity(told.len() as usize);
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

/// Turns a decoder's panic into an error; none of them keeps state from call to call.
pub(super) fn guarded<T>(
    format: Format,
    work: impl FnOnce() -> Result<T, ReadError>,
) -> Result<T, ReadError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(ReadError::Internal { format, message: panic_message(&*panic) })
    })
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".into())
}
