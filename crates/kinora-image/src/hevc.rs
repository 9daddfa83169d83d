//! How large the pictures in a HEIC are coded, by their sequence parameter sets (ITU-T H.265, 7.3.2.2): the
//! container may claim less.

use kinora_types::Size;

use super::isobmff::Cursor;

/// Size and chroma format of coded pictures.
pub(super) struct Coded {
    pub size: Size,
    /// `chroma_format_idc`: 0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4.
    pub chroma: u32,
}

/// Reads an `hvcC` box; `None` if it is broken.
pub(super) fn coded(hvcc: Cursor<'_>) -> Option<Coded> {
    let mut cursor = hvcc;
    cursor.take(22)?;
    for _ in 0..cursor.uint(1)? {
        let kind = cursor.uint(1)? & 0x3f;
        for _ in 0..cursor.u16()? {
            let length = usize::from(cursor.u16()?);
            let unit = cursor.take(length)?;
            if kind == 33 {
                return sequence(unit.get(2..)?);
            }
        }
    }
    None
}

fn sequence(payload: &[u8]) -> Option<Coded> {
    let bytes = without_emulation(payload);
    let mut bits = Bits { bytes: &bytes, at: 0 };
    bits.take(4)?;
    let layers = bits.take(3)?;
    bits.take(1)?;
    profile(&mut bits, layers)?;
    bits.golomb()?;
    let chroma = bits.golomb()?;
    if chroma == 3 {
        bits.take(1)?;
    }
    Some(Coded { chroma, size: Size { width: bits.golomb()?, height: bits.golomb()? } })
}

/// Skips `profile_tier_level` with `layers` sub-layers.
fn profile(bits: &mut Bits<'_>, layers: u32) -> Option<()> {
    bits.skip(96)?;
    let mut present = Vec::new();
    for _ in 0..layers {
        present.push((bits.take(1)?, bits.take(1)?));
    }
    if layers > 0 {
        bits.skip(2 * (8 - layers as usize))?;
    }
    for (profile, level) in present {
        bits.skip(88 * profile as usize + 8 * level as usize)?;
    }
    Some(())
}

/// Drops each 3 behind two zeros.
fn without_emulation(bytes: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut zeros = 0;
    for byte in bytes {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            let byte = self.bytes.get(self.at / 8)?;
            value = value << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        Some(())
    }

    /// Unsigned Exp-Golomb code (9.2) of at most 32 bits.
    fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.take(zeros)?;
        ((1u64 << zeros) - 1 + u64::from(rest)).try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isobmff::Heif;

    #[test]
    fn the_coded_size_of_a_heic() {
        for name in ["plain.heic", "ten.heic"] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
            let file = std::fs::read(path.join("tests/fixtures/read").join(name)).unwrap();
            let heif = Heif::parse(&file).unwrap();
            let config = coded(heif.property(heif.primary, b"hvcC").unwrap()).unwrap();
            // Blocks of 64, which the window then cuts to 64x48.
            assert_eq!(
                (config.size.width, config.size.height, config.chroma),
                (64, 64, 1),
                "{name}"
            );
        }
        assert!(coded(Cursor(&[1; 23])).is_none());
        assert_eq!(without_emulation(&[0, 0, 3, 1, 0, 0, 3, 3]), [0, 0, 1, 0, 0, 3]);
    }
}
