//! Motion photos: a still with a few seconds of MP4 behind it, as phones of Google, Samsung and others write
//! them.

use std::ops::Range;

use super::{Format, container, isobmff::Cursor};

/// Marker that Samsung writes between the picture and the video.
const SAMSUNG: &[u8] = b"MotionPhoto_Data";
/// The directory at the end of what Samsung appends.
const SAMSUNG_DIRECTORY: &[u8] = b"SEFH";
/// Longest XMP packet that is searched, in bytes.
const LONGEST_PACKET: usize = 1 << 20;

/// Range of the video in the bytes of a JPEG or HEIC motion photo; ffmpeg reads it as an MP4.
///
/// Sources, in this order: the `mpvd` box of HEIC (Motion Photo format 1.0), the lengths in XMP
/// (`Container:Directory` of format 1.0, `MicroVideoOffset` of the format before it), Samsung's trailer; where
/// all of them were lost on the way, an MP4 behind the end of a JPEG. A place counts only if an MP4 begins there.
/// `None` for any other picture.
pub fn motion_photo(bytes: &[u8]) -> Option<Range<u64>> {
    let format = Format::of(bytes).filter(|f| matches!(f, Format::Jpeg | Format::Heic))?;
    let boxed = (format == Format::Heic).then(|| in_box(bytes)).flatten();
    let found = boxed.or_else(|| by_xmp(bytes, format)).or_else(|| by_trailer(bytes));
    let found = found.or_else(|| (format == Format::Jpeg).then(|| behind_end(bytes)).flatten())?;
    Some(found.start as u64..found.end as u64)
}

fn in_box(bytes: &[u8]) -> Option<Range<usize>> {
    let video = Cursor(bytes).find(b"mpvd")?.0;
    let start = video.as_ptr() as usize - bytes.as_ptr() as usize;
    checked(bytes, start..start + video.len())
}

fn by_xmp(bytes: &[u8], format: Format) -> Option<Range<usize>> {
    let xmp = container::segments(bytes, format).xmp?;
    let xmp = String::from_utf8_lossy(xmp.get(..LONGEST_PACKET).unwrap_or(&xmp)).into_owned();
    in_directory(bytes, &xmp).or_else(|| {
        let length = usize::try_from(value(&xmp, "MicroVideoOffset")?).ok()?;
        checked(bytes, bytes.len().checked_sub(length)?..bytes.len())
    })
}

/// The items of `Container:Directory` lie behind the picture in order, so their lengths count from the end.
fn in_directory(bytes: &[u8], xmp: &str) -> Option<Range<usize>> {
    let mut end = bytes.len();
    let parts: Vec<&str> = xmp.split("Item:Semantic").collect();
    // An element's other attributes stand on either side of its name: up to the tags around it.
    for (i, part) in parts.iter().enumerate().skip(1).rev() {
        let before = parts[i - 1].rsplit('<').next().unwrap_or_default();
        let after = part.split('>').next().unwrap_or_default();
        let length = value(before, "Item:Length").or_else(|| value(after, "Item:Length"));
        let padding = value(before, "Item:Padding").or_else(|| value(after, "Item:Padding"));
        let length = usize::try_from(length.unwrap_or(0)).ok()?;
        let start = end.checked_sub(length)?;
        if text(after).is_some_and(|semantic| semantic == "MotionPhoto") {
            return checked(bytes, start..end);
        }
        end = start.checked_sub(usize::try_from(padding.unwrap_or(0)).ok()?)?;
    }
    None
}

/// The number of an attribute or element of this name.
fn value(xml: &str, name: &str) -> Option<u64> {
    let (_, rest) = xml.split_once(name)?;
    text(rest)?.parse().ok()
}

/// The text after a name: `="text"` or `>text<`.
fn text(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches([' ', '=', '>', '\t', '\r', '\n']);
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
    rest.split(['"', '\'', '<']).next().map(str::trim)
}

fn by_trailer(bytes: &[u8]) -> Option<Range<usize>> {
    let mark = rfind(bytes, SAMSUNG)?;
    let start = mark + SAMSUNG.len();
    let end = rfind(bytes, SAMSUNG_DIRECTORY).filter(|at| *at > start).unwrap_or(bytes.len());
    checked(bytes, start..end)
}

/// Every byte is read once.
fn behind_end(bytes: &[u8]) -> Option<Range<usize>> {
    /// Brands that phones write (ISO/IEC 14496-12, `ftyp`).
    const BRANDS: [&[u8; 4]; 6] = [b"isom", b"mp42", b"mp41", b"iso2", b"avc1", b"qt  "];
    let (mut from, mut ended) = (0, false);
    while let Some(at) = bytes[from..].windows(4).position(|window| window == b"ftyp") {
        let at = from + at;
        ended |= bytes[from..at].windows(2).any(|window| window == [0xff, 0xd9]);
        let size = at.checked_sub(4).and_then(|start| bytes.get(start..at)?.try_into().ok());
        let size = size.map_or(0, u32::from_be_bytes);
        let brand = bytes.get(at + 4..at + 8).unwrap_or_default();
        if ended && (16..=512).contains(&size) && BRANDS.iter().any(|known| *known == brand) {
            return checked(bytes, at - 4..bytes.len());
        }
        from = at + 4;
    }
    None
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, _) = wanted.split_first()?;
    let mut end = bytes.len();
    loop {
        let at = bytes[..end].iter().rposition(|b| b == first)?;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        end = at;
    }
}

/// The range, if an MP4 begins there.
fn checked(bytes: &[u8], range: Range<usize>) -> Option<Range<usize>> {
    let video = bytes.get(range.clone())?;
    (video.get(4..8) == Some(b"ftyp") && range.start > 0).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIDEO: &[u8] = b"\0\0\0\x10ftypmp42\0\0\0\0\0\0\0\x08mdat";

    fn jpeg(xmp: &str) -> Vec<u8> {
        let packet = [b"http://ns.adobe.com/xap/1.0/\0", xmp.as_bytes()].concat();
        let length = (packet.len() as u16 + 2).to_be_bytes();
        [&[0xff, 0xd8, 0xff, 0xe1][..], &length, &packet, &[0xff, 0xd9]].concat()
    }

    fn behind(picture: &[u8], video: &[u8], rest: &[u8]) -> (Vec<u8>, Range<u64>) {
        let start = picture.len() as u64;
        ([picture, video, rest].concat(), start..start + video.len() as u64)
    }

    #[test]
    fn videos_behind_pictures() {
        let length = VIDEO.len();
        let old = format!(r#"<d GCamera:MicroVideo="1" GCamera:MicroVideoOffset="{length}"/>"#);
        let element = format!("<GCamera:MicroVideoOffset>{length}</GCamera:MicroVideoOffset>");
        let directory = format!(
            r#"<Container:Directory><rdf:Seq><rdf:li><Container:Item Item:Mime="image/jpeg" Item:Semantic="Primary"
            Item:Length="0" Item:Padding="0"/></rdf:li><rdf:li><Container:Item Item:Length="5"
            Item:Semantic="GainMap"/></rdf:li><rdf:li><Container:Item Item:Mime="video/mp4"
            Item:Semantic="MotionPhoto" Item:Length="{length}"/></rdf:li></rdf:Seq></Container:Directory>"#
        );
        for xmp in [&old, &element, &directory] {
            let (bytes, range) = behind(&jpeg(xmp), VIDEO, b"");
            assert_eq!(motion_photo(&bytes), Some(range), "{xmp}");
        }
        let more_behind = directory.replace("Primary", "x").replace("GainMap", "Primary");
        let swapped = more_behind.replace(
            "</rdf:Seq>",
            r#"<rdf:li><Container:Item Item:Semantic="Other" Item:Length="3"/></rdf:li></rdf:Seq>"#,
        );
        let (bytes, range) = behind(&jpeg(&swapped), VIDEO, b"abc");
        assert_eq!(motion_photo(&bytes), Some(range));
    }

    #[test]
    fn samsung_writes_a_trailer_or_a_box() {
        let marked = [&jpeg("")[..], b"MotionPhoto_Data"].concat();
        let (bytes, range) = behind(&marked, VIDEO, b"SEFHxxxxSEFT");
        assert_eq!(motion_photo(&bytes), Some(range));
        let boxed =
            [&b"\0\0\0\x10ftypheic\0\0\0\0"[..], &[0, 0, 0, length_of_box()], b"mpvd"].concat();
        let (bytes, range) = behind(&boxed, VIDEO, b"");
        assert_eq!(motion_photo(&bytes), Some(range));
    }

    fn length_of_box() -> u8 {
        VIDEO.len() as u8 + 8
    }

    #[test]
    fn what_is_told_and_not_there_does_not_hide_what_is() {
        let xmp_with = |length: &str| format!(r#"<d GCamera:MicroVideoOffset="{length}"/>"#);
        for xmp in
            [xmp_with("99999999"), xmp_with("7"), xmp_with("-1"), xmp_with(""), String::new()]
        {
            let (bytes, range) = behind(&jpeg(&xmp), VIDEO, b"");
            assert_eq!(motion_photo(&bytes), Some(range), "{xmp}");
            assert_eq!(motion_photo(&behind(&jpeg(&xmp), b"no film", b"").0), None, "{xmp}");
        }
        assert_eq!(motion_photo(VIDEO), None);
        assert_eq!(motion_photo(b""), None);
    }

    #[test]
    fn a_film_behind_the_picture_is_found_without_any_mark() {
        let film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";
        for (bytes, has) in [
            ([&b"\xff\xd8\xff\xe0..\xff\xd9"[..], film].concat(), true),
            ([&b"\xff\xd8\xff..\xff\xd9ftyp...."[..], film].concat(), true),
            ([&b"\xff\xd8\xff\xe0.."[..], film].concat(), false),
            ([&b"\xff\xd8\xff..\xff\xd9\0\0\0\x18ftyp"[..], b"text"].concat(), false),
            (film.to_vec(), false),
            (b"\xff\xd8\xff".to_vec(), false),
        ] {
            assert_eq!(motion_photo(&bytes).is_some(), has, "{bytes:?}");
        }
    }
}
