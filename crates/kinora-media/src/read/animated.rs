//! Whether a GIF or WebP moves.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use super::Format;

/// Whether the file is a GIF of more than one picture (GIF89a specification, 1990) or a WebP with the
/// animation flag (RFC 9649, section 2.7.1). A file that breaks off before that is told does not move.
pub fn is_animated(path: &Path) -> bool {
    let Ok(file) = File::open(path) else {
        return false;
    };
    let mut reader = BufReader::new(file);
    let Ok(head) = reader.fill_buf() else {
        return false;
    };
    match Format::of(head) {
        Some(Format::Gif) => gif_moves(&mut reader).unwrap_or(false),
        Some(Format::WebP) => {
            head.get(12..16) == Some(b"VP8X") && head.get(20).is_some_and(|f| f & 2 != 0)
        }
        _ => false,
    }
}

fn gif_moves(reader: &mut impl BufRead) -> io::Result<bool> {
    let mut screen = [0; 13];
    reader.read_exact(&mut screen)?;
    skip(reader, colours(screen[10]))?;
    let mut pictures = 0;
    loop {
        match byte(reader)? {
            0x21 => skip(reader, 1)?,
            0x2C => {
                pictures += 1;
                if pictures == 2 {
                    return Ok(true);
                }
                let mut descriptor = [0; 9];
                reader.read_exact(&mut descriptor)?;
                skip(reader, colours(descriptor[8]) + 1)?;
            }
            // The trailer, or no GIF any more.
            _ => return Ok(false),
        }
        loop {
            match byte(reader)? {
                0 => break,
                length => skip(reader, u64::from(length))?,
            }
        }
    }
}

/// Bytes of the colour table that these flags announce.
fn colours(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn byte(reader: &mut impl Read) -> io::Result<u8> {
    let mut one = [0];
    reader.read_exact(&mut one)?;
    Ok(one[0])
}

fn skip(reader: &mut impl BufRead, bytes: u64) -> io::Result<()> {
    let skipped = io::copy(&mut reader.take(bytes), &mut io::sink())?;
    if skipped == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A GIF of 1x1 pictures.
    fn gif(pictures: usize) -> Vec<u8> {
        let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
        for _ in 0..pictures {
            bytes.extend(b"\x21\xf9\x04\0\x0a\0\0\0");
            bytes.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
        }
        bytes.push(0x3b);
        bytes
    }

    #[test]
    fn the_second_picture_makes_it_move() {
        let folder = tempfile::TempDir::new().unwrap();
        let webp = |flags: u8| {
            [b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0".as_slice(), &[flags], &[0; 9]].concat()
        };
        for (name, bytes, moves) in [
            ("one.gif", gif(1), false),
            ("two.gif", gif(2), true),
            ("broken.gif", gif(2)[..40].to_vec(), false),
            ("still.webp", webp(0x10), false),
            ("moving.webp", webp(0x12), true),
            ("empty.gif", Vec::new(), false),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(is_animated(&path), moves, "{name}");
        }
        assert!(!is_animated(&folder.path().join("missing.gif")));
    }
}
