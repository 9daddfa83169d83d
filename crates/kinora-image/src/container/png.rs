//! PNG's texts (PNG 1.2, 4.2.3), plain and compressed, and the blocks of other standards that ImageMagick
//! keeps in them as hexadecimal digits.

use std::{borrow::Cow, io::Read};

use flate2::read::ZlibDecoder;

use super::{Segments, photoshop_iptc, png_chunks};

/// Bytes that the compressed texts of one file may have in all.
const MOST_INFLATED: usize = 16 << 20;
/// Texts of one file; there are ten registered keywords.
const MOST_TEXTS: usize = 100;
/// Bytes of a text that is not a block.
const LONGEST_TEXT: usize = 64 << 10;

/// Finds the blocks of a PNG.
pub(super) fn segments(bytes: &[u8]) -> Segments<'_> {
    let mut reader = Reader { found: Segments::default(), left: MOST_INFLATED };
    for (kind, data) in png_chunks(bytes) {
        match kind {
            b"eXIf" => {
                reader.found.exif = Some(Cow::Borrowed(data.strip_prefix(EXIF).unwrap_or(data)))
            }
            b"tEXt" => reader.plain(data),
            b"zTXt" => reader.compressed(data),
            b"iTXt" => reader.international(data),
            b"tIME" => reader.found.texts.extend(changed(data)),
            _ => {}
        }
    }
    reader.found
}

const EXIF: &[u8] = b"Exif\0\0";
const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

struct Reader<'a> {
    found: Segments<'a>,
    /// Bytes that may still be inflated.
    left: usize,
}

impl<'a> Reader<'a> {
    fn plain(&mut self, data: &'a [u8]) {
        if let Some((key, text)) = split_zero(data) {
            self.text(&latin(key), Cow::Borrowed(text), latin);
        }
    }

    fn compressed(&mut self, data: &[u8]) {
        if let Some((key, [0, text @ ..])) = split_zero(data) {
            let text = self.inflate(text);
            self.text(&latin(key), Cow::Owned(text), latin);
        }
    }

    fn international(&mut self, data: &'a [u8]) {
        let Some((key, [compressed, _method, rest @ ..])) = split_zero(data) else {
            return;
        };
        let behind = split_zero(rest).and_then(|(_language, rest)| split_zero(rest));
        let Some((_translated, text)) = behind else {
            return;
        };
        let text = match compressed {
            0 => Cow::Borrowed(text),
            _ => Cow::Owned(self.inflate(text)),
        };
        if key == b"XML:com.adobe.xmp" {
            self.found.xmp = Some(text);
        } else {
            self.text(&latin(key), text, |bytes| String::from_utf8_lossy(bytes).into_owned());
        }
    }

    /// Inflated bytes up to the first error or the bound.
    fn inflate(&mut self, data: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        // An error leaves what came before it.
        let _ = ZlibDecoder::new(data).take(self.left as u64).read_to_end(&mut text);
        self.left -= text.len();
        text
    }

    fn text(&mut self, key: &str, text: Cow<[u8]>, decode: impl Fn(&[u8]) -> String) {
        if let Some(profile) = key.strip_prefix("Raw profile type ") {
            if let Some(block) = hexadecimal(&text) {
                self.profile(profile, block);
            }
        } else if self.found.texts.len() < MOST_TEXTS {
            let text = decode(&text[..text.len().min(LONGEST_TEXT)]);
            self.found.texts.push((key.to_owned(), text));
        }
    }

    /// Standard chunks win over these.
    fn profile(&mut self, profile: &str, block: Vec<u8>) {
        let found = &mut self.found;
        let is_xmp = profile == "xmp" || block.starts_with(XMP);
        if is_xmp && found.xmp.is_none() {
            found.xmp = Some(Cow::Owned(without(block, XMP)));
        } else if matches!(profile, "exif" | "APP1") && !is_xmp && found.exif.is_none() {
            found.exif = Some(Cow::Owned(without(block, EXIF)));
        } else if matches!(profile, "iptc" | "8bim") && found.iptc.is_none() {
            let block = without(block, b"Photoshop 3.0\0");
            let inner = photoshop_iptc(&block).map(<[u8]>::to_vec);
            found.iptc =
                inner.or_else(|| block.starts_with(&[0x1c]).then_some(block)).map(Cow::Owned);
        }
    }
}

fn without(block: Vec<u8>, head: &[u8]) -> Vec<u8> {
    if block.starts_with(head) { block[head.len()..].to_vec() } else { block }
}

/// ImageMagick's form: a line with the name, one with the length, then digits in lines of 36 bytes.
fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let text = &text[..text.len().min(MOST_INFLATED)];
    let mut lines = text.trim_ascii_start().splitn(3, |b| *b == b'\n');
    let (_name, length, digits) = (lines.next()?, lines.next()?, lines.next()?);
    let length: usize = std::str::from_utf8(length).ok()?.trim().parse().ok()?;
    let mut digits = digits.iter().filter_map(|b| char::from(*b).to_digit(16));
    let pairs = std::iter::from_fn(|| Some((digits.next()? << 4 | digits.next()?) as u8));
    let bytes: Vec<u8> = pairs.take(length).collect();
    (!bytes.is_empty()).then_some(bytes)
}

/// `tIME`, when the picture was last changed, in UTC, as a text.
fn changed(data: &[u8]) -> Option<(String, String)> {
    let [high, low, month, day, hour, minute, second] = *data else {
        return None;
    };
    let year = u16::from_be_bytes([high, low]);
    let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    Some(("tIME".to_owned(), text))
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

/// Keywords have at most 79 bytes, translated ones no end.
fn split_zero(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = data.iter().take(1000).position(|b| *b == 0)?;
    Some((&data[..at], &data[at + 1..]))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn png(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let length = (data.len() as u32).to_be_bytes();
        [b"\x89PNG\r\n\x1a\n".as_slice(), &length, kind, data, &[0; 4]].concat()
    }

    fn deflated(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn profile(name: &str, block: &[u8]) -> Vec<u8> {
        let digits: Vec<String> = block.iter().map(|b| format!("{b:02x}")).collect();
        let lines: Vec<String> = digits.chunks(36).map(<[String]>::concat).collect();
        format!("\n{name}\n{:8}\n{}\n", block.len(), lines.join("\n")).into_bytes()
    }

    #[test]
    fn texts_plain_and_compressed() {
        let title = ("Title".to_owned(), "Sea".to_owned());
        for (kind, data) in [
            (b"tEXt", b"Title\0Sea".to_vec()),
            (b"zTXt", [b"Title\0\0".as_slice(), &deflated(b"Sea")].concat()),
            (b"iTXt", b"Title\0\0\0en\0\0Sea".to_vec()),
            (b"iTXt", [b"Title\0\x01\0en\0\0".as_slice(), &deflated(b"Sea")].concat()),
        ] {
            assert_eq!(segments(&png(kind, &data)).texts, std::slice::from_ref(&title));
        }
        let xmp = [b"XML:com.adobe.xmp\0\x01\0\0\0".as_slice(), &deflated(b"<x/>")].concat();
        assert_eq!(segments(&png(b"iTXt", &xmp)).xmp.as_deref(), Some(b"<x/>".as_slice()));
    }

    #[test]
    fn profiles_as_digits() {
        let block: Vec<u8> = (0..100).collect();
        let with = |head: &[u8]| [head, &block].concat();
        for name in ["exif", "APP1"] {
            let text = profile(name, &with(EXIF));
            let plain = [format!("Raw profile type {name}\0").as_bytes(), &text].concat();
            assert_eq!(segments(&png(b"tEXt", &plain)).exif.as_deref(), Some(&block[..]));
            let dense =
                [format!("Raw profile type {name}\0\0").as_bytes(), &deflated(&text)].concat();
            assert_eq!(segments(&png(b"zTXt", &dense)).exif.as_deref(), Some(&block[..]));
        }
        let xmp = [b"Raw profile type APP1\0".as_slice(), &profile("generic", &with(XMP))].concat();
        assert_eq!(segments(&png(b"tEXt", &xmp)).xmp.as_deref(), Some(&block[..]));
        let iim = b"\x1c\x02\x05\0\x03Sea";
        let resource = [b"8BIM\x04\x04\0\0\0\0\0\x08".as_slice(), iim].concat();
        for block in [iim.to_vec(), resource] {
            let iptc = [b"Raw profile type iptc\0".as_slice(), &profile("iptc", &block)].concat();
            assert_eq!(segments(&png(b"tEXt", &iptc)).iptc.as_deref(), Some(iim.as_slice()));
        }
    }

    #[test]
    fn bombs_are_cut_and_nonsense_is_passed_over() {
        let bomb = [b"Title\0\0".as_slice(), &deflated(&vec![b'a'; 64 << 20])].concat();
        let bytes = png(b"zTXt", &bomb);
        let found = segments(&bytes);
        assert_eq!(found.texts[0].1.len(), LONGEST_TEXT);
        for data in
            [&b"Raw profile type exif\0"[..], b"Raw profile type exif\0\nexif\nx\n00", b"", b"\0"]
        {
            let bytes = png(b"tEXt", data);
            let found = segments(&bytes);
            assert!(found.exif.is_none());
        }
    }

    #[test]
    fn the_time_of_change() {
        let bytes = png(b"tIME", &[7, 232, 5, 6, 7, 8, 9]);
        let found = segments(&bytes);
        assert_eq!(found.texts, [("tIME".to_owned(), "2024-05-06T07:08:09Z".to_owned())]);
    }
}
