//! AV1 stills by rav1d in this process.
//!
//! rav1d (dav1d in Rust, bounds-checked) is built without its assembler, which would need nasm: some
//! 40 CPU s to build once, slower to decode, but AVIF needs no download and no child process.

use kinora_types::Size;
use re_rav1d::dav1d::{
    Decoder, Error, Picture, PixelLayout, PlanarImageComponent, Settings, pixel,
};

use super::{
    Format, ReadError,
    budget::{Budget, pixels},
    yuv::{Plane, Planes},
};

/// A layered still has at most four layers, each with a frame that is not shown; a file with more of them
/// makes a decoder work for nothing.
const MOST_FRAMES: usize = 8;

/// Decodes the picture of one coded item, which must have this size, on this thread.
///
/// The budget is checked between frames. One frame cannot be interrupted; its work is bounded by its size,
/// which the decoder checks before it starts.
pub(super) fn decode(data: &[u8], size: Size, budget: &Budget<'_>) -> Result<Picture, ReadError> {
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_frame_size_limit(pixels(size).min(u32::MAX.into()) as u32);
    let mut decoder = Decoder::with_settings(&settings).map_err(failed)?;
    let mut frames = 0;
    for unit in units(data) {
        budget.check()?;
        frames += usize::from(unit.is_frame);
        if frames > MOST_FRAMES {
            let what = format!("more than {MOST_FRAMES} frames for one picture");
            return Err(ReadError::TooMuchWork { what });
        }
        if let Some(picture) = feed(&mut decoder, unit.bytes)? {
            return of_size(picture, size);
        }
    }
    of_size(decoder.get_picture().map_err(|_| no("there is no picture inside"))?, size)
}

fn of_size(picture: Picture, size: Size) -> Result<Picture, ReadError> {
    if (picture.width(), picture.height()) == (size.width, size.height) {
        return Ok(picture);
    }
    Err(no("a picture inside has another size than the container says"))
}

/// The picture that comes out, if this unit completes one.
fn feed(decoder: &mut Decoder, unit: &[u8]) -> Result<Option<Picture>, ReadError> {
    let mut sent = decoder.send_data(unit.to_vec(), None, None, None);
    loop {
        match decoder.get_picture() {
            Ok(picture) => return Ok(Some(picture)),
            Err(Error::Again) => {}
            Err(error) => return Err(failed(error)),
        }
        match sent {
            Ok(()) => return Ok(None),
            Err(Error::Again) => sent = decoder.send_pending_data(),
            Err(error) => return Err(failed(error)),
        }
    }
}

fn failed(error: Error) -> ReadError {
    no(&error.to_string())
}

fn no(message: &str) -> ReadError {
    ReadError::damaged(Format::Avif, message)
}

/// An open bitstream unit (AV1 specification, section 5.3).
struct Unit<'a> {
    bytes: &'a [u8],
    is_frame: bool,
}

/// The units of an item. What does not parse is handed over whole, for the decoder to complain about.
fn units(mut rest: &[u8]) -> impl Iterator<Item = Unit<'_>> {
    std::iter::from_fn(move || {
        let kind = rest.first()? >> 3 & 15;
        let length = unit_length(rest).unwrap_or(rest.len());
        let (bytes, tail) = rest.split_at(length);
        rest = tail;
        Some(Unit { bytes, is_frame: matches!(kind, 3 | 6) })
    })
}

/// Bytes of the first unit with its header; `None` if it has no length or a wrong one.
fn unit_length(bytes: &[u8]) -> Option<usize> {
    let head = *bytes.first()?;
    if head & 2 == 0 {
        return None;
    }
    let mut at = if head & 4 == 0 { 1 } else { 2 };
    let mut length = 0u64;
    for shift in 0..8 {
        let byte = *bytes.get(at)?;
        at += 1;
        length |= u64::from(byte & 0x7f) << (7 * shift);
        if byte & 0x80 == 0 {
            let end = at.checked_add(usize::try_from(length).ok()?)?;
            return (end <= bytes.len()).then_some(end);
        }
    }
    None
}

/// `ColourPrimaries`, `TransferCharacteristics` and `MatrixCoefficients` of the stream; 2 where it says
/// nothing that matters.
pub(super) fn code_points(picture: &Picture) -> (u16, u16, u16) {
    use pixel::{ColorPrimaries as P, MatrixCoefficients as M, TransferCharacteristic as T};
    let primaries = match picture.color_primaries() {
        P::BT709 => 1,
        P::BT470BG => 5,
        P::BT2020 => 9,
        P::P3DCI => 11,
        P::P3Display => 12,
        _ => 2,
    };
    let transfer = match picture.transfer_characteristic() {
        T::BT470M => 4,
        T::BT470BG => 5,
        T::Linear => 8,
        T::PerceptualQuantizer => 16,
        T::HybridLogGamma => 18,
        _ => 2,
    };
    let matrix = match picture.matrix_coefficients() {
        M::Identity => 0,
        M::BT709 => 1,
        M::YCgCo => 8,
        M::BT2020NonConstantLuminance => 9,
        M::BT2020ConstantLuminance => 10,
        M::ICtCp => 14,
        _ => 6,
    };
    (primaries, transfer, matrix)
}

/// Whether samples use all values, by the stream.
pub(super) fn is_full_range(picture: &Picture) -> bool {
    picture.color_range() == pixel::YUVRange::Full
}

/// The decoder's planes; nothing is copied.
pub(super) fn planes(picture: &Picture) -> Planes<impl AsRef<[u8]>> {
    use PixelLayout as P;
    let depth = picture.bits_per_component().map_or(8, |b| b.0) as u32;
    let plane = |component| Plane {
        bytes: picture.plane(component),
        stride: picture.stride(component) as usize,
    };
    let (shift_x, shift_y) = match picture.pixel_layout() {
        P::I420 => (1, 1),
        P::I422 => (1, 0),
        P::I444 | P::I400 => (0, 0),
    };
    let chroma = (picture.pixel_layout() != P::I400)
        .then(|| [plane(PlanarImageComponent::U), plane(PlanarImageComponent::V)]);
    Planes { y: plane(PlanarImageComponent::Y), chroma, shift_x, shift_y, depth }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_cut_where_they_say() {
        // Temporal delimiter, a frame of 130 bytes, one without a length.
        let frame = [&[6 << 3 | 2, 0x82, 0x01][..], &[7; 130]].concat();
        let stream = [&[2 << 3 | 2, 0][..], &frame, &[4 << 3, 1, 2]].concat();
        let cut: Vec<(usize, bool)> =
            units(&stream).map(|unit| (unit.bytes.len(), unit.is_frame)).collect();
        assert_eq!(cut, [(2, false), (133, true), (3, false)]);
        // A length beyond the end.
        assert_eq!(units(&frame[..40]).map(|unit| unit.bytes.len()).collect::<Vec<_>>(), [40]);
    }

    #[test]
    fn hidden_frames_without_end_are_refused() {
        let never = || false;
        let budget = Budget::new(&crate::Limits::default(), &never);
        let file = include_bytes!("../tests/fixtures/read/plain.avif");
        let heif = crate::isobmff::Heif::parse(file).unwrap();
        let item = heif.bytes(heif.primary).unwrap();
        let size = Size { width: 64, height: 48 };
        assert!(decode(&item, size, &budget).is_ok());
        // Headers of frames that complete nothing.
        let header =
            units(&item).find(|unit| !unit.is_frame && unit.bytes[0] >> 3 & 15 == 1).unwrap();
        let empty: Vec<u8> = (0..9).flat_map(|_| [3 << 3 | 2, 0]).collect();
        let error = decode(&[header.bytes, &empty].concat(), size, &budget).err().unwrap();
        let refused = matches!(error, ReadError::TooMuchWork { .. } | ReadError::Damaged { .. });
        assert!(refused, "{error:?}");
    }
}
