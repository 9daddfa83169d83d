//! Takes values out of EXIF that are too long to be what they say.
//!
//! `kamadak-exif` splits texts at their zeros: a text of nothing but zeros takes 24 times its length in memory,
//! and that of a TIFF file may be a gigabyte long.

/// Bytes of a text.
const LONGEST_TEXT: u32 = 64 << 10;
/// Parts of any other value that is read.
const MOST_PARTS: u32 = 16 << 20;
/// EXIF's own IFD and that of places.
const POINTERS: [u32; 2] = [0x8769, 0x8825];
const ASCII: u32 = 2;

/// Makes such values of no type at all, in the first IFD and those that it points to.
pub(super) fn clip(tiff: &mut [u8]) {
    let little = tiff.starts_with(b"II");
    let number = |tiff: &[u8], at: usize, length: usize| -> Option<u32> {
        let bytes = tiff.get(at..at.checked_add(length)?)?;
        let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        Some(if little { bytes.iter().rev().fold(0, add) } else { bytes.iter().fold(0, add) })
    };
    let mut left: Vec<usize> = number(tiff, 4, 4).map(|at| at as usize).into_iter().collect();
    let mut seen = std::collections::HashSet::new();
    while let Some(at) = left.pop() {
        if !seen.insert(at) {
            continue;
        }
        let entries = number(tiff, at, 2).unwrap_or(0) as usize;
        for entry in (0..entries).map(|n| at + 2 + 12 * n) {
            let (Some(tag), Some(kind), Some(count), Some(value)) = (
                number(tiff, entry, 2),
                number(tiff, entry + 2, 2),
                number(tiff, entry + 4, 4),
                number(tiff, entry + 8, 4),
            ) else {
                break;
            };
            if POINTERS.contains(&tag) {
                left.push(value as usize);
            }
            if count > if kind == ASCII { LONGEST_TEXT } else { MOST_PARTS } {
                tiff[entry + 2..entry + 4].fill(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tiff(tag: u16, kind: u16, count: u32) -> Vec<u8> {
        let entry = [tag.to_be_bytes(), kind.to_be_bytes()].concat();
        [
            b"MM\0\x2a\0\0\0\x08\0\x01".as_slice(),
            &entry,
            &count.to_be_bytes(),
            &[0, 0, 0, 26],
            &[0; 40],
        ]
        .concat()
    }

    #[test]
    fn long_texts_lose_their_type() {
        for (kind, count, kept) in
            [(2, 100, true), (2, 70_000, false), (1, 70_000, true), (1, 1 << 30, false)]
        {
            let mut bytes = tiff(0x010e, kind, count);
            clip(&mut bytes);
            assert_eq!(bytes == tiff(0x010e, kind, count), kept, "{kind} {count}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_can_panic(little in any::<bool>(), tail in prop::collection::vec(any::<u8>(), 0..100)) {
            clip(&mut [if little { b"II" } else { b"MM" }.as_slice(), &tail].concat());
        }
    }
}
