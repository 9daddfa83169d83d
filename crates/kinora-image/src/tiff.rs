//! Parts of TIFF that the `image` crate leaves out (revision 6.0, and BigTIFF): palettes, opacity that is multiplied
//! in, and tags read without copies.

use tiff::{
    TiffError,
    decoder::{Decoder, DecodingResult, Limits},
};

use kinora_types::Size;

use super::{
    Format, ReadError,
    budget::{Budget, pixels},
    orient::Orientation,
    raster::{Layout, Raster},
};

const BITS_PER_SAMPLE: u16 = 258;
const COMPRESSION: u16 = 259;
const PHOTOMETRIC: u16 = 262;
const COLOR_MAP: u16 = 320;
const EXTRA_SAMPLES: u16 = 338;
const ICC_PROFILE: u16 = 34_675;

/// `PhotometricInterpretation` of a palette, and of grey, which is how its indices are read.
const PALETTE: u64 = 3;
const GREY: u8 = 1;

/// The first directory of a file.
pub(super) struct Tags<'b> {
    bytes: &'b [u8],
    little: bool,
    big: bool,
    entries: &'b [u8],
}

/// The values of a tag: bytes of each, and where they all lie.
struct Values<'b> {
    width: usize,
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Tags<'b> {
    /// `None` if the directory does not lie in the file.
    pub(super) fn of(bytes: &'b [u8]) -> Option<Self> {
        let little = bytes.first()? == &b'I';
        let number = |at: usize, width| number(bytes.get(at..at + width)?, little);
        let big = number(2, 2)? == 43;
        let start = usize::try_from(if big { number(8, 8)? } else { number(4, 4)? }).ok()?;
        let directory = bytes.get(start..)?;
        let (counter, length) = if big { (8, 20) } else { (2, 12) };
        let count = usize::try_from(self::number(directory.get(..counter)?, little)?).ok()?;
        let entries = directory.get(counter..)?.get(..count.min(65_535) * length)?;
        Some(Self { bytes, little, big, entries })
    }

    fn values(&self, tag: u16) -> Option<Values<'b>> {
        let entry = self
            .entries
            .chunks_exact(if self.big { 20 } else { 12 })
            .find(|entry| number(&entry[..2], self.little) == Some(tag.into()))?;
        let width = match number(&entry[2..4], self.little)? {
            1 | 2 | 7 => 1,
            3 => 2,
            4 => 4,
            16 => 8,
            _ => return None,
        };
        let (count, value) = if self.big { entry[4..].split_at(8) } else { entry[4..].split_at(4) };
        let length = usize::try_from(number(count, self.little)?).ok()?.checked_mul(width)?;
        let at = if length <= value.len() {
            value.as_ptr() as usize - self.bytes.as_ptr() as usize
        } else {
            usize::try_from(number(value, self.little)?).ok()?
        };
        let bytes = self.bytes.get(at..at.checked_add(length)?)?;
        Some(Values { width, bytes, at })
    }

    fn numbers(&self, tag: u16) -> Option<Vec<u64>> {
        let values = self.values(tag)?;
        values.bytes.chunks_exact(values.width).map(|v| number(v, self.little)).collect()
    }

    fn first(&self, tag: u16) -> Option<u64> {
        let values = self.values(tag)?;
        number(values.bytes.get(..values.width)?, self.little)
    }

    /// Whether strips are JPEG, whose decoder cannot be interrupted.
    pub(super) fn is_jpeg(&self) -> bool {
        matches!(self.first(COMPRESSION), Some(6 | 7))
    }

    pub(super) fn has_palette(&self) -> bool {
        self.first(PHOTOMETRIC) == Some(PALETTE)
    }

    /// Whether colours are multiplied by opacity already ("associated alpha").
    pub(super) fn is_premultiplied(&self) -> bool {
        self.first(EXTRA_SAMPLES) == Some(1)
    }

    pub(super) fn icc(&self) -> Option<Vec<u8>> {
        self.values(ICC_PROFILE).map(|values| values.bytes.to_vec())
    }

    /// RGB of each index. Old programs wrote 8 bits where the standard has 16.
    fn palette(&self) -> Option<Vec<[u8; 3]>> {
        let values = self.numbers(COLOR_MAP)?;
        let shift = if values.iter().any(|v| *v > 255) { 8 } else { 0 };
        let third = values.len() / 3;
        let at = |i: usize| (values[i] >> shift) as u8;
        Some((0..third).map(|i| [at(i), at(third + i), at(2 * third + i)]).collect())
    }
}

fn number(bytes: &[u8], little: bool) -> Option<u64> {
    if bytes.len() > 8 {
        return None;
    }
    let push = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    Some(if little { bytes.iter().rev().fold(0, push) } else { bytes.iter().fold(0, push) })
}

/// Decodes a picture of indices of 1 to 8 bits, by reading them as grey.
pub(super) fn decode_palette(
    bytes: &[u8],
    tags: &Tags<'_>,
    budget: &Budget<'_>,
) -> Result<Raster, ReadError> {
    let damaged = || ReadError::damaged(Format::Tiff, "the palette is broken");
    let palette = tags.palette().ok_or_else(damaged)?;
    let bits = tags.first(BITS_PER_SAMPLE).unwrap_or(1) as usize;
    let kind = tags.values(PHOTOMETRIC).ok_or_else(damaged)?;
    let mut grey = bytes.to_vec();
    grey[kind.at + if tags.little { 0 } else { kind.width - 1 }] = GREY;
    let (size, packed) = indices(&grey, budget)?;
    let (width, mask) = (size.width as usize, (1usize << bits) - 1);
    if !matches!(bits, 1 | 2 | 4 | 8) {
        let message = format!("a palette of {bits} bits");
        return Err(ReadError::unsupported(Format::Tiff, message));
    }
    let mut samples = Vec::with_capacity(width * size.height as usize * 3);
    for row in packed.chunks_exact((width * bits).div_ceil(8)).take(size.height as usize) {
        for x in 0..width {
            let shift = 8 - bits - x * bits % 8;
            let index = usize::from(row[x * bits / 8] >> shift) & mask;
            samples.extend(palette.get(index).copied().unwrap_or_default());
        }
    }
    if samples.len() as u64 != pixels(size) * 3 {
        return Err(ReadError::Truncated { format: Format::Tiff });
    }
    let (icc, orientation) = (tags.icc(), Orientation::default());
    Ok(Raster { size, full_size: size, layout: Layout::Rgb, samples, icc, orientation })
}

fn indices(grey: &[u8], budget: &Budget<'_>) -> Result<(Size, Vec<u8>), ReadError> {
    let failed = |e: TiffError| budget.check().err().unwrap_or_else(|| error(&e));
    let mut decoder = Decoder::new(budget.watched(grey)).map_err(failed)?;
    let (width, height) = decoder.dimensions().map_err(failed)?;
    let size = Size { width, height };
    budget.admit(size, pixels(size) * 5 + grey.len() as u64)?;
    let mut limits = Limits::default();
    limits.decoding_buffer_size = usize::try_from(budget.limits().memory).unwrap_or(usize::MAX);
    limits.intermediate_buffer_size = limits.decoding_buffer_size;
    match decoder.with_limits(limits).read_image().map_err(failed)? {
        DecodingResult::U8(packed) => Ok((size, packed)),
        _ => Err(ReadError::unsupported(Format::Tiff, "a palette of more than 8 bits")),
    }
}

fn error(error: &TiffError) -> ReadError {
    match error {
        TiffError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            ReadError::Truncated { format: Format::Tiff }
        }
        TiffError::UnsupportedError(e) => ReadError::unsupported(Format::Tiff, e),
        other => ReadError::damaged(Format::Tiff, other),
    }
}

#[cfg(test)]
mod tests {
    use crate::{FULL_SIZE, decode};

    /// An uncompressed picture of 3x2 indices of this many bits, in either byte order.
    fn file(bits: u16, little: bool, rows: &[u8]) -> Vec<u8> {
        let short = |v: u16| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let long = |v: u32| if little { v.to_le_bytes() } else { v.to_be_bytes() };
        let colours = 1usize << bits;
        let (map_at, rows_at) = (8, 8 + 6 * colours as u32);
        let directory = rows_at + rows.len() as u32 + rows.len() as u32 % 2;
        let mut bytes = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
        bytes.extend(long(directory));
        for channel in 0..3 {
            (0..colours).for_each(|i| bytes.extend(short(((i * 20 + channel) % 256) as u16 * 257)));
        }
        bytes.extend(rows);
        bytes.resize(directory as usize, 0);
        let entries: [(u16, u32, u32); 9] = [
            (256, 1, 3),
            (257, 1, 2),
            (258, 1, bits.into()),
            (259, 1, 1),
            (262, 1, 3),
            (273, 0, rows_at),
            (278, 1, 2),
            (279, 0, rows.len() as u32),
            (320, 3 * colours as u32, map_at),
        ];
        bytes.extend(short(entries.len() as u16));
        for (tag, shorts, value) in entries {
            let kind = if shorts == 0 { 4 } else { 3 };
            bytes.extend([short(tag), short(kind)].concat());
            bytes.extend(long(shorts.max(1)));
            match shorts {
                1 => bytes.extend([short(value as u16), [0; 2]].concat()),
                _ => bytes.extend(long(value)),
            }
        }
        bytes.extend([0; 4]);
        bytes
    }

    #[test]
    fn palettes_of_old_scanners() {
        let limits = crate::Limits::default();
        for little in [true, false] {
            for (bits, rows) in [
                (8, &[0, 1, 2, 3, 4, 5][..]),
                (4, &[0x01, 0x20, 0x34, 0x50]),
                (4, &[0x12, 0x30, 0x45, 0x60]),
            ] {
                let bytes = file(bits, little, rows);
                let decoded = decode(&bytes, FULL_SIZE, &limits).unwrap();
                let first = u8::from(rows[0] == 0x12);
                let expected: Vec<u8> =
                    (first..first + 6).flat_map(|i: u8| [i * 20, i * 20 + 1, i * 20 + 2]).collect();
                assert_eq!(decoded.picture.rgb(), expected, "{bits} {little}");
            }
        }
        let one = file(1, true, &[0b0100_0000, 0b1010_0000]);
        let decoded = decode(&one, FULL_SIZE, &limits).unwrap();
        let reds: Vec<u8> = decoded.picture.rgb().chunks(3).map(|p| p[0]).collect();
        assert_eq!(reds, [0, 20, 0, 20, 0, 20]);
        let cut = &file(8, true, &[0; 6])[..20];
        assert!(decode(cut, FULL_SIZE, &limits).is_err());
    }
}
