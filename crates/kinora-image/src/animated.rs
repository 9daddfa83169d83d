//! Whether a GIF, WebP, PNG or AVIF moves.

use std::io::{self, BufRead, BufReader, Read, Seek};

use super::{Format, isobmff::Cursor};

/// Longest `moov` box that is read, in bytes: a million frames take a few of them.
const LONGEST_MOVIE: u64 = 16 << 20;

/// Whether a file, from its start, is a GIF of more than one picture (GIF89a specification, 1990), a WebP with the
/// animation flag (RFC 9649, section 2.7.1), a PNG that says so before its picture (`acTL`, W3C PNG third
/// edition) or an AVIF sequence (AVIF 1.1, section 3) of more than one. A file that breaks off before
/// that counts as still.
pub fn is_animated(file: impl Read + Seek) -> bool {
    let mut reader = BufReader::new(file);
    let Ok(head) = reader.fill_buf() else {
        return false;
    };
    match Format::of(head) {
        Some(Format::Gif) => gif_moves(&mut reader).unwrap_or(false),
        Some(Format::WebP) => {
            head.get(12..16) == Some(b"VP8X") && head.get(20).is_some_and(|f| f & 2 != 0)
        }
        Some(Format::Png) => png_moves(&mut reader).unwrap_or(false),
        Some(Format::Avif) => avif_moves(&mut reader).unwrap_or(false),
        _ => false,
    }
}

fn png_moves(reader: &mut BufReader<impl Read + Seek>) -> io::Result<bool> {
    reader.seek_relative(8)?;
    loop {
        let (length, kind) = (word(reader)?, word(reader)?);
        match &kind.to_be_bytes() {
            b"acTL" => return Ok(word(reader)? > 1),
            b"IDAT" => return Ok(false),
            _ => reader.seek_relative(i64::from(length) + 4)?,
        }
    }
}

fn avif_moves(reader: &mut BufReader<impl Read + Seek>) -> io::Result<bool> {
    loop {
        let (length, kind) = (word(reader)?, word(reader)?);
        let content = match length {
            0 => u64::MAX,
            1 => ((u64::from(word(reader)?) << 32) | u64::from(word(reader)?)).saturating_sub(16),
            n => u64::from(n).saturating_sub(8),
        };
        if kind.to_be_bytes() == *b"moov" {
            let mut movie = Vec::new();
            reader.take(content.min(LONGEST_MOVIE)).read_to_end(&mut movie)?;
            return Ok(has_sequence(&movie));
        }
        let step = i64::try_from(content).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        reader.seek_relative(step)?;
    }
}

/// Whether a track has more than one sample (`stsz`, ISO/IEC 14496-12).
fn has_sequence(movie: &[u8]) -> bool {
    let samples = |track: Cursor<'_>| {
        let table = track.find(b"mdia")?.find(b"minf")?.find(b"stbl")?;
        let mut sizes = table.find(b"stsz")?;
        sizes.take(8)?;
        sizes.u32()
    };
    let mut tracks = Cursor(movie).boxes().filter(|(code, _)| code == b"trak");
    tracks.any(|(_, track)| samples(track).is_some_and(|count| count > 1))
}

fn word(reader: &mut impl Read) -> io::Result<u32> {
    let mut four = [0; 4];
    reader.read_exact(&mut four)?;
    Ok(u32::from_be_bytes(four))
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

    fn png(frames: Option<u32>) -> Vec<u8> {
        let chunk = |kind: &[u8], content: &[u8]| {
            [&(content.len() as u32).to_be_bytes(), kind, content, &[0; 4]].concat()
        };
        let control = frames.map(|n| chunk(b"acTL", &[n.to_be_bytes(), [0; 4]].concat()));
        let parts = [chunk(b"IHDR", &[0; 13]), control.unwrap_or_default(), chunk(b"IDAT", b"")];
        [&b"\x89PNG\r\n\x1a\n"[..], &parts.concat()].concat()
    }

    fn avif(samples: Option<u32>) -> Vec<u8> {
        let make = |kind: &[u8], content: &[u8]| {
            [&(content.len() as u32 + 8).to_be_bytes(), kind, content].concat()
        };
        let movie = samples.map(|count| {
            let sizes = make(b"stsz", &[&[0; 8], &count.to_be_bytes()[..]].concat());
            let inner = [&b"stbl"[..], b"minf", b"mdia", b"trak", b"moov"];
            inner.into_iter().fold(sizes, |content, kind| make(kind, &content))
        });
        let start = make(b"ftyp", b"avis\0\0\0\0avifavis");
        [start, make(b"mdat", &[7; 9000]), movie.unwrap_or_default()].concat()
    }

    #[test]
    fn the_second_picture_makes_it_move() {
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
            ("still.png", png(None), false),
            ("one.png", png(Some(1)), false),
            ("moving.png", png(Some(2)), true),
            ("broken.png", png(Some(2))[..40].to_vec(), false),
            ("still.avif", avif(None), false),
            ("one.avif", avif(Some(1)), false),
            ("moving.avif", avif(Some(3)), true),
            ("broken.avif", avif(Some(3))[..9050].to_vec(), false),
        ] {
            assert_eq!(is_animated(io::Cursor::new(bytes)), moves, "{name}");
        }
    }
}
