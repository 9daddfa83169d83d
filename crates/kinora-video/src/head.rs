//! Clocks that ffmpeg passes over or misreads, from the head of the file itself.
//!
//! ffmpeg takes a time before 1970 in the movie header of MP4 and QuickTime for one that counts from 1970
//! and makes 2024 of 1958 (`mov_metadata_creation_time`); of AVI's `IDIT` it knows two forms.
//!
//! Memory: a quarter of a megabyte of an AVI, some headers of a movie.

use std::{
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// Seconds from 1904, where QuickTime's clock begins, to 1970.
const TO_1970: u64 = 2_082_844_800;
/// Most boxes that are read before the movie header.
const MOST_BOXES: usize = 2000;
/// An AVI's header lies within this.
const AVI_HEAD: u64 = 256 << 10;

/// The tags of a file as they should be: without a time that ffmpeg misread, with `IDIT` if there is one.
/// What cannot be read adds nothing, as ffmpeg has read the file.
pub(crate) fn mended(path: &Path, tags: &[(String, String)]) -> Vec<(String, String)> {
    let head = kinora_files::open(path).ok().and_then(|mut file| read(&mut file).ok());
    let head = head.unwrap_or_default();
    let misread = |key: &str| head.before_1970 && key.eq_ignore_ascii_case("creation_time");
    let kept = tags.iter().filter(|(key, _)| !misread(key)).cloned();
    kept.chain(head.idit.map(|text| ("IDIT".to_owned(), text))).collect()
}

#[derive(Debug, Default, PartialEq)]
struct Head {
    /// The movie header's time is before 1970, or counts from 1970 against the standard; the two cannot be told apart.
    before_1970: bool,
    /// AVI's time of digitisation.
    idit: Option<String>,
}

fn read(file: &mut (impl Read + Seek)) -> io::Result<Head> {
    let mut start = [0; 12];
    file.read_exact(&mut start)?;
    match &start {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' '] => {
            let mut head = Vec::new();
            file.take(AVI_HEAD).read_to_end(&mut head)?;
            Ok(Head { idit: idit(&head), ..Head::default() })
        }
        [_, _, _, _, b'f', b't', b'y', b'p', ..]
        | [_, _, _, _, b'm', b'o', b'o', b'v', ..]
        | [_, _, _, _, b'm', b'd', b'a', b't', ..]
        | [_, _, _, _, b'w', b'i', b'd', b'e', ..]
        | [_, _, _, _, b'f', b'r', b'e', b'e', ..]
        | [_, _, _, _, b's', b'k', b'i', b'p', ..] => {
            let seconds = movie_clock(file)?;
            Ok(Head { before_1970: (1..TO_1970).contains(&seconds), ..Head::default() })
        }
        _ => Ok(Head::default()),
    }
}

/// Chunks in a row; of lists, only the headers' is gone into (Microsoft, AVI RIFF File Reference).
fn idit(mut rest: &[u8]) -> Option<String> {
    loop {
        let (kind, tail) = rest.split_first_chunk::<4>()?;
        let (length, tail) = tail.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        match kind {
            b"LIST" if tail.starts_with(b"hdrl") => rest = tail.get(4..)?,
            b"LIST" if tail.starts_with(b"movi") => return None,
            b"IDIT" => {
                let text = String::from_utf8_lossy(tail.get(..length.min(100))?);
                return Some(text.trim_matches(['\0', '\n', '\r', ' ']).to_owned());
            }
            _ => rest = tail.get(length.checked_add(length % 2)?..)?,
        }
    }
}

/// The creation time of `mvhd`, in seconds from 1904; 0 if there is none (ISO/IEC 14496-12, 8.2.2).
fn movie_clock(file: &mut (impl Read + Seek)) -> io::Result<u64> {
    let mut at = 0;
    for _ in 0..MOST_BOXES {
        let (kind, header, length) = box_at(file, at)?;
        match &kind {
            b"mvhd" => return creation(file),
            b"moov" => at += header,
            _ => at = at.checked_add(length.max(8)).ok_or(io::ErrorKind::InvalidData)?,
        }
    }
    Ok(0)
}

/// Kind, length of the header and of the whole; the file stands behind the header.
fn box_at(file: &mut (impl Read + Seek), at: u64) -> io::Result<([u8; 4], u64, u64)> {
    file.seek(SeekFrom::Start(at))?;
    let (mut short, mut kind, mut long) = ([0; 4], [0; 4], [0; 8]);
    file.read_exact(&mut short)?;
    file.read_exact(&mut kind)?;
    match u32::from_be_bytes(short) {
        1 => {
            file.read_exact(&mut long)?;
            Ok((kind, 16, u64::from_be_bytes(long)))
        }
        // Up to the end of the file.
        0 => Ok((kind, 8, u64::MAX / 2)),
        length => Ok((kind, 8, length.into())),
    }
}

fn creation(file: &mut impl Read) -> io::Result<u64> {
    let mut version = [0; 4];
    file.read_exact(&mut version)?;
    if version[0] == 1 {
        let mut long = [0; 8];
        file.read_exact(&mut long)?;
        return Ok(u64::from_be_bytes(long));
    }
    let mut short = [0; 4];
    file.read_exact(&mut short)?;
    Ok(u32::from_be_bytes(short).into())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes(), kind.as_slice(), content].concat()
    }

    fn movie(clock: &[u8]) -> Vec<u8> {
        let moov = boxed(b"moov", &boxed(b"mvhd", clock));
        [boxed(b"ftyp", b"isom\0\0\0\0"), boxed(b"mdat", &[7; 100]), moov].concat()
    }

    fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let pad = vec![0; content.len() % 2];
        [kind.as_slice(), &(content.len() as u32).to_le_bytes(), content, &pad].concat()
    }

    fn avi(inside: &[u8]) -> Vec<u8> {
        let headers =
            [b"hdrl".as_slice(), &chunk(b"avih", &[0; 56]), &chunk(b"LIST", b"strlIDITx"), inside];
        let movie = chunk(b"LIST", b"movi00dc");
        [b"RIFF\0\0\0\0AVI ".as_slice(), &chunk(b"LIST", &headers.concat()), &movie].concat()
    }

    #[test]
    fn movies_before_1970() {
        for (seconds, before) in [
            (0u32, false),
            (1, true),
            // 1958, which ffmpeg takes for 2024.
            (1_704_153_600, true),
            (2_082_844_799, true),
            (2_082_844_800, false),
            (3_802_689_000, false),
        ] {
            let short = movie(&[&[0; 4], seconds.to_be_bytes().as_slice()].concat());
            let long =
                movie(&[&[1, 0, 0, 0], u64::from(seconds).to_be_bytes().as_slice()].concat());
            for bytes in [short, long] {
                assert_eq!(read(&mut Cursor::new(bytes)).unwrap().before_1970, before, "{seconds}");
            }
        }
    }

    #[test]
    fn the_time_of_an_avi() {
        for text in ["THU JUN 15 10:50:22 2006\n\0", "2006:06:15 10:50:22", "2006/06/15 10:50\0"] {
            let head = read(&mut Cursor::new(avi(&chunk(b"IDIT", text.as_bytes())))).unwrap();
            assert_eq!(head.idit.as_deref(), Some(text.trim_matches(['\n', '\0'])));
        }
        assert_eq!(read(&mut Cursor::new(avi(&[]))).unwrap().idit, None);
    }

    #[test]
    fn what_was_misread_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        let tags = [("creation_time", "2024-01-02T00:00:00Z"), ("title", "Oma")];
        let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(mended(&path, &tags), tags);
        std::fs::write(&path, movie(&[0, 0, 0, 0, 0x65, 0x93, 0x52, 0])).unwrap();
        assert_eq!(mended(&path, &tags), tags[1..]);
    }

    /// Files of other makers through ffmpeg and back; the fixtures hold a twentieth of a second each.
    #[test]
    fn times_of_whole_files() {
        use kinora_types::DateBasis::{Utc, Written};
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../kinora-image/tests/fixtures/metadata");
        for (name, at, basis) in [
            ("date_1965.mov", Some("1965-06-07T12:00:00"), Some(Written)),
            ("date_mvhd_1958.mp4", None, None),
            ("date_idit.avi", Some("2006-06-15T10:50:22"), Some(Written)),
            ("date_samsung.mp4", Some("2024-07-01T23:30:00"), Some(Written)),
        ] {
            let limits = crate::VideoLimits::default();
            let ffmpeg = crate::fixtures::ffmpeg();
            let facts = crate::probe(&ffmpeg, &folder.join(name), &limits, &crate::never);
            let tags = facts.unwrap().tags;
            assert_eq!(tags.taken_at, at.and_then(|at| at.parse().ok()), "{name}");
            assert_eq!(tags.date_basis, basis, "{name}");
            assert_ne!(tags.date_basis, Some(Utc));
        }
    }

    proptest! {
        #[test]
        fn no_head_can_panic(
            start in prop::sample::select(vec![&b"\0\0\0\x08ftyp"[..], b"\0\0\0\x08moov", b"RIFF\0\0\0\0AVI LIST", b""]),
            tail in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = read(&mut Cursor::new([start, &tail].concat()));
        }
    }
}
