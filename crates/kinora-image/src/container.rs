//! Where each format keeps EXIF, XMP, IPTC and colour profiles. Nothing here decodes pixels.
//!
//! Every walk stops at the first length that does not fit: what was found until then counts.
//! Memory: borrowed from the file, but for pieces that must be joined.

mod png;

use std::borrow::Cow;

use super::{Format, isobmff::Heif};

/// The blocks of metadata in a file.
#[derive(Default)]
pub(super) struct Segments<'a> {
    /// From the TIFF header on.
    pub exif: Option<Cow<'a, [u8]>>,
    /// An XML packet.
    pub xmp: Option<Cow<'a, [u8]>>,
    /// The second XMP packet of a JPEG, for what did not fit into the first (XMP part 3, 1.1.3.1).
    pub xmp_extension: Option<Vec<u8>>,
    /// IIM datasets.
    pub iptc: Option<Cow<'a, [u8]>>,
    /// PNG's own texts: keyword and text; its chunk `tIME` as if it were one.
    pub texts: Vec<(String, String)>,
}

/// Finds the blocks. TIFF is itself EXIF and keeps XMP and IPTC as tags, see `metadata::exif`.
pub(super) fn segments(bytes: &[u8], format: Format) -> Segments<'_> {
    match format {
        Format::Jpeg => jpeg(bytes),
        Format::Png => png::segments(bytes),
        Format::WebP => webp(bytes),
        Format::Tiff => Segments { exif: Some(Cow::Borrowed(bytes)), ..Segments::default() },
        Format::Heic | Format::Avif => heif(bytes),
        Format::Gif | Format::Bmp => Segments::default(),
    }
}

/// The ICC profile of a JPEG, joined from its APP2 segments (ICC.1, annex B.4).
pub(super) fn jpeg_icc(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut parts: Vec<(u8, &[u8])> = jpeg_markers(bytes)
        .filter(|(marker, _)| *marker == 0xe2)
        .filter_map(|(_, data)| {
            let [number, _count, part @ ..] = data.strip_prefix(b"ICC_PROFILE\0")? else {
                return None;
            };
            Some((*number, part))
        })
        .collect();
    parts.sort_by_key(|(number, _)| *number);
    let profile: Vec<u8> = parts.iter().flat_map(|(_, part)| *part).copied().collect();
    (!profile.is_empty()).then_some(profile)
}

/// Whether Adobe's APP14 segment stands in a JPEG, whose CMYK is then inverted.
pub(super) fn is_adobe_jpeg(bytes: &[u8]) -> bool {
    jpeg_markers(bytes).any(|(marker, data)| marker == 0xee && data.starts_with(b"Adobe"))
}

/// Marker segments before the first scan: marker and content.
fn jpeg_markers(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        loop {
            let (head, tail) = rest.split_first_chunk::<2>()?;
            match head {
                [0xff, 0xff] => rest = rest.get(1..)?,
                [0xff, 0x01 | 0xd0..=0xd8] => rest = tail,
                [0xff, 0xda | 0xd9] => return None,
                [0xff, marker] => {
                    let length = usize::from(u16::from_be_bytes(*tail.first_chunk()?));
                    let content = tail.get(2..length)?;
                    rest = tail.get(length..)?;
                    return Some((*marker, content));
                }
                _ => return None,
            }
        }
    })
}

fn jpeg(bytes: &[u8]) -> Segments<'_> {
    let mut found = Segments::default();
    let mut resources = Vec::new();
    for (marker, data) in jpeg_markers(bytes) {
        if marker == 0xe1 && found.exif.is_none() {
            found.exif = data.strip_prefix(b"Exif\0\0").map(Cow::Borrowed);
        }
        if marker == 0xe1 && found.xmp.is_none() {
            found.xmp = data.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0").map(Cow::Borrowed);
        }
        if marker == 0xed {
            resources.extend_from_slice(data.strip_prefix(b"Photoshop 3.0\0").unwrap_or_default());
        }
    }
    found.iptc = photoshop_iptc(&resources).map(|iptc| Cow::Owned(iptc.to_vec()));
    found.xmp_extension = jpeg_xmp_extension(bytes);
    found
}

/// Bytes of an extension that are joined; beyond this they are pictures and not words.
const MOST_EXTENSION: usize = 4 << 20;
/// Parts of an extension; each holds up to 64 KB.
const MOST_PARTS: usize = 10_000;

/// The parts of the first extension, in the order of their offsets. Each begins with the extension's digest
/// of 32 characters, its full length and the part's offset.
fn jpeg_xmp_extension(bytes: &[u8]) -> Option<Vec<u8>> {
    let parts =
        jpeg_markers(bytes).filter(|(marker, _)| *marker == 0xe1).filter_map(|(_, data)| {
            let data = data.strip_prefix(b"http://ns.adobe.com/xmp/extension/\0")?;
            let (digest, data) = data.split_first_chunk::<32>()?;
            let (length, data) = data.split_first_chunk::<4>()?;
            let (offset, data) = data.split_first_chunk::<4>()?;
            Some((digest, u32::from_be_bytes(*length) as usize, u32::from_be_bytes(*offset), data))
        });
    let mut parts: Vec<_> = parts.take(MOST_PARTS).collect();
    let (digest, length, ..) = *parts.first()?;
    parts.retain(|part| part.0 == digest);
    parts.sort_by_key(|part| part.2);
    let whole: Vec<u8> =
        parts.iter().flat_map(|part| part.3).take(MOST_EXTENSION).copied().collect();
    (whole.len() == length).then_some(whole)
}

/// Resource 0x0404 of Photoshop's image resource blocks.
fn photoshop_iptc(mut blocks: &[u8]) -> Option<&[u8]> {
    loop {
        let rest = blocks.strip_prefix(b"8BIM")?;
        let (id, rest) = rest.split_first_chunk::<2>()?;
        // A Pascal string, padded to an even length.
        let name = usize::from(*rest.first()?) + 1;
        let rest = rest.get(name + name % 2..)?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let data = rest.get(..length)?;
        if *id == [4, 4] {
            return Some(data);
        }
        blocks = rest.get(length + length % 2..)?;
    }
}

fn png_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (kind, tail) = tail.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let data = tail.get(..length)?;
        rest = tail.get(length..)?.get(4..)?;
        Some((kind, data))
    })
}

fn webp(bytes: &[u8]) -> Segments<'_> {
    let mut found = Segments::default();
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((kind, tail)) = rest.split_first_chunk::<4>() {
        let Some((length, tail)) = tail.split_first_chunk::<4>() else {
            break;
        };
        let length = u32::from_le_bytes(*length) as usize;
        let Some(data) = tail.get(..length) else {
            break;
        };
        match kind {
            b"EXIF" => {
                found.exif = Some(Cow::Borrowed(data.strip_prefix(b"Exif\0\0").unwrap_or(data)));
            }
            b"XMP " => found.xmp = Some(Cow::Borrowed(data)),
            _ => {}
        }
        rest = tail.get(length + length % 2..).unwrap_or_default();
    }
    found
}

fn heif(bytes: &[u8]) -> Segments<'_> {
    let Some(heif) = Heif::parse(bytes) else {
        return Segments::default();
    };
    Segments {
        exif: heif.exif().map(Cow::Owned),
        xmp: heif.xmp().map(Cow::Owned),
        ..Segments::default()
    }
}
