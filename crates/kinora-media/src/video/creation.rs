//! The clock of a QuickTime or MPEG-4 film (`mvhd`, ISO 14496-12, 8.2.2): seconds since 1904.
//!
//! ffmpeg reports it as a date, but takes one before 1970 for a count from 1970. Way in: [`read`]. Memory: a few bytes.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
};

use jiff::Timestamp;

/// From 1904 to 1970.
const EPOCHS: u64 = 2_082_844_800;
/// More boxes than that are passed over nowhere.
const BOXES: usize = 256;

/// A clock that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Creation {
    /// As the standard counts; RFC 3339.
    Before1970(String),
    After1970,
}

/// What a film's clock says; `None` if it was never set, or there is no such box where it should be.
pub(super) fn read(path: &Path) -> Option<Creation> {
    let mut file = kinora_files::open(path).ok()?;
    let end = file.metadata().ok()?.len();
    let (film, end) = find(&mut file, b"moov", 0, end)?;
    let (clock, _) = find(&mut file, b"mvhd", film, end)?;
    file.seek(SeekFrom::Start(clock)).ok()?;
    let version: [u8; 4] = take(&mut file)?;
    let seconds = match version[0] {
        0 => u64::from(u32::from_be_bytes(take(&mut file)?)),
        1 => u64::from_be_bytes(take(&mut file)?),
        _ => return None,
    };
    match seconds {
        0 => None,
        EPOCHS.. => Some(Creation::After1970),
        early => {
            let at = Timestamp::from_second(early as i64 - EPOCHS as i64).ok()?;
            Some(Creation::Before1970(at.to_string()))
        }
    }
}

/// Where the content of a box begins and ends, among those from `at` on.
fn find(file: &mut File, name: &[u8; 4], mut at: u64, end: u64) -> Option<(u64, u64)> {
    for _ in 0..BOXES {
        if at.checked_add(8)? > end {
            return None;
        }
        file.seek(SeekFrom::Start(at)).ok()?;
        let length = u64::from(u32::from_be_bytes(take(file)?));
        let kind: [u8; 4] = take(file)?;
        let (head, length) = match length {
            0 => (8, end - at),
            1 => (16, u64::from_be_bytes(take(file)?)),
            length => (8, length),
        };
        let next = at.checked_add(length)?;
        if length < head {
            return None;
        }
        if &kind == name {
            return Some((at + head, next.min(end)));
        }
        at = next;
    }
    None
}

fn take<const N: usize>(file: &mut File) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(version: u8, clock: &[u8]) -> Vec<u8> {
        let header = [&[version, 0, 0, 0][..], clock, &[0; 20]].concat();
        let mvhd = [&(header.len() as u32 + 8).to_be_bytes()[..], b"mvhd", &header].concat();
        let moov = [&(mvhd.len() as u32 + 8).to_be_bytes()[..], b"moov", &mvhd].concat();
        [&b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x01mdat\0\0\0\0\0\0\0\x14wide"[..], &moov].concat()
    }

    #[test]
    fn the_clock_is_read_where_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mov");
        let read_bytes = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            read(&path)
        };
        let early = Some(Creation::Before1970("1958-01-01T00:00:00Z".to_owned()));
        let seconds = 1_704_153_600_u32;
        assert_eq!(read_bytes(&film(0, &seconds.to_be_bytes())), early);
        assert_eq!(read_bytes(&film(1, &u64::from(seconds).to_be_bytes())), early);
        assert_eq!(
            read_bytes(&film(0, &3_800_000_000_u32.to_be_bytes())),
            Some(Creation::After1970)
        );
        assert_eq!(read_bytes(&film(1, &u64::MAX.to_be_bytes())), Some(Creation::After1970));
        assert_eq!(read_bytes(&film(0, &[0; 4])), None);
        let whole = film(0, &seconds.to_be_bytes());
        for length in 0..whole.len() - 21 {
            assert_eq!(read_bytes(&whole[..length]), None, "{length}");
        }
        // Boxes that go round in a circle or beyond the end.
        assert_eq!(read_bytes(&b"\0\0\0\0free".repeat(9)), None);
        assert_eq!(read_bytes(&[b"\0\0\0\x01free", &[0xff; 8][..]].concat()), None);
    }
}
