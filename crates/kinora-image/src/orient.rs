//! EXIF orientation: how the stored rows must be turned to stand upright (CIPA DC-008, tag 0x0112).

use kinora_types::Size;

/// One of the eight ways in which rows can lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    /// Rows and columns change places, before the mirrors.
    transpose: bool,
    /// Left and right change places.
    mirror_x: bool,
    /// Top and bottom change places.
    mirror_y: bool,
}

impl Orientation {
    /// From the tag's value; anything but 2 to 8 is upright.
    pub fn from_exif(value: u32) -> Self {
        let (transpose, mirror_x, mirror_y) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self { transpose, mirror_x, mirror_y }
    }

    /// The tag's value, 1 to 8.
    pub fn to_exif(self) -> u32 {
        (1..=8).find(|v| Self::from_exif(*v) == self).unwrap_or(1)
    }

    /// `irot` (quarter turns against the clock) followed by `imir` on the result.
    pub(super) fn from_heif(turns: u8, mirror: Option<Mirror>) -> Self {
        let mut turned = Self::from_exif([1, 8, 3, 6][usize::from(turns % 4)]);
        match mirror {
            Some(Mirror::LeftRight) => turned.mirror_x ^= true,
            Some(Mirror::TopBottom) => turned.mirror_y ^= true,
            None => {}
        }
        turned
    }

    /// Size once upright.
    pub fn upright(self, size: Size) -> Size {
        if self.transpose { Size { width: size.height, height: size.width } } else { size }
    }

    /// Turns an RGB8 buffer upright.
    pub(super) fn apply(self, size: Size, rgb: Vec<u8>) -> (Size, Vec<u8>) {
        if self == Self::default() {
            return (size, rgb);
        }
        let out_size = self.upright(size);
        let (width, height) = (out_size.width as usize, out_size.height as usize);
        let pixels = rgb.as_chunks::<3>().0;
        let mut out = Vec::with_capacity(rgb.len());
        for y in 0..height {
            let y = if self.mirror_y { height - 1 - y } else { y };
            for x in 0..width {
                let x = if self.mirror_x { width - 1 - x } else { x };
                let at = if self.transpose { x * height + y } else { y * width + x };
                out.extend(pixels[at]);
            }
        }
        (out_size, out)
    }
}

/// Axis of an `imir` box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mirror {
    LeftRight,
    TopBottom,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A 3x2 picture `abc/def`, each letter a grey value.
    fn turned(value: u32) -> (u32, String) {
        let rgb: Vec<u8> = b"abcdef".iter().flat_map(|v| [*v; 3]).collect();
        let (size, out) = Orientation::from_exif(value).apply(Size { width: 3, height: 2 }, rgb);
        (size.width, out.chunks(3).map(|p| char::from(p[0])).collect())
    }

    #[test]
    fn all_eight_orientations() {
        // Where row 0 and column 0 of the file lie, by the table of the EXIF standard.
        for (value, width, rows) in [
            (1, 3, "abcdef"),
            (2, 3, "cbafed"),
            (3, 3, "fedcba"),
            (4, 3, "defabc"),
            (5, 2, "adbecf"),
            (6, 2, "daebfc"),
            (7, 2, "fcebda"),
            (8, 2, "cfbead"),
            (9, 3, "abcdef"),
        ] {
            assert_eq!(turned(value), (width, rows.to_owned()), "{value}");
        }
    }

    #[test]
    fn exif_round_trips() {
        for value in 1..=8 {
            assert_eq!(Orientation::from_exif(value).to_exif(), value);
        }
    }
}
