//! EXIF's `UserComment` (CIPA DC-008, 4.6.5): eight bytes that name its characters, then the text.

use super::clean;

/// The comment, unless a camera wrote it to itself. Comments in JIS are left out.
pub(super) fn read(bytes: &[u8], little_endian: bool) -> Option<String> {
    let text = match bytes.split_at_checked(8) {
        Some((b"JIS\0\0\0\0\0", _)) => return None,
        Some((b"UNICODE\0", text)) => unicode(text, little_endian),
        Some((b"ASCII\0\0\0" | b"\0\0\0\0\0\0\0\0", text)) => narrow(text),
        // Many write no name at all.
        _ => narrow(bytes),
    };
    clean(&text).filter(|text| is_a_persons(text))
}

/// UTF-8 or Latin-1 up to the first zero.
fn narrow(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    match std::str::from_utf8(&bytes[..end]) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes[..end].iter().map(|b| char::from(*b)).collect(),
    }
}

/// UTF-16 in the order of its mark, else in which it makes more sense; the standard means the file's,
/// programs write either. Some write bytes.
fn unicode(bytes: &[u8], little_endian: bool) -> String {
    let visible = bytes.trim_ascii_end();
    if visible.len() >= 6 && visible.iter().all(|b| (b' '..=b'~').contains(b)) {
        return narrow(bytes);
    }
    let wide = |unit: fn([u8; 2]) -> u16, bytes: &[u8]| -> String {
        let units = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).take_while(|u| *u != 0);
        char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect()
    };
    match bytes {
        [0xff, 0xfe, text @ ..] => wide(u16::from_le_bytes, text),
        [0xfe, 0xff, text @ ..] => wide(u16::from_be_bytes, text),
        _ => {
            let (little, big) = (wide(u16::from_le_bytes, bytes), wide(u16::from_be_bytes, bytes));
            let (a, b) = (sense(&little), sense(&big));
            if a > b || a == b && little_endian { little } else { big }
        }
    }
}

/// Plausibility of a text, 0 to 1000: all of it, if its letters are of few blocks, as those of
/// Latin are and those of swapped bytes are not.
fn sense(text: &str) -> usize {
    let count = text.chars().count().max(1);
    let written = text.chars().filter(|c| c.is_alphanumeric() || (' '..='~').contains(c)).count();
    let mut blocks: Vec<u32> = text.chars().map(|c| u32::from(c) >> 8).collect();
    blocks.sort_unstable();
    blocks.dedup();
    (500 * written + 500 * (count - blocks.len().min(count))) / count
}

/// Whether a person wrote it; phones and cameras leave notes of their own.
fn is_a_persons(text: &str) -> bool {
    const NOTES: [&str; 6] =
        ["filter:", "oplus_", "charset=", "binary comment", "{\"", "user comments"];
    let lower = text.to_lowercase();
    let blank = text.chars().all(|c| !c.is_alphanumeric());
    !blank && !NOTES.iter().any(|note| lower.starts_with(note))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = text.encode_utf16().flat_map(bytes);
        b"UNICODE\0".iter().copied().chain(units).collect()
    }

    #[test]
    fn comments_in_their_characters() {
        for (bytes, expected) in [
            (&b"ASCII\0\0\0At the lake\0\0\0"[..], Some("At the lake")),
            (b"ASCII\0\0\0Br\xfccke", Some("Brücke")),
            ("ASCII\0\0\0Brücke".as_bytes(), Some("Brücke")),
            (b"\0\0\0\0\0\0\0\0At the lake", Some("At the lake")),
            (b"At the lake", Some("At the lake")),
            (b"Lake", Some("Lake")),
            (b"UNICODE\0At the lake", Some("At the lake")),
            (b"JIS\0\0\0\0\0\x1b$B8P", None),
            (b"ASCII\0\0\0                ", None),
            (b"ASCII\0\0\0filter: 0; jpegRotation: 0;", None),
            (b"oplus_32", None),
            (b"ASCII\0\0\0---", None),
            (b"ASCII\0\0\0", None),
            (b"", None),
        ] {
            assert_eq!(read(bytes, true).as_deref(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn unicode_in_both_orders_whatever_the_file_says() {
        for text in ["Tante Käthe am See", "湖のほとり", "Озеро", "湖", "Lake 湖"] {
            for little in [true, false] {
                let own = if little { u16::to_le_bytes } else { u16::to_be_bytes };
                assert_eq!(read(&wide(text, own), little).as_deref(), Some(text));
                let marked = format!("\u{feff}{text}");
                assert_eq!(read(&wide(&marked, own), !little).as_deref(), Some(text));
            }
        }
        for text in ["Tante Käthe am See", "Озеро", "Lake"] {
            assert_eq!(read(&wide(text, u16::to_le_bytes), false).as_deref(), Some(text));
            assert_eq!(read(&wide(text, u16::to_be_bytes), true).as_deref(), Some(text));
        }
    }
}
