//! Checksums of pages: what the disk gives back is what was written, or an error.
//!
//! The last 8 bytes of every page are reserved (SQLite's file format, 1.3.4: byte 20 of the header) and hold a
//! checksum of the rest and of the page's number. [`vfs`] sets it when a page is written to the database file
//! and compares it whenever one is read, so that no query is answered from bytes that have changed on the disk:
//! rows, vectors, indexes and words alike. Pages in the write-ahead log have SQLite's own checksums.
//!
//! The same idea as SQLite's `cksumvfs` extension, which the amalgamation lacks; the checksums differ.

mod vfs;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    mem,
    ops::RangeInclusive,
};

pub(crate) use vfs::{LENIENT, STRICT, register};

/// Bytes reserved at the end of each page.
pub(crate) const RESERVED: u8 = 8;

/// Sizes of pages that SQLite knows.
const SIZES: RangeInclusive<usize> = 512..=65_536;

thread_local! {
    /// The page that this thread found damaged last; SQLite passes on no more than an error's number.
    static REFUSED: Cell<Option<u64>> = const { Cell::new(None) };
    /// Damaged pages that this thread read all the same.
    static TOLERATED: RefCell<BTreeSet<u64>> = const { RefCell::new(BTreeSet::new()) };
}

fn note(number: u64, strict: bool) {
    if strict {
        REFUSED.set(Some(number));
    } else {
        TOLERATED.with_borrow_mut(|pages| pages.insert(number));
    }
}

/// The page that was refused to this thread last, counted from 1.
pub(crate) fn refused() -> Option<u64> {
    REFUSED.get()
}

/// The damaged pages that this thread has read through [`LENIENT`] since it asked last.
pub(crate) fn tolerated() -> BTreeSet<u64> {
    TOLERATED.with_borrow_mut(mem::take)
}

/// Size of the pages of a database, from the first bytes of its file; `None` if they carry no checksums.
pub(crate) fn guarded_size(header: &[u8]) -> Option<usize> {
    let header: &[u8; 100] = header.first_chunk()?;
    let size = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        size => usize::from(size),
    };
    let known = header.starts_with(b"SQLite format 3\0") && header[20] == RESERVED;
    (known && size.is_power_of_two() && SIZES.contains(&size)).then_some(size)
}

/// The first 8 bytes of BLAKE3 over a page's content, made different for every place in the file, so that a
/// page that lies in the wrong place is found too.
fn checksum(content: &[u8], number: u64) -> [u8; RESERVED as usize] {
    let hash = blake3::hash(content);
    let mut sum = [0; RESERVED as usize];
    sum.copy_from_slice(&hash.as_bytes()[..RESERVED as usize]);
    let place = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (u64::from_le_bytes(sum) ^ place).to_le_bytes()
}

/// Whether a page ends in its checksum; `number` counts from 1.
pub(crate) fn is_whole(page: &[u8], number: u64) -> bool {
    page.split_last_chunk().is_some_and(|(content, sum)| checksum(content, number) == *sum)
}

/// Sets the checksum at the end of a page.
fn seal(page: &mut [u8], number: u64) {
    if let Some((content, sum)) = page.split_last_chunk_mut() {
        *sum = checksum(content, number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_and_every_other_place_is_found() {
        let mut page: Vec<u8> = (0..4096).map(|i| (i % 251) as u8).collect();
        seal(&mut page, 7);
        assert!(is_whole(&page, 7) && !is_whole(&page, 8));
        for at in 0..page.len() {
            page[at] ^= 1 << (at % 8);
            assert!(!is_whole(&page, 7), "{at}");
            page[at] ^= 1 << (at % 8);
        }
        assert!(!is_whole(&[0; 4096], 1), "a page of zeros has none");
    }
}
