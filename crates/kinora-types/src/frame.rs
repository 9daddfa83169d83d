//! Film frames in memory, in the form that encoders take: planar YUV 4:2:0.

use crate::Size;

/// A film frame: BT.709, limited range (16-235 luma, 16-240 chroma), planes Y, U, V one after the
/// other without padding, chroma sited at the centre of its four luma samples. Both sides are even.
/// Takes `width * height * 3 / 2` bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct YuvFrame {
    size: Size,
    bytes: Vec<u8>,
}

/// A frame size with an odd or empty side, which 4:2:0 cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("both sides of a frame must be even and at least 2: `{0}`")]
pub struct OddSize(pub Size);

impl YuvFrame {
    /// A black frame.
    ///
    /// # Errors
    /// If a side of `size` is odd or zero.
    pub fn black(size: Size) -> Result<Self, OddSize> {
        let odd = |side: u32| side == 0 || !side.is_multiple_of(2);
        if odd(size.width) || odd(size.height) {
            return Err(OddSize(size));
        }
        let luma = size.width as usize * size.height as usize;
        let mut bytes = vec![16; luma];
        bytes.resize(luma + luma / 2, 128);
        Ok(Self { size, bytes })
    }

    /// Takes the planes Y, U, V over, one after the other; `None` if they are not as long as the size
    /// says or a side is odd.
    pub fn from_bytes(size: Size, bytes: Vec<u8>) -> Option<Self> {
        let even = |side: u32| side > 0 && side.is_multiple_of(2);
        let luma = size.width as usize * size.height as usize;
        let fits = even(size.width) && even(size.height) && bytes.len() == luma + luma / 2;
        fits.then_some(Self { size, bytes })
    }

    /// Frame size in pixels.
    pub fn size(&self) -> Size {
        self.size
    }

    /// All bytes: Y, U, V.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All bytes, to be painted on.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// The planes Y, U, V; the latter two have half the width and half the height.
    pub fn planes(&self) -> [&[u8]; 3] {
        let (y, chroma) = self.bytes.split_at(self.bytes.len() / 3 * 2);
        let (u, v) = chroma.split_at(chroma.len() / 2);
        [y, u, v]
    }

    /// The planes Y, U, V, to be painted on.
    pub fn planes_mut(&mut self) -> [&mut [u8]; 3] {
        let luma = self.bytes.len() / 3 * 2;
        let (y, chroma) = self.bytes.split_at_mut(luma);
        let (u, v) = chroma.split_at_mut(luma / 4);
        [y, u, v]
    }

    /// Takes over another frame's pixels without allocating; both have the same size.
    ///
    /// # Panics
    /// If the sizes differ: a fault of the caller.
    pub fn copy_from(&mut self, other: &Self) {
        assert_eq!(self.size, other.size, "frame sizes");
        self.bytes.copy_from_slice(&other.bytes);
    }
}

impl std::fmt::Debug for YuvFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "YuvFrame({})", self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_have_their_sizes_and_odd_sides_are_refused() {
        let size = |width, height| Size { width, height };
        let mut frame = YuvFrame::black(size(6, 4)).unwrap();
        assert_eq!(frame.planes().map(<[u8]>::len), [24, 6, 6]);
        assert_eq!(frame.planes_mut().map(|p| p[0]), [16, 128, 128]);
        for bad in [(0, 4), (5, 4), (6, 3)] {
            assert!(YuvFrame::black(size(bad.0, bad.1)).is_err(), "{bad:?}");
        }
    }
}
