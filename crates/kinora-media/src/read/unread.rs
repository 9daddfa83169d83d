//! Pictures that Kinora does not read, by name: so that a message can say what was left out.

use std::path::Path;

use super::Format;

/// First bytes of formats, and their names.
const BEGINNINGS: [(&[u8], &str); 18] = [
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"gimp xcf", "GIMP"),
    (b"FUJIFILMCCD-RAW", "camera raw"),
    (b"FOVb", "camera raw"),
    (b"IIU\0", "camera raw"),
    (b"IIRO", "camera raw"),
    (b"IIRS", "camera raw"),
    (b"MMOR", "camera raw"),
    (b"II\xbc\x01", "JPEG XR"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"\0\0\x01\0", "icon"),
    (b"qoif", "QOI"),
    (b"AT&TFORM", "DjVu"),
];

/// Name endings of camera raw files, most of which begin like a TIFF.
const RAW: [&str; 24] = [
    "dng", "nef", "nrw", "cr2", "cr3", "crw", "arw", "sr2", "srf", "orf", "rw2", "rwl", "pef",
    "srw", "raf", "erf", "3fr", "fff", "iiq", "kdc", "dcr", "mrw", "x3f", "mef",
];

/// The name of the picture format of a file that [`super::decode`] does not read, by its first bytes (a few
/// hundred) and, for camera raw files and where the bytes say nothing, by its name. `None` if the format is
/// read, or it is no picture.
pub fn unread_format(head: &[u8], name: &Path) -> Option<&'static str> {
    let ending = name.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let is_raw = RAW.contains(&ending.as_str());
    match Format::of(head) {
        Some(Format::Tiff) if is_raw => return Some("camera raw"),
        Some(_) => return None,
        None if head.get(4..12) == Some(b"ftypcrx ") => return Some("camera raw"),
        None => {}
    }
    if let Some((_, name)) = BEGINNINGS.iter().find(|(start, _)| head.starts_with(start)) {
        return Some(name);
    }
    if is_svg(head) {
        return Some("SVG");
    }
    match ending.as_str() {
        _ if is_raw => Some("camera raw"),
        "svg" | "svgz" => Some("SVG"),
        "jxl" => Some("JPEG XL"),
        "jp2" | "j2k" | "jpf" | "jpx" | "jpm" => Some("JPEG 2000"),
        "psd" | "psb" => Some("Photoshop"),
        "xcf" => Some("GIMP"),
        "tga" => Some("Targa"),
        "pcx" => Some("PCX"),
        "pbm" | "pgm" | "ppm" | "pnm" => Some("Netpbm"),
        "ico" => Some("icon"),
        "heic" | "heif" | "avif" if head.get(4..8) == Some(b"ftyp") => {
            Some("HEIF of another codec")
        }
        _ => None,
    }
}

/// An XML text whose first element, behind declarations and comments, is `svg`.
fn is_svg(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = String::from_utf8_lossy(head);
    let is_element = |part: &&str| part.starts_with(|c: char| c.is_ascii_alphabetic());
    let begins_as_xml = text.trim_start().starts_with('<');
    let first = text.split('<').find(is_element).unwrap_or_default();
    let name = first.split([' ', '>', '\t', '\r', '\n', '/']).next().unwrap_or_default();
    begins_as_xml && (name == "svg" || name.ends_with(":svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_are_left_out_have_names() {
        for (head, name, expected) in [
            (&b"<?xml version=\"1.0\"?>\n<!-- x --><svg width='1'>"[..], "a", Some("SVG")),
            (b"\xef\xbb\xbf<svg:svg xmlns", "a.xml", Some("SVG")),
            (b"<html><svg>", "a.html", None),
            (b"\0\0\0\x0cJXL \r\n\x87\n", "a", Some("JPEG XL")),
            (b"\xff\x0a", "a.bin", Some("JPEG XL")),
            (b"\0\0\0\x0cjP  \r\n\x87\n", "a", Some("JPEG 2000")),
            (b"8BPS\0\x01", "a.jpg", Some("Photoshop")),
            (b"II*\0", "a.NEF", Some("camera raw")),
            (b"II*\0", "a.tif", None),
            (b"\0\0\0\x18ftypcrx ", "a.cr3", Some("camera raw")),
            (b"\xff\xd8\xff", "a.dng", None),
            (b"BM\x1a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "a.bmp", None),
            (b"", "a.tga", Some("Targa")),
            (b"hello", "a.txt", None),
        ] {
            assert_eq!(unread_format(head, Path::new(name)), expected, "{name}: {head:?}");
        }
    }
}
